"""The simulator against what is known of the service: changes of people: PUT, PATCH, versions."""
from simcase import SIM, Case, setUpModule, tearDownModule
import tap
from simulator import CORE, ENTERPRISE, GENESYS, PATCH_OP


class Put(Case):
    BODY = {"schemas": [CORE], "userName": "a@example.com", "displayName": "B"}

    def test_replaces(self):
        user = self.make(title="T", active=False)
        reply = SIM.scim("PUT", "users/" + user, dict(self.BODY, id="x"))
        self.assertEqual((reply.status, reply.json["displayName"]), (200, "B"))
        self.assertEqual((reply.json["id"], reply.json["active"]), (user, False))
        self.assertNotIn("title", reply.json)

    def test_clearing_is_a_switch(self):
        user = self.make(title="T")
        SIM.switch(put_clears=False)
        self.assertEqual(SIM.scim("PUT", "users/" + user, self.BODY).json["title"], "T")

    def test_is_checked(self):
        user = self.make()
        self.make("b@example.com")
        self.refused(SIM.scim("PUT", "users/" + user, dict(self.BODY, userName="B@example.com")), 409,
                     "uniqueness")
        self.refused(SIM.scim("PUT", "users/" + user, dict(self.BODY, displayName=None)), 400,
                     "invalidValue")
        self.refused(SIM.scim("PUT", "users/none", self.BODY), 404)



class Patch(Case):
    def patched(self, user, *operations):
        reply = SIM.patch(user, *operations)
        self.assertEqual(reply.status, 200, reply)
        self.assertEqual(SIM.scim("GET", "users/" + user).json, reply.json)
        return reply.json

    def test_simple(self):
        user = self.make()
        self.assertEqual(self.patched(user, {"op": "add", "path": "title", "value": "T"})["title"], "T")
        self.assertEqual(self.patched(user, {"op": "replace", "path": "TITLE", "value": "U"})["title"],
                         "U")
        self.assertNotIn("title", self.patched(user, {"op": "remove", "path": "title"}))
        self.patched(user, {"op": "remove", "path": "title"})
        both = self.patched(user, {"op": "replace", "value": {
            "title": "V", ENTERPRISE: {"department": "D"}}})
        self.assertEqual((both["title"], both[ENTERPRISE]),
                         ("V", {"division": "Home", "department": "D"}))

    def test_extension_paths(self):
        user = self.make()
        boss = self.make("boss@example.com")
        done = self.patched(user, {"op": "add", "path": ENTERPRISE + ":department", "value": "D"},
                            {"op": "add", "path": CORE + ":title", "value": "T"},
                            {"op": "add", "path": ENTERPRISE.lower() + ":manager.value",
                             "value": boss})
        self.assertEqual((done[ENTERPRISE]["department"], done["title"]), ("D", "T"))
        self.assertEqual(done[ENTERPRISE]["manager"]["value"], boss)
        done = self.patched(user, {"op": "remove", "path": ENTERPRISE + ":manager"})
        self.assertNotIn("manager", done[ENTERPRISE])
        self.assertNotIn(ENTERPRISE, self.patched(user, {"op": "remove", "path": ENTERPRISE}))

    def test_value_filters(self):
        user = self.make(emails=[{"type": "work", "value": "w@example.com"}],
                         phoneNumbers=[{"type": "work", "value": "+49301111"},
                                       {"type": "mobile", "value": "+49302222"}])
        done = self.patched(user, {"op": "replace", "path": 'emails[type eq "work"].value',
                                   "value": "n@example.com"})
        self.assertEqual(done["emails"][0], {"type": "work", "value": "n@example.com"})
        done = self.patched(user, {"op": "remove", "path": 'phoneNumbers[type eq "mobile"]'})
        self.assertEqual([one["type"] for one in done["phoneNumbers"]], ["work"])
        done = self.patched(user, {"op": "remove", "path": 'phoneNumbers[value sw "+4930" and not '
                                   '(type eq "home")]'})
        self.assertNotIn("phoneNumbers", done)
        for op in ("add", "replace", "remove"):
            body = {"op": op, "path": 'phoneNumbers[type eq "mobile"].value', "value": "+49302222"}
            if op == "remove":
                del body["value"]
            self.refused(SIM.patch(user, body), 400, "noTarget")
        SIM.switch(value_path_creates=True)
        done = self.patched(user, {"op": "add", "path": 'phoneNumbers[type eq "mobile"].value',
                                   "value": "+49302222"})
        self.assertEqual(done["phoneNumbers"], [{"type": "mobile", "value": "+49302222"}])

    def test_lists(self):
        user = self.make(phoneNumbers=[{"type": "work", "value": "+49301111", "primary": True}])
        done = self.patched(user, {"op": "add", "path": "phoneNumbers", "value": [
            {"type": "mobile", "value": "+49302222", "primary": True}]})
        self.assertEqual([one["primary"] for one in done["phoneNumbers"]], [False, True])
        done = self.patched(user, {"op": "replace", "path": "phoneNumbers", "value": [
            {"type": "home", "value": "+49303333"}]})
        self.assertEqual(done["phoneNumbers"], [{"type": "home", "value": "+49303333"}])
        self.assertNotIn("phoneNumbers", self.patched(user, {"op": "replace", "path": "phoneNumbers",
                                                             "value": []}))

    def test_external_ids_keep_their_own_entry(self):
        user = self.make(externalId="x")
        path = GENESYS + ":externalIds"
        own = {"authority": "x-pc:scimv2:v1", "value": "x"}
        ids = [{"authority": "microsoftteams", "value": "m"}]
        done = self.patched(user, {"op": "replace", "path": path, "value": ids})
        self.assertEqual(done[GENESYS]["externalIds"], [own] + ids)
        done = self.patched(user, {"op": "replace", "value": "n",
                                   "path": path + '[authority eq "microsoftteams"].value'})
        self.assertEqual(done[GENESYS]["externalIds"][1]["value"], "n")
        done = self.patched(user, {"op": "replace", "path": "externalId", "value": "y"})
        self.assertEqual(done[GENESYS]["externalIds"][0]["value"], "y")
        self.refused(SIM.patch(user, {"op": "replace", "path": path, "value": [dict(own, value="q")]}),
                     400, "mutability")
        self.assertEqual(self.names(self.find('externalId eq "x"')), [])
        self.assertEqual(self.names(self.find('externalId eq "y"')), ["a@example.com"])

    def test_rename_moves_the_other_address(self):
        user = self.make("a@example.com")
        self.make("b@example.com")
        done = self.patched(user, {"op": "replace", "path": "userName", "value": "c@example.com"})
        self.assertEqual(done["emails"][0]["value"], "c@example.com")
        self.refused(SIM.patch(user, {"op": "replace", "path": "userName", "value": "B@example.com"}),
                     409, "uniqueness")
        self.make("a@example.com")

    def test_nothing_to_do_keeps_the_version(self):
        user = self.make(title="T", externalId="x", emails=[{"type": "work", "value": "w@example.com"}])
        before = SIM.scim("GET", "users/" + user).json["meta"]
        same = SIM.patch(user, {"op": "replace", "path": "title", "value": "T"},
                         {"op": "add", "path": "emails", "value": [
                             {"type": "work", "value": "w@example.com"}]})
        self.assertEqual(same.json["meta"], before)
        moved = SIM.patch(user, {"op": "replace", "path": "title", "value": "U"})
        self.assertEqual(int(moved.json["meta"]["version"]), int(before["version"]) + 1)
        SIM.switch(version_step=3)
        moved = SIM.patch(user, {"op": "replace", "path": "title", "value": "V"})
        self.assertEqual(int(moved.json["meta"]["version"]), int(before["version"]) + 4)

    def test_is_atomic(self):
        user = self.make(title="T")
        self.refused(SIM.patch(user, {"op": "replace", "path": "title", "value": "U"},
                               {"op": "remove", "path": "userName"}), 400, "mutability")
        self.assertEqual(SIM.users()[0]["title"], "T")

    def test_malformed(self):
        user = self.make()
        good = {"op": "replace", "path": "title", "value": "T"}

        def send(body):
            return SIM.scim("PATCH", "users/" + user, body)
        for body in ({"Operations": [good]}, {"schemas": [CORE], "Operations": [good]},
                     {"schemas": [PATCH_OP]}, {"schemas": [PATCH_OP], "Operations": []},
                     {"schemas": [PATCH_OP], "operations": [good]}, [good]):
            self.refused(send(body), 400, "invalidSyntax")
        for operation, kind in (
                ({"path": "title", "value": "T"}, "invalidSyntax"),
                ({"op": "Replace", "path": "title", "value": "T"}, "invalidSyntax"),
                ({"op": "move", "path": "title", "value": "T"}, "invalidSyntax"),
                (dict(good, extra=1), "invalidSyntax"),
                ({"op": "remove"}, "noTarget"),
                ({"op": "remove", "path": "title", "value": "T"}, "invalidSyntax"),
                ({"op": "replace", "path": "title"}, "invalidValue"),
                ({"op": "replace", "path": "title", "value": None}, "invalidValue"),
                ({"op": "replace", "path": "title", "value": 5}, "invalidValue"),
                ({"op": "replace", "path": "active", "value": "False"}, "invalidValue"),
                ({"op": "replace", "value": "T"}, "invalidValue"),
                ({"op": "replace", "value": {"name.givenName": "T"}}, "invalidPath"),
                ({"op": "replace", "value": {ENTERPRISE + ":department": "T"}}, "invalidPath"),
                ({"op": "replace", "path": "nickName", "value": "T"}, "invalidPath"),
                ({"op": "replace", "path": "name.givenName", "value": "T"}, "invalidPath"),
                ({"op": "replace", "path": "urn:other:title", "value": "T"}, "invalidPath"),
                ({"op": "replace", "path": 'title[type eq "x"]', "value": "T"}, "invalidPath"),
                ({"op": "replace", "path": 'emails[type eq "work"', "value": "T"}, "invalidPath"),
                ({"op": "replace", "path": "emails[type eq work].value", "value": "T"},
                 "invalidFilter"),
                ({"op": "replace", "path": "id", "value": "T"}, "mutability"),
                ({"op": "replace", "path": "groups", "value": []}, "mutability"),
                ({"op": "replace", "path": "meta.version", "value": "1"}, "mutability"),
                ({"op": "remove", "path": "userName"}, "mutability"),
                ({"op": "remove", "path": "displayName"}, "mutability")):
            self.refused(SIM.patch(user, operation), 400, kind)
        self.assertEqual(SIM.users()[0]["meta"]["version"], "1")

    def test_leniency(self):
        user = self.make()
        SIM.switch(strict=False)
        done = self.patched(user, {"op": "Replace", "path": "active", "value": "False"},
                            {"op": "Add", "value": {ENTERPRISE + ":department": "D"}})
        self.assertIs(done["active"], False)
        self.assertEqual(done[ENTERPRISE]["department"], "D")



class Versions(Case):
    def test_if_match(self):
        user = self.make()
        change = {"op": "replace", "path": "title", "value": "T"}
        stale = {"If-Match": '"99"'}
        self.assertEqual(SIM.patch(user, change, headers={"If-Match": '"1"'}).status, 200)
        for policy, scim_type in (("409", None), ("400", "invalidVers"), ("412", None)):
            SIM.switch(version_mismatch=policy)
            reply = SIM.patch(user, change, headers=stale)
            self.assertEqual(reply.status, int(policy))
            self.assertEqual(reply.json["detail"], "Version does not match current version")
            self.assertEqual(reply.json.get("scimType"), scim_type)
            self.assertEqual(SIM.scim("PUT", "users/" + user, Put.BODY, stale).status, int(policy))
            self.assertEqual(SIM.scim("DELETE", "users/" + user, None, stale).status, int(policy))
        self.assertEqual(SIM.patch(user, change, headers={"If-Match": "*"}).status, 200)
        SIM.switch(version_mismatch="ignore")
        self.assertEqual(SIM.patch(user, change, headers=stale).status, 200)

    def test_if_none_match(self):
        user = self.make()
        reply = SIM.scim("GET", "users/" + user, None, {"If-None-Match": '"1"'})
        self.assertEqual((reply.status, reply.body, reply.headers["etag"]), (304, b"", '"1"'))
        self.assertEqual(SIM.scim("GET", "users/" + user, None, {"If-None-Match": '"2"'}).status, 200)


if __name__ == "__main__":
    tap.main()

"""The simulator against what is known of the service: lists: filters, pages, sorting; groups."""
from simcase import LIST, SIM, Case, query, setUpModule, tearDownModule
import simulator
import tap
from simulator import CORE, ENTERPRISE, GENESYS, PATCH_OP


class Lists(Case):
    def test_active_only_and_pages(self):
        SIM.generate(60)
        SIM.seed([{"userName": "off@example.com", "displayName": "Off", "active": False},
                  {"userName": "gone@example.com", "displayName": "Gone", "state": "deleted"}])
        page = SIM.scim("GET", "users").json
        self.assertEqual((page["schemas"], page["totalResults"], page["startIndex"],
                          page["itemsPerPage"], len(page["Resources"])), ([LIST], 60, 1, 25, 25))
        seen = []
        while True:
            page = SIM.scim("GET", "users" + query(startIndex=len(seen) + 1, count=25)).json
            if not page["Resources"]:
                break
            seen += [one["userName"] for one in page["Resources"]]
        self.assertEqual(seen, ["user%d@example.com" % i for i in range(60)])
        self.assertEqual(self.names(self.find("active eq false")), ["off@example.com"])
        self.assertEqual(len(self.names(self.find("active eq true"))), 25)

    def test_pages_survive_changes_of_state(self):
        SIM.generate(2000)
        every = {one["userName"]: one["id"] for one in SIM.users()}
        for i in range(0, 2000, 100):
            SIM.patch(every["user%d@example.com" % i], {"op": "replace", "path": "active",
                                                        "value": False})
        some = SIM.scim("GET", "users" + query(startIndex=1900, count=20)).json
        want = [i for i in range(2000) if i % 100][1899:]
        self.assertEqual([one["userName"] for one in some["Resources"]][:20],
                         ["user%d@example.com" % i for i in want[:20]])
        self.assertEqual(some["totalResults"], 1980)

    def test_count_rules(self):
        SIM.generate(3)
        self.assertEqual(SIM.scim("GET", "users?count=0").json,
                         {"schemas": [LIST], "totalResults": 3, "startIndex": 1, "itemsPerPage": 0,
                          "Resources": []})
        self.assertEqual(SIM.scim("GET", "users?count=-5").json["itemsPerPage"], 0)
        self.assertEqual(SIM.scim("GET", "users?startIndex=-5&count=2").json["startIndex"], 1)
        self.assertEqual(SIM.scim("GET", "users?startIndex=9").json["Resources"], [])
        self.refused(SIM.scim("GET", "users?count=x"), 400, "invalidValue")
        self.refused(SIM.scim("GET", "users?startIndex=1x"), 400, "invalidValue")

    def test_costly_pages_are_429(self):
        SIM.generate(150)
        reply = SIM.scim("GET", "users?count=26")
        self.error_body(reply, 429, "too.many.requests")
        self.assertIn("retry-after", reply.headers)
        for text in ("attributes=id,active", "attributes=userName,emails",
                     "excludedAttributes=externalId,roles," + GENESYS,
                     "excludedAttributes=externalId,roles,%s:routingSkills,%s:routingLanguages"
                     % (GENESYS, GENESYS)):
            self.assertEqual(SIM.scim("GET", "users?count=50&" + text).json["itemsPerPage"], 50, text)
        for text in ("attributes=id,externalId", "excludedAttributes=roles",
                     "attributes=" + GENESYS):
            self.assertEqual(SIM.scim("GET", "users?count=50&" + text).status, 429, text)
        self.assertEqual(SIM.scim("GET", "users?count=500&attributes=id").json["itemsPerPage"], 100)
        SIM.switch(page_max=120, costly_refused=False)
        self.assertEqual(SIM.scim("GET", "users?count=500").json["itemsPerPage"], 120)

    def test_projections(self):
        user = self.make(title="T", externalId="x", emails=[{"type": "work", "value": "w@example.com"}])
        path = "users/" + user

        def keys(text):
            return set(SIM.scim("GET", path + "?" + text).json)
        always = {"id", "userName", "active", "meta", "schemas"}
        self.assertEqual(keys("attributes=title"), always | {"title"})
        self.assertEqual(keys("attributes=EMAILS.value"), always | {"emails"})
        self.assertEqual(keys("attributes=%s" % CORE) & {"title", GENESYS}, {"title"})
        self.assertEqual(keys("attributes=%s:division" % ENTERPRISE), always | {ENTERPRISE})
        self.assertTrue(always <= keys("excludedAttributes=id,userName,title"))
        self.assertNotIn("title", keys("excludedAttributes=id,userName,title"))
        self.refused(SIM.scim("GET", path + "?attributes=title&excludedAttributes=id"), 400,
                     "invalidValue")
        self.refused(SIM.scim("GET", path + "?attributes=nickName"), 400, "invalidPath")

    def test_filters(self):
        boss = self.make("boss@example.com")
        user = self.make("a+b@example.com", externalId='q"x', title="T",
                         emails=[{"type": "work", "value": "w@example.com"}],
                         **{ENTERPRISE: {"manager": {"value": boss}, "employeeNumber": "77"},
                            GENESYS: {"externalIds": [{"authority": "zoomphone", "value": "z"}]}})
        for text in ('id eq "%s"' % user, "id eq " + user, 'userName eq "A+B@Example.com"',
                     "userName eq a+b@example.com", 'username EQ "a+b@example.com"',
                     CORE + ':userName eq "a+b@example.com"', 'email eq "w@example.com"',
                     "email eq a+b@example.com", r'externalId eq "q\"x"', 'manager eq "%s"' % boss,
                     'employeeNumber eq "77"', "employeeNumber eq 77",
                     GENESYS + ':externalIds[authority eq "zoomphone" and value eq "z"]',
                     GENESYS + ':externalIds[value eq "z" and authority eq "zoomphone"]'):
            self.assertEqual(self.names(self.find(text)), ["a+b@example.com"], text)
        self.assertEqual(len(self.names(self.find('division eq "Home"'))), 2)
        self.assertEqual(self.names(self.find('externalId eq "Q\\"X"')), [])
        for text in ('userName co "a"', 'userName eq "a" and active eq false', 'title eq "T"',
                     'userName eq', 'userName "a"', 'userName eq "a', '(userName eq "a"',
                     'userName eq "a" x', "active eq maybe", 'emails eq "x"', "userName pr",
                     'emails[type eq "work"]', 'not (userName eq "a")', "", "(" * 100):
            self.refused(self.find(text), 400, "invalidFilter")
        SIM.switch(filter_unquoted=False)
        self.refused(self.find("userName eq a+b@example.com"), 400, "invalidFilter")
        SIM.switch(filter_full=True)
        for text in ('userName sw "a+" and title pr', 'emails[type eq "work" and value co "W@"]',
                     'not (userName eq "boss@example.com")', 'title eq "t" or title eq "u"'):
            self.assertEqual(self.names(self.find(text)), ["a+b@example.com"], text)



class Groups(Case):
    def setUp(self):
        super().setUp()
        self.user = self.make()
        self.other = self.make("b@example.com")
        SIM.groups([{"id": "g1", "displayName": "Agents", "members": [{"value": self.user}]},
                    {"id": "g2", "displayName": "Sales"}])

    def change(self, *operations):
        return SIM.scim("PATCH", "groups/g1", {"schemas": [PATCH_OP], "Operations": list(operations)})

    def members(self):
        return [one["value"] for one in SIM.scim("GET", "groups/g1").json.get("members", [])]

    def test_read(self):
        page = SIM.scim("GET", "Groups").json
        self.assertEqual([one["displayName"] for one in page["Resources"]], ["Agents", "Sales"])
        found = SIM.scim("GET", "groups" + query(filter='displayname eq "agents"')).json
        self.assertEqual([one["id"] for one in found["Resources"]], ["g1"])
        self.assertEqual(SIM.scim("GET", "groups" + query(filter="id eq g2")).json["totalResults"], 1)
        self.refused(SIM.scim("GET", "groups" + query(filter="members eq x")), 400, "invalidFilter")
        self.refused(SIM.scim("GET", "groups/none"), 404)
        one = SIM.scim("GET", "groups/g1")
        self.assertEqual(one.headers["etag"], '"1"')
        self.assertEqual(SIM.scim("GET", "groups/g1", None, {"If-None-Match": '"1"'}).status, 304)
        self.assertEqual(SIM.scim("GET", "users/" + self.user).json["groups"][0]["value"], "g1")
        self.assertNotIn("groups", SIM.scim("GET", "users/" + self.other).json)
        self.assertEqual(SIM.scim("GET", "groups?count=50").status, 429)
        self.assertEqual(SIM.scim("GET", "groups?count=50&attributes=displayName").status, 200)

    def test_no_creation_no_deletion(self):
        self.assertEqual(SIM.scim("POST", "groups", {"displayName": "x"}).status, 405)
        self.assertEqual(SIM.scim("DELETE", "groups/g1").status, 405)
        SIM.switch(group_write_status="404")
        self.assertEqual(SIM.scim("DELETE", "groups/g1").status, 404)

    def test_members(self):
        self.assertEqual(self.change({"op": "add", "path": "members", "value": [
            {"value": self.other}, {"value": "g2"}]}).status, 200)
        self.assertEqual(self.members(), [self.user, self.other, "g2"])
        self.change({"op": "remove", "path": 'members[value eq "%s"]' % self.user})
        self.assertEqual(self.members(), [self.other, "g2"])
        self.refused(self.change({"op": "add", "path": "members", "value": [{"value": "none"}]}), 400,
                     "invalidValue")
        entra = {"op": "Remove", "path": "members", "value": [{"value": self.other}]}
        self.refused(self.change(entra), 400, "invalidSyntax")
        SIM.switch(strict=False)
        self.assertEqual(self.change(entra).status, 200)
        self.assertEqual(self.members(), ["g2"])

    def test_put_and_versions(self):
        body = {"schemas": [simulator.CORE.replace("User", "Group")], "displayName": "New",
                "externalId": "e"}
        reply = SIM.scim("PUT", "groups/g1", body, {"If-Match": '"1"'})
        self.assertEqual((reply.status, reply.json["displayName"], reply.json["meta"]["version"]),
                         (200, "New", "2"))
        self.assertEqual(SIM.scim("PUT", "groups/g1", body, {"If-Match": '"1"'}).status, 409)

    def test_switches(self):
        SIM.switch(groups_filter_required=True, members_max=1)
        self.refused(SIM.scim("GET", "groups"), 400, "invalidFilter")
        self.assertEqual(SIM.scim("GET", "/api/v2/scim/groups").status, 200)
        self.refused(self.change({"op": "add", "path": "members", "value": [
            {"value": self.user}, {"value": self.other}]}), 400, "tooMany")


if __name__ == "__main__":
    tap.main()

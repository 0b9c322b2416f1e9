"""The simulator against what is known of the service: people: creation, names, revival and deletion."""
import json
import time

from simcase import SIM, Case, setUpModule, tearDownModule
import tap
from simulator import CORE, ENTERPRISE, GENESYS


class Creation(Case):
    def test_shape(self):
        reply = SIM.create("A.B@example.com", title="T", externalId="x-1", active=True,
                           phoneNumbers=[{"type": "work", "value": "+4930123456"}],
                           **{ENTERPRISE: {"department": "D"}})
        user = reply.json
        self.assertEqual(reply.status, 201)
        self.assertEqual(reply.headers["etag"], '"%s"' % user["meta"]["version"])
        self.assertTrue(user["meta"]["version"].isdigit())
        self.assertRegex(user["meta"]["lastModified"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(user["meta"]["resourceType"], "User")
        self.assertNotIn("created", user["meta"])
        self.assertEqual(user["emails"], [{"type": "other", "value": "A.B@example.com",
                                           "primary": True}])
        self.assertEqual(user[ENTERPRISE], {"department": "D", "division": "Home"})
        self.assertEqual(user["roles"], [{"value": "employee"}])
        self.assertEqual(user[GENESYS]["externalIds"],
                         [{"authority": "x-pc:scimv2:v1", "value": "x-1"}])
        self.assertEqual(sorted(user["schemas"]), sorted([CORE, ENTERPRISE, GENESYS]))
        self.assertEqual(SIM.scim("GET", "users/" + user["id"]).json, user)

    def test_schemas_name_only_what_is_there(self):
        SIM.switch(default_division="", default_role="")
        self.assertEqual(SIM.create("a@example.com").json["schemas"], [CORE])

    def test_schemas_are_needed(self):
        user = {"userName": "a@example.com", "displayName": "A"}
        for schemas in (None, [], CORE, [ENTERPRISE], [CORE, "urn:other"]):
            body = dict(user) if schemas is None else dict(user, schemas=schemas)
            self.refused(SIM.scim("POST", "users", body), 400, "invalidSyntax")
        body = dict(user, schemas=[CORE])
        body[ENTERPRISE] = {"department": "D"}
        self.refused(SIM.scim("POST", "users", body), 400, "invalidSyntax")
        SIM.switch(strict_schemas=False)
        self.assertEqual(SIM.scim("POST", "users", user).status, 201)

    def test_required(self):
        for name in ("", " ", "nobody", "a@", "@b", "a b@example.com", "a@b@c"):
            self.refused(SIM.create(name), 400, "invalidValue")
        self.refused(SIM.create("a@example.com", displayName=""), 400, "invalidValue")
        self.refused(SIM.scim("POST", "users", {"schemas": [CORE], "userName": "a@example.com"}), 400,
                     "invalidValue")
        self.refused(SIM.scim("POST", "users", {"schemas": [CORE], "displayName": "A"}), 400,
                     "invalidValue")
        SIM.switch(strict_user_name=False, strict_display_name=False)
        self.assertEqual(SIM.create("nobody", displayName="").status, 201)

    def test_types(self):
        for attributes in ({"active": "True"}, {"title": 5}, {"emails": {"value": "x@example.com"}},
                           {"emails": ["x@example.com"]}, {ENTERPRISE: "x"},
                           {ENTERPRISE: {"manager": "x"}}):
            self.refused(SIM.create("a@example.com", **attributes), 400, "invalidValue")
        SIM.switch(strict_boolean=False)
        self.assertIs(SIM.create("a@example.com", active="False").json["active"], False)

    def test_unknown_attributes(self):
        for attributes in ({"name": {"givenName": "A"}}, {"nickName": "x"},
                           {ENTERPRISE: {"costCenter": "x"}},
                           {"emails": [{"type": "work", "value": "x@example.com", "display": "x"}]}):
            self.refused(SIM.create("a@example.com", **attributes), 400, "invalidSyntax")
        SIM.switch(strict_attributes=False)
        self.assertNotIn("name", SIM.create("a@example.com", name={"givenName": "A"}).json)

    def test_read_only_ignored_names_without_case_null_unassigned(self):
        user = SIM.create("a@example.com", id="x", meta={"version": "9"}, TITLE="T", externalId=None,
                          groups=[{"value": "g"}]).json
        self.assertNotEqual(user["id"], "x")
        self.assertEqual((user["title"], user["meta"]["version"]), ("T", "1"))
        self.assertNotIn("groups", user)
        self.assertNotIn("externalId", user)

    def test_password_is_never_returned(self):
        reply = SIM.create("a@example.com", password="Secret-1")
        self.assertNotIn("password", reply.json)
        self.assertNotIn("password", SIM.users()[0])

    def test_emails(self):
        work = {"type": "work", "value": "w@example.com", "primary": True}
        user = SIM.create("a@example.com", emails=[work]).json
        self.assertEqual(user["emails"], [work, {"type": "other", "value": "a@example.com",
                                                 "primary": False}])
        for wrong in ([work, work], [{"type": "home", "value": "h@example.com"}],
                      [{"value": "w@example.com"}], [{"type": "work", "value": "none"}],
                      [{"type": "work"}]):
            self.refused(SIM.create("b@example.com", emails=wrong), 400, "invalidValue")
        other = [{"type": "other", "value": "z@example.com"}]
        self.refused(SIM.create("b@example.com", emails=other), 400, "mutability")
        SIM.switch(other_email="ignore")
        self.assertEqual(SIM.create("b@example.com", emails=other).json["emails"][0]["value"],
                         "b@example.com")

    def test_phones(self):
        for number in ("030 123456", "+0123456", "49301234", "tel:+49-30-1", "+49301;ext=",
                       "+1234567890123456"):
            phones = [{"type": "work", "value": number}]
            self.refused(SIM.create("a@example.com", phoneNumbers=phones), 400, "invalidValue")
        for wrong in ([{"type": "fax", "value": "+4930123456"}], [{"value": "+4930123456"}],
                      [{"type": "work", "value": "+4930123456"}] * 2,
                      [{"type": "work", "value": "+49301234", "primary": True},
                       {"type": "home", "value": "+49301235", "primary": True}]):
            self.refused(SIM.create("a@example.com", phoneNumbers=wrong), 400, "invalidValue")
        good = [{"type": "work", "value": "tel:+4930123456;ext=12"},
                {"type": "mobile", "value": "+49171123456"}]
        self.assertEqual(SIM.create("a@example.com", phoneNumbers=good).json["phoneNumbers"], good)
        lone = SIM.create("b@example.com", phoneNumbers=[{"type": "other", "value": "+49301234"}])
        self.assertIs(lone.json["phoneNumbers"][0]["primary"], True)
        SIM.switch(strict_phone=False)
        phones = [{"type": "work", "value": "030 123456"}]
        self.assertEqual(SIM.create("c@example.com", phoneNumbers=phones).status, 201)

    def test_user_names_are_unique_without_case(self):
        self.make("Jörg@example.com")
        reply = SIM.create("jÖRG@EXAMPLE.com")
        self.refused(reply, 409, "uniqueness")
        self.assertEqual(reply.json["detail"], "User name already in use by non-deleted user")

    def test_external_ids(self):
        self.make("a@example.com", externalId="x-1")
        self.refused(SIM.create("b@example.com", externalId="x-1"), 409, "uniqueness")
        self.make("b@example.com", externalId="X-1")
        ids = [{"authority": "zoomphone", "value": "z"}]
        self.make("c@example.com", **{GENESYS: {"externalIds": ids}})
        self.refused(SIM.create("d@example.com", **{GENESYS: {"externalIds": ids}}), 409,
                     "uniqueness")
        own = [{"authority": "x-pc:scimv2:v1", "value": "other"}]
        self.refused(SIM.create("d@example.com", externalId="x", **{GENESYS: {"externalIds": own}}),
                     400, "mutability")
        for wrong in ([{"authority": "a"}], [{"value": "v"}], ids * 2):
            self.refused(SIM.create("d@example.com", **{GENESYS: {"externalIds": wrong}}), 400,
                         "invalidValue")
        SIM.switch(external_id_unique=False)
        self.make("d@example.com", externalId="x-1")

    def test_names_that_do_not_exist(self):
        for attributes in ({"roles": [{"value": "Pilot"}]}, {ENTERPRISE: {"division": "Moon"}},
                           {GENESYS: {"routingSkills": [{"name": "Flying"}]}},
                           {GENESYS: {"routingLanguages": [{"name": "german"}]}},
                           {ENTERPRISE: {"manager": {"value": "none"}}}):
            SIM.switch(unknown_names="refuse", unknown_references="refuse")
            self.refused(SIM.create("a@example.com", **attributes), 400, "invalidValue")
            SIM.switch(unknown_names="drop", unknown_references="drop")
            dropped = SIM.create("a@example.com", **attributes)
            self.assertEqual(dropped.status, 201)
            self.assertNotIn(json.dumps(list(attributes.values())[0])[1:-1], json.dumps(dropped.json))
            SIM.purge()
        SIM.switch(unknown_names="refuse")
        SIM.names(roles=["Pilot"], divisions=["Moon"], skills=["Flying"])
        self.make("a@example.com", roles=[{"value": "Pilot"}], **{ENTERPRISE: {"division": "Moon"}})
        SIM.switch(unknown_names="accept", unknown_references="accept")
        self.make("b@example.com", roles=[{"value": "Any"}],
                  **{ENTERPRISE: {"manager": {"value": "none"}}})

    def test_skills(self):
        skill = {"name": "Sales", "proficiency": 3.5}
        user = SIM.create("a@example.com", **{GENESYS: {"routingSkills": [skill]}}).json
        self.assertEqual(user[GENESYS]["routingSkills"], [skill])
        for wrong in ([{"name": "Sales", "proficiency": 5.1}], [{"proficiency": 1}], [skill] * 51):
            self.refused(SIM.create("b@example.com", **{GENESYS: {"routingSkills": wrong}}), 400,
                         "invalidValue")

    def test_manager_and_hire_date(self):
        boss = self.make("boss@example.com")
        user = SIM.create("a@example.com", **{ENTERPRISE: {
            "manager": {"value": boss}, "dateHire": "2024-02-01T10:00:00Z"}}).json
        self.assertEqual(user[ENTERPRISE]["dateHire"], "2024-02-01")
        self.assertEqual(user[ENTERPRISE]["manager"]["$ref"], "/api/v2/scim/v2/users/" + boss)
        self.refused(SIM.create("b@example.com", **{ENTERPRISE: {"dateHire": "1.2.2024"}}), 400,
                     "invalidValue")

    def test_default_active_is_a_switch(self):
        SIM.switch(default_active=False)
        self.assertIs(SIM.create("a@example.com").json["active"], False)

    def test_lenient_turns_all_off(self):
        SIM.switch(strict=False)
        self.assertFalse(any(value for name, value in SIM.switches().items()
                             if name.startswith("strict-")))



class Lifecycle(Case):
    def test_states(self):
        user = self.make()
        self.assertEqual(SIM.users()[0]["state"], "active")
        SIM.patch(user, {"op": "replace", "path": "active", "value": False})
        self.assertEqual(SIM.users()[0]["state"], "inactive")
        self.assertEqual(SIM.scim("GET", "users").json["totalResults"], 0)
        self.assertEqual(SIM.scim("GET", "users/" + user).json["active"], False)
        self.assertEqual(SIM.users()[0]["roles"], [{"value": "employee"}])
        SIM.patch(user, {"op": "replace", "path": "active", "value": True})
        self.assertEqual(SIM.users()[0]["state"], "active")

    def test_delete_is_soft(self):
        SIM.names(divisions=["Moon"])
        user = self.make("a@example.com", title="T", externalId="x", **{
            ENTERPRISE: {"division": "Moon", "department": "D"}})
        reply = SIM.scim("DELETE", "users/" + user)
        self.assertEqual((reply.status, reply.body), (204, b""))
        kept = SIM.users()[0]
        self.assertEqual((kept["state"], kept["title"]), ("deleted", "T"))
        self.assertEqual(kept[ENTERPRISE], {"division": "Home", "department": "D"})
        self.assertNotIn("roles", kept)
        for method, body in (("GET", None), ("DELETE", None), ("PUT", {}), ("PATCH", {})):
            self.refused(SIM.scim(method, "users/" + user, body), 404)
        self.assertEqual(self.names(self.find('userName eq "a@example.com"')), [])
        self.assertEqual(self.names(self.find('externalId eq "x"')), [])
        self.make("b@example.com", externalId="x")
        SIM.switch(find_deleted=True, delete_status="200")
        self.assertEqual(SIM.scim("GET", "users/" + user).status, 200)
        other = SIM.users()[1]["id"]
        self.assertEqual(SIM.scim("DELETE", "users/" + other).json, {})

    def test_revival(self):
        user = self.make("a@example.com", title="T")
        SIM.scim("DELETE", "users/" + user)
        reply = SIM.create("A@example.com", displayName="New")
        self.assertEqual((reply.status, reply.json["id"]), (201, user))
        self.assertNotIn("roles", reply.json)
        self.assertEqual((reply.json["displayName"], reply.json["title"]), ("New", "T"))
        self.assertGreater(int(reply.json["meta"]["version"]), 1)
        self.assertEqual(len(SIM.users()), 1)
        self.refused(SIM.create("a@example.com"), 409, "uniqueness")

    def test_revival_switches(self):
        user = self.make("a@example.com", title="T")
        SIM.scim("DELETE", "users/" + user)
        SIM.switch(revive="conflict")
        self.refused(SIM.create("a@example.com"), 409, "uniqueness")
        SIM.switch(revive="same-id", revive_status="200", revive_keeps=False)
        reply = SIM.create("a@example.com")
        self.assertEqual((reply.status, reply.json["id"]), (200, user))
        self.assertNotIn("title", reply.json)
        SIM.scim("DELETE", "users/" + user)
        SIM.switch(revive="new-id")
        self.assertNotEqual(self.make("a@example.com"), user)
        self.assertEqual(sorted(one["state"] for one in SIM.users()), ["active", "deleted"])

    def test_find_inactive_is_a_switch(self):
        user = self.make("a@example.com", active=False)
        self.assertEqual(self.names(self.find('userName eq "a@example.com"')), ["a@example.com"])
        SIM.switch(find_inactive=False)
        self.assertEqual(self.names(self.find('userName eq "a@example.com"')), [])
        self.assertEqual(SIM.scim("GET", "users/" + user).status, 404)
        self.assertEqual(self.names(self.find("active eq false")), ["a@example.com"])

    def test_invisible_is_a_switch(self):
        SIM.switch(invisible=200)
        user = self.make()
        self.assertEqual(SIM.scim("GET", "users/" + user).status, 404)
        self.assertEqual(self.names(self.find('userName eq "a@example.com"')), [])
        self.assertEqual(self.names(SIM.scim("GET", "users")), [])
        self.refused(SIM.create("a@example.com"), 409, "uniqueness")
        time.sleep(0.25)
        self.assertEqual(self.names(SIM.scim("GET", "users")), ["a@example.com"])


if __name__ == "__main__":
    tap.main()

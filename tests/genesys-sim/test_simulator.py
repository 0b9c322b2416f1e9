"""The simulator against what is known of the service: every rule, every switch that changes one, and
every fault."""
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import simulator
import tap
from simulator import CORE, ENTERPRISE, GENESYS, PATCH_OP

SIM = None
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
CUT = (ConnectionError, http.client.HTTPException)


def setUpModule():
    global SIM
    if simulator.program() is not None:
        SIM = simulator.Simulator().start()


def tearDownModule():
    if SIM is None:
        return
    status = SIM.stop()
    assert status == 0, "genesys-sim ended with %s: %s" % (status, SIM.error_text())


def query(**arguments):
    return "?" + urllib.parse.urlencode(arguments, quote_via=urllib.parse.quote)


@unittest.skipIf(simulator.program() is None, "genesys-sim was not built: libmicrohttpd is missing")
class Case(unittest.TestCase):
    def setUp(self):
        SIM.reset()

    def find(self, filter_text, **more):
        return SIM.scim("GET", "users" + query(filter=filter_text, **more))

    def names(self, reply):
        self.assertEqual(reply.status, 200, reply)
        return [one["userName"] for one in reply.json["Resources"]]

    def make(self, name="a@example.com", **attributes):
        reply = SIM.create(name, **attributes)
        self.assertEqual(reply.status, 201, reply)
        return reply.json["id"]

    def refused(self, reply, status, scim_type=None):
        self.assertEqual(reply.status, status, reply)
        if scim_type is not None:
            self.assertEqual(reply.json.get("scimType"), scim_type, reply)
            self.assertEqual(reply.json["status"], str(status))

    def error_body(self, reply, status, code):
        self.assertEqual(reply.status, status, reply)
        self.assertEqual((reply.json["status"], reply.json["code"]), (status, code))
        self.assertEqual(reply.json["contextId"], reply.headers["inin-correlation-id"])

    def cut(self, *request):
        with self.assertRaises(CUT):
            SIM.scim(*request)


class Tokens(Case):
    def test_success(self):
        reply = SIM.get_token()
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.json["token_type"], "bearer")
        self.assertEqual(reply.json["expires_in"], 86400)
        self.assertTrue(reply.json["access_token"])
        self.assertIn("inin-correlation-id", reply.headers)

    def test_refusals(self):
        wrong = SIM.get_token(client="nobody")
        self.assertEqual((wrong.status, wrong.json["error"], wrong.json["description"]),
                         (400, "invalid_client", "client not found"))
        wrong = SIM.get_token(secret="wrong")
        self.assertEqual((wrong.status, wrong.json["description"]), (400, "authentication failed"))
        SIM.switch(token_refusal="401")
        self.assertEqual(SIM.get_token(secret="wrong").status, 401)

    def test_only_a_basic_header_and_a_form(self):
        inside = "grant_type=client_credentials&client_id=sim-client&client_secret=sim-secret"
        reply = SIM.get_token(body=inside, headers={"Authorization": "none"})
        self.assertEqual((reply.status, reply.json["error"]), (400, "invalid_client"))
        reply = SIM.get_token(headers={"Content-Type": "application/json"})
        self.assertEqual((reply.status, reply.json["error"]), (400, "invalid_request"))
        reply = SIM.get_token(body="grant_type=password")
        self.assertEqual((reply.status, reply.json["error"]), (400, "unsupported_grant_type"))
        self.assertEqual(SIM.http("GET", "/oauth/token").status, 405)

    def test_throttling_is_a_400(self):
        SIM.switch(token_throttle=1)
        reply = SIM.get_token()
        self.assertEqual((reply.status, reply.json["error"]), (400, "invalid_request"))
        self.assertTrue(reply.json["error_description"].startswith("rate limit exceeded;"))
        self.assertEqual(SIM.get_token().status, 200)

    def test_401_bodies(self):
        self.error_body(SIM.http("GET", simulator.USERS), 401, "authentication.required")
        SIM.login()
        SIM.revoke_tokens()
        self.error_body(SIM.scim("GET", "users"), 401, "bad.credentials")
        SIM.login()
        SIM.revoke_tokens(expire=True)
        self.error_body(SIM.scim("GET", "users"), 401, "credentials.expired")

    def test_lifetimes(self):
        SIM.switch(token_lifetime=300, token_real_lifetime=150)
        self.assertEqual(SIM.get_token().json["expires_in"], 300)
        SIM.login()
        self.assertEqual(SIM.scim("GET", "users").status, 200)
        time.sleep(0.2)
        self.error_body(SIM.scim("GET", "users"), 401, "credentials.expired")
        SIM.switch(token_real_lifetime=0, token_idle=100)
        SIM.login()
        time.sleep(0.15)
        self.error_body(SIM.scim("GET", "users"), 401, "credentials.expired")

    def test_client_states(self):
        SIM.login()
        SIM.switch(client_state="inactive")
        self.assertEqual(SIM.get_token().json["error"], "invalid_client")
        self.assertEqual(SIM.scim("GET", "users").status, 200)
        SIM.switch(client_state="disabled")
        self.assertEqual(SIM.scim("GET", "users").status, 401)


class Paths(Case):
    def test_both_families_and_case(self):
        user = self.make()
        for base in ("/api/v2/scim/v2/", "/api/v2/scim/"):
            for word in ("users", "Users", "USERS"):
                self.assertEqual(SIM.scim("GET", base + word).status, 200)
                self.assertEqual(SIM.scim("GET", base + word + "/" + user).status, 200)
            self.assertEqual(SIM.scim("GET", base + "ServiceProviderConfig").status, 200)

    def test_bare_path_is_a_switch(self):
        self.error_body(SIM.scim("GET", "/scim/v2/users"), 404, "not.found")
        SIM.switch(bare_path=True)
        self.assertEqual(SIM.scim("GET", "/scim/v2/Users").status, 200)

    def test_what_is_not_there(self):
        for path in ("Bulk", "Me", "users/.search/x", "people", "serviceproviderconfig/1"):
            self.error_body(SIM.scim("GET", path), 404, "not.found")

    def test_methods(self):
        user = self.make()
        for method, path, allow in (("PUT", "users", "GET, POST"), ("POST", "users/" + user, "GET"),
                                    ("POST", "schemas", "GET"), ("HEAD", "users", "GET")):
            body = {} if method != "HEAD" else None
            reply = SIM.scim(method, path, body)
            self.assertEqual(reply.status, 405, (method, path))
            self.assertTrue(reply.headers["allow"].startswith(allow))

    def test_media_types(self):
        body = json.dumps({"schemas": [CORE], "userName": "a@example.com", "displayName": "A"})
        for kind in ("text/plain", "application/xml", "application/jsonx", None):
            reply = SIM.scim("POST", "users", body, {"Content-Type": kind})
            self.error_body(reply, 415, "unsupported.media.type")
        self.error_body(SIM.scim("GET", "users", None, {"Accept": "text/html"}), 406,
                        "not.acceptable")
        reply = SIM.scim("POST", "users", body, {"Content-Type": "application/json;charset=utf-8"})
        self.assertEqual(reply.status, 201)
        self.assertEqual(reply.headers["content-type"], "application/scim+json")
        SIM.switch(strict_content_type=False)
        reply = SIM.scim("POST", "users", body.replace("a@", "b@"), {"Content-Type": "text/plain"})
        self.assertEqual(reply.status, 201)

    def test_bodies(self):
        self.refused(SIM.scim("POST", "users", "{no json"), 400, "invalidSyntax")
        self.refused(SIM.scim("POST", "users", ""), 400, "invalidSyntax")
        self.refused(SIM.scim("POST", "users", '{"a":1,"a":2}'), 400, "invalidSyntax")
        self.refused(SIM.scim("POST", "users", '["a"]'), 400, "invalidSyntax")
        self.error_body(SIM.create("a@example.com", title="x" * 512000), 413,
                        "request.entity.too.large")
        self.assertEqual(SIM.create("a@example.com", title="x" * 500000).status, 201)

    def test_absolute_location_is_a_switch(self):
        reply = SIM.create("a@example.com")
        self.assertEqual(reply.headers["location"], "/api/v2/scim/v2/users/" + reply.json["id"])
        SIM.switch(absolute_location=True)
        reply = SIM.create("b@example.com")
        self.assertEqual(reply.json["meta"]["location"],
                         "%s/api/v2/scim/v2/users/%s" % (SIM.base_url, reply.json["id"]))


class Discovery(Case):
    def test_service_provider_config(self):
        reply = SIM.scim("GET", "serviceproviderconfig")
        config = reply.json
        self.assertTrue(config["patch"]["supported"] and config["etag"]["supported"])
        self.assertEqual(config["bulk"], {"supported": False, "maxOperations": 0,
                                          "maxPayloadSize": 0})
        self.assertEqual(config["filter"], {"supported": True, "maxResults": 100})
        self.assertEqual(config["authenticationSchemes"][0]["type"], "oauthbearertoken")
        again = SIM.scim("GET", "serviceproviderconfig", None,
                         {"If-None-Match": reply.headers["etag"]})
        self.assertEqual((again.status, again.body), (304, b""))

    def test_resource_types(self):
        types = SIM.scim("GET", "ResourceTypes").json
        self.assertEqual([one["id"] for one in types["Resources"]],
                         ["User", "Group", "ServiceProviderConfig", "ResourceType", "Schema"])
        user = SIM.scim("GET", "resourcetypes/user").json
        self.assertEqual([one["schema"] for one in user["schemaExtensions"]], [ENTERPRISE, GENESYS])
        self.assertNotIn("version", user["meta"])
        self.assertEqual(SIM.scim("GET", "resourcetypes/Device").status, 404)

    def test_schemas(self):
        reply = SIM.scim("GET", "schemas").json
        self.assertEqual((reply["schemas"], reply["totalResults"]), ([LIST], 7))
        core = SIM.scim("GET", "schemas/" + CORE).json
        attributes = {one["name"]: one for one in core["attributes"]}
        self.assertNotIn("name", attributes)
        self.assertTrue(attributes["userName"]["required"] and attributes["displayName"]["required"])
        self.assertEqual(attributes["userName"]["uniqueness"], "server")
        self.assertEqual(attributes["password"]["mutability"], "writeOnly")
        self.assertEqual(attributes["password"]["returned"], "never")
        self.assertEqual(attributes["groups"]["mutability"], "readOnly")
        kinds = [one for one in attributes["phoneNumbers"]["subAttributes"] if one["name"] == "type"]
        self.assertIn("microsoftteams", kinds[0]["canonicalValues"])
        extra = SIM.scim("GET", "schemas/" + GENESYS).json
        self.assertEqual([one["name"] for one in extra["attributes"]],
                         ["routingSkills", "routingLanguages", "externalIds"])
        every = {"name", "type", "multiValued", "description", "required", "caseExact", "mutability",
                 "returned", "uniqueness"}
        for schema in reply["Resources"]:
            for one in schema["attributes"]:
                self.assertLessEqual(every, set(one), one)
        self.assertEqual(SIM.scim("GET", "schemas/urn:none").status, 404)

    def test_a_filter_on_schemas_is_403(self):
        self.error_body(SIM.scim("GET", "schemas" + query(filter="id eq 1")), 403, "not.authorized")


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


class Limiter(Case):
    def test_headers_and_429(self):
        SIM.switch(rate_limit=3, rate_window=700)
        SIM.login()
        for i in range(3):
            reply = SIM.scim("GET", "users")
            self.assertEqual(reply.headers["inin-ratelimit-count"], str(i + 1))
            self.assertEqual(reply.headers["inin-ratelimit-allowed"], "3")
            self.assertEqual(reply.headers["inin-ratelimit-reset"], "1")
        reply = SIM.scim("GET", "users")
        self.error_body(reply, 429, "too.many.requests")
        self.assertEqual(reply.headers["retry-after"], "1")
        self.assertEqual(reply.json["message"],
                         "Rate limit exceeded the maximum. Retry the request in [1] seconds")
        self.assertEqual(reply.json["limit"]["key"], "client.credentials.token.rate.per.minute")
        self.assertEqual(reply.json["limit"]["value"], 3)
        first = SIM.token
        SIM.login()
        self.assertEqual(SIM.scim("GET", "users").status, 200)
        SIM.token = first
        time.sleep(0.75)
        self.assertEqual(SIM.scim("GET", "users").headers["inin-ratelimit-count"], "1")

    def test_default_and_scope(self):
        self.assertEqual(SIM.scim("GET", "users").headers["inin-ratelimit-allowed"], "300")
        SIM.switch(rate_limit=1, rate_scope="organization")
        SIM.login()
        self.assertEqual(SIM.scim("GET", "users").status, 200)
        SIM.login()
        self.assertEqual(SIM.scim("GET", "users").status, 429)
        SIM.switch(rate_limit=0)
        self.assertEqual(SIM.scim("GET", "users").status, 200)

    def test_correlation_on_every_reply(self):
        replies = [SIM.http("GET", "/none"), SIM.http("GET", simulator.USERS), SIM.scim("GET", "users"),
                   SIM.scim("GET", "users/none"), SIM.get_token(secret="x")]
        ids = [one.headers["inin-correlation-id"] for one in replies]
        self.assertEqual(len(set(ids)), len(ids))


class Faults(Case):
    def test_status_and_shapes(self):
        for status in (400, 401, 403, 404, 408, 409, 412, 413, 429, 500, 501, 502, 503, 504):
            SIM.clear_faults()
            SIM.fault(status=status, retryAfter=7)
            reply = SIM.scim("POST", "users", {"schemas": [CORE], "userName": "a@example.com",
                                               "displayName": "A"})
            self.assertEqual((reply.status, reply.headers["retry-after"]), (status, "7"))
            scim = status in (400, 404, 409, 412)
            self.assertEqual(type(reply.json["status"]), str if scim else int)
        for shape, kind, body in (("html", "text/html", b"<html"), ("text", "text/plain", b"a fault"),
                                  ("empty", None, b""), ("json", "application/json", b"{"),
                                  ("scim", "application/scim+json", b'{"schemas"'),
                                  ("error-body", "application/json", b'{"message"')):
            SIM.clear_faults()
            SIM.fault(status=503, shape=shape)
            reply = SIM.scim("GET", "users")
            self.assertEqual((reply.status, reply.headers.get("content-type")), (503, kind))
            self.assertTrue(reply.body.startswith(body), reply)
        self.assertEqual(SIM.users(), [])

    def test_details(self):
        SIM.fault(status=400, code="invalidVers", detail="because")
        reply = SIM.scim("GET", "users")
        self.assertEqual((reply.json["scimType"], reply.json["detail"]), ("invalidVers", "because"))

    def test_swapped_shapes_are_a_switch(self):
        SIM.switch(error_shape="swapped")
        self.assertIn("message", SIM.scim("GET", "users/none").json)
        SIM.revoke_tokens()
        self.assertIn("detail", SIM.scim("GET", "users").json)

    def test_status_after_the_write(self):
        SIM.fault(status=500, applied=True)
        self.assertEqual(SIM.create("a@example.com").status, 500)
        self.assertEqual(len(SIM.users()), 1)
        self.assertEqual(SIM.requests(kind="create")[0]["applied"], True)

    def test_targets(self):
        first, second = self.make("one@example.com"), self.make("two@example.com")
        SIM.fault(status=503, method="PATCH", userName="ONE@*", nth=2)
        change = {"op": "replace", "path": "title", "value": "T"}
        self.assertEqual([SIM.patch(who, change).status
                          for who in (first, second, first, first, second)],
                         [200, 200, 503, 200, 200])
        SIM.clear_faults()
        SIM.fault(status=503, path="/api/v2/scim/v2/GROUPS*", count=2)
        self.assertEqual(SIM.scim("GET", "users").status, 200)
        self.assertEqual([SIM.scim("GET", "groups").status for _ in range(3)], [503, 503, 200])
        self.assertEqual(SIM.faults()[0]["hits"], 2)

    def test_the_token_endpoint_only_by_path(self):
        SIM.fault(status=503)
        self.assertEqual(SIM.get_token().status, 200)
        SIM.fault(status=502, path="/oauth/token")
        self.assertEqual(SIM.get_token().status, 502)

    def test_probability_is_repeatable(self):
        def run():
            SIM.reset()
            SIM.fault(status=503, probability=0.3, seed=42)
            return [SIM.scim("GET", "users").status for _ in range(60)]
        first = run()
        self.assertEqual(first, run())
        self.assertTrue(5 < first.count(503) < 35, first.count(503))

    def test_reset_and_close(self):
        for kind in ("reset", "close"):
            SIM.reset()
            SIM.fault(kind, count=1, method="POST")
            SIM.login()
            body = {"schemas": [CORE], "userName": "a@example.com", "displayName": "A"}
            self.cut("POST", "users", body)
            self.assertEqual(SIM.users(), [])
            SIM.clear_faults()
            SIM.fault(kind, count=1, method="POST", applied=True)
            self.cut("POST", "users", body)
            self.assertEqual(len(SIM.users()), 1)
            self.assertEqual([one["status"] for one in SIM.requests(kind="create")], [0, 0])
            self.assertEqual(SIM.stats()["cut"], 2)

    def test_a_reset_is_a_reset(self):
        SIM.login()
        SIM.fault("reset", count=1)
        with self.assertRaises(ConnectionResetError):
            SIM.scim("GET", "users")

    def test_slow_and_latency(self):
        SIM.login()
        SIM.fault("slow", delay=300, count=1)
        start = time.monotonic()
        self.assertEqual(SIM.create("a@example.com").status, 201)
        self.assertGreaterEqual(time.monotonic() - start, 0.298)  # its clock counts milliseconds
        SIM.switch(latency=100, latency_jitter=10)
        start = time.monotonic()
        SIM.scim("GET", "users")
        self.assertTrue(0.098 <= time.monotonic() - start < 5)

    def test_slow_holds_up_nobody_else(self):
        SIM.login()
        SIM.fault("slow", delay=1500, count=1)
        slow = SIM.connect()
        slow.request("GET", simulator.USERS, headers={"Authorization": "Bearer " + SIM.token})
        while not SIM.faults()[0]["hits"]:
            time.sleep(0.01)
        start = time.monotonic()
        self.assertEqual(SIM.scim("GET", "users").status, 200)
        self.assertLess(time.monotonic() - start, 1.2)
        self.assertEqual(slow.getresponse().status, 200)
        slow.close()

    def test_truncate(self):
        self.make()
        SIM.fault("truncate")
        with self.assertRaises(http.client.IncompleteRead):
            SIM.scim("GET", "users")

    def test_partial(self):
        user = self.make()
        SIM.fault("partial", method="PATCH", keep=1)
        reply = SIM.patch(user, {"op": "add", "path": "title", "value": "T"},
                          {"op": "replace", "path": "displayName", "value": "New"})
        self.assertEqual(reply.status, 500)
        self.assertEqual((SIM.users()[0]["title"], SIM.users()[0]["displayName"]),
                         ("T", "a@example.com"))
        SIM.clear_faults()
        SIM.fault("partial", method="POST", status=201)
        reply = SIM.create("b@example.com", title="T", roles=[{"value": "admin"}])
        self.assertEqual(reply.status, 201)
        self.assertNotIn("title", reply.json)

    def test_ignore(self):
        SIM.fault("ignore")
        reply = SIM.create("a@example.com")
        self.assertEqual((reply.status, SIM.users()), (201, []))
        SIM.clear_faults()
        user = self.make()
        SIM.fault("ignore")
        change = {"op": "add", "path": "title", "value": "T"}
        self.assertNotIn("title", SIM.patch(user, change).json)
        self.assertEqual(SIM.scim("DELETE", "users/" + user).status, 204)
        SIM.clear_faults()
        SIM.fault("ignore", echo=True)
        self.assertEqual(SIM.patch(user, change).json["title"], "T")
        self.assertNotIn("title", SIM.users("active")[0])

    def test_drop_values(self):
        user = self.make(phoneNumbers=[{"type": "work", "value": "+49301111"}])
        SIM.fault("drop-values")
        reply = SIM.patch(user, {"op": "add", "path": "phoneNumbers", "value": [
            {"type": "mobile", "value": "+49302222"}]})
        self.assertEqual([one["type"] for one in reply.json["phoneNumbers"]], ["mobile"])

    def test_no_id(self):
        SIM.fault("no-id")
        reply = SIM.create("a@example.com")
        self.assertEqual(reply.status, 201)
        self.assertNotIn("id", reply.json)
        self.assertNotIn("location", reply.headers)
        self.assertEqual(len(SIM.users()), 1)

    def test_invisible(self):
        SIM.fault("invisible", delay=200, count=1)
        user = self.make()
        self.assertEqual(SIM.scim("GET", "users/" + user).status, 404)
        time.sleep(0.25)
        self.assertEqual(SIM.scim("GET", "users/" + user).status, 200)

    def test_no_json_and_content_type(self):
        SIM.fault("no-json", count=1)
        reply = SIM.scim("GET", "users")
        self.assertEqual((reply.status, reply.headers["content-type"]), (200, "application/scim+json"))
        with self.assertRaises(ValueError):
            reply.json
        SIM.clear_faults()
        SIM.fault("content-type")
        reply = SIM.scim("GET", "users")
        self.assertEqual((reply.headers["content-type"], reply.json["totalResults"]),
                         ("text/html", 0))

    def test_huge(self):
        SIM.fault("huge", bytes=3000000)
        reply = SIM.scim("GET", "users")
        self.assertEqual((reply.status, len(reply.body)), (200, 3000000))
        self.assertEqual(list(reply.json), ["padding"])

    def test_lists_that_lie(self):
        SIM.generate(10)

        def page(**arguments):
            reply = SIM.scim("GET", "users" + query(**arguments)).json
            return reply["totalResults"], [int(one["userName"][4:].split("@")[0])
                                           for one in reply["Resources"]]
        SIM.fault("lose", every=5)
        self.assertEqual(page(), (10, [0, 1, 2, 3, 5, 6, 7, 8]))
        SIM.clear_faults()
        SIM.fault("ignore-start")
        self.assertEqual(page(startIndex=4, count=2), (10, [0, 1]))
        SIM.clear_faults()
        SIM.fault("wrap")
        self.assertEqual(page(startIndex=12, count=2), (10, [1, 2]))
        SIM.clear_faults()
        SIM.fault("page-total")
        self.assertEqual(page(count=2), (2, [0, 1]))

    def test_wrong_faults_are_refused(self):
        for wrong in ({"kind": "none"}, {"colour": 1}, {"status": "x"}, {"nth": -1}, {"status": 99}):
            with self.assertRaises(RuntimeError):
                SIM.control("POST", "faults", wrong)
        self.assertEqual(SIM.faults(), [])
        one = SIM.fault(status=503)
        SIM.control("DELETE", "faults/%d" % one)
        self.assertEqual(SIM.faults(), [])
        SIM.control("PUT", "faults", [{"status": 503}, {"kind": "slow"}])
        self.assertEqual(len(SIM.faults()), 2)


class Control(Case):
    def test_log(self):
        user = SIM.create("a@example.com", externalId="x")
        self.find('userName eq "b@example.com"')
        SIM.scim("DELETE", "users/" + user.json["id"])
        log = SIM.log()
        self.assertEqual([one["kind"] for one in log], ["token", "create", "find", "delete"])
        create = log[1]
        self.assertEqual((create["method"], create["path"], create["status"], create["applied"]),
                         ("POST", simulator.USERS, 201, True))
        self.assertEqual((create["userName"], create["externalId"], create["id"]),
                         ("a@example.com", "x", user.json["id"]))
        self.assertEqual(create["correlationId"], user.headers["inin-correlation-id"])
        self.assertEqual(create["token"], SIM.token)
        self.assertEqual(json.loads(create["body"])["userName"], "a@example.com")
        self.assertEqual((log[2]["userName"], log[2]["query"]),
                         ("b@example.com", "filter=userName%20eq%20%22b%40example.com%22"))
        self.assertEqual((log[3]["userName"], log[3]["externalId"]), ("a@example.com", "x"))
        self.assertEqual([one["number"] for one in SIM.log(log[2]["number"])],
                         [log[2]["number"], log[3]["number"]])

    def test_log_bounds(self):
        SIM.switch(log_max=5, log_bodies=False)
        for i in range(9):
            SIM.scim("GET", "users?count=%d" % i)
        log = SIM.control("GET", "log")
        self.assertEqual([one["query"] for one in log["entries"]],
                         ["count=%d" % i for i in range(4, 9)])
        self.assertEqual(log["dropped"], 5)
        SIM.switch(log=False)
        SIM.scim("GET", "users")
        self.assertEqual(len(SIM.log()), 5)

    def test_seeding(self):
        many = [{"userName": "u%d@example.com" % i, "displayName": "U", "externalId": "e%d" % i}
                for i in range(5000)]
        self.assertEqual(SIM.seed(many), 5000)
        self.assertEqual(self.names(self.find('externalId eq "e4321"')), ["u4321@example.com"])
        SIM.seed([{"id": "my-id", "userName": "nobody", "state": "inactive"}])
        self.assertEqual(SIM.scim("GET", "users/my-id").json["active"], False)
        SIM.seed([{"id": "my-id", "userName": "nobody", "title": "by hand"}])
        self.assertEqual(SIM.user("NOBODY")[0]["title"], "by hand")
        with self.assertRaises(RuntimeError):
            SIM.seed([{"userName": "U1@example.com"}])
        SIM.purge("my-id")
        self.assertEqual(SIM.user("nobody"), [])
        self.assertEqual(SIM.stats()["accounts"], {"active": 5000, "inactive": 0, "deleted": 0})

    def test_switches(self):
        self.assertEqual(SIM.switch(rate_limit=5)["rate-limit"], 5)
        for wrong in ({"none": 1}, {"revive": "x"}, {"rate-limit": "x"}, {"log": "maybe"},
                      {"rate-limit": 7, "none": 1}):
            with self.assertRaises(RuntimeError):
                SIM.control("PUT", "switches", wrong)
        self.assertEqual(SIM.switches()["rate-limit"], 5)

    def test_reset(self):
        self.make()
        SIM.fault(status=503, path="/none")
        SIM.switch(rate_limit=5)
        SIM.reset("log", "faults")
        self.assertEqual((SIM.log(), SIM.faults(), len(SIM.users())), ([], [], 1))
        self.assertEqual(SIM.scim("GET", "users").status, 200)
        SIM.reset()
        self.assertEqual((SIM.users(), SIM.switches()["rate-limit"], SIM.stats()["total"]), ([], 300, 0))
        self.assertEqual(SIM.control("GET", "tokens")["tokens"], [])

    def test_stats(self):
        self.make()
        self.find("active eq false")
        SIM.scim("GET", "users/none")
        stats = SIM.stats()
        self.assertEqual({name: many for name, many in stats["kinds"].items() if many},
                         {"token": 1, "create": 1, "find": 1, "read": 1})
        self.assertEqual(stats["statuses"], {"200": 2, "201": 1, "404": 1})
        self.assertEqual((stats["total"], stats["applied"]), (4, 1))

    def test_unknown_parts(self):
        with self.assertRaises(RuntimeError):
            SIM.control("GET", "none")
        with self.assertRaises(RuntimeError):
            SIM.control("GET", "reset")


class Garbage(Case):
    """Whatever comes in, an answer goes out, and it is never the server's fault."""
    PIECES = ["userName", "emails", "[", "]", "(", ")", ".", ":", " ", '"', "\\", " eq ", " and ",
              " or ", "not ", " pr", "type", "value", "work", "true", "null", "1", "é", "\u0000",
              CORE, ENTERPRISE, GENESYS, ":externalIds", "authority", "members", "id", "x-pc:scimv2:v1",
              "+4930123456", "a@example.com", "schemas", "active", "roles", "manager", "other"]

    def setUp(self):
        super().setUp()
        SIM.switch(rate_limit=0)
        self.dice = random.Random(7)

    def text(self):
        return "".join(self.dice.choice(self.PIECES) for _ in range(self.dice.randrange(1, 8)))

    def value(self, depth=0):
        kind = self.dice.randrange(8 if depth < 3 else 6)
        if kind == 6:
            return [self.value(depth + 1) for _ in range(self.dice.randrange(4))]
        if kind == 7:
            return {self.dice.choice(self.PIECES): self.value(depth + 1)
                    for _ in range(self.dice.randrange(5))}
        return [None, True, 5, 1.5, self.text(), self.dice.choice(self.PIECES)][kind]

    def answered(self, reply):
        self.assertIn(reply.status, (200, 201, 204, 400, 404, 405, 409), reply)
        if reply.body:
            self.assertIsInstance(reply.json, dict)

    def test_filters_and_projections(self):
        self.make(emails=[{"type": "work", "value": "w@example.com"}])
        for full in (False, True):
            SIM.switch(filter_full=full)
            for _ in range(700):
                name = self.dice.choice(["filter", "attributes", "excludedAttributes", "startIndex"])
                self.answered(SIM.scim("GET", "users" + query(**{name: self.text()})))

    def test_patches_and_documents(self):
        for strict in (True, False):
            SIM.switch(strict=strict, value_path_creates=not strict)
            SIM.purge()
            user = self.make(externalId="x", emails=[{"type": "work", "value": "w@example.com"}])
            for _ in range(900):
                operation = {"op": self.dice.choice(["add", "replace", "remove", "Add"])}
                if self.dice.random() < 0.8:
                    operation["path"] = self.text()
                if operation["op"] != "remove":
                    operation["value"] = self.value()
                self.answered(SIM.patch(user, operation))
                body = {self.dice.choice(self.PIECES): self.value() for _ in range(4)}
                body.update(schemas=[CORE], userName="n%s@example.com" % self.dice.random(),
                            displayName="N")
                self.answered(SIM.scim("POST", "users", body))
                self.answered(SIM.scim("PUT", "users/" + user, dict(body, userName="a@example.com")))

    def test_bytes(self):
        for _ in range(300):
            body = bytes(self.dice.randrange(256) for _ in range(self.dice.randrange(1, 60)))
            self.assertEqual(SIM.scim("POST", "users", body).status, 400)
        self.assertEqual(len(SIM.log()), 301)


class Program(Case):
    def run_it(self, *arguments):
        return subprocess.run([simulator.program()] + list(arguments), capture_output=True, text=True,
                              timeout=60)

    def test_usage(self):
        self.assertEqual(self.run_it("--help").returncode, 0)
        self.assertIn("genesys-sim", self.run_it("--version").stdout)
        self.assertIn("rate-limit=300", self.run_it("--list-switches").stdout)
        for wrong in (["--none"], ["word"], ["--port", "x"], ["--set", "x"], ["--set", "none=1"],
                      ["--fault", "x"], ["--fault", "kind=none"], ["--users", "/none"],
                      ["--tls-cert", "/dev/null"]):
            done = self.run_it(*wrong)
            self.assertEqual(done.returncode, 2, wrong)
            self.assertTrue(done.stderr)

    def test_options(self):
        with tempfile.TemporaryDirectory() as folder:
            def put(name, value):
                with open(os.path.join(folder, name), "w") as out:
                    json.dump(value, out)
                return os.path.join(folder, name)
            port = os.path.join(folder, "port")
            arguments = ["--users", put("users", {"users": [{"userName": "s@example.com"}]}),
                         "--groups", put("groups", [{"displayName": "G"}]),
                         "--names", put("names", {"roles": ["Pilot"]}), "--port-file", port,
                         "--client-id", "me", "--client-secret", "se:cret", "--set", "rate-limit=7",
                         "--fault", "status=503,method=POST,nth=2", "--lenient", "--no-log"]
            with simulator.Simulator(arguments) as sim:
                with open(port) as file:
                    self.assertEqual(int(file.read()), sim.port)
                self.assertEqual(sim.get_token().status, 400)
                sim.token = sim.get_token("me", "se:cret").json["access_token"]
                reply = sim.scim("GET", "users")
                self.assertEqual(reply.json["totalResults"], 1)
                self.assertEqual(reply.headers["inin-ratelimit-allowed"], "7")
                self.assertEqual(sim.scim("GET", "groups").json["totalResults"], 1)
                self.assertEqual(sim.create("nobody", roles=[{"value": "Pilot"}]).status, 201)
                self.assertEqual(sim.create("b@example.com").status, 503)
                self.assertEqual(sim.log(), [])
                sim.reset("switches", "groups")
                self.assertEqual(sim.switches()["rate-limit"], 7)
                self.assertEqual(len(sim.groups()), 1)

    def test_ends_cleanly(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            sim = simulator.Simulator().start()
            sim.login()
            sim.fault("slow", delay=60000)
            waiting = sim.connect()
            waiting.request("GET", simulator.USERS, headers={"Authorization": "Bearer " + sim.token})
            while not sim.faults()[0]["hits"]:
                time.sleep(0.01)
            sim.disconnect()
            sim.process.send_signal(number)
            self.assertEqual(sim.process.wait(30), 0)
            waiting.close()
            sim.stop()
            self.assertEqual(sim.error_text(), "")
            sim.errors.close()

    def test_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            cert, key = os.path.join(folder, "cert"), os.path.join(folder, "key")
            made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                   "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                                   "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                                   "-keyout", key, "-out", cert], capture_output=True)
            self.assertEqual(made.returncode, 0, made.stderr)
            with simulator.Simulator(tls=(cert, key, cert)) as sim:
                self.assertTrue(sim.base_url.startswith("https://"))
                self.assertEqual(sim.create("a@example.com").status, 201)
                sim.fault("reset", count=1)
                with self.assertRaises(OSError):
                    sim.scim("GET", "users")
                self.assertEqual(sim.scim("GET", "users").json["totalResults"], 1)
                sim.switch(absolute_location=True)
                self.assertTrue(sim.create("b@example.com").headers["location"].startswith("https:"))


if __name__ == "__main__":
    tap.main()

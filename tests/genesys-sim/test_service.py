"""The simulator against what is known of the service, before there is any person: tokens, paths, discovery, and
how many requests it allows."""
import json
import time

from simcase import LIST, SIM, Case, query, setUpModule, tearDownModule
import simulator
import tap
from simulator import CORE, ENTERPRISE, GENESYS


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


if __name__ == "__main__":
    tap.main()

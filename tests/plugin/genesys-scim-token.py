"""The Genesys Cloud sink's token, options and TLS, against a server that says anything."""
import base64
import os
import shutil
import ssl
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap
import tls
from scimcase import *


class Token(Case):
    def test_asked_for_once_with_basic_authorization(self):
        self.start(Reply(201, user()))
        self.assertEqual(self.sink.ready["stage"], "ready")
        self.assertEqual(self.create(Reply(201, user()))["result"], "OK")
        self.assertEqual(len(self.server.tokens), 1)
        token = self.server.tokens[0]
        self.assertEqual(token.body, b"grant_type=client_credentials")
        self.assertEqual(token.headers["content-type"], "application/x-www-form-urlencoded")
        self.assertEqual(token.headers["authorization"],
                         "Basic " + base64.b64encode(b"the-client:the-s3cret").decode())
        self.assertEqual(self.server.requests[0].headers["authorization"], "Bearer token-1")
        self.assertEqual(self.sink.ready["permits"], [TOKEN])
        self.assertEqual(self.sink.ready["observed"][0]["status"], 200)

    def test_shared_by_sessions_that_open_at_once(self):
        self.start()
        self.assertEqual(self.sink("open", n=8)["opened"], 8)
        self.assertEqual(len(self.server.tokens), 1)

    def test_short_lived_token_is_renewed_before_it_expires(self):
        self.server.lifetime = 1
        self.start()
        time.sleep(0.9)
        self.assertEqual(self.create(Reply(201, user()))["result"], "OK")
        self.assertEqual(len(self.server.tokens), 2)
        self.assertEqual(self.server.requests[0].headers["authorization"], "Bearer token-2")

    def test_renewed_once_on_401_and_the_request_repeated(self):
        def answer(request):
            old = request.headers["authorization"] == "Bearer token-1"
            return error_body(401, "expired", "credentials.expired") if old else Reply(201, user())
        result = self.create(answer)
        self.assertEqual(result["result"], "OK")
        self.assertEqual(result["answer"]["permits"], [CREATE, TOKEN, CREATE])
        self.assertEqual(len(self.server.tokens), 2)
        self.assertEqual(self.server.requests[0].body, self.server.requests[1].body)

    def test_401_with_a_new_token_too_is_the_end(self):
        result = self.create(Reply(401, "Unauthorized", kind="text/plain"))
        self.assertEqual((result["result"], result["status"]), ("AUTH", 401))
        self.assertEqual((len(self.server.requests), len(self.server.tokens)), (2, 2))
        self.assertIn("a new token is refused too", result["message"])

    def refused(self, reply):
        self.server.token = lambda request: reply
        self.start()
        self.assertEqual(self.sink.ready["stage"], "open")
        self.assertEqual(self.sink.ready["failures"], 1)
        return self.sink.ready

    def test_invalid_client(self):
        for status in (400, 401):
            ready = self.refused(Reply(status, {"error": "invalid_client",
                                                "description": "client not found"}))
            self.assertEqual(ready["rc"], AUTH)
            self.assertIn("client not found", ready["message"])
            self.assertIn("check client_id and client_secret", ready["message"])
            self.sink.close()

    def test_secret_echoed_by_the_server_is_not_shown(self):
        ready = self.refused(Reply(401, {"error": "invalid_client",
                                         "error_description": "bad the-s3cret"}))
        self.assertEqual(ready["rc"], AUTH)

    def test_throttled_token_endpoint_is_the_budget(self):
        ready = self.refused(Reply(400, {"error": "invalid_request",
                                         "error_description": "rate limit exceeded; wait"},
                                   {"Retry-After": "7"}))
        self.assertEqual(ready["rc"], BUDGET)
        self.assertEqual((ready["observed"][0]["throttled"],
                          ready["observed"][0]["retry_after_ms"]), (1, 7000))

    def test_throttled_in_the_middle_of_a_run(self):
        self.start()
        self.server.token = lambda request: Reply(400, {"error": "invalid_request",
                                                        "error_description": "rate limit exceeded"})
        result = self.create(error_body(401))
        self.assertEqual(result["result"], "BUDGET")
        self.assertEqual(len(self.server.requests), 1)

    def test_other_answers(self):
        for reply, rc, words in ((Reply(503, "<html>down</html>", kind="text/html"), UNREACHABLE,
                                  "down"),
                                 (Reply(404, "no such page", kind="text/plain"), CONFIG,
                                  "check token_url"),
                                 (Reply(200, "<h1>Hello</h1>", kind="text/html"), UNREACHABLE,
                                  "without an access token"),
                                 (Reply(200, {"access_token": "a\r\nX-Evil: 1"}), UNREACHABLE,
                                  "without an access token"),
                                 (Reply(200, {"access_token": ""}), UNREACHABLE,
                                  "without an access token"),
                                 (Reply(200, {"token_type": "bearer"}), UNREACHABLE,
                                  "without an access token"),
                                 (Reply(302, None, {"Location": "https://elsewhere/"}), CONFIG,
                                  "check token_url"),
                                 (RESET, UNREACHABLE, "check token_url")):
            ready = self.refused(reply)
            self.assertEqual(ready["rc"], rc, ready)
            self.assertIn(words, ready["message"])
            self.sink.close()
            self.sink = None

    def test_expires_in_may_be_missing_or_text(self):
        for more in ({}, {"expires_in": "3600"}):
            self.server.token = lambda request, more=more: Reply(200, dict(more, access_token="t"))
            self.start()
            self.assertEqual(self.create(Reply(201, user()))["result"], "OK")
            self.sink.close()
            self.sink = None


class Configuration(unittest.TestCase):
    def refused(self, stage="create", environment=None, **options):
        with Driver(options, environment) as sink:
            self.assertEqual((sink.ready["stage"], sink.ready["rc"], sink.ready["failures"]),
                             (stage, CONFIG, 1), sink.ready)
            return sink.ready["message"]

    def test_refusals(self):
        self.assertIn("not encrypted", self.refused(base_url="http://api.example.com"))
        self.assertIn("not encrypted",
                      self.refused(token_url="http://login.example.com/oauth/token"))
        self.assertIn("eu-west-1", self.refused(region="eu-west-9"))
        self.assertIn("set only one", self.refused(region="eu-west-1",
                                                   base_url="https://api.example.com"))
        self.assertIn("client_secret", self.refused(client_secret=None))
        self.assertIn("client_id", self.refused(client_id=""))
        self.assertIn("scim_path", self.refused(scim_path="scim/v2"))
        self.assertIn("page_size", self.refused(page_size="5000"))
        self.assertIn("query", self.refused(base_url="https://api.example.com/?x=1"))
        self.assertIn("no https://", self.refused(base_url="ftp://api.example.com"))
        message = self.refused(base_url="https://user:s3cret@api.example.com")
        self.assertIn("must not hold a user or password", message)
        self.assertIn("/nowhere/ca.pem", self.refused(**{"tls.ca_file": "/nowhere/ca.pem"}))

    def test_environment(self):
        with Scripted() as server:
            environment = {"GENESYS_BASE_URL": server.url + "/gate/",
                           "GENESYS_CLIENT_ID": "env-client",
                           "GENESYS_CLIENT_SECRET": "env-s3cret"}
            with Driver({"client_id": None, "client_secret": None, "scim_path": "/scim/v2/"},
                        environment) as sink:
                self.assertEqual(sink.ready["stage"], "ready")
                server.answer = lambda request: Reply(200, user())
                sink("read", id="u1")
            self.assertEqual(server.tokens[0].path, "/gate/oauth/token")
            self.assertEqual(server.requests[0].path, "/gate/scim/v2/users/u1")
            self.assertEqual(base64.b64decode(server.tokens[0].headers["authorization"][6:]),
                             b"env-client:env-s3cret")


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.prepare()

    @classmethod
    def prepare(cls):
        if not hasattr(Tls, "folder"):
            Tls.folder = tempfile.mkdtemp(prefix="syncd-scim-")
            Tls.ca = tls.Authority(os.path.join(Tls.folder, "ca"))
            Tls.other = tls.Authority(os.path.join(Tls.folder, "other"), "another CA")
            Tls.good = Tls.ca.issue("server")
            Tls.elsewhere = Tls.ca.issue("elsewhere", san=["DNS:elsewhere.test"])
            Tls.expired = Tls.ca.issue("expired", expired=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(Tls.folder, ignore_errors=True)

    def setUp(self):
        self.prepare()

    def ready(self, pair, ca, versions=None, **options):
        with Scripted(tls=pair, versions=versions) as server:
            with Driver(dict({"base_url": server.url, "tls.ca_file": ca}, **options)) as sink:
                if sink.ready["stage"] == "ready":
                    server.answer = lambda request: Reply(201, user())
                    self.assertEqual(sink.create(userName="a@example.com")["result"], "OK")
                    self.assertEqual(sink("open", n=3)["opened"], 3)
                self.assertEqual(server.tokens == [], sink.ready["stage"] != "ready")
                return sink.ready

    def test_private_ca(self):
        self.assertEqual(self.ready(self.good, self.ca.cert)["stage"], "ready")

    def test_untrusted_certificates(self):
        for pair, ca in ((self.good, self.other.cert), (self.good, None), (self.elsewhere,
            self.ca.cert),
                         (self.expired, self.ca.cert)):
            ready = self.ready(pair, ca)
            self.assertEqual((ready["stage"], ready["rc"]), ("open", CONFIG), ready)
            self.assertIn("tls.ca_file", ready["message"])

    def test_lowest_version(self):
        old = self.ready(self.good, self.ca.cert, ssl.TLSVersion.TLSv1_2,
                         **{"tls.min_version": "1.3"})
        self.assertEqual((old["stage"], old["rc"]), ("open", UNREACHABLE), old)
        self.assertEqual(self.ready(self.good, self.ca.cert, ssl.TLSVersion.TLSv1_2)["stage"],
                         "ready")


if __name__ == "__main__":
    tap.main()

"""The Genesys Cloud sink against a server that says anything: every class of failure, both error
shapes, the token, the wire, lists that lie. The service's own rules: genesys-scim.py."""
import base64
import email.utils
import os
import re
import shutil
import ssl
import sys
import tempfile
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap
import tls
from driver import *
from scripted import Reply, RESET, SILENT, Scripted

BASE = "/api/v2/scim/v2"
SCIM_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def scim_error(status, detail="words", kind=None, **headers):
    body = {"schemas": [SCIM_ERROR], "status": str(status), "detail": detail}
    if kind:
        body["scimType"] = kind
    return Reply(status, body, headers)


def error_body(status, message="words", code="some.code", **more):
    headers = more.pop("headers", {})
    return Reply(status, dict(more, message=message, code=code, status=status, contextId="ctx-1"),
                 headers, kind="application/json")


def user(**more):
    return dict({"id": "u1", "userName": "a@example.com", "displayName": "A", "active": True,
                 "meta": {"resourceType": "User", "version": "3"}}, **more)


def page(*items, total=None, start=1):
    return Reply(200, {"totalResults": len(items) if total is None else total, "startIndex": start,
                       "itemsPerPage": len(items), "Resources": list(items)})


def query(request):
    return dict(urllib.parse.parse_qsl(request.query))


class Case(unittest.TestCase):
    options = {}

    def setUp(self):
        self.server = Scripted()
        self.sink = None

    def tearDown(self):
        if self.sink:
            self.sink.__exit__(None)
        self.server.__exit__()

    def start(self, answer=None, **options):
        if answer is not None:
            self.server.answer = answer if callable(answer) else lambda request: answer
        self.sink = Driver(dict({"base_url": self.server.url}, **options))
        return self.sink

    def create(self, answer, **document):
        """The result of creating a@example.com where the server answers that."""
        if self.sink is None:
            self.start()
        self.server.requests.clear()
        self.server.answer = answer if callable(answer) else lambda request: answer
        return self.sink.create(**dict({"userName": "a@example.com", "displayName": "A", "active": True}, **document))

    def update(self, answer, *operations, version=None):
        if self.sink is None:
            self.start()
        self.server.requests.clear()
        self.server.answer = answer if callable(answer) else lambda request: answer
        return self.sink.update("u1", *(operations or [("replace", "title", "T")]), version=version)


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
            ready = self.refused(Reply(status, {"error": "invalid_client", "description": "client not found"}))
            self.assertEqual(ready["rc"], AUTH)
            self.assertIn("client not found", ready["message"])
            self.assertIn("check client_id and client_secret", ready["message"])
            self.sink.close()

    def test_secret_echoed_by_the_server_is_not_shown(self):
        ready = self.refused(Reply(401, {"error": "invalid_client", "error_description": "bad the-s3cret"}))
        self.assertEqual(ready["rc"], AUTH)

    def test_throttled_token_endpoint_is_the_budget(self):
        ready = self.refused(Reply(400, {"error": "invalid_request", "error_description": "rate limit exceeded; wait"},
                                   {"Retry-After": "7"}))
        self.assertEqual(ready["rc"], BUDGET)
        self.assertEqual((ready["observed"][0]["throttled"], ready["observed"][0]["retry_after_ms"]), (1, 7000))

    def test_throttled_in_the_middle_of_a_run(self):
        self.start()
        self.server.token = lambda request: Reply(400, {"error": "invalid_request",
                                                        "error_description": "rate limit exceeded; x"})
        result = self.create(error_body(401))
        self.assertEqual(result["result"], "BUDGET")
        self.assertEqual(len(self.server.requests), 1)

    def test_other_answers(self):
        for reply, rc, words in ((Reply(503, "<html>down</html>", kind="text/html"), UNREACHABLE, "down"),
                                 (Reply(404, "no such page", kind="text/plain"), CONFIG, "check token_url"),
                                 (Reply(200, "<h1>Hello</h1>", kind="text/html"), UNREACHABLE, "without an access token"),
                                 (Reply(200, {"access_token": "a\r\nX-Evil: 1"}), UNREACHABLE, "without an access token"),
                                 (Reply(200, {"access_token": ""}), UNREACHABLE, "without an access token"),
                                 (Reply(200, {"token_type": "bearer"}), UNREACHABLE, "without an access token"),
                                 (Reply(302, None, {"Location": "https://elsewhere/"}), CONFIG, "check token_url"),
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


class Create(Case):
    def test_created(self):
        result = self.create(Reply(201, user(), {"ININ-Correlation-Id": "c-1", "inin-ratelimit-allowed": "300",
                                                 "inin-ratelimit-count": "7", "inin-ratelimit-reset": "4"}))
        request = self.server.requests[0]
        self.assertEqual((request.method, request.path), ("POST", BASE + "/users"))
        self.assertEqual(request.headers["content-type"], "application/scim+json")
        self.assertEqual(request.json, {"userName": "a@example.com", "displayName": "A", "active": True})
        self.assertEqual((result["result"], result["account"], result["version"], result["flags"], result["correlation"]),
                         ("OK", "u1", "3", 1, "c-1"))
        self.assertEqual(result["answer"]["observed"],
                         [{"kind": CREATE, "status": 201, "throttled": 0, "allowed": 300, "used": 7, "reset_ms": 4000,
                           "retry_after_ms": -1}])

    def test_revived(self):
        self.assertEqual(self.create(Reply(200, user()))["flags"], 2)
        self.assertEqual(self.create(Reply(201, user(meta={"version": "56"})))["flags"], 2)

    def test_classes(self):
        for answer, wanted in (
                (scim_error(409, "User name already in use by non-deleted user"), "COLLISION"),
                (scim_error(409, "x", "uniqueness"), "COLLISION"), (error_body(409, "Conflict"), "COLLISION"),
                (scim_error(400, "x", "uniqueness"), "COLLISION"),
                (scim_error(409, "phone number already in use", "uniqueness"), "ENTRY"),
                (scim_error(400, "bad", "invalidValue"), "ENTRY"), (error_body(400), "ENTRY"), (scim_error(413), "ENTRY"),
                (scim_error(422), "ENTRY"), (error_body(403, "missing", "missing.permissions"), "FORBIDDEN"),
                (scim_error(404), "CONFIG"), (Reply(404, "<h1>Not here</h1>", kind="text/html"), "CONFIG"),
                (scim_error(405), "CONFIG"), (Reply(406), "CONFIG"), (error_body(415), "CONFIG"), (Reply(501), "CONFIG"),
                (Reply(302, None, {"Location": "https://login.example/"}), "CONFIG"),
                (error_body(429), "BUDGET"), (error_body(408), "UNKNOWN"), (error_body(500), "UNKNOWN"),
                (Reply(503, "<html><body>Service <b>Unavailable</b>", kind="text/html"), "UNKNOWN"),
                (Reply(504), "UNKNOWN"), (RESET, "UNKNOWN"), (b"HTTP/1.1 201 Created\r\nContent-Length: 50\r\n\r\n{", "UNKNOWN"),
                (b"nonsense\r\n\r\n", "UNKNOWN")):
            with self.subTest(wanted=wanted, answer=getattr(answer, "status", answer)):
                result = self.create(answer)
                self.assertEqual(result["result"], wanted, result)
                self.assertTrue(result["message"])
                self.assertEqual(len(self.server.requests), 1)

    def test_conflict_names_the_attribute(self):
        self.assertEqual(self.create(scim_error(409, "x", "uniqueness"))["conflict"], "userName")
        self.assertEqual(self.create(scim_error(409, "externalId is taken", "uniqueness"))["conflict"], "externalId")

    def test_words_of_both_shapes_and_of_none(self):
        result = self.create(scim_error(400, "bad \x1b[31mnumber", "invalidValue", **{"ININ-Correlation-Id": "c-9"}))
        self.assertIn("HTTP 400 (invalidValue): bad [31mnumber [correlation id c-9]", result["message"])
        self.assertEqual(result["correlation"], "c-9")
        result = self.create(error_body(400, "no such division", "invalid.value"))
        self.assertIn("HTTP 400 (invalid.value): no such division [correlation id ctx-1]", result["message"])
        self.assertEqual(result["correlation"], "ctx-1")
        result = self.create(Reply(503, "<html><style>b{}</style><h1>Down</h1> for\n\nnow</html>", kind="text/html"))
        self.assertIn('not JSON but "b{} Down for now"'.replace("b{} ", ""), result["message"])
        self.assertIn("the answer is empty", self.create(Reply(500))["message"])

    def test_429_tells_the_wait(self):
        soon = email.utils.formatdate(time.time() + 30, usegmt=True)
        for headers, low, high in (({"Retry-After": "3"}, 3000, 3000), ({"Retry-After": soon}, 27000, 30000)):
            result = self.create(error_body(429, headers=headers))
            self.assertTrue(low <= result["retry_after"] <= high, result)
            seen = result["answer"]["observed"][0]
            self.assertEqual((seen["throttled"], seen["status"]), (1, 429))
            self.assertTrue(low <= seen["retry_after_ms"] <= high)
        result = self.create(error_body(429, "Rate limit exceeded the maximum. Retry the request in [12] seconds"))
        self.assertEqual(result["retry_after"], 12000)
        self.assertEqual(result["answer"]["observed"][0]["retry_after_ms"], 12000)

    def test_without_an_id_in_the_answer(self):
        def answer(request):
            if request.method == "POST":
                return Reply(201, None, {"Location": BASE + "/users/u%401"})
            return Reply(200, user(id="u@1"))
        result = self.create(answer)
        self.assertEqual((result["result"], result["account"]), ("OK", "u@1"))
        self.assertEqual(self.server.requests[1].target, BASE + "/users/u%401")
        for listed, wanted in (([user(id="u9", userName="A@EXAMPLE.com")], "OK"),
                               ([user(id="u9", userName="other@example.com")], "UNKNOWN"),
                               ([user(), user(id="u2")], "UNKNOWN"), ([], "UNKNOWN")):
            def search(request):
                if request.method == "POST":
                    return Reply(201, "<html>ok</html>", kind="text/html")
                return page(*listed) if request.query else Reply(200, user(id="u9"))
            self.assertEqual(self.create(search)["result"], wanted)

    def test_what_was_not_taken(self):
        document = {"title": "T", "roles": [{"value": "agent"}, {"value": "no such"}],
                    "phoneNumbers": [{"type": "work", "value": "+15550100"}], ENTERPRISE: {"division": "Nowhere"}}
        kept = user(title="T", roles=[{"value": "agent"}, {"value": "employee"}],
                    phoneNumbers=[{"type": "work", "value": "+15550199"}], **{ENTERPRISE: {"division": "Home"}})
        def answer(request):
            return Reply(201 if request.method == "POST" else 200, kept)
        result = self.create(answer, **document)
        self.assertEqual(result["result"], "NOT_TAKEN")
        self.assertEqual(sorted(result["not_taken"]),
                         ['phoneNumbers[type eq "work"].value', "roles", ENTERPRISE + ":division"])
        self.assertEqual((result["account"], len(self.server.requests)), ("u1", 2))

    def test_a_sparse_answer_is_read_again(self):
        def answer(request):
            return Reply(201, {"id": "u1"}) if request.method == "POST" else Reply(200, user(), {"ETag": '"4"'})
        self.assertEqual(self.create(answer)["result"], "OK")
        self.assertEqual([r.method for r in self.server.requests], ["POST", "GET"])

    def test_the_services_own_writing_is_no_difference(self):
        document = {"userName": "A@Example.com", "schemas": ["x"], "password": "p", "emails": [
            {"type": "work", "value": "W@x.org", "primary": True}, {"type": "other", "value": "o@x.org"}],
            "phoneNumbers": [{"type": "work", "value": "+1 555-0100;ext=12"}, {"type": "mobile", "value": "+15550101"}],
            ENTERPRISE: {"dateHire": "2024-05-06T00:00:00Z", "manager": {"value": "m1"}}, "title": " T "}
        kept = user(title="T", emails=[{"type": "other", "value": "a@example.com", "primary": True},
                                       {"type": "work", "value": "w@x.org"}],
                    phoneNumbers=[{"type": "work", "value": "tel:+15550100;ext=12"},
                                  {"type": "mobile", "value": "tel:+15550101"}],
                    **{ENTERPRISE: {"dateHire": "2024-05-06", "manager": {"value": "m1", "$ref": "x"}}})
        result = self.create(Reply(201, kept), **document)
        self.assertEqual(result["result"], "OK", result)
        self.assertEqual(len(self.server.requests), 1)

    def test_no_answer_in_time_may_have_been_applied(self):
        self.start(timeout="300")
        began = time.time()
        result = self.create(SILENT)
        self.assertEqual((result["result"], result["status"]), ("UNKNOWN", 0))
        self.assertLess(time.time() - began, 3)

    def test_a_write_is_never_sent_twice_on_a_dead_connection(self):
        self.assertEqual(self.create(Reply(201, user()))["result"], "OK")
        self.assertEqual(self.create(RESET)["result"], "UNKNOWN")
        self.assertEqual(len(self.server.requests), 1)

    def test_an_answer_too_large_is_cut_and_said(self):
        result = self.create(Reply(201, b"{" + b" " * 3000000 + b"}"))
        self.assertEqual(result["result"], "UNKNOWN")
        self.assertIn("larger than we take", result["message"])

    def test_a_document_too_large_is_the_entrys_failure(self):
        result = self.create(Reply(201, user()), title="x" * 5000000)
        self.assertEqual(result["result"], "ENTRY")
        self.assertEqual(self.server.requests, [])

    def test_one_connection_for_all_requests(self):
        for _ in range(5):
            self.create(Reply(201, user()))
        self.assertEqual(self.server.connections, 1)

    def test_refused_connection_was_not_applied(self):
        self.start()
        self.server.__exit__()
        self.server.answer = lambda request: RESET
        self.sink.create(userName="a@example.com")
        result = self.sink.create(userName="a@example.com")
        self.assertEqual((result["result"], result["status"]), ("SINK", 0), result)

    def test_cancelled(self):
        self.start(SILENT)
        self.sink("cancel", ms=300)
        began = time.time()
        result = self.create(SILENT)
        self.assertEqual(result["result"], "UNKNOWN")
        self.assertLess(time.time() - began, 1.5)
        result = self.create(SILENT)
        self.assertEqual((result["result"], self.server.requests), ("CANCELLED", []))


class Update(Case):
    def test_operations_go_as_they_are(self):
        kept = user(title="T", emails=[{"type": "work", "value": "w@x.org"}], **{ENTERPRISE: {"department": "D\"q"}})
        result = self.update(Reply(200, kept), ("replace", "title", "T"), ("replace", 'emails[type eq "work"].value', "w@x.org"),
                             ("add", ENTERPRISE + ":department", "D\"q"), ("remove", "externalId"), version="3")
        self.assertEqual((result["result"], result["version"], result["flags"]), ("OK", "3", 0))
        request = self.server.requests[0]
        self.assertEqual((request.method, request.path, request.headers["if-match"]), ("PATCH", BASE + "/users/u1", '"3"'))
        self.assertEqual(request.json, {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [
                {"op": "replace", "path": "title", "value": "T"},
                {"op": "replace", "path": 'emails[type eq "work"].value', "value": "w@x.org"},
                {"op": "add", "path": ENTERPRISE + ":department", "value": "D\"q"},
                {"op": "remove", "path": "externalId"}]})

    def test_entity_tags_go_back_as_they_came(self):
        for version, sent in (('W/"a"', 'W/"a"'), ('"b"', '"b"'), ("5", '"5"')):
            self.update(Reply(200, user(title="T")), version=version)
            self.assertEqual(self.server.requests[0].headers["if-match"], sent)
        self.update(Reply(200, user(title="T")))
        self.assertNotIn("if-match", self.server.requests[0].headers)

    def test_version_from_the_etag(self):
        kept = user(title="T")
        del kept["meta"]
        self.assertEqual(self.update(Reply(200, kept, {"ETag": 'W/"9"'}))["version"], 'W/"9"')

    def test_id_with_any_character(self):
        self.start(lambda request: Reply(200, user(id="a/b@c%?ü", title="T")))
        result = self.sink.update("a/b@c%?ü", ("replace", "title", "T"))
        self.assertEqual(result["result"], "OK")
        self.assertEqual(self.server.requests[0].target, BASE + "/users/a%2Fb%40c%25%3F%C3%BC")

    def test_classes(self):
        rename = ("replace", "userName", "b@example.com")
        title = ("replace", "title", "T")
        for answer, op, wanted in (
                (scim_error(409, "Version does not match current version"), title, "RACE"),
                (scim_error(400, "x", "invalidVers"), title, "RACE"), (scim_error(412), title, "RACE"),
                (scim_error(409, "x"), title, "RACE"), (scim_error(409, "x"), rename, "COLLISION"),
                (scim_error(409, "x", "uniqueness"), title, "COLLISION"), (scim_error(400, "x", "noTarget"), title, "ENTRY"),
                (error_body(403), title, "FORBIDDEN"), (error_body(500), title, "SINK"), (Reply(503), title, "SINK"),
                (error_body(408), title, "SINK"), (error_body(429), title, "BUDGET"), (RESET, title, "UNKNOWN"),
                (Reply(404, "<h1>gone</h1>", kind="text/html"), title, "CONFIG"), (Reply(501), title, "CONFIG")):
            with self.subTest(wanted=wanted, answer=getattr(answer, "status", answer)):
                result = self.update(answer, op)
                self.assertEqual(result["result"], wanted, result)
                self.assertEqual(len(self.server.requests), 1)

    def test_404_is_confirmed_by_a_read(self):
        self.assertEqual(self.update(scim_error(404))["result"], "LINK")
        self.assertEqual([r.method for r in self.server.requests], ["PATCH", "GET"])
        def there(request):
            return scim_error(404) if request.method == "PATCH" else Reply(200, user())
        self.assertEqual(self.update(there)["result"], "RACE")
        def gone(request):
            return page(total=5) if request.query else error_body(404, "not found", "not.found")
        self.assertEqual(self.update(gone)["result"], "LINK")
        self.assertEqual(self.update(error_body(404, "no route", "not.found"))["result"], "CONFIG")
        def ill(request):
            return scim_error(404) if request.method == "PATCH" else Reply(503)
        self.assertEqual(self.update(ill)["result"], "SINK")

    def test_200_without_the_change(self):
        result = self.update(Reply(200, user(title="old")))
        self.assertEqual((result["result"], result["not_taken"]), ("NOT_TAKEN", ["title"]))
        self.assertEqual([r.method for r in self.server.requests], ["PATCH", "GET"])

    def test_204_is_read_back(self):
        def answer(title):
            return lambda request: Reply(204) if request.method == "PATCH" else Reply(200, user(title=title))
        self.assertEqual(self.update(answer("T"))["result"], "OK")
        self.assertEqual(self.update(answer("old"))["result"], "NOT_TAKEN")
        def blind(request):
            return Reply(204) if request.method == "PATCH" else Reply(503)
        self.assertEqual(self.update(blind)["result"], "UNKNOWN")

    def test_html_instead_of_the_account_is_read_back(self):
        def answer(request):
            return Reply(200, "<html>", kind="text/html") if request.method == "PATCH" else Reply(200, user(title="T"))
        self.assertEqual(self.update(answer)["result"], "OK")

    def test_removals_and_lists_are_looked_at(self):
        kept = user(title="T", emails=[{"type": "work", "value": "w"}, {"type": "other", "value": "o"}],
                    roles=[{"value": "a"}, {"value": "b"}])
        for op, taken in ((("remove", "title"), False), (("remove", "externalId"), True),
                          (("remove", 'emails[type eq "work"]'), False), (("remove", 'emails[type eq "home"]'), True),
                          (("remove", 'emails[type eq "work"].value'), False), (("remove", 'emails[type eq "other"]'), True),
                          (("replace", "roles", [{"value": "a"}]), False), (("add", "roles", [{"value": "a"}]), True),
                          (("add", "roles", [{"value": "c"}]), False), (("add", "roles", {"value": "b"}), True),
                          (("replace", "roles", [{"value": "b"}, {"value": "a"}]), True),
                          (("replace", 'emails[type eq "work"].value', "W"), True),
                          (("add", "emails", [{"type": "work", "value": "x"}]), False),
                          (("replace", ENTERPRISE + ":department", "D"), False),
                          (("replace", None, {"title": "T", "active": False}), False)):
            with self.subTest(op=op):
                result = self.update(Reply(200, kept), op)
                self.assertEqual(result["result"], "OK" if taken else "NOT_TAKEN", result)

    def test_nothing_to_do_sends_nothing(self):
        self.start()
        result = self.sink.apply(kind="update", entry="e", account="u1", operations=[])
        self.assertEqual((result["result"], self.server.requests), ("OK", []))


class Delete(Case):
    def remove(self, answer):
        if self.sink is None:
            self.start()
        self.server.requests.clear()
        self.server.answer = answer if callable(answer) else lambda request: answer
        return self.sink.delete("u1")

    def test_classes(self):
        for answer, wanted in ((Reply(204), "OK"), (Reply(200, {}), "OK"), (scim_error(404), "OK"), (Reply(410, {}), "CONFIG"),
                               (Reply(404, "no page", kind="text/plain"), "CONFIG"), (error_body(403), "FORBIDDEN"),
                               (error_body(429), "BUDGET"), (error_body(500), "SINK"), (RESET, "UNKNOWN")):
            with self.subTest(wanted=wanted):
                self.assertEqual(self.remove(answer)["result"], wanted)

    def test_500_and_gone_is_done(self):
        def answer(request):
            return error_body(500) if request.method == "DELETE" else scim_error(404)
        self.assertEqual(self.remove(answer)["result"], "OK")

    def test_404_in_the_platforms_words(self):
        def answer(request):
            return page(total=1) if request.query else error_body(404, "x", "not.found")
        self.assertEqual(self.remove(answer)["result"], "OK")


class Batch(Case):
    def changes(self, n):
        return [{"kind": "create", "entry": str(i), "document": {"userName": "u%d@example.com" % i}} for i in range(n)]

    def results(self, answer, n=3):
        self.start(answer)
        return [r["result"] for r in self.sink("apply", changes=self.changes(n))["results"]]

    def test_one_bad_entry_does_not_stop_the_others(self):
        def answer(request):
            name = request.json["userName"]
            return scim_error(400) if name.startswith("u1@") else Reply(201, user(userName=name))
        self.assertEqual(self.results(answer), ["OK", "ENTRY", "OK"])

    def test_what_concerns_all_stops_the_batch(self):
        self.assertEqual(self.results(error_body(401)), ["AUTH"] * 3)
        self.assertEqual(len(self.server.requests), 2)


class Find(Case):
    def test_escaped_and_verified(self):
        name = 'o"b\\rien&=ü@example.com'
        self.start(lambda request: page(user(userName=name.upper().replace("Ü", "ü")), user(id="u2", userName="x@example.com")))
        found = self.sink("find", attribute="userName", value=name, attributes=["externalId"])
        self.assertEqual([d["id"] for d in found["documents"]], ["u1"])
        asked = query(self.server.requests[0])
        self.assertEqual(asked["filter"], 'userName eq "o\\"b\\\\rien&=ü@example.com"')
        self.assertIn("externalId", asked["attributes"].split(","))
        self.assertIn("another value", found["logs"][0]["message"])

    def test_external_id_is_exact(self):
        self.start(page(user(externalId="Abc"), user(id="u2", externalId="abc"), user(id="u3")))
        self.assertEqual([d["id"] for d in self.sink("find", attribute="externalId", value="abc")["documents"]], ["u2"])

    def test_nobody(self):
        for answer in (page(), Reply(200, {"totalResults": 0})):
            self.start(answer)
            found = self.sink("find", attribute="userName", value="a")
            self.assertEqual((found["rc"], found["documents"]), (0, []))
            self.sink.close()
            self.sink = None

    def test_failures(self):
        for answer, value, rc in ((scim_error(400, "x", "invalidFilter"), "a", PROTOCOL), (Reply(500), 'a"b', PROTOCOL),
                                  (Reply(500), "a", UNREACHABLE), (error_body(429), "a", BUDGET), (error_body(403), "a", FORBIDDEN),
                                  (Reply(404, "x"), "a", CONFIG), (scim_error(404), "a", CONFIG), (RESET, "a", UNREACHABLE),
                                  (Reply(200, "<html>", kind="text/html"), "a", UNREACHABLE), (Reply(200, {}), "a", UNREACHABLE),
                                  (Reply(200, b'{"Resources":[}'), "a", UNREACHABLE), (Reply(401), "a", AUTH)):
            if self.sink is None:
                self.start()
            self.server.answer = lambda request, answer=answer: answer
            found = self.sink("find", attribute="userName", value=value)
            with self.subTest(rc=rc, status=getattr(answer, "status", "reset")):
                self.assertEqual(found["rc"], rc, found)
                self.assertEqual(found["failures"], 1)
                self.assertNotIn("documents", found)

    def test_unsupported(self):
        self.start()
        self.assertEqual(self.sink("find", attribute="title", value="x")["rc"], UNSUPPORTED)
        self.assertEqual(self.sink("find", attribute="userName", value="x", type="Group")["rc"], UNSUPPORTED)

    def test_read(self):
        self.start(Reply(200, user(id="a/b")))
        self.assertEqual(self.sink("read", id="a/b", attributes=["title"])["documents"]["id"], "a/b")
        self.assertEqual(self.server.requests[0].path, BASE + "/users/a%2Fb")
        self.assertEqual(self.sink("read", id="another")["rc"], PROTOCOL)
        self.server.answer = lambda request: scim_error(404)
        self.assertEqual(self.sink("read", id="a")["rc"], NOT_FOUND)
        self.server.answer = lambda request: Reply(404, "<p>no", kind="text/html")
        self.assertEqual(self.sink("read", id="a")["rc"], CONFIG)


class Listing(Case):
    def all(self, limit=50, **arguments):
        seen, position = [], None
        for _ in range(limit):
            answer = self.sink("list", **dict(arguments, **({"position": position} if position else {})))
            self.assertEqual(answer["rc"], OK, answer)
            seen += [d["id"] for d in answer["documents"]]
            position = answer.get("position")
            if position is None:
                return seen
        self.fail("the list never ends")

    def serve(self, active, inactive, cap=100, total=None, start_ignored=False, wrap=False, filter_ignored=False):
        def answer(request):
            asked = query(request)
            people = inactive if "filter" in asked and not filter_ignored else active
            start = 1 if start_ignored else int(asked.get("startIndex", 1))
            count = min(int(asked.get("count", 25)), cap)
            if wrap and people:
                chosen = [people[(start - 1 + i) % len(people)] for i in range(count)]
            else:
                chosen = people[start - 1:start - 1 + count]
            return page(*chosen, total=len(people) if total is None else total(chosen), start=start)
        self.start(answer)

    people = [user(id="a%d" % i, userName="a%d@x.org" % i) for i in range(60)]
    away = [user(id="i%d" % i, active=False) for i in range(7)]
    wanted = ["a%d" % i for i in range(60)] + ["i%d" % i for i in range(7)]

    def test_active_then_inactive(self):
        self.serve(self.people, self.away)
        self.assertEqual(self.all(), self.wanted)
        asked = [query(r) for r in self.server.requests]
        self.assertEqual([(a.get("filter"), a["startIndex"], a["count"]) for a in asked],
                         [(None, "1", "100"), (None, "61", "100"), ("active eq false", "1", "100"), ("active eq false", "8", "100")])
        self.assertNotIn("externalId", asked[0]["attributes"])

    def test_advances_by_what_was_returned(self):
        self.serve(self.people, self.away, cap=7)
        self.assertEqual(self.all(), self.wanted)

    def test_costly_attributes_make_small_pages(self):
        self.serve(self.people, self.away)
        self.assertEqual(self.all(attributes=["externalId"]), self.wanted)
        self.assertTrue(all(query(r)["count"] == "25" for r in self.server.requests))
        self.assertIn("externalId", query(self.server.requests[0])["attributes"].split(","))

    def test_total_of_the_page_only(self):
        self.serve(self.people, self.away, cap=20, total=len)
        self.assertEqual(self.all(), self.wanted)

    def test_start_index_ignored(self):
        self.serve(self.people[:10], self.away, start_ignored=True)
        self.assertEqual(self.all(), self.wanted[:10] + self.wanted[60:])

    def test_wraps_around(self):
        self.serve(self.people, self.away, cap=25, wrap=True)
        self.assertEqual(self.all(), self.wanted)

    def test_last_page_for_ever(self):
        def answer(request):
            asked = query(request)
            people = self.away if "filter" in asked else self.people
            start = min(int(asked["startIndex"]), max(len(people) - 19, 1))
            return page(*people[start - 1:start + 19], total=1000)
        self.start(answer)
        self.assertEqual(self.all(), self.wanted)

    def test_filter_ignored_shows_nobody_twice(self):
        everybody = self.people + self.away
        self.serve(everybody, [], filter_ignored=True)
        self.assertEqual(self.all(), self.wanted)

    def test_counting(self):
        self.serve(self.people, self.away)
        counted = self.sink("list", count_only=True)
        self.assertEqual((counted["rc"], counted["total"]), (OK, 67))
        self.assertEqual(counted["permits"], [LIST, LIST])
        self.assertTrue(all(query(r)["count"] == "0" for r in self.server.requests))

    def test_429_on_a_large_page_asks_for_less(self):
        def answer(request):
            return error_body(429) if int(query(request)["count"]) > 25 else page()
        self.start(answer)
        self.assertEqual(self.sink("list")["rc"], BUDGET)
        self.assertEqual(self.sink("list")["rc"], OK)

    def test_failures(self):
        self.start()
        for answer, rc in ((scim_error(404), CONFIG), (Reply(503), UNREACHABLE), (Reply(200, "hello"), UNREACHABLE),
                           (Reply(200, b"{" + b" " * 9000000 + b"}"), LIMIT), (scim_error(501), CONFIG)):
            self.server.answer = lambda request, answer=answer: answer
            for arguments in ({}, {"count_only": True}):
                listed = self.sink("list", **arguments)
                self.assertEqual((listed["rc"], listed["failures"]), (rc, 1), listed)
                self.assertNotIn("documents", listed)
        self.assertEqual(self.sink("list", position="a:x")["rc"], -12)


class Schema(Case):
    core = {"id": "urn:ietf:params:scim:schemas:core:2.0:User", "attributes": [{"name": "userName"}]}

    def test_told_by_the_service(self):
        self.start(page(self.core, {"id": "urn:ietf:params:scim:schemas:core:2.0:Group", "attributes": [{"name": "x"}]},
                        {"id": ENTERPRISE, "attributes": [{"name": "division"}]}))
        told = self.sink("schema")
        self.assertEqual([d["id"] for d in told["documents"]], [self.core["id"], ENTERPRISE])
        self.assertEqual(self.server.requests[0].path, BASE + "/schemas")

    def test_documented_one_where_it_refuses(self):
        self.start()
        for answer in (error_body(403), scim_error(404), page(), Reply(200, "<html>", kind="text/html")):
            self.server.answer = lambda request, answer=answer: answer
            told = self.sink("schema")
            self.assertEqual(told["rc"], OK)
            names = {a["name"] for d in told["documents"] for a in d["attributes"]}
            self.assertTrue({"userName", "displayName", "externalId", "division", "routingSkills"} <= names)
            self.assertNotIn("name", names)
            self.assertIn("documented", told["logs"][0]["message"])

    def test_not_where_every_request_fails(self):
        self.start(Reply(503))
        self.assertEqual(self.sink("schema")["rc"], UNREACHABLE)

    def test_describe(self):
        self.start()
        told = self.sink("describe")["documents"]
        self.assertEqual(told["identity"]["sink"], self.server.url + BASE)
        self.assertEqual((told["user_name"], told["find"], told["revival"]), ("email", ["userName", "externalId"], True))
        self.assertEqual(len(told["warnings"]), 1)


class Configuration(unittest.TestCase):
    def refused(self, stage="create", environment=None, **options):
        with Driver(options, environment) as sink:
            self.assertEqual((sink.ready["stage"], sink.ready["rc"], sink.ready["failures"]), (stage, CONFIG, 1), sink.ready)
            return sink.ready["message"]

    def test_refusals(self):
        self.assertIn("not encrypted", self.refused(base_url="http://api.example.com"))
        self.assertIn("not encrypted", self.refused(token_url="http://login.example.com/oauth/token"))
        self.assertIn("eu-west-1", self.refused(region="eu-west-9"))
        self.assertIn("set only one", self.refused(region="eu-west-1", base_url="https://api.example.com"))
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
            environment = {"GENESYS_BASE_URL": server.url + "/gate/", "GENESYS_CLIENT_ID": "env-client",
                           "GENESYS_CLIENT_SECRET": "env-s3cret"}
            with Driver({"client_id": None, "client_secret": None, "scim_path": "/scim/v2/"}, environment) as sink:
                self.assertEqual(sink.ready["stage"], "ready")
                server.answer = lambda request: Reply(200, user())
                sink("read", id="u1")
            self.assertEqual(server.tokens[0].path, "/gate/oauth/token")
            self.assertEqual(server.requests[0].path, "/gate/scim/v2/users/u1")
            self.assertEqual(base64.b64decode(server.tokens[0].headers["authorization"][6:]), b"env-client:env-s3cret")


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
        for pair, ca in ((self.good, self.other.cert), (self.good, None), (self.elsewhere, self.ca.cert),
                         (self.expired, self.ca.cert)):
            ready = self.ready(pair, ca)
            self.assertEqual((ready["stage"], ready["rc"]), ("open", CONFIG), ready)
            self.assertIn("tls.ca_file", ready["message"])

    def test_lowest_version(self):
        old = self.ready(self.good, self.ca.cert, ssl.TLSVersion.TLSv1_2, **{"tls.min_version": "1.3"})
        self.assertEqual((old["stage"], old["rc"]), ("open", UNREACHABLE), old)
        self.assertEqual(self.ready(self.good, self.ca.cert, ssl.TLSVersion.TLSv1_2)["stage"], "ready")


if __name__ == "__main__":
    tap.main()

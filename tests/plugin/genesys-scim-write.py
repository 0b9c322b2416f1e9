"""The Genesys Cloud sink's writes against a server that says anything: every class of failure,
both error shapes, the faults of the wire. The service's own rules: genesys-scim.py."""
import email.utils
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap
from scimcase import *


class Create(Case):
    def test_created(self):
        result = self.create(Reply(201, user(), {"ININ-Correlation-Id": "c-1",
                                                 "inin-ratelimit-allowed": "300",
                                                 "inin-ratelimit-count": "7",
                                                 "inin-ratelimit-reset": "4"}))
        request = self.server.requests[0]
        self.assertEqual((request.method, request.path), ("POST", BASE + "/users"))
        self.assertEqual(request.headers["content-type"], "application/scim+json")
        self.assertEqual(request.json, {"schemas": [CORE], "userName": "a@example.com",
                                        "displayName": "A", "active": True})
        self.assertEqual((result["result"], result["account"], result["version"], result["flags"],
                          result["correlation"]),
                         ("OK", "u1", "3", 1, "c-1"))
        self.assertEqual(result["answer"]["observed"],
                         [{"kind": CREATE, "status": 201, "throttled": 0, "allowed": 300, "used": 7,
                           "reset_ms": 4000,
                           "retry_after_ms": -1}])

    def test_the_schemas_that_fit(self):
        more = {ENTERPRISE: {"department": "D"}}
        self.create(Reply(201, user(**more)), schemas=["urn:unfit"], **more)
        self.assertEqual(self.server.requests[0].json["schemas"], [CORE, ENTERPRISE])
        self.assertEqual(self.server.requests[0].json[ENTERPRISE], {"department": "D"})

    def test_revived(self):
        self.assertEqual(self.create(Reply(200, user()))["flags"], 2)
        self.assertEqual(self.create(Reply(201, user(meta={"version": "56"})))["flags"], 2)

    def test_classes(self):
        for answer, wanted in (
                (scim_error(409, "User name already in use by non-deleted user"), "COLLISION"),
                (scim_error(409, "x", "uniqueness"), "COLLISION"), (error_body(409, "Conflict"),
                    "COLLISION"),
                (scim_error(400, "x", "uniqueness"), "COLLISION"),
                (scim_error(409, "phone number already in use", "uniqueness"), "ENTRY"),
                (scim_error(400, "bad", "invalidValue"), "ENTRY"), (error_body(400), "ENTRY"),
            (scim_error(413), "ENTRY"),
                (scim_error(422), "ENTRY"), (error_body(403, "missing", "missing.permissions"),
                                             "FORBIDDEN"),
                (scim_error(404), "CONFIG"), (Reply(404, "<h1>Not here</h1>", kind="text/html"),
                                              "CONFIG"),
                (scim_error(405), "CONFIG"), (Reply(406), "CONFIG"), (error_body(415), "CONFIG"),
            (Reply(501), "CONFIG"),
                (Reply(302, None, {"Location": "https://login.example/"}), "CONFIG"),
                (error_body(429), "BUDGET"), (error_body(408), "UNKNOWN"), (error_body(500),
                    "UNKNOWN"),
                (Reply(503, "<html><body>Service <b>Unavailable</b>", kind="text/html"), "UNKNOWN"),
                (Reply(504), "UNKNOWN"), (RESET, "UNKNOWN"),
            (b"HTTP/1.1 201 Created\r\nContent-Length: 50\r\n\r\n{", "UNKNOWN"),
                (b"nonsense\r\n\r\n", "UNKNOWN")):
            with self.subTest(wanted=wanted, answer=getattr(answer, "status", answer)):
                result = self.create(answer)
                self.assertEqual(result["result"], wanted, result)
                self.assertTrue(result["message"])
                self.assertEqual(len(self.server.requests), 1)

    def test_G7_half_of_the_headers_is_no_answer_whatever_its_status(self):
        for answer in HALF_HEADS:
            with self.subTest(answer=answer):
                for result in (self.create(answer), self.update(answer), self.delete(answer)):
                    self.assertEqual((result["result"], result["status"]), ("UNKNOWN", 0), result)
                    self.assertIn("in the middle of the answer's headers", result["message"])
                    self.assertEqual(len(self.server.requests), 1)

    def test_conflict_names_the_attribute(self):
        self.assertEqual(self.create(scim_error(409, "x", "uniqueness"))["conflict"], "userName")
        self.assertEqual(self.create(scim_error(409, "externalId is taken",
                                                "uniqueness"))["conflict"], "externalId")

    def test_words_of_both_shapes_and_of_none(self):
        result = self.create(scim_error(400, "bad \x1b[31mnumber", "invalidValue",
                                        **{"ININ-Correlation-Id": "c-9"}))
        self.assertIn("HTTP 400 (invalidValue): bad [31mnumber [correlation id c-9]",
                      result["message"])
        self.assertEqual(result["correlation"], "c-9")
        result = self.create(error_body(400, "no such division", "invalid.value"))
        self.assertIn("HTTP 400 (invalid.value): no such division [correlation id ctx-1]",
                      result["message"])
        self.assertEqual(result["correlation"], "ctx-1")
        result = self.create(Reply(503, "<html><style>b{}</style><h1>Down</h1> for\n\nnow</html>",
                                   kind="text/html"))
        self.assertIn('not JSON but "b{} Down for now"'.replace("b{} ", ""), result["message"])
        self.assertIn("the answer is empty", self.create(Reply(500))["message"])

    def test_429_tells_the_wait(self):
        soon = email.utils.formatdate(time.time() + 30, usegmt=True)
        for headers, low, high in (({"Retry-After": "3"}, 3000, 3000), ({"Retry-After": soon},
            27000, 30000)):
            result = self.create(error_body(429, headers=headers))
            self.assertTrue(low <= result["retry_after"] <= high, result)
            seen = result["answer"]["observed"][0]
            self.assertEqual((seen["throttled"], seen["status"]), (1, 429))
            self.assertTrue(low <= seen["retry_after_ms"] <= high)
        late = {"Date": "Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After": "Sun, 06 Nov 1994 08:49:44 GMT"}
        self.assertEqual(self.create(error_body(429, headers=late))["retry_after"], 7000, "by its own clock")
        words = "Rate limit exceeded the maximum. Retry the request in [12] seconds"
        result = self.create(error_body(429, words))
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
                    "phoneNumbers": [{"type": "work", "value": "+15550100"}],
                    ENTERPRISE: {"division": "Nowhere"}}
        kept = user(title="T", roles=[{"value": "agent"}, {"value": "employee"}],
                    phoneNumbers=[{"type": "work", "value": "+15550199"}],
                    **{ENTERPRISE: {"division": "Home"}})
        def answer(request):
            return Reply(201 if request.method == "POST" else 200, kept)
        result = self.create(answer, **document)
        self.assertEqual(result["result"], "NOT_TAKEN")
        self.assertEqual(sorted(result["not_taken"]),
                         ['phoneNumbers[type eq "work"].value', "roles", ENTERPRISE + ":division"])
        self.assertEqual((result["account"], len(self.server.requests)), ("u1", 2))

    def test_a_sparse_answer_is_read_again(self):
        def answer(request):
            return Reply(201, {"id": "u1"}) if request.method == "POST" else Reply(200, user(),
                {"ETag": '"4"'})
        self.assertEqual(self.create(answer)["result"], "OK")
        self.assertEqual([r.method for r in self.server.requests], ["POST", "GET"])

    def test_the_services_own_writing_is_no_difference(self):
        document = {"userName": "A@Example.com", "schemas": ["x"], "password": "p", "emails": [
            {"type": "work", "value": "W@x.org", "primary": True}, {"type": "other",
                "value": "o@x.org"}],
            "phoneNumbers": [{"type": "work", "value": "+1 555-0100;ext=12"}, {"type": "mobile",
                "value": "+15550101"}],
            ENTERPRISE: {"dateHire": "2024-05-06T00:00:00Z", "manager": {"value": "m1"}},
                    "title": " T "}
        kept = user(title="T", emails=[{"type": "other", "value": "a@example.com", "primary": True},
                                       {"type": "work", "value": "w@x.org"}],
                    phoneNumbers=[{"type": "work", "value": "tel:+15550100;ext=12"},
                                  {"type": "mobile", "value": "tel:+15550101"}],
                    **{ENTERPRISE: {"dateHire": "2024-05-06", "manager": {"value": "m1",
                        "$ref": "x"}}})
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
        for _ in range(2):  # the kept connection, and one that the closing listener may still take
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
        kept = user(title="T", emails=[{"type": "work", "value": "w@x.org"}],
                    **{ENTERPRISE: {"department": "D\"q"}})
        result = self.update(Reply(200, kept), ("replace", "title", "T"),
                             ("replace", 'emails[type eq "work"].value', "w@x.org"),
                             ("add", ENTERPRISE + ":department", "D\"q"), ("remove", "externalId"),
                             version="3")
        self.assertEqual((result["result"], result["version"], result["flags"]), ("OK", "3", 0))
        request = self.server.requests[0]
        self.assertEqual((request.method, request.path, request.headers["if-match"]),
                         ("PATCH", BASE + "/users/u1", '"3"'))
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
                (scim_error(400, "x", "invalidVers"), title, "RACE"), (scim_error(412), title,
                    "RACE"),
                (scim_error(409, "x"), title, "RACE"), (scim_error(409, "x"), rename, "COLLISION"),
                (scim_error(409, "x", "uniqueness"), title, "COLLISION"),
            (scim_error(400, "x", "noTarget"), title, "RACE"),
                (error_body(403), title, "FORBIDDEN"), (error_body(500), title, "UNKNOWN"),
            (Reply(503), title, "UNKNOWN"),
                (error_body(408), title, "UNKNOWN"), (error_body(429), title, "BUDGET"), (RESET, title,
                    "UNKNOWN"),
                (Reply(404, "<h1>gone</h1>", kind="text/html"), title, "CONFIG"), (Reply(501),
                    title, "CONFIG")):
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
            return lambda request: Reply(204) if request.method == "PATCH" else Reply(200,
                user(title=title))
        self.assertEqual(self.update(answer("T"))["result"], "OK")
        self.assertEqual(self.update(answer("old"))["result"], "NOT_TAKEN")
        def blind(request):
            return Reply(204) if request.method == "PATCH" else Reply(503)
        self.assertEqual(self.update(blind)["result"], "UNKNOWN")

    def test_html_instead_of_the_account_is_read_back(self):
        def answer(request):
            return Reply(200, "<html>",
                         kind="text/html") if request.method == "PATCH" else Reply(200,
                             user(title="T"))
        self.assertEqual(self.update(answer)["result"], "OK")

    def test_removals_and_lists_are_looked_at(self):
        kept = user(title="T", emails=[{"type": "work", "value": "w"}, {"type": "other",
            "value": "o"}],
                    roles=[{"value": "a"}, {"value": "b"}])
        for op, taken in ((("remove", "title"), False), (("remove", "externalId"), True),
                          (("remove", 'emails[type eq "work"]'), False),
                          (("remove", 'emails[type eq "home"]'), True),
                          (("remove", 'emails[type eq "work"].value'), False),
                          (("remove", 'emails[type eq "other"]'), True),
                          (("replace", "roles", [{"value": "a"}]), False),
                          (("add", "roles", [{"value": "a"}]), True),
                          (("add", "roles", [{"value": "c"}]), False),
                          (("add", "roles", {"value": "b"}), True),
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
    def test_classes(self):
        for answer, wanted in ((Reply(204), "OK"), (Reply(200, {}), "OK"), (scim_error(404), "LINK"),
                               (Reply(410, {}), "CONFIG"),
                               (Reply(404, "no page", kind="text/plain"), "CONFIG"),
                               (error_body(403), "FORBIDDEN"),
                               (error_body(429), "BUDGET"), (error_body(500), "UNKNOWN"),
                               (RESET, "UNKNOWN")):
            with self.subTest(wanted=wanted):
                self.assertEqual(self.delete(answer)["result"], wanted)

    def test_500_and_gone_is_for_the_core_to_believe(self):
        def answer(request):
            return error_body(500) if request.method == "DELETE" else scim_error(404)
        self.assertEqual(self.delete(answer)["result"], "LINK")

    def test_a_page_in_place_of_the_answer_is_not_believed(self):
        def answer(request):
            there = Reply(200, user(id="u1"))
            return Reply(200, "<html>Log in", kind="text/html") if request.method == "DELETE" else there
        result = self.delete(answer)
        self.assertEqual((result["result"], result["status"]), ("UNKNOWN", 200), result)
        self.assertIn("Log in", result["message"])

    def test_404_in_the_platforms_words(self):
        def answer(request):
            return page(total=1) if request.query else error_body(404, "x", "not.found")
        self.assertEqual(self.delete(answer)["result"], "LINK")


class Batch(Case):
    def changes(self, n):
        return [{"kind": "create", "entry": str(i),
                 "document": {"userName": "u%d@example.com" % i}} for i in range(n)]

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


if __name__ == "__main__":
    tap.main()

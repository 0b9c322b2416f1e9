"""The Genesys Cloud sink's look-ups, lists that lie, and the schema."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tap
from scimcase import *


class Find(Case):
    def test_escaped_and_verified(self):
        name = 'o"b\\rien&=ü@example.com'
        hit = user(userName=name.upper().replace("Ü", "ü"))
        self.start(lambda request: page(hit, user(id="u2", userName="x@example.com")))
        found = self.sink("find", attribute="userName", value=name, attributes=["externalId"])
        self.assertEqual([d["id"] for d in found["documents"]], ["u1"])
        asked = query(self.server.requests[0])
        self.assertEqual(asked["filter"], 'userName eq "o\\"b\\\\rien&=ü@example.com"')
        self.assertIn("externalId", asked["attributes"].split(","))
        self.assertIn("another value", found["logs"][0]["message"])

    def test_external_id_is_exact(self):
        self.start(page(user(externalId="Abc"), user(id="u2", externalId="abc"), user(id="u3")))
        self.assertEqual([d["id"] for d in self.sink("find", attribute="externalId",
                                                     value="abc")["documents"]], ["u2"])

    def test_nobody(self):
        for answer in (page(), Reply(200, {"totalResults": 0})):
            self.start(answer)
            found = self.sink("find", attribute="userName", value="a")
            self.assertEqual((found["rc"], found["documents"]), (0, []))
            self.sink.close()
            self.sink = None

    def test_failures(self):
        for answer, value, rc in ((scim_error(400, "x", "invalidFilter"), "a", PROTOCOL),
                                  (Reply(500), 'a"b', PROTOCOL),
                                  (Reply(500), "a", UNREACHABLE), (error_body(429), "a", BUDGET),
                                  (error_body(403), "a", FORBIDDEN),
                                  (Reply(404, "x"), "a", CONFIG), (scim_error(404), "a", CONFIG),
                                  (RESET, "a", UNREACHABLE),
                                  (Reply(200, "<html>", kind="text/html"), "a", UNREACHABLE),
                                  (Reply(200, {}), "a", UNREACHABLE),
                                  (Reply(200, b'{"Resources":[}'), "a", UNREACHABLE), (Reply(401),
                                      "a", AUTH)):
            if self.sink is None:
                self.start()
            self.server.answer = lambda request, answer=answer: answer
            found = self.sink("find", attribute="userName", value=value)
            with self.subTest(rc=rc, status=getattr(answer, "status", "reset")):
                self.assertEqual(found["rc"], rc, found)
                self.assertEqual(found["failures"], 1)
                self.assertNotIn("documents", found)

    def test_G7_half_of_the_headers_is_no_answer_whatever_its_status(self):
        """Of an account that is read: not that it is gone."""
        self.start()
        for answer in HALF_HEADS:
            self.server.answer = lambda request, answer=answer: answer
            with self.subTest(answer=answer):
                self.assertEqual(self.sink("read", id="a", attributes=["title"])["rc"], UNREACHABLE)
                self.assertEqual(self.sink("find", attribute="userName", value="a")["rc"], UNREACHABLE)

    def test_unsupported(self):
        self.start()
        self.assertEqual(self.sink("find", attribute="title", value="x")["rc"], UNSUPPORTED)
        self.assertEqual(self.sink("find", attribute="userName", value="x", type="Group")["rc"],
                         UNSUPPORTED)

    def test_read(self):
        self.start(Reply(200, user(id="a/b")))
        self.assertEqual(self.sink("read", id="a/b", attributes=["title"])["documents"]["id"],
                         "a/b")
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
            answer = self.sink("list", **dict(arguments,
                                              **({"position": position} if position else {})))
            self.assertEqual(answer["rc"], OK, answer)
            seen += [d["id"] for d in answer["documents"]]
            position = answer.get("position")
            if position is None:
                return seen
        self.fail("the list never ends")

    def serve(self, active, inactive, cap=100, total=None, start_ignored=False, wrap=False,
              filter_ignored=False):
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
                         [(None, "1", "100"), (None, "61", "100"), ("active eq false", "1", "100"),
                          ("active eq false", "8", "100")])
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
        for answer, rc in ((scim_error(404), CONFIG), (Reply(503), UNREACHABLE),
                           (Reply(200, "hello"), UNREACHABLE),
                           (Reply(200, b"{" + b" " * 9000000 + b"}"), LIMIT), (scim_error(501),
                               CONFIG)):
            self.server.answer = lambda request, answer=answer: answer
            for arguments in ({}, {"count_only": True}):
                listed = self.sink("list", **arguments)
                self.assertEqual((listed["rc"], listed["failures"]), (rc, 1), listed)
                self.assertNotIn("documents", listed)
        self.assertEqual(self.sink("list", position="a:x")["rc"], -12)


class Schema(Case):
    core = {"id": "urn:ietf:params:scim:schemas:core:2.0:User",
            "attributes": [{"name": "userName"}]}

    def test_told_by_the_service(self):
        self.start(page(self.core, {"id": "urn:ietf:params:scim:schemas:core:2.0:Group",
                                    "attributes": [{"name": "x"}]},
                        {"id": ENTERPRISE, "attributes": [{"name": "division"}]}))
        told = self.sink("schema")
        self.assertEqual([d["id"] for d in told["documents"]], [self.core["id"], ENTERPRISE])
        self.assertEqual(self.server.requests[0].path, BASE + "/schemas")

    def test_documented_one_where_it_refuses(self):
        self.start()
        for answer in (error_body(403), scim_error(404), page(), Reply(200, "<html>",
            kind="text/html")):
            self.server.answer = lambda request, answer=answer: answer
            told = self.sink("schema")
            self.assertEqual(told["rc"], OK)
            names = {a["name"] for d in told["documents"] for a in d["attributes"]}
            self.assertTrue({"userName", "displayName", "externalId", "division",
                             "routingSkills"} <= names)
            self.assertNotIn("name", names)
            self.assertIn("documented", told["logs"][0]["message"])

    def test_not_where_every_request_fails(self):
        self.start(Reply(503))
        self.assertEqual(self.sink("schema")["rc"], UNREACHABLE)

    def test_describe(self):
        self.start()
        told = self.sink("describe")["documents"]
        self.assertEqual(told["identity"]["sink"], self.server.url + BASE)
        self.assertEqual((told["user_name"], told["find"], told["revival"]),
                         ("email", ["userName", "externalId"], True))
        self.assertEqual(len(told["warnings"]), 1)


if __name__ == "__main__":
    tap.main()

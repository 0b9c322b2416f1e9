"""The simulator against what is known of the service: every fault that the simulator can be told to have."""
import http.client
import time

from simcase import SIM, Case, query, setUpModule, tearDownModule
import simulator
import tap
from simulator import CORE


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


if __name__ == "__main__":
    tap.main()

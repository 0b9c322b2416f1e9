"""The Genesys Cloud sink against the simulator: what the service really does, and its moods."""
import os
import shutil
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import simulator
import tap
import tls
from driver import *
from simulator import CORE, ENTERPRISE, GENESYS

ALICE = {"schemas": [CORE], "userName": "alice@example.com", "displayName": "Alice A",
         "active": True,
         "externalId": "e-1", "title": "T", "emails": [{"type": "work",
                                                        "value": "alice@work.example"}],
         "phoneNumbers": [{"type": "work", "value": "+15550100"}]}


class Case(unittest.TestCase):
    switches = ["--set", "rate-limit=0"]
    tls = None

    def setUp(self):
        if simulator.program() is None:
            self.skipTest("the simulator was not built (libmicrohttpd is missing)")
        self.sim = simulator.Simulator(self.switches, tls=self.tls)
        self.sim.start()
        self.sink = None

    def tearDown(self):
        try:
            if self.sink:
                self.sink.__exit__(None)
        finally:
            if getattr(self, "sim", None):
                self.sim.__exit__()

    def start(self, **options):
        base = {"base_url": self.sim.base_url, "client_id": simulator.CLIENT_ID,
                "client_secret": simulator.CLIENT_SECRET}
        self.sink = Driver(dict(base, **options))
        return self.sink

    def ready(self, **options):
        self.assertEqual(self.start(**options).ready["stage"], "ready", self.sink.ready)
        return self.sink

    def alice(self, **more):
        if self.sink is None:
            self.ready()
        result = self.sink.create(**dict(ALICE, **more))
        self.assertEqual(result["result"], "OK", result)
        return result

    def seed(self, count, **more):
        self.sim.seed([dict(more, userName="%s%d@example.com" % (more.get("title", "u"), i),
                            displayName="U %d" % i)
                       for i in range(count)])

    def everybody(self, **arguments):
        seen, position = [], None
        for _ in range(100):
            answer = self.sink("list", **dict(arguments,
                                              **({"position": position} if position else {})))
            self.assertEqual(answer["rc"], OK, answer)
            seen += answer["documents"]
            position = answer.get("position")
            if position is None:
                return seen
        self.fail("the list never ends")


class Life(Case):
    def test_of_an_account(self):
        made = self.alice()
        self.assertEqual(made["flags"], 1)
        user = made["account"]
        for attribute, value in (("userName", "ALICE@example.com"), ("externalId", "e-1")):
            found = self.sink("find", attribute=attribute, value=value, attributes=["externalId",
                "title"])["documents"]
            self.assertEqual([(d["id"], d["externalId"], d["title"]) for d in found],
                             [(user, "e-1", "T")])
        self.assertEqual(self.sink("find", attribute="externalId", value="E-1")["documents"], [])
        changed = self.sink.update(user, ("replace", "title", "U"), ("remove", "externalId"),
                                   version=made["version"])
        self.assertEqual(changed["result"], "OK", changed)
        self.assertNotEqual(changed["version"], made["version"])
        self.assertEqual(self.sink.update(user, ("replace", "active", False))["result"], "OK")
        self.assertEqual(self.sim.user("alice@example.com")[0]["state"], "inactive")
        self.assertEqual(len(self.sink("find", attribute="userName",
                                       value="alice@example.com")["documents"]), 1)
        self.assertFalse(self.sink("read", id=user)["documents"]["active"])
        self.assertEqual(self.sink.delete(user)["result"], "OK")
        self.assertEqual(self.sink.delete(user)["result"], "LINK", "the core looks for it")
        self.assertEqual(self.sink("read", id=user)["rc"], NOT_FOUND)
        self.assertEqual(self.sink.update(user, ("replace", "title", "V"))["result"], "LINK")
        revived = self.sink.create(userName="alice@example.com", displayName="Alice B", active=True,
                                   schemas=[CORE])
        self.assertEqual((revived["result"], revived["account"], revived["flags"]), ("OK", user, 2),
                         revived)

    def test_revival_told_by_its_status(self):
        self.sim.switch(revive_status="200", revive_keeps=False)
        user = self.alice()["account"]
        self.sink.delete(user)
        self.assertEqual(self.sink.create(**ALICE)["flags"], 2)

    def test_operations(self):
        self.sim.names(roles=["agent", "supervisor"], divisions=["Home", "Sales"], skills=["Thai"])
        boss = self.alice()["account"]
        user = self.alice(userName="bob@example.com", externalId="e-2", phoneNumbers=[],
                          schemas=[CORE, ENTERPRISE], **{ENTERPRISE: {"division": "Sales",
                              "department": "D"}})["account"]
        ours = GENESYS + ":routingSkills"
        for operation in (("replace", "userName", "robert@example.com"), ("replace", "displayName",
            'R "q" \\ ü'),
                          ("replace", 'emails[type eq "work"].value', "r@work.example"),
                          ("remove", 'emails[type eq "work"]'), ("add", "emails",
                              [{"type": "work", "value": "s@work.example"}]),
                          ("add", "phoneNumbers", [{"type": "mobile", "value": "+15550199"}]),
                          ("replace", 'phoneNumbers[type eq "mobile"].value', "tel:+15550198"),
                          ("remove", 'phoneNumbers[type eq "mobile"]'), ("replace", "roles",
                              [{"value": "agent"}]),
                          ("replace", "roles", [{"value": "supervisor"}]),
                          ("replace", ENTERPRISE + ":department", "E"),
                          ("remove", ENTERPRISE + ":department"),
                          ("replace", ENTERPRISE + ":manager", {"value": boss}),
                          ("replace", ENTERPRISE + ":manager.value", boss),
                          ("remove", ENTERPRISE + ":manager"),
                          ("replace", ENTERPRISE + ":dateHire", "2024-05-06T07:08:09Z"),
                          ("replace", ours, [{"name": "Thai", "proficiency": 2.5}]),
                          ("remove", ours),
                          ("replace", "externalId", "e-3"), ("replace", "active", False),
                          ("replace", "active", True)):
            with self.subTest(operation=operation):
                result = self.sink.update(user, operation)
                self.assertEqual(result["result"], "OK", result)
                self.assertEqual(len(result["answer"]["permits"]), 1)

    def test_values_that_the_service_refuses(self):
        user = self.alice()["account"]
        for operation in (("replace", "userName", "no address"), ("replace", "nosuch", "x"),
                          ("remove", "userName")):
            with self.subTest(operation=operation):
                result = self.sink.update(user, operation)
                self.assertEqual((result["result"], result["status"]), ("ENTRY", 400), result)
                self.assertIn("correlation id", result["message"])

    def test_a_path_that_selects_nothing_means_that_the_account_is_not_as_we_know_it(self):
        user = self.alice()["account"]
        result = self.sink.update(user, ("replace", 'phoneNumbers[type eq "home"].value', "+15550107"))
        self.assertEqual((result["result"], result["status"]), ("RACE", 400), result)

    def test_names_that_are_taken(self):
        self.alice()
        taken = self.sink.create(**dict(ALICE, userName="Alice@Example.com", externalId="e-9",
                                        phoneNumbers=[]))
        self.assertEqual((taken["result"], taken["conflict"]), ("COLLISION", "userName"), taken)
        bob = self.alice(userName="bob@example.com", externalId="e-2", phoneNumbers=[])["account"]
        taken = self.sink.update(bob, ("replace", "userName", "alice@example.com"))
        self.assertEqual((taken["result"], taken["conflict"]), ("COLLISION", "userName"), taken)
        taken = self.sink.create(**dict(ALICE, userName="carol@example.com", phoneNumbers=[]))
        self.assertEqual((taken["result"], taken["conflict"]), ("COLLISION", "externalId"), taken)

    def test_stale_versions(self):
        user = self.alice()["account"]
        for word in ("409", "400", "412"):
            self.sim.switch(version_mismatch=word)
            for shape in ("documented", "swapped"):
                self.sim.switch(error_shape=shape)
                stale = self.sink.update(user, ("replace", "title", "X"), version="0")
                self.assertEqual((stale["result"], stale["status"]), ("RACE", int(word)), stale)

    def test_names_that_the_service_drops(self):
        self.sim.switch(unknown_names="drop")
        made = self.sink or self.ready().create(**dict(ALICE, roles=[{"value": "no such role"}]))
        self.assertEqual((made["result"], made["not_taken"]), ("NOT_TAKEN", ["roles"]), made)

    def test_quotes_in_filters(self):
        self.ready()
        for value in ('o"brien@example.com', "back\\slash@example.com", "ü&x=1@example.com",
                      "a b@example.com", "%41@example.com"):
            self.sim.seed([{"userName": value, "displayName": "Q", "externalId": value}])
            for attribute in ("userName", "externalId"):
                found = self.sink("find", attribute=attribute, value=value)
                self.assertEqual([d["userName"] for d in found["documents"]], [value], found)


class Lists(Case):
    def test_active_and_inactive(self):
        self.seed(130)
        self.seed(30, active=False, title="gone")
        self.ready()
        names = [d["userName"] for d in self.everybody()]
        self.assertEqual((len(names), len(set(names))), (160, 160))
        self.assertEqual(len(self.sim.requests(kind="list")) + len(self.sim.requests(kind="find")),
                         3 + 2)
        self.assertEqual(self.sink("list", count_only=True)["total"], 160)
        costly = self.everybody(attributes=["externalId", "roles"])
        self.assertEqual(len({d["id"] for d in costly}), 160)
        self.assertTrue(all("roles" in r["query"] for r in self.sim.requests(kind="list")[-5:]))

    def test_an_empty_organisation(self):
        self.ready()
        self.assertEqual(self.everybody(), [])
        self.assertEqual(self.sink("list", count_only=True)["total"], 0)

    def test_lists_that_lie(self):
        self.seed(60)
        self.seed(5, active=False, title="gone")
        self.ready(page_size="20")
        for kind in ("page-total", "wrap", "ignore-start"):
            self.sim.clear_faults()
            self.sim.fault(kind=kind, method="GET", path="*users")
            names = [d["userName"] for d in self.everybody()]
            self.assertEqual(len(names), len(set(names)), kind)
            self.assertEqual(len(names), 25 if kind == "ignore-start" else 65, kind)

    def test_too_large_a_page(self):
        self.seed(40)
        self.ready(page_size="100")
        self.assertEqual(self.sink("list", attributes=["roles"])["rc"], BUDGET)
        self.assertEqual(len(self.everybody(attributes=["roles"])), 40)

    def test_schema(self):
        self.ready()
        told = self.sink("schema")
        self.assertEqual((told["rc"], told["logs"]), (OK, []))
        self.assertEqual({d["id"] for d in told["documents"]}, {CORE, ENTERPRISE, GENESYS})


class Faults(Case):
    def after(self, **fault):
        """The result of a create that the fault strikes, and the number of accounts after it."""
        self.sim.clear_faults()
        self.sim.purge()
        if self.sink is None:
            self.ready(timeout="800")
        self.sim.fault(**dict({"path": "*users"}, **fault))
        return self.sink.create(**ALICE), len(self.sim.users())

    def test_creates(self):
        for fault, wanted, count in (
                (dict(status=500), "UNKNOWN", 0), (dict(status=500, applied=True), "UNKNOWN", 1),
                (dict(status=503), "UNKNOWN", 0), (dict(status=504), "UNKNOWN", 0),
            (dict(status=408), "UNKNOWN", 0),
                (dict(status=429, retryAfter=3), "BUDGET", 0), (dict(status=403), "FORBIDDEN", 0),
                (dict(status=415), "CONFIG", 0), (dict(kind="reset"), "UNKNOWN", 0),
                (dict(kind="reset", applied=True), "UNKNOWN", 1), (dict(kind="close", applied=True),
                    "UNKNOWN", 1),
                (dict(kind="truncate", method="POST"), "UNKNOWN", 1),
            (dict(kind="no-json", method="POST"), "OK", 1),
                (dict(kind="no-id", method="POST"), "OK", 1), (dict(kind="partial", method="POST",
                    status=201), "NOT_TAKEN", 1),
                (dict(kind="content-type"), "OK", 1), (dict(kind="huge", bytes=3000000,
                                                            method="POST"), "UNKNOWN", 1),
                (dict(kind="slow", delay=3000), "UNKNOWN", None)):
            for shape in ("documented", "error-body"):
                self.sim.switch(error_shape=shape)
                with self.subTest(fault=fault, shape=shape):
                    result, accounts = self.after(**fault)
                    self.assertEqual(result["result"], wanted, result)
                    if count is not None:
                        self.assertEqual(accounts, count)
                    sent = self.sim.requests(kind="create")
                    self.assertEqual(len(sent), 1, sent)
                self.sim.reset("log")

    def test_an_account_that_was_never_made(self):
        """The answer is whole, so it is believed; the next change finds out."""
        result, accounts = self.after(kind="ignore", method="POST")
        self.assertEqual((result["result"], accounts), ("OK", 0))
        self.assertEqual(self.sink.update(result["account"], ("replace", "title", "X"))["result"],
                         "LINK")

    def test_an_account_that_is_not_found_at_first(self):
        self.sim.switch(invisible=300)
        self.assertEqual(self.alice()["result"], "OK")
        self.sim.fault(kind="no-id", method="POST", path="*users")
        late = self.sink.create(**dict(ALICE, userName="late@example.com", externalId="e-9",
                                       phoneNumbers=[]))
        self.assertEqual(late["result"], "UNKNOWN", late)
        self.assertIn("no account with this user name is found", late["message"])

    def test_updates(self):
        user = self.alice()["account"]
        everything = "*users*"
        for fault, wanted in ((dict(status=500), "UNKNOWN"), (dict(status=503), "UNKNOWN"),
                              (dict(kind="reset"), "UNKNOWN"),
                              (dict(kind="reset", applied=True), "UNKNOWN"), (dict(kind="ignore"),
                                  "NOT_TAKEN"), (dict(status=412), "RACE"),
                              (dict(kind="no-json"), "OK"), (dict(kind="no-id"), "OK"),
                              (dict(status=429), "BUDGET")):
            with self.subTest(fault=fault):
                self.sim.clear_faults()
                self.sim.fault(**dict({"path": everything, "method": "PATCH"}, **fault))
                result = self.sink.update(user, ("replace", "title", "T%d" % time.monotonic_ns()))
                self.assertEqual(result["result"], wanted, result)

    def test_token_that_ends_early(self):
        user = self.alice()["account"]
        self.sim.revoke_tokens()
        result = self.sink.update(user, ("replace", "title", "X"))
        self.assertEqual((result["result"], result["answer"]["permits"]),
                         ("OK", [UPDATE, TOKEN, UPDATE]))

    def test_client_that_is_switched_off(self):
        user = self.alice()["account"]
        self.sim.switch(client_state="disabled")
        result = self.sink.update(user, ("replace", "title", "X"))
        self.assertEqual(result["result"], "AUTH", result)
        self.assertIn("check client_id", result["message"])

    def test_wrong_secret(self):
        for status in ("400", "401"):
            self.sim.switch(token_refusal=status)
            self.assertEqual(self.start(client_secret="wrong-s3cret").ready["rc"], AUTH)
            self.sink.close()
            self.sink = None

    def test_throttled_token_endpoint(self):
        self.sim.switch(token_throttle=1)
        self.assertEqual(self.start().ready["rc"], BUDGET)
        self.assertEqual(self.sink.ready["observed"][0]["throttled"], 1)

    def test_rate_limit(self):
        self.sim.switch(rate_limit=3, rate_window=60000)
        self.ready()
        for i in range(3):
            result = self.sink.create(**dict(ALICE, userName="u%d@example.com" % i,
                                             externalId="x%d" % i, phoneNumbers=[]))
            self.assertEqual(result["result"], "OK")
        seen = result["answer"]["observed"][0]
        self.assertEqual((seen["allowed"], seen["used"], seen["throttled"]), (3, 3, 0))
        self.assertTrue(0 <= seen["reset_ms"] <= 60000)
        result = self.sink.create(**dict(ALICE, userName="late@example.com"))
        self.assertEqual(result["result"], "BUDGET", result)
        self.assertTrue(0 < result["retry_after"] <= 60000)
        self.assertEqual(result["answer"]["observed"][0]["throttled"], 1)
        self.assertEqual(self.sim.user("late@example.com"), [])


class Encrypted(Case):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="syncd-scim-")
        cls.ca = tls.Authority(cls.folder)
        pair = cls.ca.issue("server")
        cls.tls = (pair.cert, pair.key, cls.ca.cert)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def test_private_ca(self):
        self.ready(**{"tls.ca_file": self.ca.cert})
        self.alice()
        self.assertEqual(self.sink("describe")["documents"]["warnings"], [])

    def test_unknown_ca(self):
        self.assertEqual(self.start().ready["rc"], CONFIG)
        self.assertEqual(self.sim.requests(), [])


if __name__ == "__main__":
    tap.main()

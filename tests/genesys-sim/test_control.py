"""The simulator itself: its control interface, its options, and garbage that is sent to it."""
import json
import os
import random
import signal
import subprocess
import tempfile
import time

from simcase import SIM, Case, query, setUpModule, tearDownModule
import simulator
import tap
from simulator import CORE, ENTERPRISE, GENESYS


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

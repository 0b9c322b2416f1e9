"""The commands, the report, and that secrets stay secret."""
import base64
import fcntl
import json
import os

import pipeline
import slapd
import tap
from pipeline import crowd, dn, person
from watching import Watching

SINK = ["adopted", "created", "deleted", "disabled", "enabled", "name", "renamed", "unchanged", "updated"]
REQUESTS = ["create", "delete", "find", "list", "read", "retried", "throttled", "token", "total", "update"]


class Report(pipeline.Test):
    def check_shape(self, r):
        self.assertLessEqual({"result", "mode", "seconds", "source", "sink", "queued", "parked", "held",
                              "approve", "requests", "checkpoint", "peak_rss_kib"}, set(r))
        self.assertLessEqual(set(r), {"result", "mode", "seconds", "source", "sink", "queued", "parked",
                                      "held", "approve", "requests", "checkpoint", "peak_rss_kib",
                                      "adopted", "renamed", "held_list", "parked_list", "drifted", "unclaimed", "error"})
        self.assertEqual(sorted(r["source"]), ["changes", "complete", "name", "read"])
        self.assertEqual(sorted(r["sink"]), SINK)
        self.assertEqual(sorted(r["requests"]), REQUESTS)
        self.assertEqual(sorted(r["checkpoint"]), ["advanced", "kind"])
        for part in ("sink", "requests"):
            for key, value in r[part].items():
                self.assertIsInstance(value, str if key == "name" else int, key)
        for key in ("queued", "parked", "held", "peak_rss_kib"):
            self.assertIsInstance(r[key], int, key)
        self.assertIsInstance(r["seconds"], (int, float))
        self.assertIsInstance(r["source"]["complete"], bool)
        self.assertEqual((r["source"]["name"], r["sink"]["name"]), ("ldap", "genesys-scim"))
        self.assertGreater(r["peak_rss_kib"], 1000)
        kinds = [r["requests"][k] for k in ("token", "list", "find", "read", "create", "update", "delete")]
        self.assertEqual(sum(kinds), r["requests"]["total"])

    def test_the_report_has_exactly_the_contract_s_shape(self):
        p = self.pipeline(crowd(5) + [person("ada", mail="p0001@example.com"), person("nomail", mail=None)])
        p.sim.seed([{"userName": "p0002@example.com", "displayName": "Before"}])
        done = p.run()
        self.ends(done, 3)
        r = done.report
        self.check_shape(r)
        self.assertEqual((r["result"], r["parked"], r["held"], r["approve"]), ("parked", 1, 0, None))
        self.assertEqual((r["sink"]["created"], r["sink"]["adopted"]), (5, 1))
        self.assertEqual(len(r["parked_list"]), 1)
        self.assertTrue(r["checkpoint"]["advanced"])
        self.check_shape(p.run().report)

    def test_the_report_counts_what_the_sink_counted(self):
        p = self.pipeline(crowd(30))
        with p.watched() as seen:
            r = p.sync()
        for kind in ("token", "create", "update", "delete"):
            self.assertEqual(r["requests"][kind], seen.kinds.count(kind), kind)
        # The simulator takes a list of the inactive, which has a filter, for a look-up.
        self.assertEqual(sum(r["requests"][k] for k in ("list", "find")),
                         sum(seen.kinds.count(k) for k in ("list", "find")))
        self.assertEqual(r["requests"]["total"], len(seen))

    def test_a_failed_pass_reports_its_error(self):
        p = self.pipeline(crowd(3))
        p.slapd.stop()
        done = p.run()
        self.ends(done, 1)
        self.check_shape(done.report)
        self.assertEqual(done.report["result"], "failed")
        self.assertTrue(done.report["error"])

    def test_the_report_goes_to_standard_output_for_a_dash(self):
        p = self.pipeline(crowd(3))
        done = p.run("--report", "-")
        self.ends(done, 0)
        self.check_shape(json.loads(done.out))

    def test_diagnostics_go_to_standard_error_and_the_report_is_their_last_line(self):
        p = self.pipeline(crowd(3))
        done = p.run("--log-format", "json")
        self.assertEqual(done.out, "")
        lines = done.err.strip().splitlines()
        for line in lines:
            json.loads(line)
        self.assertIn("created", lines[-1])
        last = json.loads(done.err.strip().splitlines()[-1])
        for report in (last["report"], done.report):
            report.pop("peak_rss_kib")  # written one after the other
        self.assertEqual(last["report"], done.report, "the last line of the log is the report")

    def test_quiet_says_nothing_when_all_is_well(self):
        p = self.pipeline(crowd(3))
        done = p.run("-q")
        self.assertEqual((done.code, done.said.strip()), (0, ""))


class Plan(pipeline.Test):
    def test_plan_shows_every_change_and_leaves_no_trace(self):
        p = self.pipeline(crowd(12))
        p.sync()
        p.slapd.replace(dn("p0001"), "title", "Director")
        p.slapd.delete(dn("p0002"))
        p.slapd.add(person("new"))
        state, before = p.state_bytes(), p.snapshot()
        done = p.run("plan", "--full")
        self.ends(done, 0)
        self.assertEqual(p.snapshot(), before)
        self.assertEqual(p.state_bytes(), state)
        self.assertRegex(done.out, r"(?m)^.*create\??.*new@example\.com")
        self.assertRegex(done.out, r"(?m)^.*update.*p0001@example\.com.*title")
        self.assertRegex(done.out, r"(?m)^.*(disable|leave).*p0002@example\.com")
        report = p.sync("--full")
        self.assertEqual([report["sink"][k] for k in ("created", "updated", "disabled")], [1, 1, 1])

    def test_dry_run_is_the_same_as_plan(self):
        p = self.pipeline(crowd(3))
        plan, dry = p.run("plan"), p.run("--dry-run")
        self.assertEqual((plan.code, plan.out), (dry.code, dry.out))
        self.assertEqual(p.run("-n").out, plan.out)
        self.assertFalse(os.path.exists(p.state))
        self.assertEqual(p.accounts(), {})
        self.assertEqual(dry.report["sink"]["created"], 3)

    def test_an_option_without_its_value_and_a_token_that_is_none(self):
        p = self.pipeline(crowd(1))
        for words, said in ((["status", "--approve"], "option --approve wants a value"),
                            (["parked", "--retry"], "option --retry wants a value"),
                            (["--approve", ""], "is no token"), (["--approve", "a b"], "is no token"),
                            (["--aprove", "x"], "unknown option --aprove; did you mean --approve")):
            done = p.run(*words, config=False)
            self.ends(done, 2)
            self.says(done, said)
        self.assertFalse(os.path.exists(p.state))
        done = p.run("run", config=False, env={"SYNCD_CONFIG": None})
        self.ends(done, 2)
        self.says(done, "is missing: .*No configuration file was read: -c FILE")

    def test_what_looks_at_the_state_alone_does_without_the_secrets(self):
        p = self.pipeline(crowd(12), brakes={"leavers": {"percent": 1, "min": 0}})
        p.sync()
        p.slapd.delete(dn("p0003"))
        token = p.sync("--full", expect=4)["approve"]
        p.secrets = {}
        for words in (["status"], ["explain", "p0001@example.com"], ["parked"],
                      ["parked", "--retry", "p0001@example.com"],
                      ["link", "p0001@example.com", p.account("p0001@example.com")["id"]],
                      ["unlink", "p0001@example.com"]):
            self.ends(p.run(*words), 0)
        done = p.run()
        self.ends(done, 2)
        self.says(done, "variable TEST_(BIND_PW|SECRET) is not set")
        with open(p.state + ".lock", "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # another one, which has them, is at work
            self.says(p.run("--approve", token), "the order is left for it")

    def test_plan_in_json(self):
        p = self.pipeline(crowd(3))
        done = p.run("plan", "--format", "json")
        self.ends(done, 0)
        text = json.dumps(json.loads(done.out))
        for i in range(3):
            self.assertIn("p%04d@example.com" % i, text)

    def test_plan_exits_as_the_pass_would(self):
        p = self.pipeline(crowd(3) + [person("nomail", mail=None)])
        self.ends(p.run("plan"), 3)
        p.sync(expect=3)
        for i in range(3):
            p.slapd.delete(dn("p000%d" % i))
        self.ends(p.run("plan", "--full"), 4)
        self.assertEqual(len(p.accounts("active")), 3)

    def test_plan_with_nothing_to_do_says_so(self):
        p = self.pipeline(crowd(3))
        p.sync()
        done = p.run("plan")
        self.ends(done, 0)
        self.assertNotIn("create", done.out)


class Look(pipeline.Test):
    def test_check_reaches_both_ends_shows_one_entry_and_changes_nothing(self):
        p = self.pipeline([person("ada", telephoneNumber="+49301001")])
        done = p.run("check")
        self.ends(done, 0)
        self.assertIn("ada@example.com", done.said)
        self.assertEqual(p.accounts(), {})
        self.assertFalse(os.path.exists(p.state))

    def test_check_warns_of_values_that_will_not_do(self):
        p = self.pipeline([person("ada", telephoneNumber="call me")], mapping=dict(
            pipeline.MAPPING, userName="uid"))
        self.says(p.run("check"), "(?-s:userName.*(address|e-?mail))", r"E\.164")

    def test_check_of_a_wrong_password(self):
        p = self.pipeline([person("ada")])
        p.secrets["TEST_BIND_PW"] = "wrong-password"
        done = p.run("check")
        self.ends(done, 1)
        self.says(done, "password|credential")

    def test_status_before_and_after(self):
        p = self.pipeline(crowd(4) + [person("nomail", mail=None)])
        self.ends(p.run("status"), 0)
        p.sync(expect=3)
        done = p.run("status")
        self.ends(done, 0)
        self.says(done, "4 with an account|4 owned", "1 parked")
        status = json.loads(p.run("status", "--format", "json").out)
        counts = status["counts"]
        self.assertEqual([counts[k] for k in ("owned", "parked", "queued", "held")], [4, 1, 0, 0])
        self.assertEqual(len(status["runs"]), 1)
        self.assertEqual(status["runs"][0]["result"], "parked")

    def test_explain_by_id_DN_and_user_name(self):
        p = self.pipeline([person("ada")])
        p.sync()
        account = p.account("ada@example.com")["id"]
        for name in (p.uuid("ada"), dn("ada"), "ada@example.com"):
            done = p.run("explain", name)
            self.ends(done, 0)
            self.assertIn(account, done.out, name)
        self.assertNotEqual(p.run("explain", "nobody@example.com").code, 0)

    def test_explain_tells_of_a_collision(self):
        p = self.pipeline([person("a", mail="x@example.com"), person("b", mail="x@example.com")])
        p.sync()
        done = p.run("explain", "x_1@example.com")
        self.ends(done, 0)
        self.says(done, r"x@example\.com", r"x_1@example\.com")

    def test_explain_tells_why_somebody_is_parked(self):
        p = self.pipeline([person("ada", telephoneNumber="call me")])
        p.sync(expect=3)
        self.says(p.run("explain", dn("ada")), "parked", "call me|phone")

    def test_plugins_lists_both_with_their_options(self):
        p = self.pipeline([])
        done = p.run("plugins", config=False)
        self.ends(done, 0)
        self.assertRegex(done.out, "(?s)genesys-scim.*ldap|ldap.*genesys-scim")
        one = p.run("plugins", "ldap", config=False)
        self.says(one, "page_size", "bind_password", "source", r"1\.0")
        json.loads(p.run("plugins", "ldap", "--format", "json", config=False).out)

    def test_map_by_DN_and_from_LDIF(self):
        p = self.pipeline([person("ada", title="Countess")])
        one = json.loads(p.run("map", dn("ada")).out)
        self.assertEqual((one["userName"], one["title"]), ("ada@example.com", "Countess"))
        ldif = p.slapd.tool("ldapsearch", "-LLL", "-b", slapd.SUFFIX, "(uid=ada)", "*", "+")
        two = json.loads(p.run("map", "-", stdin=ldif.encode()).out)
        self.assertEqual(one, two)
        self.assertEqual(p.accounts(), {})

    def test_map_prints_what_the_sink_does_not_keep(self):
        p = self.pipeline([person("ada")], mapping=dict(pipeline.MAPPING, name={"familyName": "sn"}))
        self.assertEqual(json.loads(p.run("map", dn("ada")).out)["name"]["familyName"], "Lovelace")

    def test_help_and_version_go_to_standard_output(self):
        p = self.pipeline([])
        for words in (["--help"], ["-h"], ["--version"], ["-V"]):
            done = p.run(*words, config=False)
            self.assertEqual((done.code, done.err), (0, ""))
            self.assertIn("syncd", done.out)


class Secrets(pipeline.Test):
    """G11."""

    def test_G11_secrets_are_in_no_output_and_not_in_the_state(self):
        p = self.pipeline(crowd(8) + [person("nomail", mail=None)], sim=["--client-secret", "s3cr3t-of-the-client"],
                          directory={"access": slapd.ACCESS})
        p.slapd.replace(pipeline.READER, "userPassword", "s3cr3t-of-the-reader")
        p.secrets = {"TEST_BIND_PW": "s3cr3t-of-the-reader", "TEST_SECRET": "s3cr3t-of-the-client"}
        said = ""
        for words in ([], ["--full"], ["plan"], ["check"], ["status"], ["explain", "p0001@example.com"],
                      ["plugins"], ["plugins", "ldap"], ["plugins", "genesys-scim", "--format", "json"],
                      ["map", dn("p0001")], ["parked"]):
            done = p.run(*words, "-v", "-v")
            said += "%s\n%s\n" % (done.said, json.dumps(done.report))
        p.sim.fault(status=401, path="/api/*", count=50)
        p.slapd.replace(dn("p0001"), "title", "Director")
        said += p.run("--full", "-vv", "--log-format", "json").said
        p.secrets["TEST_SECRET"] = "s3cr3t-that-is-wrong"
        p.secrets["TEST_BIND_PW"] = "s3cr3t-that-is-wrong-too"
        p.sim.clear_faults()
        p.sim.revoke_tokens()
        said += p.run("--full", "-vv").said + p.run("check", "-vv").said
        self.assertGreater(len(said), 2000)
        state = p.state_bytes().decode("latin-1")
        self.assertGreater(len(state), 1000)
        tokens = [t["token"] for t in p.sim.control("GET", "tokens")["tokens"]]
        self.assertGreaterEqual(len(tokens), 1)
        basic = base64.b64encode(b"sim-client:s3cr3t-of-the-client").decode()
        for secret in ["s3cr3t", basic] + tokens:
            self.assertNotIn(secret, said)
            self.assertNotIn(secret, state)

    def test_G11_core_dumps_are_switched_off(self):
        p = self.pipeline(crowd(2))
        w = Watching(p, "--interval", "1h")
        self.addCleanup(w.kill)
        w.says("asking ldap")
        with open("/proc/%d/limits" % w.process.pid) as file:
            self.assertRegex(file.read(), r"Max core file size +0 +0 ")
        w.stop()

    def test_G11_values_of_held_changes_are_not_kept(self):
        p = self.pipeline(crowd(20), brakes={"updates": {"percent": 10, "min": 3}})
        p.sync()
        for i in range(4):
            p.slapd.replace(dn("p000%d" % i), "title", "Grand-Vizier")
        report = p.sync(expect=4)
        self.assertNotIn(b"Grand-Vizier", p.state_bytes())
        p.sync("--approve", report["approve"])  # read again when it is approved
        self.assertEqual(p.account("p0003@example.com")["title"], "Grand-Vizier")

    def test_G11_the_state_can_be_read_by_its_owner_only(self):
        p = self.pipeline(crowd(2))
        p.sync()
        self.assertEqual(os.stat(p.state).st_mode & 0o777, 0o600)

    def test_G11_attribute_values_are_not_kept_after_delivery(self):
        p = self.pipeline([person("ada", title="Enchantress-of-Number", telephoneNumber="+4930990099")])
        p.sync()
        p.slapd.replace(dn("ada"), "title", "Analyst-of-Engines")
        p.sync()
        state = p.state_bytes()
        for value in (b"Enchantress-of-Number", b"Analyst-of-Engines", b"4930990099"):
            self.assertNotIn(value, state)


if __name__ == "__main__":
    tap.main()

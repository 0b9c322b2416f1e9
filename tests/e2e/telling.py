"""What status, the log and the service manager tell while something is wrong, so that whoever is woken
by it knows what, since when, and what to do."""
import json
import signal
import socket
import time

import pipeline
import simulator
import tap
import watching
from pipeline import crowd, dn


def runs(p):
    """[result, error] of the last runs, the newest first."""
    return [[r["result"], r.get("error")] for r in json.loads(p.run("status", "--format", "json").out)["runs"]]


class Passes(pipeline.Test):
    def test_status_tells_of_a_source_that_could_not_be_opened(self):
        p = self.pipeline(crowd(4))
        p.sync()
        p.slapd.stop()
        p.sync(expect=1)
        first = runs(p)
        self.assertEqual([r[0] for r in first], ["failed", "ok"])
        self.says(p.run("status"), "failed .*\n.*cannot connect to ldaps://.*nobody answers there")
        p.sync(expect=1)
        p.sync("--full", expect=1)
        self.assertEqual([r[0] for r in runs(p)], ["failed", "failed", "ok"], "the first and the last")
        p.secrets["TEST_BIND_PW"] = "wrong"
        p.slapd.start()
        p.sync(expect=1)
        now = runs(p)
        self.assertEqual([r[0] for r in now], ["failed", "failed", "failed", "ok"])
        self.assertRegex(now[0][1], "the bind as .* failed")
        p.secrets["TEST_BIND_PW"] = pipeline.READER_PASSWORD
        p.sync()
        self.assertEqual(runs(p)[0], ["ok", None])

    def test_what_waits_is_told_by_a_pass_that_cannot_open_its_source(self):
        p = self.pipeline(crowd(10), brakes={"leavers": {"percent": 1, "min": 1}})
        p.sync()
        for i in range(2):
            p.slapd.delete(dn("p000%d" % i))
        held = p.sync("--full", expect=4)
        p.slapd.stop()
        report = p.sync(expect=1)
        self.assertEqual((report["held"], report["approve"]), (2, held["approve"]))

    def test_a_mistake_in_the_configuration_leaves_no_run(self):
        p = self.pipeline(crowd(2))
        p.sync()
        p.config["sources"]["ldap"]["filter"] = "(noSuchAttribute=1)"
        self.ends(p.run(), 2)
        self.assertEqual(runs(p), [["ok", None]])

    def test_a_secret_s_file_that_is_not_there_says_where_it_was_sought(self):
        p = self.pipeline(crowd(2))
        p.config["sources"]["ldap"].pop("bind_password")
        p.config["sources"]["ldap"]["bind_password_file"] = "no-such-file"
        done = p.run()
        self.ends(done, 2)
        self.says(done, r"no-such-file \(bind_password_file\).*CREDENTIALS_DIRECTORY, then in the working")

    def test_check_looks_at_the_sink_though_the_source_fails(self):
        p = self.pipeline(crowd(2))
        p.secrets["TEST_BIND_PW"] = "wrong"
        done = p.run("check")
        self.ends(done, 1)
        self.says(done, "the bind as", "ok +sink answers")
        p.secrets["TEST_SECRET"] = "wrong too"
        done = p.run("check")
        self.ends(done, 1)
        self.says(done, "the bind as", "no access token")

    def test_a_plan_beside_a_run_does_not_take_what_is_under_way_for_broken_off(self):
        p = self.pipeline(crowd(2))
        p.sync()
        for i in range(2):
            p.slapd.replace(dn("p000%d" % i), "title", "Director")
        p.sim.switch(latency=3000)
        process = p.start()
        watching.Watching.until(Started(process), lambda: p.sim.requests(kind="update"))
        self.says(p.run("explain", "p0001@example.com"), "it is under way")
        done = p.run("plan")
        self.assertNotIn("when the last run ended", done.said)
        p.sim.switch(latency=0)
        self.ends(p.finish(process), 0)


class Started:
    """As much of watching.Watching as waiting needs."""

    def __init__(self, process):
        self.process, self.said = process, ""


class Password(pipeline.Test):
    """A server that keeps a password policy is asked what it thinks of ours."""
    POLICY = "cn=policy," + pipeline.slapd.SUFFIX

    def start(self, **attributes):
        entry = {"objectClass": ["device", "pwdPolicy"], "cn": "policy", "pwdAttribute": "userPassword"}
        lines = ["dn: " + self.POLICY] + ["%s: %s" % (name, value) for name, values in entry.items()
                                          for value in (values if isinstance(values, list) else [values])]
        lines += ["%s: %s" % pair for pair in attributes.items()]
        p = self.pipeline(crowd(2), directory={
            "modules": ("ppolicy",), "database_conf": pipeline.LIMITS +
            'overlay ppolicy\nppolicy_default "%s"\nppolicy_use_lockout\n' % self.POLICY})
        p.slapd.add("\n".join(lines) + "\n\n")
        p.slapd.replace(pipeline.READER, "userPassword", pipeline.READER_PASSWORD)
        return p

    def test_a_password_that_expires_soon_is_warned_about(self):
        p = self.start(pwdMaxAge=500000, pwdExpireWarning=499999)
        time.sleep(2.2)
        self.assertRegex(p.sync()["said"], "warning: .*the password of %s expires in 5 days" % pipeline.READER)
        p.slapd.replace(self.POLICY, "pwdExpireWarning", "10")
        self.assertNotIn("expires", p.sync()["said"])

    def test_a_password_that_has_expired_and_is_taken_a_few_times_more(self):
        p = self.start(pwdMaxAge=1, pwdGraceAuthnLimit=50)
        time.sleep(2.2)
        self.assertRegex(p.sync()["said"], r"the password of .* has expired, and the server takes it \d+ times more")

    def test_an_account_that_is_locked(self):
        p = self.start(pwdLockout="TRUE", pwdMaxFailure=1)
        p.secrets["TEST_BIND_PW"] = "wrong"
        self.assertRegex(p.sync(expect=1)["said"], "Invalid credentials")
        p.secrets["TEST_BIND_PW"] = pipeline.READER_PASSWORD
        self.assertRegex(p.sync(expect=1)["said"], "failed: the server says that the account is locked")

    def test_a_password_that_somebody_else_set(self):
        p = self.start(pwdMustChange="TRUE")
        p.slapd.replace(pipeline.READER, "pwdReset", "TRUE")
        self.assertRegex(p.sync(expect=1)["said"], "set by somebody else, and must be changed")
        p.slapd.replace(pipeline.READER, "pwdReset", "FALSE")
        p.sync()


class Brakes(pipeline.Test):
    def test_a_wider_brake_is_not_named_where_it_would_not_help(self):
        p = self.pipeline(crowd(10), brakes={"leavers": {"percent": 5, "min": 1}})
        p.sync()
        for i in range(3):
            p.slapd.delete(dn("p000%d" % i))
        self.assertIn("(brakes.leavers) is configured wider", p.sync("--full", expect=4)["said"])
        for i in range(3, 7):
            p.slapd.delete(dn("p000%d" % i))
        said = p.sync("--full", expect=4)["said"]
        self.assertRegex(said, "held: 7 leavers.*a wider brake does not let it go")
        p.config["sources"]["ldap"]["base"] = "ou=services," + pipeline.slapd.SUFFIX
        p.config["brakes"] = {"leavers": {"percent": 100, "min": 1000}}
        said = p.sync(expect=4)["said"]
        self.assertRegex(said, "held: .*no entry at all.*a wider brake does not let it go")
        p.sync(expect=4)
        self.assertEqual(p.states(), {"active": 10})


class Watching(watching.Test):
    def listen(self, p):
        end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(end.close)
        end.bind(p.path("notify"))
        end.settimeout(60)
        return end

    def until_told(self, end, word):
        while True:
            got = end.recv(8192).decode()
            if got.startswith("STATUS=") and word in got:
                return got

    def test_a_refused_configuration_stays_in_sight(self):
        p = self.pipeline(crowd(3))
        end = self.listen(p)
        w = self.watch(p, "--interval", "1h", env={"NOTIFY_SOCKET": p.path("notify")})
        w.says("asking ldap")
        good = p.config["sources"]["ldap"]["base"]
        p.config["sources"]["ldap"]["base"] = "ou=nowhere," + pipeline.slapd.SUFFIX
        p.write()
        w.send(signal.SIGHUP)
        w.says("refused, the old one goes on")
        self.assertRegex(self.until_told(end, "refused"), "STATUS=ok in .*new configuration is refused: .*ou=nowhere")
        self.says(p.run("status"), "reload +refused.*ou=nowhere")
        p.config["sources"]["ldap"]["base"] = good
        p.write()
        w.send(signal.SIGHUP)
        w.says("read anew")
        w.until(lambda: "reload_refused" not in json.loads(p.run("status", "--format", "json").out))
        self.told_to_end(w)
        self.assertIn("stopped by SIGTERM", w.said)

    def test_a_secret_that_the_sink_refuses_is_refused_and_a_sink_that_is_away_is_not(self):
        p = self.pipeline(crowd(3))
        w = self.watch(p, "--interval", "1h")
        w.says("asking ldap")
        p.config["sinks"]["genesys-scim"]["client_secret"] = "mistyped"
        p.write()
        w.send(signal.SIGHUP)
        w.says("the old one goes on: genesys-scim: .*no access token")
        self.assertNotIn("mistyped", w.said)
        p.slapd.replace(dn("p0001"), "title", "Director")
        w.send(signal.SIGUSR1)
        w.until(lambda: self.title(p, "p0001") == "Director")
        p.config["sinks"]["genesys-scim"]["client_secret"] = simulator.CLIENT_SECRET
        p.sim.fault(status=503, path="*token*")
        p.write()
        since = w.mark()
        w.send(signal.SIGHUP)
        w.says("the new configuration is taken all the same", since)
        w.says("read anew", since)
        self.told_to_end(w)

    def test_a_failed_delivery_says_when_it_is_tried_again(self):
        p = self.pipeline(crowd(3))
        w = self.watch(p, "--interval", "1h")
        w.says("asking ldap")
        p.sim.fault(status=401, path="/api/*", count=4)
        p.slapd.replace(dn("p0001"), "title", "Director")
        w.send(signal.SIGUSR1)
        w.says(r"(what is queued is tried again|the next attempt is made) in \d+\.\d s")
        w.until(lambda: self.title(p, "p0001") == "Director")
        self.told_to_end(w)


if __name__ == "__main__":
    tap.main()

"""--watch: following changes by polling, orders, signals, outages of either end."""
import json
import os
import signal
import time
import unittest

import pipeline
import tap
import watching
from pipeline import crowd, dn, person
from watching import SLOW


class Polling(watching.Test):
    def test_an_edit_arrives_within_the_interval(self):
        p = self.pipeline(crowd(10))
        w = self.watch(p, "--interval", "1s")
        w.says("asking ldap every 1 s")
        p.slapd.replace(dn("p0003"), "title", "Director")
        p.slapd.add(person("new"))
        w.until(lambda: self.title(p, "p0003") == "Director", 3 * SLOW)
        w.until(lambda: p.account("new@example.com"), 3 * SLOW)
        p.slapd.delete(dn("p0004"))
        w.until(lambda: p.account("p0004@example.com")["state"] == "inactive", 5 * SLOW)
        self.told_to_end(w)
        self.assertEqual(p.twins(), [])

    def test_each_pass_leaves_a_whole_report_of_its_own(self):
        p = self.pipeline(crowd(4))
        w = self.watch(p, "--interval", "100ms")
        w.until(lambda: w.passes() >= 3)
        seen = []
        for _ in range(200):
            with open(p.path("report.json")) as file:
                seen.append(json.load(file))
            time.sleep(0.005)
        self.assertTrue(all(r["result"] == "ok" for r in seen))
        self.assertEqual(seen[-1]["requests"]["total"], 0, "a quiet pass counts its own requests")
        self.told_to_end(w)
        self.assertFalse(os.path.exists(p.path("report.json.part")))

    def test_sigusr1_makes_a_pass_now(self):
        p = self.pipeline(crowd(3))
        w = self.watch(p, "--interval", "1h")
        w.says("asking ldap")
        p.slapd.replace(dn("p0001"), "title", "Director")
        time.sleep(0.7)
        self.assertEqual(self.title(p, "p0001"), "Engineer")
        w.send(signal.SIGUSR1)
        w.until(lambda: self.title(p, "p0001") == "Director", 5 * SLOW)
        self.told_to_end(w)

    def test_it_rests_while_nothing_changes_and_goes_at_once(self):
        p = self.pipeline(crowd(3))
        w = self.watch(p, "--interval", "1h")
        w.says("asking ldap")
        time.sleep(0.3)
        before = w.cpu()
        time.sleep(3)
        self.assertLessEqual(w.cpu() - before, 0.05)
        began = time.monotonic()
        self.told_to_end(w, 130, signal.SIGINT)
        self.assertLess(time.monotonic() - began, 1 * SLOW)

    @unittest.skipIf(pipeline.sanitized(), "sanitizers keep freed memory for a while")
    def test_memory_stays_flat_over_thousands_of_passes(self):
        p = self.pipeline(crowd(20))
        w = self.watch(p, "--interval", "1ms")
        first, last = 300 // SLOW, 2500 // SLOW
        w.until(lambda: w.passes() >= first, 60)
        before = w.resident()
        w.until(lambda: w.passes() >= last, 120)
        self.assertLess(w.resident() - before, 1024, "KiB after %d passes" % w.passes())
        self.told_to_end(w)

    def test_an_interval_that_is_none_is_refused(self):
        p = self.pipeline(crowd(1))
        for words in (["--interval", "soon"], ["--interval", "0"], ["--dry-run"],
                      ["--only", "p0000"], ["--rebind"]):
            done = p.run("--watch", *words)
            self.ends(done, 2)
            self.says(done, words[0])
        self.assertEqual(p.created(), 0)

    def test_what_cannot_work_ends_it_at_the_start(self):
        p = self.pipeline(crowd(1), mapping={"userName": "mail", "displayNam": "cn"})
        done = p.run("--watch", "--interval", "1s")
        self.ends(done, 2)
        self.says(done, "displayName")
        p = self.pipeline(crowd(1), ldap={"filter": "(uidd=ada)"})
        done = p.run("--watch", "--interval", "1s")
        self.ends(done, 2)
        self.says(done, 'no attribute "uidd".*it is not tried again')
        self.assertNotIn("next attempt", done.said)


class Orders(watching.Test):
    def test_an_approval_is_obeyed_within_a_second_or_so(self):
        p = self.pipeline(crowd(12), brakes={"leavers": {"percent": 5, "min": 1}})
        w = self.watch(p, "--interval", "1h")
        w.says("asking ldap")
        for i in range(3):
            p.slapd.delete(dn("p000%d" % i))
        w.send(signal.SIGUSR1)
        token = w.until(lambda: w.report()["approve"])
        self.assertEqual(p.accounts("inactive"), {})
        done = p.run("--approve", token, "--report", p.path("other.json"))
        self.ends(done, 0)
        w.until(lambda: len(p.accounts("inactive")) == 3, 3 * SLOW)
        self.told_to_end(w)


class Ending(watching.Test):
    def test_sigterm_under_load_loses_and_doubles_nothing(self):
        p = self.pipeline(crowd(300))
        p.sim.switch(latency=40)
        w = self.watch(p, "--interval", "1s")
        w.until(lambda: p.created() >= 40, 60)
        began = time.monotonic()
        done = w.stop()
        self.ends(done, 143)
        self.assertLess(time.monotonic() - began, 3 * SLOW)
        made = len(p.sim.users())
        self.assertLess(made, 300)
        p.sim.switch(latency=0)
        p.sync()
        self.assertEqual(len(p.sim.users()), 300)
        self.assertEqual(p.twins(), [])
        self.assertEqual(p.created(), 300)


class Outages(watching.Test):
    def test_a_directory_that_restarts(self):
        p = self.pipeline(crowd(5))
        w = self.watch(p, "--interval", "200ms")
        w.says("asking ldap")
        p.slapd.stop()
        w.says("failed in", timeout=30)
        time.sleep(1)
        self.assertLess(w.passes(), 40)
        p.slapd.start()
        p.slapd.replace(dn("p0001"), "title", "Director")
        w.until(lambda: self.title(p, "p0001") == "Director", 60)
        w.until(lambda: w.report()["result"] == "ok")
        self.told_to_end(w)
        self.assertEqual(p.accounts("inactive"), {})
        self.assertEqual(p.sync()["parked"], 0)

    def test_a_directory_that_is_not_there_at_the_start(self):
        p = self.pipeline(crowd(5))
        p.slapd.stop()
        w = self.watch(p, "--interval", "1s")
        w.says("next attempt")
        p.slapd.start()
        w.until(lambda: len(p.sim.users()) == 5, 60)
        self.told_to_end(w)

    def test_G7_what_is_queued_goes_on_while_the_directory_is_away(self):
        p = self.pipeline(crowd(4))
        w = self.watch(p, "--interval", "200ms")
        w.says("asking ldap")
        p.sim.fault(status=501, path="/api/*")
        p.slapd.replace(dn("p0001"), "title", "Director")
        w.until(lambda: w.report()["queued"] == 1 and w.report()["result"] == "failed", 60)
        p.slapd.stop()
        since = w.mark()
        w.says("cannot (connect|open)", since, 60)
        p.sim.clear_faults()
        w.until(lambda: self.title(p, "p0001") == "Director", 90)
        p.slapd.start()
        p.slapd.replace(dn("p0002"), "title", "Chief")
        w.until(lambda: self.title(p, "p0002") == "Chief", 90)
        self.told_to_end(w)

    def test_a_sink_that_is_away_parks_nobody(self):
        p = self.pipeline(crowd(8))
        w = self.watch(p, "--interval", "500ms")
        w.says("asking ldap")
        p.sim.fault(status=503, path="/api/*")
        since = w.mark()
        for i in range(8):
            p.slapd.replace(dn("p000%d" % i), "title", "Director %d" % i)
        w.says("failed in", since, 60)
        p.sim.clear_faults()
        w.until(lambda: all(self.title(p, "p000%d" % i) == "Director %d" % i for i in range(8)), 90)
        w.until(lambda: w.report()["result"] == "ok" and w.report()["queued"] == 0)
        self.assertEqual(w.report()["parked"], 0)
        self.told_to_end(w)
        self.assertEqual(p.sync()["parked"], 0)


if __name__ == "__main__":
    tap.main()

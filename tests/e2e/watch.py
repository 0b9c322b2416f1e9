"""--watch: following changes by polling and by a stream, signals, outages, systemd's protocol."""
import json
import os
import shutil
import signal
import socket
import tempfile
import time
import unittest

import pipeline
import tap
from pipeline import crowd, dn, person
from watching import Watching

USERS = "/api/v2/scim/v2/Users*"
SLOW = 4 if pipeline.sanitized() or os.environ.get("SYNCD_VALGRIND") else 1


class Watch(pipeline.Test):
    def watch(self, p, *words, **more):
        w = Watching(p, *words, **more)
        self.addCleanup(w.kill)
        return w

    def title(self, p, uid):
        account = p.account("%s@example.com" % uid)
        return account and account.get("title")

    def told_to_end(self, w, code=143, how=signal.SIGTERM):
        done = w.stop(how)
        self.ends(done, code)
        return done


class Polling(Watch):
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


class Orders(Watch):
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


class Reloading(Watch):
    def start(self, **more):
        p = self.pipeline(crowd(6), **more)
        w = self.watch(p, "--interval", "1h")
        w.says("asking ldap")
        return p, w

    def hup(self, p, w, text=None):
        since = w.mark()
        p.write(text)
        w.send(signal.SIGHUP)
        return since

    def test_a_good_configuration_takes_over(self):
        p, w = self.start()
        p.config["mapping"] = dict(pipeline.MAPPING, title="${title | upper}")
        since = self.hup(p, w)
        w.says("read anew", since)
        w.until(lambda: self.title(p, "p0002") == "ENGINEER")
        p.config["sources"]["ldap"]["filter"] = "(title=Engineer)"
        p.config["schedule"] = {"every": "1s"}
        w.says("read anew", self.hup(p, w))
        self.told_to_end(w)
        self.assertEqual(p.created(), 6)

    def test_a_bad_one_is_refused_and_the_old_goes_on(self):
        p, w = self.start()
        good = dict(p.config)
        bad = [({"collison": {"policy": "skip"}}, "collision"),
               ({"mapping": {"userName": "mail", "displayNam": "cn"}}, "displayName"),
               ({"sources": {"ldap": dict(good["sources"]["ldap"], bind_password="wrong")}}, "bind"),
               ({"sources": {"ldap": dict(good["sources"]["ldap"], filter="(uid=")}}, "filter"),
               ({"state": {"path": p.path("no/such/folder/state.db")}}, "no/such/folder")]
        for change, word in bad:
            p.config = dict(good, **change)
            since = self.hup(p, w)
            w.says("refused, the old one goes on", since)
            w.says(word, since)
        w.says("refused.*yaml", self.hup(p, w, "sources: ["))
        p.slapd.replace(dn("p0001"), "title", "Director")
        w.send(signal.SIGUSR1)
        w.until(lambda: self.title(p, "p0001") == "Director")
        p.config = good
        w.says("read anew", self.hup(p, w))
        self.told_to_end(w)

    def test_another_sink_is_refused(self):
        p, w = self.start()
        other = pipeline.simulator.Simulator(["--no-limit"]).start()
        self.addCleanup(other.stop)
        sink = dict(p.config["sinks"]["genesys-scim"], base_url=other.base_url,
                    token_url=other.token_url)
        p.config["sinks"] = {"genesys-scim": sink}
        since = self.hup(p, w)
        w.says("refused", since)
        self.assertEqual(other.users(), [])
        self.told_to_end(w)

    def test_another_state_is_opened_and_the_old_one_let_go(self):
        p, w = self.start()
        p.config["state"] = {"path": p.path("other.db")}
        w.says("read anew", self.hup(p, w))
        w.until(lambda: os.path.exists(p.path("other.db")))
        p.config["state"] = {"path": p.state}
        p.sync()
        self.told_to_end(w)
        self.assertEqual(p.created(), 6)


class Ending(Watch):
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


class Outages(Watch):
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


class Notifying(Watch):
    def listen(self):
        folder = tempfile.mkdtemp(prefix="syncd-notify-")
        self.addCleanup(shutil.rmtree, folder, True)
        path = os.path.join(folder, "socket")
        end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(end.close)
        end.bind(path)
        end.setblocking(False)
        return end, path

    def take(self, end, got):
        while True:
            try:
                got.append(end.recv(65536).decode())
            except BlockingIOError:
                return got

    def test_a_long_list_of_accounts_does_not_look_dead(self):
        p = self.pipeline(crowd(12), sim=["--set", "latency=500"])
        p.sim.generate(150)
        end, path = self.listen()
        w = self.watch(p, "--interval", "1h",
                       env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "800000"})
        got = []

        def pages():
            return sum(1 for e in p.sim.log() if e["kind"] == "list")
        w.until(lambda: pages() >= 2, 60)
        self.take(end, got)
        before = got.count("WATCHDOG=1")
        w.until(lambda: pages() >= 7, 60)
        self.assertEqual(p.created(), 0)
        self.assertGreaterEqual(self.take(end, got).count("WATCHDOG=1") - before, 3)
        self.told_to_end(w)

    def test_the_service_manager_is_told(self):
        p = self.pipeline(crowd(3))
        end, path = self.listen()
        w = self.watch(p, "--interval", "1h",
                       env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "800000"})
        got = []
        w.says("asking ldap")
        w.until(lambda: self.take(end, got).count("WATCHDOG=1") >= 4, 10)
        self.assertEqual(got[0], "READY=1")
        self.assertTrue([m for m in got if m.startswith("STATUS=ok in")], got)
        self.assertTrue([m for m in got if m.startswith("STATUS=asking ldap")], got)
        w.send(signal.SIGHUP)
        w.says("read anew")
        w.until(lambda: self.take(end, got)[-1:] and any("RELOADING=1\nMONOTONIC_USEC=" in m
                                                         for m in got))
        at = [i for i, m in enumerate(got) if m.startswith("RELOADING=1")][0]
        w.until(lambda: "READY=1" in self.take(end, got)[at:])
        self.told_to_end(w)
        self.assertTrue([m for m in self.take(end, got) if m.startswith("STOPPING=1")], got)

    def test_a_long_look_at_the_accounts_is_not_taken_for_death(self):
        p = self.pipeline(crowd(120))
        p.sync()
        p.sim.switch(latency=400)
        end, path = self.listen()
        w = self.watch(p, "--interval", "1h", "--verify", env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"})
        got = []
        w.until(lambda: any(m.startswith("STATUS=asking") for m in self.take(end, got)), 90)
        self.assertIn("verifying 120 accounts by listing", w.said)
        first = got.index([m for m in got if m.startswith("STATUS=ok in")][0])
        self.assertGreaterEqual(got[:first].count("WATCHDOG=1"), 4, got)  # the requests are so many, at least
        self.told_to_end(w)

    def test_a_service_manager_that_does_not_read_holds_nobody_up(self):
        p = self.pipeline(crowd(3))
        _, path = self.listen()
        w = self.watch(p, "--interval", "20ms", env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000"})
        w.until(lambda: w.passes() >= 20, 120)
        p.slapd.replace(dn("p0001"), "title", "Director")
        w.until(lambda: self.title(p, "p0001") == "Director", 60)
        self.told_to_end(w)

    def test_an_abstract_socket_and_another_process_watchdog(self):
        p = self.pipeline(crowd(1))
        name = "syncd-test-%d" % os.getpid()
        end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(end.close)
        end.bind("\0" + name)
        end.setblocking(False)
        w = self.watch(p, "--interval", "1h", env={
            "NOTIFY_SOCKET": "@" + name, "WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"})
        w.says("asking ldap")
        time.sleep(0.5)
        got = self.take(end, [])
        self.assertIn("READY=1", got)
        self.assertNotIn("WATCHDOG=1", got)
        self.told_to_end(w)


class Streaming(Watch):
    """The scripted source offers a change stream; what is appended to its file comes next."""

    def entry(self, n, title="Engineer"):
        return {"entry": {"id": "id-%d" % n, "name": "uid=p%d" % n, "token": "%d-%s" % (n, title),
                          "attributes": {"mail": "p%d@example.com" % n, "cn": "Person %d" % n,
                                         "title": title}}}

    def script(self, p, *lines):
        with open(p.path("script"), "a") as out:
            out.write("".join(json.dumps(line) + "\n" for line in lines))

    def start(self, people=5, every="1h", **schedule):
        tests = os.path.join(pipeline.BUILD, ".plugins-test")
        if not os.path.exists(os.path.join(tests, "syncd-script.so")):
            self.skipTest("the scripted source was not built")
        p = self.pipeline([], schedule=dict({"every": every}, **schedule))
        p.config["sources"] = {"script": {"file": p.path("script")}}
        self.script(p, {"scan": {"mode": "everything"}}, *[self.entry(i) for i in range(people)],
                    {"checkpoint": "c1"}, {"all": True},
                    {"scan": {"mode": "changes", "checkpoint": "c1"}}, {"checkpoint": "c1"},
                    {"changes": True}, {"scan": {"mode": "watch", "checkpoint": "c1"}},
                    {"caught-up": True})
        return p, self.watch(p, "--plugin-dir", tests)

    def test_changes_come_through_the_stream(self):
        p, w = self.start()
        w.says("following the changes of script")
        self.script(p, self.entry(2, "Director"), {"checkpoint": "c2"})
        w.until(lambda: self.title(p, "p2") == "Director", 2 * SLOW)
        w.until(lambda: w.report()["mode"] == "watch")
        self.assertEqual(w.report()["sink"]["updated"], 1)
        self.assertTrue(w.report()["checkpoint"]["advanced"])
        self.script(p, self.entry(7), {"delete": "id-1"}, {"checkpoint": "c3"})
        w.until(lambda: p.account("p7@example.com"), 3 * SLOW)
        w.until(lambda: p.account("p1@example.com")["state"] == "inactive", 3 * SLOW)
        self.told_to_end(w)
        self.assertEqual(w.said.count("following the changes"), 1)

    def test_what_comes_within_a_second_goes_together(self):
        p, w = self.start()
        w.says("following the changes")
        before = w.passes()
        self.script(p, *[self.entry(i, "Boss %d" % i) for i in range(5)], {"checkpoint": "c2"})
        w.until(lambda: self.title(p, "p4") == "Boss 4", 3 * SLOW)
        w.until(lambda: w.report()["sink"]["updated"] == 5)
        self.assertEqual(w.passes(), before + 1)
        self.told_to_end(w)

    def test_it_rests_while_the_stream_is_quiet(self):
        p, w = self.start()
        w.says("following the changes")
        # the scripted source looks at its file all the time: an event holds it back
        self.script(p, {"wait": 3600000})
        time.sleep(0.6)
        before, passes = w.cpu(), w.passes()
        time.sleep(3)
        self.assertLessEqual(w.cpu() - before, 0.06)
        self.assertEqual(w.passes(), passes)
        began = time.monotonic()
        self.told_to_end(w)
        self.assertLess(time.monotonic() - began, 1 * SLOW)

    def test_a_stream_that_breaks_off_goes_on_from_the_checkpoint(self):
        p, w = self.start()
        w.says("following the changes")
        self.script(p, self.entry(2, "Director"), {"checkpoint": "c2"},
                    {"error": {"code": "unreachable", "message": "the line is cut"}},
                    {"scan": {"mode": "changes", "checkpoint": "c2"}}, self.entry(3, "Chief"),
                    {"checkpoint": "c3"}, {"changes": True},
                    {"scan": {"mode": "watch", "checkpoint": "c3"}}, {"caught-up": True},
                    self.entry(4, "Head"))
        w.says("the line is cut.*the last checkpoint")
        w.until(lambda: self.title(p, "p2") == "Director")
        w.until(lambda: self.title(p, "p3") == "Chief")
        w.until(lambda: self.title(p, "p4") == "Head")
        self.told_to_end(w)

    def test_a_sink_that_is_away_does_not_break_the_stream(self):
        p, w = self.start()
        w.says("following the changes")
        p.sim.fault(status=503, path="/api/*")
        since = w.mark()
        self.script(p, self.entry(2, "Director"), {"checkpoint": "c2"})
        w.says("failed in", since, 60)
        self.script(p, self.entry(3, "Chief"), {"checkpoint": "c3"})
        time.sleep(1)
        p.sim.clear_faults()
        w.until(lambda: self.title(p, "p2") == "Director" and self.title(p, "p3") == "Chief", 90)
        w.until(lambda: w.report()["queued"] == 0 and w.report()["result"] == "ok")
        self.assertEqual(w.report()["parked"], 0)
        self.told_to_end(w)
        self.assertEqual(w.said.count("following the changes"), 1)

    def test_presence_without_absence_leads_to_an_inventory(self):
        p, w = self.start()
        w.says("following the changes")
        self.script(p, {"still-there": {"id": "id-0", "token": "0-Engineer"}}, {"caught-up": True},
                    {"scan": {"mode": "inventory"}},
                    *[{"still-there": {"id": "id-%d" % i, "token": "%d-Engineer" % i}}
                      for i in range(5) if i != 3], {"all": True}, {"delete": "id-3"})
        self.script(p, {"get": {"id": "id-3", "answer": "gone"}})
        w.until(lambda: p.account("p3@example.com")["state"] == "inactive")
        self.assertEqual(set(u["state"] for u in p.sim.users()), {"active", "inactive"})
        self.told_to_end(w)


class Syncrepl(Watch):
    """A real directory's stream: OpenLDAP with syncprov."""

    def start(self, count=8, log="syncprov-sessionlog 100\n"):
        p = self.pipeline(crowd(count), directory={
            "modules": ("syncprov",),
            "database_conf": pipeline.LIMITS + "overlay syncprov\n" + log})
        w = self.watch(p, "--interval", "1h")
        w.says("following the changes of ldap")
        return p, w

    def test_edits_arrive_at_once_and_deletes_too(self):
        p, w = self.start()
        for i in range(5):
            p.slapd.replace(dn("p0002"), "title", "Director %d" % i)
            w.until(lambda i=i: self.title(p, "p0002") == "Director %d" % i, 20 * SLOW)
        p.slapd.add(person("new"))
        w.until(lambda: p.account("new@example.com"), 5 * SLOW)
        p.slapd.delete(dn("p0004"))
        w.until(lambda: p.account("p0004@example.com")["state"] == "inactive", 5 * SLOW)
        self.told_to_end(w)
        self.assertEqual(p.twins(), [])

    def test_G8_names_that_are_swapped_in_two_edits_within_a_second_end_right(self):
        p, w = self.start()
        one, two = (p.account("p000%d@example.com" % i)["id"] for i in (1, 2))
        p.slapd.replace(dn("p0001"), "mail", "p0002@example.com")
        time.sleep(0.2)  # the first edit is a pass of its own
        p.slapd.replace(dn("p0002"), "mail", "p0001@example.com")
        w.until(lambda: p.account_of("p0001")["userName"] == "p0002@example.com"
                and p.account_of("p0002")["userName"] == "p0001@example.com", 20 * SLOW)
        self.told_to_end(w)
        self.assertEqual(sorted(p.accounts()), ["p000%d@example.com" % i for i in range(len(p.accounts()))])

    def test_a_namesake_gets_a_suffix_when_nobody_gave_the_name_up_for_a_second(self):
        p, w = self.start()
        p.slapd.add(person("late", mail="p0001@example.com"))
        w.until(lambda: p.account("p0001_1@example.com"), 20 * SLOW)
        self.told_to_end(w)
        self.assertEqual(p.account_of("late")["userName"], "p0001_1@example.com")

    def test_a_restart_with_changes_meanwhile(self):
        p, w = self.start(log="")
        p.slapd.stop()
        w.says("last checkpoint on")
        p.slapd.start()
        p.slapd.delete(dn("p0004"))
        p.slapd.replace(dn("p0001"), "title", "Director")
        w.until(lambda: self.title(p, "p0001") == "Director", 60)
        w.until(lambda: p.account("p0004@example.com")["state"] == "inactive", 60)
        since = w.mark()
        w.until(lambda: w.report()["result"] == "ok")
        p.slapd.replace(dn("p0002"), "title", "Chief")
        w.until(lambda: self.title(p, "p0002") == "Chief", 30)
        self.assertEqual(len(p.accounts("inactive")), 1, w.lines[since:])
        self.told_to_end(w)


if __name__ == "__main__":
    tap.main()

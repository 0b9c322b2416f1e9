"""--watch: following changes by a stream, of a scripted source and of OpenLDAP's syncprov."""
import json
import os
import time

import pipeline
import tap
import watching
from pipeline import crowd, dn, person
from watching import SLOW


class Streaming(watching.Test):
    """The scripted source offers a change stream; what is appended to its file comes next."""

    def entry(self, n, title="Engineer"):
        return {"entry": {"id": "id-%d" % n, "name": "uid=p%d" % n, "token": "%d-%s" % (n, title),
                          "attributes": {"mail": "p%d@example.com" % n, "cn": "Person %d" % n,
                                         "title": title}}}

    def script(self, p, *lines):
        with open(p.path("script"), "a") as out:
            out.write("".join(json.dumps(line) + "\n" for line in lines))

    def start(self, people=5, every="1h", sim=(), **schedule):
        tests = os.path.join(pipeline.BUILD, ".plugins-test")
        if not os.path.exists(os.path.join(tests, "syncd-script.so")):
            self.skipTest("the scripted source was not built")
        p = self.pipeline([], sim=sim, schedule=dict({"every": every}, **schedule))
        p.config["sources"] = {"script": {"file": p.path("script")}}
        self.script(p, {"describe": {"server": "one"}}, {"scan": {"mode": "everything"}}, *[self.entry(i) for i in range(people)],
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

    def test_a_sink_that_is_away_does_not_make_one_inventory_after_another(self):
        p, w = self.start()
        w.says("following the changes")
        p.sim.fault(status=501, path="/api/*")
        everybody = [{"still-there": {"id": "id-%d" % i, "token": "%d-Engineer" % i}} for i in range(5)]
        self.script(p, self.entry(2, "Director"), everybody[0], {"caught-up": True},
                    {"scan": {"mode": "inventory"}}, *everybody, {"all": True})
        w.until(lambda: w.report()["mode"] == "inventory", 60)
        for _ in range(3):
            seen = w.passes()
            w.until(lambda seen=seen: w.passes() > seen, 60)
            w.until(lambda: w.report()["mode"] == "queue")
        p.sim.clear_faults()
        w.until(lambda: self.title(p, "p2") == "Director", 90)
        self.told_to_end(w)

    def test_G3_whom_the_stream_of_another_server_showed_is_not_missed_at_once(self):
        everybody = [{"still-there": {"id": "id-%d" % i, "token": "%d-Engineer" % i}} for i in range(5)]
        doubt = [{"still-there": {"id": "id-0", "token": "0-Engineer"}}, {"caught-up": True}]
        p, w = self.start(sim=["--set", "latency=500"])
        w.until(lambda: p.created() >= 1)  # the first pass has begun at that server
        self.script(p, {"describe": {"server": "two"}})
        w.says("following the changes")
        p.sim.switch(latency=0)
        self.script(p, self.entry(7), {"checkpoint": "c2"})
        w.until(lambda: p.account("p7@example.com"))
        # one that lags behind makes the inventory
        self.script(p, {"describe": {"server": "one"}}, *doubt)
        self.script(p, {"scan": {"mode": "inventory"}}, *everybody, {"all": True},
                    {"get": {"id": "id-7", "answer": "gone"}})
        w.until(lambda: w.report()["mode"] == "inventory")
        self.assertEqual(p.account("p7@example.com")["state"], "active")
        self.told_to_end(w)
        self.assertIn("another server", w.said)


class Syncrepl(watching.Test):
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

"""The inventory: what it finds, that it moves no checkpoint, and what its failure takes away: nothing."""
import json
import os
import sqlite3
import time

import pipeline
import slapd
import tap
from pipeline import crowd, dn, person
from watching import Watching

SYNCPROV = {"modules": ("syncprov",), "database_conf": pipeline.LIMITS + "overlay syncprov\n"}
MEMBERS = {"modules": ("syncprov", "memberof"),
           "database_conf": pipeline.LIMITS + "overlay syncprov\noverlay memberof\n"}


def age(p, days):
    """As if the last complete reads had been so long ago."""
    db = sqlite3.connect(p.state)
    then = str(int((time.time() - days * 86400) * 1000)).encode()
    db.execute("UPDATE fact SET value = ? WHERE name IN ('full_ms', 'inventory_ms')", (then,))
    db.commit()
    db.close()


def fact(p, name):
    db = sqlite3.connect(p.state)
    row = db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
    db.close()
    return row and (row[0].decode() if isinstance(row[0], bytes) else row[0])


class Real(pipeline.Test):
    def start(self, directory=None, **more):
        p = self.pipeline(crowd(6), directory=directory or SYNCPROV, **more)
        p.sync()
        return p

    def counted(self, p):
        age(p, 2)
        report = p.sync()
        self.assertEqual(report["mode"], "inventory")
        return report

    def test_G1_once_a_day_a_single_pass_makes_one(self):
        p = self.start()
        self.assertEqual(p.sync()["mode"], "changes")
        report = self.counted(p)
        self.assertEqual((report["source"]["read"], report["sink"]["unchanged"]), (6, 6))
        self.assertEqual(p.sync()["mode"], "changes")

    def test_G1_a_clock_that_was_ahead_and_is_put_right_does_not_put_it_off(self):
        p = self.start()
        age(p, -3650)
        report = p.sync()
        self.assertEqual((report["mode"], report["source"]["read"]), ("full", 6))
        self.assertEqual(p.sync()["mode"], "changes")
        age(p, -0.001)  # a little: clocks are set all the time
        self.assertEqual(p.sync()["mode"], "changes")

    def test_G10_people_of_a_renamed_container_have_their_new_names(self):
        p = self.start()
        p.slapd.add("dn: ou=east,%s\nobjectClass: organizationalUnit\nou: east\n\n" % slapd.PEOPLE)
        p.slapd.add(person("eve").replace("uid=eve,", "uid=eve,ou=east,"))
        p.sync()
        p.slapd.rename("ou=east," + slapd.PEOPLE, "ou=west")
        p.sync()
        before = p.snapshot()
        self.counted(p)
        self.assertEqual(p.snapshot(), before)
        self.says(p.run("explain", "uid=eve,ou=west," + slapd.PEOPLE), "eve@example.com")

    def group(self, p, *uids):
        p.slapd.replace("cn=staff,ou=services," + slapd.SUFFIX, "member", *[dn(u) for u in uids])

    def test_G1_a_membership_reaches_the_sink_by_it(self):
        mapping = dict(pipeline.MAPPING, title="${memberOf | first | default('none')}")
        for changes in ("auto", "timestamp", "inventory"):
            p = self.start(MEMBERS, mapping=mapping, ldap={"changes": changes})
            p.slapd.add("dn: cn=staff,ou=services,%s\nobjectClass: groupOfNames\ncn: staff\nmember: %s\n\n"
                        % (slapd.SUFFIX, dn("p0001")))
            token = p.slapd.search("(uid=p0002)", "entryCSN")
            self.group(p, "p0001", "p0002")
            self.assertEqual(p.slapd.search("(uid=p0002)", "entryCSN"), token, "the trap")
            age(p, 2)
            report = p.sync("-v")
            self.assertEqual(report["mode"], "inventory", changes)
            self.says(report, "memberOf changes without a new version")
            self.assertIn("cn=staff", p.account("p0002@example.com")["title"])
            self.group(p, "p0001")
            age(p, 2)
            p.sync()
            self.assertEqual(p.account("p0002@example.com")["title"], "none", changes)

    def test_G9_rights_to_an_attribute_that_come_and_go_are_seen_when_everything_is_read(self):
        p = self.start()
        with open(p.slapd.path("slapd.conf")) as file:
            conf = file.read()
        hide = 'access to attrs=title by dn.exact="%s" none by * read\n' % pipeline.READER
        for text, title in ((conf.replace(slapd.ACCESS, hide + slapd.ACCESS), None), (conf, "Engineer")):
            p.slapd.stop()
            with open(p.slapd.path("slapd.conf"), "w") as file:
                file.write(text)
            p.slapd.start()
            p.sync("--full")
            self.assertEqual(p.account("p0001@example.com").get("title"), title)


class Scripted(pipeline.Test):
    """A source that is told by a file what it shows."""

    def start(self, *lines, blind=()):
        self.modules = os.path.join(pipeline.BUILD, ".plugins-test")
        if not os.path.exists(os.path.join(self.modules, "syncd-script.so")):
            self.skipTest("the scripted source was not built")
        p = self.pipeline([])
        p.config["sources"] = {"script": {"file": p.path("script")}}
        self.script(p, {"describe": {"changes": "scripted", "blind": list(blind)}},
                    {"scan": {"mode": "everything"}}, *[self.entry(i) for i in range(6)],
                    {"checkpoint": "c1"}, {"all": True}, *lines)
        self.sync(p)
        return p

    def script(self, p, *lines):
        with open(p.path("script"), "a") as out:
            out.write("".join(json.dumps(line) + "\n" for line in lines))

    def entry(self, n, title="Engineer"):
        return {"entry": {"id": "id-%d" % n, "name": "uid=p%d" % n, "token": "%d-%s" % (n, title),
                          "attributes": {"mail": "p%d@example.com" % n, "cn": "Person %d" % n,
                                         "title": title}}}

    def still(self, *numbers):
        return [{"still-there": {"id": "id-%d" % n, "token": "%d-Engineer" % n}} for n in numbers]

    def sync(self, p, *words, **more):
        return p.sync(*words, "--plugin-dir", self.modules, **more)

    def changed(self, *lines):
        return [{"scan": {"mode": "changes", "checkpoint": "c1"}}, *lines, {"checkpoint": "c2"},
                {"changes": True}]

    def test_G3_one_that_breaks_off_takes_nothing_from_what_the_changes_told(self):
        for end in ({"error": {"code": "unreachable", "message": "cut"}}, {"partial": "cut"}):
            p = self.start(*self.changed(self.entry(2, "Boss"), {"delete": "id-3"}),
                           {"get": {"id": "id-3", "answer": "gone"}},
                           {"scan": {"mode": "inventory"}}, *self.still(0, 1), end, blind=["deletes"])
            report = self.sync(p, expect=1)
            self.says(report, "cut")
            self.assertEqual(p.account("p2@example.com")["title"], "Boss")
            self.assertEqual({u["userName"] for u in p.sim.users("inactive")}, {"p3@example.com"})
            self.assertEqual(fact(p, "checkpoint"), "c2")

    def test_G3_a_read_of_changes_that_breaks_off_keeps_the_checkpoint(self):
        p = self.start({"scan": {"mode": "changes", "checkpoint": "c1"}}, {"delete": "id-3"},
                       {"checkpoint": "c2"}, {"error": {"code": "unreachable", "message": "cut"}},
                       {"get": {"id": "id-3", "answer": "gone"}})
        self.sync(p, expect=1)
        self.assertEqual(p.sim.users("inactive"), [])
        self.assertEqual(fact(p, "checkpoint"), "c1")

    def test_G1_it_moves_no_checkpoint(self):
        p = self.start(*self.changed(), {"scan": {"mode": "inventory"}}, *self.still(0, 1, 2, 3, 4),
                       {"checkpoint": "c9"}, {"all": True}, {"get": {"id": "id-5", "answer": "gone"}},
                       blind=["deletes"])
        report = self.sync(p)
        self.assertEqual((report["mode"], report["sink"]["disabled"]), ("inventory", 1))
        self.assertEqual(fact(p, "checkpoint"), "c2")

    def test_G1_a_source_that_cannot_count_is_read_completely(self):
        p = self.start(*self.changed(), {"scan": {"mode": "inventory"}},
                       {"error": {"code": "unsupported", "message": "no versions"}}, blind=["deletes"])
        report = self.sync(p)
        self.says(report, "no versions.*everything is read")
        self.assertEqual((report["mode"], report["source"]["read"]), ("full", 6))

    def test_G10_another_name_alone_is_looked_at(self):
        moved = self.still(0, 1, 2, 3, 4, 5)
        moved[4]["still-there"]["name"] = "uid=p4,ou=new"
        p = self.start(*self.changed(), {"scan": {"mode": "inventory"}}, *moved, {"all": True},
                       {"scan": {"mode": "watch"}},
                       {"entry": dict(self.entry(4)["entry"], name="uid=p4,ou=new")}, blind=["deletes"])
        before = p.snapshot()
        self.sync(p)
        self.assertEqual(p.snapshot(), before)
        self.says(p.run("explain", "uid=p4,ou=new", "--plugin-dir", self.modules), "id-4")

    def test_G3_an_empty_list_of_who_is_still_there_makes_no_leaver(self):
        """A server's mistake, or 389's refreshDeletes: everybody is asked for by id first."""
        p = self.start({"scan": {"mode": "changes", "checkpoint": "c1"}}, {"checkpoint": "c2"}, {"all": True})
        report = self.sync(p)
        self.assertEqual((report["held"], report["sink"]["disabled"], p.sim.users("inactive")), (0, 0, []))

    def test_G1_what_changes_by_time_alone_is_looked_at_when_the_time_has_come(self):
        expiring = self.entry(7)
        expiring["entry"]["reevaluate_at"] = int(time.time() * 1000) + 1500
        p = self.start(*self.changed())
        self.script(p, {"scan": {"mode": "changes", "checkpoint": "c2"}}, expiring, {"checkpoint": "c3"},
                    {"changes": True}, {"scan": {"mode": "changes", "checkpoint": "c3"}}, {"checkpoint": "c3"},
                    {"changes": True}, {"scan": {"mode": "watch"}}, self.entry(7, "Expired"))
        self.sync(p)
        self.sync(p)
        self.assertEqual(p.account("p7@example.com")["title"], "Engineer")
        time.sleep(max(0, expiring["entry"]["reevaluate_at"] / 1000 - time.time()) + 0.1)
        self.sync(p)
        self.assertEqual(p.account("p7@example.com")["title"], "Expired")

    def test_G1_an_account_that_expires_is_disabled_then(self):
        at = int(time.time()) + (20 if pipeline.sanitized() else 5)
        expiring = self.entry(7)
        expiring["entry"]["reevaluate_at"] = at * 1000
        expiring["entry"]["attributes"]["accountExpires"] = str((at + 11644473600) * 10000000)
        later = {"entry": dict(expiring["entry"])}
        del later["entry"]["reevaluate_at"]
        p = self.start(*self.changed(expiring), {"scan": {"mode": "changes", "checkpoint": "c2"}},
                       {"checkpoint": "c2"}, {"changes": True}, {"scan": {"mode": "watch"}}, later)
        p.config["mapping"]["active"] = "${'true' | until(accountExpires)}"
        self.assertEqual([self.sync(p)["mode"] for _ in range(2)], ["full", "changes"])
        self.assertEqual(p.account("p7@example.com")["state"], "active")
        time.sleep(max(0, at - time.time()) + 0.2)
        report = self.sync(p)
        self.assertEqual(p.account("p7@example.com")["state"], "inactive")
        self.assertEqual(report["sink"]["disabled"], 1)

    def test_G8_beside_a_stream_only_what_it_cannot_see_is_read(self):
        p = self.start({"scan": {"mode": "changes", "checkpoint": "c1"}}, {"checkpoint": "c1"},
                       {"changes": True}, {"scan": {"mode": "inventory"}}, *self.still(0, 1, 2, 4, 5),
                       {"checkpoint": "c9"}, {"all": True}, {"get": {"id": "id-3", "answer": "gone"}},
                       {"scan": {"mode": "watch", "checkpoint": "c1"}}, {"caught-up": True})
        p.config["schedule"] = {"every": "1s", "inventory": "3s"}
        w = Watching(p, "--plugin-dir", self.modules)
        self.addCleanup(w.stop)
        w.says("following the changes")
        w.until(lambda: p.account("p3@example.com")["state"] == "inactive")
        w.until(lambda: w.report()["mode"] == "inventory")
        self.assertFalse(w.report()["checkpoint"]["advanced"])
        self.script(p, self.entry(2, "Director"), {"checkpoint": "c2"})
        w.until(lambda: p.account("p2@example.com")["title"] == "Director")
        self.assertEqual(w.said.count("following the changes"), 1, "the stream lived on")


if __name__ == "__main__":
    tap.main()

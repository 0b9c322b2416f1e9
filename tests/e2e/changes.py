"""Passes that read only what changed, by what the directory itself tells (syncrepl)."""
import contextlib
import sqlite3

import pipeline
import slapd
import tap
from pipeline import crowd, dn, person

NO_LOG = {"modules": ("syncprov",), "database_conf": pipeline.LIMITS + "overlay syncprov"}
LOG = {"modules": ("syncprov",),
       "database_conf": pipeline.LIMITS + "overlay syncprov\nsyncprov-sessionlog 100"}


class Synchronized(pipeline.Test):
    def start(self, directory, people=12, **more):
        p = self.pipeline(crowd(people), directory=directory, **more)
        report = p.sync()
        self.assertEqual(report["source"]["changes"], "syncrepl")
        p.slapd.replace("ou=services," + slapd.SUFFIX, "description", "the session log begins")
        return p

    def quiet(self, p):
        with p.watched() as seen:
            report = p.sync()
        self.assertEqual(seen.writes, [])
        self.assertEqual(report["source"]["read"], 0)
        return report

    def test_a_full_read_that_is_overdue_is_made_by_a_single_pass(self):
        p = self.pipeline(crowd(6), schedule={"full": "7d", "inventory": "never"})
        p.sync()
        self.assertEqual(p.sync()["mode"], "changes")
        with contextlib.closing(sqlite3.connect(p.state)) as state, state:
            week = 8 * 86400 * 1000
            state.execute("UPDATE fact SET value = CAST (CAST (value AS INTEGER) - ? AS TEXT)"
                          " WHERE name = 'full_ms'", (week,))
        self.assertEqual(p.sync()["mode"], "full")
        self.assertEqual(p.sync()["mode"], "changes")

    def test_changes_leavers_and_joiners_in_one_pass(self):
        for directory in (NO_LOG, LOG):
            p = self.start(directory)
            p.sync()
            p.slapd.replace(dn("p0001"), "title", "Boss")
            p.slapd.delete(dn("p0002"))
            p.slapd.add(person("new"))
            report = p.sync()
            self.assertEqual(report["mode"], "changes")
            self.assertEqual(p.account("p0001@example.com")["title"], "Boss")
            self.assertEqual(p.account("p0002@example.com")["state"], "inactive")
            self.assertEqual(p.account("new@example.com")["state"], "active")
            sink = report["sink"]
            self.assertEqual((sink["created"], sink["updated"], sink["disabled"]), (1, 1, 1))
            self.quiet(p)

    def test_somebody_made_anew_under_one_name(self):
        p = self.start(LOG)
        p.sync()
        before = p.uuid("p0002")
        p.slapd.delete(dn("p0002"))
        p.slapd.add(person("p0002", title="Anew"))
        report = p.sync(expect=3)
        account = p.account("p0002@example.com")
        self.assertEqual((account["state"], account["externalId"]), ("inactive", before))
        self.assertEqual((report["parked"], report["sink"]["disabled"]), (1, 1))

    def test_out_of_the_filter_and_back(self):
        p = self.start(NO_LOG, ldap={"filter": "(&(objectClass=inetOrgPerson)(title=*))"})
        p.slapd.modify("dn: %s\nchangetype: modify\ndelete: title\n" % dn("p0001"))
        p.sync()
        self.assertEqual(p.account("p0001@example.com")["state"], "inactive")
        p.slapd.replace(dn("p0001"), "title", "Back")
        p.sync()
        self.assertEqual(p.account("p0001@example.com")["state"], "active")

    def test_somebody_who_becomes_visible_without_a_change(self):
        hidden = 'access to dn.exact="%s" by * none\n' % dn("p0003")
        p = self.start(dict(NO_LOG, access=hidden + slapd.ACCESS))
        self.assertIsNone(p.account("p0003@example.com"))
        with open(p.slapd.path("slapd.conf")) as file:
            text = file.read()
        with open(p.slapd.path("slapd.conf"), "w") as file:
            file.write(text.replace(hidden, ""))
        p.slapd.restart()
        p.slapd.replace(dn("p0001"), "title", "Boss")
        report = p.sync()
        self.assertEqual(report["mode"], "changes")
        self.assertEqual(p.account("p0003@example.com")["state"], "active")
        self.assertEqual(p.account("p0001@example.com")["title"], "Boss")
        self.quiet(p)

    def test_a_directory_restored_from_a_backup_is_read_completely(self):
        p = self.start(NO_LOG)
        backup = p.slapd.dump()
        p.slapd.replace(dn("p0001"), "title", "Lost")
        p.sync()
        self.assertEqual(p.account("p0001@example.com")["title"], "Lost")
        p.slapd.restore(backup)
        report = p.sync()
        self.says(report, "newer than provider")
        self.assertEqual(report["mode"], "full")
        self.assertNotEqual(p.account("p0001@example.com").get("title"), "Lost")

    def test_a_brake_keeps_leavers_for_later(self):
        p = self.start(LOG, people=20)
        p.sync()
        for i in range(12):
            p.slapd.delete(dn("p%04d" % i))
        held = p.sync(expect=4)
        self.assertEqual(held["sink"]["disabled"], 0)
        self.assertEqual(p.account("p0000@example.com")["state"], "active")
        again = p.sync(expect=4)
        self.assertEqual(again["sink"]["disabled"], 0)
        self.says(again, "12 held by a brake")


class Inventory(pipeline.Test):
    """Versions alone are read, and what differs is fetched."""

    def test_changes_leavers_and_joiners(self):
        p = self.pipeline(crowd(12), ldap={"changes": "inventory"})
        p.sync()
        p.slapd.replace(dn("p0001"), "title", "Boss")
        p.slapd.delete(dn("p0002"))
        p.slapd.add(person("new"))
        report = p.sync()
        self.assertEqual((report["mode"], report["source"]["changes"]), ("changes", "inventory"))
        self.assertEqual(p.account("p0001@example.com")["title"], "Boss")
        self.assertEqual(p.account("p0002@example.com")["state"], "inactive")
        self.assertEqual(p.account("new@example.com")["state"], "active")
        with p.watched() as seen:
            report = p.sync()
        self.assertEqual((seen.writes, report["mode"]), ([], "changes"))


if __name__ == "__main__":
    tap.main()

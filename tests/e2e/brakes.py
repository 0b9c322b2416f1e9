"""Brakes: more leavers, updates or creates than configured are held, the rest goes on."""
import contextlib
import sqlite3
import time

import pipeline
import tap
from pipeline import crowd, dn, person


class Brakes(pipeline.Test):
    def test_G4_too_many_leavers_are_all_held_and_the_rest_goes_on(self):
        p = self.pipeline(crowd(40), brakes={"leavers": {"percent": 5, "min": 2}})
        p.sync()
        for i in range(3):
            p.slapd.delete(dn("p000%d" % i))
        p.slapd.replace(dn("p0030"), "title", "Director")
        p.slapd.add(person("new"))
        report = p.sync("--full", expect=4)
        self.assertEqual(p.states(), {"active": 41})
        self.assertEqual(report["held"], 3)
        self.assertEqual(p.account("p0030@example.com")["title"], "Director")
        self.assertEqual(len(report["held_list"]), 3)

    def test_G4_held_changes_go_when_the_brake_is_wider(self):
        p = self.pipeline(crowd(40), brakes={"leavers": {"percent": 5, "min": 2}})
        p.sync()
        for i in range(3):
            p.slapd.delete(dn("p000%d" % i))
        p.sync("--full", expect=4)
        p.sync("--full", expect=4)
        self.assertEqual(p.states(), {"active": 40})
        p.config["brakes"] = {"leavers": {"percent": 20, "min": 20}}
        p.sync("--full")
        self.assertEqual(p.states(), {"active": 37, "inactive": 3})

    def test_G4_held_changes_go_away_when_the_source_takes_them_back(self):
        p = self.pipeline(crowd(40), ldap={"filter": "(&(objectClass=inetOrgPerson)(title=*))"},
                          brakes={"leavers": {"percent": 5, "min": 2}})
        p.sync()
        for i in range(3):
            p.slapd.modify("dn: %s\nchangetype: modify\ndelete: title\n" % dn("p000%d" % i))
        p.sync("--full", expect=4)
        for i in range(3):
            p.slapd.modify("dn: %s\nchangetype: modify\nadd: title\ntitle: Engineer\n" % dn("p000%d" % i))
        report = p.sync("--full")
        self.assertEqual((report["held"], p.states()), (0, {"active": 40}))

    def test_G4_leavers_are_held_at_more_than_half_whatever_the_minimum(self):
        p = self.pipeline(crowd(5))
        p.sync()
        for i in range(3):
            p.slapd.delete(dn("p000%d" % i))
        report = p.sync("--full", expect=4)
        self.assertEqual(report["held"], 3)
        self.says(report, "more than half are held in any case")
        self.assertEqual(p.states(), {"active": 5})

    def met(self, count, brakes):
        """People whose accounts exist and are active, and whose entries say that they are not to be."""
        p = self.pipeline([person("p%04d" % i, enabled="FALSE") for i in range(count)]
                          + [person("q%04d" % i, enabled="TRUE") for i in range(30 - count)],
                          mapping=dict(pipeline.MAPPING, active="enabled"), brakes={"leavers": brakes})
        p.sim.seed([{"userName": "%s%04d@example.com" % (c, i), "displayName": "Before", "title": "Kept"}
                    for c, n in (("p", count), ("q", 30 - count)) for i in range(n)])
        return p

    def test_G4_accounts_that_are_met_active_and_are_not_to_be_count_as_leavers(self):
        p = self.met(10, {"percent": 5, "min": 5})
        report = p.sync(expect=4)
        self.assertEqual((report["held"], p.states()), (10, {"active": 30}))
        self.says(report, "10 leavers, 0 more in the last 24 h, of 30 accounts")
        self.assertEqual(p.account("p0001@example.com")["displayName"], "Ada Lovelace")
        report = p.sync(expect=4)
        self.assertEqual((report["held"], p.states()), (10, {"active": 30}))
        p.sync("--approve", report["approve"])
        self.assertEqual(p.states(), {"active": 20, "inactive": 10})
        p.sync("--full")
        self.assertEqual(p.states(), {"active": 20, "inactive": 10})

    def test_accounts_that_are_met_active_and_are_not_to_be_are_disabled_in_the_same_pass(self):
        p = self.met(3, {"percent": 5, "min": 5})
        report = p.sync()
        self.assertEqual((report["held"], p.states()), (0, {"active": 27, "inactive": 3}))
        with p.watched() as seen:
            p.sync("--full")
        self.assertEqual(seen.writes, [])

    def test_G4_a_mapped_active_that_turns_false_counts_as_a_leaver(self):
        p = self.pipeline([person("p%d" % i, enabled="TRUE") for i in range(30)],
                          mapping=dict(pipeline.MAPPING, active="enabled"),
                          brakes={"leavers": {"percent": 5, "min": 2}})
        p.sync()
        for i in range(4):
            p.slapd.replace(dn("p%d" % i), "enabled", "FALSE")
        p.sync(expect=4)
        self.assertEqual(p.states(), {"active": 30})

    def test_G4_accounts_that_the_mapping_keeps_inactive_are_not_what_a_percentage_is_of(self):
        p = self.pipeline([person("p%04d" % i, enabled="FALSE" if i < 20 else "TRUE") for i in range(40)],
                          mapping=dict(pipeline.MAPPING, active="enabled"),
                          brakes={"leavers": {"percent": 20, "min": 2}})
        p.sync()
        self.assertIn("20 of them active", p.run("status").out)
        self.delete(p, 20, 21, 22, 23, 24)  # 5 of 20; of 40 it would be no more than 8
        report = p.sync("--full", expect=4)
        self.assertEqual((report["held"], p.states()), (5, {"active": 20, "inactive": 20}))
        self.says(report, "of 20 accounts")
        p.slapd.replace(dn("p0000"), "enabled", "TRUE")
        p.sync("--full", expect=4)
        self.assertIn("21 of them active", p.run("status").out)

    def delete(self, p, *numbers):
        for i in numbers:
            p.slapd.delete(dn("p%04d" % i))

    def test_G4_leavers_add_up_over_24_hours_and_not_longer(self):
        p = self.pipeline(crowd(40), brakes={"leavers": {"percent": 5, "min": 3}})
        p.sync()
        self.delete(p, 0, 1)
        p.sync("--full")
        self.delete(p, 2, 3)
        report = p.sync("--full", expect=4)
        self.assertEqual((report["held"], p.states()), (2, {"active": 38, "inactive": 2}))
        self.says(report, "2 leavers, 2 more in the last 24 h")
        with contextlib.closing(sqlite3.connect(p.state)) as state, state:
            state.execute("UPDATE done SET at = at - 90000")  # as if that had been a day ago
        self.delete(p, 4)
        report = p.sync("--full", expect=4)  # what came since goes; what is held never goes by time
        self.assertEqual((report["held"], p.states()), (2, {"active": 37, "inactive": 3}))
        p.sync("--approve", report["approve"])
        self.assertEqual(p.states(), {"active": 35, "inactive": 5})

    def test_G4_held_deletes_do_not_go_by_time_where_the_source_tells_of_them_again(self):
        p = self.pipeline(crowd(12), ldap={"filter": "(&(objectClass=inetOrgPerson)(!(title=gone)))"},
                          leavers={"delete_after": "1s"}, brakes={"leavers": {"percent": 1, "min": 2}})
        p.sync()
        for i in range(2):
            p.slapd.replace(dn("p000%d" % i), "title", "gone")
        p.sync()
        time.sleep(1.1)
        self.assertEqual(p.sync(expect=4)["held"], 2)
        with contextlib.closing(sqlite3.connect(p.state)) as state, state:
            state.execute("UPDATE done SET at = at - 90000")  # as if they had been disabled a day ago
        p.slapd.replace(dn("p0000"), "displayName", "Gone")  # told again: not in the filter
        self.assertEqual(p.sync(expect=4)["held"], 2)
        self.assertEqual(p.states(), {"active": 10, "inactive": 2})

    def test_G4_a_leaver_in_doubt_counts_when_the_entry_is_back(self):
        """Killed after the service had disabled somebody, who is back before the next pass."""
        p = self.pipeline(crowd(40), ldap={"filter": "(&(objectClass=inetOrgPerson)(title=*))"},
                          brakes={"leavers": {"percent": 0, "min": 2}})
        p.sync()
        self.retitle(p, "delete: title\n", 0)
        self.assertEqual(p.crash("after-apply:1", "--full"), -9)
        self.assertEqual(p.states(), {"active": 39, "inactive": 1})
        self.retitle(p, "add: title\ntitle: Engineer\n", 0)
        p.sync("--full")
        self.assertEqual(p.states(), {"active": 40})
        self.retitle(p, "delete: title\n", 1, 2)
        report = p.sync("--full", expect=4)
        self.assertEqual((report["held"], p.states()), (2, {"active": 40}))
        self.says(report, "2 leavers, 1 more in the last 24 h")

    def retitle(self, p, change, *numbers):
        for i in numbers:
            p.slapd.modify("dn: %s\nchangetype: modify\n%s" % (dn("p%04d" % i), change))

    def test_G4_too_many_updates_are_held(self):
        p = self.pipeline(crowd(20), brakes={"updates": {"percent": 10, "min": 3}})
        p.sync()
        for i in range(4):
            p.slapd.replace(dn("p000%d" % i), "title", "Director")
        before = p.snapshot()
        self.assertEqual(p.sync(expect=4)["held"], 4)
        self.assertEqual(p.snapshot(), before)

    def test_G4_too_many_creates_after_the_first_pass_are_held(self):
        p = self.pipeline(crowd(10), brakes={"creates": {"percent": 10, "min": 3}})
        p.sync()
        for one in crowd(4, 100):
            p.slapd.add(one)
        self.assertEqual(p.sync(expect=4)["held"], 4)
        self.assertEqual(len(p.accounts()), 10)

    def couples(self, first, last):
        """Each is the other's manager, so that of two that are made in one pass one is updated."""
        return [person("c%02d" % i, "Carl", "Couple%d" % i, title="Engineer", manager=dn("c%02d" % (i ^ 1)))
                for i in range(first, last)]

    def managed(self, count):
        enterprise = {"manager": {"value": "${manager | ref}"}}
        return self.pipeline(self.couples(0, count), brakes={"updates": {"percent": 10, "min": 3}},
                             schemas=[pipeline.USER, pipeline.ENTERPRISE],
                             mapping=dict(pipeline.MAPPING, **{pipeline.ENTERPRISE: enterprise}))

    def test_G4_references_set_by_the_first_pass_do_not_count_over_the_day(self):
        p = self.managed(20)
        report = p.sync()
        self.assertGreaterEqual(report["sink"]["updated"], 10)
        p.slapd.replace(dn("c03"), "title", "Director")
        self.assertEqual(p.sync()["sink"]["updated"], 1)

    def test_G4_references_that_can_be_set_later_are_counted_as_updates(self):
        p = self.managed(10)
        p.sync()
        for one in self.couples(10, 18):
            p.slapd.add(one)
        report = p.sync(expect=4)
        self.assertEqual((report["sink"]["created"], report["sink"]["updated"]), (8, 0))
        self.assertGreaterEqual(report["held"], 4)
        report = p.sync("--approve", report["approve"])
        manager = p.account("c11@example.com")[pipeline.ENTERPRISE]["manager"]["value"]
        self.assertEqual(manager, p.account("c10@example.com")["id"])
        self.assertEqual(p.sync()["held"], 0)

    def test_G4_references_that_still_point_nowhere_are_no_updates(self):
        p = self.managed(4)
        for i in range(8):
            p.slapd.add(person("lost%d" % i, manager="uid=nobody,ou=people,dc=example,dc=com"))
        p.sync()
        p.slapd.add(person("new"))
        with p.watched() as seen:
            report = p.sync()
        self.assertEqual((report["references_left_out"], [e["kind"] for e in seen.writes]), (8, ["create"]))

    def test_G4_the_first_pass_has_no_brake_on_creates(self):
        p = self.pipeline(crowd(30), brakes={"creates": {"percent": 1, "min": 1}})
        p.sync()
        self.assertEqual(len(p.accounts()), 30)


if __name__ == "__main__":
    tap.main()

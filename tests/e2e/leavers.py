"""People who leave, and what must not be taken for leaving; brakes."""
import contextlib
import signal
import sqlite3

import pipeline
import slapd
import tap
from pipeline import crowd, dn, person


def states(p):
    found = [u["state"] for u in p.sim.users()]
    return {s: found.count(s) for s in set(found)}


class Leaving(pipeline.Test):
    def test_a_leaver_is_disabled_once_and_counted(self):
        p = self.pipeline(crowd(12))
        p.sync()
        p.slapd.delete(dn("p0003"))
        report = p.sync("--full")
        self.assertEqual(p.account("p0003@example.com")["state"], "inactive")
        self.assertEqual(states(p), {"active": 11, "inactive": 1})
        self.assertEqual(report["sink"]["disabled"], 1)
        with p.watched() as seen:
            p.sync("--full")
        self.assertEqual(seen.writes, [])

    def test_whoever_leaves_the_filter_or_the_base_is_a_leaver(self):
        p = self.pipeline(crowd(12), ldap={"filter": "(&(objectClass=inetOrgPerson)(title=*))"})
        p.slapd.add("dn: ou=gone,%s\nobjectClass: organizationalUnit\nou: gone\n" % slapd.SUFFIX)
        p.sync()
        p.slapd.modify("dn: %s\nchangetype: modify\ndelete: title\n" % dn("p0001"))
        p.slapd.rename(dn("p0002"), "uid=p0002", "ou=gone," + slapd.SUFFIX)
        p.sync("--full")
        self.assertEqual([p.account("p000%d@example.com" % i)["state"] for i in (1, 2, 3)],
                         ["inactive", "inactive", "active"])

    def test_delete_deletes_what_we_made_and_never_what_was_adopted(self):
        p = self.pipeline(crowd(12), leavers={"policy": "delete"})
        p.sim.seed([{"userName": "p0001@example.com", "displayName": "Adopted"}])
        p.sync()
        p.slapd.delete(dn("p0000"))
        p.slapd.delete(dn("p0001"))
        p.sync("--full")
        self.assertEqual(p.account("p0000@example.com")["state"], "deleted")
        self.assertEqual(p.account("p0001@example.com")["state"], "inactive")

    def test_ignore_leaves_the_account_as_it_is(self):
        p = self.pipeline(crowd(12), leavers={"policy": "ignore"})
        p.sync()
        p.slapd.delete(dn("p0003"))
        p.sync("--full")
        self.assertEqual(states(p), {"active": 12})

    def test_somebody_who_is_back_is_enabled_again(self):
        p = self.pipeline(crowd(12), ldap={"filter": "(&(objectClass=inetOrgPerson)(title=*))"})
        p.sync()
        before = p.account("p0001@example.com")["id"]
        p.slapd.modify("dn: %s\nchangetype: modify\ndelete: title\n" % dn("p0001"))
        p.sync("--full")
        self.assertEqual(p.account("p0001@example.com")["state"], "inactive")
        p.slapd.modify("dn: %s\nchangetype: modify\nadd: title\ntitle: Back\n" % dn("p0001"))
        p.sync("--full")
        back = p.account("p0001@example.com")
        self.assertEqual((back["id"], back["state"], back["title"]), (before, "active", "Back"))


class Left(pipeline.Test):
    """A name that the account of somebody who left holds."""

    def rehired(self, **settings):
        p = self.pipeline([person("ada")] + crowd(11), **settings)
        p.sync()
        self.old = p.account("ada@example.com")["id"]
        p.slapd.delete(dn("ada"))
        p.sync("--full")
        p.slapd.add(person("ada2", "Ada", "Byron", mail="ada@example.com"))
        return p

    def test_park_is_the_default_and_names_both(self):
        p = self.rehired()
        report = p.sync(expect=3)
        self.assertEqual(report["parked"], 1)
        self.assertEqual(p.account("ada@example.com")["state"], "inactive")
        said = p.run("parked").out
        self.assertIn("ada@example.com", said)
        self.assertIn(self.old, said + p.run("explain", "uid=ada2," + slapd.PEOPLE).out)

    def test_an_entry_made_anew_between_two_passes_is_parked_as_well(self):
        p = self.pipeline(crowd(12))
        p.sync()
        before = p.account("p0003@example.com")["id"]
        p.slapd.delete(dn("p0003"))
        p.slapd.add(crowd(1, 3)[0])  # the same DN and name, another entry
        p.sync("--full", expect=3)
        self.assertEqual([(u["id"], u["state"]) for u in p.sim.user("p0003@example.com")],
                         [(before, "inactive")])
        self.assertEqual(len(p.accounts()), 12)

    def test_adopt_also_where_the_entry_was_made_anew_between_two_passes(self):
        p = self.pipeline(crowd(12), collision={"left": "adopt"})
        p.sync()
        before = p.account("p0003@example.com")["id"]
        for _ in range(3):
            p.slapd.delete(dn("p0003"))
            p.slapd.add(crowd(1, 3)[0])
            p.sync("--full")
            self.assertEqual([(u["id"], u["state"], u["externalId"]) for u in p.sim.user("p0003@example.com")],
                             [(before, "active", p.uuid("p0003"))])
            with p.watched() as seen:
                p.sync("--full")
            self.assertEqual(seen.writes, [])
        self.assertEqual(len(p.accounts()), 12)

    def test_suffix_makes_a_new_account(self):
        p = self.rehired(collision={"left": "suffix"})
        p.sync()
        self.assertEqual(p.account_of("ada2")["userName"], "ada_1@example.com")
        self.assertEqual(p.account("ada@example.com")["state"], "inactive")

    def test_G5_an_adoption_that_the_sink_refuses_leaves_the_account_to_who_left(self):
        p = self.rehired(collision={"left": "adopt"})
        p.sim.fault(kind="status", status=409, detail="version", method="PATCH", path="*/users/*", count=0)
        p.sync(expect=3)
        p.sim.clear_faults()
        before = p.account("ada@example.com")
        said = p.run("explain", "uid=ada2," + slapd.PEOPLE).out
        self.assertNotIn("account: " + before["id"], said)
        self.assertEqual((before["id"], before["state"]), (self.old, "inactive"))
        self.says(p.run("link", "uid=ada2," + slapd.PEOPLE, self.old), ".*")
        p.sync()
        self.assertEqual(p.account_of("ada2")["id"], self.old)

    def test_G5_who_comes_back_after_a_refused_adoption_has_the_same_account(self):
        p = self.pipeline([person("ada", title="Countess")] + crowd(11), collision={"left": "adopt"},
                          ldap={"filter": "(&(objectClass=inetOrgPerson)(title=*))"})
        p.sync()
        old = p.account("ada@example.com")["id"]
        p.slapd.modify("dn: %s\nchangetype: modify\ndelete: title\n" % dn("ada"))
        p.sync("--full")
        p.slapd.add(person("ada2", "Ada", "Byron", mail="ada@example.com", title="Countess"))
        p.sim.fault(kind="status", status=409, detail="version", method="PATCH", path="*/users/*", count=0)
        p.sync(expect=3)
        p.sim.clear_faults()
        p.slapd.delete(dn("ada2"))
        p.slapd.modify("dn: %s\nchangetype: modify\nadd: title\ntitle: Back\n" % dn("ada"))
        p.sync("--full")
        back = p.account("ada@example.com")
        self.assertEqual((back["id"], back["state"], back["title"]), (old, "active", "Back"))

    def test_G5_who_left_does_not_disable_the_account_that_a_rehire_revived(self):
        p = self.pipeline([person("ada")] + crowd(11), sim=["--set", "version-mismatch=409"])
        p.sync()
        old = p.account("ada@example.com")["id"]
        p.sim.scim("DELETE", "users/" + old)
        p.sim.fault(kind="status", status=503, method="PATCH", path="*/users/" + old, count=0)
        p.slapd.delete(dn("ada"))
        p.kill_when(lambda: any(e["status"] == 503 for e in p.sim.log()), "--full")
        p.sim.clear_faults()
        p.sim.create("ada@example.com", externalId="ada2", active=True)  # revived, for somebody else
        p.sync("--full")
        p.sync("--full")
        self.assertEqual((p.account("ada@example.com")["id"], p.account("ada@example.com")["state"]),
                         (old, "active"))

    def test_adopt_takes_the_account_over(self):
        p = self.rehired(collision={"left": "adopt"})
        p.sync()
        ada = p.account_of("ada2")
        self.assertEqual((ada["id"], ada["userName"], ada["state"]),
                         (self.old, "ada@example.com", "active"))


class SameNumber(pipeline.Test):
    """externalId from an attribute that a person keeps: an entry made anew is the same person."""

    def rehired(self, **settings):
        people = [person("p%04d" % i, employeeNumber=str(4700 + i)) for i in range(12)]
        p = self.pipeline(people, mapping=dict(pipeline.MAPPING, externalId="employeeNumber"), **settings)
        p.sync()
        self.old = p.account("p0003@example.com")["id"]
        p.slapd.delete(dn("p0003"))
        return p

    def back(self, p):
        p.slapd.add(person("again", mail="p0003@example.com", employeeNumber="4703"))

    def is_the_same(self, p):
        mine = p.account("p0003@example.com")
        self.assertEqual((mine["id"], mine["state"], len(p.accounts())), (self.old, "active", 12))

    def test_G5_who_is_back_under_the_same_externalId_gets_the_same_account(self):
        p = self.rehired()
        p.sync("--full")
        self.assertEqual(p.account("p0003@example.com")["state"], "inactive")
        self.back(p)
        p.sync()
        self.is_the_same(p)
        p.sync("--full")
        self.is_the_same(p)

    def test_G5_also_where_the_entry_was_made_anew_between_two_passes(self):
        p = self.rehired()
        self.back(p)
        p.sync("--full")
        self.is_the_same(p)

    def test_a_refused_change_leaves_the_account_to_be_found_again(self):
        p = self.rehired()
        p.sync("--full")
        self.back(p)
        fault = p.sim.fault(status=400, kind="status", method="PATCH")
        p.sync(expect=3)
        p.sim.control("DELETE", "faults")
        self.ends(p.run("parked", "--retry-all"), 0)
        p.sync()
        self.assertIsNotNone(fault)
        self.is_the_same(p)

    def test_G1_leavers_without_a_known_account_are_held_and_found_when_they_are_approved(self):
        """Killed in the first load; most of those whose creates nobody confirmed leave."""
        people = [person("p%d" % i, employeeNumber="E%d" % i) for i in range(6)]
        p = self.pipeline(people, mapping=dict(pipeline.MAPPING, externalId="employeeNumber"))
        self.assertEqual(p.crash("after-apply:6"), -9)
        made = set(p.accounts())
        self.assertGreater(len(made), 2)
        for i in range(1, 6):
            p.slapd.delete(dn("p%d" % i))
        report = p.sync(expect=4)
        self.assertEqual({one["userName"] for one in report["held_list"]},
                         {"p%d@example.com" % i for i in range(1, 6)})
        p.sync("--approve", report["approve"])
        active = {u["userName"] for u in p.sim.users("active")}
        self.assertEqual(active, {"p0@example.com"})


class Silence(pipeline.Test):
    """G3: silence is not absence."""

    def with_limit(self, size, people=12):
        p = self.pipeline(crowd(people))
        p.sync()
        p.slapd.stop()
        with open(p.slapd.path("slapd.conf")) as file:
            text = file.read()
        with open(p.slapd.path("slapd.conf"), "w") as out:
            out.write(text.replace("size=unlimited", "size=%d" % size))
        p.slapd.start()
        return p

    def test_G3_a_size_limit_makes_no_leaver(self):
        p = self.with_limit(5)
        before = p.snapshot()
        done = p.run("--full")
        self.ends(done, 1)
        self.assertEqual(p.snapshot(), before)
        self.says(done, "limit")

    def test_G3_a_wrong_password_makes_no_leaver_and_says_what_to_do(self):
        p = self.pipeline(crowd(12))
        p.sync()
        before = p.snapshot()
        p.secrets["TEST_BIND_PW"] = "not-the-password"
        done = p.run("--full")
        self.ends(done, 1)
        self.says(done, "password|credential", "cn=syncd")
        self.assertEqual(p.snapshot(), before)

    def test_G3_an_unreachable_directory_makes_no_leaver(self):
        p = self.pipeline(crowd(12))
        p.sync()
        before = p.snapshot()
        p.slapd.stop()
        done = p.run("--full")
        self.ends(done, 1)
        self.assertEqual(p.snapshot(), before)
        p.slapd.start()
        p.sync("--full")
        self.assertEqual(p.snapshot(), before)

    def test_G3_a_directory_killed_in_mid_read_makes_no_leaver(self):
        p = self.pipeline(crowd(3000), ldap={"page_size": 100})
        p.sync()
        before = p.snapshot()
        p.slapd.delete(dn("p2999"))
        process = p.start("--full", "-v")
        p.slapd.stop(signal.SIGKILL)
        done = p.finish(process)
        self.assertIn(done.code, (0, 1), done)
        if done.code == 1:
            self.assertEqual(p.snapshot(), before)

    def test_G3_an_empty_result_holds_all_leavers_with_exit_4(self):
        p = self.pipeline(crowd(3))
        p.sync()
        before = p.snapshot()
        for i in range(3):
            p.slapd.delete(dn("p000%d" % i))
        report = p.sync("--full", expect=4)
        self.assertEqual((report["held"], report["result"]), (3, "held"))
        self.assertIsNotNone(report["approve"])
        self.assertEqual(p.snapshot(), before)
        self.says(p.run("plan", "--full"), "held|brake", "p0000")

    def test_G3_an_empty_result_is_held_however_few_there_were(self):
        p = self.pipeline(crowd(2))
        p.sync()
        before = p.snapshot()
        for i in range(2):
            p.slapd.delete(dn("p000%d" % i))
        self.assertEqual(p.sync("--full", expect=4)["held"], 2)
        self.assertEqual(p.snapshot(), before)

    def hidden(self, **ldap):
        """The rights to see people were revoked for one pass, and all of them are held."""
        p = self.pipeline(crowd(12), ldap=ldap)
        p.sync()
        with open(p.slapd.path("slapd.conf")) as file:
            self.conf = file.read()
        self.rights(p, "access to filter=(objectClass=inetOrgPerson) by * none\n")
        return p

    def rights(self, p, rule):
        p.slapd.stop()
        with open(p.slapd.path("slapd.conf"), "w") as out:
            out.write(self.conf.replace("access to", rule + "access to", 1))
        p.slapd.start()

    def test_G4_who_is_seen_again_by_marks_alone_is_taken_back(self):
        p = self.hidden(changes="inventory")
        before = p.snapshot()
        token = p.sync(expect=4)["approve"]
        self.rights(p, "")  # nothing of the entries is another one: they are not delivered anew
        self.assertEqual(p.sync()["held"], 0)
        p.sync("--approve", token)
        self.assertEqual(p.snapshot(), before)

    def test_G3_an_approval_disables_nobody_who_is_seen_again(self):
        p = self.hidden(changes="inventory")
        before = p.snapshot()
        token = p.sync(expect=4)["approve"]
        self.rights(p, "")
        p.sync("--approve", token)
        self.assertEqual(p.snapshot(), before)

    def test_G3_a_leaver_that_waited_for_the_sink_and_is_seen_again_stays(self):
        p = self.hidden(changes="inventory")
        before = p.snapshot()
        self.rights(p, "access to dn.exact=\"%s\" by * none\n" % dn("p0003"))
        fault = p.sim.fault(kind="status", status=401, path="/oauth/token")
        self.assertEqual(p.sync(expect=1)["queued"], 1)
        p.sim.control("DELETE", "faults/%s" % fault)
        self.rights(p, "")
        p.sync()
        self.assertEqual(p.snapshot(), before)

    def test_G3_another_filter_holds_the_leavers(self):
        p = self.pipeline(crowd(12))
        p.sync()
        before = p.snapshot()
        p.config["sources"]["ldap"]["filter"] = "(&(objectClass=inetOrgPerson)(!(uid=p0001)))"
        report = p.sync("--full", expect=4)
        self.assertEqual(report["held"], 1)
        self.assertEqual(p.snapshot(), before)


class Brakes(pipeline.Test):
    def test_G4_too_many_leavers_are_all_held_and_the_rest_goes_on(self):
        p = self.pipeline(crowd(40), brakes={"leavers": {"percent": 5, "min": 2}})
        p.sync()
        for i in range(3):
            p.slapd.delete(dn("p000%d" % i))
        p.slapd.replace(dn("p0030"), "title", "Director")
        p.slapd.add(person("new"))
        report = p.sync("--full", expect=4)
        self.assertEqual(states(p), {"active": 41})
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
        self.assertEqual(states(p), {"active": 40})
        p.config["brakes"] = {"leavers": {"percent": 20, "min": 20}}
        p.sync("--full")
        self.assertEqual(states(p), {"active": 37, "inactive": 3})

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
        self.assertEqual((report["held"], states(p)), (0, {"active": 40}))

    def test_G4_leavers_are_held_at_more_than_half_whatever_the_minimum(self):
        p = self.pipeline(crowd(5))
        p.sync()
        for i in range(3):
            p.slapd.delete(dn("p000%d" % i))
        self.assertEqual(p.sync("--full", expect=4)["held"], 3)
        self.assertEqual(states(p), {"active": 5})

    def test_G4_a_mapped_active_that_turns_false_counts_as_a_leaver(self):
        p = self.pipeline([person("p%d" % i, enabled="TRUE") for i in range(30)],
                          mapping=dict(pipeline.MAPPING, active="enabled"),
                          brakes={"leavers": {"percent": 5, "min": 2}})
        p.sync()
        for i in range(4):
            p.slapd.replace(dn("p%d" % i), "enabled", "FALSE")
        p.sync(expect=4)
        self.assertEqual(states(p), {"active": 30})

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
        self.assertEqual((report["held"], states(p)), (2, {"active": 38, "inactive": 2}))
        self.says(report, "2 leavers, 2 more in the last 24 h")
        with contextlib.closing(sqlite3.connect(p.state)) as state, state:
            state.execute("UPDATE done SET at = at - 90000")  # as if that had been a day ago
        self.delete(p, 4)
        report = p.sync("--full", expect=4)  # what came since goes; what is held never goes by time
        self.assertEqual((report["held"], states(p)), (2, {"active": 37, "inactive": 3}))
        p.sync("--approve", report["approve"])
        self.assertEqual(states(p), {"active": 35, "inactive": 5})

    def test_G4_a_leaver_in_doubt_counts_when_the_entry_is_back(self):
        """Killed after the service had disabled somebody, who is back before the next pass."""
        p = self.pipeline(crowd(40), ldap={"filter": "(&(objectClass=inetOrgPerson)(title=*))"},
                          brakes={"leavers": {"percent": 0, "min": 2}})
        p.sync()
        self.retitle(p, "delete: title\n", 0)
        self.assertEqual(p.crash("after-apply:1", "--full"), -9)
        self.assertEqual(states(p), {"active": 39, "inactive": 1})
        self.retitle(p, "add: title\ntitle: Engineer\n", 0)
        p.sync("--full")
        self.assertEqual(states(p), {"active": 40})
        self.retitle(p, "delete: title\n", 1, 2)
        report = p.sync("--full", expect=4)
        self.assertEqual((report["held"], states(p)), (2, {"active": 40}))
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

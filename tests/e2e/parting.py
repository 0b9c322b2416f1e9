"""Leavers whose accounts name a manager that somebody took away by hand: the service takes no change of them,
and their entries have nothing to say any more. They are disabled all the same."""
import json
import time

import pipeline
import tap
from pipeline import ENTERPRISE, crowd, dn, person
from references import BOSS, MAPPING, References, managed
from watching import Test

MANAGER = ENTERPRISE + ":manager.value"
USERS = "*/users/*"


class Parting(References):
    def leaving(self, *uids, boss=None, people=(), **settings):
        """UIDS are about to leave, their manager's account is gone: the pipeline and that account's id."""
        people = list(people) or [BOSS] + managed(*uids)
        p = self.start(people + crowd(8), **settings)
        account = boss(p) if boss else p.account_of("boss")["id"]
        self.depart(p, *uids)
        p.sim.purge(account)
        return p, account

    def depart(self, p, *uids):
        self.were = {uid: p.account_of(uid)["id"] for uid in uids}
        for uid in uids:
            p.slapd.delete(dn(uid))

    def was(self, p, uid):
        return next(user for user in p.sim.users() if user["id"] == self.were[uid])

    def state(self, p, uid):
        user = self.was(p, uid)
        return user["state"], user.get(ENTERPRISE, {}).get("manager", {}).get("value")

    def by_hand(self, p, uid):
        """A manager of nobody's entry, whom somebody gave him at the service: his account."""
        chief = json.loads(p.sim.create("chief@elsewhere.example").body)["id"]
        done = p.sim.patch(p.account_of(uid)["id"], {"op": "replace", "path": MANAGER, "value": chief})
        self.assertEqual(done.status, 200)
        return chief

    def taken(self, seen, uid):
        """What was taken of the changes of an account: their operations."""
        return [[(o["op"], o["path"]) for o in json.loads(e["body"])["Operations"]] for e in seen.writes
                if e["path"].endswith("/" + self.were[uid]) and e["status"] == 200]


class Disabled(Parting):
    def test_G1_a_leaver_whose_manager_was_purged_is_disabled_in_the_same_pass(self):
        p, boss = self.leaving("ada")
        with p.watched() as seen:
            report = p.sync("--full")
        self.assertEqual(self.state(p, "ada"), ("inactive", None))
        self.assertEqual((report["parked"], report["sink"]["disabled"], report["sink"]["created"]), (0, 1, 1))
        self.assertEqual(self.taken(seen, "ada"), [[("remove", MANAGER), ("replace", "active")]])
        self.assertNotEqual(p.account_of("boss")["id"], boss)  # made anew
        self.says(report, "account %s of boss@example.com .*not there any more" % boss)
        self.quiet(p, "--full")

    def test_G1_many_of_them_and_the_manager_is_looked_at_once(self):
        uids = ["led%02d" % i for i in range(24)]
        p, boss = self.leaving(*uids, scim={"sessions": 4}, brakes={"leavers": {"percent": 100, "min": 100}},
                               people=[BOSS] + managed(*uids) + crowd(30, start=100))
        with p.watched() as seen:
            report = p.sync("--full")
        self.assertEqual({self.state(p, uid) for uid in uids}, {("inactive", None)})
        self.assertEqual((report["parked"], report["sink"]["disabled"]), (0, 24))
        self.assertEqual(len(self.reads_of(seen, boss)), 1)
        self.quiet(p, "--full")

    def test_G1_who_comes_back_has_a_manager_again(self):
        p, _ = self.leaving("ada", "bob")
        p.sync("--full")
        for one in managed("ada", "bob"):
            p.slapd.add(one)
        p.config["match"] = ["externalId", "userName"]
        p.config["collision"] = {"left": "adopt"}
        p.sync("--full")
        for uid in ("ada", "bob"):
            self.assertEqual((p.account_of(uid)["id"], p.account_of(uid)["state"]), (self.were[uid], "active"))
        self.points(p, "boss", "ada", "bob")
        self.quiet(p, "--full")

    def test_G1_also_where_it_comes_back_as_the_same_entry(self):
        p = self.start([BOSS] + managed("ada") + crowd(8), ldap={"filter": "(&(objectClass=inetOrgPerson)(title=*))"},
                       mapping=dict(MAPPING, title="title"))
        p.slapd.replace(dn("boss"), "title", "Boss")
        p.sync("--full")
        p.sim.purge(p.account_of("boss")["id"])
        self.were = {"ada": p.account_of("ada")["id"]}
        p.slapd.modify("dn: %s\nchangetype: modify\ndelete: title\n" % dn("ada"))
        p.sync("--full")
        self.assertEqual(self.state(p, "ada"), ("inactive", None))
        p.slapd.modify("dn: %s\nchangetype: modify\nadd: title\ntitle: Clerk\n" % dn("ada"))
        p.sync("--full")
        self.assertEqual(self.state(p, "ada"), ("active", p.account_of("boss")["id"]))
        self.quiet(p, "--full")

    def test_G1_a_manager_who_left_as_well_and_is_gone(self):
        p = self.start([BOSS] + managed("ada", "bob") + crowd(8))
        boss = p.account_of("boss")["id"]
        self.depart(p, "ada", "bob")
        p.slapd.delete(dn("boss"))
        p.sim.purge(boss)
        report = p.sync("--full")
        self.assertEqual({self.state(p, uid) for uid in ("ada", "bob")}, {("inactive", None)})
        self.assertEqual((report["parked"], report["sink"]["created"]), (0, 0))
        self.quiet(p, "--full")

    def test_G1_leavers_are_deleted_all_the_same(self):
        p, _ = self.leaving("ada", leavers={"policy": "delete"})
        report = p.sync("--full")
        self.assertEqual((report["parked"], report["sink"]["deleted"], self.state(p, "ada")[0]), (0, 1, "deleted"))

    def test_G1_and_also_some_time_after_they_were_disabled(self):
        p, _ = self.leaving("ada", leavers={"delete_after": "1s"})
        self.assertEqual(p.sync("--full")["sink"]["disabled"], 1)
        time.sleep(1.1)
        self.assertEqual(p.sync("--full")["sink"]["deleted"], 1)
        self.assertEqual(self.state(p, "ada")[0], "deleted")


class ByHand(Parting):
    """The manager was given at the service, and no entry says so."""
    SIM = ["--set", "version-mismatch=ignore"]  # else whatever somebody changed is sent anew

    def test_G1_a_manager_given_by_hand_and_purged(self):
        p = self.start([person("ada", title="Clerk")] + crowd(8), sim=self.SIM)
        chief = self.by_hand(p, "ada")
        self.depart(p, "ada")
        p.sim.purge(chief)
        report = p.sync("--full")
        self.assertEqual((self.state(p, "ada"), report["parked"]), (("inactive", None), 0))
        self.says(report, "points at the account %s, which is not there" % chief)
        self.quiet(p, "--full")

    def test_G1_also_where_the_service_tells_that_somebody_changed_the_account(self):
        p = self.start([person("ada", title="Clerk")] + crowd(8))
        chief = self.by_hand(p, "ada")
        self.depart(p, "ada")
        p.sim.purge(chief)
        self.assertEqual(p.sync("--full")["parked"], 0)
        self.assertEqual(self.state(p, "ada"), ("inactive", None))

    def test_G1_in_the_place_of_the_one_that_the_entry_names(self):
        p = self.start([BOSS] + managed("ada") + crowd(8), sim=self.SIM)
        chief = self.by_hand(p, "ada")
        self.depart(p, "ada")
        p.sim.purge(chief)
        self.assertEqual(p.sync("--full")["parked"], 0)
        self.assertEqual(self.state(p, "ada"), ("inactive", None))

    def test_G1_who_is_there_loses_it_with_the_next_change(self):
        p = self.start([BOSS, person("ada", title="Clerk")] + managed("bob") + crowd(8), sim=self.SIM)
        chief = self.by_hand(p, "ada")
        p.sim.patch(p.account_of("bob")["id"], {"op": "replace", "path": MANAGER, "value": chief})
        p.sim.purge(chief)
        for uid in ("ada", "bob"):
            p.slapd.replace(dn(uid), "title", "Engineer")
        with p.watched() as seen:
            self.assertEqual(p.sync()["parked"], 0)
        self.assertEqual(len(self.reads_of(seen, chief)), 1, seen)
        self.assertEqual({p.account_of(uid)["title"] for uid in ("ada", "bob")}, {"Engineer"})
        self.points(p, None, "ada")
        self.points(p, "boss", "bob")
        self.quiet(p, "--full")

    def test_G9_a_manager_that_the_mapping_does_not_name_stays_and_the_leaver_is_parked(self):
        p = self.start([person("ada", title="Clerk")] + crowd(8), mapping=pipeline.MAPPING, sim=self.SIM)
        chief = self.by_hand(p, "ada")
        self.depart(p, "ada")
        p.sim.purge(chief)
        report = p.sync("--full", expect=3)
        self.assertEqual(self.state(p, "ada"), ("active", chief))
        self.assertRegex(report["parked_list"][0]["reason"], "manager: there is no .%s" % chief)


class Kept(Parting):
    """What is there is not taken away."""

    def test_G9_a_manager_who_is_there_stays_whatever_the_service_refuses(self):
        p = self.start([BOSS] + managed("ada", "bob") + crowd(8))
        boss = p.account_of("boss")["id"]
        self.depart(p, "ada", "bob")
        p.sim.fault(status=400, method="PATCH", path=USERS, detail="manager: not today")
        with p.watched() as seen:
            report = p.sync("--full", expect=3)
        self.assertEqual({self.state(p, uid) for uid in ("ada", "bob")}, {("active", boss)})
        self.assertEqual(len(self.reads_of(seen, boss)), 1)
        self.assertRegex(report["parked_list"][0]["reason"], "not today")
        self.assertFalse([e for e in seen.writes if "remove" in e["body"]], seen)

    def test_G7_only_a_few_are_looked_at_where_the_service_names_nobody(self):
        uids = ["led%02d" % i for i in range(24)]
        p = self.start([BOSS] + managed(*uids) + crowd(30), brakes={"leavers": {"percent": 100, "min": 100}})
        self.depart(p, *uids)
        p.sim.fault(status=400, method="PATCH", path=USERS)
        with p.watched() as seen:
            self.assertEqual(p.sync("--full", expect=3)["parked"], 24)
        self.assertLessEqual(sum(e["method"] == "GET" for e in seen.entries), 16)

    def test_G9_nobody_knows_where_an_account_points_that_may_not_be_read(self):
        p, boss = self.leaving("ada")
        p.sim.fault(status=403, method="GET", path="*/users/" + self.were["ada"])
        report = p.sync("--full", expect=3)
        self.assertEqual(self.state(p, "ada"), ("active", boss))
        self.assertRegex(report["parked_list"][0]["reason"], "manager: there is no .%s" % boss)

    def test_G5_an_account_that_is_another_s_by_now_is_not_touched(self):
        p = self.start([BOSS] + managed("ada") + crowd(8))
        boss = p.account_of("boss")["id"]
        self.depart(p, "ada")
        p.sim.patch(self.were["ada"], {"op": "replace", "path": "externalId", "value": "another's"})
        p.sim.purge(boss)
        p.sync("--full")
        self.assertEqual(self.state(p, "ada"), ("active", boss))


class Interrupted(Parting):
    def test_G2_nobody_told_whether_the_second_request_was_carried_out(self):
        for applied in (True, False):
            with self.subTest(applied=applied):
                p, _ = self.leaving("ada")
                p.sim.fault(kind="reset", method="PATCH", path=USERS, nth=2, count=1, applied=applied)
                report = p.sync("--full")
                self.assertEqual((report["parked"], report["sink"]["disabled"]), (0, 1))
                self.assertEqual(self.state(p, "ada"), ("inactive", None))
                self.quiet(p, "--full")

    def test_G1_the_service_carries_out_the_half_of_it(self):
        p, _ = self.leaving("ada")
        p.sim.fault(kind="partial", status=200, method="PATCH", path=USERS, nth=2, keep=1, count=1)
        self.assertRegex(p.sync("--full", expect=3)["parked_list"][0]["reason"], "does not have what was sent: active")
        self.assertEqual(self.state(p, "ada"), ("active", None))
        p.run("parked", "--retry-all")
        self.assertEqual(p.sync("--full")["sink"]["disabled"], 1)
        self.assertEqual(self.state(p, "ada"), ("inactive", None))

    def test_G2_killed_on_the_way(self):
        for point in ("round-committed:2", "round-committed:3", "round-committed:4", "after-apply:2"):
            with self.subTest(point):
                p, _ = self.leaving("ada")
                self.assertEqual(p.crash(point, "--full"), -9)
                self.assertEqual(p.sync("--full")["parked"], 0)
                self.assertEqual((self.state(p, "ada"), p.twins()), (("inactive", None), []))
                self.quiet(p, "--full")

    def test_G7_an_outage_on_the_way_parks_nobody(self):
        for method, nth in (("GET", 1), ("GET", 2), ("PATCH", 2)):
            with self.subTest(method, nth=nth):
                p, _ = self.leaving("ada")
                p.sim.fault(status=503, method=method, path=USERS, nth=nth, count=1)
                report = p.sync("--full")
                self.assertEqual((report["parked"], report["sink"]["disabled"]), (0, 1))
                self.assertEqual(self.state(p, "ada"), ("inactive", None))

    def test_G2_an_account_that_something_else_changes_at_the_same_time_is_looked_at_again(self):
        p, _ = self.leaving("ada")
        p.sim.fault(status=409, detail="version", method="PATCH", path=USERS, nth=2, count=1)
        with p.watched() as seen:
            self.assertEqual(p.sync("--full")["parked"], 0)
        self.assertEqual(self.state(p, "ada"), ("inactive", None))
        self.assertEqual(["remove" in e["body"] for e in seen.writes if e["path"].endswith(self.were["ada"])],
                         [False, True, False, True])

    def test_G4_what_is_repeated_counts_once(self):
        uids = ["ada", "bob", "eve"]
        p = self.start([BOSS] + managed(*uids) + crowd(8), brakes={"leavers": {"percent": 0, "min": 3}})
        boss = p.account_of("boss")["id"]
        self.depart(p, "ada", "bob")
        p.sim.purge(boss)
        self.assertEqual(p.sync("--full")["sink"]["disabled"], 2)
        self.depart(p, "eve")
        self.assertEqual(p.sync("--full")["sink"]["disabled"], 1)
        p.slapd.delete(dn("p0000"))
        self.assertEqual(p.sync("--full", expect=4)["held"], 1)


class Following(Parting, Test):
    def test_G1_while_it_follows(self):
        p = self.start([BOSS] + managed("ada") + crowd(8), directory={
            "modules": ("syncprov",), "database_conf": pipeline.LIMITS + "overlay syncprov\n"})
        w = self.watch(p, "--interval", "1h")
        w.says("following the changes of ldap")
        boss = p.account_of("boss")["id"]
        p.sim.purge(boss)
        self.depart(p, "ada")
        w.until(lambda: self.state(p, "ada") == ("inactive", None))
        w.until(lambda: p.account_of("boss") and p.account_of("boss")["id"] != boss)
        self.assertEqual(w.stop().report["parked"], 0)


if __name__ == "__main__":
    tap.main()

"""Managers: accounts that somebody takes away by hand, that are linked by hand, that left; and what no
reference may cost."""
import pipeline
import tap
from pipeline import ENTERPRISE, dn, person
from watching import Test

BOSS = person("boss", "Bo", "Boss")
MAPPING = dict(pipeline.MAPPING, **{ENTERPRISE: {"manager": {"value": "${manager | ref}"}}})


def managed(*uids, by="boss", **more):
    return [person(uid, uid.title(), "Led", title="Clerk", manager=dn(by), **more) for uid in uids]


class References(pipeline.Test):
    def start(self, people, expect=0, mapping=None, **settings):
        p = self.pipeline(people, mapping=mapping or MAPPING, schemas=[pipeline.USER, ENTERPRISE], **settings)
        p.sync(expect=expect)
        return p

    def manager(self, p, uid):
        return p.account_of(uid).get(ENTERPRISE, {}).get("manager", {}).get("value")

    def points(self, p, boss, *uids):
        for uid in uids:
            self.assertEqual(self.manager(p, uid), p.account_of(boss)["id"] if boss else None, uid)

    def quiet(self, p, *words):
        with p.watched() as seen:
            p.sync(*words)
        self.assertEqual(seen.writes, [], seen)

    def reads_of(self, seen, account):
        return [e for e in seen.entries if e["method"] == "GET" and e["path"].endswith("/" + account)]


class Purged(References):
    """Somebody took the account of a manager away by hand."""

    def start_with_boss(self, *uids, **settings):
        p = self.start([BOSS, person("zoe", title="Clerk")] + managed(*uids), **settings)
        return p, p.account_of("boss")["id"]

    def test_G7_who_points_at_an_account_that_somebody_purged_is_not_parked(self):
        p, old = self.start_with_boss("ada", "bob", "eve")
        p.sim.purge(old)
        p.slapd.replace(dn("ada"), "title", "Engineer")
        with p.watched() as seen:
            report = p.sync()
        self.assertEqual((report["parked"], report["sink"]["created"]), (0, 1))
        self.says(report, "account %s of boss@example.com .*not there any more" % old)
        self.assertEqual(len(self.reads_of(seen, old)), 1)
        self.assertEqual(p.account_of("ada")["title"], "Engineer")
        self.assertNotEqual(p.account_of("boss")["id"], old)
        self.points(p, "boss", "ada", "bob", "eve")
        self.assertEqual(len([e for e in seen.writes if e["status"] == 200]), 4)  # ada, then each once
        self.quiet(p, "--full")

    def test_G7_nor_who_is_new_and_points_there(self):
        p, old = self.start_with_boss("ada")
        p.sim.scim("DELETE", "users/" + old)
        p.slapd.add(managed("new")[0])
        self.assertEqual(p.sync()["parked"], 0)
        self.points(p, "boss", "ada", "new")
        self.quiet(p, "--full")

    def test_G7_an_account_is_looked_at_once_whoever_points_there(self):
        uids = ["led%02d" % i for i in range(20)]
        p, old = self.start_with_boss(*uids, scim={"sessions": 4})
        p.sim.purge(old)
        for uid in uids:
            p.slapd.replace(dn(uid), "title", "Engineer")
        with p.watched() as seen:
            p.sync()
        self.assertEqual(len(self.reads_of(seen, old)), 1)
        self.assertEqual({p.account_of(uid)["title"] for uid in uids}, {"Engineer"})
        self.points(p, "boss", *uids)
        self.quiet(p, "--full")

    def test_G7_an_account_that_is_there_parks_whoever_is_refused_with_the_service_s_words(self):
        uids = ["led%02d" % i for i in range(12)]
        p, boss = self.start_with_boss(*uids, scim={"sessions": 4})
        p.sim.fault(kind="status", status=400, method="PATCH", path="*/users/*")
        for uid in uids:
            p.slapd.replace(dn(uid), "title", "Engineer")
        with p.watched() as seen:
            report = p.sync(expect=3)
        self.assertEqual(report["parked"], 12)
        self.assertEqual(len(self.reads_of(seen, boss)), 1)
        self.assertRegex(report["parked_list"][0]["reason"], "HTTP 400")
        self.assertEqual(p.account_of("boss")["id"], boss)

    def test_G7_only_a_few_are_looked_at_where_the_service_names_nobody(self):
        uids = ["led%02d" % i for i in range(24)]
        p = self.start([one for uid in uids for one in [person("b" + uid)] + managed(uid, by="b" + uid)])
        p.sim.fault(kind="status", status=400, method="PATCH", path="*/users/*")
        for uid in uids:
            p.slapd.replace(dn(uid), "title", "Engineer")
        with p.watched() as seen:
            self.assertEqual(p.sync(expect=3)["parked"], len(uids))
        self.assertEqual(sum(e["method"] == "GET" for e in seen.entries), 16)

    def test_G7_also_where_its_own_entry_changes_in_the_same_pass(self):
        for sessions in (1, 4):
            p = self.start(managed("ada", "bob") + [BOSS], scim={"sessions": sessions})
            p.sim.purge(p.account_of("boss")["id"])
            for uid in ("boss", "ada", "bob"):
                p.slapd.replace(dn(uid), "title", "Engineer")
            report = p.sync()
            self.assertEqual((report["parked"], report["sink"]["created"]), (0, 1))
            self.points(p, "boss", "ada", "bob")
            self.quiet(p, "--full")

    def test_G7_managers_of_each_other_and_of_themselves_that_are_all_purged(self):
        p = self.start(managed("ada", by="bob") + managed("bob", by="ada") + managed("eve", by="eve"))
        for uid in ("ada", "bob", "eve"):
            p.sim.purge(p.account_of(uid)["id"])
        for uid in ("ada", "eve"):  # nobody tells of bob
            p.slapd.replace(dn(uid), "title", "Engineer")
        report = p.sync()
        self.assertEqual((report["parked"], report["sink"]["created"], p.twins()), (0, 3, []))
        self.points(p, "ada", "bob")
        self.points(p, "bob", "ada")
        self.points(p, "eve", "eve")
        self.quiet(p, "--full")

    def test_G4_the_account_that_is_made_anew_counts_as_a_create(self):
        p, old = self.start_with_boss("ada", brakes={"creates": {"percent": 0, "min": 0}})
        p.sim.purge(old)
        p.slapd.replace(dn("ada"), "title", "Engineer")
        report = p.sync(expect=4)
        self.assertEqual((report["held"], report["parked"], report["sink"]["created"]), (1, 0, 0))
        self.assertEqual(p.account_of("ada")["title"], "Engineer")
        self.points(p, None, "ada")
        self.says(p.run("explain", dn("ada")), "manager.value waits for uid=boss,.*has no account yet")
        p.sync("--approve", report["approve"])
        self.points(p, "boss", "ada")

    def test_G2_killed_after_the_account_was_found_to_be_gone(self):
        for point in ("round-committed:2", "round-committed:3", "delivered:1", "references-delivered:1"):
            with self.subTest(point):
                p, old = self.start_with_boss("ada", "bob")
                p.sim.purge(old)
                p.slapd.replace(dn("ada"), "title", "Engineer")
                self.assertEqual(p.crash(point), -9)
                self.assertEqual(p.sync()["parked"], 0)
                self.assertEqual((p.twins(), p.account_of("ada")["title"]), ([], "Engineer"))
                self.points(p, "boss", "ada", "bob")
                self.quiet(p, "--full")

    def test_G1_only_one_person_goes_without_and_the_next_pass_sets_it(self):
        p, old = self.start_with_boss("ada")
        p.sim.purge(old)
        p.slapd.replace(dn("ada"), "title", "Engineer")
        p.sync("run", "--only", dn("ada"))
        self.assertEqual(p.account_of("ada")["title"], "Engineer")
        self.points(p, None, "ada")
        p.sync()
        self.points(p, "boss", "ada")

    def test_G7_somebody_who_left_and_whose_account_is_gone_is_left_out(self):
        p, old = self.start_with_boss("ada", leavers={"policy": "disable"})
        p.slapd.delete(dn("boss"))
        p.sync()
        p.sim.purge(old)
        p.slapd.replace(dn("ada"), "title", "Engineer")
        report = p.sync()
        self.assertEqual((report["parked"], report["sink"]["created"]), (0, 0))
        self.points(p, None, "ada")
        p.slapd.add(BOSS)
        p.sync()
        self.points(p, "boss", "ada")


class Following(References, Test):
    def test_G7_while_it_follows_nobody_is_parked_for_a_purged_account(self):
        p = self.start([BOSS] + managed("ada", "bob"), directory={
            "modules": ("syncprov",), "database_conf": pipeline.LIMITS + "overlay syncprov\n"})
        w = self.watch(p, "--interval", "1h")
        w.says("following the changes of ldap")
        old = p.account_of("boss")["id"]
        p.sim.purge(old)
        p.slapd.replace(dn("ada"), "title", "Engineer")
        w.until(lambda: p.account_of("boss") and p.account_of("boss")["id"] != old)
        for uid in ("ada", "bob"):
            w.until(lambda: self.manager(p, uid) == p.account_of("boss")["id"])
        self.assertEqual(p.account_of("ada")["title"], "Engineer")
        self.assertEqual(w.stop().report["parked"], 0)


class Left(References):
    def test_G1_a_manager_whose_account_was_deleted_with_its_entry_is_left_out(self):
        p = self.start([BOSS] + managed("ada", "bob"), leavers={"policy": "delete"})
        p.slapd.delete(dn("boss"))
        p.sync()
        p.slapd.replace(dn("ada"), "title", "Engineer")
        with p.watched() as seen:
            self.assertEqual(p.sync()["parked"], 0)
        self.assertEqual([e["status"] for e in seen.writes], [200])
        self.points(p, None, "ada")


    def test_G5_nobody_points_at_an_account_that_went_to_another_entry(self):
        p = self.start([person("boss", "Bo", "Boss", employeeNumber="7")] + managed("ada", employeeNumber="8"),
                       mapping=dict(MAPPING, externalId="employeeNumber"))
        account = p.account("boss@example.com")["id"]
        p.slapd.delete(dn("boss"))
        p.slapd.add(person("other", employeeNumber="7"))
        p.sync("--full")
        self.assertEqual(p.account("other@example.com")["id"], account)
        self.assertNotIn("manager", p.account("ada@example.com").get(ENTERPRISE, {}))


class ByHand(References):
    """syncd link, syncd unlink."""

    def test_G1_whose_manager_was_linked_by_hand_points_at_that_account(self):
        p = self.start([person("boss", "Bo", "Boss", mail=None)] + managed("ada"), expect=3)
        other = p.sim.seed([{"userName": "old.boss@example.com", "displayName": "Boss"}])
        p.slapd.replace(dn("boss"), "mail", "boss@example.com")
        account = p.account("old.boss@example.com")["id"]
        self.assertTrue(account, other)
        self.ends(p.run("link", dn("boss"), account), 0)
        p.sync()
        self.assertEqual(p.account_of("boss")["id"], account)
        self.points(p, "boss", "ada")
        self.quiet(p, "--full")

    def test_G1_whose_manager_was_linked_to_another_account_points_at_that_one(self):
        p = self.start([BOSS] + managed("ada", "bob"))
        p.sim.seed([{"userName": "old.boss@example.com", "displayName": "Boss"}])
        account = p.account("old.boss@example.com")["id"]
        p.sim.purge(p.account("boss@example.com")["id"])  # two with one externalId there cannot be
        self.ends(p.run("link", dn("boss"), account), 0)
        p.sync()
        self.points(p, "boss", "ada", "bob")
        self.quiet(p, "--full")

    def test_G1_whose_manager_was_unlinked_points_at_nobody(self):
        p = self.start([BOSS] + managed("ada"))
        self.ends(p.run("unlink", dn("boss")), 0)
        p.sync(expect=3)
        self.points(p, None, "ada")


class Renamed(References):
    def test_G1_another_who_takes_the_manager_s_name_is_the_manager(self):
        p = self.start([BOSS, person("zoe", title="Clerk")] + managed("ada"))
        p.slapd.rename(dn("boss"), "uid=formerboss")
        p.slapd.rename(dn("zoe"), "uid=boss")
        p.sync()
        self.points(p, "boss", "ada")
        self.assertEqual(p.account_of("boss")["userName"], "zoe@example.com")

    def test_G4_a_rename_that_changes_nobody_s_account_trips_no_brake(self):
        uids = ["led%02d" % i for i in range(12)]
        p = self.start([BOSS] + managed(*uids), brakes={"updates": {"percent": 10, "min": 3}})
        p.slapd.rename(dn("boss"), "uid=chief")
        for uid in uids:
            p.slapd.replace(dn(uid), "manager", dn("chief"))
        with p.watched() as seen:
            p.sync()
        self.assertEqual(seen.writes, [])
        self.points(p, "chief", *uids)

    def test_plan_does_not_name_a_reference_that_stays(self):
        p = self.start([BOSS] + managed("ada"))
        p.slapd.replace(dn("ada"), "title", "Engineer")
        done = p.run("plan")
        self.says(done, "title")
        self.assertNotIn("manager", done.out)


class Held(References):
    def test_G4_what_is_held_goes_away_by_the_source_and_not_by_a_reference(self):
        uids = ["p%02d" % i for i in range(6)]
        p = self.start([BOSS, person("p00", title="Clerk", manager=dn("later"))]
                       + managed(*uids[1:]), brakes={"updates": {"percent": 10, "min": 4}})
        for uid in uids:
            p.slapd.replace(dn(uid), "title", "Engineer")
        self.assertEqual(p.sync(expect=4)["held"], 6)
        for uid in uids[3:]:
            p.slapd.replace(dn(uid), "title", "Clerk")
        self.assertEqual(p.sync(expect=4)["held"], 3)
        p.slapd.add(person("later"))
        report = p.sync(expect=4)
        self.assertEqual((report["held"], {p.account_of(uid)["title"] for uid in uids}), (3, {"Clerk"}))
        p.sync("--approve", report["approve"])
        self.assertEqual({p.account_of(uid)["title"] for uid in uids[:3]}, {"Engineer"})
        self.points(p, "later", "p00")


class Parked(References):
    def test_G7_who_is_parked_is_not_tried_again_because_somebody_came(self):
        p = self.start([BOSS] + managed("ada", by="later"))
        p.sim.fault(kind="status", status=400, method="PATCH", path="*/users/*", nth=1)
        p.slapd.replace(dn("ada"), "title", "Engineer")
        p.sync(expect=3)
        p.slapd.add(person("later"))
        with p.watched() as seen:
            p.sync(expect=3)
        self.assertEqual([e["kind"] for e in seen.writes], ["create"])
        p.run("parked", "--retry-all")
        p.sync()
        self.assertEqual(p.account_of("ada")["title"], "Engineer")
        self.points(p, "later", "ada")


class Misled(References):
    def test_G7_a_service_that_answers_404_to_a_reference_is_not_asked_for_ever(self):
        p = self.start([BOSS, person("zoe", title="Clerk")] + managed("ada"))
        p.slapd.replace(dn("ada"), "title", "Engineer")
        p.slapd.replace(dn("zoe"), "title", "Engineer")
        account = p.account_of("ada")["id"]
        p.sim.fault(kind="status", status=404, method="PATCH", path="*/users/" + account)
        with p.watched() as seen:
            p.sync(expect=3, timeout=60)
        self.assertLess(len(seen.entries), 60)
        self.assertEqual(p.account_of("zoe")["title"], "Engineer")


if __name__ == "__main__":
    tap.main()

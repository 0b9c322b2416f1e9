"""--verify: what differs from what was sent is found, reported and put right."""
import contextlib
import sqlite3

import pipeline
import sequels
import tap
from pipeline import crowd, dn, person
from scriptedends import people


class Verify(pipeline.Test):
    def drifted(self, count=60):
        p = self.pipeline(crowd(count))
        p.sync()
        account = p.account("p0001@example.com")["id"]
        p.sim.patch(account, {"op": "replace", "path": "title", "value": "Meddler"})
        self.assertEqual(p.account("p0001@example.com")["title"], "Meddler")
        return p

    def test_drift_is_found_in_pages_reported_and_put_right(self):
        p = self.drifted()
        self.assertNotIn("drifted", p.sync("--full"))
        with p.watched() as seen:
            report = p.sync("--verify")
        self.assertEqual(p.account("p0001@example.com")["title"], "Engineer")
        self.assertEqual([(d["id"], d["reason"]) for d in report["drifted"]], [(p.uuid("p0001"), "title")])
        self.assertEqual((len(seen.writes), seen.kinds.count("read")), (1, 0))
        with p.watched() as seen:
            self.assertNotIn("drifted", p.sync("--verify"))
        self.assertEqual(seen.writes, [])

    def test_a_dry_run_shows_the_drift_and_leaves_it(self):
        p = self.drifted()
        done = p.run("plan", "--verify")
        self.ends(done, 0)
        self.assertRegex(done.out, r"(?m)^update +p0001@example\.com: title$")
        self.assertEqual(p.account("p0001@example.com")["title"], "Meddler")

    def test_one_person_alone_is_read_alone(self):
        p = self.drifted()
        with p.watched() as seen:
            p.sync("--only", "p0001@example.com", "--verify")
        self.assertEqual((seen.kinds.count("read"), seen.kinds.count("list")), (1, 0))
        self.assertEqual(p.account("p0001@example.com")["title"], "Engineer")

    def test_an_account_that_is_gone_is_made_again(self):
        p = self.pipeline(crowd(5))
        p.sync()
        account = p.account("p0002@example.com")["id"]
        p.sim.purge(account)
        report = p.sync("--verify")
        self.says(report, "the account is gone")
        self.assertEqual(p.account_of("p0002")["state"], "active")

    def test_G4_drift_is_counted_by_the_brake(self):
        p = self.pipeline(crowd(20), brakes={"updates": {"percent": 10, "min": 3}})
        p.sync()
        for i in range(4):
            p.sim.patch(p.account("p000%d@example.com" % i)["id"],
                        {"op": "replace", "path": "title", "value": "Meddler"})
        report = p.sync("--verify", expect=4)
        self.assertEqual((report["held"], len(report["drifted"])), (4, 4))
        p.sync("--approve", report["approve"])
        self.assertEqual(p.account("p0000@example.com")["title"], "Engineer")

    def test_schedule_verify_makes_it_due(self):
        p = self.drifted(5)
        p.config["schedule"] = {"verify": "1h"}
        self.assertEqual(len(p.sync()["drifted"]), 1)
        with p.watched() as seen:
            p.sync()
        self.assertEqual([k for k in seen.kinds if k != "token"], [])

    def test_unclaimed_accounts_are_listed_and_left(self):
        p = self.pipeline(crowd(30))
        p.sim.seed([{"userName": "ghost@example.com", "displayName": "Ghost", "externalId": "who-knows"}])
        report = p.sync()
        self.assertEqual([u["userName"] for u in report["unclaimed"]], ["ghost@example.com"])
        report = p.sync("--verify")
        self.assertEqual([u["userName"] for u in report["unclaimed"]], ["ghost@example.com"])
        self.assertEqual(p.account("ghost@example.com")["state"], "active")


class Leavers(pipeline.Test):
    """Accounts that were disabled because their entries left, and that somebody enabled again."""

    def enabled(self, count=1, **settings):
        p = self.pipeline(crowd(20), **settings)
        p.sync()
        accounts = [p.account("p%04d@example.com" % i)["id"] for i in range(count)]
        for i in range(count):
            p.slapd.delete(dn("p%04d" % i))
        p.sync("--full")
        self.assertEqual(p.states(), {"active": 20 - count, "inactive": count})
        for account in accounts:
            p.sim.patch(account, {"op": "replace", "path": "active", "value": True})
        self.assertEqual(p.states(), {"active": 20})
        return p

    def test_an_account_that_was_enabled_again_is_reported_and_disabled(self):
        p = self.enabled()
        self.assertNotIn("drifted", p.sync("--full"))
        done = p.run("plan", "--verify")
        self.assertRegex(done.out, r"(?m)^disable +p0000@example\.com")
        report = p.sync("--verify")
        self.assertEqual([(d["userName"], d["reason"]) for d in report["drifted"]], [
            ("p0000@example.com", "active: its entry left, and the account was enabled again")])
        self.assertEqual((report["sink"]["disabled"], p.states()), (1, {"active": 19, "inactive": 1}))
        with p.watched() as seen:
            self.assertNotIn("drifted", p.sync("--verify"))
        self.assertEqual(seen.writes, [])

    def test_G4_they_count_as_leavers(self):
        p = self.enabled(4, brakes={"leavers": {"percent": 20, "min": 4}})
        p.config["brakes"] = {"leavers": {"percent": 5, "min": 3}}
        report = p.sync("--verify", expect=4)
        self.assertEqual((report["held"], len(report["drifted"]), p.states()), (4, 4, {"active": 20}))
        self.assertEqual(p.sync("--full", expect=4)["held"], 4)
        p.sync("--approve", report["approve"])
        self.assertEqual(p.states(), {"active": 16, "inactive": 4})

    def test_whom_a_policy_or_protect_leaves_alone_is_left(self):
        p = self.enabled()
        for settings in ({"leavers": {"policy": "ignore"}}, {"protect": ["p0000@example.com"]}):
            p.config.update(settings)
            self.assertNotIn("drifted", p.sync("--verify"))
            self.assertEqual(p.states(), {"active": 20})
            p.config.pop(*settings)
        account = p.account("p0000@example.com")["id"]
        p.sim.patch(account, {"op": "replace", "path": "externalId", "value": "of-another-program"})
        self.assertNotIn("drifted", p.sync("--verify"))
        self.assertEqual(p.states(), {"active": 20}, "it is another's (G5)")

    def test_who_is_rehired_keeps_the_account(self):
        p = self.pipeline(crowd(12), collision={"left": "adopt"})
        p.sync()
        old = p.account("p0003@example.com")["id"]
        p.slapd.delete(dn("p0003"))
        p.sync("--full")
        p.slapd.add(person("again", "Pat", "Person0003", mail="p0003@example.com"))
        p.sync()
        self.assertEqual(p.account_of("again")["id"], old)
        self.assertNotIn("drifted", p.sync("--verify"))
        self.assertEqual(p.account_of("again")["state"], "active")

    def test_it_is_disabled_for_the_whole_delay_before_it_is_deleted(self):
        p = self.enabled(leavers={"delete_after": "30d"})
        with contextlib.closing(sqlite3.connect(p.state)) as state, state:
            state.execute("UPDATE link SET last_ms = last_ms - 29 * 86400000")
        p.sync("--verify")
        with contextlib.closing(sqlite3.connect(p.state)) as state, state:
            state.execute("UPDATE link SET last_ms = last_ms - 2 * 86400000")
        self.assertEqual(p.sync("--full")["sink"]["deleted"], 0)
        self.assertEqual(p.states(), {"active": 19, "inactive": 1})


class Asked(sequels.Case):
    """The source is asked before such an account is disabled."""

    def test_G3_nobody_is_disabled_again_whom_the_source_cannot_tell_of(self):
        self.changes(people("ada", "bob"))
        self.sync()
        self.changes(people("ada"), {"delete": "id-bob"})
        self.sync()
        self.by_hand(dict(self.accounts()["id-bob"], active=True))
        self.changes(people("ada"), {"get": {"id": "id-bob", "answer": "failed"}})
        self.sync(0, "--verify")
        self.assertTrue(self.accounts()["id-bob"]["active"])
        self.changes(people("ada"), {"get": {"id": "id-bob", "answer": "gone"}})
        self.sync(0, "--verify")
        self.assertFalse(self.accounts()["id-bob"]["active"])


if __name__ == "__main__":
    tap.main()

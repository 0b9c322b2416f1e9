"""Changes that did not go as planned, and what becomes of their entries afterwards: in doubt and then refused,
half taken, refused again and again. With a scripted source and a sink in memory, as in lib/scriptedends.py."""
import contextlib
import json
import sqlite3
import time

import tap
from scriptedends import Case, entry, people


class Case(Case):
    ACTIVE = {"userName": "uid", "displayName": "cn", "title": "title", "active": "enabled"}

    def narrow(self, kind, most):
        brakes = {k: {"percent": 100, "min": 1000} for k in ("leavers", "updates", "creates")}
        self.settings["brakes"] = dict(brakes, **{kind: {"percent": 0, "min": most}})

    def state(self, *words):
        with contextlib.closing(sqlite3.connect(self.path("state.db"))) as state, state:
            return state.execute(*words).fetchall()

    def make_due(self):
        """Whoever is parked is tried again in the next pass."""
        self.state("UPDATE link SET next_try_ms = 1, due_ms = 1 WHERE parked IS NOT NULL")

    def writes(self):
        return len(self.journal("create", "update", "delete"))

    def refused(self):
        self.sink["results"] = {"bob": "entry"}
        self.sync(3)
        self.sink["results"] = {}


class Doubt(Case):
    """A change whose result nobody told, and then another that the sink refuses."""

    def start(self):
        self.changes(people("ada", "bob"))
        self.sync()

    def gone(self):
        self.changes(people("ada"), {"delete": "id-bob"})

    def back(self, title="one"):
        self.changes(people("ada", "bob"), entry("id-bob", "bob", title))

    def test_G1_an_update_in_doubt_that_is_refused_and_taken_back(self):
        self.start()
        self.back("two")
        self.interrupted()
        self.back("bad")
        self.refused()
        self.back("one")
        self.sync()
        self.assertEqual(self.accounts()["id-bob"]["title"], "one")
        self.quiet()

    def test_G2_who_is_back_in_doubt_and_refused_leaves_again(self):
        self.start()
        self.gone()
        self.sync()
        self.back()
        self.interrupted()
        self.assertTrue(self.accounts()["id-bob"]["active"])
        self.back("bad")
        self.refused()
        self.gone()
        self.sync()
        self.assertFalse(self.accounts()["id-bob"]["active"], self.said)
        self.quiet()

    def test_G2_a_leaver_in_doubt_and_refused_who_is_back_is_active(self):
        for word in ("kill-after", "kill-before"):
            with self.subTest(word):
                self.setUp()
                self.start()
                self.gone()
                self.interrupted(word)
                self.refused()
                self.back()
                self.sync()
                self.assertTrue(self.accounts()["id-bob"]["active"], self.said)
                self.quiet()

    def test_G2_a_leaver_in_doubt_and_refused_is_disabled_when_it_can_be(self):
        self.start()
        self.gone()
        self.interrupted("kill-before")
        self.refused()
        self.make_due()
        self.sync()
        self.assertFalse(self.accounts()["id-bob"]["active"], self.said)
        self.changes(people("ada"))
        self.quiet()

    def test_G2_a_create_in_doubt_whose_externalId_is_another_s_by_now(self):
        self.settings["mapping"] = {"userName": "uid", "displayName": "cn", "externalId": "title"}
        ada, new = entry("id-ada", "ada", "4711"), entry("id-new", "robert", "4712")
        self.changes([ada])
        self.sync()
        self.changes([ada], entry("id-bob", "bob", "4712"))
        self.interrupted("kill-before")
        self.changes([ada, new], {"delete": "id-bob"}, new)
        self.sync()
        self.assertEqual({a["userName"]: a["active"] for a in self.accounts().values()},
                         {"ada": True, "robert": True})
        self.quiet()


class NotTaken(Case):
    def test_G4_what_was_not_taken_whole_counts_over_the_day(self):
        self.settings["mapping"] = self.ACTIVE
        self.narrow("leavers", 2)
        names, off = ["p%d" % i for i in range(12)], set()
        for count in (0, 2, 4):
            off.update(names[:count])
            self.sink["results"] = {name: "not-taken" for name in off}
            self.everything([entry("id-" + n, n, "one", enabled=str(n not in off)) for n in names])
            self.run_it()
        inactive = {a["userName"] for a in self.accounts().values() if not a["active"]}
        self.assertEqual(inactive, {"p0", "p1"}, self.said)

    def test_G4_what_is_not_taken_again_and_again_counts_once(self):
        self.narrow("updates", 3)
        self.everything(people("ada", "bob"))
        self.sync()
        self.sink["ignore"] = ["title"]
        self.everything(people("ada") + [entry("id-bob", "bob", "two")])
        self.sync(3)
        for _ in range(6):
            self.make_due()
            self.sync(3)
        self.assertEqual(self.state("SELECT sum (count) FROM done WHERE kind = 1"), [(1,)])

    def test_G5_a_leaver_that_was_not_taken_keeps_its_name(self):
        self.everything(people("ada", "bob"))
        self.sync()
        self.sink["ignore"] = ["active"]
        self.everything(people("ada"))
        self.sync(3)
        self.assertIn('"userName": "bob"', json.dumps(self.report()["parked_list"]))
        self.sink["ignore"] = []
        self.settings["protect"] = ["bob"]
        self.make_due()
        before = self.writes()
        self.sync(3)
        self.assertEqual(self.writes(), before)


class Protected(Case):
    """protect: who is parked for it is told of once, and tried again when it is not named there any more."""

    def start(self):
        self.changes(people("ada", "bob"))
        self.sync()
        self.settings["protect"] = ["bob"]

    def told(self, *words):
        """How often a pass says so."""
        self.make_due()
        self.sync(3, *words)
        self.assertIn("is named in protect", json.dumps(self.report()["parked_list"]))
        return self.said.count("parked bob: ")

    def test_a_protected_leaver_is_told_of_once(self):
        self.start()
        self.changes(people("ada"), {"delete": "id-bob"})
        self.assertEqual(self.told(), 1)
        self.changes(people("ada"))
        self.assertEqual([self.told(), self.told("--full"), self.told()], [0, 0, 0])
        self.sync(3)
        self.assertTrue(self.accounts()["id-bob"]["active"])

    def test_a_protected_account_that_is_to_be_deleted_is_told_of_once(self):
        self.settings["leavers"] = {"policy": "disable", "delete_after": "30d"}
        self.changes(people("ada", "bob"))
        self.sync()
        self.changes(people("ada"), {"delete": "id-bob"})
        self.sync()
        self.settings["protect"] = ["bob"]
        self.state("UPDATE link SET last_ms = last_ms - 40 * 86400000")
        self.changes(people("ada"))
        self.assertEqual([self.told(), self.told(), self.told("--full")], [1, 0, 0])
        self.settings["protect"] = []
        self.sync()
        self.assertNotIn("id-bob", self.accounts())

    def test_a_protected_entry_is_told_of_again_when_it_changes(self):
        self.start()
        self.changes(people("ada", "bob"), entry("id-bob", "bob", "two"))
        self.assertEqual([self.told(), self.told()], [1, 0])
        self.changes(people("ada", "bob"), entry("id-bob", "bob", "three"))
        self.assertEqual([self.told(), self.told()], [1, 0])

    def test_who_is_not_protected_any_more_is_tried_by_the_next_pass(self):
        self.start()
        self.changes(people("ada"), {"delete": "id-bob"})
        self.told()
        self.changes(people("ada"))
        self.sync(3)
        self.settings["protect"] = ["boss"]
        self.sync()
        self.assertFalse(self.accounts()["id-bob"]["active"])
        self.quiet()


class Clock(Case):
    """A clock that was 400 days ahead when the last pass ran, and is put right."""
    AHEAD = 400 * 86400000

    def put_right(self):
        for change in ("link SET last_ms = last_ms + ?", "done SET at = at + ? / 1000",
                       "link SET next_try_ms = next_try_ms + ?1, due_ms = due_ms + ?1"
                       " WHERE parked IS NOT NULL AND next_try_ms < 1 << 60",
                       "queue SET next_try_ms = ? + 1000 * unixepoch ()",
                       "fact SET value = CAST (value + ? AS TEXT) WHERE name IN ('clock_ms', 'verify_ms')"):
            self.state("UPDATE " + change, (self.AHEAD,))

    def test_who_is_parked_does_not_wait_until_then(self):
        self.changes(people("ada", "bob", "cyd"))
        self.sync()
        self.run_it("unlink", "id-cyd")
        self.changes(people("ada", "bob", "cyd"), entry("id-bob", "bob", "two"))
        self.refused()
        self.put_right()
        self.sync(3)
        self.assertEqual(self.accounts()["id-bob"]["title"], "two")
        self.assertEqual([one["id"] for one in self.report()["parked_list"]], ["id-cyd"])

    def test_what_is_queued_does_not_wait_until_then(self):
        self.changes(people("ada", "bob"))
        self.sync()
        self.changes(people("ada", "bob"), entry("id-bob", "bob", "two"))
        self.interrupted("kill-before")
        self.put_right()
        self.sync()
        self.assertEqual(self.accounts()["id-bob"]["title"], "two")

    def test_G4_what_was_done_then_counts_for_a_day_from_now(self):
        self.narrow("leavers", 2)
        self.changes(people("ada", "bob", "cyd", "dan", "eve", "flo"))
        self.sync()
        self.changes(people("ada", "dan", "eve", "flo"), {"delete": "id-bob"}, {"delete": "id-cyd"})
        self.sync()
        self.put_right()
        self.changes(people("ada", "eve", "flo"), {"delete": "id-dan"})
        self.sync(4)
        (count, at), = self.state("SELECT sum (count), max (at) FROM done WHERE kind = 2")
        self.assertEqual(count, 2)
        self.assertLess(abs(at - time.time()), 3600)

    def test_who_was_disabled_then_is_deleted_after_the_delay_from_now(self):
        self.settings["leavers"] = {"policy": "disable", "delete_after": "30d"}
        self.changes(people("ada", "bob"))
        self.sync()
        self.changes(people("ada"), {"delete": "id-bob"})
        self.sync()
        self.put_right()
        self.changes(people("ada"))
        self.sync()
        self.assertFalse(self.accounts()["id-bob"]["active"])
        self.state("UPDATE link SET last_ms = last_ms - 31 * 86400000")
        self.sync()
        self.assertNotIn("id-bob", self.accounts())

    def test_the_accounts_are_looked_at_again_in_time(self):
        self.settings["schedule"] = {"verify": "1d"}
        self.changes(people("ada", "bob"))
        for _ in range(2):
            self.sync()
        self.by_hand(dict(self.accounts()["id-bob"], title="by hand"))
        self.put_right()
        self.sync()
        self.assertEqual(self.accounts()["id-bob"]["title"], "one")


class Refused(Case):
    """A change of somebody who left, or cannot be mapped, that the sink does not want."""

    def test_G7_a_leaver_that_is_refused_has_a_growing_delay(self):
        for policy in ("disable", "delete"):
            with self.subTest(policy):
                self.setUp()
                self.settings["leavers"] = {"policy": policy}
                self.everything(people("ada", "bob"))
                self.sync()
                self.everything(people("ada"))
                self.sink["results"] = {"bob": "entry"}
                delays, before = [], self.writes()
                for _ in range(4):
                    self.sync(3)
                    self.sync(3)
                    (next_try,), = self.state("SELECT next_try_ms FROM link WHERE parked IS NOT NULL")
                    delays.append(round((next_try / 1000 - time.time()) / 60 + 0.4))
                    self.make_due()
                self.assertEqual(self.writes() - before, 4)
                self.assertEqual(delays, [1, 2, 4, 8])
                self.sink["results"] = {}
                self.sync()
                self.assertNotIn(True, [a["active"] for i, a in self.accounts().items() if i == "id-bob"])
                self.quiet()

    def test_G7_who_was_refused_and_is_back_waits_for_nothing(self):
        self.everything(people("ada", "bob"))
        self.sync()
        self.everything(people("ada"))
        self.refused()
        self.everything(people("ada") + [entry("id-bob", "bob", "two")])
        self.sync()
        self.assertEqual(self.accounts()["id-bob"]["title"], "two")
        self.assertTrue(self.accounts()["id-bob"]["active"])
        self.quiet()

    def test_who_is_inactive_is_disabled_though_the_sink_refuses_the_rest(self):
        self.settings["mapping"] = self.ACTIVE
        ada, bob = [entry("id-" + n, n, "one", enabled="TRUE") for n in ("ada", "bob")]
        self.everything([ada, bob])
        self.sync()
        self.everything([ada, entry("id-bob", "bob", "bad", enabled="FALSE")])
        self.sink["results"] = {"bob": "entry:1"}
        self.sync(3)
        self.assertEqual((self.accounts()["id-bob"]["active"], self.accounts()["id-bob"]["title"]), (False, "one"))
        self.assertEqual(self.state("SELECT sum (count) FROM done WHERE kind = 2"), [(1,)])
        self.sync(3)
        self.sink["results"] = {"bob": "entry"}
        before = self.writes()
        self.make_due()
        self.sync(3)
        self.assertEqual(self.writes(), before + 1)
        self.sink["results"] = {}
        self.everything([ada, bob])
        self.sync()
        self.assertTrue(self.accounts()["id-bob"]["active"])
        self.quiet()

    def test_G4_who_cannot_be_mapped_is_disabled_and_counted_once(self):
        self.settings["mapping"] = self.ACTIVE
        ada, bob = [entry("id-" + n, n, "one", enabled="TRUE") for n in ("ada", "bob")]
        self.everything([ada, bob])
        self.sync()
        off = {"entry": dict(bob["entry"], attributes={"cn": "Nobody", "enabled": "FALSE"})}
        self.everything([ada, off])
        self.sync(3)
        before = self.writes()
        for _ in range(4):
            self.make_due()
            self.sync(3)
        self.assertFalse(self.accounts()["id-bob"]["active"])
        self.assertEqual(self.writes(), before)
        self.everything([ada, bob])
        self.sync()
        self.assertTrue(self.accounts()["id-bob"]["active"])
        self.quiet()


if __name__ == "__main__":
    tap.main()

"""Every end of a read, and who leaves by it, with a scripted source and a sink in memory: what counts as
absence, and where the checkpoint stands."""
import contextlib
import sqlite3
import time

import tap
from scriptedends import KILLED, Case, entry, people


class Reads(Case):
    """How a read ends (G1, G3)."""

    def test_G1_a_checkpoint_does_not_move_past_a_read_that_broke_off(self):
        self.changes(people("ada"))
        self.sync()
        self.source({"scan": {"mode": "everything"}}, {"error": {"code": "unreachable"}},
                    {"scan": {"mode": "changes", "checkpoint": "c"}}, entry("id-bob", "bob"),
                    {"checkpoint": "d"}, {"error": {"code": "unreachable", "message": "gone away"}},
                    {"scan": {"mode": "changes", "checkpoint": "d"}}, {"changes": True})
        self.sync(1)
        self.assertEqual(set(self.accounts()), {"id-ada", "id-bob"}, "what was shown is delivered")
        self.source({"scan": {"mode": "changes", "checkpoint": "c"}}, entry("id-bob", "bob"),
                    entry("id-cyd", "cyd"), {"checkpoint": "d"}, {"changes": True},
                    {"scan": {"mode": "changes", "checkpoint": "d"}}, {"changes": True})
        self.sync()
        self.assertEqual(set(self.accounts()), {"id-ada", "id-bob", "id-cyd"})

    def test_G1_a_checkpoint_does_not_move_past_what_could_not_be_asked_for(self):
        self.changes(people("ada"))
        self.sync()
        self.source({"scan": {"mode": "changes", "checkpoint": "c"}}, {"still-there": {"id": "id-bob"}},
                    {"checkpoint": "d"}, {"changes": True},
                    {"get-error": {"code": "unreachable", "message": "gone away"}})
        self.sync(1)
        self.source({"scan": {"mode": "changes", "checkpoint": "c"}}, entry("id-bob", "bob"),
                    {"checkpoint": "d"}, {"changes": True},
                    {"scan": {"mode": "changes", "checkpoint": "d"}}, {"changes": True})
        self.sync()
        self.assertEqual(set(self.accounts()), {"id-ada", "id-bob"})

    def test_G1_a_delete_that_a_server_behind_does_not_know_yet_is_asked_for_again(self):
        self.changes(people("ada", "bob"))
        self.sync()
        told = [{"scan": {"mode": "changes", "checkpoint": "c"}}, {"delete": "id-bob"},
                {"checkpoint": "d"}, {"changes": True}]
        quiet = [{"scan": {"mode": "changes", "checkpoint": "d"}}, {"checkpoint": "d"}, {"changes": True}]
        still = people("bob") + [{"get": {"id": "id-bob", "answer": "entry"}}]
        self.source(*told + quiet + still)
        self.sync()
        self.assertEqual(self.inactive(), [])
        self.source(*quiet + [{"get": {"id": "id-bob", "answer": "gone"}}])
        with contextlib.closing(sqlite3.connect(self.path("state.db"))) as state, state:
            due = state.execute("SELECT due_ms FROM link WHERE due_ms IS NOT NULL").fetchall()
            state.execute("UPDATE link SET reevaluate_at_ms = 1, due_ms = 1 WHERE due_ms IS NOT NULL")
        self.assertEqual(len(due), 1)
        self.assertLess(abs(due[0][0] / 1000 - time.time()), 600)
        self.sync()
        self.assertEqual(self.inactive(), ["id-bob"])

    def test_somebody_who_was_told_to_be_gone_and_is_there_is_asked_for_once_more_only(self):
        self.changes(people("ada", "bob"))
        self.sync()
        still = people("bob") + [{"get": {"id": "id-bob", "answer": "entry"}}]
        for read in ([{"delete": "id-bob"}], []):
            self.source({"scan": {"mode": "changes"}}, *read,
                        {"checkpoint": "c"}, {"changes": True}, *still)
            self.sync()
            with contextlib.closing(sqlite3.connect(self.path("state.db"))) as state, state:
                due = state.execute("UPDATE link SET reevaluate_at_ms = 1, due_ms = 1"
                                    " WHERE due_ms IS NOT NULL").rowcount
            self.assertEqual(due, 1 if read else 0)
        self.assertEqual(self.inactive(), [])

    def test_G3_a_partial_read_makes_no_leaver(self):
        self.everything(people("ada", "bob"))
        self.sync()
        self.source(*people("ada") + [{"partial": "size limit"}])
        self.sync(1)
        self.assertIn("size limit", self.said)
        self.assertTrue(self.accounts()["id-bob"]["active"])

    def at(self, server, *names):
        self.source({"describe": {"server": server}}, *people(*names) + [{"all": True}])
        self.sync(0, "--full")

    def inactive(self):
        return [i for i, a in self.accounts().items() if not a["active"]]

    def test_G3_absence_at_another_server_counts_when_a_second_read_agrees(self):
        self.at("one", "ada", "bob", "cyd")
        self.at("two", "ada", "cyd")
        self.assertEqual(self.inactive(), [])
        self.assertIn("another server", self.said)
        self.at("two", "ada", "cyd")
        self.assertEqual(self.inactive(), ["id-bob"])

    def test_G3_servers_that_take_turns_agree_as_well(self):
        self.at("one", "ada", "bob", "cyd")
        self.at("two", "ada", "cyd")
        self.at("one", "ada", "cyd")
        self.assertEqual(self.inactive(), ["id-bob"])

    def test_G3_who_is_missing_at_one_server_only_has_not_left(self):
        self.at("one", "ada", "bob", "cyd")
        self.at("two", "ada", "cyd")
        self.at("one", "ada", "bob", "cyd")
        self.at("two", "ada", "cyd")
        self.assertEqual(self.inactive(), [])
        self.at("two", "ada", "cyd")
        self.assertEqual(self.inactive(), ["id-bob"])

    def test_G3_whom_changes_at_another_server_showed_is_not_missed_where_he_never_was(self):
        self.source({"describe": {"server": "one"}}, {"scan": {"mode": "everything"}},
                    *people("ada", "cyd") + [{"checkpoint": "c"}, {"all": True}])
        self.sync()
        self.source({"describe": {"server": "two"}}, {"scan": {"mode": "changes", "checkpoint": "c"}},
                    *people("bob") + [{"checkpoint": "d"}, {"changes": True}])
        self.sync()
        self.assertEqual(set(self.accounts()), {"id-ada", "id-bob", "id-cyd"})
        self.at("one", "ada", "cyd")  # back at the first one, which lags behind
        self.assertEqual(self.inactive(), [], self.said)
        self.assertIn("another server", self.said)
        self.at("one", "ada", "bob", "cyd")
        self.at("one", "ada", "cyd")
        self.assertEqual(self.inactive(), ["id-bob"])

    def test_G3_who_was_parked_has_not_left_because_another_server_lacks_him(self):
        self.source({"describe": {"server": "one"}}, {"scan": {"mode": "everything"}},
                    *people("ada", "bob") + [{"checkpoint": "c"}, {"all": True}])
        self.sync()
        self.sink["results"] = {"bob": "entry"}
        self.source({"describe": {"server": "one"}}, {"scan": {"mode": "changes", "checkpoint": "c"}},
                    entry("id-bob", "bob", "two"), {"checkpoint": "d"}, {"changes": True})
        self.sync(3)
        self.sink["results"] = {}
        self.assertEqual(self.run_it("parked", "--retry-all"), 0)
        quiet = [{"scan": {"mode": "changes", "checkpoint": "d"}}, {"checkpoint": "d"}, {"changes": True}]
        self.source({"describe": {"server": "two"}}, *quiet)
        self.run_it()
        self.assertEqual(self.inactive(), [], self.said)
        self.source({"describe": {"server": "one"}}, *quiet + [entry("id-bob", "bob", "two")])
        self.sync()
        self.assertEqual(self.accounts()["id-bob"]["title"], "two")

    def test_G3_what_was_seen_before_a_reset_does_not_count(self):
        self.everything(people("ada", "bob", "cyd"))
        self.sync()
        self.source(*people("ada", "bob", "cyd") + [{"reset": True}] + people("ada", "cyd")
                    + [{"all": True}, {"get": {"id": "id-bob", "answer": "gone"}}])
        self.sync()
        self.assertEqual([i for i, a in self.accounts().items() if not a["active"]], ["id-bob"])

    def test_G2_killed_in_mid_read(self):
        self.source(*people("ada", "bob") + [{"kill": True}])
        self.sync(KILLED)
        self.everything(people("ada", "bob"))
        self.sync()
        self.assertEqual(set(self.accounts()), {"id-ada", "id-bob"})
        self.quiet()

    def test_a_checkpoint_that_is_refused_means_reading_everything(self):
        self.changes(people("ada"))
        self.sync()
        self.everything(people("ada", "bob"))
        self.source({"scan": {"mode": "everything"}}, *people("ada", "bob") + [{"all": True}])
        self.sync()
        self.assertEqual(set(self.accounts()), {"id-ada", "id-bob"})


class Leaving(Case):
    def test_G6_a_parked_entry_that_left_is_disabled_once(self):
        self.everything(people("ada", "bob", "cyd"))
        self.sync()
        self.everything(people("ada", "cyd") + [entry("id-bob", "bob", "two")])
        self.sink["results"] = {"bob": "entry"}
        self.sync(3)
        self.sink["results"] = {}
        self.everything(people("ada", "cyd"))
        self.sync()
        self.assertFalse(self.accounts()["id-bob"]["active"])
        self.assertEqual(self.report()["parked"], 0)
        self.quiet()

    def test_G1_somebody_about_to_come_back_leaves_again(self):
        self.everything(people("ada", "bob", "cyd"))
        self.sync()
        self.everything(people("ada", "cyd"))
        self.sync()
        self.everything(people("ada", "bob", "cyd"))
        self.sink["results"] = {"bob": "auth"}
        self.sync(1)
        self.sink["results"] = {}
        self.everything(people("ada", "cyd"))
        self.sync()
        self.assertFalse(self.accounts()["id-bob"]["active"], self.said)
        self.quiet()

    def test_somebody_who_is_back_is_enabled_though_the_account_was_not_seen_at_first(self):
        self.everything(people("ada", "bob", "cyd"))
        self.sync()
        self.everything(people("ada", "cyd"))
        self.sync()
        self.everything(people("ada", "bob", "cyd"))
        self.sink["errors"] = {"read": "not-found:1"}
        self.sync()
        self.sink["errors"] = {}
        self.assertTrue(self.accounts()["id-bob"]["active"], self.said)
        self.quiet()

    def test_G3_who_still_answers_has_not_left(self):
        self.everything(people("ada", "bob"))
        self.sync()
        self.source({"scan": {"mode": "everything"}}, *people("ada") + [
            {"all": True}, {"scan": {"mode": "watch"}}] + people("bob"))
        self.sync()
        self.assertTrue(self.accounts()["id-bob"]["active"])

    def test_G3_nobody_leaves_whom_the_source_cannot_tell_of(self):
        self.everything(people("ada", "bob"))
        self.sync()
        self.everything(people("ada"), {"get": {"id": "id-bob", "answer": "failed"}})
        self.sync()
        self.assertTrue(self.accounts()["id-bob"]["active"])
        self.everything(people("ada"), {"get": {"id": "id-bob", "answer": "out-of-scope"}})
        self.sync()
        self.assertFalse(self.accounts()["id-bob"]["active"])


if __name__ == "__main__":
    tap.main()

"""Every class of result, with a scripted source and a sink in memory: what the pipeline does next, what it
keeps, and that the pass after it is quiet."""
import time

import tap
from scriptedends import KILLED, Case, entry, people


class Results(Case):
    """What the sink says of a create, with two others beside it."""

    def create(self, word, code, name="bob"):
        self.everything(people("ada", "bob", "cyd"))
        self.sink["results"] = {name: word}
        self.sync(code)

    def check(self, word, code):
        self.create(word, code)
        self.converges(ada="ada", bob="bob", cyd="cyd")

    def test_G7_entry_is_parked_and_the_others_go_on(self):
        self.create("entry", 3)
        self.assertEqual(set(self.accounts()), {"id-ada", "id-cyd"})
        self.converges(ada="ada", bob="bob", cyd="cyd")

    def test_G7_not_taken_is_parked_with_its_path(self):
        self.create("not-taken", 3)
        self.assertIn("displayName", self.said)
        self.assertEqual(set(self.accounts()), {"id-ada", "id-bob", "id-cyd"})
        self.converges(ada="ada", bob="bob", cyd="cyd")

    def test_G7_forbidden_for_one_is_parked(self):
        self.check("forbidden", 3)

    def test_auth_ends_the_run(self):
        self.check("auth", 1)

    def test_config_ends_the_run(self):
        self.check("config", 1)

    def test_G7_budget_waits_and_parks_nobody(self):
        self.check("budget:3", 0)

    def test_G7_an_unwell_sink_is_tried_again(self):
        self.check("sink:2", 0)

    def test_G2_an_unknown_result_that_was_not_applied(self):
        self.check("unknown:1", 0)

    def test_G2_an_unknown_result_that_was_applied_makes_no_twin(self):
        self.check("unknown-applied:1", 0)
        self.assertEqual(len([r for r in self.journal("create") if r.get("userName") == "bob"]), 1)

    def test_a_race_is_planned_again(self):
        self.check("race:2", 0)

    def test_a_collision_with_nobody_is_parked_without_a_suffix(self):
        self.create("collision", 3)
        self.assertEqual({a["userName"] for a in self.accounts().values()}, {"ada", "cyd"})
        self.converges(ada="ada", bob="bob", cyd="cyd")

    def test_cancelled_is_not_sent_and_stays_queued(self):
        self.check("cancelled:1", 0)

    def test_G2_killed_before_a_create(self):
        self.check("kill-before", KILLED)

    def test_G2_killed_after_a_create(self):
        self.check("kill-after", KILLED)
        self.assertEqual(len([r for r in self.journal("create") if r.get("userName") == "bob"]), 0)


class Updates(Case):
    def change(self, word, code):
        self.everything(people("ada", "bob", "cyd"))
        self.sync()
        self.everything([entry("id-" + n, n, "two") for n in ("ada", "bob", "cyd")])
        self.sink["results"] = {"bob": word}
        self.sync(code)

    def check(self, word, code):
        self.change(word, code)
        self.converges(ada="ada", bob="bob", cyd="cyd")
        self.assertEqual({a["title"] for a in self.accounts().values()}, {"two"})

    def test_entry(self):
        self.check("entry", 3)

    def test_not_taken(self):
        self.check("not-taken", 3)

    def test_race(self):
        self.check("race:2", 0)

    def test_a_race_that_never_ends_is_parked(self):
        self.check("race", 3)

    def test_G2_unknown_and_applied(self):
        self.check("unknown-applied:1", 0)

    def test_G2_killed_before(self):
        self.check("kill-before", KILLED)

    def test_G2_killed_after(self):
        self.check("kill-after", KILLED)

    def test_a_link_that_the_sink_denies_once_is_found_again(self):
        self.check("link:1", 0)
        self.assertEqual(len(self.accounts()), 3)

    def test_an_account_that_is_gone_is_made_again(self):
        self.everything(people("ada", "bob"))
        self.sync()
        gone = self.accounts()["id-bob"]
        self.by_hand(dict(gone, deleted=True, active=False, userName="old"))
        self.everything([entry("id-ada", "ada", "one"), entry("id-bob", "bob", "two")])
        self.sync()
        self.assertEqual(self.accounts()["id-bob"]["title"], "two")
        self.assertNotEqual(self.accounts()["id-bob"]["id"], gone["id"])
        self.quiet()


class Queue(Case):
    def test_a_queued_row_of_another_mapping_never_hangs_a_run(self):
        self.changes(people("ada"))
        self.sync()
        self.changes(people("ada"), *people("bob"))
        self.sink["results"] = {"bob": "auth"}
        self.sync(1)
        self.sink["results"] = {}
        self.settings["mapping"] = {"userName": "uid", "displayName": "cn"}
        self.source({"scan": {"mode": "everything"}}, {"partial": "size limit"},
                    {"get": {"id": "id-bob", "answer": "failed"}})
        began = time.time()
        self.sync(1)
        self.assertLess(time.time() - began, 20)
        self.assertEqual(self.report()["queued"], 1)
        self.changes(people("ada", "bob"))
        self.sync()
        self.assertEqual(set(self.accounts()), {"id-ada", "id-bob"})
        self.quiet()

    def test_a_leaf_that_comes_back_into_the_mapping(self):
        full = {"userName": "uid", "displayName": "cn",
                "phoneNumbers": [{"type": "work", "value": "phone"}]}
        self.settings["mapping"] = full
        self.everything([entry("id-ada", "ada", phone="+491"), entry("id-bob", "bob", phone="+492")])
        self.sync()
        self.settings["mapping"] = {"userName": "uid", "displayName": "cn"}
        self.sync()
        self.settings["mapping"] = full
        self.everything([entry("id-ada", "ada", phone="+493"), entry("id-bob", "bob")])
        self.sync()
        self.assertEqual([p["value"] for p in self.accounts()["id-ada"]["phoneNumbers"]], ["+493"])
        self.assertFalse(self.accounts()["id-bob"].get("phoneNumbers"))
        self.quiet()


if __name__ == "__main__":
    tap.main()

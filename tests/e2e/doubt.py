"""Changes whose result nobody told, with a scripted source and a sink in memory: what becomes of them when
the source goes on meanwhile."""
import os

import tap
from scriptedends import KILLED, Case, entry, people


class Doubt(Case):
    """A change whose result nobody told is followed by another state of its entry (G2)."""

    def start(self):
        self.changes(people("ada", "bob"))
        self.sync()

    def test_G1_an_update_in_doubt_that_the_source_takes_back(self):
        self.start()
        self.changes(people("ada", "bob"), entry("id-bob", "bob", "two"))
        self.interrupted()
        self.assertEqual(self.accounts()["id-bob"]["title"], "two")
        self.changes(people("ada", "bob"), entry("id-bob", "bob", "one"))
        self.sync()
        self.assertEqual(self.accounts()["id-bob"]["title"], "one")
        self.quiet()

    def test_G2_a_leaver_in_doubt_who_is_back_is_active(self):
        for word in ("kill-after", "kill-before"):
            with self.subTest(word):
                self.setUp()
                self.start()
                self.changes(people("ada"), {"delete": "id-bob"})
                self.interrupted(word)
                self.changes(people("ada", "bob"), *people("bob"))
                self.sync()
                self.assertTrue(self.accounts()["id-bob"]["active"], self.said)
                self.quiet()

    def test_G2_a_create_in_doubt_of_somebody_who_left(self):
        self.changes(people("ada"))
        self.sync()
        self.changes(people("ada"), *people("bob"))
        self.interrupted()
        self.assertTrue(self.accounts()["id-bob"]["active"])
        self.changes(people("ada"), {"delete": "id-bob"})
        self.sync()
        self.assertFalse(self.accounts()["id-bob"]["active"], self.said)
        self.quiet()

    def test_G2_a_create_and_a_leaver_in_doubt_who_is_back_is_active(self):
        """Nobody recorded the account, nor that it was disabled."""
        self.changes(people("ada"))
        self.sync()
        self.sink["results"] = {"bob": "kill-after"}
        self.changes(people("ada"), *people("bob"))
        self.sync(KILLED)
        self.changes(people("ada"), {"delete": "id-bob"})
        self.sync(KILLED)
        self.assertFalse(self.accounts()["id-bob"]["active"], self.said)
        self.sink["results"] = {}
        self.changes(people("ada", "bob"), *people("bob"))
        self.sync()
        self.assertTrue(self.accounts()["id-bob"]["active"], self.said)
        self.quiet()

    def test_G2_a_create_in_doubt_of_somebody_who_left_with_a_mapped_externalId(self):
        self.settings["mapping"] = {"userName": "uid", "displayName": "cn", "externalId": "title"}
        self.everything([entry("id-ada", "ada", title="4711"), entry("id-bob", "bob", title="4712")])
        self.interrupted()
        self.everything([entry("id-ada", "ada", title="4711")])
        self.sync()
        self.assertEqual({a["externalId"]: a["active"] for a in self.accounts().values()},
                         {"4711": True, "4712": False})
        self.quiet()

    def test_G2_a_create_in_doubt_that_never_was_leaves_nothing(self):
        self.changes(people("ada"))
        self.sync()
        self.changes(people("ada"), *people("bob"))
        self.interrupted("kill-before")
        self.changes(people("ada"), {"delete": "id-bob"})
        self.sync()
        self.assertEqual(set(self.accounts()), {"id-ada"})
        self.quiet()

    def test_G2_a_create_in_doubt_under_another_name(self):
        self.changes(people("ada"))
        self.sync()
        self.changes(people("ada"), *people("bob"))
        self.interrupted()
        new = entry("id-bob", "robert", "one")
        self.changes(people("ada") + [new], new)
        self.sync()
        self.assertEqual({a["userName"] for a in self.accounts().values()}, {"ada", "robert"})
        self.quiet()

    def test_G2_a_create_in_doubt_whose_name_another_wants_by_now(self):
        for policy, second in (("skip", None), ("suffix", "bob_1")):
            with self.subTest(policy):
                self.settings["collision"] = {"policy": policy}
                for name in ("state.db", "accounts"):
                    if os.path.exists(self.path(name)):
                        os.remove(self.path(name))
                self.changes(people("ada"))
                self.sync()
                self.changes(people("ada"), *people("bob"))
                self.interrupted()
                first = entry("id-a-first", "bob", "two")  # before id-bob in the order of ids
                changed = entry("id-bob", "bob", "three")
                self.changes(people("ada") + [first, changed], first, changed)
                self.sync(0 if second else 3)
                accounts = self.accounts()
                self.assertEqual((accounts["id-bob"]["userName"], accounts["id-bob"]["title"]), ("bob", "three"))
                self.assertEqual(accounts.get("id-a-first", {}).get("userName"), second)
                self.run_it("parked", "--retry-all")
                self.sync(0 if second else 3)
                self.assertEqual(self.accounts()["id-bob"]["title"], "three")

    def test_G1_who_was_parked_in_doubt_and_changes_is_parked_no_more(self):
        """Refused after a create whose result nobody told; the next state of its entry is taken."""
        self.changes(people("ada"))
        self.sync()
        self.changes(people("ada"), *people("bob"))
        self.interrupted("kill-before")
        self.sink["results"] = {"bob": "entry"}
        self.sync(3)
        self.sink["results"] = {}
        new = entry("id-bob", "bob", "two")
        self.changes(people("ada") + [new], new)
        self.sync()
        self.assertEqual((self.accounts()["id-bob"]["title"], self.report()["parked"]), ("two", 0))
        self.quiet()

    def test_G8_a_rename_in_doubt_that_was_refused_since_is_looked_at_before_it_is_parked(self):
        """The account has the name, and nobody recorded it; who else wants it is in doubt, too, and comes first
        in the order of ids: both were parked for each other."""
        self.settings["collision"] = {"policy": "skip"}
        first, bob = entry("id-a-first", "first", "one"), entry("id-bob", "robert", "one")
        self.changes(people("bob") + [first])
        self.sync()
        self.sink["results"] = {"bob": "kill-after"}
        self.changes([first, bob], bob)
        self.sync(KILLED)
        self.assertEqual(self.accounts()["id-bob"]["userName"], "robert")
        self.sink["results"] = {"robert": "entry", "first": "kill-after"}
        first = entry("id-a-first", "first", "two")
        self.changes([first, bob], first)
        self.sync(KILLED)
        self.sink["results"] = {"robert": "entry", "first": "entry"}
        first = entry("id-a-first", "robert", "two")
        self.changes([first, bob], first)
        self.sync(3)
        self.sink["results"] = {}
        self.run_it("parked", "--retry-all")
        self.sync(3)
        self.assertEqual([one["id"] for one in self.report()["parked_list"]], ["id-a-first"])

    def test_G2_a_rename_in_doubt_whose_name_another_wants_by_now(self):
        self.settings["collision"] = {"policy": "skip"}
        self.changes(people("ada", "bob"))
        self.sync()
        new = entry("id-bob", "robert", "one")
        self.changes(people("ada") + [new], new)
        self.sink["results"] = {"bob": "kill-after", "robert": "kill-after"}
        self.sync(KILLED)
        self.assertEqual(self.accounts()["id-bob"]["userName"], "robert")
        self.sink["results"] = {}
        first, changed = entry("id-a-first", "robert", "two"), entry("id-bob", "robert", "three")
        self.changes(people("ada") + [first, changed], first, changed)
        self.sync(3)
        self.assertEqual(self.accounts()["id-bob"]["title"], "three", self.said)
        self.assertNotIn("id-a-first", self.accounts())

    def test_an_enable_that_was_not_taken_is_tried_again(self):
        self.start()
        self.changes(people("ada"), {"delete": "id-bob"})
        self.sync()
        self.assertFalse(self.accounts()["id-bob"]["active"])
        self.changes(people("ada", "bob"), *people("bob"))
        self.sink["results"] = {"bob": "entry"}
        self.sync(3)
        self.converges(ada="ada", bob="bob")
        self.assertTrue(self.accounts()["id-bob"]["active"])


if __name__ == "__main__":
    tap.main()

"""What is decided, configured or answering otherwise from one pass to the next: approvals, policies, links,
servers, a lost state. With a scripted source and a sink in memory, as in lib/scriptedends.py."""
import json
import os
import threading
import time

import tap
from scriptedends import entry, people
from sequels import Case

VERSION = {"version": '"1"'}
SIX = "ada", "bob", "cyd", "dan", "eve", "flo"


class Approvals(Case):
    """Two leavers are held, and then are there again."""

    def hold(self, policy="disable"):
        self.settings["leavers"] = {"policy": policy}
        self.narrow("leavers", 1)
        self.changes(people(*SIX))
        self.sync()
        self.gone = people("ada", "dan", "eve", "flo")
        self.changes(self.gone, {"delete": "id-bob"}, {"delete": "id-cyd"})
        self.sync(4)
        return self.report()["approve"]

    def active(self):
        return {i[3:] for i, a in self.accounts().items() if a["active"]}

    def test_G3_an_approval_in_a_read_that_breaks_off_waits(self):
        token = self.hold()
        self.source({"scan": {"mode": "everything"}}, *people(*SIX), {"all": True},
                    {"scan": {"mode": "changes", "checkpoint": "c"}}, {"partial": "size limit"})
        self.sync(1, "--approve", token)
        self.assertEqual(self.active(), set(SIX))
        self.changes(people(*SIX))
        self.sync()
        self.assertEqual(self.active(), set(SIX))
        self.quiet()

    def test_G4_an_approval_in_a_read_that_breaks_off_is_obeyed_by_the_next(self):
        token = self.hold()
        self.source({"scan": {"mode": "everything"}}, *self.gone, {"all": True},
                    {"scan": {"mode": "changes", "checkpoint": "c"}}, {"partial": "size limit"})
        self.sync(1, "--approve", token)
        self.changes(self.gone)
        self.sync()
        self.assertEqual(self.active(), {"ada", "dan", "eve", "flo"})
        self.quiet()

    def test_G3_an_approval_with_only_asks_again_too(self):
        token = self.hold()
        self.changes(people(*SIX))
        self.sync(0, "--only", "id-ada", "--approve", token)
        self.sync()
        self.assertEqual(self.active(), set(SIX))
        self.quiet()

    def test_a_policy_that_takes_away_less_holds_for_what_was_held(self):
        for policy, there, active in (("disable", set(SIX), {"ada", "dan", "eve", "flo"}),
                                      ("ignore", set(SIX), set(SIX))):
            with self.subTest(policy):
                self.setUp()
                self.hold("delete")
                self.settings["leavers"] = {"policy": policy}
                self.changes(self.gone)
                self.sync(4)
                self.sync(0, "--approve", self.report()["approve"])
                self.assertEqual({i[3:] for i in self.accounts()}, there)
                self.assertEqual(self.active(), active)
                self.quiet()


class Brakes(Case):
    def test_G4_what_a_new_mapping_holds_is_not_let_go_because_there_are_more_accounts(self):
        self.narrow("updates", 1)
        self.settings["brakes"]["updates"]["percent"] = 50
        mapping = {"userName": "uid", "displayName": "cn"}
        few, many = (["p%d" % i for i in range(count)] for count in (6, 20))
        self.settings["mapping"] = mapping
        self.everything(people(*few))
        self.sync()
        self.settings["mapping"] = dict(mapping, title="title")
        self.everything(people(*few))
        self.sync(4)
        self.everything(people(*many))
        for _ in range(2):
            self.sync(4, "--full")
        titles = {i[3:] for i, a in self.accounts().items() if "title" in a}
        self.assertEqual(titles & set(few), set())
        self.sync(0, "--approve", self.report()["approve"])
        self.quiet()

    def test_G4_names_that_are_exchanged_count_once_each(self):
        self.narrow("updates", 3)
        self.everything(people("ada", "bob", "cyd"))
        self.sync()
        swapped = [entry("id-ada", "bob", "one"), entry("id-bob", "ada", "one")]
        self.everything(swapped + people("cyd"))
        self.sync()
        self.everything(swapped + [entry("id-cyd", "cyd", "two")])
        self.sync()
        self.quiet()


class Deleting(Case):
    def test_G2_a_delete_whose_answer_is_lost_leaves_what_one_leaves(self):
        for word in ("ok", "unknown-applied:1", "kill-after"):
            with self.subTest(word):
                self.setUp()
                self.settings["leavers"] = {"policy": "delete"}
                self.sink["soft_delete"] = True
                self.changes(people("ada", "bob"))
                self.sync()
                self.sink["results"] = {"bob": word}
                self.changes(people("ada"), {"delete": "id-bob"})
                self.run_it()
                self.sink["results"] = {}
                self.changes(people("ada"))
                self.sync()
                namesake = entry("id-new", "bob", "one")
                self.changes(people("ada") + [namesake], namesake)
                self.sync(3)  # collision.left: park
                self.assertEqual(set(self.accounts()), {"id-ada"})

    def test_G5_an_adopted_account_is_not_deleted_after_an_unlink_either(self):
        self.settings["leavers"] = {"policy": "delete"}
        self.by_hand({"id": "77", "userName": "bob", "displayName": "Bob", "active": True, "meta": VERSION})
        self.everything(people("ada", "bob"))
        self.sync()
        self.run_it("unlink", "id-bob")
        self.run_it("parked", "--retry", "id-bob")
        self.sync()
        self.everything(people("ada"))
        self.sync()
        self.assertFalse(self.accounts()["id-bob"]["active"])

    def test_who_was_back_in_doubt_is_disabled_for_the_whole_delay(self):
        self.settings["leavers"] = {"policy": "disable", "delete_after": "30d"}
        self.changes(people("ada", "bob"))
        self.sync()
        self.changes(people("ada"), {"delete": "id-bob"})
        self.sync()
        self.changes(people("ada", "bob"), *people("bob"))
        self.interrupted()
        self.state("UPDATE link SET last_ms = last_ms - 40 * 86400000")
        self.changes(people("ada"), {"delete": "id-bob"})
        self.sync()
        self.assertFalse(self.accounts()["id-bob"]["active"])
        self.quiet()


class Links(Case):
    def test_an_unlink_parts_from_a_change_in_doubt_as_well(self):
        self.changes(people("ada", "bob"))
        self.sync()
        self.changes(people("ada", "bob"), entry("id-bob", "bob", "two"))
        self.interrupted("kill-before")
        self.run_it("unlink", "id-bob")
        before = len(self.journal())
        self.changes(people("ada", "bob"))
        self.sync(3)
        self.assertEqual(len(self.journal()), before)
        self.assertEqual(self.state("SELECT account FROM link WHERE id = 'id-bob'"), [(None,)])

    def test_G5_verify_finds_another_s_account_and_it_stays_another_s(self):
        self.changes(people("ada", "bob"))
        self.sync()
        self.by_hand(dict(self.accounts()["id-bob"], externalId="other"))
        self.sync(3, "--verify")
        self.make_due()
        self.sync()
        self.assertEqual(self.accounts()["other"]["displayName"], "Name of id-bob")
        self.assertEqual(self.accounts()["id-bob"]["userName"], "bob_1")
        self.quiet()

    def test_G5_an_account_with_our_external_id_and_a_protected_name_is_protected(self):
        boss = {"id": "77", "userName": "boss", "externalId": "id-bob", "displayName": "Boss",
                "active": True, "meta": VERSION}
        self.settings["protect"] = ["boss"]
        self.by_hand(boss)
        self.everything(people("ada", "bob"))
        self.sync(3)
        self.assertEqual(self.accounts()["id-bob"], boss)

    def test_G5_adopt_foreign_takes_nobody_s_account_after_a_lost_state(self):
        self.settings["adopt_foreign"] = True
        self.everything(people("ada", "bob"))
        self.sync()
        ids = {i: a["id"] for i, a in self.accounts().items()}
        os.remove(self.path("state.db"))
        self.everything([entry("id-aaa", "bob", "one"), entry("id-bob", "robert", "one")] + people("ada"))
        self.sync()
        self.assertEqual({i: a["id"] for i, a in self.accounts().items() if i in ids}, ids)
        self.assertEqual(self.accounts()["id-bob"]["userName"], "robert")
        self.quiet()

    def test_G1_who_could_not_be_mapped_when_the_state_was_lost_meets_its_account_later(self):
        self.settings["collision"] = {"policy": "skip"}
        self.everything(people("ada", "bob"))
        self.sync()
        os.remove(self.path("state.db"))
        namesake, bob = entry("id-aaa", "bob", "one"), {"uid": "bob", "cn": "Bob"}
        unmapped = {"entry": {"id": "id-bob", "token": "u", "name": "uid=id-bob", "attributes": {"cn": "Bob"}}}
        self.everything([namesake, unmapped] + people("ada"))
        self.sync(3)
        mapped = {"entry": dict(unmapped["entry"], attributes=bob)}
        self.everything([namesake, mapped] + people("ada"))
        for _ in range(3):
            self.run_it("parked", "--retry-all")
            self.sync(3)
        self.assertEqual(self.accounts()["id-bob"]["displayName"], "Bob")
        self.assertNotIn("id-aaa", self.accounts())

    def test_G5_a_leaver_whose_account_has_no_known_version_is_looked_at_first(self):
        self.everything(people("ada", "bob"))
        self.sync()
        self.by_hand(dict(self.accounts()["id-bob"], externalId="other"))
        self.state("UPDATE link SET version = NULL")
        self.everything(people("ada"))
        self.sync()
        self.assertTrue(self.accounts()["other"]["active"])
        self.quiet()


class Servers(Case):
    def test_G3_another_server_in_mid_pass_is_another_server(self):
        everything = [{"scan": {"mode": "everything"}}]
        end = [{"checkpoint": "d"}, {"all": True}, {"scan": {"mode": "changes", "checkpoint": "c"}},
               {"wait": 2000}, {"error": {"code": "checkpoint", "message": "other numbers"}}]
        self.source({"describe": {"server": "a"}}, *everything, *people("ada", "bob", "cyd"),
                    {"checkpoint": "c"}, {"all": True})
        self.sync()
        self.source({"describe": {"server": "a"}}, *everything, *people("ada", "bob", "cyd"), *end)
        meanwhile = threading.Thread(target=lambda: (time.sleep(1), self.source(
            {"describe": {"server": "b"}}, *everything, *people("ada", "cyd"), *end)))
        meanwhile.start()
        self.sync()
        meanwhile.join()
        self.assertTrue(self.accounts()["id-bob"]["active"], self.said)
        self.source({"describe": {"server": "b"}}, *everything, *people("ada", "cyd"), {"all": True})
        self.sync()
        self.assertFalse(self.accounts()["id-bob"]["active"], json.dumps(self.report()))


if __name__ == "__main__":
    tap.main()

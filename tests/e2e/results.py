"""Every class of result and every end of a read, with a scripted source and a sink in memory: what the
pipeline does next, what it keeps, and that the pass after it is quiet."""
import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest

import tap

BUILD = os.environ.get("top_builddir", ".")
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
KILLED = -9


def entry(ident, name, title=None, **more):
    attributes = dict({"uid": name, "cn": "Name of " + ident}, **more)
    if title:
        attributes["title"] = title
    return {"entry": {"id": ident, "token": "t", "name": "uid=" + ident, "attributes": attributes}}


def people(*names):
    return [entry("id-" + name, name, "one") for name in names]


class Case(unittest.TestCase):
    def setUp(self):
        if not os.path.exists(os.path.join(BUILD, ".plugins-test", "syncd-script.so")):
            self.skipTest("the test plugins were not collected: make check builds them")
        self.folder = tempfile.mkdtemp(prefix="syncd-results-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.sink, self.settings, self.said, self.epoch = {}, {}, "", 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(text)

    def source(self, *lines):
        self.write("script", "".join(json.dumps(line) + "\n" for line in lines))

    def everything(self, entries, *more):
        """A complete read, after which nothing is to be continued."""
        self.source(*list(entries) + [{"all": True}] + list(more))

    def changes(self, entries, *more):
        """The same entries, and checkpoints: the next run reads no changes."""
        self.source({"scan": {"mode": "everything"}}, *list(entries) + [
            {"checkpoint": "c"}, {"all": True}, {"scan": {"mode": "changes", "checkpoint": "c"}}]
                    + list(more) + [{"checkpoint": "c"}, {"changes": True}])

    def run_it(self, *words, timeout=100):
        config = dict({
            "sources": {"script": {"file": self.path("script")}},
            "sinks": {"memory": dict({"file": self.path("accounts"), "journal": self.path("journal"),
                                      "sessions": 1}, **self.sink)},
            "schemas": [USER], "mapping": {"userName": "uid", "displayName": "cn", "title": "title"},
            "brakes": {k: {"percent": 100, "min": 1000} for k in ("leavers", "updates", "creates")},
            "state": {"path": self.path("state.db")}}, **self.settings)
        self.write("syncd.yaml", "".join("%s: %s\n" % (k, json.dumps(v)) for k, v in config.items()))
        command = [os.path.join(BUILD, "run"), os.path.join(BUILD, "core", "syncd"), *words,
                   "-c", self.path("syncd.yaml"), "-v"]
        if not words or words[0].startswith("-"):
            command += ["--report", self.path("report.json")]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
                              stderr=subprocess.STDOUT, text=True, timeout=timeout, env=dict(
                                  os.environ, SYNCD_PLUGIN_DIR=os.path.join(BUILD, ".plugins-test")))
        self.said = done.stdout
        if "Sanitizer" in self.said:
            raise AssertionError(self.said)
        return done.returncode

    def sync(self, code=0, *words):
        found = self.run_it(*words)
        self.assertEqual(found, code, self.said)

    def report(self):
        with open(self.path("report.json")) as file:
            return json.load(file)

    def journal(self, *kinds):
        if not os.path.exists(self.path("journal")):
            return []
        with open(self.path("journal")) as file:
            lines = [json.loads(line) for line in file]
        return [line for line in lines if not kinds or line["request"] in kinds]

    def accounts(self):
        """The newest line of each account, by its external id."""
        found = {}
        if os.path.exists(self.path("accounts")):
            with open(self.path("accounts")) as file:
                for line in file:
                    account = json.loads(line)
                    account = account.get("account", account)
                    found[account["id"]] = account
        alive = [a for a in found.values() if not a.get("deleted")]
        ids = [a.get("externalId") for a in alive]
        self.assertEqual(len(ids), len(set(ids)), "twins: %s" % alive)
        return {a.get("externalId"): a for a in alive}

    def by_hand(self, *accounts):
        with open(self.path("accounts"), "a") as out:
            out.writelines(json.dumps(account) + "\n" for account in accounts)

    def quiet(self):
        """Nothing is left to be done: a complete read sends no request."""
        before = len(self.journal())
        self.sync(0, "--full")
        self.assertEqual([r for r in self.journal()[before:] if r["request"] != "schema"], [], self.said)

    def converges(self, **names):
        self.sink["results"] = {}
        self.run_it("parked", "--retry-all")
        self.sync(0, "--full")
        self.assertEqual({i: a["userName"] for i, a in self.accounts().items()},
                         {"id-" + k: v for k, v in names.items()})
        self.quiet()


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


class Doubt(Case):
    """A change whose result nobody told is followed by another state of its entry (G2)."""

    def start(self):
        self.changes(people("ada", "bob"))
        self.sync()

    def test_G1_an_update_in_doubt_that_the_source_takes_back(self):
        self.start()
        self.changes(people("ada", "bob"), entry("id-bob", "bob", "two"))
        self.sink["results"] = {"bob": "kill-after"}
        self.sync(KILLED)
        self.assertEqual(self.accounts()["id-bob"]["title"], "two")
        self.sink["results"] = {}
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
                self.sink["results"] = {"bob": word}
                self.sync(KILLED)
                self.sink["results"] = {}
                self.changes(people("ada", "bob"), *people("bob"))
                self.sync()
                self.assertTrue(self.accounts()["id-bob"]["active"], self.said)
                self.quiet()

    def test_G2_a_create_in_doubt_of_somebody_who_left(self):
        self.changes(people("ada"))
        self.sync()
        self.changes(people("ada"), *people("bob"))
        self.sink["results"] = {"bob": "kill-after"}
        self.sync(KILLED)
        self.assertTrue(self.accounts()["id-bob"]["active"])
        self.sink["results"] = {}
        self.changes(people("ada"), {"delete": "id-bob"})
        self.sync()
        self.assertFalse(self.accounts()["id-bob"]["active"], self.said)
        self.quiet()

    def test_G2_a_create_in_doubt_of_somebody_who_left_with_a_mapped_externalId(self):
        self.settings["mapping"] = {"userName": "uid", "displayName": "cn", "externalId": "title"}
        self.everything([entry("id-ada", "ada", title="4711"), entry("id-bob", "bob", title="4712")])
        self.sink["results"] = {"bob": "kill-after"}
        self.sync(KILLED)
        self.sink["results"] = {}
        self.everything([entry("id-ada", "ada", title="4711")])
        self.sync()
        self.assertEqual({a["externalId"]: a["active"] for a in self.accounts().values()},
                         {"4711": True, "4712": False})
        self.quiet()

    def test_G2_a_create_in_doubt_that_never_was_leaves_nothing(self):
        self.changes(people("ada"))
        self.sync()
        self.changes(people("ada"), *people("bob"))
        self.sink["results"] = {"bob": "kill-before"}
        self.sync(KILLED)
        self.sink["results"] = {}
        self.changes(people("ada"), {"delete": "id-bob"})
        self.sync()
        self.assertEqual(set(self.accounts()), {"id-ada"})
        self.quiet()

    def test_G2_a_create_in_doubt_under_another_name(self):
        self.changes(people("ada"))
        self.sync()
        self.changes(people("ada"), *people("bob"))
        self.sink["results"] = {"bob": "kill-after"}
        self.sync(KILLED)
        self.sink["results"] = {}
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
                self.sink["results"] = {"bob": "kill-after"}
                self.sync(KILLED)
                self.sink["results"] = {}
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


class Names(Case):
    def test_G5_the_account_of_somebody_who_is_coming_back_is_not_adopted(self):
        self.settings["collision"] = {"left": "adopt"}
        self.everything(people("ada", "bob", "cyd"))
        self.sync()
        self.everything(people("ada", "cyd"))
        self.sync()
        self.everything([entry("id-aaa", "bob", "one")] + people("ada", "bob", "cyd"))
        self.sync()
        self.assertEqual(self.accounts()["id-bob"]["userName"], "bob")
        self.assertTrue(self.accounts()["id-bob"]["active"])
        self.assertEqual(self.accounts()["id-aaa"]["userName"], "bob_1")
        self.quiet()

    def test_G5_whoever_has_an_account_adopts_no_second_one(self):
        self.settings["collision"] = {"left": "adopt"}
        self.everything(people("ada", "bob", "cyd"))
        self.sync()
        ids = {i: a["id"] for i, a in self.accounts().items()}
        self.everything(people("ada", "cyd"))
        self.sync()
        self.everything([entry("id-ada", "bob", "one")] + people("cyd"))
        self.sync()
        self.assertEqual({i: a["id"] for i, a in self.accounts().items()}, ids)
        self.assertEqual(self.accounts()["id-ada"]["userName"], "bob_1")
        self.assertFalse(self.accounts()["id-bob"]["active"])
        self.quiet()

    def test_a_new_name_that_was_not_taken_is_sent_again(self):
        self.everything(people("ada", "bob"))
        self.sync()
        self.sink["ignore"] = ["userName"]
        self.sink["results"] = {"bob": "entry:0"}
        self.everything(people("ada") + [entry("id-bob", "robert", "one")])
        self.run_it()
        self.sink["ignore"] = []
        self.converges(ada="ada", bob="robert")

    def swap(self, word, code):
        self.everything(people("ada", "bob", "cyd"))
        self.sync()
        ids = {i: a["id"] for i, a in self.accounts().items()}
        self.everything([entry("id-ada", "bob", "one"), entry("id-bob", "cyd", "one"),
                         entry("id-cyd", "ada", "one")])
        self.sink["results"] = {"ada": word, "bob": word, "cyd": word}
        self.sync(code)
        self.converges(ada="bob", bob="cyd", cyd="ada")
        self.assertEqual({i: a["id"] for i, a in self.accounts().items()}, ids)

    def test_G8_a_ring_of_three(self):
        self.swap("ok", 0)

    def test_G8_a_ring_with_lost_answers(self):
        self.swap("unknown-applied:1", 0)

    def test_G8_a_ring_with_a_sink_that_is_unwell(self):
        self.swap("sink:1", 0)

    def test_G8_a_ring_that_is_taken_back_half_way(self):
        self.everything(people("ada", "bob"))
        self.sync()
        self.everything([entry("id-ada", "bob", "one"), entry("id-bob", "ada", "one")])
        self.sink["results"] = {"ada": "kill-after:1"}
        self.sync(KILLED)
        self.sink["results"] = {}
        self.everything(people("ada", "bob"))
        self.sync()
        self.assertEqual({i: a["userName"] for i, a in self.accounts().items()},
                         {"id-ada": "ada", "id-bob": "bob"})
        self.quiet()


if __name__ == "__main__":
    tap.main()

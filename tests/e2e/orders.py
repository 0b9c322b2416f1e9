"""What an administrator decides: approvals, links, retries; also while another syncd is at work."""
import fcntl
import json
import os
import re
import time

import pipeline
import tap
from pipeline import crowd, dn, person

TIGHT = {"leavers": {"percent": 5, "min": 2}}


def states(p):
    found = [u["state"] for u in p.sim.users()]
    return {s: found.count(s) for s in set(found)}


class Approve(pipeline.Test):
    def held(self, **more):
        p = self.pipeline(crowd(40), brakes=dict(TIGHT, **more))
        p.sync()
        for i in range(3):
            p.slapd.delete(dn("p000%d" % i))
        return p

    def test_G4_held_changes_go_when_they_are_approved(self):
        p = self.held()
        token = p.sync("--full", expect=4)["approve"]
        report = p.sync("--approve", token)
        self.assertEqual((report["held"], report["sink"]["disabled"]), (0, 3))
        self.assertEqual(states(p), {"active": 37, "inactive": 3})
        with p.watched() as seen:
            p.sync("--full")
        self.assertEqual(seen.writes, [])

    def test_G4_a_wrong_token_lets_nothing_go(self):
        p = self.held()
        p.sync("--full", expect=4)
        report = p.sync("--approve", "0123456789abcdef", expect=4)
        self.assertEqual((report["held"], states(p)), (3, {"active": 40}))
        self.says(report, "no held changes are known by the token 0123456789abcdef")

    def test_G4_what_changed_since_stays_held_under_a_new_token(self):
        p = self.held()
        token = p.sync("--full", expect=4)["approve"]
        for i in range(3, 5):
            p.slapd.delete(dn("p000%d" % i))
        report = p.sync("--full", "--approve", token, expect=4)
        self.assertEqual((report["held"], states(p)), (2, {"active": 37, "inactive": 3}))
        self.assertNotIn(report["approve"], (None, token))
        p.sync("--approve", report["approve"])
        self.assertEqual(states(p), {"active": 35, "inactive": 5})

    def test_G4_an_update_that_changed_again_is_not_what_was_approved(self):
        p = self.pipeline(crowd(20), brakes={"updates": {"percent": 10, "min": 3}})
        p.sync()
        for i in range(4):
            p.slapd.replace(dn("p000%d" % i), "title", "Director")
        token = p.sync(expect=4)["approve"]
        p.slapd.replace(dn("p0000"), "title", "King")
        report = p.sync("--approve", token, expect=4)
        titles = [p.account("p000%d@example.com" % i)["title"] for i in range(4)]
        self.assertEqual((report["held"], titles), (1, ["Engineer"] + 3 * ["Director"]))
        p.sync("--approve", report["approve"])
        self.assertEqual(p.account("p0000@example.com")["title"], "King")

    def test_G4_the_token_of_plan_is_the_token_of_the_pass(self):
        p = self.held()
        token = p.run("plan", "--full").report["approve"]
        self.assertIsNotNone(token)
        p.sync("--full", "--approve", token)
        self.assertEqual(states(p), {"active": 37, "inactive": 3})

    def test_a_dry_run_shows_what_an_approval_would_do_and_approves_nothing(self):
        p = self.held()
        token = p.sync("--full", expect=4)["approve"]
        state = p.state_bytes()
        done = p.run("plan", "--approve", token)
        self.assertEqual((done.code, done.report["sink"]["disabled"], done.report["held"]), (0, 3, 0), done)
        self.assertEqual((states(p), p.state_bytes()), ({"active": 40}, state))
        self.assertEqual(p.sync(expect=4)["approve"], token)

    def test_G4_an_approval_survives_a_pass_that_failed(self):
        p = self.held()
        token = p.sync("--full", expect=4)["approve"]
        good, p.secrets["TEST_SECRET"] = p.secrets["TEST_SECRET"], "wrong"
        self.ends(p.run("--approve", token), 1)
        p.secrets["TEST_SECRET"] = good
        p.sync()
        self.assertEqual(states(p).get("inactive"), 3)

    def test_G4_approved_leavers_do_not_count_over_the_day(self):
        p = self.held()
        p.sync("--approve", p.sync("--full", expect=4)["approve"])
        p.slapd.delete(dn("p0020"))
        p.sync("--full")
        self.assertEqual(states(p), {"active": 36, "inactive": 4})


class Links(pipeline.Test):
    def test_link_decides_that_a_rehire_has_the_old_account(self):
        p = self.pipeline(crowd(12))
        p.sync()
        account = p.account("p0003@example.com")["id"]
        p.slapd.delete(dn("p0003"))
        p.slapd.add(crowd(1, 3)[0])
        p.sync("--full", expect=3)
        self.ends(p.run("link", p.uuid("p0003"), account), 0)
        p.sync()
        mine = p.account_of("p0003")
        self.assertEqual((mine["id"], mine["state"], mine["userName"]),
                         (account, "active", "p0003@example.com"))
        with p.watched() as seen:
            p.sync("--full")
        self.assertEqual((seen.writes, len(p.sim.users())), ([], 12))

    def test_G4_the_account_of_a_leaver_that_is_held_can_be_linked(self):
        p = self.pipeline(crowd(12), brakes={"leavers": {"percent": 1, "min": 0}})
        p.sync()
        account = p.account("p0003@example.com")["id"]
        p.slapd.delete(dn("p0003"))
        p.slapd.add(crowd(1, 3)[0])
        report = p.sync("--full", expect=4)
        self.assertEqual((report["held"], report["parked"]), (1, 1))
        command = re.search("`syncd (link [^`]*)`", p.run("parked").out).group(1)  # as it is suggested
        self.ends(p.run(*command.split()), 0)
        p.sync()
        mine = p.account_of("p0003")
        self.assertEqual((mine["id"], mine["state"], len(p.sim.users())), (account, "active", 12))

    def test_G5_a_link_is_kept_though_another_account_carries_the_externalId(self):
        p = self.pipeline(crowd(3))
        p.sync()
        old = p.account("p0001@example.com")["id"]
        p.sim.seed([{"userName": "pat@example.com", "displayName": "Pat"}])
        new = p.account("pat@example.com")["id"]
        self.says(p.run("link", "p0001@example.com", new), "%s that .* had is let go" % old)
        self.says(p.sync(expect=3), "linked to the account %s, but the account %s still carries" % (new, old))
        p.sim.scim("DELETE", "users/" + old)
        p.sim.purge(old)
        command = re.search("`syncd (parked [^`]*)`", p.run("parked").out).group(1)
        self.ends(p.run(*command.split()), 0)
        p.sync()
        mine = p.account_of("p0001")
        self.assertEqual((mine["id"], mine["userName"]), (new, "p0001@example.com"))

    def test_link_refuses_the_account_of_somebody_who_is_there(self):
        p = self.pipeline(crowd(3))
        p.sync()
        account = p.account("p0001@example.com")["id"]
        done = p.run("link", "p0000@example.com", account)
        self.ends(done, 1)
        self.says(done, "belongs to p0001@example.com", "unlink")
        self.assertEqual(p.sync("--full")["sink"]["updated"], 0)

    def test_G5_a_protected_account_is_not_touched_though_it_was_linked(self):
        p = self.pipeline(crowd(3), protect=["admin@example.com"])
        p.sim.seed([{"userName": "admin@example.com", "displayName": "Admin"}])
        p.sync()
        admin = p.account("admin@example.com")
        self.ends(p.run("link", "p0001@example.com", admin["id"]), 0)
        report = p.sync(expect=3)
        self.says(report, "protect")
        self.assertEqual(p.account("admin@example.com"), admin)

    def test_link_and_unlink_want_an_entry_that_is_known(self):
        p = self.pipeline(crowd(1))
        p.sync()
        self.says(p.run("link", "nobody@example.com", "x"), "nobody is known as")
        self.says(p.run("unlink", "nobody@example.com"), "nobody is known as")
        self.ends(p.run("link", "p0000@example.com"), 2)
        self.ends(p.run("unlink"), 2)

    def test_unlink_parts_an_entry_from_its_account_until_told_otherwise(self):
        p = self.pipeline(crowd(5))
        p.sync()
        account = p.account("p0001@example.com")["id"]
        before = p.snapshot()
        self.ends(p.run("unlink", "p0001@example.com"), 0)
        p.slapd.replace(dn("p0001"), "title", "Director")
        self.assertEqual(p.sync("--full", expect=3)["parked"], 1)
        self.assertEqual(p.snapshot(), before)
        self.says(p.run("explain", p.uuid("p0001")), "unlinked from the account %s" % account)
        p.slapd.delete(dn("p0001"))
        p.sync("--full")
        self.assertEqual(p.snapshot(), before)

    def test_unlink_outlives_a_retry_that_was_asked_for_before(self):
        p = self.pipeline(crowd(5))
        p.sync()
        self.ends(p.run("parked", "--retry", "p0001@example.com"), 0)
        self.ends(p.run("unlink", "p0001@example.com"), 0)
        self.assertEqual(p.sync(expect=3)["parked"], 1)
        self.says(p.run("explain", p.uuid("p0001")), "unlinked from the account")

    def test_unlink_is_taken_back_by_link(self):
        p = self.pipeline(crowd(5))
        p.sync()
        account = p.account("p0001@example.com")["id"]
        p.run("unlink", "p0001@example.com")
        p.slapd.replace(dn("p0001"), "title", "Director")
        self.ends(p.run("link", p.uuid("p0001"), account), 0)
        p.sync()
        mine = p.account_of("p0001")
        self.assertEqual((mine["id"], mine["title"], len(p.accounts())), (account, "Director", 5))


class WhileAnotherRuns(pipeline.Test):
    """The simulator answers slowly, so that a pass is at work while orders are given."""

    def busy(self, p, minimum=1):
        process = p.start("--full")
        before = p.created()
        end = time.time() + 30
        while p.created() < before + minimum and time.time() < end:
            time.sleep(0.02)
        return process

    def test_an_approval_is_obeyed_by_the_pass_that_is_at_work(self):
        p = self.pipeline(crowd(40), brakes=TIGHT, scim={"sessions": 1})
        p.sync()
        for i in range(3):
            p.slapd.delete(dn("p000%d" % i))
        token = p.sync("--full", expect=4)["approve"]
        for one in crowd(100, 100):
            p.slapd.add(one)
        p.sim.switch(latency=60)
        process = self.busy(p)
        done = p.run("--approve", token)
        self.ends(done, 0)
        self.says(done, "left for it")
        began = time.time()
        while os.path.getsize(p.state + ".orders") and time.time() - began < 20:
            time.sleep(0.02)
        self.assertLess(time.time() - began, 2)
        self.assertIsNone(process.poll(), "the pass was over before it could obey")
        self.assertEqual(p.finish(process).code, 0)
        self.assertEqual(states(p), {"active": 137, "inactive": 3})

    def locked(self, p):
        lock = open(p.state + ".lock", "r+")
        self.addCleanup(lock.close)
        fcntl.flock(lock, fcntl.LOCK_EX)
        return lock

    def test_an_order_that_cannot_be_obeyed_is_refused_where_it_is_given(self):
        p = self.pipeline(crowd(3))
        p.sync()
        other = p.account("p0001@example.com")["id"]
        self.locked(p)
        for words, said in ((["--approve", "0123456789abcdef"], "no held changes are known.*syncd status"),
                            (["link", "p0000@example.com", other], "belongs to p0001@example.com"),
                            (["unlink", "nobody@example.com"], "nobody is known as")):
            done = p.run(*words)
            self.ends(done, 1)
            self.says(done, said)
        self.assertFalse(os.path.exists(p.state + ".orders"))

    def test_the_token_of_what_is_held_is_left_for_who_is_at_work(self):
        p = self.pipeline(crowd(12), brakes={"leavers": {"percent": 1, "min": 0}})
        p.sync()
        p.slapd.delete(dn("p0003"))
        token = p.sync("--full", expect=4)["approve"]
        lock = self.locked(p)
        self.ends(p.run("--approve", token), 0)
        lock.close()
        self.assertEqual(p.sync()["sink"]["disabled"], 1)

    def test_an_order_left_behind_is_obeyed_by_the_next_pass(self):
        p = self.pipeline(crowd(3))
        p.sync()
        with open(p.state + ".orders", "w") as out:
            out.write('["unlink","%s",null]\n["nonsense","x",null]\nrubbish\n' % p.uuid("p0001"))
        os.chmod(p.state + ".orders", 0o600)
        report = p.sync(expect=3)
        self.assertEqual(report["parked"], 1)
        self.says(report, "order obeyed: unlink", "nonsense", "cannot be read")

    def test_orders_that_others_can_write_are_not_obeyed(self):
        p = self.pipeline(crowd(3))
        p.sync()
        with open(p.state + ".orders", "w") as out:
            out.write('["unlink","%s",null]\n' % p.uuid("p0001"))
        os.chmod(p.state + ".orders", 0o666)
        done = p.run()
        self.ends(done, 1)
        self.says(done, "others can write")


class Audit(pipeline.Test):
    def lines(self, p, name="audit.jsonl"):
        with open(p.path(name)) as file:
            return [json.loads(line) for line in file]

    def test_one_line_for_each_write_and_no_values(self):
        p = self.pipeline(crowd(12))
        audit = ["--audit", p.path("audit.jsonl")]
        with p.watched() as seen:
            p.sync(*audit)
        lines = self.lines(p)
        self.assertEqual((len(lines), len(seen.writes)), (12, 12))
        p.slapd.replace(dn("p0001"), "title", "Director")
        p.slapd.delete(dn("p0002"))
        p.sync("--full", *audit)
        new = self.lines(p)[12:]
        self.assertEqual(sorted(line["action"] for line in new), ["disable", "update"])
        update = [line for line in new if line["action"] == "update"][0]
        self.assertEqual(sorted(update), ["account", "action", "correlation_id", "entry", "paths",
                                          "result", "run", "time"])
        self.assertEqual((update["entry"], update["paths"], update["result"], update["account"]),
                         (p.uuid("p0001"), ["title"], "ok", p.account("p0001@example.com")["id"]))
        self.assertTrue(update["correlation_id"])
        with open(p.path("audit.jsonl")) as file:
            text = file.read()
        for value in ("Director", "Engineer", "p0001@example.com", "+4930"):
            self.assertNotIn(value, text)
        self.assertEqual(os.stat(p.path("audit.jsonl")).st_mode & 0o777, 0o600)

    def test_audit_in_the_configuration_and_none_in_a_dry_run(self):
        p = self.pipeline(crowd(3))
        p.config["audit"] = p.path("audit.jsonl")
        p.run("plan")
        self.assertFalse(os.path.exists(p.path("audit.jsonl")))
        p.sync()
        self.assertEqual([line["action"] for line in self.lines(p)], ["create"] * 3)

    def test_a_refused_write_is_in_it_too(self):
        p = self.pipeline(crowd(3), audit="audit.jsonl")
        p.sim.fault(status=400, kind="status", method="POST", count=1)
        p.sync(expect=3)
        results = sorted(line["result"] for line in self.lines(p))
        self.assertEqual(results, ["ok", "ok", "refused"])

    def test_a_full_disk_stops_the_pass_and_the_next_one_goes_on(self):
        p = self.pipeline(crowd(30))
        done = p.run("--audit", "/dev/full")
        self.ends(done, 1)
        self.says(done, "/dev/full.*No space left|audit file cannot be written")
        p.sync("--audit", p.path("audit.jsonl"))
        self.assertEqual((len(p.accounts()), p.twins()), (30, []))

    def test_an_audit_file_that_cannot_be_opened_changes_nothing(self):
        p = self.pipeline(crowd(3))
        self.ends(p.run("--audit", p.path("no/such/folder")), 2)
        self.assertEqual(p.accounts(), {})


class DeleteAfter(pipeline.Test):
    def test_a_leaver_is_disabled_first_and_deleted_that_long_after(self):
        p = self.pipeline(crowd(12), leavers={"delete_after": "3s"})
        p.sync()
        p.slapd.delete(dn("p0003"))
        self.assertEqual(p.sync("--full")["sink"]["disabled"], 1)
        self.assertEqual(states(p), {"active": 11, "inactive": 1})
        self.assertEqual(p.sync()["sink"]["deleted"], 0)
        self.says(p.run("explain", "p0003@example.com"), "deleted")
        time.sleep(3.1)
        self.assertEqual(p.sync()["sink"]["deleted"], 1)
        self.assertEqual(states(p).get("active"), 11)
        self.assertEqual(states(p).get("inactive", 0), 0)
        with p.watched() as seen:
            p.sync("--full")
        self.assertEqual(seen.writes, [])

    def test_who_comes_back_in_time_keeps_the_account(self):
        p = self.pipeline(crowd(12), ldap={"filter": "(&(objectClass=inetOrgPerson)(title=*))"},
                          leavers={"delete_after": "2s"})
        p.sync()
        account = p.account("p0003@example.com")["id"]
        p.slapd.modify("dn: %s\nchangetype: modify\ndelete: title\n" % dn("p0003"))
        p.sync("--full")
        p.slapd.modify("dn: %s\nchangetype: modify\nadd: title\ntitle: Boss\n" % dn("p0003"))
        time.sleep(2.1)
        report = p.sync("--full")
        self.assertEqual((report["sink"]["deleted"], p.account_of("p0003")["id"]), (0, account))
        self.assertEqual(states(p), {"active": 12})

    def test_an_adopted_account_is_never_deleted(self):
        p = self.pipeline(crowd(12), leavers={"delete_after": "1s"})
        p.sim.seed([{"userName": "p0003@example.com", "displayName": "Before"}])
        p.sync()
        p.slapd.delete(dn("p0003"))
        p.sync("--full")
        time.sleep(1.1)
        self.assertEqual(p.sync("--full")["sink"]["deleted"], 0)
        self.assertEqual(states(p), {"active": 11, "inactive": 1})

    def test_G4_deletions_are_counted_by_the_brake(self):
        p = self.pipeline(crowd(40), brakes={"leavers": {"percent": 5, "min": 3}},
                          leavers={"delete_after": "1s"})
        p.sync()
        for i in range(3):
            p.slapd.delete(dn("p000%d" % i))
        p.sync("--full")
        time.sleep(1.1)
        report = p.sync("--full", expect=4)
        self.assertEqual((report["held"], states(p)), (3, {"active": 37, "inactive": 3}))
        p.sync("--approve", report["approve"])
        self.assertEqual(states(p).get("inactive", 0), 0)

    def test_G3_what_is_held_is_not_let_go_by_the_next_pass(self):
        p = self.pipeline(crowd(12))
        p.sync()
        p.config["sources"]["ldap"]["filter"] = "(&(objectClass=inetOrgPerson)(!(uid=p0001)))"
        p.sync("--full", expect=4)
        p.sync("--full", expect=4)
        self.assertEqual(states(p), {"active": 12})


class Explain(pipeline.Test):
    def test_a_collision_names_who_has_the_name(self):
        p = self.pipeline([person("a", mail="same@example.com"), person("b", mail="same@example.com")])
        p.sync()
        second = [u for u in ("a", "b") if p.account_of(u)["userName"] != "same@example.com"][0]
        first = "b" if second == "a" else "a"
        done = p.run("explain", p.uuid(second))
        self.says(done, "wanted +same@example.com", "collision.*" + p.uuid(first), "next +nothing")

    def test_what_is_held_names_the_token(self):
        p = self.pipeline(crowd(5))
        p.sync()
        for i in range(3):
            p.slapd.delete(dn("p000%d" % i))
        token = p.sync("--full", expect=4)["approve"]
        self.says(p.run("explain", "p0000@example.com"), "held +disable", "--approve " + token)
        self.says(p.run("status"), "3 held", "--approve " + token)

    def test_a_parked_entry_says_when_it_is_tried_again(self):
        p = self.pipeline([person("nomail", mail=None)])
        p.sync(expect=3)
        self.says(p.run("explain", p.uuid("nomail")), "parked ", "tried again by the first pass after 20",
                  "parked --retry")


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


class Unclaimed(pipeline.Test):
    """Accounts with an externalId of no entry: listed, never leavers without a token."""

    def lost(self, **more):
        """The state is lost, and p0003 left meanwhile."""
        p = self.pipeline(crowd(12), ldap={"filter": "(&(objectClass=inetOrgPerson)(title=*))"}, **more)
        p.sync()
        for name in os.listdir(p.folder):
            if name.startswith("state.db"):
                os.remove(p.path(name))
        self.leave(p)
        return p

    def leave(self, p):
        p.slapd.modify("dn: %s\nchangetype: modify\ndelete: title\n" % dn("p0003"))

    def back(self, p):
        p.slapd.modify("dn: %s\nchangetype: modify\nadd: title\ntitle: Boss\n" % dn("p0003"))

    def state_of(self, p):
        return p.account("p0003@example.com")["state"]

    def test_G5_they_are_disabled_when_somebody_approves_and_enabled_when_the_person_is_back(self):
        p = self.lost()
        report = p.sync()
        account = p.account("p0003@example.com")["id"]
        self.assertEqual([u["id"] for u in report["unclaimed"]], [account])
        self.assertEqual((report["held"], report["approve"], self.state_of(p)), (0, None, "active"))
        token = report["approve_unclaimed"]
        self.says(p.run("status"), "unclaimed +1 ", "--approve " + token)
        self.says(p.run("explain", "p0003@example.com"), "unclaimed", "--approve " + token)
        plan = p.run("plan", "--approve", token)
        self.assertRegex(plan.out, "(?m)^disable +p0003@example.com")
        self.assertEqual(self.state_of(p), "active")
        report = p.sync("--approve", token)
        self.assertEqual((report["sink"]["disabled"], self.state_of(p)), (1, "inactive"))
        with p.watched() as seen:
            self.assertNotIn("unclaimed", p.sync("--full", "--verify"))
        self.assertEqual(seen.writes, [])
        self.assertNotIn("unclaimed", p.run("status").out)
        self.back(p)
        p.sync("--full")
        mine = p.account_of("p0003")
        self.assertEqual((mine["id"], mine["state"], mine["title"]), (account, "active", "Boss"))

    def test_G5_another_token_disables_nobody(self):
        p = self.lost()
        token = p.sync()["approve_unclaimed"]
        p.sync("--approve", "0123456789abcdef")
        p.sync("--full")
        self.assertEqual(self.state_of(p), "active")
        p.sync("--approve", token)
        self.assertEqual(self.state_of(p), "inactive")

    def test_G5_one_that_was_given_to_somebody_else_since_is_left(self):
        p = self.lost()
        token = p.sync()["approve_unclaimed"]
        p.sim.patch(p.account("p0003@example.com")["id"],
                    {"op": "replace", "path": "externalId", "value": "another-system"})
        report = p.sync("--approve", token)
        self.assertEqual((report["sink"]["disabled"], self.state_of(p)), (0, "active"))
        self.says(report, "not disabled: it does not carry that externalId any more")

    def test_G3_one_whose_entry_is_there_again_is_claimed_and_not_disabled(self):
        p = self.lost()
        account = p.account("p0003@example.com")["id"]
        token = p.sync()["approve_unclaimed"]
        self.back(p)
        p.sync("--approve", token)
        mine = p.account_of("p0003")
        self.assertEqual((mine["id"], mine["state"], mine["title"]), (account, "active", "Boss"))

    def test_G5_protected_ones_are_not_disabled(self):
        p = self.lost()
        token = p.sync()["approve_unclaimed"]
        p.config["protect"] = ["p0003@example.com"]
        report = p.sync("--approve", token)
        self.assertEqual(self.state_of(p), "active")
        self.says(report, "not disabled: its name is named in protect:")

    def numbered(self):
        people = [person("p%04d" % i, employeeNumber=str(4700 + i), title="Engineer") for i in range(12)]
        mapping = dict(pipeline.MAPPING, externalId="employeeNumber")
        p = self.pipeline(people, ldap={"filter": "(&(objectClass=inetOrgPerson)(title=*))"}, mapping=mapping)
        p.sync()
        for name in os.listdir(p.folder):
            if name.startswith("state.db"):
                os.remove(p.path(name))
        return p

    def test_G5_a_mapped_externalId_waits_for_entries_without_an_account(self):
        p = self.numbered()
        self.leave(p)
        p.slapd.modify("dn: %s\nchangetype: modify\ndelete: mail\n" % dn("p0004"))  # parked: it may be theirs
        report = p.sync(expect=3)
        token = report["approve_unclaimed"]
        self.assertEqual(len(report["unclaimed"]), 2)
        self.says(p.sync("--approve", token, expect=3), "while entries are parked")
        self.assertEqual(states(p), {"active": 12})
        p.slapd.modify("dn: %s\nchangetype: modify\nadd: mail\nmail: p0004@example.com\n" % dn("p0004"))
        p.sync()
        p.sync("--approve", token)
        self.assertEqual((states(p), self.state_of(p)), ({"active": 11, "inactive": 1}, "inactive"))
        account = p.account("p0003@example.com")["id"]
        self.back(p)
        p.sync("--full")
        mine = p.account("p0003@example.com")
        self.assertEqual((mine["id"], mine["state"], mine["title"]), (account, "active", "Boss"))


class Rebind(pipeline.Test):
    def other_sink(self, p):
        """The same service under another name is another sink to the state."""
        keys = p.config["sinks"]["genesys-scim"]
        for name in ("base_url", "token_url"):
            keys[name] = keys[name].replace("127.0.0.1", "localhost")

    def test_another_sink_is_refused_without_it(self):
        p = self.pipeline(crowd(5))
        p.sync()
        self.other_sink(p)
        done = p.run()
        self.ends(done, 2)
        self.says(done, "belongs to another sink", "--rebind")

    def test_everybody_is_matched_anew_and_held_for_approval(self):
        p = self.pipeline(crowd(12))
        p.sync()
        before = p.snapshot()
        self.other_sink(p)
        report = p.sync("--rebind", expect=4)
        self.assertEqual((report["held"], p.snapshot()), (12, before))
        self.assertEqual(p.sync("--full", expect=4)["held"], 12)
        p.sync("--approve", report["approve"])
        self.assertEqual((len(p.accounts()), p.twins(), p.created()), (12, [], 12))
        p.slapd.replace(dn("p0001"), "title", "Director")
        self.assertEqual(p.sync()["sink"]["updated"], 1)

    def test_another_source_meets_the_accounts_of_the_one_before_by_name(self):
        p, other = self.pipeline(crowd(12)), self.pipeline(crowd(12))
        p.sync()
        ids = sorted(u["id"] for u in p.sim.users())
        source = p.config["sources"]["ldap"]
        source["uri"] = other.config["sources"]["ldap"]["uri"]
        source["id_attribute"] = "uid"
        source["tls"] = other.config["sources"]["ldap"]["tls"]
        report = p.sync("--rebind", expect=4)
        self.assertEqual(report["held"], 12)
        report = p.sync("--approve", report["approve"])
        self.assertEqual(sorted(u["id"] for u in p.sim.users()), ids)
        self.assertEqual((report["sink"]["adopted"], report["sink"]["created"]), (12, 0))
        self.assertEqual(p.account("p0003@example.com")["externalId"], "p0003")

    def test_it_does_nothing_where_both_ends_are_the_same(self):
        p = self.pipeline(crowd(3))
        p.sync()
        report = p.sync("--rebind")
        self.assertEqual((report["held"], report["sink"]["updated"]), (0, 0))


if __name__ == "__main__":
    tap.main()

"""What an administrator decides of one person: link and unlink; and orders that are given while another syncd
is at work."""
import fcntl
import os
import re
import time

import pipeline
import tap
from pipeline import crowd, dn, person

TIGHT = {"leavers": {"percent": 5, "min": 2}}


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

    def test_G5_also_a_link_to_the_account_of_somebody_who_left(self):
        p = self.pipeline(crowd(12), collision={"left": "suffix"})
        p.sync()
        old = p.account("p0003@example.com")["id"]
        p.slapd.delete(dn("p0003"))
        p.sync("--full")
        p.slapd.add(person("again", mail="p0003@example.com"))
        p.sync()
        second = p.account_of("again")["id"]
        self.ends(p.run("link", dn("again"), old), 0)
        self.says(p.sync(expect=3),
                  "linked to the account %s, but the account %s still carries" % (old, second))
        p.sim.purge(second)
        self.ends(p.run("parked", "--retry-all"), 0)
        p.sync()
        mine = p.account_of("again")
        self.assertEqual((mine["id"], mine["state"], mine["userName"]),
                         (old, "active", "p0003@example.com"))

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
        self.assertEqual(p.states(), {"active": 137, "inactive": 3})

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


if __name__ == "__main__":
    tap.main()

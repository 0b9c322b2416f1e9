"""Things that break: replies, tokens, accounts, the disk, and the program itself (G1, G2, G7)."""
import json
import os
import signal
import time
import unittest

import pipeline
import smalldisk
import tally
import tap
from pipeline import crowd, dn, person

USERS = "*/users*"


def expected(count):
    return {"p%04d@example.com" % i for i in range(count)}


class Service(pipeline.Test):
    def test_G2_a_lost_reply_to_a_create_makes_no_twin(self):
        p = self.pipeline(crowd(12))
        p.sim.fault(kind="reset", method="POST", path=USERS, nth=3, count=2, applied=True)
        p.sync()
        self.assertEqual(set(p.accounts()), expected(12))
        self.assertEqual(p.twins(), [])
        with p.watched() as seen:
            p.sync("--full")
        self.assertEqual(seen.writes, [])

    def test_G2_a_lost_reply_to_an_update_is_sent_again(self):
        p = self.pipeline(crowd(12))
        p.sync()
        for i in range(4):
            p.slapd.replace(dn("p%04d" % i), "title", "Director")
        p.sim.fault(kind="reset", method="PATCH", path=USERS, nth=2, applied=False)
        p.sync()
        self.assertEqual([p.account("p%04d@example.com" % i)["title"] for i in range(5)],
                         ["Director"] * 4 + ["Engineer"])

    def test_G2_500_after_the_write_was_applied_makes_no_twin(self):
        p = self.pipeline(crowd(12))
        p.sim.fault(status=500, method="POST", path=USERS, nth=2, count=2, applied=True)
        p.sync()
        self.assertEqual(set(p.accounts()), expected(12))
        self.assertEqual(p.twins(), [])

    def test_G7_the_service_s_own_limit_is_kept_without_a_429(self):
        p = self.pipeline(crowd(60), sim=["--set", "rate-limit=40", "--set", "rate-window=2000"])
        report = p.sync()
        self.assertEqual(set(p.accounts()), expected(60))
        self.assertLessEqual(p.sim.stats()["throttled"], 5)
        self.assertEqual(report["parked"], 0)

    def test_G7_one_poisonous_entry_never_stops_the_others(self):
        p = self.pipeline(crowd(12))
        p.sim.fault(status=400, path=USERS, method="POST", userName="p0005@*", detail="too sweet")
        report = p.sync(expect=3)
        self.assertEqual(set(p.accounts()), expected(12) - {"p0005@example.com"})
        self.assertEqual(report["parked"], 1)
        self.assertIn("too sweet", p.run("parked").out)

    def test_a_token_that_expires_in_mid_run_is_renewed(self):
        p = self.pipeline(crowd(60), sim=["--set", "token-real-lifetime=400", "--set", "latency=30"])
        report = p.sync()
        self.assertEqual(set(p.accounts()), expected(60))
        self.assertGreaterEqual(report["requests"]["token"], 2)

    def test_a_token_that_was_revoked_between_two_passes(self):
        p = self.pipeline(crowd(5))
        p.sync()
        p.sim.revoke_tokens()
        p.slapd.replace(dn("p0001"), "title", "Director")
        p.sync()
        self.assertEqual(p.account("p0001@example.com")["title"], "Director")

    def test_an_account_purged_in_the_sink_is_made_again(self):
        p = self.pipeline(crowd(12))
        p.sync()
        p.sim.purge(p.account("p0003@example.com")["id"])
        p.slapd.replace(dn("p0003"), "title", "Director")
        p.sync()
        self.assertEqual(p.account("p0003@example.com")["title"], "Director")

    def test_a_value_that_the_sink_drops_is_parked_with_its_path(self):
        p = self.pipeline(crowd(4))
        p.sim.fault(kind="drop-values", path=USERS, method="POST", userName="p0002@*", keep=0)
        done = p.run()
        self.assertIn(done.code, (0, 3), done)
        self.assertEqual(set(p.accounts()), expected(4))

    def test_new_accounts_that_cannot_be_found_for_a_while_get_no_twin(self):
        p = self.pipeline(crowd(12), sim=["--set", "invisible=3000"])
        p.sim.fault(kind="reset", method="POST", path=USERS, nth=3, count=2, applied=True)
        p.run()
        self.assertEqual(p.twins(), [])
        time.sleep(3)
        p.run("parked", "--retry-all")
        p.sync()
        self.assertEqual(set(p.accounts()), expected(12))
        self.assertEqual(p.twins(), [])


class Ends(pipeline.Test):
    SLOW = ["--set", "latency=40"]

    def converges(self, p, count):
        p.sync()
        self.assertEqual(set(p.accounts()), expected(count))
        self.assertEqual(p.twins(), [])
        with p.watched() as seen:
            p.sync("--full")
        self.assertEqual(seen.writes, [])

    def test_G2_kill_9_in_mid_run_and_the_next_pass_converges(self):
        p = self.pipeline(crowd(60), sim=self.SLOW)
        p.kill_when(lambda: p.created() >= 15)
        self.assertLess(len(p.accounts()), 60)
        self.converges(p, 60)

    def test_G2_killed_again_and_again(self):
        p = self.pipeline(crowd(60), sim=self.SLOW)
        for goal in (1, 9, 23, 40):
            p.kill_when(lambda goal=goal: p.created() >= goal)
        self.converges(p, 60)

    def test_G2_killed_while_updating(self):
        p = self.pipeline(crowd(40), sim=self.SLOW)
        p.sync()
        for i in range(40):
            p.slapd.replace(dn("p%04d" % i), "title", "Director")
        p.kill_when(lambda: p.sim.stats()["kinds"]["update"] >= 10)
        p.sync()
        self.assertEqual({u["title"] for u in p.sim.users()}, {"Director"})
        self.converges(p, 40)

    def failed_and_ended(self, p, status, *words):
        """The next update is carried out and answered with that status; the pass ends before it is repeated."""
        p.sim.fault(status=status, applied=True, method="PATCH", path="*/users/*")
        p.sim.fault(status=503, method="*", path="*/users/*", nth=2, count=1000)
        before = p.sim.stats()["kinds"]["update"]
        self.ends(p.kill_when(lambda: p.sim.stats()["kinds"]["update"] > before, *words, how=signal.SIGTERM), 143)
        p.sim.clear_faults()

    def test_G2_an_update_that_failed_at_the_service_and_is_taken_back(self):
        """A 504 may come after the change was made: then putting the old value back is a change."""
        p = self.pipeline([person("ada", title="Countess"), person("bob")])
        p.sync()
        for status in (500, 502, 504, 408):
            p.slapd.replace(dn("ada"), "title", "Director %d" % status)
            self.failed_and_ended(p, status)
            self.assertEqual(p.account("ada@example.com")["title"], "Director %d" % status)
            p.slapd.replace(dn("ada"), "title", "Countess")
            p.sync()
            self.assertEqual(p.account("ada@example.com")["title"], "Countess")

    def test_G2_an_update_that_failed_at_the_service_and_then_a_swap_of_names(self):
        """Only the name is written to break the ring: the rest is in doubt as before."""
        p = self.pipeline([person(uid, telephoneNumber="+4930100") for uid in ("ada", "bob")], mapping=dict(
            pipeline.MAPPING, phoneNumbers=[{"type": "work", "value": "telephoneNumber"}]))
        p.sync()
        p.slapd.modify("dn: %s\nchangetype: modify\ndelete: telephoneNumber\n" % dn("ada"))
        self.failed_and_ended(p, 504)
        self.assertNotIn("phoneNumbers", p.account("ada@example.com"))
        p.slapd.replace(dn("ada"), "mail", "bob@example.com")
        p.slapd.replace(dn("bob"), "mail", "ada@example.com")
        p.sync()
        self.assertEqual(p.account_of("ada")["userName"], "bob@example.com")

    def test_G2_a_disable_that_failed_at_the_service_and_whose_entry_is_back(self):
        p = self.pipeline([person(uid, title="Countess") for uid in ("ada", "bob", "cyd")],
                          ldap={"filter": "(&(objectClass=inetOrgPerson)(title=*))"})
        p.sync()
        p.slapd.modify("dn: %s\nchangetype: modify\ndelete: title\n" % dn("ada"))
        self.failed_and_ended(p, 504, "--full")
        self.assertEqual(p.account("ada@example.com")["state"], "inactive")
        p.slapd.replace(dn("ada"), "title", "Countess")
        p.sync()
        self.assertEqual(p.account("ada@example.com")["state"], "active")

    def test_G2_killed_in_the_middle_of_a_swap_of_names(self):
        p = self.pipeline([person("ada"), person("bob")], sim=["--set", "latency=150"])
        p.sync()
        ids = {uid: p.account_of(uid)["id"] for uid in ("ada", "bob")}
        p.slapd.replace(dn("ada"), "mail", "bob@example.com")
        p.slapd.replace(dn("bob"), "mail", "ada@example.com")
        p.kill_when(lambda: p.sim.stats()["kinds"]["update"] >= 1)
        p.sync()
        self.assertEqual({uid: (p.account_of(uid)["id"], p.account_of(uid)["userName"]) for uid in ids},
                         {"ada": (ids["ada"], "bob@example.com"), "bob": (ids["bob"], "ada@example.com")})
        self.assertEqual(len(p.accounts()), 2)

    def signal_ends(self, how, code):
        p = self.pipeline(crowd(60), sim=self.SLOW)
        done = p.kill_when(lambda: p.created() >= 10, how=how)
        self.ends(done, code)
        self.assertLess(len(p.accounts()), 60)
        status = json.loads(p.run("status", "--format", "json").out)["counts"]
        self.assertEqual(status["in_doubt"], 0, "what was in flight was drained")
        self.assertEqual(status["owned"], len(p.accounts()))
        self.converges(p, 60)

    def test_SIGINT_drains_and_ends_with_130(self):
        self.signal_ends(signal.SIGINT, 130)

    def test_SIGTERM_drains_and_ends_with_143(self):
        self.signal_ends(signal.SIGTERM, 143)

    def test_two_passes_at_once_never_share_a_state(self):
        p = self.pipeline(crowd(40), sim=self.SLOW)
        first = p.start()
        while p.created() < 3:
            pass
        second = p.run()
        self.assertIn(second.code, (1, 2), second)
        self.says(second, "pid|process|running|lock")
        self.ends(p.finish(first), 0)
        self.assertEqual(set(p.accounts()), expected(40))


class Disk(pipeline.Test):
    """One batch of the intake is more than the store keeps in memory: SQLite writes pages of it before it
    is committed, and gives the whole transaction up when one of them has no room."""
    COUNT, VALUE = 700, "v" * 14000
    LEVELS = [300, 600, 1000, 2000, 4000, 7000, 12000]      # KiB; the last ones are full while it delivers

    def start(self):
        if not smalldisk.alone():
            raise unittest.SkipTest("a small disk needs root, to mount it")
        p = self.pipeline([person("p%04d" % i, description=self.VALUE) for i in range(self.COUNT)],
                          mapping={"userName": "mail", "displayName": "cn", "title": "description"})
        os.mkdir(p.path("small"))
        p.config["state"]["path"] = p.path("small/state.db")
        disk = smalldisk.Disk(p.path("small"), 128 << 20)
        self.addCleanup(disk.remove)
        return p, disk

    def tally(self, p):
        """How many there are of each kind: as the state keeps it, and as it has them."""
        kept, there = tally.of(p.path("small/state.db"))
        return there if kept is None else kept, there

    def fails(self, p, disk, leave):
        disk.fill(leave << 10)
        done = p.run()
        disk.empty()
        self.ends(done, 1)
        self.says(done, "disk .or quota. is full")
        if os.path.exists(p.path("small/state.db")):
            self.assertEqual(*self.tally(p), "with %d KiB" % leave)

    def test_G2_a_disk_that_fills_in_mid_pass_leaves_no_half_of_a_transaction(self):
        p, disk = self.start()
        for leave in self.LEVELS:
            self.fails(p, disk, leave)
            p.sync()
            self.assertEqual(*self.tally(p), "with room again after %d KiB" % leave)
            self.assertEqual({name: user["title"] for name, user in p.accounts().items()},
                             dict.fromkeys(expected(self.COUNT), self.VALUE))
            self.assertEqual(p.twins(), [])
            for name in os.listdir(p.path("small")):        # the next level begins with a first pass
                os.unlink(p.path("small/" + name))


if __name__ == "__main__":
    tap.main()

"""A directory that is away in a single pass: what is queued goes on its way, and nobody is harmed by it."""
import contextlib
import sqlite3

import pipeline
import scriptedends
import tap
from pipeline import crowd, dn, person


class Away(pipeline.Test):
    def queue(self, p, *words):
        """A pass whose changes stay queued."""
        p.sim.fault(status=501, path="/api/*")
        report = p.sync(*words, expect=1)
        p.sim.clear_faults()
        return report["queued"]

    def away(self, p, queued=0):
        """A pass while nobody answers at the directory's address."""
        done = p.run()
        self.ends(done, 1)
        self.assertEqual(done.report["result"], "failed")
        self.assertIn("cannot connect", done.report["error"])
        self.assertEqual((done.report["queued"], done.report["source"]["complete"],
                          done.report["checkpoint"]["advanced"]), (queued, False, False), done)
        return done

    def test_G7_a_single_pass_delivers_what_is_queued_while_the_directory_is_away(self):
        p = self.pipeline(crowd(5))
        p.sync()
        p.slapd.replace(dn("p0001"), "title", "Director")
        p.slapd.delete(dn("p0002"))
        p.slapd.add(person("new"))
        self.assertEqual(self.queue(p), 3)
        p.slapd.stop()
        self.away(p)
        self.assertEqual(p.account("p0001@example.com")["title"], "Director")
        self.assertIsNotNone(p.account("new@example.com"))
        self.assertFalse(p.account("p0002@example.com")["active"], "it was confirmed when it was queued")
        with p.watched() as seen:
            self.away(p)
        self.assertEqual((seen.writes, p.states()), ([], {"active": 5, "inactive": 1}))
        p.slapd.start()
        p.slapd.replace(dn("p0003"), "title", "Chief")
        p.sync()
        self.assertEqual(p.account("p0003@example.com")["title"], "Chief")

    def test_G7_who_is_parked_waits_for_a_look_at_the_entry(self):
        p = self.pipeline(crowd(3) + [person("odd", mail=None)])
        p.sync(expect=3)
        p.slapd.replace(dn("p0001"), "title", "Director")
        self.queue(p)
        with contextlib.closing(sqlite3.connect(p.state)) as state, state:
            state.execute("UPDATE link SET next_try_ms = 1, due_ms = 1 WHERE parked IS NOT NULL")
        p.slapd.stop()
        self.assertEqual(self.away(p).report["parked"], 1)
        self.assertEqual(p.account("p0001@example.com")["title"], "Director")
        p.slapd.start()
        p.slapd.replace(dn("odd"), "mail", "odd@example.com")
        p.sync()
        self.assertIsNotNone(p.account("odd@example.com"))

    def test_G7_what_must_be_read_again_waits_and_holds_nobody_up(self):
        p = self.pipeline(crowd(5))
        p.sync()
        p.slapd.replace(dn("p0001"), "title", "Director")
        p.slapd.delete(dn("p0002"))
        self.queue(p)
        p.config["mapping"] = dict(pipeline.MAPPING, nickName="givenName")
        p.slapd.stop()
        self.away(p, queued=1)
        self.assertEqual(p.account("p0001@example.com")["title"], "Engineer", "of another mapping")
        self.assertFalse(p.account("p0002@example.com")["active"])
        p.slapd.start()
        p.sync()
        self.assertEqual(p.account("p0001@example.com")["title"], "Director")

    def test_G3_nothing_goes_where_nobody_knows_whether_it_is_the_same_source(self):
        p = self.pipeline(crowd(3))
        p.sync()
        p.slapd.replace(dn("p0001"), "title", "Director")
        self.queue(p)
        p.config["sources"]["ldap"]["filter"] = "(uid=*)"
        p.slapd.stop()
        before = p.snapshot()
        self.away(p, queued=1)
        self.assertEqual(p.snapshot(), before)
        p.slapd.start()
        p.sync()
        self.assertEqual(p.account("p0001@example.com")["title"], "Director")

    def interrupted(self, p):
        """A pass that is killed when its leavers are queued, and not held yet; then nobody answers."""
        p.crash("leavers-found:1")
        p.slapd.stop()
        self.assertEqual(self.away(p).report["held"], 1)
        p.slapd.start()
        p.sync(expect=4)
        self.assertNotIn("inactive", p.states())

    def test_G3_leavers_of_an_interrupted_read_by_another_filter_are_held(self):
        p = self.pipeline(crowd(9) + [person("ada", title="Clerk")])
        p.sync()
        p.config["sources"]["ldap"]["filter"] = "(&(objectClass=inetOrgPerson)(!(title=Clerk)))"
        self.interrupted(p)

    def test_G3_leavers_of_an_interrupted_read_without_an_entry_are_held(self):
        p = self.pipeline([person("ada")])
        p.sync()
        p.slapd.delete(dn("ada"))
        self.interrupted(p)

    def test_G3_a_wider_brake_lets_no_leavers_go_who_cannot_be_asked_for(self):
        p = self.pipeline(crowd(40), brakes={"leavers": {"percent": 5, "min": 2}})
        p.sync()
        for i in range(3):
            p.slapd.delete(dn("p000%d" % i))
        p.sync(expect=4)
        p.config["brakes"] = {"leavers": {"percent": 20, "min": 20}}
        p.slapd.stop()
        self.assertEqual(self.away(p).report["held"], 3)
        self.assertEqual(p.states(), {"active": 40})
        p.slapd.start()
        p.sync()
        self.assertEqual(p.states(), {"active": 37, "inactive": 3})


class Mute(scriptedends.Case):
    """A source that opens, and goes away before it says who it is."""

    def test_G7_the_state_stays_its_own_and_what_is_queued_goes_on(self):
        ada, bob = scriptedends.people("ada", "bob")
        self.everything([ada, bob])
        self.sync()
        self.sink["results"] = {"bob": "kill-before"}
        self.everything([ada, scriptedends.entry("id-bob", "bob", "two")])
        self.sync(scriptedends.KILLED)
        self.sink["results"] = {}
        with open(self.path("script")) as script:
            whole = script.read()
        self.source({"describe-error": {"code": "unreachable", "message": "it went away"}})
        self.sync(1)
        self.assertIn("it went away", self.said)
        self.assertEqual(self.accounts()["id-bob"]["title"], "two")
        self.write("script", whole)
        self.sync()


if __name__ == "__main__":
    tap.main()

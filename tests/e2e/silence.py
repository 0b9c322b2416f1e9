"""What must not be taken for leaving: reads that show nobody, or not everybody."""
import signal

import pipeline
import tap
from pipeline import crowd, dn


class Silence(pipeline.Test):
    """G3: silence is not absence."""

    def with_limit(self, size, people=12):
        p = self.pipeline(crowd(people))
        p.sync()
        p.slapd.stop()
        with open(p.slapd.path("slapd.conf")) as file:
            text = file.read()
        with open(p.slapd.path("slapd.conf"), "w") as out:
            out.write(text.replace("size=unlimited", "size=%d" % size))
        p.slapd.start()
        return p

    def test_G3_a_size_limit_makes_no_leaver(self):
        p = self.with_limit(5)
        before = p.snapshot()
        done = p.run("--full")
        self.ends(done, 1)
        self.assertEqual(p.snapshot(), before)
        self.says(done, "limit")

    def test_G3_a_wrong_password_makes_no_leaver_and_says_what_to_do(self):
        p = self.pipeline(crowd(12))
        p.sync()
        before = p.snapshot()
        p.secrets["TEST_BIND_PW"] = "not-the-password"
        done = p.run("--full")
        self.ends(done, 1)
        self.says(done, "cn=syncd.*Invalid credentials.*check bind_dn and bind_password")
        self.assertEqual(p.snapshot(), before)

    def test_G3_an_unreachable_directory_makes_no_leaver(self):
        p = self.pipeline(crowd(12))
        p.sync()
        before = p.snapshot()
        p.slapd.stop()
        done = p.run("--full")
        self.ends(done, 1)
        self.says(done, "nobody answers there: check the server")
        self.assertEqual(p.snapshot(), before)
        p.config["sources"]["ldap"]["uri"] = "ldaps://nobody..invalid"  # refused without asking a DNS
        done = p.run("--full")
        self.ends(done, 1)
        self.says(done, "the name nobody..invalid cannot be resolved")
        p.config["sources"]["ldap"]["uri"] = p.slapd.ldaps_uri
        p.slapd.start()
        p.sync("--full")
        self.assertEqual(p.snapshot(), before)

    def test_G3_a_directory_killed_in_mid_read_makes_no_leaver(self):
        p = self.pipeline(crowd(3000), ldap={"page_size": 100})
        p.sync()
        before = p.snapshot()
        p.slapd.delete(dn("p2999"))
        process = p.start("--full", "-v")
        p.slapd.stop(signal.SIGKILL)
        done = p.finish(process)
        self.assertIn(done.code, (0, 1), done)
        if done.code == 1:
            self.assertEqual(p.snapshot(), before)

    def test_G3_an_empty_result_holds_all_leavers_with_exit_4(self):
        p = self.pipeline(crowd(3))
        p.sync()
        before = p.snapshot()
        for i in range(3):
            p.slapd.delete(dn("p000%d" % i))
        report = p.sync("--full", expect=4)
        self.assertEqual((report["held"], report["result"]), (3, "held"))
        self.assertIsNotNone(report["approve"])
        self.assertEqual(p.snapshot(), before)
        self.says(p.run("plan", "--full"), "held|brake", "p0000")

    def test_G3_an_empty_result_is_held_however_few_there_were(self):
        p = self.pipeline(crowd(2))
        p.sync()
        before = p.snapshot()
        for i in range(2):
            p.slapd.delete(dn("p000%d" % i))
        self.assertEqual(p.sync("--full", expect=4)["held"], 2)
        self.assertEqual(p.snapshot(), before)

    def hidden(self, **ldap):
        """The rights to see people were revoked for one pass, and all of them are held."""
        p = self.pipeline(crowd(12), ldap=ldap)
        p.sync()
        with open(p.slapd.path("slapd.conf")) as file:
            self.conf = file.read()
        self.rights(p, "access to filter=(objectClass=inetOrgPerson) by * none\n")
        return p

    def rights(self, p, rule):
        p.slapd.stop()
        with open(p.slapd.path("slapd.conf"), "w") as out:
            out.write(self.conf.replace("access to", rule + "access to", 1))
        p.slapd.start()

    def test_G4_who_is_seen_again_by_marks_alone_is_taken_back(self):
        p = self.hidden(changes="inventory")
        before = p.snapshot()
        token = p.sync(expect=4)["approve"]
        self.rights(p, "")  # nothing of the entries is another one: they are not delivered anew
        self.assertEqual(p.sync()["held"], 0)
        p.sync("--approve", token)
        self.assertEqual(p.snapshot(), before)

    def test_G3_an_approval_disables_nobody_who_is_seen_again(self):
        p = self.hidden(changes="inventory")
        before = p.snapshot()
        token = p.sync(expect=4)["approve"]
        self.rights(p, "")
        p.sync("--approve", token)
        self.assertEqual(p.snapshot(), before)

    def test_G3_a_leaver_that_waited_for_the_sink_and_is_seen_again_stays(self):
        p = self.hidden(changes="inventory")
        before = p.snapshot()
        self.rights(p, "access to dn.exact=\"%s\" by * none\n" % dn("p0003"))
        fault = p.sim.fault(kind="status", status=401, path="/oauth/token")
        self.assertEqual(p.sync(expect=1)["queued"], 1)
        p.sim.control("DELETE", "faults/%s" % fault)
        self.rights(p, "")
        p.sync()
        self.assertEqual(p.snapshot(), before)

    def test_G3_another_filter_holds_the_leavers(self):
        p = self.pipeline(crowd(12))
        p.sync()
        before = p.snapshot()
        p.config["sources"]["ldap"]["filter"] = "(&(objectClass=inetOrgPerson)(!(uid=p0001)))"
        report = p.sync("--full", expect=4)
        self.assertEqual(report["held"], 1)
        self.assertEqual(p.snapshot(), before)


if __name__ == "__main__":
    tap.main()

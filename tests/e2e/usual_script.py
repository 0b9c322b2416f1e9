"""The twelve mistakes of the script that everybody writes first, each as a test that syncd does not make it."""
import json
import re
import time

import pipeline
import tap
from pipeline import crowd, dn, person


SLOW = ["--set", "latency=40"]


class TheUsualScript(pipeline.Test):
    def by_timestamp(self, people):
        """Changes are found by the server's timestamps alone: nothing else would find what these miss."""
        p = self.pipeline(people, ldap={"changes": "timestamp"}, schedule={"inventory": "never", "full": "never"})
        p.sync()
        return p

    def test_01_the_local_clock_is_no_watermark(self):
        p = self.by_timestamp(crowd(5))

        def set_back(text, hours):
            """The server's clock is behind ours by a day and more."""
            then = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() - 86400 + hours * 3600))
            return re.sub(r"(modifyTimestamp: ).*", r"\g<1>" + then, text)
        p.slapd.restore(set_back(p.slapd.dump(), 0))
        p.sync("--full")
        text = p.slapd.dump()
        at = text.index("title: Engineer", text.index("dn: " + dn("p0002")))
        end = text.index("\n\n", at)
        p.slapd.restore(text[:at] + set_back(text[at:end].replace("Engineer", "Director"), 1) + text[end:])
        p.sync()
        self.assertEqual(p.account("p0002@example.com")["title"], "Director")

    def test_02_failed_entries_are_not_forgotten(self):
        p = self.pipeline(crowd(5))
        p.sim.fault(kind="status", status=400, method="POST", userName="p0002@*", nth=1)
        p.sync(expect=3)
        self.assertIsNone(p.account("p0002@example.com"))
        self.assertIn("p0002@example.com", p.run("parked").out)
        p.run("parked", "--retry-all")
        p.sync()
        self.assertIsNotNone(p.account("p0002@example.com"))

    def test_03_another_s_account_is_not_taken_over(self):
        p = self.pipeline([person("ada")])
        p.sim.seed([{"userName": "ada@example.com", "displayName": "Another Ada", "externalId": "hr-7"}])
        p.sync()
        self.assertEqual(p.account("ada@example.com")["displayName"], "Another Ada")
        self.assertEqual(p.account_of("ada")["userName"], "ada_1@example.com")

    def test_04_enabled_is_sent_as_a_boolean(self):
        p = self.pipeline([person("ada", enabled="FALSE"), person("bob", enabled="TRUE")],
                          mapping=dict(pipeline.MAPPING, active="enabled"))
        with p.watched() as seen:
            p.sync()
        sent = {json.loads(w["body"])["userName"]: json.loads(w["body"])["active"] for w in seen.writes}
        self.assertEqual(sent, {"ada@example.com": False, "bob@example.com": True})

    def test_05_leavers_are_not_ignored(self):
        p = self.pipeline(crowd(12))
        p.sync()
        p.slapd.delete(dn("p0003"))
        p.sync()
        self.assertEqual(p.account("p0003@example.com")["state"], "inactive")

    def test_06_there_are_more_pages_than_the_first(self):
        p = self.pipeline(crowd(130), ldap={"page_size": 50})
        p.sim.generate(260, prefix="p", domain="example.com")  # another form of name: nobody's
        before = len(p.accounts())
        p.sync()
        self.assertEqual(len([u for u in p.sim.users() if u.get("externalId")]), 130)
        self.assertEqual(len(p.accounts()), before + 130)
        self.assertEqual(p.twins(), [])

    def test_07_a_409_does_not_end_it(self):
        p = self.pipeline(crowd(8))
        p.sync()
        p.sim.seed([{"userName": "new@example.com", "displayName": "Another", "externalId": "hr-1"}])
        p.slapd.add(person("new"))
        for i in range(8):
            p.slapd.replace(dn("p%04d" % i), "title", "Director")
        p.sync()
        self.assertEqual({p.account("p%04d@example.com" % i)["title"] for i in range(8)}, {"Director"})
        self.assertEqual(p.account_of("new")["userName"], "new_1@example.com")

    def test_08_a_token_that_expires_in_mid_run_is_renewed(self):
        p = self.pipeline(crowd(40), sim=SLOW + ["--set", "token-real-lifetime=200"])
        p.sync()
        self.assertEqual(len(p.accounts()), 40)
        self.assertEqual(p.twins(), [])
        self.assertGreater(len(p.sim.requests(kind="token")), 1)

    def test_09_changes_within_one_second_are_all_seen(self):
        p = self.by_timestamp(crowd(6))
        for round_ in range(3):
            for i in range(6):
                p.slapd.replace(dn("p%04d" % i), "title", "T%d%d" % (round_, i))
                if i == 3:
                    p.sync()  # within the second of the others
            p.sync()
            self.assertEqual([p.account("p%04d@example.com" % i)["title"] for i in range(6)],
                             ["T%d%d" % (round_, i) for i in range(6)])

    def test_10_a_removed_attribute_is_removed(self):
        p = self.pipeline(crowd(3))
        p.sync()
        p.slapd.modify("dn: %s\nchangetype: modify\ndelete: title\n-\ndelete: telephoneNumber\n" % dn("p0001"))
        p.sync()
        account = p.account("p0001@example.com")
        self.assertNotIn("title", account)
        self.assertEqual(account.get("phoneNumbers", []), [])

    def test_11_two_runs_at_once_do_not_meet(self):
        p = self.pipeline(crowd(30), sim=SLOW)
        first = p.start()
        while p.created() < 3:
            time.sleep(0.01)
        second = p.run()
        self.assertIn(second.code, (1, 2), second)
        self.ends(p.finish(first), 0)
        self.assertEqual((len(p.accounts()), p.twins()), (30, []))

    def test_12_a_state_is_never_written_half(self):
        p = self.pipeline(crowd(10))
        for point in ("commit:2", "committed:3", "commit:4", "round:1", "result-taken:3", "committed:6"):
            self.assertIn(p.crash(point), (-9, 0))
        p.sync()
        self.assertEqual((len(p.accounts()), p.twins()), (10, []))
        for i in range(10):
            p.slapd.replace(dn("p%04d" % i), "title", "Director")
        for point in ("commit:2", "result-taken:5", "committed:4", "round-committed:1"):
            self.assertIn(p.crash(point), (-9, 0))
        p.sync()
        self.assertEqual({u["title"] for u in p.sim.users()}, {"Director"})
        with p.watched() as seen:
            p.sync("--full")
        self.assertEqual(seen.writes, [])


if __name__ == "__main__":
    tap.main()

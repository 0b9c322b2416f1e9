"""What a pass costs in which nothing changed, counted by slapd itself; and that nothing is believed."""
import pipeline
import slapd
import tap
from pipeline import crowd, dn

SYNCPROV = "overlay syncprov\n"
MONITOR = "database monitor\nrootdn " + slapd.ROOT_DN + "\naccess to * by * read\n"
COUNTER = "cn=Search,cn=Operations,cn=Monitor"


class Idle(pipeline.Test):
    def start(self, **more):
        p = self.pipeline(crowd(12), directory={
            "modules": ("syncprov", "back_monitor"),
            "database_conf": pipeline.LIMITS + SYNCPROV + MONITOR}, **more)
        p.sync()
        return p

    def count(self, p):
        found = p.slapd.search("(objectClass=*)", "monitorOpInitiated", base=COUNTER, scope="base")
        return int(found[0]["monitoropinitiated"][0])

    def searches(self, p, *words, expect=0):
        before = self.count(p)
        report = p.sync(*words, expect=expect)
        return self.count(p) - before - 1, report

    def test_G6_an_idle_pass_is_two_searches_and_no_write(self):
        p = self.start()
        for _ in range(2):
            with p.watched() as seen:
                searches, report = self.searches(p)
            self.assertEqual(searches, 2, "the root DSE and the synchronization")
            self.assertEqual((report["mode"], report["source"]["changes"]), ("changes", "syncrepl"))
            self.assertEqual(seen.writes, [])

    def test_a_change_is_seen_and_the_next_pass_is_idle_again(self):
        p = self.start()
        p.slapd.replace(dn("p0001"), "title", "Boss")
        p.slapd.delete(dn("p0002"))
        p.sync()
        self.assertEqual(p.account("p0001@example.com")["title"], "Boss")
        self.assertEqual(p.account("p0002@example.com")["state"], "inactive")
        self.assertEqual(self.searches(p)[0], 2)

    def test_G1_a_server_that_lost_its_overlay_is_noticed(self):
        p = self.start()
        with open(p.slapd.path("slapd.conf")) as file:
            conf = file.read()
        p.slapd.stop()
        with open(p.slapd.path("slapd.conf"), "w") as file:
            file.write(conf.replace(SYNCPROV, ""))
        p.slapd.start()
        p.slapd.replace(dn("p0001"), "title", "Boss")
        p.slapd.delete(dn("p0002"))
        report = p.sync()
        self.assertEqual((report["mode"], report["source"]["changes"]), ("full", "timestamp"))
        self.says(report, "warning.*found by timestamp now, until now by syncrepl.*syncprov")
        self.assertEqual(p.account("p0001@example.com")["title"], "Boss")
        self.assertEqual(p.account("p0002@example.com")["state"], "inactive")
        p.slapd.delete(dn("p0003"))
        self.assertNotIn("until now by", p.run().said, "said once")
        self.assertEqual(p.account("p0003@example.com")["state"], "inactive")

    def test_check_asks_anew(self):
        p = self.start()
        before = self.count(p)
        done = p.run("check")
        self.ends(done, 0)
        self.says(done, "left to the inventory.*renamed containers, memberOf", "look like leavers")
        self.assertGreater(self.count(p) - before, 5)


if __name__ == "__main__":
    tap.main()

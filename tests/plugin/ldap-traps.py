"""Traps of real servers that a grade falls into, and what catches it: late arrivals, pages of a directory
that changes meanwhile, rights that come and go, limits and referrals of a synchronization."""
import threading

import slapd
import source
import tap

SYNC = {"modules": ("syncprov",), "database_conf": "overlay syncprov"}
SERVICE = "cn=syncd,ou=services," + slapd.SUFFIX
BIND = ["bind_dn=" + SERVICE, "bind_password=sync-password"]


def dn(uid):
    return "uid=%s,%s" % (uid, slapd.PEOPLE)


class Traps(source.Case):
    def slapd(self, **more):
        server = slapd.Slapd(**more)
        self.addCleanup(server.remove)
        self.options = ["uri=" + server.uri, "base=" + slapd.PEOPLE, "filter=(objectClass=inetOrgPerson)"]
        return server

    def run_it(self, *words, more=()):
        return source.run(self.options + list(more), "--attribute", "uid", *words)

    def full(self, *more):
        run = self.run_it("--scan", "everything", more=more)
        self.assertEqual(run.end, "end-all", run.error)
        self.ids = {e["uid"][0]: e["id"] for e in run.list}
        return run.text("checkpoint")

    def changes(self, checkpoint, *more):
        return self.run_it("--checkpoint", checkpoint, "--scan", "changes", more=more)

    def uids(self, run):
        return sorted(e["uid"][0] for e in run.list if e["event"] == "entry")

    def configured(self, server, old, new):
        server.stop()
        with open(server.path("slapd.conf")) as file:
            text = file.read()
        self.assertIn(old, text)
        with open(server.path("slapd.conf"), "w") as file:
            file.write(text.replace(old, new, 1))
        server.start()


class Late(Traps):
    def late(self, server):
        """An entry as replication brings it: made long ago, arrived now."""
        server.stop()
        server.load(slapd.person("late").rstrip("\n") + "\n" + "".join(
            slapd.line(*pair) for pair in (
                ("structuralObjectClass", "inetOrgPerson"), ("creatorsName", slapd.ROOT_DN),
                ("modifiersName", slapd.ROOT_DN), ("createTimestamp", "20200101000000Z"),
                ("modifyTimestamp", "20200101000000Z"),
                ("entryUUID", "11111111-0000-4000-8000-000000000000"),
                ("entryCSN", "20200101000000.000000Z#000000#001#000000"))) + "\n")
        server.start()

    def test_G1_what_a_replica_receives_late_the_timestamp_misses_and_the_inventory_finds(self):
        server = self.slapd()
        checkpoint = self.full("changes=timestamp")
        self.late(server)
        run = self.changes(checkpoint, "changes=timestamp")
        self.assertNotIn("late", self.uids(run), "the trap")
        run = self.run_it("--scan", "inventory")
        self.assertIn("11111111-0000-4000-8000-000000000000", [e["id"] for e in run.list])

    def test_G1_the_inventory_grade_sees_it(self):
        server = self.slapd()
        checkpoint = self.full("changes=inventory")
        self.late(server)
        run = self.changes(checkpoint, "changes=inventory")
        self.assertEqual(run.end, "end-all")
        self.assertIn("11111111-0000-4000-8000-000000000000", [e["id"] for e in run.list])


class Clocks(Traps):
    def test_only_the_servers_clock_counts(self):
        """Our own is years ahead of the newest change here, and that is no matter."""
        text = slapd.BASE + slapd.person("old")
        stamp = "createTimestamp: 20200101000000Z\nmodifyTimestamp: 20200101000000Z\n\n"
        server = self.slapd(ldif=text.replace("\n\n", "\n" + stamp))
        checkpoint = self.full("changes=timestamp")
        server.stop()
        server.load(slapd.person("next").replace("\n\n", "\n" + stamp.replace("010000", "010001")))
        server.start()
        self.assertIn("next", self.uids(self.changes(checkpoint, "changes=timestamp")))


class Pages(Traps):
    def test_G3_who_stays_is_shown_once_while_others_come_and_go_between_the_pages(self):
        server = self.slapd(ldif=slapd.BASE + "".join(slapd.person("p%04d" % i) for i in range(400)))
        stop = threading.Event()

        def churn():
            for i in range(1, 400, 4):
                if stop.is_set():
                    return
                server.delete(dn("p%04d" % i))
                server.add(slapd.person("q%04d" % i))
        thread = threading.Thread(target=churn)
        thread.start()
        try:
            for size in (7, 50, 399):
                run = self.run_it("--scan", "everything", more=["page_size=%d" % size, "changes=timestamp"])
                self.assertEqual(run.end, "end-all", run.error)
                shown = self.uids(run)
                self.assertEqual(len(shown), len(set(shown)))
                stay = {"p%04d" % i for i in range(400) if i % 4 != 1}
                self.assertEqual(stay - set(shown), set())
        finally:
            stop.set()
            thread.join()


class Rights(Traps):
    def test_who_is_hidden_looks_gone_and_who_is_shown_again_is_named(self):
        server = self.slapd(**SYNC)
        checkpoint = self.full(*BIND)
        rule = 'access to dn.base="%s" by dn.exact="%s" none by * read\n' % (dn("ada"), SERVICE)
        self.configured(server, slapd.ACCESS, rule + slapd.ACCESS)
        server.replace(dn("alan"), "title", "Boss")
        run = self.changes(checkpoint, *BIND)
        named = {e["id"] for e in run.list}
        self.assertEqual((run.end, self.ids["ada"] in named), ("end-all", False))
        asked = self.run_it("--get", self.ids["ada"], more=BIND)
        self.assertIn(asked.kinds, (["gone"], ["out-of-scope"]), "that is why there is a brake")
        self.configured(server, rule, "")
        server.replace(dn("alan"), "title", "Chief")
        run = self.changes(run.text("checkpoint"), *BIND)
        self.assertIn(self.ids["ada"], {e["id"] for e in run.list})


class Limits(Traps):
    def test_G3_a_size_limit_of_the_synchronization_names_the_setting(self):
        server = self.slapd(global_conf="sizelimit 2", **SYNC)
        run = self.run_it("--scan", "everything", more=BIND)
        self.assertEqual((run.end, run.text("checkpoint")), ("end-partial", None))
        for word in ("limits", "size=unlimited"):
            self.assertIn(word, run.text("end-partial"))
        self.configured(server, "sizelimit 2", "")
        checkpoint = self.full(*BIND)
        for n in range(5):
            server.add(slapd.person("new%d" % n))
        self.configured(server, "database mdb", "sizelimit 2\ndatabase mdb")
        run = self.changes(checkpoint, *BIND)
        self.assertEqual((run.end, run.text("checkpoint")), ("end-partial", None))
        self.assertIn("size=unlimited", run.text("end-partial"))

    def test_G3_a_referral_below_the_base_makes_a_synchronization_partial(self):
        server = self.slapd(**SYNC)
        server.tool("ldapmodify", "-a", "-M", stdin=(
            "dn: ou=away,%s\nobjectClass: referral\nobjectClass: extensibleObject\nou: away\n"
            "ref: ldap://192.0.2.1/ou=away,%s\n\n" % (slapd.PEOPLE, slapd.PEOPLE)).encode())
        run = self.run_it("--scan", "everything")
        self.assertEqual((run.end, run.text("checkpoint")), ("end-partial", None), run.events[-2:])
        self.assertIn("192.0.2.1", run.text("end-partial"))
        run = self.run_it("--scan", "everything", more=["referrals=ignore"])
        self.assertEqual(run.end, "end-all")
        self.assertIsNotNone(run.text("checkpoint"))


class Seconds(Traps):
    def test_G1_of_several_changes_within_one_second_the_last_one_is_told(self):
        server = self.slapd()
        words = ["--attribute", "title", "--scan", "changes"]
        more = self.options + ["changes=timestamp"]
        checkpoint = source.run(more, "--attribute", "title", "--scan", "everything").text("checkpoint")
        for n in range(3):
            server.replace(dn("ada"), "title", "t%d" % n)
        run = source.run(more, "--checkpoint", checkpoint, *words)
        server.replace(dn("ada"), "title", "last")
        run = source.run(more, "--checkpoint", run.text("checkpoint"), *words)
        self.assertIn(["last"], [[v.decode() if isinstance(v, bytes) else v for v in e["title"]]
                                 for e in run.list if "title" in e])


if __name__ == "__main__":
    tap.main()

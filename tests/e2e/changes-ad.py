"""The whole pipeline with a real Samba Active Directory of two domain controllers."""
import pipeline
import samba
import tap

MAPPING = dict(pipeline.MAPPING, active="${userAccountControl | bit(2) | not}")
FILTER = "(&(objectCategory=person)(objectClass=user)(!(title=External)))"
ENABLED, DISABLED = 544, 546
shared = {}


def domain():
    """Made once: that takes a while. Each test has an organizational unit of its own."""
    if not shared:
        shared["first"] = samba.Directory()
        shared["first"].tool("user", "create", "reader", samba.PASSWORD)
        shared["first"].tool("user", "create", "copier", samba.PASSWORD)
        shared["first"].let_replicate("CN=copier,CN=Users," + samba.SUFFIX)
        shared["first"].add_people("CN=Users," + samba.SUFFIX, ["ghost"])
        shared["first"].delete("CN=ghost,CN=Users," + samba.SUFFIX)
        shared["second"] = shared["first"].join()
    return shared["first"], shared["second"]


class Pipeline(pipeline.Pipeline):
    def serve(self, people, pair, more):
        self.first, self.second = domain()
        self.base = self.first.add_unit(more["unit"])
        self.who = more.get("who", samba.ADMIN)
        return None

    def source(self):
        return {"uri": [self.first.outside(), self.second.outside()], "base": self.base,
                "filter": FILTER, "bind_dn": self.who, "bind_password": "${TEST_BIND_PW}",
                "tls": {"ca_file": self.first.ca}}

    def add(self, *names, base=None):
        for name in names:
            self.first.add_people(base or self.base, [name], mail=name + "@example.com",
                                  displayName=name, userAccountControl=ENABLED)

    def dn(self, name):
        return "CN=%s,%s" % (name, self.base)

    def remove(self):
        self.slapd = Shared()
        super().remove()


class Shared:
    """The domain stays for the next test."""

    def remove(self):
        pass


class Test(pipeline.Test):
    def start(self, who=samba.ADMIN, people=12, **ldap):
        p = Pipeline(directory={"unit": self._testMethodName[5:65], "who": who}, mapping=MAPPING,
                     ldap=ldap)
        self.addCleanup(p.remove)
        p.secrets["TEST_BIND_PW"] = samba.PASSWORD
        shared["tests"] = shared.get("tests", 0) + 1  # account names are unique in a domain
        self.names = ["t%d-%02d" % (shared["tests"], n) for n in range(people)]
        p.add(*self.names)
        return p

    def account(self, p, n):
        return p.account(self.names[n] + "@example.com")

    def quiet(self, p):
        with p.watched() as seen:
            report = p.sync()
        self.assertEqual(seen.writes, [])
        return report

    def life(self, p, grade, mode="changes"):
        """Everything that befalls people."""
        ad, name = p.first, lambda n: p.dn(self.names[n])
        out = ad.add_unit("Out-" + self.names[0])
        report = p.sync()
        self.assertEqual(report["source"]["changes"], grade)
        self.assertEqual(self.quiet(p)["mode"], mode)
        ad.replace(name(1), "title", "Boss")
        ad.delete(name(2))
        ad.replace(name(3), "title", "External")
        ad.rename(name(4), "CN=renamed-" + self.names[4])
        ad.replace(name(5), "userAccountControl", str(DISABLED))
        ad.rename(name(6), "CN=" + self.names[6], out)
        p.add("new-" + self.names[0])
        report = p.sync()
        self.assertEqual(report["mode"], mode, report["said"])
        self.assertNotIn("everybody is read", report["said"])
        self.assertEqual(self.account(p, 1)["title"], "Boss")
        inactive = [n for n in range(12) if self.account(p, n)["state"] != "active"]
        self.assertEqual(inactive, [2, 3, 5, 6], report["said"])
        self.assertEqual(p.account("new-%s@example.com" % self.names[0])["state"], "active")
        self.assertEqual((report["sink"]["created"], report["held"]), (1, 0))
        self.quiet(p)
        ad.replace(name(3), "title", "Back")
        ad.rename("CN=%s,%s" % (self.names[6], out), "CN=" + self.names[6], p.base)
        p.sync()
        self.assertEqual([n for n in range(12) if self.account(p, n)["state"] != "active"], [2, 5])


class Grades(Test):
    def test_g1_dirsync(self):
        self.life(self.start(), "dirsync")

    def test_g1_dirsync_without_rights(self):
        self.life(self.start("CN=reader,CN=Users," + samba.SUFFIX), "dirsync", "inventory")

    def test_g1_dirsync_with_the_right_to_replicate_alone(self):
        self.life(self.start("CN=copier,CN=Users," + samba.SUFFIX), "dirsync", "inventory")

    def test_g1_usn(self):
        self.life(self.start(changes="usn"), "usn")

    def test_g1_usn_without_rights(self):
        self.life(self.start("CN=reader,CN=Users," + samba.SUFFIX, changes="usn"), "usn",
                  "inventory")


class Controllers(Test):
    def moved(self, p):
        """A pass at the first, then its end; what follows is read at the second."""
        p.sync()
        p.first.replace(p.dn(self.names[1]), "title", "Boss")
        p.second.pull(p.first)
        p.first.stop()
        self.addCleanup(p.first.start)
        return p.sync()

    def test_dirsync_goes_on_at_the_other_one(self):
        p = self.start()
        report = self.moved(p)
        self.assertEqual((report["mode"], report["checkpoint"]["kind"]), ("changes", "dirsync"))
        self.assertEqual(self.account(p, 1)["title"], "Boss")
        self.assertLess(report["source"]["read"], 12)

    def test_usn_reads_everybody_at_the_other_one(self):
        p = self.start(changes="usn")
        report = self.moved(p)
        self.assertEqual(report["mode"], "full")
        self.says(report, "belongs to another server")
        self.assertEqual(self.account(p, 1)["title"], "Boss")
        self.assertEqual(self.quiet(p)["mode"], "changes")


if __name__ == "__main__":
    tap.main()

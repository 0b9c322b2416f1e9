"""The whole pipeline with a real 389 Directory Server."""
import ds389
import pipeline
import tap
from ds389 import person
from pipeline import dn

RECORDED = ("nsuniqueid:targetUniqueId", "entryuuid:targetEntryUUID")
FILTER = "(&(objectClass=inetOrgPerson)(!(employeeType=external)))"
MAPPING = dict(pipeline.MAPPING, active="${nsAccountLock | default('false') | not}")


class Pipeline(pipeline.Pipeline):
    def serve(self, people, pair, more):
        return ds389.Directory(ldif=ds389.BASE + people, **more)

    def source(self):
        return {"uri": self.slapd.uri, "base": ds389.PEOPLE, "filter": FILTER,
                "bind_dn": ds389.READER, "bind_password": "${TEST_BIND_PW}"}


class Test(pipeline.Test):
    def start(self, plugins, people=12, **more):
        crowd = [person("p%04d" % i, "Pat", "Person%04d" % i, title="Engineer")
                 for i in range(people)]
        p = Pipeline(crowd, directory={"plugins": plugins, "recorded": RECORDED},
                     mapping=MAPPING, **more)
        self.addCleanup(p.remove)
        if "changelog" in plugins:
            p.slapd.allow("cn=changelog", ds389.CHANGELOG)
        return p

    def quiet(self, p, mode="changes"):
        with p.watched() as seen:
            report = p.sync()
        self.assertEqual((seen.writes, report["mode"]), ([], mode), report["said"])
        return report

    def life(self, p, grade, mode="changes"):
        """Everything that befalls people."""
        self.assertEqual(p.sync()["source"]["changes"], grade)
        self.quiet(p, mode)
        p.slapd.replace(dn("p0001"), "title", "Boss")
        p.slapd.delete(dn("p0002"))
        p.slapd.replace(dn("p0003"), "employeeType", "external")
        p.slapd.rename(dn("p0004"), "uid=renamed")
        p.slapd.replace(dn("p0005"), "nsAccountLock", "true")
        p.slapd.rename(dn("p0006"), "uid=p0006", "ou=services," + ds389.SUFFIX)
        p.slapd.add(person("new"))
        report = p.sync()
        self.assertEqual(report["mode"], mode, report["said"])
        accounts = p.accounts()
        self.assertEqual(accounts["p0001@example.com"]["title"], "Boss")
        self.assertEqual({name for name, account in accounts.items()
                          if account["state"] != "active"},
                         {"p000%d@example.com" % i for i in (2, 3, 5, 6)})
        self.assertEqual(accounts["new@example.com"]["state"], "active")
        self.assertEqual(report["sink"]["created"], 1)
        self.quiet(p, mode)
        p.slapd.modify("dn: %s\nchangetype: modify\ndelete: nsAccountLock\n" % dn("p0005"))
        p.slapd.replace(dn("p0003"), "employeeType", "internal")
        p.sync()
        self.assertEqual({p.account("p000%d@example.com" % i)["state"] for i in (3, 5)},
                         {"active"})
        self.assertEqual(p.twins(), [])


class Changelog(Test):
    def test_g1_by_the_changelog(self):
        self.life(self.start(("changelog",)), "changelog")

    def test_g6_a_restarted_server_is_read_completely_and_nothing_is_sent(self):
        p = self.start(("changelog",))
        p.sync()
        self.quiet(p)
        p.slapd.restart()
        self.says(self.quiet(p, "full"), "another server, or to this one before it was set up")
        self.quiet(p)


class Usn(Test):
    def test_g1_by_numbers_as_the_directory_manager(self):
        p = self.start(("usn",), ldap={"bind_dn": ds389.MANAGER,
                                       "bind_password": ds389.PASSWORD})
        p.slapd.add(person("first"))
        p.slapd.delete(dn("first"))
        self.life(p, "usn")

    def test_g1_by_numbers_and_the_inventory_as_anybody(self):
        self.life(self.start(("usn",)), "usn", "inventory")


class Rights(Test):
    def test_g3_rights_that_are_taken_away_look_like_an_empty_directory(self):
        """The server answers with success and nobody."""
        p = self.start(("changelog",))
        p.sync()
        p.slapd.modify("dn: %s\nchangetype: modify\ndelete: aci\naci: %s\n" % (
            ds389.SUFFIX, ds389.READ))
        before = p.snapshot()
        for words in (("--full",), ()):
            done = p.run(*words)
            self.assertNotEqual(done.code, 0, done)
            self.assertEqual(p.snapshot(), before, done)
        p.slapd.allow(ds389.SUFFIX, ds389.READ)
        p.sync("--full")
        self.assertEqual(p.snapshot(), before)


if __name__ == "__main__":
    tap.main()

"""Who is there, whose entry says that the account is not to be active, and whose change the service refuses for
the manager that the account names: somebody took that one away by hand."""
import tap
from parting import Parting
from pipeline import crowd, dn, person
from references import BOSS, MAPPING, managed


class Inactive(Parting):
    ACTIVE = dict(MAPPING, active="enabled")

    def start_active(self, *people):
        p = self.start([BOSS] + list(people) + crowd(8), mapping=self.ACTIVE,
                       sim=["--set", "version-mismatch=ignore"])
        self.were = {"ada": p.account_of("ada")["id"]}
        return p

    def test_G1_whose_manager_was_purged(self):
        p = self.start_active(*managed("ada", enabled="TRUE"))
        p.sim.purge(p.account_of("boss")["id"])
        p.slapd.replace(dn("ada"), "enabled", "FALSE")
        report = p.sync()
        self.assertEqual((report["parked"], report["sink"]["disabled"]), (0, 1))
        self.assertEqual(self.state(p, "ada"), ("inactive", p.account_of("boss")["id"]))
        self.quiet(p, "--full")

    def test_G1_whose_manager_was_given_by_hand_and_purged(self):
        p = self.start_active(person("ada", title="Clerk", enabled="TRUE"))
        p.sim.purge(self.by_hand(p, "ada"))
        p.slapd.replace(dn("ada"), "enabled", "FALSE")
        report = p.sync()
        self.assertEqual((report["parked"], report["sink"]["disabled"]), (0, 1))
        self.assertEqual(self.state(p, "ada"), ("inactive", None))
        self.quiet(p, "--full")

    def test_G1_though_the_service_refuses_something_else_as_well(self):
        p = self.start_active(person("ada", title="Clerk", enabled="TRUE", telephoneNumber="+49301234567"))
        p.sim.purge(self.by_hand(p, "ada"))
        p.slapd.replace(dn("ada"), "enabled", "FALSE")
        p.slapd.replace(dn("ada"), "telephoneNumber", "none")
        report = p.sync(expect=3)
        self.assertEqual((report["parked"], report["sink"]["disabled"]), (1, 1))
        self.assertEqual(self.state(p, "ada"), ("inactive", None))
        p.slapd.replace(dn("ada"), "enabled", "TRUE")
        p.slapd.replace(dn("ada"), "telephoneNumber", "+49301234568")
        p.slapd.replace(dn("ada"), "manager", dn("boss"))
        p.sync()
        self.assertEqual(self.state(p, "ada"), ("active", p.account_of("boss")["id"]))
        self.quiet(p, "--full")

    def test_G1_though_something_else_changes_the_account_at_the_same_time(self):
        p = self.start_active(person("ada", title="Clerk", enabled="TRUE", telephoneNumber="+49301234567"))
        p.slapd.replace(dn("ada"), "enabled", "FALSE")
        p.slapd.replace(dn("ada"), "telephoneNumber", "none")
        p.sim.fault(status=409, detail="version", method="PATCH", path="*/users/*", nth=2, count=1)
        report = p.sync(expect=3)
        self.assertEqual((report["parked"], report["sink"]["disabled"]), (1, 1))
        self.assertEqual(self.state(p, "ada"), ("inactive", None))

    def test_G1_though_the_entry_cannot_be_mapped(self):
        p = self.start_active(*managed("ada", enabled="TRUE"))
        p.sim.purge(p.account_of("boss")["id"])
        p.slapd.modify("dn: %s\nchangetype: modify\ndelete: mail\n-\nreplace: enabled\nenabled: FALSE\n" % dn("ada"))
        p.sync(expect=3)
        self.assertEqual(self.state(p, "ada"), ("inactive", None))
        p.slapd.modify("dn: %s\nchangetype: modify\nadd: mail\nmail: ada@example.com\n-\n"
                       "replace: enabled\nenabled: TRUE\n" % dn("ada"))
        p.sync()
        self.assertEqual(self.state(p, "ada"), ("active", p.account_of("boss")["id"]))
        self.quiet(p, "--full")


if __name__ == "__main__":
    tap.main()

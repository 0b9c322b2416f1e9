"""A state that was lost, or that meets other ends: unclaimed accounts, and --rebind."""
import os

import pipeline
import tap
from pipeline import crowd, dn, person


class Unclaimed(pipeline.Test):
    """Accounts with an externalId of no entry: listed, never leavers without a token."""

    def lost(self, **more):
        """The state is lost, and p0003 left meanwhile."""
        p = self.pipeline(crowd(12), ldap={"filter": "(&(objectClass=inetOrgPerson)(title=*))"}, **more)
        p.sync()
        for name in os.listdir(p.folder):
            if name.startswith("state.db"):
                os.remove(p.path(name))
        self.leave(p)
        return p

    def leave(self, p):
        p.slapd.modify("dn: %s\nchangetype: modify\ndelete: title\n" % dn("p0003"))

    def back(self, p):
        p.slapd.modify("dn: %s\nchangetype: modify\nadd: title\ntitle: Boss\n" % dn("p0003"))

    def state_of(self, p):
        return p.account("p0003@example.com")["state"]

    def test_G5_they_are_disabled_when_somebody_approves_and_enabled_when_the_person_is_back(self):
        p = self.lost()
        report = p.sync()
        account = p.account("p0003@example.com")["id"]
        self.assertEqual([u["id"] for u in report["unclaimed"]], [account])
        self.assertEqual((report["held"], report["approve"], self.state_of(p)), (0, None, "active"))
        token = report["approve_unclaimed"]
        self.says(report, r"\b1 account carries an externalId .* and is not touched\. ",
                  "`syncd --approve %s -c [^`]*` disables" % token)
        self.says(p.run("status"), "unclaimed +1 active account carries ", "--approve " + token)
        self.says(p.run("explain", "p0003@example.com"), "unclaimed", "--approve " + token)
        plan = p.run("plan", "--approve", token)
        self.assertRegex(plan.out, "(?m)^disable +p0003@example.com")
        self.assertEqual(self.state_of(p), "active")
        report = p.sync("--approve", token)
        self.assertEqual((report["sink"]["disabled"], self.state_of(p)), (1, "inactive"))
        with p.watched() as seen:
            self.assertNotIn("unclaimed", p.sync("--full", "--verify"))
        self.assertEqual(seen.writes, [])
        self.assertNotIn("unclaimed", p.run("status").out)
        self.back(p)
        p.sync("--full")
        mine = p.account_of("p0003")
        self.assertEqual((mine["id"], mine["state"], mine["title"]), (account, "active", "Boss"))

    def test_G5_another_token_disables_nobody(self):
        p = self.lost()
        token = p.sync()["approve_unclaimed"]
        p.sync("--approve", "0123456789abcdef")
        p.sync("--full")
        self.assertEqual(self.state_of(p), "active")
        p.sync("--approve", token)
        self.assertEqual(self.state_of(p), "inactive")

    def test_G5_one_that_was_given_to_somebody_else_since_is_left(self):
        p = self.lost()
        token = p.sync()["approve_unclaimed"]
        p.sim.patch(p.account("p0003@example.com")["id"],
                    {"op": "replace", "path": "externalId", "value": "another-system"})
        report = p.sync("--approve", token)
        self.assertEqual((report["sink"]["disabled"], self.state_of(p)), (0, "active"))
        self.says(report, "not disabled: it does not carry that externalId any more")

    def test_G3_one_whose_entry_is_there_again_is_claimed_and_not_disabled(self):
        p = self.lost()
        account = p.account("p0003@example.com")["id"]
        token = p.sync()["approve_unclaimed"]
        self.back(p)
        p.sync("--approve", token)
        mine = p.account_of("p0003")
        self.assertEqual((mine["id"], mine["state"], mine["title"]), (account, "active", "Boss"))

    def test_G5_protected_ones_are_not_disabled(self):
        p = self.lost()
        token = p.sync()["approve_unclaimed"]
        p.config["protect"] = ["p0003@example.com"]
        report = p.sync("--approve", token)
        self.assertEqual(self.state_of(p), "active")
        self.says(report, "not disabled: its name is named in protect:")

    def numbered(self):
        people = [person("p%04d" % i, employeeNumber=str(4700 + i), title="Engineer") for i in range(12)]
        mapping = dict(pipeline.MAPPING, externalId="employeeNumber")
        p = self.pipeline(people, ldap={"filter": "(&(objectClass=inetOrgPerson)(title=*))"}, mapping=mapping)
        p.sync()
        for name in os.listdir(p.folder):
            if name.startswith("state.db"):
                os.remove(p.path(name))
        return p

    def test_G5_a_mapped_externalId_waits_for_entries_without_an_account(self):
        p = self.numbered()
        self.leave(p)
        p.slapd.modify("dn: %s\nchangetype: modify\ndelete: mail\n" % dn("p0004"))  # parked: it may be theirs
        report = p.sync(expect=3)
        token = report["approve_unclaimed"]
        self.assertEqual(len(report["unclaimed"]), 2)
        self.says(p.sync("--approve", token, expect=3), "while entries are parked")
        self.assertEqual(p.states(), {"active": 12})
        p.slapd.modify("dn: %s\nchangetype: modify\nadd: mail\nmail: p0004@example.com\n" % dn("p0004"))
        p.sync()
        p.sync("--approve", token)
        self.assertEqual((p.states(), self.state_of(p)), ({"active": 11, "inactive": 1}, "inactive"))
        account = p.account("p0003@example.com")["id"]
        self.back(p)
        p.sync("--full")
        mine = p.account("p0003@example.com")
        self.assertEqual((mine["id"], mine["state"], mine["title"]), (account, "active", "Boss"))


class Rebind(pipeline.Test):
    def other_sink(self, p):
        """The same service under another name is another sink to the state."""
        keys = p.config["sinks"]["genesys-scim"]
        for name in ("base_url", "token_url"):
            keys[name] = keys[name].replace("127.0.0.1", "localhost")

    def test_another_sink_is_refused_without_it(self):
        p = self.pipeline(crowd(5))
        p.sync()
        self.other_sink(p)
        done = p.run()
        self.ends(done, 2)
        self.says(done, "belongs to another sink", "--rebind")

    def test_everybody_is_matched_anew_and_held_for_approval(self):
        p = self.pipeline(crowd(12))
        p.sync()
        before = p.snapshot()
        self.other_sink(p)
        report = p.sync("--rebind", expect=4)
        self.assertEqual((report["held"], p.snapshot()), (12, before))
        self.assertEqual(p.sync("--full", expect=4)["held"], 12)
        p.sync("--approve", report["approve"])
        self.assertEqual((len(p.accounts()), p.twins(), p.created()), (12, [], 12))
        p.slapd.replace(dn("p0001"), "title", "Director")
        self.assertEqual(p.sync()["sink"]["updated"], 1)

    def test_another_source_meets_the_accounts_of_the_one_before_by_name(self):
        p, other = self.pipeline(crowd(12)), self.pipeline(crowd(12))
        p.sync()
        ids = sorted(u["id"] for u in p.sim.users())
        source = p.config["sources"]["ldap"]
        source["uri"] = other.config["sources"]["ldap"]["uri"]
        source["id_attribute"] = "uid"
        source["tls"] = other.config["sources"]["ldap"]["tls"]
        report = p.sync("--rebind", expect=4)
        self.assertEqual(report["held"], 12)
        report = p.sync("--approve", report["approve"])
        self.assertEqual(sorted(u["id"] for u in p.sim.users()), ids)
        self.assertEqual((report["sink"]["adopted"], report["sink"]["created"]), (12, 0))
        self.assertEqual(p.account("p0003@example.com")["externalId"], "p0003")

    def test_G5_an_account_that_was_adopted_stays_so_and_is_never_deleted(self):
        p = self.pipeline(crowd(12), ldap={"filter": "(&(objectClass=inetOrgPerson)(title=*))"},
                          leavers={"policy": "delete"})
        p.sim.seed([{"userName": "p000%d@example.com" % i, "displayName": "Before"} for i in (3, 4)])
        self.assertEqual(p.sync()["sink"]["adopted"], 2)
        p.slapd.modify("dn: %s\nchangetype: modify\ndelete: title\n" % dn("p0004"))
        p.sync("--full")
        self.other_sink(p)
        p.sync("--approve", p.sync("--rebind", expect=4)["approve"])
        p.slapd.modify("dn: %s\nchangetype: modify\nadd: title\ntitle: Back\n" % dn("p0004"))
        p.sync("--full")
        self.assertEqual(len(p.accounts()), 12)
        for i in (3, 4, 5):
            p.slapd.delete(dn("p000%d" % i))
        report = p.sync("--full")
        self.assertEqual((report["sink"]["disabled"], report["sink"]["deleted"]), (2, 1))
        self.assertEqual([p.account("p000%d@example.com" % i)["state"] for i in (3, 4)],
                         ["inactive", "inactive"])

    def test_it_does_nothing_where_both_ends_are_the_same(self):
        p = self.pipeline(crowd(3))
        p.sync()
        report = p.sync("--rebind")
        self.assertEqual((report["held"], report["sink"]["updated"]), (0, 0))


if __name__ == "__main__":
    tap.main()

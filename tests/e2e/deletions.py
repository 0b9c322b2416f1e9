"""leavers.delete_after: disabled first, deleted that long after."""
import time

import pipeline
import tap
from pipeline import crowd, dn, person


class DeleteAfter(pipeline.Test):
    def test_a_leaver_is_disabled_first_and_deleted_that_long_after(self):
        p = self.pipeline(crowd(12), leavers={"delete_after": "3s"})
        p.sync()
        p.slapd.delete(dn("p0003"))
        self.assertEqual(p.sync("--full")["sink"]["disabled"], 1)
        self.assertEqual(p.states(), {"active": 11, "inactive": 1})
        self.assertEqual(p.sync()["sink"]["deleted"], 0)
        self.says(p.run("explain", "p0003@example.com"), "deleted")
        time.sleep(3.1)
        self.assertEqual(p.sync()["sink"]["deleted"], 1)
        self.assertEqual(p.states().get("active"), 11)
        self.assertEqual(p.states().get("inactive", 0), 0)
        with p.watched() as seen:
            p.sync("--full")
        self.assertEqual(seen.writes, [])

    def test_who_comes_back_in_time_keeps_the_account(self):
        p = self.pipeline(crowd(12), ldap={"filter": "(&(objectClass=inetOrgPerson)(title=*))"},
                          leavers={"delete_after": "2s"})
        p.sync()
        account = p.account("p0003@example.com")["id"]
        p.slapd.modify("dn: %s\nchangetype: modify\ndelete: title\n" % dn("p0003"))
        p.sync("--full")
        p.slapd.modify("dn: %s\nchangetype: modify\nadd: title\ntitle: Boss\n" % dn("p0003"))
        time.sleep(2.1)
        report = p.sync("--full")
        self.assertEqual((report["sink"]["deleted"], p.account_of("p0003")["id"]), (0, account))
        self.assertEqual(p.states(), {"active": 12})

    def test_an_adopted_account_is_never_deleted(self):
        p = self.pipeline(crowd(12), leavers={"delete_after": "1s"})
        p.sim.seed([{"userName": "p0003@example.com", "displayName": "Before"}])
        p.sync()
        p.slapd.delete(dn("p0003"))
        p.sync("--full")
        time.sleep(1.1)
        self.assertEqual(p.sync("--full")["sink"]["deleted"], 0)
        self.assertEqual(p.states(), {"active": 11, "inactive": 1})

    def test_G4_deletions_are_counted_by_the_brake(self):
        p = self.pipeline(crowd(40), brakes={"leavers": {"percent": 5, "min": 3}},
                          leavers={"delete_after": "1s"})
        p.sync()
        for i in range(3):
            p.slapd.delete(dn("p000%d" % i))
        p.sync("--full")
        time.sleep(1.1)
        report = p.sync("--full", expect=4)
        self.assertEqual((report["held"], p.states()), (3, {"active": 37, "inactive": 3}))
        p.sync("--approve", report["approve"])
        self.assertEqual(p.states().get("inactive", 0), 0)

    def test_G3_what_is_held_is_not_let_go_by_the_next_pass(self):
        p = self.pipeline(crowd(12))
        p.sync()
        p.config["sources"]["ldap"]["filter"] = "(&(objectClass=inetOrgPerson)(!(uid=p0001)))"
        p.sync("--full", expect=4)
        p.sync("--full", expect=4)
        self.assertEqual(p.states(), {"active": 12})


class Deleted(pipeline.Test):
    def test_G1_who_leaves_before_its_new_account_can_be_seen_is_deleted(self):
        p = self.pipeline(crowd(12), leavers={"policy": "delete"}, sim=["--set", "invisible=5000"])
        p.sync()
        p.slapd.add(person("new"))
        p.sync()
        p.slapd.delete(dn("new"))
        p.sync("--full")
        self.assertEqual(p.states().get("active"), 12)

    def test_G1_a_page_in_place_of_the_answer_to_a_delete_is_not_believed(self):
        """A proxy's log-in page, with status 200: nothing reached the service."""
        p = self.pipeline(crowd(4), leavers={"policy": "delete"})
        p.sync()
        p.slapd.delete(dn("p0001"))
        p.sim.fault(status=200, shape="html", method="DELETE", path="*/users/*", nth=1, count=1)
        p.sync("--full")
        self.assertEqual(p.account("p0001@example.com")["state"], "deleted")

    def test_an_account_that_somebody_deleted_before_is_no_failure(self):
        p = self.pipeline(crowd(12), leavers={"policy": "delete"})
        p.sync()
        p.sim.scim("DELETE", "users/" + p.account("p0003@example.com")["id"])
        p.slapd.delete(dn("p0003"))
        self.assertEqual(p.sync("--full")["sink"]["deleted"], 1)
        with p.watched() as seen:
            p.sync("--full")
        self.assertEqual(seen.writes, [])


if __name__ == "__main__":
    tap.main()

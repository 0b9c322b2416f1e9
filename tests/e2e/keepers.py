"""Entries that are parked for a user name that another entry's account has, as far as the state knows,
while somebody took that account away by hand, or renamed it."""
import pipeline
import tap
from pipeline import dn, person


def mail(uid):
    return uid + "@example.com"


class Keepers(pipeline.Test):
    """ada, bob and cyd; cyd left, and her name is held. Whoever is parked is tried again when it is due:
    here by `parked --retry-all`."""

    def start(self, *more, left="park", **settings):
        p = self.pipeline([person(uid) for uid in ("ada", "bob", "cyd") + more],
                          collision={"policy": "skip", "left": left}, **settings)
        p.sync()
        p.slapd.delete(dn("cyd"))
        p.sync("--full")
        return p

    def wants(self, p, uid, name, expect=3):
        p.slapd.replace(dn(uid), "mail", mail(name))
        return p.sync(expect=expect)

    def again(self, p, *uids, expect=3):
        for words in [("--retry", p.uuid(uid)) for uid in uids] or [("--retry-all",)]:
            self.assertEqual(p.run("parked", *words).code, 0)
        with p.watched() as seen:
            report = p.sync(expect=expect)
        return report, seen

    def reads_of(self, seen, account):
        return [e for e in seen.entries if e["kind"] == "read" and e["id"] == account]

    def parked(self, report):
        return sorted(one["id"] for one in report["parked_list"])

    def quiet(self, p, expect):
        with p.watched() as seen:
            p.sync("--full", expect=expect)
        self.assertEqual(seen.writes, [], seen)

    def test_G8_the_name_of_an_account_that_is_gone_and_whose_entry_is_parked_is_free(self):
        """ada is parked for the name of somebody who left, and bob for hers: no change of hers finds
        out."""
        for gone in ("purge", "delete"):
            with self.subTest(gone):
                p = self.start()
                self.wants(p, "ada", "cyd")
                self.wants(p, "bob", "ada")
                old = p.account_of("ada")["id"]
                if gone == "purge":
                    p.sim.purge(old)
                else:
                    p.sim.scim("DELETE", "users/" + old)
                report, _ = self.again(p)
                self.says(report, "account %s of ada@example.com .*not there any more" % old)
                self.assertEqual(self.parked(report), [p.uuid("ada")])
                self.assertEqual(p.account_of("bob")["userName"], mail("ada"))
                self.quiet(p, 3)
                p.slapd.replace(dn("ada"), "mail", mail("new"))
                p.sync()
                self.assertEqual((p.account_of("ada")["userName"], p.account_of("ada")["state"]),
                                 (mail("new"), "active"))
                self.assertEqual(p.twins(), [])

    def test_G12_whose_account_is_gone_and_who_still_wants_its_name_comes_first(self):
        p = self.start()
        for one, other in (("ada", "bob"), ("bob", "ada")):  # whatever the order of their ids
            self.wants(p, one, other)
            p.sim.purge(p.account_of(other)["id"])
            report, _ = self.again(p)
            self.assertEqual(self.parked(report), [p.uuid(one)])
            self.assertEqual(p.account_of(other)["userName"], mail(other))
            self.assertEqual(p.account_of(one)["userName"], mail(one))
            self.wants(p, one, one, expect=0)
        self.quiet(p, 0)

    def test_G12_of_several_who_wait_for_a_name_the_first_has_it(self):
        """Whoever was parked for it first: the name of somebody who left, of somebody who is there."""
        for uids in (("bob", "dan"), ("dan", "bob")):
            for held, policy in (("cyd", "skip"), ("cyd", "suffix"), ("ada", "skip")):
                with self.subTest(uids=uids, held=held, policy=policy):
                    p = self.start("dan")
                    if held == "ada":
                        self.wants(p, "ada", "cyd")
                    for uid in uids:
                        self.wants(p, uid, held)
                    p.sim.purge(p.account(mail(held))["id"])
                    p.config["collision"]["policy"] = policy
                    first, other = sorted(uids, key=p.uuid)
                    report, _ = self.again(p, *uids, expect=0 if policy == "suffix" else 3)
                    self.assertEqual(p.account_of(first)["userName"], mail(held))
                    self.assertEqual(p.account_of(other)["userName"],
                                     mail(held + "_1" if policy == "suffix" else other))
                    self.assertEqual(report["sink"]["updated"], 2 if policy == "suffix" else 1)
                    self.quiet(p, 0 if policy == "suffix" else 3)

    def test_G12_whose_account_is_gone_and_who_still_wants_its_name_comes_before_several(self):
        for uids in (("bob", "dan"), ("dan", "bob")):
            with self.subTest(uids=uids):
                p = self.start("dan")
                for uid in uids:
                    self.wants(p, uid, "ada")
                p.sim.purge(p.account_of("ada")["id"])
                report, _ = self.again(p)
                self.assertEqual(self.parked(report), sorted(p.uuid(uid) for uid in uids))
                self.assertEqual(p.account_of("ada")["userName"], mail("ada"))
                self.quiet(p, 3)

    def test_G12_of_several_who_wait_for_the_name_of_an_account_renamed_by_hand_the_first_has_it(self):
        for uids in (("bob", "dan"), ("dan", "bob")):
            with self.subTest(uids=uids):
                p = self.start("dan")
                self.wants(p, "ada", "cyd")
                for uid in uids:
                    self.wants(p, uid, "ada")
                rename = {"op": "replace", "path": "userName", "value": mail("hand")}
                p.sim.patch(p.account_of("ada")["id"], rename)
                self.again(p, *uids)
                first, other = sorted(uids, key=p.uuid)
                self.assertEqual(p.account_of(first)["userName"], mail("ada"))
                self.assertEqual(p.account_of(other)["userName"], mail(other))
                self.quiet(p, 3)

    def test_G8_the_name_of_somebody_who_left_and_whose_account_is_gone_is_free(self):
        p = self.start()
        self.wants(p, "bob", "cyd")
        p.sim.scim("DELETE", "users/" + p.account(mail("cyd"))["id"])
        self.again(p, expect=0)
        self.assertEqual(p.account_of("bob")["userName"], mail("cyd"))
        self.quiet(p, 0)

    def test_G8_who_is_passed_over_to_a_name_with_a_number_and_parked_for_it_may_have_the_first(self):
        p = self.start("cyd_1", left="suffix")
        report = self.wants(p, "bob", "cyd")
        self.assertEqual(self.parked(report), [p.uuid("bob")])
        self.says(report, "cyd_1@example.com")
        p.sim.scim("DELETE", "users/" + p.account(mail("cyd"))["id"])
        report, _ = self.again(p, expect=0)
        self.assertEqual(p.account_of("bob")["userName"], mail("cyd"))
        self.quiet(p, 0)

    def test_G5_the_name_of_an_account_that_we_deleted_stays_held(self):
        """collision.left decides, and nothing is looked at: it is known to be gone."""
        p = self.pipeline([person(uid) for uid in ("ada", "bob", "cyd")], leavers={"policy": "delete"})
        p.sync()
        old = p.account_of("cyd")["id"]
        p.slapd.delete(dn("cyd"))
        p.sync("--full")
        self.wants(p, "bob", "cyd")
        report, seen = self.again(p)
        self.assertEqual((self.parked(report), self.reads_of(seen, old)), ([p.uuid("bob")], []))

    def test_G8_the_name_of_an_account_renamed_by_hand_whose_entry_is_parked_is_free(self):
        p = self.start()
        self.wants(p, "ada", "cyd")
        self.wants(p, "bob", "ada")
        rename = {"op": "replace", "path": "userName", "value": mail("hand")}
        p.sim.patch(p.account_of("ada")["id"], rename)
        report, _ = self.again(p)
        self.assertEqual(self.parked(report), [p.uuid("ada")])
        self.assertEqual(p.account_of("bob")["userName"], mail("ada"))
        self.assertEqual(p.account_of("ada")["userName"], mail("hand"))
        self.quiet(p, 3)

    def test_G6_an_account_is_looked_at_once_with_each_new_try_whoever_wants_its_name(self):
        others = tuple("p%02d" % i for i in range(20))
        p = self.start(*others, scim={"sessions": 4})
        with p.watched() as seen:
            for uid in others:
                p.slapd.replace(dn(uid), "mail", mail("ada"))
            p.sync(expect=3)
            p.sync("--full", expect=3)  # nobody is due
        old = p.account_of("ada")["id"]
        self.assertEqual(self.reads_of(seen, old), [])
        report, seen = self.again(p)
        self.assertEqual((len(self.parked(report)), len(self.reads_of(seen, old))), (20, 1))
        self.assertEqual(seen.writes, [])

    def test_G7_whose_account_may_not_be_looked_at_keeps_its_name(self):
        p = self.start()
        self.wants(p, "bob", "ada")
        old = p.account_of("ada")["id"]
        p.sim.fault(kind="status", status=403, method="GET", path="*/" + old, count=100)
        report, seen = self.again(p)
        self.assertEqual((self.parked(report), len(self.reads_of(seen, old))), ([p.uuid("bob")], 1))
        self.assertEqual(p.account_of("bob")["userName"], mail("bob"))

    def test_G7_an_outage_of_the_look_parks_nobody_for_it(self):
        p = self.start()
        self.wants(p, "bob", "ada")
        p.sim.purge(p.account_of("ada")["id"])
        p.sim.fault(kind="status", status=503, method="GET", path="*/users/*", count=2)
        report, _ = self.again(p)
        self.assertEqual(self.parked(report), [p.uuid("bob")])
        self.assertEqual(p.account_of("ada")["userName"], mail("ada"))

    def test_G2_killed_after_the_look_both_are_read_again_in_the_next_pass(self):
        for point in ("result-taken:1", "round-committed:2", "round-committed:3", "before-apply:1"):
            with self.subTest(point):
                p = self.start()
                self.wants(p, "ada", "cyd")
                self.wants(p, "bob", "ada")
                p.sim.purge(p.account_of("ada")["id"])
                self.assertEqual(p.run("parked", "--retry-all").code, 0)
                p.crash(point)
                p.run("parked", "--retry-all")
                p.sync(expect=3)
                self.assertEqual(p.account_of("bob")["userName"], mail("ada"))


if __name__ == "__main__":
    tap.main()

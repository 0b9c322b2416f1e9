"""How changes are found on a real Samba Active Directory with two domain controllers: by DirSync
and by update sequence numbers, with and without the right to see what was deleted."""
import base64
import json
import os

import samba
import source
import tap

ACTIVE = "(&(objectClass=user)(objectCategory=person)(!(title=Retired)))"
WAYS = [("dirsync", "admin"), ("dirsync", "reader"), ("usn", "admin"), ("usn", "reader")]
ACCOUNT = {who: "CN=%s,CN=Users,%s" % (who, samba.SUFFIX) for who in ("reader", "copier", "lister")}
domain = None  # made once: that takes a while


class Domain:
    def __init__(self):
        self.first = samba.Directory()
        self.first.tool("user", "create", "reader", samba.PASSWORD)
        self.first.add_people("CN=Users," + samba.SUFFIX, ["ghost"])
        self.first.delete("CN=ghost,CN=Users," + samba.SUFFIX)  # somebody deleted is to be seen
        self.second = self.first.join()


class Case(source.Case):
    @classmethod
    def setUpClass(cls):
        global domain
        domain = domain or Domain()
        source.WRAPPER[:0] = domain.first.command([])

    @classmethod
    def tearDownClass(cls):
        source.WRAPPER[:] = os.environ.get("SOURCE_DRIVER_WRAPPER", "").split()

    def unit(self):
        """A base of the test's own."""
        self.base = domain.first.add_unit(self._testMethodName.replace("test_", "")[:60])
        return self.base

    def options(self, grade, who="admin", at=None):
        return ["uri=" + (at or domain.first).uri, "tls.ca_file=" + domain.first.ca,
                "bind_dn=" + ACCOUNT.get(who, samba.ADMIN),
                "bind_password=" + samba.PASSWORD, "filter=" + ACTIVE, "base=" + self.base,
                "changes=" + grade]

    def words(self, names):
        return [w for n in ("sAMAccountName", "title") + names for w in ("--attribute", n)]

    def full(self, *names, **where):
        run = source.run(self.options(**where), *self.words(names), "--scan", "everything")
        self.assertEqual(run.end, "end-all", run.error or run.log)
        self.ids = {e["sAMAccountName"][0]: e["id"] for e in run.list}
        return run.text("checkpoint")

    def changes(self, checkpoint, *names, end="end-changes", **where):
        run = source.run(self.options(**where), *self.words(names), "--checkpoint", checkpoint,
                         "--scan", "changes")
        self.assertEqual(run.end, end, run.error or run.log)
        return run

    def refused(self, checkpoint, *words, **where):
        run = source.run(self.options(**where), *self.words(()), "--checkpoint", checkpoint,
                         "--scan", "changes")
        self.assertSays(run, source.CHECKPOINT, *words)

    def shown(self, run):
        return {e["sAMAccountName"][0]: e for e in run.list if e["event"] == "entry"}

    def gone(self, run):
        names = {i: n for n, i in self.ids.items()}
        return {names[e["id"]] for e in run.list if e["event"] == "delete" and e["id"] in names}

    def quiet(self, run):
        """Nothing of ours was told."""
        self.assertEqual((self.shown(run), self.gone(run)), ({}, set()), run.events)

    def describe(self, **where):
        return source.run(self.options(**where), "--describe").json("describe")


class Choice(Case):
    def setUp(self):
        self.base = "CN=Users," + samba.SUFFIX

    def test_dirsync_is_taken_with_and_without_the_right(self):
        for who in ("admin", "reader"):
            about = self.describe(grade="auto", who=who)
            self.assertEqual(about["changes"], "dirsync")
            self.assertNotIn("leaving the filter or the base", about["blind"])
            self.assertEqual("deletes" in about["blind"], who == "reader", about)
        self.assertIn("Replicating Directory Changes", about["why"])

    def test_usn_says_whether_deleted_entries_are_seen(self):
        for who in ("admin", "reader"):
            about = self.describe(grade="usn", who=who)
            self.assertEqual(about["changes"], "usn")
            self.assertEqual("deletes" in about["blind"], who == "reader", about)
        self.assertIn("not shown", about["why"])

    def test_another_id_steps_down_and_is_not_pinned(self):
        options = self.options("auto") + ["id_attribute=sAMAccountName"]
        run = source.run(options, "--describe")
        about = run.json("describe")
        self.assertEqual(about["changes"], "usn")
        self.assertIn("deletes", about["blind"], "a deleted object may keep no other id")
        self.assertIn("not dirsync: it knows entries by objectGUID", about["why"])
        self.assertIn("by usn and not by dirsync", run.log)
        run = source.run(options + ["changes=dirsync"], "--describe")
        self.assertSays(run, source.CONFIG, "changes: dirsync cannot work", "objectGUID")

    def test_what_other_servers_have_cannot_be_pinned(self):
        run = source.run(self.options("syncrepl"), "--describe")
        self.assertSays(run, source.CONFIG, "changes: syncrepl cannot work",
                        "Active Directory does not offer it")


class Changes(Case):
    def test_g1_all_that_changes_is_told(self):
        base, out = self.unit(), domain.first.add_unit("Out")
        ad = domain.first
        for grade, who in WAYS:
            with self.subTest(grade=grade, who=who):
                p = grade[0] + who[0]
                name = lambda n, p=p: p + n
                dn = lambda n, unit=base, p=p: "CN=%s%s,%s" % (p, n, unit)
                ad.add_people(base, map(name, ("ada", "bob", "carl", "dave", "gina", "same")))
                ad.add_people(out, [name("eve")])
                ad.add_people(base, [name("fred")], title="Retired")
                where = {"grade": grade, "who": who}
                checkpoint = self.full(**where)
                self.quiet(self.changes(checkpoint, **where))
                ad.replace(dn("ada"), "title", "Boss")
                ad.rename(dn("bob"), "CN=%srobert" % p)
                ad.rename(dn("carl"), "CN=%scarl" % p, out)
                ad.rename(dn("eve", out), "CN=%seve" % p, base)
                ad.replace(dn("dave"), "title", "Retired")
                ad.replace(dn("fred"), "title")
                ad.delete(dn("gina"))
                ad.add_people(base, [name("hans")])
                run = self.changes(checkpoint, **where)
                shown = self.shown(run)
                self.assertEqual(set(shown), set(map(name, ("ada", "bob", "eve", "fred", "hans"))))
                self.assertEqual(shown[name("ada")]["title"], ["Boss"])
                self.assertEqual(shown[name("bob")]["dn"], dn("robert"))
                self.assertEqual(shown[name("bob")]["id"], self.ids[name("bob")], "G10")
                seen = {"gina"} if who == "admin" else set()
                self.assertEqual(self.gone(run), set(map(name, {"carl", "dave"} | seen)))
                again = self.changes(run.text("checkpoint"), **where)
                self.quiet(again)
                # Who cannot see deleted entries has the inventory.
                run = source.run(self.options(**where), "--scan", "inventory")
                self.assertEqual(run.end, "end-all")
                self.assertNotIn(self.ids[name("gina")], [e["id"] for e in run.list])

    def test_an_attribute_that_goes_away_is_told(self):
        base = self.unit()
        domain.first.add_people(base, ["removed"], title="Boss")
        for grade in ("dirsync", "usn"):
            domain.first.replace("CN=removed," + base, "title", "Boss")
            checkpoint = self.full(grade=grade)
            domain.first.replace("CN=removed," + base, "title")
            run = self.changes(checkpoint, grade=grade)
            self.assertNotIn("title", self.shown(run)["removed"], "G9")

    def test_account_control_and_expiry(self):
        base, ad = self.unit(), domain.first
        ticks = (4102444800 + 11644473600) * 10000000
        ad.add_people(base, ["lost", "expiring", "expired", "kept"])
        for grade, who in WAYS:
            names = ("userAccountControl", "accountExpires")
            dn = lambda n: "CN=%s,%s" % (n, base)
            ad.replace(dn("lost"), "userAccountControl", "544")
            ad.replace(dn("expiring"), "accountExpires", "0")
            ad.replace(dn("expired"), "accountExpires", "0")
            checkpoint = self.full(*names, grade=grade, who=who)
            ad.replace(dn("lost"), "userAccountControl", "546")
            ad.replace(dn("expiring"), "accountExpires", str(ticks))
            ad.replace(dn("expired"), "accountExpires", "130000000000000000")
            shown = self.shown(self.changes(checkpoint, *names, grade=grade, who=who))
            self.assertEqual(set(shown), {"lost", "expiring", "expired"})
            self.assertTrue(int(shown["lost"]["userAccountControl"][0]) & 2)
            # That it passes later changes nothing in the directory: the entry says when to look.
            self.assertEqual(shown["expiring"]["reevaluate_at"], 4102444800000)
            self.assertIsNone(shown["expired"]["reevaluate_at"])

    def test_more_than_a_thousand(self):
        base = self.unit()
        domain.first.add_people(base, ["first"])
        checkpoints = {way: self.full(grade=way[0], who=way[1]) for way in WAYS}
        many = ["many%04d" % n for n in range(1100)]
        domain.first.add_people(base, many)
        for (grade, who), checkpoint in checkpoints.items():
            run = self.changes(checkpoint, grade=grade, who=who)
            self.assertEqual(set(self.shown(run)), set(many))
        self.full(grade="auto")
        self.assertEqual(len(self.ids), 1101)

    def test_a_renamed_container(self):
        base, ad = self.unit(), domain.first
        old = ad.add_unit("old", base)
        ad.add_people(old, ["inside"])
        ad.add_people(base, ["beside"])
        for grade, who in WAYS:
            checkpoint = self.full(grade=grade, who=who)
            new = "renamed-by-%s-%s" % (grade, who)
            ad.rename(old, "OU=" + new)
            old = "OU=%s,%s" % (new, base)
            run = self.changes(checkpoint, grade=grade, who=who, end="end-all")
            self.assertEqual(self.shown(run)["inside"]["dn"], "CN=inside," + old)
            self.assertEqual(self.shown(run)["inside"]["id"], self.ids["inside"], "G10")
            self.assertIn("a container of people", run.log)
            self.quiet(self.changes(run.text("checkpoint"), grade=grade, who=who))

    def test_a_container_that_moves_out_of_the_base(self):
        base, ad = self.unit(), domain.first
        for grade, who in WAYS:
            unit = ad.add_unit("leaving-%s-%s" % (grade, who), base)
            ad.add_people(unit, ["gone-%s-%s" % (grade, who)])
            checkpoint = self.full(grade=grade, who=who)
            ad.rename(unit, unit.split(",")[0], samba.SUFFIX)
            run = self.changes(checkpoint, grade=grade, who=who, end="end-all")
            self.assertNotIn("gone-%s-%s" % (grade, who), self.shown(run))

    def test_a_container_without_people_is_nothing(self):
        base, ad = self.unit(), domain.first
        ad.add_people(base, ["alone"])
        for grade, who in WAYS:
            checkpoint = self.full(grade=grade, who=who)
            ad.add_unit("empty-%s-%s" % (grade, who), base)
            self.quiet(self.changes(checkpoint, grade=grade, who=who))

    def test_memberships_are_seen_with_the_group_only(self):
        base, ad = self.unit(), domain.first
        ad.add_people(base, ["member"])
        ad.modify("dn: CN=club,%s\nchangetype: add\nobjectClass: group\nsAMAccountName: club\n" % base)
        for grade in ("dirsync", "usn"):
            self.assertIn("memberOf", self.describe(grade=grade)["blind"])
            checkpoint = self.full("memberOf", grade=grade)
            ad.replace("CN=club," + base, "member", "CN=member," + base)
            self.quiet(self.changes(checkpoint, "memberOf", grade=grade))
            ad.replace("CN=club," + base, "member")


class Controllers(Case):
    """Which checkpoints hold where."""

    def pulled(self):
        domain.second.pull(domain.first)

    def test_numbers_of_another_controller_are_refused(self):
        base = self.unit()
        domain.first.add_people(base, ["local"])
        self.pulled()
        at_second = self.full(grade="usn", at=domain.second)
        domain.first.replace("CN=local," + base, "title", "Boss")
        # The second one's numbers are larger or smaller: either way the change would be lost.
        self.refused(at_second, "another server", grade="usn", at=domain.first)
        self.refused(self.full(grade="usn"), "another server", grade="usn", at=domain.second)

    def test_numbers_of_before_a_restore_are_refused(self):
        self.unit()
        checkpoint = self.full(grade="usn")
        server = json.loads(checkpoint)["server"]
        other = checkpoint.replace(server, "01234567" + server[8:])
        self.refused(other, "before it was set up anew", grade="usn")
        bound = json.loads(checkpoint)["data"]["bound"]
        number = int(bound.split()[0])
        self.refused(checkpoint.replace(bound, bound.replace(str(number), str(number + 1000000))),
                     "set back", grade="usn")
        old = checkpoint.replace(bound, "%d 20250101000000Z" % number)
        self.refused(old, "forgotten who was deleted", grade="usn")

    def test_what_replication_brings_late_is_told(self):
        base = self.unit()
        domain.first.add_people(base, ["late", "late-delete"])
        self.pulled()
        checkpoints = {way: self.full(grade=way[0], who=way[1], at=domain.second) for way in WAYS}
        domain.first.replace("CN=late," + base, "title", "Boss")
        domain.first.delete("CN=late-delete," + base)
        domain.second.add_people(base, ["own"])
        for (grade, who), checkpoint in checkpoints.items():
            run = self.changes(checkpoint, grade=grade, who=who, at=domain.second)
            self.assertEqual(set(self.shown(run)), {"own"})
            checkpoints[grade, who] = run.text("checkpoint")
        self.pulled()
        for (grade, who), checkpoint in checkpoints.items():
            with self.subTest(grade=grade, who=who):
                run = self.changes(checkpoint, grade=grade, who=who, at=domain.second)
                self.assertEqual(self.shown(run)["late"]["title"], ["Boss"])
                self.assertEqual(self.gone(run), {"late-delete"} if who == "admin" else set())

    def test_a_dirsync_cookie_holds_at_the_other_controller(self):
        base = self.unit()
        domain.first.add_people(base, ["carried", "deleted"])
        self.pulled()
        for who in ("admin", "reader"):
            checkpoint = self.full(grade="dirsync", who=who)
            domain.first.replace("CN=carried," + base, "title", "Boss of " + who)
            if who == "reader":
                domain.first.delete("CN=deleted," + base)
            early = self.changes(checkpoint, grade="dirsync", who=who, at=domain.second)
            self.quiet(early)
            self.pulled()
            for cookie in (checkpoint, early.text("checkpoint")):
                run = self.changes(cookie, grade="dirsync", who=who, at=domain.second)
                self.assertEqual(self.shown(run)["carried"]["title"], ["Boss of " + who])
            back = self.changes(run.text("checkpoint"), grade="dirsync", who=who)
            self.assertLessEqual(set(self.shown(back)), {"carried"})

    def test_dirsync_cookies_that_do_not_hold_are_refused(self):
        self.unit()
        checkpoint = self.full(grade="dirsync")
        cookie, controller, invocation = json.loads(checkpoint)["data"]["cookie"].split()
        raw = base64.b64decode(cookie)
        for garbage in (b"garbage", raw[:50], b"\xff" * len(raw)):
            self.refused(checkpoint.replace(cookie, base64.b64encode(garbage).decode()),
                         "does not go on", grade="dirsync")
        self.refused(checkpoint.replace(invocation, "01234567" + invocation[8:]), "restored",
                     grade="dirsync")
        self.refused(checkpoint.replace(cookie, "***"), "damaged", grade="dirsync")
        self.refused(self.full(grade="usn"), "another way", grade="dirsync")
        # Of another controller that was restored nothing is known here, and nothing is missed.
        moved = checkpoint.replace(controller, "01234567" + controller[8:])
        self.changes(moved, grade="dirsync")


class Deleted(Case):
    def test_the_right_to_list_deleted_objects_is_enough(self):
        """Without the right to replicate."""
        base, ad = self.unit(), domain.first
        ad.add_people(base, ["listed"])
        ad.tool("user", "create", "lister", samba.PASSWORD)
        self.assertIn("deletes", self.describe(grade="usn", who="lister")["blind"])
        ad.let_list_deleted("lister")
        checkpoints = {}
        for grade in ("usn", "dirsync"):
            about = self.describe(grade=grade, who="lister")
            self.assertNotIn("deletes", about["blind"], about["why"])
            checkpoints[grade] = self.full(grade=grade, who="lister")
        ad.delete("CN=listed," + base)
        for grade, checkpoint in checkpoints.items():
            run = self.changes(checkpoint, grade=grade, who="lister")
            self.assertEqual(self.gone(run), {"listed"}, grade)

    def test_g1_the_right_to_replicate_shows_no_deletes_in_samba(self):
        """As it would on Windows: it is not claimed, and then what is shown counts."""
        base, ad = self.unit(), domain.first
        ad.tool("user", "create", "copier", samba.PASSWORD)
        ad.let_replicate(ACCOUNT["copier"])
        ad.add_people(base, ["replicated"])
        about = self.describe(grade="auto", who="copier")
        self.assertIn("has the right Replicating Directory Changes", about["why"])
        self.assertIn("deletes", about["blind"])
        checkpoint = self.full(grade="dirsync", who="copier")
        ad.delete("CN=replicated," + base)
        self.assertEqual(self.gone(self.changes(checkpoint, grade="dirsync", who="copier")), set())
        ad.let_list_deleted("copier")
        self.assertNotIn("deletes", self.describe(grade="auto", who="copier")["blind"])
        self.assertEqual(self.gone(self.changes(checkpoint, grade="dirsync", who="copier")),
                         {"replicated"})


if __name__ == "__main__":
    tap.main()

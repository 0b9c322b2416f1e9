"""The LDAP source against a real 389 Directory Server: the grades that are for it."""
import time

import ds389
import source
import tap

PEOPLE, SUFFIX = ds389.PEOPLE, ds389.SUFFIX
FILTER = "(&(objectClass=inetOrgPerson)(!(employeeType=external)))"
BOTH = ("nsuniqueid:targetUniqueId", "entryuuid:targetEntryUUID")


def dn(uid, below=PEOPLE):
    return "uid=%s,%s" % (uid, below)


class Case(source.Case):
    plugins, more, grade = ("changelog",), {"recorded": BOTH}, "changelog"

    @classmethod
    def setUpClass(cls):
        cls.server = ds389.Directory(plugins=cls.plugins, **cls.more)
        cls.addClassCleanup(cls.server.remove)
        cls.server.add("dn: ou=elsewhere,%s\nobjectClass: organizationalUnit\n" % SUFFIX)
        if "changelog" in cls.plugins:
            cls.server.allow("cn=changelog", ds389.CHANGELOG)

    def options(self, *more, manager=False):
        identity, password = (ds389.MANAGER, ds389.PASSWORD) if manager else \
            (ds389.READER, ds389.READER_PASSWORD)
        return ["uri=" + self.server.uri, "base=" + PEOPLE, "filter=" + FILTER,
                "bind_dn=" + identity, "bind_password=" + password] + list(more)

    def described(self, *more, **who):
        return source.run(self.options(*more, **who), "--describe").json("describe")

    def id_of(self, uid, attribute="entryUUID"):
        found = self.server.search("(uid=%s)" % uid, attribute)
        return found[0][attribute.lower()][0].decode()

    def first(self, *more, attributes=("uid", "title"), **who):
        """A read of everybody; its checkpoint."""
        run = source.scan(self.options(*more, **who), *attributes)
        self.assertEqual(run.end, "end-all", run.error)
        return run.text("checkpoint")

    def changes(self, checkpoint, *more, attributes=("uid", "title"), **who):
        words = [w for name in attributes for w in ("--attribute", name)]
        return source.run(self.options(*more, **who), *words, "--checkpoint", checkpoint,
                          "--scan", "changes")

    def told(self, run, end="end-changes"):
        self.assertEqual(run.end, end, run.error or run.log)
        gone = {e["id"] for e in run.events if e["event"] == "delete"}
        return {e["uid"][0]: e for e in run.list if e["event"] == "entry"}, gone

    def answers(self, *ids, **who):
        words = [w for one in ids for w in ("--get", one)]
        run = source.run(self.options(**who), *words)
        return [e["event"] for e in run.events]


class Begun:
    who, repeats = {}, 0

    def begin(self, *people, attributes=("uid", "title")):
        if people:
            self.server.add("".join(people))
        return self.first("changes=" + self.grade, attributes=attributes, **self.who)

    def delta(self, checkpoint, **more):
        return self.changes(checkpoint, "changes=" + self.grade, **dict(self.who, **more))


class Deltas(Begun):
    """What every grade that asks for changes must see."""

    def test_it_is_taken(self):
        told = self.described(**self.who)
        self.assertEqual(told["changes"], self.grade, told["why"])

    def test_g6_nothing_changed(self):
        checkpoint = self.begin(ds389.person("still"))
        run = self.delta(checkpoint)
        entries, gone = self.told(run)
        self.assertLessEqual(len(entries), self.repeats)
        self.assertNotIn("entry", self.answers(*gone) if gone else [])

    def test_g1_adds_and_edits(self):
        checkpoint = self.begin(ds389.person("edited"), ds389.person("stays"))
        self.server.replace(dn("edited"), "title", "new")
        self.server.add(ds389.person("added"))
        entries, gone = self.told(self.delta(checkpoint))
        self.assertEqual(entries["edited"]["title"], ["new"])
        self.assertIn("added", entries)
        self.assertFalse(gone & {self.id_of("edited"), self.id_of("stays"), self.id_of("added")})

    def test_g10_renames_and_moves_within_the_base(self):
        self.server.add("dn: ou=inner,%s\nobjectClass: organizationalUnit\n" % PEOPLE)
        checkpoint = self.begin(ds389.person("before"), ds389.person("mover"))
        ids = [self.id_of("before"), self.id_of("mover")]
        self.server.rename(dn("before"), "uid=after")
        self.server.rename(dn("mover"), "uid=mover", "ou=inner," + PEOPLE)
        entries, gone = self.told(self.delta(checkpoint))
        self.assertEqual(entries["after"]["id"], ids[0])
        self.assertEqual(entries["mover"]["dn"].lower(), dn("mover", "ou=inner," + PEOPLE))
        self.assertFalse(gone & set(ids))

    def test_g1_leaving_and_entering_the_filter_and_the_base(self):
        checkpoint = self.begin(ds389.person("unfit"), ds389.person("away"),
                                ds389.person("fit", employeeType="external"))
        unfit, away = self.id_of("unfit"), self.id_of("away")
        self.server.replace(dn("unfit"), "employeeType", "external")
        self.server.rename(dn("away"), "uid=away", "ou=elsewhere," + SUFFIX)
        self.server.replace(dn("fit"), "employeeType", "internal")
        entries, gone = self.told(self.delta(checkpoint))
        self.assertLessEqual({unfit, away}, gone)
        self.assertNotIn("unfit", entries)
        self.assertIn("fit", entries)
        self.assertEqual(self.answers(unfit, away), ["out-of-scope"] * 2)

    def test_g1_each_of_120_deletes(self):
        checkpoint = self.begin(*[ds389.person("many%03d" % i) for i in range(120)])
        ids = {self.id_of("many%03d" % i) for i in range(120)}
        for i in range(120):
            self.server.delete(dn("many%03d" % i))
        gone = self.told(self.delta(checkpoint))[1]
        self.assertLessEqual(ids, gone)
        self.assertEqual(self.answers(*sorted(ids)[:3]), ["gone"] * 3)

    def test_made_again_under_the_same_name(self):
        checkpoint = self.begin(ds389.person("again"))
        old = self.id_of("again")
        self.server.delete(dn("again"))
        self.server.add(ds389.person("again"))
        entries, gone = self.told(self.delta(checkpoint))
        self.assertIn(old, gone)
        self.assertEqual(entries["again"]["id"], self.id_of("again"))

    def test_g1_refused_writes_hide_nothing(self):
        """A refused add takes one from the counter of entryusn (389ds/389-ds-base 6250)."""
        checkpoint = self.begin(ds389.person("victim"), ds389.person("there"))
        for _ in range(3):
            with self.assertRaises(RuntimeError):
                self.server.add(ds389.person("there"))
        self.server.replace(dn("victim"), "title", "seen")
        self.server.replace(dn("there"), "title", "seen")
        entries, _ = self.told(self.delta(checkpoint))
        self.assertEqual([entries[u]["title"] for u in ("victim", "there")], [["seen"]] * 2)

    def test_membership_and_locks(self):
        names = ("uid", "nsAccountLock", "memberOf")
        checkpoint = self.begin(ds389.person("member"), ds389.person("locked"), attributes=names)
        self.server.replace(dn("locked"), "nsAccountLock", "true")
        self.server.add("dn: cn=group,%s\nobjectClass: groupOfNames\nmember: %s\n" % (
            SUFFIX, dn("member")))
        entries, _ = self.told(self.delta(checkpoint, attributes=names))
        self.assertEqual(entries["locked"]["nsAccountLock"], ["true"])
        self.assertEqual(entries["member"]["memberOf"], ["cn=group," + SUFFIX])

    def test_more_changes_than_fit_into_one_question(self):
        checkpoint = self.begin(*[ds389.person("crowd%03d" % i) for i in range(300)])
        for title in ("a", "b"):
            self.server.modify("".join(
                "dn: %s\nchangetype: modify\nreplace: title\ntitle: %s\n\n" % (
                    dn("crowd%03d" % i), title) for i in range(300)))
        entries, _ = self.told(self.delta(checkpoint))
        self.assertEqual({e["title"][0] for u, e in entries.items() if u.startswith("crowd")},
                         {"b"})
        self.assertEqual(sum(u.startswith("crowd") for u in entries), 300)

    def test_checkpoints_go_on_from_each_other(self):
        checkpoint = self.begin(ds389.person("chain"))
        for title in ("one", "two", "three"):
            self.server.replace(dn("chain"), "title", title)
            run = self.delta(checkpoint)
            self.assertEqual(self.told(run)[0]["chain"]["title"], [title])
            checkpoint = run.text("checkpoint")


class Changelog(Deltas, Case):
    plugins = ("changelog", "memberof")

    def test_numbers_that_have_begun_anew(self):
        checkpoint = self.begin()
        for damage, word in ((checkpoint.replace('"last":"', '"last":"9'), "begun anew"),
                             (checkpoint.replace('"last":"', '"last":"x'), "damaged")):
            self.assertSays(self.delta(damage), source.CHECKPOINT, word)

    def test_what_is_changed_elsewhere_in_the_directory_is_no_entry(self):
        checkpoint = self.begin()
        self.server.replace("ou=elsewhere," + SUFFIX, "description", "changed")
        entries, gone = self.told(self.delta(checkpoint))
        self.assertEqual((entries, len(gone)), ({}, 1))

    def test_g10_a_renamed_container_turns_into_everybody(self):
        self.server.add("dn: ou=old,%s\nobjectClass: organizationalUnit\n" % PEOPLE)
        checkpoint = self.begin(ds389.person("inside").replace(PEOPLE, "ou=old," + PEOPLE))
        self.server.rename("ou=old," + PEOPLE, "ou=new")
        run = self.delta(checkpoint)
        entries, _ = self.told(run, end="end-all")
        self.assertIn("ou=new", entries["inside"]["dn"])
        self.assertIn("a container was renamed", run.log)

    def test_ids_by_nsuniqueid(self):
        self.server.add(ds389.person("unique"))
        checkpoint = self.first("changes=changelog", "id_attribute=nsUniqueId")
        unique = self.id_of("unique", "nsUniqueId")
        self.server.replace(dn("unique"), "title", "new")
        run = self.changes(checkpoint, "changes=changelog", "id_attribute=nsUniqueId")
        self.assertEqual(self.told(run)[0]["unique"]["id"], unique)
        self.server.delete(dn("unique"))
        run = self.changes(run.text("checkpoint"), "changes=changelog", "id_attribute=nsUniqueId")
        self.assertEqual(self.told(run)[1], {unique})


class Usn(Deltas, Case):
    """As the Directory Manager, who is shown deleted entries."""
    plugins, grade, repeats, who = ("usn", "memberof"), "usn", 100, {"manager": True}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.add(ds389.person("first"))
        cls.server.delete(dn("first"))

    def test_deletes_are_seen(self):
        told = self.described(manager=True)
        self.assertNotIn("deletes", told["blind"])
        self.assertIn("Retro Changelog plug-in is not enabled", told["why"])

    def test_g10_a_renamed_container_turns_into_everybody(self):
        self.server.add("dn: ou=old,%s\nobjectClass: organizationalUnit\n" % PEOPLE)
        checkpoint = self.begin(ds389.person("inside").replace(PEOPLE, "ou=old," + PEOPLE))
        time.sleep(1.1)  # times have a precision of a second
        self.server.rename("ou=old," + PEOPLE, "ou=new")
        entries, _ = self.told(self.delta(checkpoint), end="end-all")
        self.assertIn("ou=new", entries["inside"]["dn"])


class UsnOfOthers(Begun, Case):
    """Nobody but the Directory Manager is shown deleted entries, whatever an ACI says."""
    plugins, grade = ("usn",), "usn"

    def test_deletes_are_left_to_the_inventory(self):
        self.server.allow(SUFFIX, '(targetattr = "*")(version 3.0; acl "all"; allow (all) '
                          'userdn = "ldap:///%s";)' % ds389.READER)
        checkpoint = self.begin(ds389.person("gone"), ds389.person("edited"))
        gone = self.id_of("gone")
        self.server.delete(dn("gone"))
        self.server.replace(dn("edited"), "title", "new")
        entries, told = self.told(self.delta(checkpoint))
        self.assertEqual(entries["edited"]["title"], ["new"])
        self.assertNotIn(gone, told)
        described = self.described()
        self.assertIn("deletes", described["blind"])
        self.assertIn("Directory Manager", described["why"])
        run = source.scan(self.options(), mode="inventory")
        self.assertEqual(run.end, "end-all")
        self.assertNotIn(gone, {e["id"] for e in run.list})


class UsnTokens(Begun, Case):
    plugins = ("usn",)

    def token(self):
        run = source.scan(self.options(), mode="inventory")
        return next(e["token"] for e in run.list if e["id"] == self.id_of("ada"))

    def test_g1_a_number_that_is_given_twice_is_another_version(self):
        self.server.replace(dn("ada"), "title", "one")
        before, number = self.token(), self.id_of("ada", "entryusn")
        time.sleep(1.1)  # times have a precision of a second
        self.server.add_again(ds389.person("ada"), 1)
        self.server.replace(dn("ada"), "title", "two")
        self.assertEqual(self.id_of("ada", "entryusn"), number)
        self.assertNotEqual(self.token(), before)


class UsnDoubts(Begun, Case):
    plugins, grade = ("usn",), "usn"

    def number(self):
        return int(self.server.root("lastusn")["lastusn;userroot"])

    def test_g1_numbers_that_fell_far_are_a_doubt(self):
        self.server.add("".join(ds389.person("rise%03d" % i) for i in range(150)))
        checkpoint = self.begin()
        before = self.number()
        self.server.add_again(ds389.person("ada"), 130)
        self.assertLess(self.number(), before - 100)
        self.assertSays(self.delta(checkpoint), source.CHECKPOINT, "numbers are behind it")

    def test_g1_who_is_added_after_a_restart_is_seen(self):
        """The counter begins below zero; a restart sets it to what that is in 32 bits, and entries
        that are added show the low 32 bits of what comes then."""
        checkpoint = self.begin(ds389.person("early"))
        self.server.restart()
        self.assertSays(self.delta(checkpoint), source.CHECKPOINT, "set up anew")
        self.assertGreaterEqual(self.number(), 2**32 - 1)
        checkpoint = self.begin(ds389.person("soon"))
        self.server.add(ds389.person("truncated"))
        self.server.replace(dn("early"), "title", "new")
        shown = self.server.search("(uid=truncated)", "entryusn")[0]["entryusn"][0]
        self.assertLess(int(shown), 2**32)
        entries, _ = self.told(self.delta(checkpoint))
        self.assertLessEqual({"truncated", "early"}, set(entries))


class UsnDatabases(Begun, Case):
    """Each database has numbers of its own, and nobody tells which is whose."""
    plugins, grade = ("usn",), "usn"

    def test_g1_several_databases_need_one_counter(self):
        self.server.add(ds389.BACKEND.replace(SUFFIX, "o=other").replace("userRoot", "other"))
        self.server.add("dn: o=other\nobjectClass: organization\n")
        told = self.described()
        self.assertEqual(told["changes"], "timestamp")
        self.assertIn("nsslapd-entryusn-global: on", told["why"])
        self.server.configure("cn=config", "nsslapd-entryusn-global", "on")
        self.server.restart()
        self.assertEqual([n for n in self.server.root("lastusn") if "usn" in n], ["lastusn"])
        checkpoint = self.begin(ds389.person("global"))
        self.server.replace(dn("global"), "title", "new")
        self.server.replace("o=other", "description", "changed")
        self.assertEqual(self.told(self.delta(checkpoint))[0]["global"]["title"], ["new"])


class ChangelogHoles(Begun, Case):
    """A number that is not shown: whose change it was, nobody can tell."""

    def test_a_number_that_is_not_shown_turns_into_everybody(self):
        checkpoint = self.begin(ds389.person("holed"), ds389.person("other"))
        self.server.replace(dn("holed"), "title", "lost")
        number = self.server.last_change()
        self.server.replace(dn("other"), "title", "shown")
        self.server.delete("changenumber=%d,cn=changelog" % number)
        run = self.delta(checkpoint)
        entries, _ = self.told(run, end="end-all")
        self.assertEqual(entries["holed"]["title"], ["lost"])
        self.assertIn("everybody is read", run.log)

    def test_a_hole_later_on_is_met_by_the_next_scan(self):
        checkpoint = self.begin(ds389.person("ahead"), ds389.person("behind"))
        self.server.replace(dn("ahead"), "title", "told")
        self.server.replace(dn("behind"), "title", "lost")
        number = self.server.last_change()
        self.server.replace(dn("ahead"), "description", "later")
        self.server.delete("changenumber=%d,cn=changelog" % number)
        run = self.delta(checkpoint)
        self.assertEqual(list(self.told(run)[0]), ["ahead"])
        entries, _ = self.told(self.delta(run.text("checkpoint")), end="end-all")
        self.assertEqual(entries["behind"]["title"], ["lost"])


class ChangelogRestarted(Case):
    def test_a_restart_is_a_doubt(self):
        """A database may have been imported meanwhile: that is recorded nowhere."""
        checkpoint = self.first("changes=changelog")
        self.server.restart()
        run = self.changes(checkpoint, "changes=changelog")
        self.assertSays(run, source.CHECKPOINT, "another server", "set up anew")


class ChangelogTrimmed(Case):
    more = {"recorded": BOTH, "maxage": "1s"}

    def test_g1_a_gap_is_noticed(self):
        self.server.replace(dn("ada"), "title", "the one that is kept is below the base")
        checkpoint = self.first("changes=changelog")
        for title in ("lost", "kept"):
            self.server.replace(dn("ada"), "title", title)
        self.server.wait_for_trimming(self.server.last_change())
        self.assertSays(self.changes(checkpoint, "changes=changelog"), source.CHECKPOINT,
                        "trimmed", "nsslapd-changelogmaxage")
        self.assertEqual(self.told(self.changes(self.first("changes=changelog"),
                                                "changes=changelog"))[0], {})


class ChangelogNotSound(Case):
    """Why it is not taken, each reason with the setting to change."""
    more = {"recorded": ("nsuniqueid:targetUniqueId",)}

    def refused(self, *more):
        told = self.described(*more)
        self.assertNotEqual(told["changes"], "changelog")
        self.assertSays(source.run(self.options("changes=changelog", *more), "--describe"),
                        source.CONFIG, "changes: changelog cannot work")
        return told["why"]

    def test_the_entry_uuid_is_not_recorded(self):
        self.assertIn("nsslapd-attribute: entryuuid:targetEntryUUID", self.refused())
        self.assertEqual(self.described("id_attribute=nsUniqueId")["changes"], "changelog")

    def test_another_kind_of_id(self):
        self.assertIn("not by the id_attribute uid", self.refused("id_attribute=uid"))

    def test_it_may_not_be_read(self):
        self.server.modify("dn: cn=changelog\nchangetype: modify\ndelete: aci\naci: %s\n"
                           % ds389.CHANGELOG)
        self.addCleanup(self.server.allow, "cn=changelog", ds389.CHANGELOG)
        self.assertIn("may not read cn=changelog", self.refused("id_attribute=nsUniqueId"))


class ChangelogNotRecorded(Case):
    more = {"recorded": ()}

    def test_nobody_is_recorded(self):
        why = self.described("id_attribute=nsUniqueId")["why"]
        self.assertIn("nsslapd-attribute: nsuniqueid:targetUniqueId", why)


class ChangelogOfAnotherSuffix(Case):
    """FreeIPA's records the changes of DNS alone."""
    more = {"recorded": BOTH, "suffix": "ou=elsewhere," + SUFFIX}

    def test_what_is_below_the_base_is_not_recorded(self):
        self.server.replace("ou=elsewhere," + SUFFIX, "description", "recorded")
        self.server.replace(dn("ada"), "title", "not recorded")
        told = self.described()
        self.assertNotEqual(told["changes"], "changelog")
        self.assertIn("nsslapd-include-suffix", told["why"])


class Plain(Case):
    """As an administrator finds it: no plug-in is on."""
    plugins = ()

    def test_ids_are_entry_uuids_and_times_tell_of_changes(self):
        told = self.described()
        self.assertEqual((told["identity"]["id"], told["changes"]), ("entryUUID", "timestamp"))
        self.assertIn("Retro Changelog plug-in is not enabled", told["why"])


if __name__ == "__main__":
    tap.main()

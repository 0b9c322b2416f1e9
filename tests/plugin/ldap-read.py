"""Reading a real slapd: ids, values, DNs, scopes, limits, changes, single entries, schema."""
import os
import time
import unittest

import slapd
import source
import tap

JPEG = b"\xff\xd8\x00\x01\xfe" + bytes(range(256))
SPECIAL = [  # RDN values with every character that means something somewhere
    "Comma, Person", 'Quo"te', "back\\slash", "plus+sign", "less<more>", "semi;colon", "#hash",
    "star*(paren)", "Ünïcode Ø", "equals=sign", " spaces around ", "a/b", "new\nline", "日本"]


def escape(value):
    """An RDN value as RFC 4514 wants it."""
    out = ""
    for i, c in enumerate(value):
        first_or_last = i in (0, len(value) - 1)
        if c in ',+"\\<>;=' or (c == "#" and i == 0) or (c == " " and first_or_last):
            out += "\\" + c
        else:
            out += "\\%02x" % ord(c) if c < " " else c
    return out


def special_people():
    return "".join(slapd.ldif("cn=%s,%s" % (escape(v), slapd.PEOPLE),
                              [("objectClass", "inetOrgPerson"), ("cn", v), ("sn", "x"),
                               ("employeeNumber", str(i))]) for i, v in enumerate(SPECIAL))


class Reading(source.Case):
    @classmethod
    def setUpClass(cls):
        extra = slapd.person("bin", jpegPhoto=JPEG, title=["Chef", b"caf\xc3\xa9"],
                             description="x" * (1 << 20)) + \
            slapd.person("lang", title="Engineer", title__lang_de="Ingenieur") + \
            slapd.person("boss", manager="UID=Ada, OU=People,DC=Example,DC=COM",
                         mail=["b@example.com", "c@example.com"]) + \
            slapd.ldif("ou=deep," + slapd.PEOPLE, [("objectClass", "organizationalUnit"),
                                                   ("ou", "deep")]) + \
            slapd.ldif("uid=deep,ou=deep," + slapd.PEOPLE,
                       [("objectClass", "inetOrgPerson"), ("uid", "deep"), ("cn", "d"), ("sn", "d")])
        cls.server = slapd.Slapd(ldif=slapd.SAMPLE + extra + special_people())
        cls.options = ["uri=" + cls.server.uri, "base=" + slapd.PEOPLE,
                       "bind_dn=cn=syncd,ou=services," + slapd.SUFFIX,
                       "bind_password=sync-password"]

    @classmethod
    def tearDownClass(cls):
        cls.server.remove()

    def scan(self, *names, more=(), **keys):
        return source.scan(self.options + list(more), *names, **keys)

    def entry(self, uid, *names):
        return self.scan(*names).entries["uid=%s,%s" % (uid, slapd.PEOPLE)]

    def test_only_what_is_wanted_is_given(self):
        run = self.scan("uid", "mail")
        for entry in run.list:
            self.assertEqual(set(entry) - {"uid", "mail"},
                             {"event", "id", "token", "dn", "keys", "reevaluate_at"})

    def test_ids_and_tokens_are_those_of_the_directory(self):
        run = self.scan()
        for entry in self.server.search("(objectClass=person)", "entryUUID", "entryCSN"):
            ours = run.entries[entry["dn"][0].decode()]
            self.assertEqual(ours["id"], entry["entryuuid"][0].decode())
            self.assertEqual(ours["token"], entry["entrycsn"][0].decode())

    def test_names_are_case_insensitive_and_have_aliases(self):
        entry = self.entry("ada", "UID", "userid", "surName", "commonName", "2.5.4.42")
        self.assertEqual([entry[n] for n in ("UID", "userid", "surName", "commonName", "2.5.4.42")],
                         [["ada"], ["ada"], ["Lovelace"], ["Ada Lovelace"], ["Ada"]])

    def test_operational_attributes_are_asked_for(self):
        entry = self.entry("ada", "createTimestamp", "entryDN", "entryUUID", "modifyTimestamp")
        self.assertEqual(entry["entryUUID"], [entry["id"]])
        self.assertTrue(entry["createTimestamp"][0].endswith("Z"))

    def test_values_are_bytes(self):
        entry = self.entry("bin", "jpegPhoto", "title", "description")
        self.assertEqual(entry["jpegPhoto"], [JPEG])
        self.assertEqual(sorted(entry["title"]), ["Chef", "café"])
        self.assertEqual(len(entry["description"][0]), 1 << 20)

    def test_language_options_are_given_only_where_mapped(self):
        self.assertEqual(self.entry("lang", "title")["title"], ["Engineer"])
        entry = self.entry("lang", "title", "TITLE;LANG-DE")
        self.assertEqual((entry["title"], entry["TITLE;LANG-DE"]), (["Engineer"], ["Ingenieur"]))
        entry = self.entry("lang", "title;lang-de")
        self.assertEqual(entry["title;lang-de"], ["Ingenieur"])

    def test_references_meet_the_keys_of_their_targets(self):
        run = self.scan("manager:ref")
        ada = run.entries["uid=ada," + slapd.PEOPLE]
        self.assertEqual(run.entries["uid=boss," + slapd.PEOPLE]["manager"], ada["keys"])
        self.assertIn("uid=ada", self.entry("boss", "manager")["manager"][0].lower())

    def test_special_characters_in_names(self):
        run = self.scan("cn", "employeeNumber")
        found = {int(e["employeeNumber"][0]): e for e in run.list if "employeeNumber" in e}
        self.assertEqual([found[i]["cn"][0] for i in range(len(SPECIAL))], SPECIAL)
        self.assertEqual(len({tuple(e["keys"]) for e in run.list}), len(run.list))
        words = [w for i in range(len(SPECIAL)) for w in ("--get", found[i]["dn"])]
        got = source.run(self.options, "--attribute", "cn", *words)
        self.assertEqual([e["cn"][0] for e in got.list], SPECIAL)

    def test_pages_of_every_size_give_the_same(self):
        everything = {e["id"] for e in self.scan(more=["page_size=0"]).list}
        for size in (1, 2, 7, 1000):
            run = self.scan(more=["page_size=%d" % size])
            self.assertEqual({e["id"] for e in run.list}, everything)
            self.assertEqual(len(run.list), len(everything))
            self.assertEqual(run.end, "end-all")

    def test_scopes(self):
        deep = "uid=deep,ou=deep," + slapd.PEOPLE
        self.assertIn(deep, self.scan().entries)
        self.assertNotIn(deep, self.scan(more=["scope=onelevel"]).entries)
        run = self.scan(more=["base=" + deep, "scope=base"])
        self.assertEqual(list(run.entries), [deep])

    def test_the_inventory_has_ids_and_tokens(self):
        full, inventory = self.scan("uid"), self.scan("uid", mode="inventory")
        pairs = [sorted((e["id"], e["token"]) for e in run.list) for run in (full, inventory)]
        self.assertEqual(*pairs)
        self.assertEqual({e["event"] for e in inventory.list}, {"still"})
        self.assertNotIn("checkpoint", inventory.kinds)
        self.assertEqual(inventory.end, "end-all")

    def test_a_configured_id(self):
        run = self.scan(more=["id_attribute=uid", "filter=(uid=*)"])
        self.assertEqual(run.entries["uid=ada," + slapd.PEOPLE]["id"], "ada")
        run = self.scan(more=["id_attribute=employeeType"])
        self.assertSays(run, source.CONFIG, "employeeType")

    def test_filters_with_unknown_names(self):
        run = self.scan(more=["filter=(&(objectClass=person)(telephonNumber=*))"])
        self.assertSays(run, source.CONFIG, "telephonNumber", 'did you mean "telephoneNumber"')
        self.assertEqual(self.scan(more=["filter=(uid;lang-de=*)"]).end, "end-all")
        self.assertEqual(len(self.scan(more=["filter=(&(uid=a*)(!(uid=ada)))"]).list), 1)

    def test_a_base_that_does_not_exist_is_answered_with_what_the_server_holds(self):
        for base in "ou=nobody," + slapd.SUFFIX, "dc=exmaple,dc=com":
            self.assertSays(self.scan(more=["base=" + base]), source.NOT_FOUND, "does not exist",
                            'this server holds "%s": base has to be' % slapd.SUFFIX)

    def test_schema(self):
        attributes = source.run(self.options, "--schema").json("schema")["attributes"]
        named = {a["name"]: a for a in attributes}
        self.assertEqual(named["uid"]["aliases"], ["userid"])
        self.assertEqual((named["manager"]["type"], named["jpegPhoto"]["type"],
                          named["cn"]["type"]), ("reference", "binary", "string"))
        self.assertFalse(named["preferredLanguage"]["multi"])
        self.assertTrue(named["mail"]["multi"])

    def test_describe(self):
        described = source.run(self.options, "--describe").json("describe")
        self.assertEqual(described["identity"], {"source": slapd.SUFFIX, "id": "entryUUID"})
        self.assertEqual(described["changes"], "timestamp")
        other = source.run(self.options + ["filter=(uid=*)"], "--describe").json("describe")
        self.assertNotEqual(described["scope"], other["scope"])
        same = source.run([self.options[0], "base=OU=People, DC=example,DC=com"] + self.options[2:],
                          "--describe").json("describe")
        self.assertEqual(described["scope"], same["scope"])

    def test_get(self):
        ada = self.entry("ada")
        service = self.server.search("(cn=syncd)", "entryUUID")[0]["entryuuid"][0].decode()
        gone = "00000000-0000-1000-8000-000000000000"
        run = source.run(self.options, "--attribute", "uid", "--get", service, "--get", gone,
                         "--get", ada["id"].upper(), "--get", "uid=ADA, ou=People,dc=example,dc=com",
                         "--get", "uid=none," + slapd.PEOPLE, "--get",
                         "cn=syncd,ou=services," + slapd.SUFFIX, "--get", "no(such*id\\")
        self.assertEqual(run.kinds, ["out-of-scope", "gone", "entry", "entry", "gone",
                                     "out-of-scope", "gone"])
        self.assertEqual([e.get("uid") for e in run.list[2:4]], [["ada"], ["ada"]])

    def test_get_in_batches(self):
        ids = [e["id"] for e in self.scan().list]
        many = (ids * 20)[:250]
        run = source.run(self.options, *[w for i in many for w in ("--get", i)])
        self.assertEqual([e["id"] for e in run.list], many)


class Limits(source.Case):
    def test_limits_of_the_server_make_a_read_partial(self):
        people = slapd.BASE + "".join(slapd.person("u%03d" % n) for n in range(60))
        limits = 'limits dn.exact="cn=syncd,ou=services,dc=example,dc=com" size=20'
        with slapd.Slapd(ldif=people, database_conf=limits) as server:
            options = ["uri=" + server.uri, "base=" + slapd.PEOPLE, "page_size=10",
                       "bind_dn=cn=syncd,ou=services," + slapd.SUFFIX,
                       "bind_password=sync-password"]
            run = source.scan(options)
            self.assertEqual(len(run.list), 20)
            self.assertEqual(run.end, "end-partial")
            self.assertIn("size.prtotal", run.text("end-partial"))
            run = source.scan(options + ["page_size=0"])
            self.assertEqual(run.end, "end-partial")
            self.assertNotIn("checkpoint", run.kinds)

    def test_pages_that_are_forbidden(self):
        limits = "limits * size.prtotal=disabled"
        with slapd.Slapd(database_conf=limits) as server:
            run = source.scan(["uri=" + server.uri, "base=" + slapd.PEOPLE])
            self.assertEqual(run.end, "end-partial", run.error)
            self.assertIn("pagedResults", run.text("end-partial"))

    def test_rights_that_hide_the_id(self):
        access = "access to attrs=entryUUID by * none\naccess to * by * read"
        with slapd.Slapd(access=access) as server:
            run = source.scan(["uri=" + server.uri, "base=" + slapd.PEOPLE])
        self.assertSays(run, source.FORBIDDEN, "no stable id")

    def test_an_empty_directory(self):
        with slapd.Slapd(ldif=slapd.BASE) as server:
            options = ["uri=" + server.uri, "base=" + slapd.PEOPLE]
            run = source.scan(options, "uid")
            self.assertEqual((run.end, run.list), ("end-all", []))
            server.add(slapd.person("ada"))
            run = source.run(options, "--attribute", "uid", "--checkpoint", run.text("checkpoint"),
                             "--scan", "changes")
            self.assertEqual([e["uid"] for e in run.list if e["event"] == "entry"], [["ada"]])

    def test_referral_objects(self):
        referral = slapd.ldif("ou=far," + slapd.PEOPLE, [
            ("objectClass", "referral"), ("objectClass", "extensibleObject"), ("ou", "far"),
            ("ref", "ldap://far.example.com/ou=far," + slapd.PEOPLE)])
        with slapd.Slapd(ldif=slapd.SAMPLE + referral) as server:
            options = ["uri=" + server.uri, "base=" + slapd.PEOPLE]
            run = source.scan(options)
            self.assertEqual((len(run.list), run.end), (3, "end-partial"))
            self.assertIn("far.example.com", run.text("end-partial"))
            self.assertEqual(source.scan(options + ["referrals=ignore"]).end, "end-all")


class Changes(source.Case):
    def setUp(self):
        self.server = slapd.Slapd(ldif=slapd.SAMPLE)
        self.options = ["uri=" + self.server.uri, "base=" + slapd.PEOPLE]
        self.addCleanup(self.server.remove)

    def changes(self, checkpoint, *names, more=()):
        words = [w for n in names for w in ("--attribute", n)]
        return source.run(self.options + list(more), *words, "--checkpoint", checkpoint, "--scan",
                          "changes")

    def age(self, seconds="20200101000000Z"):
        """Everybody was changed long ago."""
        self.server.stop()
        text = slapd.SAMPLE.replace("objectClass: inetOrgPerson\n",
                                    "objectClass: inetOrgPerson\nmodifyTimestamp: %s\n" % seconds)
        for name in os.listdir(self.server.path("db")):
            os.unlink(os.path.join(self.server.path("db"), name))
        self.server.load(text)
        self.server.start()

    def test_what_changed_is_shown_once_more_and_the_rest_not(self):
        self.age()
        first = source.scan(self.options, "uid")
        self.assertEqual(self.changes(first.text("checkpoint"), "uid").list[0]["event"], "entry")
        self.server.replace("uid=ada," + slapd.PEOPLE, "title", "Boss")
        second = self.changes(first.text("checkpoint"), "uid")
        self.assertIn(["ada"], [e.get("uid") for e in second.list])
        self.assertEqual(second.end, "end-changes")
        third = self.changes(second.text("checkpoint"), "uid")
        self.assertEqual([e["uid"] for e in third.list if e["event"] == "entry"], [["ada"]])
        self.assertGreaterEqual(third.text("checkpoint"), second.text("checkpoint"))

    def test_renames_keep_the_id(self):
        first = source.scan(self.options, "uid")
        ada = first.entries["uid=ada," + slapd.PEOPLE]
        self.server.rename("uid=ada," + slapd.PEOPLE, "uid=countess")
        second = self.changes(first.text("checkpoint"), "uid")
        self.assertEqual(second.entries["uid=countess," + slapd.PEOPLE]["id"], ada["id"])

    def test_checkpoints_of_another_scope_are_refused(self):
        checkpoint = source.scan(self.options, "uid", "cn").text("checkpoint")
        self.assertEqual(self.changes(checkpoint, "CN", "uid").end, "end-changes")
        for names, more in ((("uid",), ()), (("uid", "cn"), ["filter=(uid=*)"]),
                            (("uid", "cn:ref"), ()), (("uid", "cn"), ["scope=onelevel"])):
            run = self.changes(checkpoint, *names, more=more)
            self.assertEqual((run.code, run.error["doing"]), (source.CHECKPOINT, "scan_begin"))
        for damaged in (checkpoint[:-1], checkpoint.replace("Z", "X"), "x", checkpoint + " "):
            self.assertEqual(self.changes(damaged, "uid", "cn").code, source.CHECKPOINT)

    def test_no_checkpoint_means_everything(self):
        run = source.scan(self.options, "uid", mode="changes")
        self.assertEqual((len(run.list), run.end), (3, "end-all"))

    def test_full_has_no_checkpoint(self):
        run = source.scan(self.options + ["changes=full"], "uid")
        self.assertNotIn("checkpoint", run.kinds)
        run = source.scan(self.options + ["changes=full"], "uid", mode="changes")
        self.assertSays(run, source.UNSUPPORTED)

    def test_the_inventory_grade(self):
        more = ["changes=inventory"]
        self.assertEqual(source.run(self.options + more, "--describe").json("describe")["changes"],
                         "inventory")
        first = source.scan(self.options + more, "uid")
        self.assertEqual((len(first.list), first.end), (3, "end-all"))
        self.server.replace("uid=ada," + slapd.PEOPLE, "title", "Boss")
        self.server.delete("uid=alan," + slapd.PEOPLE)
        second = self.changes(first.text("checkpoint"), "uid", more=more)
        self.assertEqual(([e["event"] for e in second.list], second.end),
                         (["still", "still"], "end-all"))
        tokens = [{e["id"]: e["token"] for e in run.list} for run in (first, second)]
        differ = {i for i in tokens[1] if tokens[0][i] != tokens[1][i]}
        self.assertEqual(differ, {first.entries["uid=ada," + slapd.PEOPLE]["id"]})
        self.assertEqual(second.text("checkpoint"), first.text("checkpoint"))
        for words, uri in ((("uid", "cn"), self.server.uri), (("uid",), self.server.ldapi_uri)):
            run = source.run(["uri=" + uri] + self.options[1:] + more,
                             *[w for n in words for w in ("--attribute", n)],
                             "--checkpoint", first.text("checkpoint"), "--scan", "changes")
            self.assertEqual(run.code, source.CHECKPOINT, run.events)

    def ids(self, run, event):
        return [e["id"] for e in run.list if e["event"] == event]

    def test_who_leaves_the_filter_or_the_base_is_told(self):
        self.age()
        more = ["filter=(&(objectClass=person)(!(title=Retired)))"]
        first = source.scan(self.options + more, "uid")
        ids = {e["uid"][0]: e["id"] for e in first.list}
        self.server.replace("uid=ada," + slapd.PEOPLE, "title", "Retired")
        self.server.rename("uid=alan," + slapd.PEOPLE, "uid=alan", "ou=services," + slapd.SUFFIX)
        second = self.changes(first.text("checkpoint"), "uid", more=more)
        self.assertEqual(second.end, "end-changes", second.log)
        self.assertLessEqual({ids["ada"], ids["alan"]}, set(self.ids(second, "delete")))
        self.assertNotIn(ids["grace"], self.ids(second, "delete"))

    def test_a_renamed_container_is_read_again_once(self):
        self.server.add(slapd.ldif("ou=old," + slapd.PEOPLE, [("objectClass", "organizationalUnit"),
                                                              ("ou", "old")]))
        self.server.add(slapd.person("mary").replace(slapd.PEOPLE, "ou=old," + slapd.PEOPLE))
        first = source.scan(self.options, "uid")
        quiet = self.changes(first.text("checkpoint"), "uid")
        self.assertEqual(quiet.end, "end-changes", quiet.log)
        time.sleep(1.1)  # times have seconds
        self.server.rename("ou=old," + slapd.PEOPLE, "ou=new")
        second = self.changes(first.text("checkpoint"), "uid")
        self.assertIn("uid=mary,ou=new," + slapd.PEOPLE, second.entries)
        self.assertEqual(second.end, "end-all", "everybody is read")
        self.assertIn("container", second.log)
        third = self.changes(second.text("checkpoint"), "uid")
        self.assertEqual(third.end, "end-changes", "and not once more")

    def test_a_changed_container_without_people_is_nothing(self):
        first = source.scan(self.options, "uid")
        time.sleep(1.1)
        self.server.add(slapd.ldif("ou=empty," + slapd.SUFFIX, [("objectClass", "organizationalUnit"),
                                                               ("ou", "empty")]))
        self.assertEqual(self.changes(first.text("checkpoint"), "uid").end, "end-changes")

    def test_following_is_not_offered(self):
        self.assertSays(source.scan(self.options, "uid", mode="watch"), source.UNSUPPORTED)


if __name__ == "__main__":
    tap.main()

"""Reading a real 389 Directory Server: pages, limits, ids."""
import ds389
import source
import tap

PEOPLE = ds389.PEOPLE
READER = ds389.READER
DATABASE = "cn=config,cn=ldbm database,cn=plugins,cn=config"
ENTRYUUID = "cn=entryuuid,cn=plugins,cn=config"
COUNT = 100


class Case(source.Case):
    more = {}

    @classmethod
    def setUpClass(cls):
        cls.server = ds389.Directory(**cls.more)
        cls.addClassCleanup(cls.server.remove)

    def options(self, *more):
        return ["uri=" + self.server.uri, "base=" + PEOPLE, "filter=(objectClass=inetOrgPerson)",
                "bind_dn=" + READER, "bind_password=" + ds389.READER_PASSWORD] + list(more)

    def partial(self, run, *words):
        self.assertEqual(run.end, "end-partial", run.error or run.log)
        for word in words:
            self.assertIn(word, run.text("end-partial"))


class Limits(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.add("".join(ds389.person("p%03d" % i) for i in range(COUNT)))

    def limit(self, dn, attribute, value, default):
        self.server.replace(dn, attribute, value)
        self.addCleanup(self.server.replace, dn, attribute, default)

    def scan(self, *more):
        return source.scan(self.options(*more), "uid")

    def test_pages_whose_cookie_is_a_zero_end_where_all_was_read(self):
        for size in (1, 7, COUNT, 1000):
            run = self.scan("page_size=%d" % size)
            self.assertEqual((run.end, len(run.list)), ("end-all", COUNT + 3))

    def test_g3_a_size_limit_makes_it_incomplete_and_names_the_setting(self):
        self.limit("cn=config", "nsslapd-sizelimit", 20, 2000)
        self.partial(self.scan("page_size=0"), "(4)", "nsSizeLimit -1")
        self.partial(self.scan("page_size=50"), "(4)", "nsSizeLimit -1")
        self.assertEqual(self.scan("page_size=19").end, "end-all")  # it counts for each page
        self.server.modify("dn: %s\nchangetype: modify\nadd: nsSizeLimit\nnsSizeLimit: -1\n"
                           % READER)
        self.assertEqual(self.scan("page_size=0").end, "end-all")

    def test_g3_a_look_through_limit_makes_it_incomplete_and_names_the_setting(self):
        """modifyTimestamp has no index there: who asks for a range of it looks at everybody."""
        options = self.options("changes=timestamp")
        checkpoint = source.scan(options, "uid").text("checkpoint")
        words = ("--attribute", "uid", "--checkpoint", checkpoint, "--scan", "changes")
        for limit in ("nsslapd-lookthroughlimit", "nsslapd-rangelookthroughlimit"):
            self.limit(DATABASE, limit, 50, 5000)
        self.partial(source.run(options, *words), "(11)", "nsLookThroughLimit",
                     "nsPagedLookThroughLimit -1")
        self.server.modify("dn: %s\nchangetype: modify\nadd: nsLookThroughLimit\n"
                           "nsLookThroughLimit: -1\n-\nadd: nsPagedLookThroughLimit\n"
                           "nsPagedLookThroughLimit: -1\n" % READER)
        run = source.run(options, *words)
        self.assertEqual(run.end, "end-changes", run.error or run.events[-1])


class WithoutEntryUuid(Case):
    more = {"entryuuid": False}

    def test_ids_are_nsuniqueids_until_all_have_an_entry_uuid(self):
        told = source.run(self.options(), "--describe").json("describe")
        self.assertEqual(told["identity"]["id"], "nsUniqueId")
        run = source.scan(self.options(), "uid")
        for entry in run.list:
            self.assertRegex(entry["id"], "^[0-9a-f]{8}(-[0-9a-f]{8}){3}$")
        self.server.configure(ENTRYUUID, "nsslapd-pluginEnabled", "on")
        self.server.restart()
        self.server.add(ds389.person("modern"))
        told = source.run(self.options(), "--describe").json("describe")
        self.assertEqual(told["identity"]["id"], "nsUniqueId")
        run = source.scan(self.options("id_attribute=entryUUID", "filter=(objectClass=person)"))
        self.assertNotEqual(run.end, "end-all")


if __name__ == "__main__":
    tap.main()

"""The LDAP source against a real Samba Active Directory."""
import os
import struct
import unittest
import uuid

import samba
import source
import tap

PEOPLE = "OU=People," + samba.SUFFIX
FILTER = "filter=(&(objectClass=user)(objectCategory=person))"


class Samba(source.Case):
    @classmethod
    def setUpClass(cls):
        cls.ad = samba.Directory()
        cls.ad.tool("ou", "create", "OU=People")
        cls.ad.tool("ou", "create", "OU=Others")
        for n in range(30):
            cls.ad.tool("user", "create", "user%02d" % n, "Passw0rd!x", "--userou=OU=People",
                        "--given-name=Ada%d" % n, "--surname=Test")
        cls.ad.tool("group", "add", "everybody")
        cls.ad.tool("group", "addmembers", "everybody",
                    ",".join("user%02d" % n for n in range(30)))
        cls.ad.tool("user", "disable", "user05")
        cls.ad.tool("user", "create", "reader", samba.PASSWORD)
        source.WRAPPER[:0] = cls.ad.command([])
        cls.options = ["uri=ldaps://" + cls.ad.host, "tls.ca_file=" + cls.ad.ca,
                       "bind_dn=CN=reader,CN=Users," + samba.SUFFIX,
                       "bind_password=" + samba.PASSWORD, FILTER]

    @classmethod
    def tearDownClass(cls):
        source.WRAPPER[:] = os.environ.get("SOURCE_DRIVER_WRAPPER", "").split()
        cls.ad.remove()

    def scan(self, *names, base=PEOPLE, more=(), **keys):
        return source.scan(self.options + ["base=" + base] + list(more), *names, **keys)

    def test_ids_are_object_guids_in_canonical_form(self):
        run = self.scan("sAMAccountName", "objectGUID", more=["page_size=7"])
        self.assertEqual(run.end, "end-all", run.events[-1:])
        self.assertEqual(len(run.list), 30)
        for entry in run.list:
            value = entry["objectGUID"][0]
            raw = value.encode() if isinstance(value, str) else value
            self.assertEqual(entry["id"], str(uuid.UUID(bytes_le=raw)))
        self.assertTrue(all(e["token"].isdigit() for e in run.list))

    def test_account_control_is_read(self):
        run = self.scan("sAMAccountName", "userAccountControl")
        flags = {e["sAMAccountName"][0]: int(e["userAccountControl"][0]) & 2 for e in run.list}
        self.assertEqual([n for n, off in flags.items() if off], ["user05"])

    def test_identity_and_grade(self):
        described = source.run(self.options + ["base=" + PEOPLE], "--describe").json("describe")
        self.assertEqual(described["identity"], {"source": "dc=ad,dc=test", "id": "objectGUID"})
        self.assertIn("Active Directory", described["server"])
        self.assertEqual(described["changes"], "dirsync")
        described = source.run(self.options + ["base=" + PEOPLE, "changes=timestamp"],
                               "--describe").json("describe")
        self.assertIn("whenChanged", described["why"])

    def test_references_at_the_root_are_expected(self):
        run = self.scan("sAMAccountName", base=samba.SUFFIX)
        self.assertEqual(run.end, "end-all", run.events[-1:])
        self.assertIn("CN=Administrator,CN=Users," + samba.SUFFIX, run.entries)

    def test_changes_since_a_checkpoint(self):
        first = self.scan("sAMAccountName", "title")
        self.ad.modify("dn: CN=Ada1 Test,%s\nchangetype: modify\nreplace: title\ntitle: Boss\n"
                       % PEOPLE)
        run = source.run(self.options + ["base=" + PEOPLE], "--attribute", "sAMAccountName",
                         "--attribute", "title", "--checkpoint", first.text("checkpoint"),
                         "--scan", "changes")
        self.assertEqual(run.end, "end-changes")
        changed = [e for e in run.list if e.get("sAMAccountName") == ["user01"]]
        self.assertEqual(changed[0]["title"], ["Boss"])

    def test_get_by_guid_and_dn(self):
        run = self.scan("sAMAccountName")
        some = run.entries["CN=Ada2 Test," + PEOPLE]
        gone = "01234567-89ab-cdef-0123-456789abcdef"
        got = source.run(self.options + ["base=" + PEOPLE], "--attribute", "sAMAccountName",
                         "--get", some["id"], "--get", gone, "--get", some["dn"].upper(),
                         "--get", "OU=Others," + samba.SUFFIX, "--get", "not-a-guid")
        self.assertEqual(got.kinds, ["entry", "gone", "entry", "out-of-scope", "gone"])
        self.assertEqual([e["sAMAccountName"] for e in got.list if e["dn"]], [["user02"]] * 2)

    def test_a_move_out_of_the_base_is_out_of_scope(self):
        before = self.scan("sAMAccountName").entries["CN=Ada20 Test," + PEOPLE]
        self.ad.tool("user", "move", "user20", "OU=Others")
        try:
            got = source.run(self.options + ["base=" + PEOPLE], "--get", before["id"])
            self.assertEqual(got.kinds, ["out-of-scope"])
        finally:
            self.ad.tool("user", "move", "user20", "OU=People")

    def test_members_as_references_and_by_range(self):
        options = [o for o in self.options if not o.startswith("filter=")]
        options += ["base=" + samba.SUFFIX, "filter=(sAMAccountName=everybody)"]
        run = source.scan(options, "member:ref")
        keys = [k for e in self.scan("sAMAccountName").list for k in e["keys"]]
        self.assertEqual(sorted(run.list[0]["member"]), sorted(keys))
        # Samba honours a range that was asked for: what it does not give at once is fetched.
        ranged = source.scan(options, "member;range=0-9")
        self.assertEqual(ranged.end, "end-all", ranged.events[-1:])

    def test_an_expiry_is_told(self):
        ticks = (4102444800 + 11644473600) * 10000000
        self.ad.modify("dn: CN=Ada3 Test,%s\nchangetype: modify\nreplace: accountExpires\n"
                       "accountExpires: %d\n" % (PEOPLE, ticks))
        run = self.scan("accountExpires")
        self.assertEqual(run.entries["CN=Ada3 Test," + PEOPLE]["reevaluate_at"], 4102444800000)
        self.assertIsNone(run.entries["CN=Ada4 Test," + PEOPLE]["reevaluate_at"])

    def test_a_wrong_password_is_explained(self):
        run = source.run(self.options + ["base=" + PEOPLE, "bind_password=wrong"], "--describe")
        self.assertSays(run, source.AUTH, "52e", "wrong user name or password")

    def test_a_bind_without_encryption_is_refused_by_the_server(self):
        run = source.run(self.options[1:] + ["base=" + PEOPLE, "uri=ldap://" + self.ad.host,
                                             "allow_plaintext=true"], "--describe")
        self.assertSays(run, source.CONFIG, "the server wants encryption")

    def test_an_unknown_attribute_in_the_filter(self):
        run = source.run(self.options + ["base=" + PEOPLE, "filter=(sAMAcountName=*)"], "--describe")
        self.assertSays(run, source.CONFIG, "sAMAcountName", 'did you mean "sAMAccountName"')


class Kerberos(source.Case):
    setUpClass = Samba.__dict__["setUpClass"]
    tearDownClass = Samba.__dict__["tearDownClass"]

    def gssapi(self, uri, ticket=True):
        keytab = self.ad.path("reader.keytab")
        if not os.path.exists(keytab):
            self.ad.tool("domain", "exportkeytab", keytab, "--principal=reader")
        environment = {"KRB5_CONFIG": self.ad.path("krb5.conf"), "KRB5CCNAME": "MEMORY:syncd",
                       "KRB5_CLIENT_KTNAME": keytab if ticket else "/nonexistent"}
        return source.run(["uri=" + uri, "tls.ca_file=" + self.ad.ca, "sasl.mechanism=GSSAPI",
                           "base=" + PEOPLE, FILTER], "--scan", "everything",
                          environment=environment)

    def test_gssapi_with_a_keytab_over_ldap_is_encrypted(self):
        run = self.gssapi("ldap://" + self.ad.host)
        self.assertEqual(run.end, "end-all", run.error)
        self.assertEqual(len(run.list), 30)

    def test_gssapi_over_ldaps(self):
        run = self.gssapi("ldaps://" + self.ad.host)
        self.assertEqual(run.end, "end-all", run.error)

    def test_no_ticket_is_an_error(self):
        run = self.gssapi("ldap://" + self.ad.host, ticket=False)
        self.assertSays(run, source.AUTH, "KRB5_CLIENT_KTNAME")


if __name__ == "__main__":
    tap.main()

"""Why the Content Sync of 389 Directory Server (RFC 4533) is never taken.

Each test shows, on a real server, a change that it loses or an answer that a client which keeps
to the RFC must misunderstand. Where one of them fails with a newer server, that defect was mended
there; all of them would have to be before syncd could use it. The last tests show that syncd does
not, although the server offers it.
"""
import re
import subprocess

import ds389
import slapd
import source
import tap

CONTROL = "1.3.6.1.4.1.4203.1.9.1.1"
EVERYBODY = "(objectClass=inetOrgPerson)"


class Answer:
    """What ldapsearch shows of an answer: cookie, refresh_deletes, entries, gone (UUIDs)."""

    def __init__(self, text):
        self.text = text
        self.cookie = (re.findall(r"^# cookie: (.*)$", text, re.M) or [None])[-1]
        self.refresh_deletes = "refreshDeletes=1" in text
        self.names = re.findall(r"^dn: (.*)$", text, re.M)
        self.gone = re.findall(r"^#\t([0-9a-f-]{36})$", text, re.M)


def people(name, count, **more):
    return "".join(ds389.person("%s%03d" % (name, i), "Pat", "Person", **more)
                   for i in range(count))


class Case(source.Case):
    recorded, maxage = ("nsuniqueid:targetUniqueId",), None

    @classmethod
    def setUpClass(cls):
        cls.server = ds389.Directory(plugins=("changelog", "sync"), recorded=cls.recorded,
                                     maxage=cls.maxage)
        cls.addClassCleanup(cls.server.remove)

    def sync(self, cookie=None, filter_text=EVERYBODY, *attributes):
        request = "!sync=ro" + ("/" + cookie if cookie else "")
        done = subprocess.run(
            [slapd.find("ldapsearch"), "-x", "-H", self.server.uri, "-D", ds389.MANAGER,
             "-w", ds389.PASSWORD, "-o", "ldif-wrap=no", "-b", ds389.PEOPLE, "-E", request,
             filter_text] + list(attributes or ["1.1"]),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        answer = Answer(done.stdout.decode())
        self.assertEqual(done.returncode, 0, answer.text)
        self.assertIsNotNone(answer.cookie, answer.text)
        return answer


class Defects(Case):
    def test_what_did_not_change_is_not_listed_and_yet_counts_as_gone(self):
        """RFC 4533 3.3.2: refreshDeletes FALSE: what was not mentioned is not there."""
        first = self.sync()
        self.assertIn("uid=ada," + ds389.PEOPLE, first.names)
        self.server.replace("uid=ada," + ds389.PEOPLE, "title", "Countess of Lovelace")
        delta = self.sync(first.cookie)
        self.assertEqual(delta.names, ["uid=ada," + ds389.PEOPLE])
        self.assertFalse(delta.refresh_deletes)

    def test_leaving_the_filter_is_not_told(self):
        self.server.add(ds389.person("leaver", title="staff"))
        staff = "(&(objectClass=inetOrgPerson)(title=staff))"
        first = self.sync(None, staff)
        self.assertEqual(first.names, ["uid=leaver," + ds389.PEOPLE])
        self.server.replace("uid=leaver," + ds389.PEOPLE, "title", "retired")
        delta = self.sync(first.cookie, staff)
        self.assertEqual((delta.names, delta.gone), ([], []))
        self.assertNotEqual(delta.cookie, first.cookie)

    def test_of_many_deletes_some_are_never_told(self):
        self.server.add(people("many", 120))
        first = self.sync()
        for i in range(120):
            self.server.delete("uid=many%03d,%s" % (i, ds389.PEOPLE))
        delta = self.sync(first.cookie)
        self.assertLess(len(set(delta.gone)), 120)
        self.assertEqual(self.sync(delta.cookie).gone, [])

    def test_the_attributes_that_were_asked_for_do_not_matter(self):
        first = self.sync(None, EVERYBODY, "modifyTimestamp", "uid")
        self.assertIn("modifyTimestamp:", first.text)
        self.server.replace("uid=grace," + ds389.PEOPLE, "title", "Rear Admiral")
        delta = self.sync(first.cookie, EVERYBODY, "modifyTimestamp", "uid")
        self.assertIn("title: Rear Admiral", delta.text)
        self.assertNotIn("modifyTimestamp:", delta.text)

    def test_its_ids_are_not_the_entry_uuids(self):
        shown = self.sync(None, "(uid=ada)").text
        uuid = self.server.search("(uid=ada)", "entryUUID")[0]["entryuuid"][0].decode()
        self.assertRegex(shown, "UUID [0-9a-f-]{36} added")
        self.assertNotIn(uuid, shown)


class Trimmed(Case):
    maxage = "1s"

    def test_a_cookie_older_than_the_changelog_is_taken_without_a_word(self):
        first = self.sync()
        self.server.replace("uid=alan," + ds389.PEOPLE, "title", "lost")
        lost = self.server.last_change()
        self.server.replace("uid=ada," + ds389.PEOPLE, "title", "found")
        self.server.wait_for_trimming(lost + 1)
        delta = self.sync(first.cookie)
        self.assertNotIn("uid=alan," + ds389.PEOPLE, delta.names)
        self.assertNotEqual(delta.cookie, first.cookie)


class Unrecorded(Case):
    recorded = ()

    def test_without_the_recorded_id_nothing_at_all_is_told(self):
        first = self.sync()
        self.server.replace("uid=ada," + ds389.PEOPLE, "title", "unseen")
        self.server.delete("uid=alan," + ds389.PEOPLE)
        delta = self.sync(first.cookie)
        self.assertEqual((delta.names, delta.gone), ([], []))
        self.assertNotEqual(delta.cookie, first.cookie)


class NotTaken(Case):
    def options(self, *more):
        return ["uri=" + self.server.uri, "base=" + ds389.PEOPLE, "filter=" + EVERYBODY,
                "bind_dn=" + ds389.MANAGER, "bind_password=" + ds389.PASSWORD] + list(more)

    def test_it_is_offered_and_not_taken(self):
        offered = self.server.tool("ldapsearch", "-LLL", "-s", "base", "-b", "", "supportedControl")
        self.assertIn(CONTROL, offered)
        told = source.run(self.options(), "--describe").json("describe")
        self.assertNotEqual(told["changes"], "syncrepl")
        self.assertNotIn("syncrepl", told["grades"])
        self.assertIn("Content Sync", told["why"])

    def test_it_cannot_be_asked_for(self):
        run = source.run(self.options("changes=syncrepl"), "--describe")
        self.assertSays(run, source.CONFIG, "Content Sync of 389 Directory Server loses changes")


if __name__ == "__main__":
    tap.main()

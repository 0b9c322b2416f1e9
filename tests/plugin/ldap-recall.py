"""What the source recalls of a server: an idle pass costs two searches, and nothing is believed."""
import importlib
import json
import os
import tempfile
import time

import fakeldap
import source
import tap
from fakeldap import CLOSE

scripted = importlib.import_module("ldap-sync-scripted")
BASE, COOKIE, UUIDS = scripted.BASE, scripted.COOKIE, scripted.UUIDS
done, entry, ids = scripted.done, scripted.entry, scripted.ids
IDLE = staticmethod(lambda r: [done(r, cookie=None, deletes=True)])


class Recall(source.Case):
    root = {"objectClass": ["top", "OpenLDAProotDSE"], "namingContexts": "dc=example,dc=com"}

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.memory = os.path.join(folder.name, "memory")
        self.sync, self.probe = None, lambda r: [done(r)]
        self.server = fakeldap.Server(self.answer, root=True)
        self.addCleanup(self.server.__exit__)
        self.options = ["uri=" + self.server.uri, "base=" + BASE, "timeout=5s"]
        self.sync = lambda r: [entry(r, 1), done(r, COOKIE)]
        self.checkpoint = self.run_it("--scan", "everything").text("checkpoint")
        self.assertTrue(self.kept())

    def answer(self, request):
        if request.base == "":
            return [request.entry("", **self.root), request.done()]
        if request.sync:
            return (self.probe if request.scope == 0 else self.sync)(request)
        plain = request.entry("uid=u1," + BASE, uid="u1", entryUUID=UUIDS[1], entryCSN="x",
                              modifyTimestamp="20260101000000Z")
        return [plain, request.done(cookie=b"" if request.page else None)]

    def kept(self):
        with open(self.memory) as file:
            return file.read()

    def run_it(self, *words, more=()):
        self.server.requests.clear()
        return source.run(self.options + list(more), "--attribute", "uid", *words,
                          environment={"SOURCE_MEMORY": self.memory})

    def searches(self):
        return [r.base for r in self.server.requests if r.tag == 0x63]

    def changes(self, sync, more=()):
        self.sync = sync
        return self.run_it("--describe", "--checkpoint", self.checkpoint, "--scan", "changes",
                           more=more)

    def assertCloser(self):
        """Entries were looked at, not only asked for with the control."""
        self.assertTrue([r for r in self.server.requests if r.tag == 0x63 and r.base and not r.sync],
                        "everything is found out anew")

    def test_G6_an_idle_pass_is_two_searches(self):
        run = self.changes(IDLE)
        self.assertEqual((run.list, run.end), ([], "end-changes"), run.error)
        self.assertEqual(self.searches(), ["", BASE])
        self.assertEqual(run.json("describe")["changes"], "syncrepl")
        self.assertEqual(run.json("describe")["warnings"], [])

    def test_a_new_cookie_alone_is_idle_too(self):
        run = self.changes(lambda r: [done(r, scripted.NEWER, deletes=True)])
        self.assertEqual(self.searches(), ["", BASE])
        self.assertIsNotNone(run.text("checkpoint"))

    def test_whatever_else_is_said_is_looked_at_with_open_eyes(self):
        for sync, end in ((lambda r: [entry(r, 2), done(r, deletes=True)], "end-changes"),
                          (lambda r: [ids(r, 2, deletes=True), done(r, deletes=True)], "end-changes"),
                          (lambda r: [ids(r, 1), done(r)], "end-all"),
                          (lambda r: [done(r)], "end-all")):
            run = self.changes(sync)
            self.assertCloser()
            self.assertEqual(run.end, end, run.error)

    def test_G3_an_end_without_its_control_is_no_end(self):
        run = self.changes(lambda r: [r.done()])
        self.assertCloser()
        self.assertEqual(run.code, source.PROTOCOL)

    def test_a_lost_overlay_is_noticed(self):
        self.probe = lambda r: [r.done(12)]
        run = self.changes(lambda r: [r.done(12)])
        self.assertSays(run, source.CHECKPOINT)
        self.assertEqual(self.kept(), "", "and not presumed again")
        self.assertEqual(self.run_it("--describe").json("describe")["changes"], "timestamp")

    def test_a_base_that_went_away_is_answered_with_what_the_server_holds(self):
        run = self.changes(lambda r: [r.done(32)])
        self.assertIn('this server holds "dc=example,dc=com": base has to be', run.message)

    def test_another_root_dse_is_another_server(self):
        for change in ({"objectClass": ["top"]}, {"vendorVersion": "2.6"},
                       {"namingContexts": ["dc=example,dc=com", "dc=other"]},
                       {"supportedControl": "1.2.3"}):
            before, self.root = self.root, dict(self.root, **change)
            self.changes(IDLE)
            self.root = before
            self.assertCloser()

    def test_another_configuration_recalls_nothing(self):
        for more in (["filter=(uid=*)"], ["scope=onelevel"], ["base=ou=x," + BASE],
                     ["id_attribute=entryUUID"], ["changes=syncrepl"],
                     ["bind_dn=cn=x", "bind_password=x"]):
            before = self.kept()
            self.changes(IDLE, more=more)
            self.assertCloser()
            with open(self.memory, "w") as file:
                file.write(before)

    def test_after_a_day_everything_is_found_out_anew(self):
        for age, closer in ((23 * 3600, False), (25 * 3600, True), (-3600, True)):
            about = json.loads(self.kept())
            about["at"] = int(time.time()) - age
            with open(self.memory, "w") as file:
                file.write(json.dumps(about, separators=(",", ":")))
            self.changes(IDLE)
            self.assertEqual(len(self.searches()) > 2, closer, age)

    def test_a_damaged_memory_is_none(self):
        good = self.kept()
        for text in (good[:-1], good + "}", "x", good.replace(":1,", ":2,"), good[:-3] + "x}"):
            with open(self.memory, "w") as file:
                file.write(text)
            run = self.changes(IDLE)
            self.assertCloser()
            self.assertEqual(run.end, "end-changes", run.error)

    def test_every_other_request_looks_first(self):
        for words in (["--scan", "everything"], ["--scan", "inventory"], ["--schema"],
                      ["--get", UUIDS[1]], ["--checkpoint", self.checkpoint, "--scan", "watch"]):
            self.sync = lambda r: [done(r, COOKIE)]
            self.run_it(*words)
            self.assertCloser()

    def test_a_server_that_goes_away_is_away(self):
        self.assertSays(self.changes(lambda r: [CLOSE]), source.UNREACHABLE)


if __name__ == "__main__":
    tap.main()

"""DirSync against a scripted domain controller: what a real Samba does not do on demand."""
import base64
import json
import unittest
import uuid

import fakeldap
import source
import tap

CONTEXT = "dc=example,dc=com"
BASE = "ou=people," + CONTEXT
SERVICE = "cn=NTDS Settings,cn=dc1,cn=Configuration," + CONTEXT
IDS = [uuid.UUID(int=n + 1) for n in range(6)]
ROOT = {"objectClass": "top", "supportedCapabilities": "1.2.840.113556.1.4.800",
        "supportedControl": fakeldap.DIRSYNC, "namingContexts": CONTEXT, "dsServiceName": SERVICE,
        "highestCommittedUSN": "4711", "currentTime": "20261126000000.0Z"}


class Controller:
    """Answers like a domain controller, DirSync by a function of the request."""

    def __init__(self, dirsync, missing=()):
        self.dirsync, self.missing, self.asked = dirsync, missing, []

    def person(self, request, n):
        return request.entry("cn=u%d,%s" % (n, BASE), cn="u%d" % n, objectGUID=IDS[n].bytes_le,
                             uSNChanged=str(4000 + n), whenChanged="20261126000000.0Z")

    def changed(self, request, n, **more):
        return request.entry("cn=u%d,%s" % (n, BASE), objectGUID=IDS[n].bytes_le, **more)

    def answer(self, request):
        if request.dirsync:
            self.asked.append(request.dirsync)
            yield from self.dirsync(request)
        elif request.base == "":
            yield request.entry("", **ROOT)
            yield request.done()
        elif request.base == SERVICE:
            yield request.entry(SERVICE, invocationId=IDS[4].bytes_le, objectGUID=IDS[5].bytes_le)
            yield request.done()
        elif request.base == CONTEXT and request.scope == 0:
            yield request.entry(CONTEXT, objectGUID=IDS[3].bytes_le)
            yield request.done()
        elif request.base == BASE:
            yield from self.people(request)
        else:
            yield request.done(cookie=b"" if request.page else None)

    def people(self, request):
        """All of them, or those whose id is asked for."""
        wanted = [n for n in range(3) if n not in self.missing
                  and (IDS[n].bytes_le in request.body or b"objectGUID" not in request.filter)]
        for n in wanted:
            yield self.person(request, n)
        yield request.done(cookie=b"" if request.page else None)


class Scripted(source.Case):
    def serve(self, dirsync, *words, missing=(), more=()):
        self.controller = Controller(dirsync, missing)
        with fakeldap.Server(self.controller.answer, root=True) as server:
            options = ["uri=" + server.uri, "base=" + BASE, "filter=(cn=*)", "timeout=5s"]
            return source.run(options + list(more), "--attribute", "cn", *words)

    def describe(self, dirsync, **more):
        run = self.serve(dirsync, "--describe", **more)
        self.log = run.log
        return run.json("describe")

    def checkpoint(self, cookie=b"first"):
        run = self.serve(lambda r: [r.dirsync_done(cookie)], "--scan", "everything")
        self.assertEqual(run.end, "end-all", run.error or run.log)
        return run.text("checkpoint")

    def changes(self, dirsync, checkpoint, **more):
        """DIRSYNC answers what is asked with a cookie."""
        def both(request):
            return dirsync(request) if request.dirsync[2] else [request.dirsync_done(b"probe")]
        return self.serve(both, "--checkpoint", checkpoint, "--scan", "changes", **more)

    def cookie(self, run):
        text = json.loads(run.text("checkpoint"))["data"]["cookie"]
        return base64.b64decode(text.split()[0])


class Probing(Scripted):
    def test_the_flags_are_a_signed_number(self):
        self.assertEqual(self.describe(lambda r: [r.dirsync_done(b"x")])["changes"], "dirsync")
        self.assertEqual(self.controller.asked, [(True, b"\x80\0\0\0", b"")], "critical")

    def test_without_the_right_what_may_be_seen_is_asked_for(self):
        refuse = lambda r: [r.done(50) if r.dirsync[1][-1] == 0 else r.dirsync_done(b"x")]
        about = self.describe(refuse)
        self.assertEqual((about["changes"], "deletes" in about["blind"]), ("dirsync", True))
        self.assertEqual([flags for _, flags, _ in self.controller.asked],
                         [b"\x80\0\0\0", b"\x80\0\0\1"])

    def test_what_supported_control_says_is_not_believed(self):
        for answer in (lambda r: [r.done()], lambda r: [r.done(12)], lambda r: [r.done(53)]):
            about = self.describe(answer)
            self.assertEqual(about["changes"], "usn", about)
            self.assertIn("not dirsync: ", about["why"])
            self.assertIn("not by dirsync, which is better", self.log)
        run = self.serve(lambda r: [r.done()], "--describe", more=["changes=dirsync"])
        self.assertSays(run, source.CONFIG, "changes: dirsync cannot work", "ignores the control")


class Pages(Scripted):
    def test_g1_all_pages_are_read_before_the_checkpoint(self):
        def pages(request):
            n = {b"first": 0, b"after0": 1, b"after1": 2}[request.dirsync[2]]
            yield self.controller.changed(request, n, cn="u%d" % n)
            yield request.dirsync_done(b"after%d" % n, more=n < 2)
        run = self.changes(pages, self.checkpoint())
        self.assertEqual(run.end, "end-changes", run.error or run.log)
        self.assertEqual([e["cn"] for e in run.list], [["u0"], ["u1"], ["u2"]])
        self.assertEqual(self.cookie(run), b"after2")
        self.assertEqual(run.kinds.count("checkpoint"), 1)

    def test_the_cookie_of_a_complete_read_is_of_before_it(self):
        cookies = iter([b"probe", b"one", b"two"])
        run = self.serve(lambda r: [r.dirsync_done(next(cookies), more=r.dirsync[2] == b"" and
                                                   len(self.controller.asked) > 1)],
                         "--scan", "everything")
        self.assertEqual((run.end, self.cookie(run)), ("end-all", b"two"))

    def test_who_is_not_found_again_is_a_candidate(self):
        def page(request):
            for n in (0, 1):
                yield self.controller.changed(request, n, cn="u%d" % n)
            yield request.dirsync_done(b"second")
        run = self.changes(page, self.checkpoint(), missing=(1,))
        told = [(e["event"], e["id"]) for e in run.list]
        self.assertEqual(told, [("entry", str(IDS[0])), ("delete", str(IDS[1]))])

    def test_refusals_of_a_cookie_and_of_everybody_are_told_apart(self):
        checkpoint = self.checkpoint()
        for code, wanted in ((12, source.CHECKPOINT), (1, source.CHECKPOINT), (53, source.CHECKPOINT),
                             (51, source.UNREACHABLE), (52, source.UNREACHABLE)):
            run = self.changes(lambda r, code=code: [r.done(code)], checkpoint)
            self.assertEqual(run.code, wanted, run.error)

    def test_a_page_without_a_cookie_is_an_error(self):
        run = self.changes(lambda r: [r.done()], self.checkpoint())
        self.assertSays(run, source.PROTOCOL, "without a cookie")
        self.assertIsNone(run.text("checkpoint"))


if __name__ == "__main__":
    tap.main()

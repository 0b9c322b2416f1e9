"""The syncrepl grade against a server that keeps to no rule: nothing is complete by mistake."""
import base64
import json
import unittest

import fakeldap
import source
import tap
from fakeldap import CLOSE, HANG, number, tlv

BASE = "ou=people,dc=example,dc=com"
UUIDS = ["%08d-0000-1000-8000-000000000000" % n for n in range(20)]
BYTES = [bytes.fromhex(u.replace("-", "")) for u in UUIDS]
COOKIE = b"rid=000,csn=20260101000000.000000Z#000000#000#000000"
NEWER = COOKIE.replace(b"2026", b"2027")
SYNC, STATE, DONE, INFO = ("1.3.6.1.4.1.4203.1.9.1.%d" % n for n in range(1, 5))
PRESENT, ADD, MODIFY, DELETE = range(4)


def boolean(value):
    return tlv(1, b"\xff" if value else b"\x00")


def control(oid, *value):
    return tlv(0xa0, tlv(0x30, tlv(4, oid), tlv(4, tlv(0x30, *value))))


def entry(request, n, state=ADD, cookie=None, value=None):
    parts = [number(state, 0x0a), tlv(4, BYTES[n])] + ([tlv(4, cookie)] if cookie else [])
    plain = request.entry("uid=u%d,%s" % (n, BASE), uid="u%d" % n, entryUUID=UUIDS[n],
                          entryCSN="x", modifyTimestamp="20260101000000Z")
    body = fakeldap.parse(fakeldap.parse(plain)[0][1])[1][1]
    return request.message(tlv(0x64, body), control(STATE, *(value or parts)))


def info(request, value, oid=INFO):
    return request.message(tlv(0x79, tlv(0x80, oid), tlv(0x81, value)))


def ids(request, *numbers, deletes=False):
    return info(request, tlv(0xa3, boolean(deletes), tlv(0x31, *[tlv(4, BYTES[n]) for n in numbers])))


def phase(request, tag, cookie=None, done=None):
    return info(request, tlv(tag, tlv(4, cookie) if cookie else b"",
                             b"" if done is None else boolean(done)))


def done(request, cookie=NEWER, deletes=None, code=0, text=""):
    parts = ([tlv(4, cookie)] if cookie else []) + ([] if deletes is None else [boolean(deletes)])
    result = tlv(0x65, number(code, 0x0a), tlv(4, ""), tlv(4, text))
    return request.message(result, control(DONE, *parts))


class Scripted(source.Case):
    root_class, vendor = "OpenLDAProotDSE", "x"

    def serve(self, answer, *words, more=(), probe=None):
        """ANSWER yields the messages of a synchronization that is no probe."""
        def both(request):
            if request.base == "":
                return [request.entry("", namingContexts="dc=example,dc=com", vendorVersion=self.vendor,
                                      objectClass=["top", self.root_class]), request.done()]
            if not request.sync:
                plain = request.entry("uid=u0," + BASE, uid="u0", entryUUID=UUIDS[0], entryCSN="x",
                                      modifyTimestamp="20260101000000Z")
                return [plain, request.done(cookie=b"" if request.page else None)]
            self.modes.append(request.sync)
            if request.scope == 0:
                return (probe or (lambda r: [done(r)]))(request)
            return answer(request)
        self.modes = []
        with fakeldap.Server(both, root=True) as server:
            return source.run(["uri=" + server.uri, "base=" + BASE, "timeout=2s"] + list(more),
                              "--attribute", "uid", *words)

    def full(self, answer):
        return self.serve(answer, "--scan", "everything")

    def changes(self, answer, mode="changes", cookie=COOKIE):
        first = self.full(lambda r: [done(r)]).text("checkpoint")
        old = json.loads(first)["data"]["cookie"]
        text = first.replace(old, base64.b64encode(cookie).decode())
        return self.serve(answer, "--checkpoint", text, "--scan", mode)

    def cookie(self, run):
        text = run.text("checkpoint")
        return text and base64.b64decode(json.loads(text)["data"]["cookie"])

    def ids(self, run, kind):
        return [UUIDS.index(e["id"]) for e in run.list if e["event"] == kind]


class Probing(Scripted):
    def grade(self, probe, **more):
        run = self.serve(None, "--describe", probe=probe, **more)
        return run.json("describe")["changes"] if run.code == source.OK else run

    def test_only_an_answer_with_its_end_control_counts(self):
        self.assertEqual(self.grade(lambda r: [done(r)]), "syncrepl")
        self.assertEqual(self.modes, [(True, 1, b"")], "critical, refreshOnly, no cookie")
        self.assertEqual(self.grade(lambda r: [done(r, cookie=None)]), "syncrepl")
        self.assertEqual(self.grade(lambda r: [r.done()]), "timestamp")
        for code in (1, 2, 4, 12, 50, 53, 4096):
            self.assertEqual(self.grade(lambda r, code=code: [r.done(code)]), "timestamp")
        broken = lambda r: [r.message(tlv(0x65, number(0, 0x0a), tlv(4, ""), tlv(4, "")),
                                      tlv(0xa0, tlv(0x30, tlv(4, DONE), tlv(4, b"junk"))))]
        self.assertEqual(self.grade(broken), "timestamp")

    def test_a_server_that_goes_away_says_nothing_about_it(self):
        self.assertSays(self.grade(lambda r: [CLOSE]), source.UNREACHABLE)

    def test_others_are_not_even_asked(self):
        self.root_class, self.vendor = "top", "389-Directory/2.3.1 B2023"
        self.assertEqual(self.grade(lambda r: [done(r)]), "timestamp")
        self.assertEqual(self.modes, [])
        run = self.grade(lambda r: [done(r)], more=["changes=syncrepl"])
        self.assertSays(run, source.CONFIG, "389 Directory Server loses changes")
        self.root_class, self.vendor = "top", "Other 1.0"
        self.assertEqual(self.grade(lambda r: [done(r)]), "timestamp")
        self.assertEqual(self.modes, [])


class Complete(Scripted):
    def test_everything_is_asked_for_at_once(self):
        run = self.full(lambda r: [entry(r, 1), entry(r, 2), done(r)])
        self.assertEqual((self.ids(run, "entry"), run.end), ([1, 2], "end-all"))
        self.assertEqual(self.cookie(run), NEWER)
        self.assertEqual(self.modes[-1], (True, 1, b""))

    def test_refresh_deletes_makes_a_first_read_no_less_complete(self):
        for deletes in (True, False):
            run = self.full(lambda r: [entry(r, 1), done(r, deletes=deletes)])
            self.assertEqual(run.end, "end-all")

    def test_present_phase(self):
        run = self.changes(lambda r: [ids(r, 1, 2), ids(r, 3), entry(r, 3), done(r)])
        self.assertEqual(self.modes[-1], (True, 1, COOKIE))
        self.assertEqual((self.ids(run, "still"), self.ids(run, "entry"), run.end),
                         ([1, 2, 3], [3], "end-all"))

    def test_present_phase_by_single_entries(self):
        run = self.changes(lambda r: [entry(r, 1, PRESENT), entry(r, 2, DELETE), done(r)])
        self.assertEqual((self.ids(run, "still"), self.ids(run, "delete"), run.end),
                         ([1], [2], "end-all"))

    def test_delete_phase(self):
        run = self.changes(lambda r: [ids(r, 1, 2, deletes=True), entry(r, 3),
                                      done(r, deletes=True)])
        self.assertEqual((self.ids(run, "delete"), self.ids(run, "entry"), run.end),
                         ([1, 2], [3], "end-changes"))

    def test_present_phase_and_then_delete_phase(self):
        run = self.changes(lambda r: [ids(r, 1), phase(r, 0xa2, done=False), ids(r, 2, deletes=True),
                                      done(r, deletes=True)])
        self.assertEqual((self.ids(run, "still"), self.ids(run, "delete"), run.end),
                         ([1], [2], "end-all"))

    def test_an_empty_set(self):
        run = self.changes(lambda r: [ids(r), entry(r, 1), done(r, deletes=True)])
        self.assertEqual((self.ids(run, "entry"), run.end), ([1], "end-changes"))

    def test_cookies_on_the_way_are_not_kept(self):
        run = self.changes(lambda r: [info(r, tlv(0x80, COOKIE + b",delcsn=x")),
                                      entry(r, 1, cookie=NEWER), CLOSE])
        self.assertSays(run, source.UNREACHABLE)
        self.assertIsNone(self.cookie(run))

    def test_an_unknown_cookie_is_not_kept(self):
        for cookie in (b"x", NEWER + b",delcsn=20260101000000.000000Z#000000#000#000000"):
            run = self.changes(lambda r, c=cookie: [entry(r, 1), done(r, c, deletes=True)])
            self.assertEqual(run.end, "end-changes")
            self.assertIsNone(self.cookie(run))
            self.assertIn("form that is not known", run.log)

    def test_messages_of_others_are_passed_over(self):
        run = self.full(lambda r: [info(r, b"?", oid="1.2.3"), entry(r, 1), done(r)])
        self.assertEqual(run.end, "end-all")


class Refused(Scripted):
    def test_a_lost_cookie_is_noticed_at_the_end(self):
        run = self.changes(lambda r: [entry(r, 1), entry(r, 2), done(r, None, deletes=True)])
        self.assertSays(run, source.CHECKPOINT, "does not know the last checkpoint")
        self.assertIsNone(run.end)

    def test_at_once(self):
        for code, word in ((53, "newer than provider"), (4096, "refresh required")):
            run = self.changes(lambda r, c=code, w=word: [r.done(c, w)])
            self.assertSays(run, source.CHECKPOINT, word)
            self.assertEqual(run.error["doing"], "scan_begin")

    def test_in_the_middle(self):
        run = self.changes(lambda r: [entry(r, 1), r.done(4096, "later")])
        self.assertSays(run, source.CHECKPOINT, "later")

    def test_without_a_cookie_it_is_no_matter_of_checkpoints(self):
        run = self.full(lambda r: [r.done(53, "not now")])
        self.assertSays(run, source.UNREACHABLE, "not now")
        run = self.changes(lambda r: [r.done(12, "gone")])
        self.assertSays(run, source.UNREACHABLE, "gone")


class Wrong(Scripted):
    """None of these may end a scan, or bring a checkpoint."""

    def wrong(self, answer, code=source.PROTOCOL):
        for run in (self.full(answer), self.changes(answer)):
            self.assertEqual(run.code, code, run.events)
            self.assertEqual(run.error["told"], code)
            self.assertIsNone(run.end)
            self.assertIsNone(run.text("checkpoint"))

    def test_an_end_without_control(self):
        self.wrong(lambda r: [entry(r, 1), r.done()])
        self.wrong(lambda r: [r.done()])

    def test_an_end_whose_control_is_junk(self):
        for value in (b"", b"junk", tlv(0x31), tlv(0x30, tlv(4, b"x" * 70000)),
                      b"\x30\x84\x7f\xff\xff\xff"):
            self.wrong(lambda r, v=value: [r.message(
                tlv(0x65, number(0, 0x0a), tlv(4, ""), tlv(4, "")),
                tlv(0xa0, tlv(0x30, tlv(4, DONE), tlv(4, v))))])

    def test_an_entry_without_control(self):
        self.wrong(lambda r: [r.entry("uid=u1," + BASE, uid="u1", entryUUID=UUIDS[1]), done(r)])

    def test_an_entry_whose_control_is_junk(self):
        for value in ([b""], [number(9, 0x0a), tlv(4, BYTES[1])], [number(-1, 0x0a), tlv(4, BYTES[1])],
                      [number(1, 0x0a), tlv(4, b"short")], [number(1, 0x0a)],
                      [number(1, 0x0a), tlv(4, BYTES[1]), tlv(4, b"x" * 70000)]):
            self.wrong(lambda r, v=value: [entry(r, 1, value=v), done(r)])

    def test_sets_of_something_else(self):
        for value in (tlv(0xa3, tlv(0x31, tlv(4, b"short"))), tlv(0xa3, b"\x31\x7f"), tlv(0xa9, b""),
                      b"", tlv(0xa3, boolean(True))):
            self.wrong(lambda r, v=value: [info(r, v), done(r)])

    def test_limits_are_partial(self):
        for code in (3, 4, 11):
            for read in (self.full, self.changes):
                run = read(lambda r, c=code: [ids(r, 1), entry(r, 2), r.done(c)])
                self.assertEqual(run.end, "end-partial")
                self.assertIn("limit", run.text("end-partial"))
                self.assertIsNone(run.text("checkpoint"))

    def test_references_and_entries_without_an_id_are_partial(self):
        run = self.full(lambda r: [entry(r, 1), r.reference("ldap://far/dc=x"), done(r)])
        self.assertEqual((run.end, run.text("checkpoint")), ("end-partial", None))
        nameless = lambda r: [r.message(
            tlv(0x64, tlv(4, "uid=x," + BASE), tlv(0x30)),
            control(STATE, number(ADD, 0x0a), tlv(4, BYTES[1]))), done(r)]
        run = self.full(nameless)
        self.assertEqual((run.end, run.text("checkpoint")), ("end-partial", None))
        self.assertIn("uid=x", run.text("end-partial"))

    def test_silence_in_the_refresh(self):
        run = self.changes(lambda r: [entry(r, 1), HANG])
        self.assertSays(run, source.UNREACHABLE, "no answer in time")


class Following(Scripted):
    def watch(self, answer):
        return self.changes(answer, "watch")

    def kinds(self, run):
        return [k for k in run.kinds if k not in ("count", "idle")]

    def test_the_turn_and_what_follows(self):
        run = self.watch(lambda r: [
            ids(r, 1, deletes=True), entry(r, 2), phase(r, 0xa1, NEWER),
            entry(r, 3, MODIFY, NEWER), ids(r, 4, 5, deletes=True), info(r, tlv(0x80, NEWER)), CLOSE])
        self.assertEqual(self.modes[-1], (True, 3, COOKIE))
        self.assertEqual(self.kinds(run), ["delete", "entry", "checkpoint", "caught-up", "entry",
                                           "checkpoint", "delete", "delete", "checkpoint", "error"])

    def test_a_turn_without_a_cookie_keeps_the_old_one(self):
        for messages in (lambda r: [phase(r, 0xa1), CLOSE],
                         lambda r: [entry(r, 1), phase(r, 0xa1), CLOSE]):
            run = self.watch(messages)
            self.assertEqual(self.kinds(run)[-2:], ["caught-up", "error"])
            self.assertIsNone(run.text("checkpoint"))

    def test_a_present_phase_ends_it(self):
        run = self.watch(lambda r: [ids(r, 1), phase(r, 0xa2, NEWER), HANG])
        self.assertEqual(self.kinds(run), ["still", "checkpoint", "end-all"])

    def test_the_server_ends_it(self):
        run = self.watch(lambda r: [phase(r, 0xa1), done(r)])
        self.assertEqual(self.kinds(run), ["caught-up", "checkpoint", "end-changes"])
        run = self.watch(lambda r: [phase(r, 0xa1), r.done(4096, "anew")])
        self.assertSays(run, source.CHECKPOINT)
        run = self.watch(lambda r: [phase(r, 0xa1), r.done(52, "going down")])
        self.assertSays(run, source.UNREACHABLE)

    def test_silence_for_long_is_asked_about_and_no_answer_is_an_end(self):
        run = self.watch(lambda r: [phase(r, 0xa1), HANG])
        self.assertSays(run, source.UNREACHABLE, "no answer in time")
        self.assertEqual(self.kinds(run), ["caught-up", "error"])

    def test_half_a_message_and_silence(self):
        for messages in (lambda r: [phase(r, 0xa1), entry(r, 3, MODIFY, NEWER)[:40], HANG],
                         lambda r: [entry(r, 3, MODIFY, NEWER)[:40], HANG],
                         lambda r: [phase(r, 0xa1), entry(r, 3, MODIFY, NEWER)[:1], HANG]):
            run = self.watch(messages)
            self.assertSays(run, source.UNREACHABLE, "no answer in time")

    def test_a_second_refresh_is_wrong(self):
        run = self.watch(lambda r: [phase(r, 0xa1), phase(r, 0xa2, NEWER), HANG])
        self.assertSays(run, source.PROTOCOL)


if __name__ == "__main__":
    tap.main()

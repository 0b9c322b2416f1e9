"""The LDAP source against a server that does what real ones do not do on demand."""
import unittest

import fakeldap
import source
import tap
from fakeldap import CLOSE, HANG

BASE = "ou=people,dc=example,dc=com"
UUIDS = ["%08d-0000-1000-8000-000000000000" % n for n in range(20)]


def person(request, n, **more):
    return request.entry("uid=u%d,%s" % (n, BASE), uid="u%d" % n, entryUUID=UUIDS[n],
                         modifyTimestamp="20260101000000Z", **more)


def options(server, *more):
    return ["uri=" + server.uri, "base=" + BASE, "timeout=2s"] + list(more)


def samples(request):
    """The first look at some entries, which asks for no page."""
    yield person(request, 0)
    yield request.done()


class Scripted(source.Case):
    def run_pages(self, answer, *more, words=()):
        def both(request):
            return answer(request) if request.page else samples(request)
        with fakeldap.Server(both) as self.server:
            return source.run(options(self.server, *more), "--attribute", "uid",
                              *words, "--scan", "everything")

    def test_an_empty_page_with_a_cookie_goes_on(self):
        def answer(request):
            pages = {b"": (0, b"0"), b"0": (None, b"1"), b"1": (None, b"2"), b"2": (1, b"")}
            n, cookie = pages[request.page[1]]
            if n is not None:
                yield person(request, n)
            yield request.done(cookie=cookie)
        run = self.run_pages(answer)
        self.assertEqual([e["uid"] for e in run.list], [["u0"], ["u1"]])
        self.assertEqual(run.end, "end-all")

    def test_endless_empty_pages_end(self):
        run = self.run_pages(lambda request: [request.done(cookie=b"x")])
        self.assertSays(run, source.PROTOCOL, "empty pages")

    def test_an_ignored_paging_control_is_an_error(self):
        run = self.run_pages(lambda request: [person(request, 0), request.done()])
        self.assertSays(run, source.PROTOCOL, "ignores paged results", "page_size: 0")

    def test_a_limit_on_the_last_page_is_partial(self):
        for code, word in ((3, "time limit"), (4, "size limit"), (11, "administrative limit")):
            def answer(request, code=code):
                last = request.page[1] == b"1"
                yield person(request, int(last))
                yield request.done(code if last else 0, cookie=b"1")
            run = self.run_pages(answer)
            self.assertEqual(len(run.list), 2)
            self.assertEqual(run.end, "end-partial")
            self.assertIn(word, run.text("end-partial"))
            self.assertIsNone(run.text("checkpoint"))

    def test_a_server_that_falls_silent(self):
        run = self.run_pages(lambda request: [person(request, 0), HANG])
        self.assertSays(run, source.UNREACHABLE, "no answer in time")
        self.assertLess(run.seconds, 5)

    def test_a_connection_closed_between_entries(self):
        run = self.run_pages(lambda request: [person(request, 0), CLOSE])
        self.assertSays(run, source.UNREACHABLE, "(after 1 entry)")
        self.assertIsNone(run.end)

    def test_a_connection_closed_inside_a_message(self):
        run = self.run_pages(lambda request: [person(request, 0), person(request, 1)[:20], CLOSE])
        self.assertSays(run, source.UNREACHABLE)
        self.assertEqual(len(run.list), 1)

    def test_a_message_larger_than_we_take(self):
        huge = b"\x30\x84\x7f\xff\xff\xff\x02\x01\x09"
        run = self.run_pages(lambda request: [huge, HANG])
        self.assertIn(run.code, (source.UNREACHABLE, source.PROTOCOL), run.events)
        self.assertLess(run.seconds, 5)

    def test_garbage(self):
        run = self.run_pages(lambda request: [b"HTTP/1.1 400 Bad Request\r\n\r\n", CLOSE])
        self.assertLess(run.code, 0)
        self.assertIsNone(run.end)

    def test_cancellation_while_nothing_comes(self):
        def both(request):
            return [person(request, 0), HANG] if request.page else samples(request)
        with fakeldap.Server(both) as server:
            run = source.run(["uri=" + server.uri, "base=" + BASE, "timeout=60s"],
                             "--cancel-after", "500", "--scan", "everything")
        self.assertSays(run, source.CANCELLED)
        self.assertLess(run.seconds, 1.8)

    def test_a_referral_flood_is_counted(self):
        def answer(request):
            yield person(request, 0)
            for n in range(500):
                yield request.reference("ldap://other%d.example.com/dc=x" % n)
            yield request.done(cookie=b"")
        run = self.run_pages(answer)
        self.assertEqual(run.end, "end-partial")
        self.assertIn("500 references", run.text("end-partial"))
        self.assertIn("other0.example.com", run.text("end-partial"))
        run = self.run_pages(answer, "referrals=ignore")
        self.assertEqual(run.end, "end-all")

    def test_an_entry_without_its_id_makes_the_read_partial(self):
        def answer(request):
            yield request.entry("uid=x," + BASE, uid="x")
            yield person(request, 1)
            yield request.done(cookie=b"")
        run = self.run_pages(answer)
        self.assertEqual([e["uid"] for e in run.list], [["u1"]])
        self.assertEqual(run.end, "end-partial")
        self.assertIn("uid=x," + BASE, run.text("end-partial"))

    def test_the_base_on_another_server(self):
        run = self.run_pages(lambda request: [request.done(10)])
        self.assertEqual(run.end, "end-partial")
        self.assertIn("another server", run.text("end-partial"))

    def test_result_codes_are_classes(self):
        for code, wanted in ((1, source.UNREACHABLE), (32, source.CONFIG), (50, source.FORBIDDEN),
                             (51, source.UNREACHABLE), (80, source.UNREACHABLE),
                             (12, source.CONFIG)):
            run = self.run_pages(lambda request, code=code: [request.done(code, "the reason")])
            self.assertSays(run, wanted, "the reason")


class Bind(source.Case):
    def bind(self, text):
        class Refusing(fakeldap.Server):
            def handle(self, connection, request):
                if request.tag == 0x60:
                    connection.sendall(request.done(49, text, tag=0x61))
                else:
                    super().handle(connection, request)
        with Refusing(lambda request: []) as server:
            return source.run(options(server, "bind_dn=cn=x", "bind_password=syncd-S3cret"),
                              "--describe")

    def test_codes_of_active_directory_are_explained(self):
        for code, word in (("52e", "wrong user name or password"), ("775", "locked"),
                           ("701", "account has expired"), ("533", "disabled"),
                           ("532", "password has expired")):
            run = self.bind("80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext "
                            "error, data %s, v3839" % code)
            self.assertSays(run, source.AUTH, word, "data " + code)


class Range(source.Case):
    """Imposed ranges: Active Directory gives 1500 values at a time, this one 3."""
    MEMBERS = ["CN=Member %d,%s" % (n, BASE) for n in range(8)]

    def answer(self, request):
        self.asked.append(request.attributes)
        ranged = [a for a in request.attributes if ";range=" in a]
        token = "20260101000000Z"
        if not request.page and not ranged:
            yield from samples(request)
        elif not ranged:
            more = {"member": [], "member__range_is_0_to_2": self.MEMBERS[:3]}
            yield request.entry("CN=g," + BASE, entryUUID=UUIDS[1], modifyTimestamp=token, **more)
            yield request.done(cookie=b"")
        else:
            low = int(ranged[0].split("=")[1].split("-")[0])
            last = low + 3 >= len(self.MEMBERS)
            name = "member__range_is_%d_to_%s" % (low, "STAR" if last else low + 2)
            self.chunks += 1
            changed = self.changes and self.chunks == 2
            self.changes -= changed
            self.token = "20260101000001Z" if changed or self.token.endswith("1Z") else token
            yield request.entry("CN=g," + BASE, entryUUID=UUIDS[1], modifyTimestamp=self.token,
                                **{name: self.MEMBERS[low:low + 3]})
            yield request.done()

    def read(self, changes=0, attribute="member"):
        self.asked, self.chunks, self.changes, self.token = [], 0, changes, "20260101000000Z"
        with fakeldap.Server(self.answer) as server:
            return source.scan(options(server), attribute)

    def test_all_ranges_are_read(self):
        run = self.read()
        self.assertEqual(run.list[0]["member"], self.MEMBERS)
        self.assertEqual(run.end, "end-all")

    def test_as_references(self):
        run = self.read(attribute="member:ref")
        self.assertEqual(run.list[0]["member"], [m.lower() for m in self.MEMBERS])

    def test_a_group_that_changes_meanwhile_is_read_again(self):
        run = self.read(changes=1)
        self.assertEqual(run.list[0]["member"], self.MEMBERS)
        self.assertGreater(self.chunks, 3)

    def test_a_range_that_breaks_off(self):
        def answer(request):
            if any(";range=" in a for a in request.attributes):
                yield request.entry("CN=g," + BASE, entryUUID=UUIDS[1])
                yield request.done()
            else:
                yield from self.answer(request)
        self.asked, self.chunks, self.changes, self.token = [], 0, 0, ""
        with fakeldap.Server(answer) as server:
            run = source.scan(options(server), "member")
        self.assertSays(run, source.PROTOCOL, "breaks off")


class Get(source.Case):
    def answers(self, late, first=lambda r: [r.done()]):
        """What get() says of an id when the search in scope ends with FIRST, the wider with LATE."""
        def answer(request):
            if request.base == BASE and request.page is None and len(request.attributes) > 8:
                return samples(request)
            return first(request) if request.base == BASE else late(request)
        with fakeldap.Server(answer) as server:
            return source.run(options(server), "--get", UUIDS[3]).kinds

    def test_only_a_complete_no_means_gone(self):
        self.assertEqual(self.answers(lambda r: [r.done()]), ["gone"])
        self.assertEqual(self.answers(lambda r: [r.done(4)]), ["failed"])
        self.assertEqual(self.answers(lambda r: [r.done(3)]), ["failed"])
        self.assertEqual(self.answers(lambda r: [r.reference("ldap://x/dc=x"), r.done()]),
                         ["failed"])
        self.assertEqual(self.answers(lambda r: [person(r, 3), r.done()]), ["out-of-scope"])
        self.assertEqual(self.answers(lambda r: [r.done(50)]), ["error"])

    def test_a_cut_off_answer_in_scope_proves_nothing(self):
        for first in (lambda r: [r.done(4)], lambda r: [r.done(11)],
                      lambda r: [r.reference("ldap://x/dc=x"), r.done()]):
            self.assertEqual(self.answers(lambda r: [person(r, 3), r.done()], first), ["failed"])
            self.assertEqual(self.answers(lambda r: [r.done()], first), ["failed"])
        found = self.answers(lambda r: [r.done()], lambda r: [person(r, 3), r.done(4)])
        self.assertEqual(found, ["entry"])

    def test_a_hidden_top_of_the_tree(self):
        self.assertEqual(self.answers(lambda r: [r.done(32)]), ["gone"])


if __name__ == "__main__":
    tap.main()

"""The syncrepl grade against a real slapd: what changed, who is gone, and whose cookie holds."""
import base64
import json
import random
import signal
import time
import unittest

import ports
import slapd
import source
import tap

NO_LOG = "overlay syncprov"
LOG = "overlay syncprov\nsyncprov-sessionlog 100"
SERVICE = ["bind_dn=cn=syncd,ou=services," + slapd.SUFFIX, "bind_password=sync-password"]


def dn(uid):
    return "uid=%s,%s" % (uid, slapd.PEOPLE)


def cookie_of(checkpoint):
    return base64.b64decode(json.loads(checkpoint)["data"]["cookie"]).decode()


def with_cookie(checkpoint, cookie):
    old = json.loads(checkpoint)["data"]["cookie"]
    return checkpoint.replace(old, base64.b64encode(cookie.encode()).decode())


class Sync(source.Case):
    def slapd(self, overlay, modules=("syncprov",), **more):
        self.server = slapd.Slapd(modules=modules, database_conf=overlay, **more)
        self.addCleanup(self.server.remove)
        self.options = ["uri=" + self.server.uri, "base=" + slapd.PEOPLE,
                        "filter=(objectClass=inetOrgPerson)"]
        return self.server

    def full(self, *more):
        run = source.scan(self.options + list(more), "uid")
        self.assertEqual(run.end, "end-all", run.error or run.events)
        self.ids = {e["uid"][0]: e["id"] for e in run.list}
        return run.text("checkpoint")

    def changes(self, checkpoint, *more, attributes=("uid",)):
        words = [w for n in attributes for w in ("--attribute", n)]
        return source.run(self.options + list(more), *words, "--checkpoint", checkpoint, "--scan",
                          "changes")

    def of(self, run, kind, member="id"):
        return [e[member] for e in run.list if e["event"] == kind]

    def uids(self, run):
        return [u for (u,) in self.of(run, "entry", "uid")]


class Probe(Sync):
    def described(self, *more):
        run = source.run(self.options + list(more), "--describe")
        self.log = run.log
        return run.json("describe") if run.code == source.OK else run

    def test_where_the_overlay_is_it_is_taken(self):
        self.slapd(NO_LOG)
        about = self.described()
        self.assertEqual(about["changes"], "syncrepl")
        self.assertNotIn("deletes", about["blind"])
        self.assertIn("renamed containers", about["blind"])
        self.assertEqual(self.described("changes=syncrepl")["changes"], "syncrepl")
        self.assertEqual(self.described("changes=timestamp")["changes"], "timestamp")
        self.assertEqual(self.described("changes=full")["changes"], "full")

    def test_a_module_without_the_overlay_is_not_enough(self):
        for modules in (("syncprov",), ()):
            self.slapd("", modules)
            about = self.described()
            self.assertEqual(about["changes"], "timestamp")
            self.assertIn("deletes", about["blind"])
            self.assertIn("syncprov", about["why"])
            self.assertIn("syncprov", self.log)
            self.assertSays(self.described("changes=syncrepl"), source.CONFIG, "syncprov")

    def test_another_id_cannot_be_synchronized(self):
        self.slapd(NO_LOG)
        about = self.described("id_attribute=uid")
        self.assertEqual(about["changes"], "timestamp")
        self.assertIn("id_attribute", about["why"])

    def test_an_empty_directory(self):
        self.slapd(NO_LOG, ldif=slapd.BASE)
        self.assertEqual(self.described()["changes"], "syncrepl")
        checkpoint = self.full()
        self.server.add(slapd.person("ada"))
        self.assertEqual(self.uids(self.changes(checkpoint)), ["ada"])


class Refresh(Sync):
    def test_nothing_changed(self):
        self.slapd(NO_LOG)
        checkpoint = self.full()
        run = self.changes(checkpoint)
        self.assertEqual((run.list, run.end), ([], "end-changes"))
        self.assertIsNone(run.text("checkpoint"), "an empty cookie replaces nothing")

    def test_present_phase(self):
        self.slapd(NO_LOG)
        checkpoint = self.full()
        self.server.replace(dn("ada"), "title", "Boss")
        self.server.delete(dn("alan"))
        self.server.add(slapd.person("new"))
        run = self.changes(checkpoint)
        self.assertEqual(run.end, "end-all")
        self.assertEqual(sorted(self.uids(run)), ["ada", "new"])
        still = set(self.of(run, "still"))
        self.assertIn(self.ids["grace"], still)
        self.assertNotIn(self.ids["alan"], still)
        self.assertEqual(set(self.of(run, "still", "token")), {None})
        self.assertEqual(self.of(run, "delete"), [])
        again = self.changes(run.text("checkpoint"))
        self.assertEqual((again.list, again.end), ([], "end-changes"))

    def test_delete_phase(self):
        self.slapd(LOG)
        self.server.replace(dn("ada"), "title", "before the log begins")
        checkpoint = self.full()
        self.server.replace(dn("ada"), "title", "Boss")
        self.server.delete(dn("alan"))
        run = self.changes(checkpoint)
        self.assertEqual((self.uids(run), run.end), (["ada"], "end-changes"))
        self.assertEqual(self.of(run, "delete"), [self.ids["alan"]])
        self.assertEqual(run.kinds.count("checkpoint"), 1)
        self.assertNotIn("delcsn", cookie_of(run.text("checkpoint")))

    def test_a_restart_takes_the_log_away_and_nothing_else(self):
        self.slapd(LOG)
        self.server.replace(dn("ada"), "title", "before the log begins")
        checkpoint = self.full()
        self.server.delete(dn("alan"))
        self.server.restart()
        self.server.replace(dn("ada"), "title", "Boss")
        run = self.changes(checkpoint)
        self.assertEqual((self.uids(run), run.end), (["ada"], "end-all"))
        self.assertNotIn(self.ids["alan"], self.of(run, "still"))

    def test_many_are_still_there(self):
        people = "".join(slapd.person("u%04d" % n) for n in range(600))
        self.slapd("limits * size=unlimited\n" + NO_LOG, ldif=slapd.BASE + people)
        checkpoint = self.full()
        self.server.replace(dn("u0007"), "title", "Boss")
        run = self.changes(checkpoint)
        self.assertEqual(set(self.of(run, "still")), set(self.ids.values()))
        self.assertEqual(self.uids(run), ["u0007"])

    def test_made_anew_under_one_dn(self):
        for overlay in (NO_LOG, LOG):
            self.slapd(overlay)
            self.server.replace(dn("grace"), "title", "before the log begins")
            checkpoint = self.full()
            self.server.delete(dn("ada"))
            self.server.add(slapd.person("ada"))
            run = self.changes(checkpoint)
            self.assertEqual(self.uids(run), ["ada"])
            self.assertNotEqual(self.of(run, "entry"), [self.ids["ada"]])
            if run.end == "end-all":
                self.assertNotIn(self.ids["ada"], self.of(run, "still"))
            else:
                self.assertEqual(self.of(run, "delete"), [self.ids["ada"]])

    def test_into_the_scope_and_out_of_it(self):
        for overlay in (NO_LOG, LOG):
            self.slapd(overlay)
            self.options[2] = "filter=(title=in)"
            for uid, title in (("ada", "in"), ("grace", "in"), ("alan", "out")):
                self.server.replace(dn(uid), "title", title)
            checkpoint = self.full()
            self.server.replace(dn("ada"), "title", "out")
            self.server.replace(dn("alan"), "title", "in")
            self.server.rename(dn("grace"), "uid=grace", "ou=services," + slapd.SUFFIX)
            run = self.changes(checkpoint)
            self.assertEqual(self.uids(run), ["alan"])
            gone = {self.ids["ada"], self.ids["grace"]}
            if run.end == "end-all":
                self.assertEqual(gone & set(self.of(run, "still")), set())
            else:
                self.assertEqual(set(self.of(run, "delete")), gone)
            self.server.rename("uid=grace,ou=services," + slapd.SUFFIX, "uid=grace", slapd.PEOPLE)
            back = self.changes(run.text("checkpoint"))
            self.assertEqual((self.uids(back), self.of(back, "entry")),
                             (["grace"], [self.ids["grace"]]))

    def test_who_becomes_visible_is_named(self):
        hidden = 'access to dn.exact="%s" by * none\n' % dn("alan") + slapd.ACCESS
        self.slapd(NO_LOG, access=hidden)
        checkpoint = self.full(*SERVICE)
        self.assertNotIn("alan", self.ids)
        text = open(self.server.path("slapd.conf")).read()
        with open(self.server.path("slapd.conf"), "w") as out:
            out.write(text.replace(hidden, slapd.ACCESS))
        self.server.restart()
        self.server.replace(dn("ada"), "title", "Boss")
        run = self.changes(checkpoint, *SERVICE)
        self.assertEqual(len(set(self.of(run, "still")) - set(self.ids.values())), 1)
        self.assertEqual(run.end, "end-all")

    def test_a_size_limit_is_partial(self):
        people = "".join(slapd.person("u%02d" % n) for n in range(30))
        limit = 'limits dn.exact="%s" size=5\n' % SERVICE[0].split("=", 1)[1]
        self.slapd(limit + NO_LOG, ldif=slapd.BASE + people)
        run = source.scan(self.options + SERVICE, "uid")
        self.assertEqual((len(run.list), run.end), (5, "end-partial"))
        self.assertIn("size=unlimited", run.text("end-partial"))
        self.assertIsNone(run.text("checkpoint"))


class Checkpoints(Sync):
    def setUp(self):
        self.slapd(NO_LOG)

    def refused(self, run, *words):
        self.assertSays(run, source.CHECKPOINT, *words)
        self.assertEqual(run.error["doing"], "scan_begin")

    def test_of_another_scope(self):
        checkpoint = self.full()
        self.refused(self.changes(checkpoint, attributes=("uid", "cn")))
        self.refused(self.changes(checkpoint, "scope=onelevel"))
        self.refused(self.changes(checkpoint, *SERVICE))
        self.options[2] = "filter=(uid=*)"
        self.refused(self.changes(checkpoint))

    def test_of_another_grade(self):
        timestamp = source.scan(self.options + ["changes=timestamp"], "uid").text("checkpoint")
        self.refused(self.changes(timestamp))
        checkpoint = self.full()
        self.refused(self.changes(checkpoint, "changes=timestamp"))

    def test_damaged(self):
        checkpoint = self.full()
        good = cookie_of(checkpoint)
        for cookie in ("garbage", good[len("rid=000,"):], "rid=000", good + ",delcsn=x", ""):
            self.refused(self.changes(with_cookie(checkpoint, cookie)))
        for text in (checkpoint[:-1], checkpoint + " ", "{}", "x", checkpoint.replace("=\"", "\"")):
            if text != checkpoint:
                self.refused(self.changes(text))

    def test_newer_than_the_server(self):
        checkpoint = self.full()
        newer = with_cookie(checkpoint, cookie_of(checkpoint).replace("csn=20", "csn=29"))
        self.refused(self.changes(newer), "newer than provider")

    def test_a_cookie_that_slapd_does_not_understand(self):
        """slapd would take it for none and show everything: it is never sent."""
        checkpoint = self.full()
        good = cookie_of(checkpoint)
        for cookie in ("rid=x,csn=y", "rid=000,csn=y", good + ";", good + ";x", good[:-1], good + "0",
                       good.replace("Z#", "Z"), good.replace("rid=", "sid=")):
            self.refused(self.changes(with_cookie(checkpoint, cookie)))
        for cookie in (good.replace(",csn", ",sid=001,csn"), good + ";" + good[len("rid=000,csn="):]
                       .replace("#000#", "#001#")):
            self.assertNotEqual(self.changes(with_cookie(checkpoint, cookie)).message,
                                self.changes("x").message)


class Mirror(slapd.Slapd):
    def __init__(self, ports, other, number, ldif):
        self.ports = ports
        follow = ("syncrepl rid=00%d provider=ldap://127.0.0.1:%d type=refreshAndPersist "
                  'retry="1 +" searchbase="%s" bindmethod=simple binddn="%s" credentials=%s\n'
                  "mirrormode on\n" % (number, other[0], slapd.SUFFIX, "cn=admin," + slapd.SUFFIX,
                                       slapd.PASSWORD))
        super().__init__(ldif=ldif, modules=("syncprov",), global_conf="serverID %d" % number,
                         database_conf=follow + NO_LOG)


class Pair(Sync):
    """Two that mirror each other. A cookie of one holds at the other, whatever arrives late."""

    def setUp(self):
        free = [(ports.free(), ports.free()) for _ in range(2)]
        self.a = Mirror(free[0], free[1], 1, slapd.SAMPLE)
        self.addCleanup(self.a.remove)
        self.b = Mirror(free[1], free[0], 2, None)
        self.addCleanup(self.b.remove)
        self.arrived(self.b, "uid=ada", 1)

    def at(self, server):
        self.options = ["uri=" + server.uri, "base=" + slapd.PEOPLE,
                        "filter=(objectClass=inetOrgPerson)"]

    def arrived(self, server, what, count):
        def there():
            try:
                return len(server.search("(%s)" % what, "1.1")) == count
            except RuntimeError:
                return False
        source.until(there, "%s is not there %d times" % (what, count))

    def test_late_arrivals_and_the_other_server(self):
        self.b.stop()
        self.a.replace(dn("ada"), "title", "late")
        self.a.delete(dn("alan"))
        self.a.stop()
        self.b.start()
        self.b.replace(dn("grace"), "title", "own")
        self.at(self.b)
        checkpoint = self.full()
        self.assertIn("alan", self.ids)
        self.a.start()
        self.arrived(self.b, "title=late", 1)
        self.arrived(self.b, "uid=alan", 0)
        run = self.changes(checkpoint)
        self.assertIn("ada", self.uids(run))
        self.assertEqual(run.end, "end-all")
        self.assertNotIn(self.ids["alan"], self.of(run, "still"))
        self.over_there(run.text("checkpoint"))

    def over_there(self, checkpoint):
        self.arrived(self.a, "title=own", 1)
        self.a.replace(dn("ada"), "title", "at the other one")
        self.at(self.a)
        run = self.changes(checkpoint)
        self.assertEqual(self.uids(run), ["ada"], run.error or run.events)


class Follow(Sync):
    def test_what_happens_is_shown_as_it_happens(self):
        self.slapd(NO_LOG)
        checkpoint = self.full()
        with source.Watch(self.options, "uid", checkpoint=checkpoint) as watch:
            watch.wait("caught-up")
            self.server.replace(dn("ada"), "title", "Boss")
            watch.wait("checkpoint")
            self.server.delete(dn("alan"))
            watch.wait("checkpoint", 2)
            self.server.add(slapd.person("new"))
            watch.wait("checkpoint", 3)
            self.server.replace("ou=services," + slapd.SUFFIX, "description", "elsewhere")
            watch.wait("checkpoint", 4)
        run = watch.run
        self.assertEqual([k for k in run.kinds if k != "count"],
                         ["caught-up", "entry", "checkpoint", "delete", "checkpoint", "entry",
                          "checkpoint", "checkpoint", "error"])
        self.assertSays(run, source.CANCELLED)
        self.assertEqual(self.of(run, "delete"), [self.ids["alan"]])
        last = [e["text"] for e in run.events if e["event"] == "checkpoint"][-1]
        self.assertEqual(self.changes(last).list, [])

    def test_a_server_that_is_silent_is_asked_whether_it_lives(self):
        self.slapd(NO_LOG)
        checkpoint = self.full()
        with source.Watch(self.options + ["timeout=1s"], "uid", checkpoint=checkpoint) as watch:
            watch.wait("caught-up")
            time.sleep(7)  # it is asked after two seconds, more than once
            self.server.replace(dn("ada"), "title", "Boss")
            watch.wait("checkpoint")
            self.server.process.send_signal(signal.SIGSTOP)  # its connections stay
            try:
                watch.wait("error", timeout=60)
            finally:
                self.server.process.send_signal(signal.SIGCONT)
        self.assertSays(watch.run, source.UNREACHABLE, "no answer in time")

    def test_what_changed_before_it_began(self):
        self.slapd(LOG)
        self.server.replace(dn("grace"), "title", "before the log begins")
        checkpoint = self.full()
        self.server.delete(dn("alan"))
        self.server.replace(dn("ada"), "title", "Boss")
        with source.Watch(self.options, "uid", checkpoint=checkpoint) as watch:
            watch.wait("caught-up")
        kinds = [k for k in watch.run.kinds if k in ("entry", "delete", "checkpoint", "caught-up")]
        self.assertEqual(kinds, ["delete", "entry", "checkpoint", "caught-up"])

    def test_where_absence_counts_it_ends_and_another_one_goes_on(self):
        self.slapd(NO_LOG)
        checkpoint = self.full()
        self.server.delete(dn("alan"))
        run = source.run(self.options, "--attribute", "uid", "--checkpoint", checkpoint, "--scan",
                         "watch")
        self.assertEqual(run.end, "end-all", run.events)
        self.assertEqual(set(self.of(run, "still")), {self.ids["ada"], self.ids["grace"]})
        with source.Watch(self.options, "uid", checkpoint=run.text("checkpoint")) as watch:
            watch.wait("caught-up")

    def test_silence_is_no_failure_and_the_end_of_the_server_is(self):
        self.slapd(NO_LOG)
        checkpoint = self.full()
        with source.Watch(self.options + ["timeout=1s"], "uid", checkpoint=checkpoint) as watch:
            watch.wait("caught-up")
            source.until(lambda: watch.seconds() > 3, "time stands still", 10)
            self.assertEqual(watch.count("error"), 0)
            self.server.stop()
            watch.wait("error", timeout=10)
        self.assertSays(watch.run, source.UNREACHABLE)


class History(Sync):
    """A reproducible random history: what the events add up to is what ldapsearch shows."""

    def step(self, random_, people):
        what = random_.choice(["add", "modify", "modify", "delete", "leave", "return", "rename"])
        inside = [u for u in people if people[u] == slapd.PEOPLE]
        outside = [u for u in people if people[u] != slapd.PEOPLE]
        if what == "add" or not inside:
            uid = "n%d" % random_.randrange(10 ** 6)
            self.server.add(slapd.person(uid))
            people[uid] = slapd.PEOPLE
            return
        uid = random_.choice(inside)
        if what == "modify":
            self.server.replace(dn(uid), "title", str(random_.random()))
        elif what == "delete":
            self.server.delete(dn(uid))
            del people[uid]
        elif what == "leave":
            self.server.rename(dn(uid), "uid=" + uid, "ou=services," + slapd.SUFFIX)
            people[uid] = "services"
        elif what == "return" and outside:
            uid = random_.choice(outside)
            self.server.rename("uid=%s,ou=services,%s" % (uid, slapd.SUFFIX), "uid=" + uid,
                               slapd.PEOPLE)
            people[uid] = slapd.PEOPLE
        else:
            new = "r%d" % random_.randrange(10 ** 6)
            self.server.rename(dn(uid), "uid=" + new)
            people[new] = people.pop(uid)

    def fold(self, run, known):
        seen = set()
        for event in run.list:
            if event["event"] == "delete":
                known.pop(event["id"], None)
                continue
            seen.add(event["id"])
            if event["event"] == "entry":
                known[event["id"]] = (event["dn"], event.get("title", [None])[0])
            else:
                self.assertIn(event["id"], set(known) | {e["id"] for e in run.list
                                                         if e["event"] == "entry"})
        if run.end == "end-all":
            for gone in set(known) - seen:
                del known[gone]
        else:
            self.assertEqual(run.end, "end-changes", run.error)

    def truth(self):
        found = self.server.search("(objectClass=inetOrgPerson)", "entryUUID", "title",
                                   base=slapd.PEOPLE)
        return {e["entryuuid"][0].decode(): (e["dn"][0].decode(),
                                             e["title"][0].decode() if "title" in e else None)
                for e in found}

    def play(self, overlay, seed):
        random_, people, known = random.Random(seed), {}, {}
        self.slapd(overlay, ldif=slapd.BASE)
        checkpoint = source.scan(self.options, "title").text("checkpoint")
        for number in range(12):
            for _ in range(random_.randrange(6)):
                self.step(random_, people)
            if number % 5 == 4:
                self.server.restart()
            run = self.changes(checkpoint, attributes=("title",))
            self.fold(run, known)
            checkpoint = run.text("checkpoint") or checkpoint
            self.assertEqual(known, self.truth(), "seed %d, pass %d" % (seed, number))

    def test_without_a_session_log(self):
        self.play(NO_LOG, 1)

    def test_with_a_session_log(self):
        self.play(LOG, 2)

    def test_with_a_session_log_that_overflows(self):
        self.play("overlay syncprov\nsyncprov-sessionlog 3", 3)


if __name__ == "__main__":
    tap.main()

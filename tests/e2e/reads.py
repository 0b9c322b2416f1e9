"""G3 on a real slapd: reads that do not show everybody. No account is harmed, the exit status says what
happened (1: the read failed, 4: leavers are held), and the next run is fine. Each with syncprov and
without it, by a pass over the changes and by a full one."""
import signal
import time

import pipeline
import proxy
import slapd
import tap
from pipeline import crowd, dn

NUMBER = 12
GRADES = {"without syncprov": ((), ""), "with syncprov": (("syncprov",), "overlay syncprov\nsyncprov-sessionlog 100\n")}
HIDDEN = 'access to dn.%s="%s" by dn.exact="%s" none by * read\n'


class Reads(pipeline.Test):
    def directories(self, people=NUMBER, more="", modules=(), **settings):
        """A pipeline that was in rest, for each kind of directory."""
        for name, (overlay, text) in GRADES.items():
            with self.subTest(name), pipeline.Pipeline(
                    crowd(people), directory={"modules": overlay + modules,
                                              "database_conf": pipeline.LIMITS + text + more}, **settings) as p:
                p.sync()
                self.before = p.snapshot()
                yield p

    def harmless(self, p, code, *patterns, quiet=False):
        """Passes while something is wrong. QUIET: who asks for changes may be told of none."""
        for words in ((), ("--full",)):
            done = p.run(*words)
            self.assertEqual(p.snapshot(), self.before, "an account was harmed\n%s" % done)
            if quiet and not words and done.code == 0:
                continue
            self.ends(done, code)
            self.says(done, *patterns)

    def fine(self, p):
        """The next run, when it was put right: it holds nothing back and writes nothing."""
        report = p.sync()
        self.assertEqual((report["held"], report["parked"]), (0, 0))
        self.assertEqual(p.snapshot(), self.before)
        p.slapd.replace(dn("p0003"), "title", "Director")
        p.sync()
        self.assertEqual(p.account("p0003@example.com")["title"], "Director")

    def configured(self, p, old, new):
        """slapd again, with other words in its configuration."""
        p.slapd.stop()
        with open(p.slapd.path("slapd.conf")) as file:
            text = file.read()
        self.assertIn(old, text)
        with open(p.slapd.path("slapd.conf"), "w") as out:
            out.write(text.replace(old, new, 1))
        p.slapd.start()

    def hidden(self, p, scope, base):
        rule = HIDDEN % (scope, base, pipeline.READER)
        self.configured(p, slapd.ACCESS, rule + slapd.ACCESS)
        return rule

    # ---- nothing, or less ----
    def test_G3_an_empty_answer(self):
        for p in self.directories():
            rule = self.hidden(p, "children", slapd.PEOPLE)
            self.harmless(p, 4, "held", quiet=True)  # a server tells of no change of rights
            self.configured(p, rule, "")
            self.fine(p)

    def test_G3_an_approval_asks_again_for_who_is_there_by_now(self):
        for p in self.directories():
            rule = self.hidden(p, "children", slapd.PEOPLE)
            token = p.sync("--full", expect=4)["approve"]
            self.configured(p, rule, "")
            report = p.sync("--approve", token)
            self.assertEqual(report["sink"]["disabled"], 0)
            self.fine(p)

    def test_G3_a_base_where_nobody_is(self):
        for p in self.directories():
            p.config["sources"]["ldap"]["base"] = "ou=services," + slapd.SUFFIX
            self.harmless(p, 4, "held")
            p.config["sources"]["ldap"]["base"] = slapd.PEOPLE
            self.fine(p)

    def test_G3_a_base_that_is_not_there(self):
        for p in self.directories():
            p.config["sources"]["ldap"]["base"] = "ou=nowhere," + slapd.SUFFIX
            self.harmless(p, 1, "ou=nowhere")
            p.config["sources"]["ldap"]["base"] = slapd.PEOPLE
            self.fine(p)

    def test_G3_a_read_permission_that_was_revoked(self):
        for p in self.directories():
            rule = self.hidden(p, "subtree", slapd.SUFFIX)
            self.harmless(p, 1, "ou=people|read|permission|access", quiet=True)  # as above
            self.configured(p, rule, "")
            self.fine(p)

    def test_G3_a_right_to_read_the_id_that_was_revoked(self):
        for p in self.directories():
            rule = 'access to attrs=entryUUID by dn.exact="%s" none by * read\n' % pipeline.READER
            self.configured(p, slapd.ACCESS, rule + slapd.ACCESS)
            self.harmless(p, 1, "no stable id", "let the bind identity read it", quiet=True)
            self.configured(p, rule, "")
            self.fine(p)

    def test_G3_a_permission_revoked_on_some_is_what_the_brake_is_for(self):
        for p in self.directories(brakes={"leavers": {"percent": 0, "min": 2}}):
            rules = "".join(HIDDEN % ("base", dn("p%04d" % i), pipeline.READER) for i in range(5))
            self.configured(p, slapd.ACCESS, rules + slapd.ACCESS)
            done = p.run("--full")
            self.ends(done, 4)
            self.assertEqual(p.snapshot(), self.before)
            self.configured(p, rules, "")
            p.sync("--full")
            self.fine(p)

    def test_G3_a_filter_that_became_narrower(self):
        for p in self.directories():
            was = p.config["sources"]["ldap"]["filter"]
            p.config["sources"]["ldap"]["filter"] = "(&(objectClass=inetOrgPerson)(|(uid=p0001)(uid=p0002)))"
            self.harmless(p, 4, "held")
            p.config["sources"]["ldap"]["filter"] = was
            self.fine(p)

    def test_G3_what_is_configured_otherwise_is_named(self):
        for p in self.directories():
            ldap = p.config["sources"]["ldap"]
            last = "from the last completed read"
            for change, words in (({"filter": "(&(objectClass=inetOrgPerson)(uid=p*1))"},
                                   "the source's filter differs " + last),
                                  ({"filter": "(uid=p*2)", "scope": "onelevel"},
                                   "the source's scope, filter differ " + last),
                                  ({"bind_dn": "", "bind_password": ""},
                                   "the source's bind_dn differs " + last)):
                ldap.update(change)
                self.says(p.run(), words + ": everything is read, and leavers are held")
            self.assertEqual(p.snapshot(), self.before)

    def test_G3_another_person_reads_and_sees_less(self):
        for p in self.directories():
            p.config["sources"]["ldap"].update(bind_dn="", bind_password="")
            rule = 'access to dn.regex="uid=p000[0-4],.*" by anonymous none by * read\n'
            self.configured(p, slapd.ACCESS, rule + slapd.ACCESS)
            done = p.run()
            self.assertIn(done.code, (1, 2, 4), done)
            self.assertEqual(p.snapshot(), self.before)
            p.config["sources"]["ldap"].update(bind_dn=pipeline.READER, bind_password="${TEST_BIND_PW}")
            self.configured(p, rule, "")
            p.sync("--full")
            self.fine(p)

    # ---- a read that ends too early ----
    def test_G3_the_server_is_killed_in_mid_page(self):
        for p in self.directories(people=60, ldap={"page_size": 7}):
            with proxy.Proxy(p.slapd.ports[1]) as wire:
                p.config["sources"]["ldap"]["uri"] = "ldaps://127.0.0.1:%d" % wire.port
                p.config["sources"]["ldap"]["tls"]["verify"] = False
                p.sync("--full")
                for size in (6000, 15000, 21000):
                    p.slapd.delete(dn("p%04d" % (size // 1000)))
                    wire.cut_after(size, lambda p=p: p.slapd.stop(signal.SIGKILL))
                    done = p.run("--full")
                    self.ends(done, 1)
                    self.assertEqual(p.snapshot(), self.before)
                    self.assertEqual(wire.limit, None, "the server was not killed")
                    p.slapd.start()
                    p.sync("--full")
                    self.assertEqual(p.account("p%04d@example.com" % (size // 1000))["state"], "inactive")
                    self.before = p.snapshot()
                self.fine(p)

    def test_G3_a_size_limit(self):
        for p in self.directories(people=30):
            self.configured(p, "size=unlimited", "size=5")
            done = p.run("--full")
            self.ends(done, 1)
            self.says(done, "limit")
            self.assertEqual(p.snapshot(), self.before)
            self.configured(p, "size=5", "size=unlimited")
            self.fine(p)

    def test_G3_an_expired_password(self):
        policy = ("dn: cn=policy,%s\nobjectClass: device\nobjectClass: pwdPolicy\ncn: policy\n"
                  "pwdAttribute: userPassword\npwdMaxAge: %%d\n\n" % slapd.SUFFIX)
        for p in self.directories(modules=("ppolicy",), more='overlay ppolicy\nppolicy_default "cn=policy,%s"\n'
                                  % slapd.SUFFIX):
            p.slapd.add(policy % 1)
            p.slapd.replace(pipeline.READER, "userPassword", pipeline.READER_PASSWORD)
            time.sleep(2.2)
            self.harmless(p, 1, "the password has expired")
            p.slapd.replace("cn=policy," + slapd.SUFFIX, "pwdMaxAge", "100000")
            self.fine(p)


if __name__ == "__main__":
    tap.main()

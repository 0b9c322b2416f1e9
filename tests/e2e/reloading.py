"""--watch and SIGHUP: a configuration that takes over, or is refused."""
import os
import signal
import socket

import pipeline
import tap
import watching
from pipeline import crowd, dn


class Reloading(watching.Test):
    def start(self, **more):
        p = self.pipeline(crowd(6), **more)
        w = self.watch(p, "--interval", "1h")
        w.says("asking ldap")
        return p, w

    def hup(self, p, w, text=None):
        since = w.mark()
        p.write(text)
        w.send(signal.SIGHUP)
        return since

    def test_a_good_configuration_takes_over(self):
        p, w = self.start()
        p.config["mapping"] = dict(pipeline.MAPPING, title="${title | upper}")
        since = self.hup(p, w)
        w.says("read anew", since)
        w.until(lambda: self.title(p, "p0002") == "ENGINEER")
        p.config["sources"]["ldap"]["filter"] = "(title=Engineer)"
        p.config["schedule"] = {"every": "1s"}
        w.says("read anew", self.hup(p, w))
        self.told_to_end(w)
        self.assertEqual(p.created(), 6)

    def test_a_bad_one_is_refused_and_the_old_goes_on(self):
        p, w = self.start()
        good = dict(p.config)
        bad = [({"collison": {"policy": "skip"}}, "collision"),
               ({"mapping": {"userName": "mail", "displayNam": "cn"}}, "displayName"),
               ({"sources": {"ldap": dict(good["sources"]["ldap"], bind_password="wrong")}}, "bind"),
               ({"sources": {"ldap": dict(good["sources"]["ldap"], filter="(uid=")}}, "filter"),
               ({"state": {"path": p.path("no/such/folder/state.db")}}, "no/such/folder")]
        for change, word in bad:
            p.config = dict(good, **change)
            since = self.hup(p, w)
            w.says("refused, the old one goes on", since)
            w.says(word, since)
        w.says("refused.*yaml", self.hup(p, w, "sources: ["))
        p.slapd.replace(dn("p0001"), "title", "Director")
        w.send(signal.SIGUSR1)
        w.until(lambda: self.title(p, "p0001") == "Director")
        p.config = good
        w.says("read anew", self.hup(p, w))
        self.told_to_end(w)

    def test_it_ends_while_it_tries_out_a_directory_that_does_not_answer(self):
        p, w = self.start()
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        uri = "ldaps://127.0.0.1:%d" % silent.getsockname()[1]
        p.config["sources"] = {"ldap": dict(p.config["sources"]["ldap"], uri=uri, timeout="10m")}
        self.hup(p, w)
        silent.settimeout(60)
        silent.accept()
        self.told_to_end(w)
        self.assertIn("cancelled", w.said)

    def test_a_refused_password_is_not_tried_often_and_at_once_when_it_was_changed(self):
        p = self.pipeline(crowd(2))
        p.write("wrong", name="password")
        p.config["sources"]["ldap"]["bind_password_file"] = p.path("password")
        del p.config["sources"]["ldap"]["bind_password"]
        w = watching.Watching(p, "--interval", "1h")
        self.addCleanup(w.kill)
        delay = float(w.says(r"next attempt is made in ([0-9.]+) s").group(1))
        self.assertTrue(30 <= delay <= 60, delay)  # a directory locks an account that fails often
        p.write(pipeline.READER_PASSWORD, name="password")
        w.process.send_signal(signal.SIGHUP)
        w.until(lambda: len(p.accounts()) == 2)
        w.stop()

    def test_another_sink_is_refused(self):
        p, w = self.start()
        other = pipeline.simulator.Simulator(["--no-limit"]).start()
        self.addCleanup(other.stop)
        sink = dict(p.config["sinks"]["genesys-scim"], base_url=other.base_url,
                    token_url=other.token_url)
        p.config["sinks"] = {"genesys-scim": sink}
        since = self.hup(p, w)
        w.says("refused", since)
        self.assertEqual(other.users(), [])
        self.told_to_end(w)

    def test_another_state_is_opened_and_the_old_one_let_go(self):
        p, w = self.start()
        p.config["state"] = {"path": p.path("other.db")}
        w.says("read anew", self.hup(p, w))
        w.until(lambda: os.path.exists(p.path("other.db")))
        p.config["state"] = {"path": p.state}
        p.sync()
        self.told_to_end(w)
        self.assertEqual(p.created(), 6)


if __name__ == "__main__":
    tap.main()

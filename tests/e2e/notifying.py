"""--watch and its service manager: systemd's protocol."""
import os
import shutil
import signal
import socket
import tempfile
import time

import tap
import watching
from pipeline import crowd, dn


class Notifying(watching.Test):
    def listen(self):
        folder = tempfile.mkdtemp(prefix="syncd-notify-")
        self.addCleanup(shutil.rmtree, folder, True)
        path = os.path.join(folder, "socket")
        end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(end.close)
        end.bind(path)
        end.setblocking(False)
        return end, path

    def take(self, end, got):
        while True:
            try:
                got.append(end.recv(65536).decode())
            except BlockingIOError:
                return got

    def test_a_long_list_of_accounts_does_not_look_dead(self):
        p = self.pipeline(crowd(12), sim=["--set", "latency=500"])
        p.sim.generate(150)
        end, path = self.listen()
        w = self.watch(p, "--interval", "1h",
                       env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "800000"})
        got = []

        def pages():
            return sum(1 for e in p.sim.log() if e["kind"] == "list")
        w.until(lambda: pages() >= 2, 60)
        self.take(end, got)
        before = got.count("WATCHDOG=1")
        w.until(lambda: pages() >= 7, 60)
        self.assertEqual(p.created(), 0)
        self.assertGreaterEqual(self.take(end, got).count("WATCHDOG=1") - before, 3)
        self.told_to_end(w)

    def test_the_service_manager_is_told(self):
        p = self.pipeline(crowd(3))
        end, path = self.listen()
        w = self.watch(p, "--interval", "1h",
                       env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "800000"})
        got = []
        w.says("asking ldap")
        w.until(lambda: self.take(end, got).count("WATCHDOG=1") >= 4, 10)
        self.assertEqual(got[0], "READY=1")
        self.assertTrue([m for m in got if m.startswith("STATUS=ok in")], got)
        self.assertTrue([m for m in got if m.startswith("STATUS=asking ldap")], got)
        w.send(signal.SIGHUP)
        w.says("read anew")
        w.until(lambda: self.take(end, got)[-1:] and any("RELOADING=1\nMONOTONIC_USEC=" in m
                                                         for m in got))
        at = [i for i, m in enumerate(got) if m.startswith("RELOADING=1")][0]
        w.until(lambda: "READY=1" in self.take(end, got)[at:])
        self.told_to_end(w)
        self.assertTrue([m for m in self.take(end, got) if m.startswith("STOPPING=1")], got)

    def test_a_long_look_at_the_accounts_is_not_taken_for_death(self):
        p = self.pipeline(crowd(120))
        p.sync()
        p.sim.switch(latency=400)
        end, path = self.listen()
        w = self.watch(p, "--interval", "1h", "--verify", env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"})
        got = []
        w.until(lambda: any(m.startswith("STATUS=asking") for m in self.take(end, got)), 90)
        self.assertIn("verifying 120 accounts by listing", w.said)
        first = got.index([m for m in got if m.startswith("STATUS=ok in")][0])
        self.assertGreaterEqual(got[:first].count("WATCHDOG=1"), 4, got)  # the requests are so many, at least
        self.told_to_end(w)

    def test_servers_that_are_silent_one_after_another_are_not_taken_for_death(self):
        p = self.pipeline(crowd(1))
        uris = []
        for _ in range(6):  # each takes the connection, and says nothing to the TLS handshake
            silent = socket.create_server(("127.0.0.1", 0))
            self.addCleanup(silent.close)
            uris.append("ldaps://127.0.0.1:%d" % silent.getsockname()[1])
        p.config["sources"]["ldap"].update(uri=uris, timeout="500ms")
        end, path = self.listen()
        w = self.watch(p, "--interval", "1h", env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"})
        w.says("%s does not serve" % uris[-2], 0, 60)
        self.assertGreaterEqual(self.take(end, []).count("WATCHDOG=1"), len(uris) - 1)
        w.kill()

    def test_a_service_manager_that_does_not_read_holds_nobody_up(self):
        p = self.pipeline(crowd(3))
        _, path = self.listen()
        w = self.watch(p, "--interval", "20ms", env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000"})
        w.until(lambda: w.passes() >= 20, 120)
        p.slapd.replace(dn("p0001"), "title", "Director")
        w.until(lambda: self.title(p, "p0001") == "Director", 60)
        self.told_to_end(w)

    def test_an_abstract_socket_and_another_process_watchdog(self):
        p = self.pipeline(crowd(1))
        name = "syncd-test-%d" % os.getpid()
        end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(end.close)
        end.bind("\0" + name)
        end.setblocking(False)
        w = self.watch(p, "--interval", "1h", env={
            "NOTIFY_SOCKET": "@" + name, "WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"})
        w.says("asking ldap")
        time.sleep(0.5)
        got = self.take(end, [])
        self.assertIn("READY=1", got)
        self.assertNotIn("WATCHDOG=1", got)
        self.told_to_end(w)


if __name__ == "__main__":
    tap.main()

#!/usr/bin/env python3
"""make bench-full: what a very large directory costs (BENCHMARKING.md). By hand: minutes, and
gigabytes below $TMPDIR.

    full.py [--people N] [--small N] [--repeat N] [--keep] [STEP]...

Steps, all by default: initial idle compare inventory present. Each needs what the initial sync
made, which is always done. --small is the size that memory is compared with. Prints one line a
figure: the ratio, the goal, whether it is met. Exit 1 where a goal is missed.
"""
import argparse
import contextlib
import os
import subprocess
import sys
import time

import bench
import pipeline
import slapd

STEPS = ("initial", "idle", "compare", "inventory", "present")
MIB = 1 << 20
SESSIONS = 32


class Full(bench.Bench):
    """Both ends over TLS, with many sessions; reading is measured without, as its baseline is."""

    def __init__(self, count, options):
        # pylint: disable=super-init-not-called
        self.count, self.options, self.lines = count, options, options.lines
        print("\n%s people (%d processors)" % (format(count, ","), os.cpu_count()), flush=True)
        start = time.time()
        self.p = pipeline.Pipeline(
            [bench.people(count)], sim=["--no-log"], scim={"sessions": SESSIONS},
            directory={"modules": ("syncprov",), "database_conf": pipeline.LIMITS + "maxsize 17179869184\n"},
            schedule={"inventory": "never"})
        self.lines.note("directory made and loaded", "%.1f s" % (time.time() - start), "slapadd -q")

    def state_size(self):
        return sum(os.path.getsize(self.p.path(name)) for name in os.listdir(self.p.folder)
                   if name.startswith("state.db"))

    def memory(self, what, m, before=None):
        """Under 48 MiB, and flat: within 10 % of what the small directory needed."""
        mib = m.rss_kib / 1024
        self.lines.figure("peak memory, %s" % what, "%.1f MiB" % mib, "under 48 MiB", mib < 48)
        if before and what in before:
            ratio = m.rss_kib / before[what]
            self.lines.figure("  beside that of %s people" % format(self.options.small, ","),
                              "%.2f times" % ratio, "at most 1.1 times", ratio <= 1.1)
        return m.rss_kib

    def compared(self, what, m, searched, goal, command):
        ratio = m.seconds / searched
        self.lines.note(what, "%.2f s, ldapsearch %.2f s" % (m.seconds, searched))
        self.lines.figure("%s / ldapsearch" % what, "%.2f times" % ratio, "at most %.1f times" % goal,
                          ratio <= goal, command)

    def initial(self, _before):
        m = self.run()
        if m.report["sink"]["created"] != self.count:
            raise RuntimeError("%d of %d were created" % (m.report["sink"]["created"], self.count))
        self.lines.note("initial sync, TLS, %d sessions" % SESSIONS, "%.1f s" % m.seconds, "syncd -c syncd.yaml")
        self.lines.note("people a second", format(int(self.count / m.seconds), ",d"))
        size, most = self.state_size(), 400 * MIB * max(self.count, 10000) / 1e6
        self.lines.figure("state after it", "%.1f MiB, %d bytes each" % (size / MIB, size / self.count),
                          "under 400 MiB a million", size < most)
        return m

    def plain(self):
        """From here on without TLS; that it is another server is learnt in a read of its own."""
        source = self.p.config["sources"]["ldap"]
        source.update(uri=self.p.slapd.uri)
        source.pop("tls", None)
        self.run("--full")

    def idle(self, _before):
        m = self.best(lambda: None)
        sent = sum(m.requests.values())
        self.lines.figure("idle pass: requests", sent, "at most 2", sent <= 2, "syncd -c syncd.yaml")
        self.lines.note("idle pass", "%.2f s" % m.seconds)
        return m

    def compare(self, _before):
        searched = self.search(bench.ATTRIBUTES)
        m = self.best(lambda: None, "--full")
        if m.report["sink"]["unchanged"] != self.count:
            raise RuntimeError("%d of %d were unchanged" % (m.report["sink"]["unchanged"], self.count))
        self.compared("full comparison", m, searched, 1.2, "syncd --full -c syncd.yaml")
        return m

    def inventory(self, _before):
        searched = self.search(["entryUUID", "modifyTimestamp", "entryCSN"])
        self.p.config["schedule"] = {"inventory": "auto"}
        m = self.best(lambda: None)
        self.p.config["schedule"] = {"inventory": "never"}
        if m.report["mode"] != "inventory":
            raise RuntimeError("the pass was no inventory: %s" % m.report["mode"])
        self.compared("inventory", m, searched, 1.5, "syncd -c syncd.yaml (schedule.inventory: auto)")
        return m

    def present(self, _before):
        """syncrepl without a session log: all who did not change are named, one by one."""
        server = self.p.slapd
        server.stop()
        with open(server.path("slapd.conf"), "a") as conf:
            conf.write("overlay syncprov\n")
        server.start()
        first = self.run("--full")
        self.lines.note("full comparison by syncrepl", "%.2f s" % first.seconds)
        server.replace("uid=u0000000," + slapd.PEOPLE, "title", "Director")
        m = self.run()
        if m.report["sink"]["updated"] != 1:
            raise RuntimeError("%d updates in the present phase" % m.report["sink"]["updated"])
        most = 5 * self.count / 1e6
        self.lines.figure("present phase", "%.2f s" % m.seconds, "under 5 s a million", m.seconds < max(most, 1),
                          "syncd -c syncd.yaml")
        return m

    def search(self, attributes=bench.ATTRIBUTES):
        command = self.search_command()
        command = command[:command.index("(objectClass=inetOrgPerson)") + 1] + list(attributes)
        return min(self.timed(command) for _ in range(self.options.repeat))

    def timed(self, command):
        start = time.monotonic()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
                       env=dict(os.environ, LDAPNOINIT="1"))
        return time.monotonic() - start


def measure(count, options, before=None):
    """All steps over a directory of that size; {step: peak memory in KiB}."""
    made, b = {}, Full(count, options)
    with contextlib.ExitStack() as stack:
        stack.callback(b.end)
        for step in STEPS:
            if step == "idle":
                b.plain()
            if step == "initial" or step in options.steps:
                made[step] = b.memory(step, getattr(b, step)(before), before)
    return made


def main():
    parser = argparse.ArgumentParser(description="What a very large directory costs; see BENCHMARKING.md.")
    parser.add_argument("--people", type=int, default=1000000)
    parser.add_argument("--small", type=int, default=10000, help="the size that memory is compared with")
    parser.add_argument("--repeat", type=int, default=2, help="runs of which the best counts")
    parser.add_argument("--keep", action="store_true", help="keep the folders")
    parser.add_argument("steps", nargs="*", choices=list(STEPS) + [[]])
    options = parser.parse_args()
    options.steps, options.lines = options.steps or list(STEPS), bench.Lines()
    pipeline.TIMEOUT = 3600
    if pipeline.sanitized():
        print("note: this build has sanitizers; its times mean nothing")
    before = measure(options.small, options)
    measure(options.people, options, before)
    print("\n%s" % ("every goal is met" if not options.lines.missed else "%d missed" % options.lines.missed))
    return options.lines.missed > 0


if __name__ == "__main__":
    sys.exit(main())

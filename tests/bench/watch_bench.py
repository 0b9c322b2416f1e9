#!/usr/bin/env python3
"""make bench: how long an edit takes to reach the sink in watch mode, and how SIGTERM under load ends.

    watch_bench.py [--people N] [--edits N] [--plain] [--idle SECONDS] [--verbose]

A real slapd with syncprov, the simulator, both over TLS, and `syncd --watch`. Prints one line a
figure; exit 1 where a goal is missed.
"""
import argparse
import datetime
import os
import signal
import subprocess
import sys
import time

import bench
import pipeline
import slapd
from watching import Watching

SESSIONLOG = "overlay syncprov\nsyncprov-sessionlog 10000\n"


class Editor:
    """One ldapmodify that stays, so that starting a program is not in the figure."""

    def __init__(self, server):
        self.process = subprocess.Popen(
            [slapd.find("ldapmodify"), "-x", "-H", server.uri, "-D", server.root_dn, "-w", server.password],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=dict(os.environ, LDAPNOINIT="1"))

    def title(self, number, value):
        """Sends the change; when it was sent."""
        text = "dn: uid=u%07d,%s\nchangetype: modify\nreplace: title\ntitle: %s\n\n" % (
            number, slapd.PEOPLE, value)
        sent = time.time()
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()
        return sent

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Bench:
    def __init__(self, options):
        self.options, self.lines = options, bench.Lines()
        print("\nwatch mode, %s people (%d processors)" % (format(options.people, ","), os.cpu_count()),
              flush=True)
        more = {"tls": None, "ca": None} if options.plain else {}
        self.p = pipeline.Pipeline(
            [bench.people(options.people)], sim=["--no-log"], secure=not options.plain,
            scim={"sessions": 4}, directory=dict(more, modules=("syncprov",), database_conf=(
                pipeline.LIMITS + SESSIONLOG)))
        if options.plain:
            source = self.p.config["sources"]["ldap"]
            source["uri"] = self.p.slapd.uri
            del source["tls"]

    def watch(self):
        w = Watching(self.p, "--interval", "1h", "--no-progress")
        w.says("following the changes of ldap", timeout=600)
        return w

    def edits(self):
        """Milliseconds from the change that leaves ldapmodify to the update that the simulator takes."""
        w, editor, delays = self.watch(), Editor(self.p.slapd), []
        self.p.sim.switch(log=True)
        for i in range(self.options.edits):
            before = self.p.next_number()
            sent = editor.title(i * 7, "Director %d" % i)
            took = self.wait_for(before, "Director %d" % i)
            delays.append((took - sent) * 1000)
            time.sleep(self.options.idle)
        editor.close()
        done = w.stop()
        if done.code != 143:
            raise RuntimeError(str(done))
        if self.options.verbose:
            print(done.err[-4000:])
        return sorted(delays)

    def wait_for(self, since, title):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            for entry in self.p.sim.log(since):
                if entry["kind"] == "update" and title in (entry["body"] or ""):
                    return moment(entry["time"])
            time.sleep(0.02)
        raise RuntimeError("the edit did not arrive")

    def latency(self):
        delays = self.edits()
        median, worst = delays[len(delays) // 2], delays[-1]
        command = "syncd --watch -c syncd.yaml; ldapmodify (%d edits)" % len(delays)
        self.lines.figure("edit in slapd to the sink, median", "%.0f ms" % median, "under 100 ms",
                          median < 100, command)
        self.lines.figure("edit in slapd to the sink, slowest", "%.0f ms" % worst, "under 1 s", worst < 1000)

    def sigterm(self):
        """A quarter of the people, at most 4,000, change, each request takes 50 ms; then SIGTERM while they are sent."""
        count = min(self.options.people // 4, 4000)
        w = self.watch()
        self.p.sim.switch(latency=50)
        before = self.p.sim.stats()["kinds"]["update"]
        self.p.slapd.modify("\n".join(
            "dn: uid=u%07d,%s\nchangetype: modify\nreplace: title\ntitle: Chief\n" % (i, slapd.PEOPLE)
            for i in range(count)))
        w.until(lambda: self.p.sim.stats()["kinds"]["update"] > before + 50, 120)
        start = time.monotonic()
        w.send(signal.SIGTERM)
        w.process.wait(60)
        seconds = time.monotonic() - start
        done = w.end()
        sent = self.p.sim.stats()["kinds"]["update"] - before
        self.p.sim.switch(latency=0)
        self.lines.figure("SIGTERM under load: stopped after", "%.2f s" % seconds, "2 s and what is in flight",
                          done.code == 143 and seconds < 2.5, "syncd --watch; kill -TERM")
        report = self.p.run().report
        total = self.p.sim.stats()["kinds"]["update"] - before
        chiefs = sum(user.get("title") == "Chief" for user in self.p.sim.users())
        self.lines.note("updates before and after", "%d + %d" % (sent, total - sent))
        self.lines.figure("lost, doubled", "%d, %d" % (count - chiefs, total - count), "none",
                          chiefs == count and total == count and report["result"] == "ok")

    def close(self):
        self.p.remove()


def main():
    parser = argparse.ArgumentParser(description="What watch mode costs; see BENCHMARKING.md.")
    parser.add_argument("--people", type=int, default=100000)
    parser.add_argument("--edits", type=int, default=100)
    parser.add_argument("--idle", type=float, default=0.2, help="seconds between two edits")
    parser.add_argument("--plain", action="store_true", help="without TLS")
    parser.add_argument("--verbose", action="store_true", help="the end of syncd's log")
    options = parser.parse_args()
    made = Bench(options)
    try:
        made.latency()
        made.sigterm()
    finally:
        made.close()
    return made.lines.missed > 0


if __name__ == "__main__":
    sys.exit(main())

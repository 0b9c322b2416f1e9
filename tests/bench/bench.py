#!/usr/bin/env python3
"""make bench: what syncd costs, against a serial client and against ldapsearch (BENCHMARKING.md).

    bench.py [--quick] [--people N] [--repeat N] [--keep]

Prints one line a figure: the ratio, the goal, whether it is met, and the command. Exit 1 where a
goal is missed.
"""
import argparse
import contextlib
import hashlib
import json
import os
import re
import subprocess
import sys
import time
import uuid

import pipeline
import simulator
import slapd

SMALL = 10000
ATTRIBUTES = ["cn", "entryUUID", "mail", "modifyTimestamp", "telephoneNumber", "title"]
HERE = os.path.dirname(os.path.abspath(__file__))


def people(count):
    """LDIF with reproducible operational attributes, so that slapadd -q need not make them. The last
    one was changed a day after the others."""
    made = []
    for i in range(count):
        stamp = "20240102000000Z" if i == count - 1 else "20240101000000Z"
        number = uuid.UUID(hashlib.md5(b"person %d" % i).hexdigest())
        made.append(
            "dn: uid=u%07d,%s\nobjectClass: inetOrgPerson\nuid: u%07d\ncn: Ada Person%d\n"
            "sn: Person%d\ngivenName: Ada\nmail: u%07d@example.com\ntelephoneNumber: +4930%07d\n"
            "employeeNumber: %d\ntitle: Engineer\ndepartmentNumber: D%03d\n"
            "structuralObjectClass: inetOrgPerson\nentryUUID: %s\n"
            "entryCSN: 20240101000000.%06dZ#%06x#000#000000\ncreatorsName: cn=admin,%s\n"
            "modifiersName: cn=admin,%s\ncreateTimestamp: %s\nmodifyTimestamp: %s\n\n"
            % (i, slapd.PEOPLE, i, i, i, i, i, i, i % 500, number, i % 1000000, i // 1000000,
               slapd.SUFFIX, slapd.SUFFIX, stamp, stamp))
    return "".join(made)


class Lines:
    """The figures, as they come."""

    def __init__(self):
        self.missed = 0

    def note(self, what, value, command=""):
        print("  %-44s %12s" % (what, value) + ("\n      $ " + command if command else ""), flush=True)

    def figure(self, what, value, goal, good, command=""):
        self.missed += not good
        print("  %-44s %12s   %-22s %s" % (what, value, goal, "ok" if good else "MISSED")
              + ("\n      $ " + command if command else ""), flush=True)


class Measured:
    def __init__(self, seconds, rss_kib, report, requests):
        self.seconds, self.rss_kib, self.report, self.requests = seconds, rss_kib, report, requests
        self.creating = self.first_request = None  # seconds: first to last create; start to first request


class Bench:
    def __init__(self, count, options):
        self.count, self.options, self.lines = count, options, options.lines
        print("\n%s people (%d processors)" % (format(count, ","), os.cpu_count()), flush=True)
        start = time.time()
        self.p = pipeline.Pipeline(
            [people(count)], sim=["--no-log"], secure=False, scim={"sessions": 8},
            directory={"tls": None, "ca": None})
        self.p.config["sources"]["ldap"].update(uri=self.p.slapd.uri)
        del self.p.config["sources"]["ldap"]["tls"]
        self.lines.note("directory made and loaded", "%.1f s" % (time.time() - start), "slapadd -q")

    def clear(self):
        self.p.sim.reset("users", "tokens", "stats", "log")
        for name in os.listdir(self.p.folder):
            if name.startswith("state.db"):
                os.remove(self.p.path(name))

    def run(self, *words):
        """One run of the program; time and the largest resident size as the kernel saw it."""
        p = self.p
        p.write()
        quiet = [] if "--log-level" in words else ["-q"]
        before = p.sim.stats()["kinds"]
        with open(p.path("log"), "w") as log:
            start, began = time.monotonic(), time.time()
            process = subprocess.Popen(p.command(*words, "--no-progress", *quiet), env=p.environment(),
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=p.folder)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            with open(p.path("log")) as log:
                raise RuntimeError("syncd ended with %d:\n%s" % (process.returncode, log.read()[-3000:]))
        with open(p.path("report.json")) as file:
            report = json.load(file)
        stats = p.sim.stats()
        after = stats["kinds"]
        m = Measured(seconds, report["peak_rss_kib"], report, {k: after[k] - before[k] for k in after})
        m.creating = stats["create_ms"] / 1000
        m.first_request = stats["first_ms"] / 1000 - began
        return m

    def best(self, prepare, *words):
        """Of several runs the fastest, with the largest memory of all."""
        runs = []
        for _ in range(self.options.repeat):
            prepare()
            runs.append(self.run(*words))
        best = min(runs, key=lambda m: m.seconds)
        best.rss_kib = max(m.rss_kib for m in runs)
        return best

    def search_command(self):
        return [slapd.find("ldapsearch"), "-x", "-LLL", "-o", "ldif-wrap=no", "-H", self.p.slapd.uri,
                "-D", pipeline.READER, "-w", pipeline.READER_PASSWORD, "-b", slapd.PEOPLE, "-E",
                "pr=1000/noprompt", "(objectClass=inetOrgPerson)"] + ATTRIBUTES

    def serial(self):
        self.clear()
        start = time.monotonic()
        search = subprocess.Popen(self.search_command(), stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, env=dict(os.environ, LDAPNOINIT="1"))
        made = subprocess.run([sys.executable, os.path.join(HERE, "serial_client.py"), self.p.sim.base_url,
                               simulator.CLIENT_ID, simulator.CLIENT_SECRET], stdin=search.stdout,
                              stdout=subprocess.PIPE, check=True).stdout
        search.stdout.close()
        search.wait()
        seconds = time.monotonic() - start
        if int(made) != self.count:
            raise RuntimeError("the serial client made %d of %d" % (int(made), self.count))
        self.lines.note("serial client", "%.2f s" % seconds, "ldapsearch … | serial_client.py")
        return seconds

    def bare(self):
        """Seconds of the same creates by libcurl alone; None where it was not built."""
        program = os.path.join(pipeline.BUILD, "tests/bench/bare_client")
        if not os.access(program, os.X_OK):
            return None
        runs = []
        for _ in range(self.options.repeat):
            self.clear()
            subprocess.run(
                [program, self.p.sim.base_url, self.p.sim.token_url, simulator.CLIENT_ID,
                 simulator.CLIENT_SECRET, str(self.count), "8"], stdout=subprocess.PIPE, check=True)
            runs.append(self.p.sim.stats()["create_ms"] / 1000)
        self.lines.note("bare libcurl, the same creates", "%.2f s" % min(runs),
                        "bare_client … %d 8 (replies dropped, nothing recorded)" % self.count)
        return min(runs)

    def of_bare(self, bare, m):
        """From the first to the last create, as the simulator saw both."""
        if bare:
            ratio = 100 * bare / m.creating
            self.lines.note("from first to last create", "%.2f s" % m.creating)
            self.lines.figure("  of bare libcurl's requests a second", "%d %%" % ratio, "at least 60 %",
                              ratio >= 60)

    def first_write(self):
        """What the first change waits for after the end of the read: decisions, counting, a session."""
        waits = []
        for _ in range(self.options.repeat):
            self.clear()
            self.run("--log-level", "debug")
            with open(self.p.path("log")) as log:
                waits += [int(n) for n in re.findall(r"leave (\d+) ms after the end of the read", log.read())[:1]]
        self.lines.figure("first write after the end of the read", "%d ms" % min(waits), "under 100 ms",
                          min(waits) < 100, "syncd --log-level debug")

    def initial(self):
        m = self.best(self.clear)
        total = sum(m.requests.values())
        made = self.p.sim.stats()["accounts"]["active"]
        if made != self.count:
            raise RuntimeError("%d of %d accounts are there" % (made, self.count))
        self.lines.note("initial sync", "%.2f s" % m.seconds,
                        "syncd --source ldap --sink genesys-scim -c syncd.yaml (sessions: 8)")
        self.lines.note("people a second", format(int(self.count / m.seconds), ","))
        self.lines.figure("requests beyond one a person", total - self.count, "at most 6",
                          total <= self.count + 6)
        return m

    def second(self):
        m = self.run()
        writes = sum(m.requests[k] for k in pipeline.WRITES)
        self.lines.figure("second run: requests", sum(m.requests.values()), "at most 2",
                          sum(m.requests.values()) <= 2, "syncd -c syncd.yaml")
        self.lines.figure("second run: writes", writes, "none", writes == 0)

    def search(self):
        best = None
        for _ in range(self.options.repeat):
            start = time.monotonic()
            subprocess.run(self.search_command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           env=dict(os.environ, LDAPNOINIT="1"), check=True)
            seconds = time.monotonic() - start
            best = seconds if best is None else min(best, seconds)
        return best

    def full(self, goal):
        searched = self.search()
        self.lines.note("ldapsearch to /dev/null", "%.2f s" % searched, "ldapsearch -E pr=1000/noprompt …")
        m = self.best(lambda: None, "--full")
        if m.report["source"]["read"] != self.count:
            raise RuntimeError("read %d of %d" % (m.report["source"]["read"], self.count))
        self.lines.note("full comparison", "%.2f s" % m.seconds)
        ratio = m.seconds / searched
        self.lines.figure("full comparison / ldapsearch", "%.2f times" % ratio, "at most %s times" % goal, ratio <= goal,
                          "syncd --full -c syncd.yaml")

    def one_percent(self):
        changed = self.count // 100
        self.p.slapd.modify("\n".join(
            "dn: uid=u%07d,%s\nchangetype: modify\nreplace: title\ntitle: Director\n"
            % (i * 100, slapd.PEOPLE) for i in range(changed)))
        m = self.run()
        total = sum(m.requests.values())
        if m.requests["update"] != changed:
            raise RuntimeError("%d updates, %d people changed" % (m.requests["update"], changed))
        self.lines.figure("1 % changed: requests beyond one a change", total - changed, "at most 3",
                          total <= changed + 3, "syncd -c syncd.yaml")
        self.lines.note("1 % changed", "%.2f s" % m.seconds)

    def end(self):
        if self.options.keep:
            print("  kept: " + self.p.folder)
            self.p.slapd.stop()
            self.p.sim.stop()
        else:
            self.p.remove()


def small(options):
    bench = Bench(SMALL, options)
    with contextlib.ExitStack() as stack:
        stack.callback(bench.end)
        serial = bench.serial()
        bare = bench.bare()
        m = bench.initial()
        if bare:
            options.lines.note("bare libcurl / serial client", "%.1f times" % (serial / bare))
            options.lines.note("first to last create, of bare libcurl's", "%d %%" % (100 * bare / m.creating))
        ratio = serial / m.seconds
        options.lines.figure("initial sync / serial client", "%.1f times" % ratio, "at least 20 times",
                             ratio >= 20)
        bench.first_write()
        memory(options, m)
        bench.second()
        bench.one_percent()
        bench.full(3)
        return m


def start_up(options):
    """From the start of the process to the first request at the service (for a token), over TLS."""
    p = pipeline.Pipeline([people(10)], sim=["--no-log"])
    bench = Bench.__new__(Bench)
    bench.p, bench.options, bench.lines = p, options, options.lines
    print("\n10 people, TLS", flush=True)
    with contextlib.ExitStack() as stack:
        stack.callback(p.remove)
        runs = []
        for _ in range(max(options.repeat, 5)):
            bench.clear()
            runs.append(bench.run().first_request)
        ms = 1000 * min(runs)
        options.lines.figure("start to the token request", "%d ms" % ms, "under 100 ms", ms < 100,
                             "syncd -c syncd.yaml (a new state)")


def memory(options, m, before=None):
    mib = m.rss_kib / 1024
    options.lines.figure("peak memory", "%.1f MiB" % mib, "under 40 MiB", mib < 40)
    if before:
        ratio = m.rss_kib / before.rss_kib
        options.lines.figure("peak memory / that of 10,000 people", "%.2f times" % ratio,
                             "at most 1.1 times", ratio <= 1.1)


def large(options, before):
    bench = Bench(options.people, options)
    with contextlib.ExitStack() as stack:
        stack.callback(bench.end)
        bare = bench.bare()
        m = bench.initial()
        bench.of_bare(bare, m)
        memory(options, m, before)
        bench.second()
        bench.full(1.2)
        bench.one_percent()


def main():
    parser = argparse.ArgumentParser(description="What syncd costs; see BENCHMARKING.md.")
    parser.add_argument("--quick", action="store_true", help="only the 10,000")
    parser.add_argument("--people", type=int, default=100000, help="size of the large directory")
    parser.add_argument("--repeat", type=int, default=3, help="runs of which the best counts")
    parser.add_argument("--keep", action="store_true", help="keep the folders")
    options = parser.parse_args()
    options.lines = Lines()
    if pipeline.sanitized():
        print("note: this build has sanitizers; its times mean nothing")
    start_up(options)
    before = small(options)
    if not options.quick:
        large(options, before)
    print("\n%s" % ("every goal is met" if not options.lines.missed
                    else "%d missed" % options.lines.missed))
    return options.lines.missed > 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""What finding changes costs on a real slapd (BENCHMARKING.md): a line a figure.

    changes_bench.py [--people N] [--repeat N]

One person is synchronized to the simulator; then the directory gets the others, with versions older
than the checkpoint, and the state is filled with rows like that one's: so that only the reading is
measured. Searches are counted by slapd's monitor. Exit 1 where a goal is missed.
"""
import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import uuid

import bench
import pipeline
import slapd

SYNCPROV = "overlay syncprov\n"
MONITOR = "database monitor\nrootdn " + slapd.ROOT_DN + "\naccess to * by * read\n"
COUNTER = "cn=Search,cn=Operations,cn=Monitor"
INVENTORY = ["entryUUID", "entryCSN", "modifyTimestamp"]


def identity(i):
    """DN, entryUUID and entryCSN of a person."""
    return ("uid=u%07d,%s" % (i, slapd.PEOPLE), str(uuid.uuid5(uuid.NAMESPACE_OID, str(i))),
            "20240101000000.%06dZ#%06x#000#000000" % (i % 1000000, i // 1000000))


def people(start, end):
    """LDIF with operational attributes, so that slapadd -q need not make them."""
    stamp, made = "20240101000000Z", []
    for i in range(start, end):
        dn, number, csn = identity(i)
        made.append(
            "dn: %s\nobjectClass: inetOrgPerson\nuid: u%07d\ncn: Ada Person%d\nsn: Person%d\n"
            "givenName: Ada\nmail: u%07d@example.com\ntelephoneNumber: +4930%07d\n"
            "employeeNumber: %d\ntitle: Engineer\ndepartmentNumber: D%03d\n"
            "structuralObjectClass: inetOrgPerson\nentryUUID: %s\nentryCSN: %s\n"
            "creatorsName: cn=admin,%s\nmodifiersName: cn=admin,%s\ncreateTimestamp: %s\n"
            "modifyTimestamp: %s\n\n" % (dn, i, i, i, i, i, i, i % 500, number, csn, slapd.SUFFIX,
                                        slapd.SUFFIX, stamp, stamp))
    return "".join(made)


class Changes:
    def __init__(self, options):
        self.options, self.lines, self.count = options, options.lines, options.people
        print("\nfinding changes, %s people" % format(self.count, ","), flush=True)
        self.p = pipeline.Pipeline([people(0, 1)], secure=False, directory={
            "tls": None, "ca": None, "modules": ("syncprov", "back_monitor"),
            "database_conf": pipeline.LIMITS + SYNCPROV + MONITOR})
        self.p.config["sources"]["ldap"].update(uri=self.p.slapd.uri)
        del self.p.config["sources"]["ldap"]["tls"]
        self.p.sync()
        self.fill_directory()
        self.fill_state()

    def fill_directory(self):
        """In parts: the whole text of a million people would not fit comfortably."""
        server = self.p.slapd
        server.stop()
        command = [server.program, "-T", "add", "-q", "-w", "-f", server.path("slapd.conf")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            for start in range(1, self.count, 10000):
                process.stdin.write(people(start, min(start + 10000, self.count)).encode())
            process.stdin.close()
            if process.wait():
                raise RuntimeError("slapadd failed")
        server.start()

    def fill_state(self):
        db = sqlite3.connect(self.p.state)
        db.row_factory = sqlite3.Row
        first = dict(db.execute("SELECT * FROM link").fetchone())
        names = list(first)
        insert = "INSERT INTO link (%s) VALUES (%s)" % (",".join(names), ",".join("?" * len(names)))

        def rows():
            for i in range(1, self.count):
                dn, number, csn = identity(i)
                yield [dict(first, row=i + 1, id=uuid.UUID(number).bytes, name=dn, token=csn,
                            account=str(uuid.uuid5(uuid.NAMESPACE_DNS, str(i))), given_hash=i,
                            reference_hash=i, wanted_name="u%07d@example.com" % i)[n] for n in names]
        db.executemany(insert, rows())
        # what the store counts of its links, kept beside them
        db.execute("DELETE FROM fact WHERE name = 'tally'")
        db.commit()
        db.close()

    def searches(self):
        found = self.p.slapd.search("(objectClass=*)", "monitorOpInitiated", base=COUNTER, scope="base")
        return int(found[0]["monitoropinitiated"][0])

    def run(self, *words):
        """Seconds, the report, and the searches that slapd saw."""
        p = self.p
        p.write()
        before = self.searches()
        start = time.monotonic()
        done = subprocess.run(p.command(*words, "--no-progress", "-q"), env=p.environment(), check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        seconds = time.monotonic() - start
        if done.returncode:
            raise RuntimeError("syncd ended with %d:\n%s" % (done.returncode, done.stderr.decode()[-3000:]))
        with open(p.path("report.json")) as file:
            return seconds, json.load(file), self.searches() - before - 1

    def best(self, *words, prepare=lambda: None):
        runs = []
        for _ in range(self.options.repeat):
            prepare()
            runs.append(self.run(*words))
        return min(runs, key=lambda r: r[0])

    def memory(self, report):
        mib = report["peak_rss_kib"] / 1024
        self.lines.figure("  peak memory", "%.1f MiB" % mib, "under 64 MiB", mib < 64)

    def idle(self):
        self.run()
        seconds, _, searches = self.best()
        self.lines.figure("syncrepl idle pass: searches", searches, "2", searches == 2,
                          "syncd -c syncd.yaml, nothing changed")
        self.lines.figure("syncrepl idle pass", "%.2f s" % seconds, "under 0.2 s", seconds < 0.2)

    def present(self):
        def change():
            self.p.slapd.replace("uid=u0000000," + slapd.PEOPLE, "title", "Chief %f" % time.time())
        seconds, report, _ = self.best(prepare=change)
        if report["source"]["read"] < self.count or report["sink"]["updated"] != 1:
            raise RuntimeError("no present phase: %s" % report)
        goal = max(1, 5 * self.count / 1000000)
        self.lines.figure("syncrepl present phase", "%.2f s" % seconds, "under %g s" % goal,
                          seconds < goal, "syncd -c syncd.yaml, one change, no session log")
        self.memory(report)

    def search(self):
        command = [slapd.find("ldapsearch"), "-x", "-LLL", "-o", "ldif-wrap=no", "-H", self.p.slapd.uri,
                   "-D", pipeline.READER, "-w", pipeline.READER_PASSWORD, "-b", slapd.PEOPLE, "-E",
                   "pr=1000/noprompt", "(objectClass=inetOrgPerson)"] + INVENTORY
        best = None
        for _ in range(self.options.repeat):
            start = time.monotonic()
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True,
                           env=dict(os.environ, LDAPNOINIT="1"))
            seconds = time.monotonic() - start
            best = seconds if best is None else min(best, seconds)
        return best

    def inventory(self):
        """The grade, from its second pass on: its first reads everything."""
        searched = self.search()
        self.lines.note("ldapsearch of ids and versions", "%.2f s" % searched,
                        "ldapsearch -E pr=1000/noprompt … " + " ".join(INVENTORY))
        self.p.config["schedule"] = {"inventory": "1s"}
        seconds, report, _ = self.best(prepare=lambda: time.sleep(1.1))
        self.p.config["schedule"] = {}
        if report["mode"] != "inventory" or report["source"]["read"] != self.count:
            raise RuntimeError("no inventory: %s" % report)
        goal = 1.5 if self.count >= 1000000 else 2
        self.lines.figure("inventory / ldapsearch", "%.2f times" % (seconds / searched),
                          "at most %g times" % goal, seconds / searched <= goal,
                          "syncd -c syncd.yaml, schedule.inventory overdue (%.2f s)" % seconds)
        self.memory(report)


def run(options):
    changes = Changes(options)
    try:
        changes.idle()
        changes.present()
        changes.inventory()
    finally:
        if options.keep:
            print("  kept: " + changes.p.folder)
        else:
            changes.p.remove()
            shutil.rmtree(changes.p.folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description="What finding changes costs; see BENCHMARKING.md.")
    parser.add_argument("--people", type=int, default=100000, help="size of the directory")
    parser.add_argument("--repeat", type=int, default=3, help="runs of which the best counts")
    parser.add_argument("--keep", action="store_true", help="keep the folders")
    options = parser.parse_args()
    options.lines = bench.Lines()
    run(options)
    return options.lines.missed > 0


if __name__ == "__main__":
    sys.exit(main())

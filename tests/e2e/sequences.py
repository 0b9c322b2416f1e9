"""Whatever a source tells, in whatever order, and wherever it ends: what is in the sink and where the
checkpoint stands follow from it by rules that are written down here once more (G1, G3).

All sequences of up to two events with every end, and a reproducible choice of longer ones.
"""
import itertools
import json
import os
import random
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

import pipeline
import tap

EVENTS = "edit", "delete", "still", "checkpoint", "reset", "idle"
ENDS = "all", "changes", "partial", "error"
LONGER = 80
PEOPLE = 5


def entry(n, title="Engineer"):
    return {"entry": {"id": "id-%d" % n, "name": "uid=p%d" % n, "token": "%d-%s" % (n, title),
                      "attributes": {"mail": "p%d@example.com" % n, "cn": "Person %d" % n, "title": title}}}


LINES = {"edit": entry(2, "Boss"), "delete": {"delete": "id-3"}, "checkpoint": {"checkpoint": "c2"},
         "still": {"still-there": {"id": "id-3", "token": "3-Engineer"}}, "reset": {"reset": True},
         "idle": {"idle": True}, "all": {"all": True}, "changes": {"changes": True},
         "partial": {"partial": "cut"}, "error": {"error": {"code": "unreachable", "message": "cut"}}}


class Expected:
    """By the rules: id-3 is really gone, everybody else is there."""

    def __init__(self, events, end):
        complete = end in ("all", "changes")
        after_reset = events[len(events) - events[::-1].index("reset"):] if "reset" in events else events
        absent = end == "all" and "still" not in after_reset
        leaves = complete and ("delete" in events or absent)
        nobody = end == "all" and "edit" not in events and "still" not in events
        held = leaves and nobody  # no entry at all where there were some
        self.code = 1 if not complete else 4 if held else 0
        self.title = "Boss" if "edit" in events else "Engineer"
        self.inactive = ["p3@example.com"] if leaves and not held else []
        self.checkpoint = "c2" if complete and "checkpoint" in events else "c1"


class Sequences(unittest.TestCase):
    def setUp(self):
        self.modules = os.path.join(pipeline.BUILD, ".plugins-test")
        if not os.path.exists(os.path.join(self.modules, "syncd-script.so")):
            self.skipTest("the scripted source was not built")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        config = {"sources": {"script": {"file": self.path("script")}},
                  "sinks": {"memory": {"file": self.path("accounts")}}, "schemas": [pipeline.USER],
                  "mapping": {"userName": "mail", "displayName": "cn", "title": "title"},
                  "brakes": {"leavers": {"percent": 100, "min": 20}},
                  "state": {"path": self.path("state.db")}}
        with open(self.path("syncd.yaml"), "w") as file:
            file.write("\n".join("%s: %s" % (k, json.dumps(v)) for k, v in config.items()) + "\n")
        self.first = [{"scan": {"mode": "everything"}}, *[entry(i) for i in range(PEOPLE)],
                      {"checkpoint": "c1"}, {"all": True}]
        self.assertEqual(self.run_it(self.first).returncode, 0)
        for name in ("state.db", "accounts"):
            shutil.copy(self.path(name), self.path("first-" + name))

    def path(self, name):
        return os.path.join(self.folder, name)

    def run_it(self, lines):
        with open(self.path("script"), "w") as file:
            file.write("".join(json.dumps(line) + "\n" for line in lines))
        return subprocess.run([os.path.join(pipeline.BUILD, "run"), pipeline.program(), "-c",
                               self.path("syncd.yaml"), "--plugin-dir", self.modules], check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=pipeline.TIMEOUT)

    def restore(self):
        for name in os.listdir(self.folder):
            if name.startswith("state.db"):
                os.remove(self.path(name))
        for name in ("state.db", "accounts"):
            shutil.copy(self.path("first-" + name), self.path(name))

    def accounts(self):
        found = {}
        with open(self.path("accounts")) as file:
            for line in file:
                account = json.loads(line)
                found[account["id"]] = account
        return {a["userName"]: a for a in found.values()}

    def checkpoint(self):
        db = sqlite3.connect(self.path("state.db"))
        value = db.execute("SELECT value FROM fact WHERE name = 'checkpoint'").fetchone()[0]
        db.close()
        return value.decode() if isinstance(value, bytes) else value

    def tell(self, events, end):
        self.restore()
        done = self.run_it(self.first + [{"get": {"id": "id-3", "answer": "gone"}},
                                         {"scan": {"mode": "changes", "checkpoint": "c1"}}]
                           + [LINES[e] for e in events] + [LINES[end]])
        what = "%s, %s\n%s" % (events, end, done.stderr.decode()[-2000:])
        expected, accounts = Expected(list(events), end), self.accounts()
        self.assertEqual(done.returncode, expected.code, what)
        self.assertEqual(accounts["p2@example.com"]["title"], expected.title, what)
        self.assertEqual([name for name, a in sorted(accounts.items()) if not a["active"]],
                         expected.inactive, what)
        self.assertEqual(len(accounts), PEOPLE, what)
        self.assertEqual(self.checkpoint(), expected.checkpoint, what)

    def test_G1_G3_every_short_sequence(self):
        for length in range(3):
            for events in itertools.product(EVENTS[:5], repeat=length):
                for end in ENDS:
                    self.tell(events, end)

    def test_G1_G3_some_longer_ones(self):
        random_ = random.Random(4533)
        for _ in range(LONGER):
            self.tell([random_.choice(EVENTS) for _ in range(random_.randrange(3, 9))],
                      random_.choice(ENDS))


if __name__ == "__main__":
    tap.main()

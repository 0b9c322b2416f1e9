"""Passes between two scripted ends: a scripted source and a sink in memory (tests/plugin), with what each said
and was told.

    class Something (scriptedends.Case):
        def test_it (self):
            self.everything (scriptedends.people ("ada", "bob"))   # what a complete read shows
            self.sink["results"] = {"bob": "entry"}                # what the sink says of bob
            self.sync (3)                                          # a pass that ends so
            self.converges (ada="ada", bob="bob")                  # and later on all is well
"""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

BUILD = os.environ.get("top_builddir", ".")
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
KILLED = -9


def entry(ident, name, title=None, **more):
    attributes = dict({"uid": name, "cn": "Name of " + ident}, **more)
    if title:
        attributes["title"] = title
    return {"entry": {"id": ident, "token": "t", "name": "uid=" + ident, "attributes": attributes}}


def people(*names):
    return [entry("id-" + name, name, "one") for name in names]


class Case(unittest.TestCase):
    def setUp(self):
        if not os.path.exists(os.path.join(BUILD, ".plugins-test", "syncd-script.so")):
            self.skipTest("the test plugins were not collected: make check builds them")
        self.folder = tempfile.mkdtemp(prefix="syncd-results-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.sink, self.settings, self.said, self.epoch = {}, {}, "", 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(text)

    def source(self, *lines):
        self.write("script", "".join(json.dumps(line) + "\n" for line in lines))

    def everything(self, entries, *more):
        """A complete read, after which nothing is to be continued."""
        self.source(*list(entries) + [{"all": True}] + list(more))

    def changes(self, entries, *more):
        """The same entries, and checkpoints: the next run reads no changes."""
        self.source({"scan": {"mode": "everything"}}, *list(entries) + [
            {"checkpoint": "c"}, {"all": True}, {"scan": {"mode": "changes", "checkpoint": "c"}}]
                    + list(more) + [{"checkpoint": "c"}, {"changes": True}])

    def run_it(self, *words, timeout=100):
        config = dict({
            "sources": {"script": {"file": self.path("script")}},
            "sinks": {"memory": dict({"file": self.path("accounts"), "journal": self.path("journal"),
                                      "sessions": 1}, **self.sink)},
            "schemas": [USER], "mapping": {"userName": "uid", "displayName": "cn", "title": "title"},
            "brakes": {k: {"percent": 100, "min": 1000} for k in ("leavers", "updates", "creates")},
            "state": {"path": self.path("state.db")}}, **self.settings)
        self.write("syncd.yaml", "".join("%s: %s\n" % (k, json.dumps(v)) for k, v in config.items()))
        command = [os.path.join(BUILD, "run"), os.path.join(BUILD, "core", "syncd"), *words,
                   "-c", self.path("syncd.yaml"), "-v"]
        if not words or words[0].startswith("-"):
            command += ["--report", self.path("report.json")]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
                              stderr=subprocess.STDOUT, text=True, timeout=timeout, env=dict(
                                  os.environ, SYNCD_PLUGIN_DIR=os.path.join(BUILD, ".plugins-test")))
        self.said = done.stdout
        if "Sanitizer" in self.said:
            raise AssertionError(self.said)
        return done.returncode

    def sync(self, code=0, *words):
        found = self.run_it(*words)
        self.assertEqual(found, code, self.said)

    def interrupted(self, word="kill-after"):
        """The pass is killed at what becomes of bob."""
        self.sink["results"] = {"bob": word}
        self.sync(KILLED)
        self.sink["results"] = {}

    def report(self):
        with open(self.path("report.json")) as file:
            return json.load(file)

    def journal(self, *kinds):
        if not os.path.exists(self.path("journal")):
            return []
        with open(self.path("journal")) as file:
            lines = [json.loads(line) for line in file]
        return [line for line in lines if not kinds or line["request"] in kinds]

    def accounts(self):
        """The newest line of each account, by its external id."""
        found = {}
        if os.path.exists(self.path("accounts")):
            with open(self.path("accounts")) as file:
                for line in file:
                    account = json.loads(line)
                    account = account.get("account", account)
                    found[account["id"]] = account
        alive = [a for a in found.values() if not a.get("deleted")]
        ids = [a.get("externalId") for a in alive]
        self.assertEqual(len(ids), len(set(ids)), "twins: %s" % alive)
        return {a.get("externalId"): a for a in alive}

    def by_hand(self, *accounts):
        with open(self.path("accounts"), "a") as out:
            out.writelines(json.dumps(account) + "\n" for account in accounts)

    def quiet(self):
        """Nothing is left to be done: a complete read sends no request."""
        before = len(self.journal())
        self.sync(0, "--full")
        self.assertEqual([r for r in self.journal()[before:] if r["request"] != "schema"], [], self.said)

    def converges(self, **names):
        self.sink["results"] = {}
        self.run_it("parked", "--retry-all")
        self.sync(0, "--full")
        self.assertEqual({i: a["userName"] for i, a in self.accounts().items()},
                         {"id-" + k: v for k, v in names.items()})
        self.quiet()

"""Convergence (guarantees: How this is proven): a random but reproducible history of a directory,
while faults strike the service, the source and the program itself; at the end nothing strikes any
more, and then sink == map (source), and every promise that the service's own log can show holds.

    converge.py              a slice: $SEEDS seeds from $FIRST_SEED on (12 from 1)
    converge.py 17 18        these seeds, with what happened

A seed that fails is replayed by its number (what the clock decides, such as the moment of a kill,
differs a little from run to run)."""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import promises
import simulator
import tap
from promises import Failed
from world import DOMAIN, World

BUILD = os.environ.get("top_builddir", ".")
ENTERPRISE = simulator.ENTERPRISE
MAPPING = {"userName": "mail", "displayName": "cn", "title": "title",
           "emails": [{"type": "work", "value": "mail"}],
           "phoneNumbers": [{"type": "work", "value": "phone"}],
           ENTERPRISE: {"department": "department", "manager": {"value": "${manager | ref}"}}}
SOURCE_TROUBLE = ['{"error": {"code": "unreachable", "message": "the server went away"}}',
                  '{"partial": "size limit"}', '{"kill": true}', '{"reset": true}',
                  '{"error": {"code": "limit", "message": "time limit"}}']
PASSES_UNTIL_QUIET = 10

def faults(dice):
    """One fault of the service, as the simulator takes it."""
    method = dice.choice(["POST", "PATCH", "PATCH", "GET", None])
    one = dice.choice([
        {"kind": "status", "status": dice.choice([500, 502, 503, 504]), "applied": dice.random() < 0.5},
        {"kind": "reset", "applied": dice.random() < 0.5}, {"kind": "close", "applied": True},
        {"kind": "status", "status": 429, "retryAfter": 1}, {"kind": "status", "status": 200, "shape": "html"},
        {"kind": "slow", "delay": dice.choice([50, 300, 1500])}, {"kind": "truncate"},
        {"kind": "no-json"}, {"kind": "status", "status": 408}, {"kind": "status", "status": 400,
                                                                  "detail": "not this one"},
        {"kind": "status", "status": 409, "detail": "version"}, {"kind": "status", "status": 404}])
    fault = dict(one, path="*/users*", nth=dice.randrange(1, 6), count=dice.choice([1, 1, 2, 3]))
    if method:
        fault["method"] = method
    return fault


class History:
    """One seed: world, service, program."""

    def __init__(self, seed, talk=False):
        self.seed, self.dice, self.talk = seed, random.Random(seed), talk
        self.folder = tempfile.mkdtemp(prefix="syncd-converge-")
        self.sim = simulator.Simulator(["--no-limit", "--set", "latency=2", "--seed", str(seed)]).start()
        self.world = World(self.dice, self.dice.randrange(24, 40))
        self.left = self.dice.choice(["park", "adopt", "suffix"])
        self.policy = self.dice.choice(["suffix", "suffix", "skip"])
        self.mapping, self.touched = dict(MAPPING), set()
        self.marks = [(0, 0)]                     # log number at which an epoch began
        self.completes = []                       # epochs that a pass brought to their end
        self.hands = set()                        # numbers of requests that were not syncd's
        self.plugins()
        self.strangers()

    def say(self, text):
        if self.talk:
            print("# " + text, flush=True)

    def plugins(self):
        os.mkdir(self.path("plugins"))
        shutil.copy(os.path.join(BUILD, ".plugins-test", "syncd-script.so"), self.path("plugins"))
        shutil.copy(os.path.join(BUILD, ".plugins", "syncd-genesys-scim.so"), self.path("plugins"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def strangers(self):
        """Accounts that exist already: another system's, nobody's, and a protected one."""
        people = sorted(self.world.people.values(), key=lambda p: p.id)
        users = [{"userName": "boss" + DOMAIN, "displayName": "The Boss"}]
        for i in range(self.dice.randrange(4)):
            name = self.dice.choice(people).name if self.dice.random() < 0.5 else "other%d" % i
            users.append({"userName": name + DOMAIN, "displayName": "Foreign", "externalId": "hr-%d" % i})
        for i in range(self.dice.randrange(3)):
            name = self.dice.choice(people).name if self.dice.random() < 0.5 else "nobody%d" % i
            users.append({"userName": name + DOMAIN, "displayName": "Unowned"})
        seen = {}
        for user in users:
            seen.setdefault(user["userName"], user)
        self.sim.seed(seen.values())
        if self.dice.random() < 0.3:
            self.world.add("boss")
        self.foreign = {u["id"]: u for u in self.sim.users() if u.get("externalId")
                        or u["userName"].startswith("boss@")}

    # ---- running ----
    def configure(self):
        config = {
            "sources": {"script": {"file": self.path("script")}},
            "sinks": {"genesys-scim": {
                "base_url": self.sim.base_url, "token_url": self.sim.token_url, "timeout": "1s",
                "client_id": simulator.CLIENT_ID, "client_secret": simulator.CLIENT_SECRET}},
            "schemas": [simulator.CORE, ENTERPRISE], "mapping": self.mapping,
            "collision": {"policy": self.policy, "left": self.left}, "protect": ["boss" + DOMAIN],
            "brakes": {k: {"percent": 100, "min": 100000} for k in ("leavers", "updates", "creates")},
            "state": {"path": self.path("state.db")}}
        descriptor = os.open(self.path("syncd.yaml"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write("".join("%s: %s\n" % (k, json.dumps(v)) for k, v in config.items()))

    def run(self, *words, kill_after=None, timeout=90):
        self.configure()
        command = [os.path.join(BUILD, "run"), os.path.join(BUILD, "core", "syncd"), *words,
                   "-c", self.path("syncd.yaml"), "-v"]
        with open(self.path("log"), "ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=dict(
                os.environ, SYNCD_PLUGIN_DIR=self.path("plugins"), HOME=self.folder))
            try:
                process.wait(kill_after if kill_after is not None else timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                if kill_after is None:
                    raise Failed("a pass does not end: syncd %s" % " ".join(words))
        if process.returncode in (-6, -11) or process.returncode in (99, 134, 139):
            raise Failed("syncd crashed: %d" % process.returncode)
        return process.returncode

    def number(self):
        log = self.sim.log()
        return log[-1]["number"] + 1 if log else 0

    # ---- what happens ----
    def by_hand(self):
        """Somebody works on an account in the service itself."""
        ours = {p.id: p for p in self.world.people.values()}
        users = sorted((u for u in self.sim.users("active") if u.get("externalId") in ours),
                       key=lambda u: u["externalId"])
        if not users:
            return
        user = self.dice.choice(users)
        what = self.dice.choice(["title", "title", "delete", "purge"])
        self.say("by hand: %s %s" % (what, user["userName"]))
        self.touched.add(user["externalId"])
        before = self.number()
        if what == "title":
            self.sim.patch(user["id"], {"op": "replace", "path": "title", "value": "By hand"})
        elif what == "delete":
            self.sim.scim("DELETE", "users/" + user["id"])
        else:
            self.sim.purge(user["id"])
        self.hands.update(e["number"] for e in self.sim.log(before))

    def strike(self):
        for _ in range(self.dice.choice([0, 0, 1, 1, 2, 3])):
            fault = faults(self.dice)
            self.say("fault %s" % fault)
            self.sim.fault(**fault)
        if self.dice.random() < 0.15:
            self.sim.switch(invisible=self.dice.choice([200, 1500]))
        if self.dice.random() < 0.1:
            self.sim.revoke_tokens()

    def change_mapping(self):
        self.mapping = dict(MAPPING)
        for name in self.dice.sample(["title", "phoneNumbers"], self.dice.randrange(3)):
            del self.mapping[name]
        self.say("mapping without %s" % sorted(set(MAPPING) - set(self.mapping)))

    def one_epoch(self):
        d = self.dice
        self.world.happen(d.randrange(1, 9))
        self.marks.append((self.world.epoch, self.number()))
        if d.random() < 0.15:
            self.by_hand()
        if d.random() < 0.1:
            self.change_mapping()
        self.strike()
        trouble = d.choice(SOURCE_TROUBLE) if d.random() < 0.25 else None
        silent = [p.id for p in self.world.people.values() if d.random() < 0.1]
        self.world.script(self.path("script"), trouble, d.random() < 0.1, silent)
        kill = d.uniform(0.01, 0.6) if d.random() < 0.45 else None
        code = self.run(*(["--full"] if d.random() < 0.2 else []), kill_after=kill)
        self.say("epoch %d: trouble %s, kill %s -> %s" % (self.world.epoch, trouble, kill, code))
        if code in (0, 3, 4):
            self.completes.append(self.world.epoch)
        self.sim.clear_faults()
        self.sim.switch(invisible=0)

    # ---- the end ----
    def settle(self):
        """Nothing strikes any more: passes until quiet."""
        self.mapping = dict(MAPPING)
        self.world.happen(0)
        for ident in sorted(self.touched):
            self.world.fill(self.world.people[ident])
        self.marks.append((self.world.epoch, self.number()))
        self.world.script(self.path("script"))
        codes = []
        for _ in range(PASSES_UNTIL_QUIET):
            before = self.number()
            self.run("parked", "--retry-all")
            codes.append(self.run("--full"))
            wrote = [e for e in self.sim.log(before)
                     if e["kind"] in ("create", "update", "delete") and e["applied"]]
            if codes[-1] in (0, 3) and not wrote:
                return
        raise Failed("no quiet after %d passes: exits %s, last writes %s" % (
            PASSES_UNTIL_QUIET, codes, [(e["kind"], e["status"], e["body"]) for e in wrote]))

    def live(self):
        self.world.script(self.path("script"))
        for _ in range(self.dice.randrange(3, 9)):
            self.one_epoch()
        self.settle()
        promises.check(self)

    def close(self, keep):
        self.sim.stop()
        self.sim.errors.close()
        if keep:
            print("# seed %d: log and state are kept in %s" % (self.seed, self.folder))
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


def prove(seed, talk=False):
    history, ok = History(seed, talk), False
    try:
        history.live()
        ok = True
    finally:
        history.close(keep=not ok and (talk or "KEEP" in os.environ))


class Converge(unittest.TestCase):
    """One case a seed; made below."""


def add_case(seed):
    def case(_):
        prove(seed)
    setattr(Converge, "test_G1_G2_G3_G5_G6_G8_G9_G10_seed_%04d" % seed, case)


def seeds():
    first = int(os.environ.get("FIRST_SEED", "1"))
    return range(first, first + int(os.environ.get("SEEDS", "12")))


def main():
    if simulator.program() is None or not os.path.exists(
            os.path.join(BUILD, ".plugins", "syncd-genesys-scim.so")):
        print("1..0 # SKIP genesys-sim or the sink's plugin was not built")
        return
    if len(sys.argv) > 1:
        for word in sys.argv[1:]:
            began = time.time()
            prove(int(word), True)
            print("# seed %s holds, %.1f s" % (word, time.time() - began))
        return
    for seed in seeds():
        add_case(seed)
    tap.main()


if __name__ == "__main__":
    main()

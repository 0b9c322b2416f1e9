"""One seed of the convergence test: a world, the service, the program, what strikes them, and the end.

What is random derives from the seed, and is drawn whether or not it can happen here (a full disk needs
root), so that a seed is the same history everywhere. Kills are mostly at named points by count; some are
by the clock, and those alone differ a little from run to run."""
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time

import promises
import proxy
import simulator
import smalldisk
import world
from promises import Failed
from world import DOMAIN

BUILD = os.environ.get("top_builddir", ".")
ENTERPRISE = simulator.ENTERPRISE
OUTAGE = [  # of the service: these park nobody (G7)
    {"kind": "status", "status": 500}, {"kind": "status", "status": 502, "applied": True},
    {"kind": "status", "status": 503}, {"kind": "status", "status": 504, "applied": True},
    {"kind": "status", "status": 408}, {"kind": "reset"}, {"kind": "reset", "applied": True},
    {"kind": "close", "applied": True}, {"kind": "status", "status": 429, "retryAfter": 1},
    {"kind": "status", "status": 200, "shape": "html"}, {"kind": "truncate"}, {"kind": "no-json"},
    {"kind": "slow", "delay": 50}, {"kind": "slow", "delay": 1500}]
REFUSAL = [{"kind": "status", "status": 400, "detail": "not this one"},
           {"kind": "status", "status": 409, "detail": "version"}, {"kind": "status", "status": 404}]
POINTS = ["opened", "taken-in", "read", "leavers-found", "concluded", "decided", "round", "round-committed",
          "result-taken", "before-apply", "after-apply", "ring-broken", "delivered", "references-delivered",
          "finished", "commit", "committed", "stream-taken"]
OFTEN = ["before-apply", "after-apply", "result-taken", "round", "round-committed", "commit", "committed"]
PASSES_UNTIL_QUIET = 12
KILLED = (-9, 137)
FOUND = 99                                        # a sanitizer found something: by itself it ends with 1
WIDE = {k: {"percent": 100, "min": 100000} for k in ("leavers", "updates", "creates")}
TRIES = 8                                         # of one entry while others succeed; then it is parked
DISK = 6 << 20
BRAKE = 3


class Run:
    """What a run of the program was: exit status, its report, the service's log numbers around it."""

    def __init__(self, code, report, first, end, approved):
        self.code, self.report, self.first, self.end, self.approved = code, report, first, end, approved


class History:
    kind, BRAKE = "scripted", BRAKE
    SECRETS = [simulator.CLIENT_SECRET]

    def __init__(self, seed, talk=False):
        self.seed, self.dice, self.talk = seed, random.Random(seed), talk
        self.folder = tempfile.mkdtemp(prefix="syncd-converge-")
        self.sim = simulator.Simulator(["--no-limit", "--set", "latency=2", "--seed", str(seed)]).start()
        self.wire = proxy.Proxy(self.sim.port)
        self.world = self.make_world()
        d = self.dice
        self.left = d.choice(["park", "adopt", "suffix"])
        self.policy = d.choice(["suffix", "suffix", "skip"])
        self.narrow = d.random() < 0.2            # narrow brakes (G4)
        self.small = d.random() < 0.25            # the state is on a small disk
        self.by_clock = d.random() < 0.25         # kills by the clock
        self.by_watch = d.random() < 0.4          # at the end it follows, in place of passes
        self.verbose = d.choice(["-v", "-v", "-vvv"])
        self.mapping, self.touched = dict(self.MAPPING), set()
        self.marks = [(0, 0)]                     # log number at which an epoch began
        self.completes = []                       # epochs that a pass brought to their end
        self.hands = set()                        # numbers of requests that were not syncd's
        self.purged = []                          # (log number, account): gone without a trace
        self.removed = set()                      # accounts that somebody took away by hand
        self.runs, self.disk = [], None
        self.more = random.Random(seed * 7919)    # of its own: the histories stay what they were
        self.leavers = self.more.choice(["disable", "disable", "delete"])
        self.tidy = random.Random(seed * 104729)  # likewise
        self.verifies, self.approves = self.more.random() < 0.3, self.more.random() < 0.5
        os.mkdir(self.path("state"))
        self.set_up()

    MAPPING = {"userName": "mail", "displayName": "cn", "title": "title",
               "emails": [{"type": "work", "value": "mail"}],
               "phoneNumbers": [{"type": "work", "value": "phone"}],
               ENTERPRISE: {"department": "department", "manager": {"value": "${manager | ref}"}}}
    TROUBLE = ['{"error": {"code": "unreachable", "message": "the server went away"}}',
               '{"partial": "size limit"}', '{"kill": true}', '{"reset": true}',
               '{"error": {"code": "limit", "message": "time limit"}}']
    PLUGINS = [(".plugins-test", "syncd-script.so"), (".plugins", "syncd-genesys-scim.so")]

    def make_world(self):
        return world.World(self.dice, self.dice.randrange(24, 40))

    def set_up(self):
        os.mkdir(self.path("plugins"))
        for folder, name in self.PLUGINS:
            shutil.copy(os.path.join(BUILD, folder, name), self.path("plugins"))
        if self.small and smalldisk.alone():
            self.disk = smalldisk.Disk(self.path("state"), DISK)
        self.strangers()

    def say(self, text):
        if self.talk:
            print("# " + text, flush=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def strangers(self):
        """Accounts that exist already: another system's, nobody's, and a protected one."""
        d, people = self.dice, sorted(self.world.people.values(), key=lambda p: p.id)
        users = [{"userName": "boss" + DOMAIN, "displayName": "The Boss"}]
        for i in range(d.randrange(4)):
            name = d.choice(people).name if d.random() < 0.5 else "other%d" % i
            users.append({"userName": name + DOMAIN, "displayName": "Foreign", "externalId": "hr-%d" % i})
        for i in range(d.randrange(3)):
            name = d.choice(people).name if d.random() < 0.5 else "nobody%d" % i
            users.append({"userName": name + DOMAIN, "displayName": "Unowned"})
        seen = {}
        for user in users:
            seen.setdefault(user["userName"], user)
        self.sim.seed(seen.values())
        if d.random() < 0.3:
            self.world.add("boss")
        self.foreign = {u["id"]: u for u in self.sim.users() if u.get("externalId")
                        or u["userName"].startswith("boss@")}

    # ---- the two ends, as the program finds them ----
    def source(self):
        return {"script": {"file": self.path("script")}}

    def show(self, trouble=None):
        """The source shows what the world is now. Returns what is to be undone after the pass."""
        d = self.dice
        refuse = d.random() < 0.1
        silent = [p.id for p in self.world.people.values() if d.random() < 0.1]
        self.world.script(self.path("script"), trouble, refuse, silent)
        for ident in silent:                      # what a complete read did not show is a change later
            self.world.people[ident].seen = self.world.epoch + 1

    def show_at_rest(self):
        self.world.script(self.path("script"))

    def calm(self):
        """Nothing strikes any more."""
        self.sim.clear_faults()
        self.sim.switch(invisible=0)
        self.wire.clear()
        if self.disk:
            self.disk.empty()

    # ---- running ----
    def configure(self):
        url = "http://127.0.0.1:%d" % self.wire.port
        brakes = dict(WIDE, leavers={"percent": 0, "min": BRAKE}) if self.narrow else WIDE
        config = {
            "sources": self.source(),
            "sinks": {"genesys-scim": {
                "base_url": url, "token_url": url + "/oauth/token", "timeout": "1s",
                "client_id": simulator.CLIENT_ID, "client_secret": simulator.CLIENT_SECRET}},
            "schemas": [simulator.CORE, ENTERPRISE], "mapping": self.mapping,
            "collision": {"policy": self.policy, "left": self.left}, "protect": ["boss" + DOMAIN],
            "leavers": {"policy": self.leavers}, "brakes": brakes, "state": {"path": self.path("state/state.db")}}
        descriptor = os.open(self.path("syncd.new"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write("".join("%s: %s\n" % (k, json.dumps(v)) for k, v in config.items()))
        os.rename(self.path("syncd.new"), self.path("syncd.yaml"))

    def start(self, *words, point=None, out=None):
        self.configure()
        program = os.path.join(BUILD, "tests/faults/syncd-crash" if point else "core/syncd")
        command = [os.path.join(BUILD, "run"), program, *words, "-c", self.path("syncd.yaml"), self.verbose]
        more = {"SYNCD_CRASH_AT": point} if point else {}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            more[name] = "%s:exitcode=%d" % (os.environ.get(name, ""), FOUND)
        with open(self.path("log"), "ab") as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out or log, stderr=log, env=dict(
                os.environ, SYNCD_PLUGIN_DIR=self.path("plugins"), HOME=self.folder, **more))

    def ended(self, process):
        if process.returncode in (-6, -11, -7, -4) or process.returncode in (FOUND, 134, 139):
            raise Failed("syncd crashed: %d" % process.returncode)
        return process.returncode

    def run(self, *words, kill_after=None, point=None, timeout=120):
        """A pass or a command; its exit status."""
        first, is_pass = self.number(), not words or words[0].startswith("-")
        report = self.path("report.json")
        if is_pass:
            words += ("--report", report)
            if os.path.exists(report):
                os.remove(report)
        process = self.start(*words, point=point)
        try:
            process.wait(kill_after if kill_after is not None else timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            if kill_after is None:
                raise Failed("a pass does not end: syncd %s" % " ".join(words)) from None
        code = self.ended(process)
        if is_pass:
            self.runs.append(Run(code, self.read_report(report), first, self.number(), "--approve" in words))
        return code

    def read_report(self, path):
        try:
            with open(path) as file:
                return json.load(file)
        except (OSError, ValueError):
            return None

    def ask(self, *words):
        """A command that only reads: what it prints, or None where it failed."""
        process = self.start(*words, out=subprocess.PIPE)
        text = process.communicate(timeout=60)[0].decode()
        return text if self.ended(process) == 0 else None

    def number(self):
        log = self.sim.log()
        return log[-1]["number"] + 1 if log else 0

    def mark(self):
        self.marks.append((self.world.epoch, self.number()))

    # ---- what happens ----
    def by_hand(self):
        """Somebody works on an account in the service itself."""
        ours = {p.external: p for p in self.world.people.values()}
        users = sorted((u for u in self.sim.users("active") if u.get("externalId") in ours),
                       key=lambda u: ours[u["externalId"]].id)
        if not users:
            return
        user = self.dice.choice(users)
        what = self.dice.choice(["title", "title", "delete", "purge"])
        self.say("by hand: %s %s" % (what, user["userName"]))
        self.touched.add(ours[user["externalId"]].id)
        before = self.number()
        if what == "title":
            self.sim.patch(user["id"], {"op": "replace", "path": "title", "value": "By hand"})
        elif what == "delete":
            self.sim.scim("DELETE", "users/" + user["id"])
        else:
            self.sim.purge(user["id"])
            self.purged.append((before, user["id"]))
        if what != "title":
            self.removed.add(user["id"])
        self.hands.update(e["number"] for e in self.sim.log(before))

    def tidy_up(self):
        """Somebody takes the account of one away who left: its name is free then."""
        gone = {p.external for p in self.world.people.values() if not p.present}
        users = sorted((u for u in self.sim.users("inactive") if u.get("externalId") in gone),
                       key=lambda u: u["externalId"])
        if not users or self.tidy.random() > 0.2:
            return
        user, before = self.tidy.choice(users), self.number()
        self.say("tidied up: %s" % user["userName"])
        if self.tidy.random() < 0.5:
            self.sim.scim("DELETE", "users/" + user["id"])
        else:
            self.sim.purge(user["id"])
            self.purged.append((before, user["id"]))
        self.removed.add(user["id"])
        self.hands.update(e["number"] for e in self.sim.log(before))

    def strike(self):
        """Faults of the service and of the way to it. Returns whether they are an outage alone."""
        d, only_outage, failures = self.dice, True, 0
        for _ in range(d.choice([0, 0, 1, 1, 2, 3])):
            refusal = d.random() < 0.25
            fault = dict(d.choice(REFUSAL if refusal else OUTAGE), path="*/users*", nth=d.randrange(1, 6),
                         count=d.choice([1, 1, 2, 3]))
            method = d.choice(["POST", "PATCH", "PATCH", "GET", None])
            if method:
                fault["method"] = method
            only_outage = only_outage and not refusal
            failures += fault["count"]
            self.say("fault %s" % fault)
            self.sim.fault(**fault)
        for _ in range(d.choice([0, 0, 0, 1, 1, 2])):
            cut = (d.randrange(1, 12), d.choice(["before", "half", "after", "after", "reply"]),
                   d.choice(["POST", "PATCH", "PATCH", "GET", None]))
            self.say("cut %s" % (cut,))
            self.wire.cut_request(*cut)
            failures += 1
        if failures >= TRIES:
            only_outage = False                   # all of them may meet one, while others succeed
        if d.random() < 0.15:
            self.sim.switch(invisible=d.choice([200, 1500]))
            only_outage = False                   # a create that is not seen: parked is right
        if d.random() < 0.1:
            self.sim.revoke_tokens()
        return only_outage

    def change_mapping(self):
        self.mapping = dict(self.MAPPING)
        for name in self.dice.sample(["title", "phoneNumbers"], self.dice.randrange(3)):
            del self.mapping[name]
        self.say("mapping without %s" % sorted(set(self.MAPPING) - set(self.mapping)))

    def death(self):
        """How this pass is killed: seconds or a point, or neither."""
        d = self.dice
        kind, after = d.random(), d.uniform(0.01, 0.6)
        point = d.choice(POINTS + OFTEN)
        count = d.choice([1, 1, 1, 2, 2, 3, 5, 8, 13, 30] if point in OFTEN else [1, 1, 1, 2])
        if kind > 0.5:
            return {}
        return {"kill_after": after} if self.by_clock else {"point": "%s:%d" % (point, count)}

    def fill_disk(self):
        """A disk that is full from the start of the pass, or from some request of it on."""
        d = self.dice
        strikes, at_start, leave, nth = d.random() < 0.4, d.random() < 0.5, d.choice([0, 4, 16, 64, 200]), d.randrange(1, 20)
        if not self.disk or not strikes:
            return
        self.say("the disk is full: %s, %d KiB left" % ("now" if at_start else "at request %d" % nth, leave))
        if at_start:
            self.disk.fill(leave << 10)
        else:
            self.wire.cut_request(nth, "call", None, lambda: self.disk.fill(leave << 10))

    def parked(self):
        """Ids to why; None where it cannot be told (a full disk). As JSON: the list for people has nothing
        between its entries that a program should go by."""
        text = self.ask("parked", "--format", "json")
        return None if text is None else {one["id"]: one["reason"] for one in json.loads(text)}

    def one_epoch(self):
        d = self.dice
        self.world.happen(d.randrange(1, 9))
        self.mark()
        if d.random() < 0.15:
            self.by_hand()
        self.tidy_up()
        if d.random() < 0.1:
            self.change_mapping()
        outage = self.strike()
        trouble = d.choice(self.TROUBLE) if d.random() < 0.3 else None
        full, death, watch = d.random() < 0.2, self.death(), d.random() < 0.2
        before = self.parked() if outage and os.path.exists(self.path("state/state.db")) else {}
        self.fill_disk()
        if watch and self.can_watch:
            self.follow(death)
        else:
            self.show(trouble)
            code = self.run(*(["--full"] if full else []), *self.decided(), **death)
            self.say("epoch %d: trouble %s, death %s -> %s" % (self.world.epoch, trouble, death, code))
            if code in (0, 3, 4):
                self.completes.append(self.world.epoch)
            elif code not in (1,) + KILLED:
                raise Failed("a pass ended with %s" % code)
        self.calm()
        if outage:
            promises.check_outage(self, before, self.parked())

    def decided(self):
        """Words of somebody who looks at it from time to time."""
        words = self.approve() if self.approves and self.runs and self.more.random() < 0.5 else []
        return words + (["--verify"] if self.verifies and self.more.random() < 0.3 else [])

    can_watch = False

    def follow(self, death):
        """For those that can: a while in watch mode."""

    # ---- the end ----
    def approve(self):
        """The brakes hold something back: an administrator lets it go."""
        report = self.runs[-1].report
        token = report and report.get("approve")
        self.say("held: %s, approved" % (report and report.get("held")))
        return ["--approve", token] if token else []

    def settle(self):
        """Nothing strikes any more: passes until quiet, without reading everything by order."""
        self.mapping = dict(self.MAPPING)
        self.calm()
        self.world.happen(0)
        for ident in sorted(self.touched):
            self.world.fill(self.world.people[ident])
        self.mark()
        self.show_at_rest()
        if self.by_watch and self.can_watch and not self.before_rest():
            self.follow_to_the_end()
        codes, wrote, words, still = [], [], self.before_rest(), 0
        for _ in range(PASSES_UNTIL_QUIET):
            before = self.number()
            self.run("parked", "--retry-all")
            codes.append(self.run(*words))
            words = self.approve() if codes[-1] == 4 else []
            wrote = [e for e in self.sim.log(before)
                     if e["kind"] in ("create", "update", "delete") and e["applied"]]
            # whose name was somebody's whom the pass found gone gets it with the next new try
            still = still + 1 if codes[-1] in (0, 3) and not wrote else 0
            if still == (1 if codes[-1] == 0 else 2):
                return
        raise Failed("no quiet after %d passes: exits %s, last writes %s" % (
            PASSES_UNTIL_QUIET, codes, [(e["kind"], e["status"], e["body"]) for e in wrote]))

    def follow_to_the_end(self):
        pass

    def before_rest(self):
        """Words for the first pass of the end."""
        return []

    def live(self):
        self.show_at_rest()
        for _ in range(self.dice.randrange(3, 9)):
            self.one_epoch()
        self.settle()
        promises.check(self)

    def keep_requests(self):
        """The service's log, for whoever looks at a seed that failed."""
        with open(self.path("requests"), "w") as out:
            for entry in self.sim.log():
                out.write(json.dumps(dict(entry, token=None, ours=entry["number"] not in self.hands)) + "\n")

    def close(self, keep):
        if keep:
            self.keep_requests()
        self.sim.stop()
        self.sim.errors.close()
        self.wire.stop()
        if keep and self.disk:
            shutil.copytree(self.path("state"), self.path("kept"))
        if self.disk:
            self.disk.remove()
        if keep:
            print("# seed %d: log and state are kept in %s" % (self.seed, self.folder))
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


class Following:
    """A run in watch mode; ends by a signal or by what kills it."""

    def __init__(self, history, death):
        self.history, self.approved = history, set()
        self.report = history.path("watch.json")
        if os.path.exists(self.report):
            os.remove(self.report)
        self.process = history.start("--watch", "--interval", "100ms", "--report", self.report,
                                     point=death.get("point"))

    def alive(self):
        return self.process.poll() is None

    def wait(self, seconds):
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass

    def end(self, how=signal.SIGTERM):
        if self.alive():
            self.process.send_signal(how)
        try:
            self.process.wait(90)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed("--watch does not end by SIGTERM") from None
        code = self.history.ended(self.process)
        full = self.history.disk and self.history.disk.free() < 1 << 20
        if code == 1 and full:                    # it cannot even open its state
            return code
        if code not in (143, -15) + KILLED:
            raise Failed("--watch ended with %s" % code)
        return code

    def until(self, condition, timeout=60):
        end = time.monotonic() + timeout
        while self.alive() and time.monotonic() < end:
            if condition():
                return True
            time.sleep(0.05)
        return False

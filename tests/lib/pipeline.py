"""The whole pipeline for tests: a real slapd and the simulator, both over TLS, and the real syncd.

    with pipeline.Pipeline (people=[person ("ada"), …], brakes={…}) as p:
        p.sync ()                        # a pass that must end with 0; its report
        done = p.run ("--full")          # done.code, done.out, done.err, done.report
        p.account ("ada@example.com")    # the resource in the sink, with "state"
        with p.watched () as seen: …     # seen.kinds, seen.writes: what reached the sink meanwhile

Keywords of Pipeline go into the configuration file as they are; `ldap` and `scim` are merged into
the source's and the sink's keys, None removes a key. `sim` is a list of arguments of genesys-sim.
"""
import atexit
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import simulator
import slapd
import tls

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = simulator.ENTERPRISE
READER = "cn=syncd,ou=services," + slapd.SUFFIX
READER_PASSWORD = "sync-password"
MAPPING = {"userName": "mail", "displayName": "cn", "title": "title",
           "emails": [{"type": "work", "value": "mail"}],
           "phoneNumbers": [{"type": "work", "value": "telephoneNumber"}]}
TOP = os.environ.get("top_srcdir", ".")
BUILD = os.environ.get("top_builddir", ".")
SUPPRESSIONS = os.path.join(TOP, "tests", "lib", "lsan.supp")  # what libraries leak
# intercept_tls_get_addr: the sanitizer takes what stands before a library's thread-local block for its size;
# where that is something else its leak check dies ("Tracer caught signal 11").
LEAKS = "suppressions=%s:print_suppressions=0:intercept_tls_get_addr=0" % SUPPRESSIONS
PLUGINS = os.path.join(BUILD, ".plugins")
TIMEOUT = int(os.environ.get("SYNCD_TEST_TIMEOUT", "150"))
WRITES = ("create", "update", "delete")
LIMITS = 'limits dn.exact="%s" size=unlimited time=unlimited\n' % READER
shared = {}


def sanitized():
    with open(os.path.join(BUILD, "Makefile")) as file:
        return any(line.startswith("SANITIZE_FLAGS = -") for line in file)


def program():
    for name in ("syncd", "core/syncd"):
        path = os.path.join(BUILD, name)
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    raise RuntimeError("syncd was not built in " + BUILD)


def require():
    """Raises SkipTest where a server that the pipeline needs is not there."""
    if simulator.program() is None:
        raise unittest.SkipTest("genesys-sim was not built (libmicrohttpd is missing)")
    if not os.path.exists(os.path.join(PLUGINS, "syncd-ldap.so")):
        raise unittest.SkipTest("the ldap plugin was not built")
    slapd.find("slapd")


def authority():
    """One CA and one server certificate for all tests of a program."""
    if not shared:
        folder = tempfile.mkdtemp(prefix="syncd-ca-")
        atexit.register(shutil.rmtree, folder, True)
        shared["ca"] = tls.Authority(folder)
        shared["pair"] = shared["ca"].issue("localhost")
    return shared["ca"], shared["pair"]


def schema_text():
    with open(os.path.join(TOP, "contrib", "schema", "syncd.schema")) as file:
        return file.read()


def merge(base, more):
    merged = dict(base)
    for key, value in more.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = value
    return merged


class Done:
    """What a run of the program left: code, out, err, report (None where it wrote none)."""

    def __init__(self, code, out, err, report):
        self.code, self.out, self.err, self.report = code, out, err, report

    @property
    def said(self):
        return self.out + self.err

    def __str__(self):
        return "exit %s\n--- out\n%s\n--- err\n%s\n--- report\n%s" % (
            self.code, self.out[-3000:], self.err[-6000:], json.dumps(self.report, indent=1))


class Seen:
    """The requests that reached the sink."""

    def __init__(self):
        self.entries = []

    @property
    def kinds(self):
        return [entry["kind"] for entry in self.entries]

    @property
    def writes(self):
        return [entry for entry in self.entries if entry["kind"] in WRITES]

    def __len__(self):
        return len(self.entries)

    def __str__(self):
        return "\n".join("%s %s?%s -> %s %s" % (e["method"], e["path"], e["query"] or "",
                                                 e["status"], e["body"] or "") for e in self.entries)


class Pipeline:
    def __init__(self, people=(), sim=(), ldap=None, scim=None, directory=None, secure=True,
                 mapping=None, **settings):
        require()
        self.folder = tempfile.mkdtemp(prefix="syncd-e2e-")
        atexit.register(self.remove)
        self.ca, pair = authority()
        self.slapd = self.serve("".join(people), pair, directory or {})
        self.sim = simulator.Simulator(["--no-limit"] + list(sim), tls=(
            pair.cert, pair.key, self.ca.cert) if secure else None).start()
        self.secrets = {"TEST_BIND_PW": READER_PASSWORD, "TEST_SECRET": simulator.CLIENT_SECRET}
        self.state = os.path.join(self.folder, "state.db")
        self.config = {
            "sources": {"ldap": merge(self.source(), ldap or {})},
            "sinks": {"genesys-scim": merge(self.sink(secure), scim or {})},
            "schemas": [USER], "mapping": mapping or MAPPING, "state": {"path": self.state}}
        self.config = merge(self.config, settings)
        self.runs = 0

    def serve(self, people, pair, more):
        """The directory; others than slapd come instead of this."""
        options = dict({"tls": pair, "ca": self.ca.cert, "schema_text": schema_text(),
                        "database_conf": LIMITS}, **more)
        return slapd.Slapd(ldif=slapd.BASE + people, **options)

    def source(self):
        return {"uri": self.slapd.ldaps_uri, "base": slapd.PEOPLE,
                "filter": "(objectClass=inetOrgPerson)", "bind_dn": READER,
                "bind_password": "${TEST_BIND_PW}", "tls": {"ca_file": self.ca.cert}}

    def sink(self, secure):
        keys = {"base_url": self.sim.base_url, "token_url": self.sim.token_url,
                "client_id": simulator.CLIENT_ID, "client_secret": "${TEST_SECRET}"}
        return dict(keys, tls={"ca_file": self.ca.cert}) if secure else keys

    # ---- running ----
    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, text=None, name="syncd.yaml", mode=0o600):
        """The configuration file; JSON is YAML."""
        with open(self.path(name), "w") as out:
            out.write(text if text is not None else "\n".join(
                "%s: %s" % (key, json.dumps(value)) for key, value in self.config.items()) + "\n")
        os.chmod(self.path(name), mode)
        return self.path(name)

    def environment(self, more=None):
        kept = {k: v for k, v in os.environ.items()
                if not k.startswith(("LDAP", "GENESYS_", "SYNCD_")) or k == "SYNCD_VALGRIND"}
        kept.update(self.secrets, SYNCD_PLUGIN_DIR=PLUGINS, XDG_STATE_HOME=self.path("xdg"),
                    LSAN_OPTIONS=LEAKS)
        kept.update(more or {})
        return {k: v for k, v in kept.items() if v is not None}

    def command(self, *words, config=True):
        report = ["--report", self.path("report.json")] if not words or words[0].startswith("-") \
            or words[0] in ("run", "plan") else []
        if "--report" in words:
            report = []
        chosen = ["-c", self.path("syncd.yaml")] if config else []
        return [os.path.join(BUILD, "run"), program()] + list(words) + chosen + report

    def start(self, *words, config=True, env=None):
        if config is True:
            self.write()
        self.forget_report()
        return subprocess.Popen(self.command(*words, config=config), env=self.environment(env),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, cwd=self.folder)

    def run(self, *words, config=True, env=None, text=None, stdin=b"", timeout=TIMEOUT):
        """TEXT: the configuration instead of self.config; CONFIG False: none at all."""
        if config:
            self.write(text)
        self.forget_report()
        process = subprocess.Popen(self.command(*words, config=config), env=self.environment(env),
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, cwd=self.folder)
        return self.finish(process, stdin, timeout)

    def finish(self, process, stdin=None, timeout=TIMEOUT):
        try:
            out, err = process.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError("syncd did not end within %d s\n%s" % (
                timeout, (out + err).decode(errors="replace")[-5000:])) from None
        return self.done(process.returncode, out, err)

    def done(self, code, out, err):
        self.runs += 1
        out, err = out.decode(errors="replace"), err.decode(errors="replace")
        report = None
        if os.path.exists(self.path("report.json")):
            with open(self.path("report.json")) as file:
                report = json.load(file)
        done = Done(code, out, err, report)
        if code < 0 or "AddressSanitizer" in err or "runtime error:" in err:
            raise AssertionError("syncd crashed\n%s" % done)
        return done

    def forget_report(self):
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.path("report.json"))

    def sync(self, *words, expect=0, **more):
        """A pass that ends with EXPECT; its report, with all that it said as report["said"]."""
        done = self.run(*words, **more)
        assert done.code == expect, "expected exit %s\n%s" % (expect, done)
        assert done.report is not None, "no report\n%s" % done
        return dict(done.report, said=done.said)

    def crash(self, point, *words):
        """A pass of the program that ends as by kill -9 at POINT (name:count, core/util/crash.h)."""
        self.write()
        command = self.command(*words)
        command[1] = os.path.join(BUILD, "tests", "faults", "syncd-crash")
        return subprocess.run(command, env=self.environment({"SYNCD_CRASH_AT": point}), cwd=self.folder,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, timeout=TIMEOUT, check=False).returncode

    def kill_when(self, condition, *words, how=signal.SIGKILL, timeout=60):
        """Starts a pass and ends it by a signal as soon as CONDITION () holds."""
        process = self.start(*words)
        end = time.time() + timeout
        while not condition():
            if process.poll() is not None or time.time() > end:
                out, err = process.communicate()
                raise AssertionError("it ended too early: %s\n%s" % (process.returncode,
                                                                     (out + err).decode()))
            time.sleep(0.005)
        process.send_signal(how)
        if how == signal.SIGKILL:
            process.communicate()
            return None
        return self.finish(process)

    # ---- looking ----
    @contextlib.contextmanager
    def watched(self):
        seen, before = Seen(), self.next_number()
        yield seen
        seen.entries = [e for e in self.sim.log(before) if e["number"] >= before]

    def next_number(self):
        log = self.sim.log()
        return log[-1]["number"] + 1 if log else 0

    def created(self):
        return self.sim.stats()["kinds"]["create"]

    def accounts(self, state=None):
        """By user name."""
        return {user["userName"]: user for user in self.sim.users(state)}

    def account(self, user_name):
        found = self.sim.user(user_name)
        return found[0] if found else None

    def by_entry(self):
        """By the external id, that is by the entry's entryUUID."""
        return {user.get("externalId"): user for user in self.sim.users()}

    def uuid(self, uid):
        return self.slapd.search("(uid=%s)" % uid, "entryUUID")[0]["entryuuid"][0].decode()

    def account_of(self, uid):
        """The account of an entry, whatever its user name is."""
        return self.by_entry().get(self.uuid(uid))

    def snapshot(self):
        """All accounts, to show that nothing was written."""
        return sorted(json.dumps(user, sort_keys=True) for user in self.sim.users())

    def states(self):
        """How many accounts there are of each state."""
        found = [user["state"] for user in self.sim.users()]
        return {state: found.count(state) for state in set(found)}

    def twins(self):
        """External ids that more than one account carries."""
        ids = [user.get("externalId") for user in self.sim.users() if user.get("externalId")]
        return sorted({i for i in ids if ids.count(i) > 1})

    def state_bytes(self):
        """Every byte of the state's files."""
        found = b""
        for name in sorted(os.listdir(self.folder)):
            if name.startswith("state.db"):
                with open(self.path(name), "rb") as file:
                    found += file.read()
        return found

    # ---- the end ----
    def remove(self):
        self.slapd.remove()
        self.sim.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.remove)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()


class Test(unittest.TestCase):
    """Checks that say what they saw."""
    maxDiff = None

    def pipeline(self, *words, **more):
        p = Pipeline(*words, **more)
        self.addCleanup(p.remove)
        return p

    def says(self, done, *patterns):
        """All patterns occur in what was said, without regard to case."""
        said = done["said"] if isinstance(done, dict) else done.said
        for pattern in patterns:
            if not re.search(pattern, said, re.I | re.S):
                self.fail("nothing matches %r in\n%s" % (pattern, said[-5000:]))

    def ends(self, done, code):
        if done.code != code:
            self.fail("expected exit %d\n%s" % (code, done))


def person(uid, first="Ada", last="Lovelace", **more):
    """Like slapd.person, but a keyword replaces (None: removes) what is there by itself."""
    values = {"objectClass": ["inetOrgPerson", "syncdPerson"], "uid": uid, "givenName": first,
              "sn": last, "cn": "%s %s" % (first, last), "mail": "%s@example.com" % uid}
    values.update((name.replace("__", ";"), value) for name, value in more.items())
    rows = [(name, one) for name, value in values.items() if value is not None
            for one in (value if isinstance(value, (list, tuple)) else [value])]
    return slapd.ldif(dn(uid), rows)


def crowd(count, start=0):
    """Reproducible people p0000, p0001, …, each with a title and a telephone number."""
    return [person("p%04d" % i, "Pat", "Person%04d" % i, title="Engineer",
                   telephoneNumber="+4930%07d" % i) for i in range(start, start + count)]


def dn(uid):
    return "uid=%s,%s" % (uid, slapd.PEOPLE)

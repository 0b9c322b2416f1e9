"""Runs source-driver and reads what it prints.

    run = source.run (["uri=…", "base=…"], "--attribute", "uid", "--scan", "everything")
    run.entries["uid=ada,…"]["uid"] == ["ada"]; run.end == "end-all"; run.error; run.log
"""
import json
import os
import subprocess
import threading
import time
import unittest

BUILD = os.environ.get("top_builddir", os.getcwd())
PROGRAM = os.path.join(BUILD, "tests", "plugin", "source-driver")
MODULE = os.path.join(BUILD, "plugins", ".libs", "syncd-ldap.so")
WRAPPER = os.environ.get("SOURCE_DRIVER_WRAPPER", "").split()

OK, UNREACHABLE, CANCELLED, CONFIG, AUTH, FORBIDDEN, NOT_FOUND, BUDGET, PROTOCOL, LIMIT, \
    UNSUPPORTED, CHECKPOINT, INTERNAL = range(0, -13, -1)
SUPPRESSIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib", "lsan.supp")
SANITIZERS = {"ASAN_OPTIONS": "exitcode=99", "UBSAN_OPTIONS": "print_stacktrace=1",
              "LSAN_OPTIONS": "suppressions=%s:print_suppressions=0:intercept_tls_get_addr=0" % SUPPRESSIONS}
SECRETS = ("sync-password", "syncd-S3cret")


class Run:
    def __init__(self, words, events, log, seconds, status):
        self.events, self.log, self.seconds, self.status = events, log, seconds, status
        names = [w[1].split(":")[0] for w in zip(words, words[1:]) if w[0] == "--attribute"]
        self.list = [self.entry(e, names) for e in events if "keys" in e]
        self.entries = {e["dn"]: e for e in self.list if e["dn"]}
        self.kinds = [e["event"] for e in events]
        self.end = next((k for k in reversed(self.kinds) if k.startswith("end-")), None)
        self.error = next((e for e in events if e["event"] == "error"), None)
        self.code = self.error["code"] if self.error else OK
        self.message = self.error["message"] if self.error else ""

    @staticmethod
    def entry(event, names):
        out = {"event": event["event"], "id": event.get("id"), "token": event.get("token"),
               "dn": event.get("name"), "keys": event["keys"],
               "reevaluate_at": event.get("reevaluate_at")}
        for index, value in event["values"]:
            raw = bytes.fromhex(value["hex"]) if isinstance(value, dict) else value
            out.setdefault(names[index], []).append(raw)
        return out

    def text(self, kind):
        return next((e["text"] for e in self.events if e["event"] == kind), None)

    def json(self, kind):
        return next((e["json"] for e in self.events if e["event"] == kind), None)


def command(words):
    return WRAPPER + [PROGRAM, MODULE] + list(words)


def finish(words, process_output, log, seconds, status):
    if status not in (0, 1):
        raise AssertionError("source-driver ended with %s:\n%s" % (status, log[-4000:]))
    for secret in SECRETS:
        if secret in process_output or secret in log:
            raise AssertionError("a secret was shown")
    events = [json.loads(line) for line in process_output.splitlines()]
    return Run(list(words), events, log, seconds, status)


def run(options, *words, environment=None, folder=None, timeout=120):
    words = list(options) + list(words)
    started = time.monotonic()
    done = subprocess.run(command(words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout, cwd=folder, check=False,
                          env=dict(os.environ, **SANITIZERS, **(environment or {})))
    return finish(words, done.stdout.decode(), done.stderr.decode(), time.monotonic() - started,
                  done.returncode)


def run_with_pauses(options, words, *steps):
    """Calls one of STEPS at each --pause."""
    words = list(options) + list(words)
    process = subprocess.Popen(command(words), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True,
                               env=dict(os.environ, **SANITIZERS))
    started, steps, output = time.monotonic(), list(steps), ""
    for line in process.stdout:
        output += line
        if '"event":"pause"' in line:
            steps.pop(0)()
            process.stdin.write("\n")
            process.stdin.flush()
    log = process.stderr.read()
    process.stdin.close()
    status = process.wait(60)
    process.stdout.close()
    process.stderr.close()
    return finish(words, output, log, time.monotonic() - started, status)


def scan(options, *names, mode="everything", **more):
    words = [w for n in names for w in ("--attribute", n)]
    return run(options, *words, "--scan", mode, **more)


def until(condition, what, timeout=20):
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(what)
        time.sleep(0.05)


class Watch:
    """A scan that follows changes, in the background.

        with source.Watch (options, "uid", checkpoint=text) as watch:
            watch.wait ("caught-up"); …; watch.wait ("entry", 2)
        watch.run   # once it was stopped
    """

    def __init__(self, options, *names, checkpoint=None):
        self.words = list(options) + [w for n in names for w in ("--attribute", n)]
        self.words += ["--checkpoint", checkpoint] if checkpoint else []
        self.words += ["--scan", "watch"]
        self.lines, self.changed, self.started = [], threading.Condition(), time.monotonic()
        self.process = subprocess.Popen(command(self.words), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env=dict(os.environ, **SANITIZERS))
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.run = None

    def read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line)
                self.changed.notify_all()

    def seconds(self):
        return time.monotonic() - self.started

    def count(self, kind):
        return sum(json.loads(line)["event"] == kind for line in self.lines)

    def wait(self, kind, times=1, timeout=20):
        with self.changed:
            if not self.changed.wait_for(lambda: self.count(kind) >= times, timeout):
                raise AssertionError("no %s after %d s, but %s" % (kind, timeout, self.lines))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        log = self.process.stderr.read()
        status = self.process.wait(20)
        self.reader.join(20)
        self.process.stdout.close()
        self.process.stderr.close()
        self.run = finish(self.words, "".join(self.lines), log,
                          self.seconds(), status)


class Case(unittest.TestCase):
    def assertSays(self, run_, code, *words):
        self.assertEqual(run_.code, code, run_.error or run_.kinds)
        self.assertEqual(run_.error["told"], code)
        for word in words:
            self.assertIn(word, run_.message)

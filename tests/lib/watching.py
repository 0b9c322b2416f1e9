"""syncd --watch in the background, for tests.

    w = watching.Watching (p, "--interval", "1s")     # p: pipeline.Pipeline
    w.says ("following")                              # waits until a line of the log matches
    w.until (lambda: p.account ("ada@example.com"))   # waits until that is so
    done = w.stop ()                                  # SIGTERM; code, err, report
"""
import json
import os
import re
import signal
import threading
import time

import pipeline

SLOW = 4 if pipeline.sanitized() or os.environ.get("SYNCD_VALGRIND") else 1
TICKS = os.sysconf("SC_CLK_TCK")


class Watching:
    def __init__(self, p, *words, env=None, config=True):
        self.p = p
        self.lines = []
        self.process = p.start("--watch", *words, env=env, config=config)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.lines.append(line.decode(errors="replace"))

    @property
    def said(self):
        return "".join(self.lines)

    def mark(self):
        """The place in the log from which says() looks."""
        return len(self.lines)

    def until(self, condition, timeout=30, what="it did not come to pass"):
        end = time.monotonic() + timeout
        while True:
            found = condition()
            if found:
                return found
            if time.monotonic() > end or self.process.poll() is not None:
                raise AssertionError("%s (exit %s)\n%s" % (what, self.process.poll(),
                                                           self.said[-6000:]))
            time.sleep(0.02)

    def says(self, pattern, since=0, timeout=30):
        return self.until(lambda: re.search(pattern, "".join(self.lines[since:]), re.I), timeout,
                          "nothing matches %r" % pattern)

    def passes(self):
        return len(re.findall(r"^.*\b(ok|failed|parked|held) in [0-9.]+ s:", self.said, re.M))

    def report(self):
        try:
            with open(self.p.path("report.json")) as file:
                return json.load(file)
        except FileNotFoundError:
            return None

    def send(self, number):
        self.process.send_signal(number)

    def end(self, timeout=60):
        out = self.process.stdout.read()
        self.process.wait(timeout)
        self.reader.join(timeout)
        self.process.stdout.close()
        self.process.stderr.close()
        return self.p.done(self.process.returncode, out, self.said.encode())

    def stop(self, how=signal.SIGTERM, timeout=60):
        self.send(how)
        return self.end(timeout)

    def kill(self):
        """For clean-up: nothing where it has ended."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def cpu(self):
        """Seconds of processor time."""
        with open("/proc/%d/stat" % self.process.pid) as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident(self):
        """KiB in memory."""
        with open("/proc/%d/status" % self.process.pid) as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))


class Test(pipeline.Test):
    """A test of watch mode: what it starts ends with it."""

    def watch(self, p, *words, **more):
        w = Watching(p, *words, **more)
        self.addCleanup(w.kill)
        return w

    def title(self, p, uid):
        account = p.account("%s@example.com" % uid)
        return account and account.get("title")

    def told_to_end(self, w, code=143, how=signal.SIGTERM):
        done = w.stop(how)
        self.ends(done, code)
        return done

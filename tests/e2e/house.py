"""The commands of README.md: bootstrap.sh and the demonstration."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import pipeline
import tap

TOP = os.environ.get("top_srcdir", ".")
os.environ["LSAN_OPTIONS"] = pipeline.LEAKS
DEMO = [sys.executable, os.path.join(TOP, "contrib", "demo", "demo.py")]


def children(pid):
    """Processes that PID started and that still live."""
    found = []
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % number) as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(number))
    return found


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Shell(unittest.TestCase):
    def bootstrap(self, *words):
        return subprocess.run([os.path.join(TOP, "bootstrap.sh")] + list(words), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)

    def test_help_names_every_command(self):
        done = self.bootstrap("--help")
        self.assertEqual(done.returncode, 0)
        for word in ("demo", "check", "build", "install-packages"):
            self.assertIn("\n  %s" % word, done.stdout)

    def test_an_unknown_command_is_usage(self):
        done = self.bootstrap("chek")
        self.assertEqual((done.returncode, done.stdout), (2, ""))

    def test_scripts_are_clean_for_shellcheck(self):
        if not shutil.which("shellcheck"):
            self.skipTest("shellcheck is not installed")
        done = subprocess.run(["shellcheck", os.path.join(TOP, "bootstrap.sh"), os.path.join(TOP, ".ci/run")],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(done.stdout, "")


class Units(unittest.TestCase):
    """The units for systemd are understood, and shut in."""

    def setUp(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed (package systemd)")
        self.folder = tempfile.mkdtemp(prefix="syncd-units-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        for name in ("syncd.service", "syncd@.service"):
            with open(os.path.join(pipeline.BUILD, "contrib", "systemd", name)) as file:
                text = file.read()
            text = re.sub("(?m)^ExecStart=[^ ]+", "ExecStart=" + shutil.which("true"), text)
            with open(os.path.join(self.folder, name.replace("@", "@people")), "w") as out:
                out.write(text)

    def analyze(self, *words):
        return subprocess.run(["systemd-analyze", *words], cwd=self.folder, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def test_systemd_understands_every_line(self):
        for name in os.listdir(self.folder):
            done = self.analyze("verify", "--man=no", "./" + name)
            if "Failed to" in done.stdout and "syncd" not in done.stdout:
                self.skipTest("systemd-analyze does not work here: " + done.stdout.strip()[:200])
            self.assertEqual((done.returncode, done.stdout), (0, ""), name)

    def test_its_exposure_is_low(self):
        for name in os.listdir(self.folder):
            done = self.analyze("security", "--offline=true", "--threshold=20", "./" + name)
            if "unrecognized option" in done.stdout:
                self.skipTest("this systemd-analyze cannot judge a file")
            self.assertEqual(done.returncode, 0, done.stdout)


class Demo(unittest.TestCase):
    def setUp(self):
        pipeline.require()

    def test_the_demonstration_tells_its_story_to_the_end(self):
        done = subprocess.run(DEMO, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=240,
                              check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        for text in ("anna.weber@example.com", "jan.kowalski_1@example.com", "state: active → inactive",
                     "25 entries read", "nothing to do", "+49301001", "werner.mueller@example.com"):
            self.assertIn(text, done.stdout)
        self.assertNotIn("another account!", done.stdout)

    def interrupted(self, how):
        process = subprocess.Popen(DEMO, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started, end = [], time.time() + 60
        while len(started) < 2 and process.poll() is None and time.time() < end:
            time.sleep(0.1)
            started = children(process.pid)
        process.send_signal(how)
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, err), (130, ""), out)
        end = time.time() + 10
        while any(map(alive, started)) and time.time() < end:
            time.sleep(0.1)
        self.assertEqual([pid for pid in started if alive(pid)], [])

    def test_interrupted_it_stops_what_it_started(self):
        self.interrupted(signal.SIGINT)

    def test_terminated_it_stops_what_it_started(self):
        self.interrupted(signal.SIGTERM)


if __name__ == "__main__":
    tap.main()

"""tests/PROMISES.md names tests that exist, and every promise has one; what breaks the core on purpose still
finds what it breaks."""
import glob
import os
import re
import subprocess
import sys
import unittest

import tap

TOP = os.environ.get("top_srcdir", ".")


class Promises(unittest.TestCase):
    def setUp(self):
        with open(os.path.join(TOP, "tests", "PROMISES.md")) as file:
            self.text = file.read()

    def test_every_test_that_is_named_exists(self):
        named = re.findall(r"`([\w/.-]+\.(?:py|c)): (test_\w+)`", self.text)
        self.assertGreater(len(named), 50)
        for path, name in named:
            with open(os.path.join(TOP, "tests", path)) as file:
                self.assertIn(("def %s(" if path.endswith(".py") else "\n%s (void") % name, file.read(), path)

    def test_every_promise_has_a_test_that_carries_its_number(self):
        for number in range(1, 13):
            self.assertRegex(self.text, r"(?m)^\* G%d .*`" % number)
            self.assertIn("test_G%d_" % number, self.text)

    def test_every_line_names_a_test(self):
        for line in self.text.splitlines():
            if line.startswith("* "):
                self.assertRegex(line, r"`[\w/.-]+\.py: test_\w+`")


class Faults(unittest.TestCase):
    def text(self, *names):
        with open(os.path.join(TOP, *names)) as file:
            return file.read()

    def test_every_mutant_finds_what_it_breaks(self):
        done = subprocess.run(["sh", os.path.join(TOP, "tests", "faults", "mutants.sh"), "--applies"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, check=False,
                              env=dict(os.environ, PYTHON3=sys.executable))
        self.assertEqual(done.returncode, 0, done.stdout.decode())

    def test_every_point_at_which_the_tests_kill_is_compiled_in(self):
        built, found = self.text("tests", "faults", "local.mk"), set()
        for path in glob.glob(os.path.join(TOP, "core", "**", "*.c"), recursive=True):
            points = re.findall(r'CRASH_POINT \("([\w-]+)"\)', self.text(path))
            found.update(points)
            if points:
                self.assertIn(os.path.relpath(path, TOP), built)
        listed = self.text("tests", "faults", "history.py").split("POINTS = [")[1].split("]")[0]
        self.assertEqual(found, set(re.findall(r'"([\w-]+)"', listed)))


if __name__ == "__main__":
    tap.main()

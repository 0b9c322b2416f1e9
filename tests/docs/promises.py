"""tests/PROMISES.md names tests that exist, and every promise has one."""
import os
import re
import unittest

import tap

TOP = os.environ.get("top_srcdir", ".")


class Promises(unittest.TestCase):
    def setUp(self):
        with open(os.path.join(TOP, "tests", "PROMISES.md")) as file:
            self.text = file.read()

    def test_every_test_that_is_named_exists(self):
        named = re.findall(r"`([\w/.-]+\.py): (test_\w+)`", self.text)
        self.assertGreater(len(named), 50)
        for path, name in named:
            with open(os.path.join(TOP, "tests", path)) as file:
                self.assertIn("def %s(" % name, file.read(), path)

    def test_every_promise_has_a_test_that_carries_its_number(self):
        for number in range(1, 13):
            self.assertRegex(self.text, r"(?m)^\* G%d .*`" % number)
            self.assertIn("test_G%d_" % number, self.text)

    def test_every_line_names_a_test(self):
        for line in self.text.splitlines():
            if line.startswith("* "):
                self.assertRegex(line, r"`[\w/.-]+\.py: test_\w+`")


if __name__ == "__main__":
    tap.main()

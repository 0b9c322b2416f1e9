#!/usr/bin/env python3
"""Lengths of files and functions: hard limits, and the outliers as a diagnostic (HACKING.md)."""
import os
import re
import unittest

import floors
import tap

FILE_MAX = 500
FUNCTION_MAX = 80
FILE_AIM = 300
FUNCTION_AIM = 50
COLUMNS_MAX = 105
COLUMNS_AIM = 100


def functions(path):
    """(name, lines) of each definition: a name at the line's start, a brace alone, its end."""
    found, name, start = [], None, 0
    for number, line in enumerate(floors.text(path).split("\n"), 1):
        match = re.match(r"([A-Za-z_]\w*) ?\(", line)
        if match:
            name = match.group(1)
        if line == "{" and name:
            start = number
        if line == "}" and start:
            found.append((name, number - start + 1))
            name, start = None, 0
    return found


class Style (unittest.TestCase):
    def setUp(self):
        self.paths = sorted(floors.sources("core", "plugins", "include", "contrib"))

    def report(self, what, sizes, aim, limit):
        for size, name in sorted(sizes, reverse=True)[:10]:
            if size > aim:
                print("# %s: %s has %d lines" % (what, name, size))
        wrong = ["%s has %d lines, and the limit is %d" % (name, size, limit)
                 for size, name in sizes if size > limit]
        self.assertEqual([], wrong, "\n".join(wrong))

    def test_files(self):
        self.report("long file", [(floors.text(p).count("\n"), p) for p in self.paths], FILE_AIM,
                    FILE_MAX)

    def test_functions(self):
        sizes = [(lines, "%s () in %s" % (name, p)) for p in self.paths
                 for name, lines in functions(p)]
        self.assertGreater(len(sizes), 200)
        self.report("long function", sizes, FUNCTION_AIM, FUNCTION_MAX)

    def test_columns(self):
        lines = [(len(line), "%s:%d" % (p, n)) for p in self.paths
                 for n, line in enumerate(floors.text(p).split("\n"), 1) if len(line) > COLUMNS_AIM]
        self.assertLess(len(lines), 400, "new lines keep to %d columns" % COLUMNS_AIM)
        wrong = ["%s has %d columns" % (name, size) for size, name in lines if size > COLUMNS_MAX]
        for line in wrong:
            print("# " + line)
        self.assertLess(len(wrong), 1)

    def test_messages_do_not_speak_of_1_accounts(self):
        """A number before a noun has TEXT_S, or words for one beside those for many."""
        plural = re.compile(r'(%(z|ll)?[du]|%" PRI[du]64 ") (active |held )?'
                            '(accounts|changes|creates|entries|leavers|references|requests|updates)\\b')
        wrong = ["%s:%d" % (p, n) for p in self.paths if p.startswith(("core/", "plugins/"))
                 for n, line in enumerate(floors.text(p).split("\n"), 1) if plural.search(line)]
        self.assertEqual([], wrong)

    def test_each_file_says_what_it_is_for(self):
        wrong = [p for p in self.paths if not floors.text(p).startswith(("/*", "//"))]
        self.assertEqual([], wrong)


if __name__ == "__main__":
    tap.main()

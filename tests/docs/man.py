#!/usr/bin/env python3
"""The manual pages: lint, complete against the header, the descriptors and --help.

In a plugin's page, syncd-NAME(7), each option is an item of the section OPTIONS: `.It Cm key …`,
and its default value is a word of the item's text.
"""
import glob
import json
import os
import re
import subprocess
import unittest

import floors
import tap

BUILD = os.environ.get("top_builddir", ".")
MANDOC = os.environ.get("MANDOC") or "mandoc"
PAGES = sorted(glob.glob(os.path.join(floors.TOP, "man", "*.[1-9]")))
OWN = {tuple(os.path.basename(p).rsplit(".", 1)) for p in PAGES} | {
    (n, s) for n, s in (("syncd", "8"), ("syncd.yaml", "5"), ("syncd-plugin", "3"),
                        ("syncd-ldap", "7"), ("syncd-genesys-scim", "7"), ("genesys-sim", "1"))}


def have(command):
    try:
        subprocess.run([command], stdin=subprocess.DEVNULL, capture_output=True)
        return True
    except OSError:
        return False


def section(page, name):
    match = re.search(r"^\.Sh %s\n(.*?)(?=^\.Sh |\Z)" % name, page, re.M | re.S)
    return match.group(1) if match else ""


def items(page):
    """key -> the text of its item; an item may begin with several keys."""
    found = {}
    for part in re.split(r"^\.It ", section(page, "OPTIONS"), flags=re.M)[1:]:
        head, _, body = part.partition("\n")
        for key in re.findall(r"(?:^|\s)Cm (\S+)", head):
            found[key] = head + "\n" + body
    return found


def declared(name):
    program = os.path.join(BUILD, "tests/docs/dump-options")
    out = subprocess.run([program, os.path.join(BUILD, ".plugins"), name], check=True,
                         stdout=subprocess.PIPE).stdout
    told = json.loads(out)
    return told["options"], {o["key"] for o in told["host"]}


class Lint (unittest.TestCase):
    @unittest.skipUnless(have(MANDOC), "mandoc is not installed")
    def test_lint(self):
        self.assertTrue(PAGES)
        wrong = []
        for page in PAGES:
            out = subprocess.run([MANDOC, "-Tlint", page], capture_output=True, text=True)
            for line in (out.stdout + out.stderr).splitlines():
                other = re.search(r"referenced manual not found: Xr (\S+) (\d)|"
                                  r"mandoc.db lacks (\S+)\((\d)\)", line)
                if other:  # ours have to be among the pages; others are the system's
                    name = (other.group(1) or other.group(3), other.group(2) or other.group(4))
                    if name in OWN or not name[0].startswith(("syncd", "genesys")):
                        continue
                wrong.append(line)
        self.assertEqual([], wrong, "\n".join(wrong))

    def test_all_pages_are_installed(self):
        rules = floors.text("man/local.mk")
        wrong = [p for p in PAGES if "man/" + os.path.basename(p) not in rules]
        self.assertEqual([], wrong)


class Interface (unittest.TestCase):
    """syncd-plugin(3) names everything that the header has."""

    def setUp(self):
        self.header = re.sub(r"/\*.*?\*/", "", floors.text("include/syncd/plugin.h"), flags=re.S)
        self.page = floors.text("man/syncd-plugin.3")

    def missing(self, names):
        self.assertGreater(len(names), 10)
        wrong = [n for n in names if not re.search(r"\b%s\b" % n, self.page)]
        self.assertEqual([], wrong)

    def test_constants(self):
        skip = re.compile(r"SYNCD_(OP_|KIND_|ABI$|ABI_|PLUGIN_MAGIC|EXPORT|PRINTF|PLUGIN_H$|EXTERN_C|"
                          r"ENTRY_NAME|OPT_TYPE_MASK)")
        names = re.findall(r"^#\s*define (SYNCD_\w+)", self.header, re.M)
        self.missing([n for n in names if not skip.match(n)])

    def test_functions(self):
        names = re.findall(r"\(\*(\w+)\) \(", self.header)
        self.missing([n for n in names if n != "syncd_plugin_entry_fn"])

    def test_nothing_else(self):
        """A constant in the page that the header lacks was renamed or never was."""
        words = set(re.findall(r"\bSYNCD_[A-Z_]+[A-Z]\b", self.page))
        self.assertEqual(set(), {w for w in words if not re.search(r"\b%s\b" % w, self.header)})


class Options (unittest.TestCase):
    """What a plugin declares is in its page, and the other way round."""

    def check(self, name):
        path = os.path.join(floors.TOP, "man", "syncd-%s.7" % name)
        module = os.path.join(BUILD, ".plugins", "syncd-%s.so" % name)
        if not os.path.exists(module):
            self.skipTest("the plugin %s is not built" % name)
        if not os.path.exists(path):
            self.skipTest("man/syncd-%s.7 is not written yet" % name)
        with open(path, encoding="utf-8") as file:
            page = items(file.read())
        options, host_owned = declared(name)
        keys = {o["key"] for o in options}
        secret_files = {o["key"] + "_file" for o in options if o["secret"]}
        self.assertEqual(set(), keys - set(page), "declared, and not in the page")
        self.assertEqual(set(), set(page) - keys - host_owned - secret_files,
                         "in the page, and not declared")
        self.check_texts(options, page)

    def check_texts(self, options, page):
        for option in options:
            text = re.sub(r"\\&|\\e", "", page[option["key"]])
            for word in filter(None, (option["default"], option["environment"])):
                self.assertIn(word, text, "%s: its default or variable" % option["key"])

    def test_ldap(self):
        self.check("ldap")

    def test_genesys_scim(self):
        self.check("genesys-scim")

    def test_every_built_plugin_has_a_test(self):
        built = {re.sub(r".*/syncd-(.*)\.so", r"\1", p)
                 for p in glob.glob(os.path.join(BUILD, ".plugins", "*.so"))}
        self.assertEqual(set(), built - {"ldap", "genesys-scim"})


class Help (unittest.TestCase):
    """syncd --help and syncd(8) name the same options."""

    def test_help(self):
        program = os.path.join(BUILD, "core", "syncd")
        if not os.path.exists(program):
            self.skipTest("core/syncd is not built")
        out = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
        told = set(re.findall(r"(?<![\w-])--([a-z][a-z-]+)", out))
        page = floors.text("man/syncd.8")
        paged = {o for line in re.findall(r"^\.It (Fl .*)$", page, re.M)
                 for o in re.findall(r"Fl -([a-z][a-z-]+)", line)}
        self.assertTrue(told)
        self.assertEqual(set(), told - paged, "in --help, and not in syncd(8)")
        self.assertEqual(set(), paged - told, "in syncd(8), and not in --help")


if __name__ == "__main__":
    tap.main()

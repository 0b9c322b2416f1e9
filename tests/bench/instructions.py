#!/usr/bin/env python3
"""make bench-instructions: what a new, an unchanged and an idle person cost in instructions (BENCHMARKING.md).

    instructions.py [--few N] [--many N] [--syncrepl] [--keep FOLDER] [created|unchanged|idle]...

callgrind counts the same pass over few people and over many: the difference is what each person
costs, without what is done once. It has no SHA or AES instructions, so that cryptography counts as
done in software. Exit 1 where a goal is missed.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile

import bench
import callgrind
import pipeline

PARTS = (("libldap", ("libldap", "liblber")), ("SQLite", ("libsqlite3",)), ("OpenSSL", ("libcrypto",)),
         ("libcurl", ("libcurl",)), ("jansson", ("libjansson",)))
CASES = {"created": [], "unchanged": ["--full"], "idle": []}
GOALS = {"unchanged": 15000, "idle": 100}


def profile(p, path, *words):
    """One pass in callgrind."""
    p.write()
    program = p.command(*words, "--no-progress", "-q")[1:]
    with open(p.path("log"), "w") as log:
        code = subprocess.run(callgrind.command(path) + program, env=p.environment(), cwd=p.folder,
                              stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False).returncode
    if code:
        with open(p.path("log")) as log:
            raise RuntimeError("syncd ended with %d:\n%s" % (code, log.read()[-3000:]))
    return callgrind.Profile(path)


def start(count, syncrepl):
    more = {"modules": ("syncprov",), "database_conf": pipeline.LIMITS + "overlay syncprov\n"}
    p = pipeline.Pipeline([bench.people(count)], sim=["--no-log"], secure=False, scim={"sessions": 8},
                          directory=dict({"tls": None, "ca": None}, **(more if syncrepl else {})),
                          schedule={"inventory": "never"})
    p.config["sources"]["ldap"].update(uri=p.slapd.uri)
    del p.config["sources"]["ldap"]["tls"]
    return p


def profiles(count, options, folder):
    """{case: profile} of a directory of so many people."""
    p, made = start(count, options.syncrepl), {}
    try:
        for case, words in CASES.items():
            if case in options.cases:
                made[case] = profile(p, os.path.join(folder, "%s.%d" % (case, count)), *words)
            elif case == "created":
                p.sync("-q")
    finally:
        p.remove()
    return made


def show(case, few, many, people, lines):
    def each(value):
        return value(many) - value(few)
    total = round(each(lambda f: f.total) / people)
    parts = [(name, round(each(lambda f, w=words: f.into(*w)) / people)) for name, words in PARTS]
    lines.note("%s person" % case, format(total, ",d"))
    for name, cost in parts:
        if cost:
            lines.note("  calls into %s" % name, format(cost, ",d"))
    ours = total - dict(parts)["libldap"]
    what, most = "%s person, all but libldap" % case, GOALS.get(case)
    if most:
        lines.figure(what, format(ours, ",d"), "under %s" % format(most, ",d"), ours < most)
    else:
        lines.note(what, format(ours, ",d"))


def main():
    parser = argparse.ArgumentParser(description="Instructions a person; see BENCHMARKING.md.")
    parser.add_argument("--few", type=int, default=1000)
    parser.add_argument("--many", type=int, default=3000)
    parser.add_argument("--syncrepl", action="store_true", help="the directory offers it (else timestamp)")
    parser.add_argument("--keep", metavar="FOLDER", help="keep callgrind's files there")
    parser.add_argument("cases", nargs="*", choices=list(CASES) + [[]])
    options = parser.parse_args()
    options.cases = options.cases or list(CASES)
    if not callgrind.available():
        sys.exit("instructions.py: valgrind is not installed")
    lines = bench.Lines()
    folder = options.keep or tempfile.mkdtemp(prefix="syncd-callgrind-")
    try:
        os.makedirs(folder, exist_ok=True)
        few, many = (profiles(count, options, folder) for count in (options.few, options.many))
        print("instructions, %d and %d people" % (options.few, options.many))
        for case in options.cases:
            show(case, few[case], many[case], options.many - options.few, lines)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    return lines.missed > 0


if __name__ == "__main__":
    sys.exit(main())

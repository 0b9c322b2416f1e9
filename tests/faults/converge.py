"""Convergence (guarantees: How this is proven): a random but reproducible history of a directory,
while faults strike the service, the source, the way to both, the disk and the program itself; at the end
nothing strikes any more, and then sink == map (source), and every promise that the service's own log can
show holds.

    converge.py              a slice: $SEEDS seeds from $FIRST_SEED on (25 from 1), $JOBS at a time, and
                             $SAMBA_SEEDS (3) more in a domain; KIND=samba: all of them of that kind
    converge.py 17 18        these seeds, with what happened
    converge.py samba:17     a seed of that kind, whatever its number says

A seed that fails is replayed by its number. Every third seed has a scripted source, which can do what no
server does; the others a real slapd; those of the kind "samba" a Samba Active Directory. KEEP=1 keeps what a
failed seed leaves; UNTIL_FAILURE=1 starts no seed after the first one that failed."""
import concurrent.futures
import os
import subprocess
import sys
import time
import traceback
import unittest

import domain
import history
import onsamba
import onslapd
import simulator
import slapd

BUILD = os.environ.get("top_builddir", ".")
KINDS = {"scripted": history.History, "slapd": onslapd.History, "samba": onsamba.History}
TIMEOUT = 900


def kind_of(seed):
    return "scripted" if seed % 3 == 0 else "slapd"


def prove(kind, seed, talk=False):
    one, ok = KINDS[kind](seed, talk), False
    try:
        one.live()
        ok = True
    finally:
        one.close(keep=not ok and (talk or "KEEP" in os.environ))


def prove_words(words):
    """As a program of its own: 0 where all of them hold."""
    for word in words:
        kind, _, number = word.rpartition(":")
        began = time.time()
        try:
            prove(kind or kind_of(int(number)), int(number), "QUIET" not in os.environ)
        except Exception:
            print("".join("# " + line + "\n" for line in traceback.format_exc().splitlines()[-12:]), end="")
            return 1
        print("# seed %s holds, %.1f s" % (word, time.time() - began))
    return 0


def one_seed(seed, kind):
    """A process for each seed: whatever happens in it concerns it alone."""
    try:
        done = subprocess.run([sys.executable, __file__, "%s:%d" % (kind, seed)], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=TIMEOUT, check=False)
        code, text = done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as late:
        code, text = 1, (late.stdout or b"").decode(errors="replace") + "# it does not end\n"
    said = "" if code == 0 else "".join("# " + line.lstrip("# ") + "\n" for line in text.splitlines())
    return code == 0, said, "converge.G1_to_G12_%s_seed_%04d" % (kind, seed)


def chosen():
    """Kinds and numbers of the slice."""
    first, count = int(os.environ.get("FIRST_SEED", "1")), int(os.environ.get("SEEDS", "25"))
    kind, more = os.environ.get("KIND"), int(os.environ.get("SAMBA_SEEDS", "3"))
    seeds = range(first, first + count)
    return [(kind or kind_of(s), s) for s in seeds] + [("samba", s) for s in seeds[:0 if kind else more]]


def without_domain():
    """Why no seed in a domain can live here; where one can, the domain is there from now on."""
    try:
        domain.share()
    except unittest.SkipTest as why:
        return str(why)
    return None


def slice_of_seeds():
    seeds, good = chosen(), True
    jobs = int(os.environ.get("JOBS", "3"))
    print("1..%d" % len(seeds), flush=True)
    lacking = without_domain() if any(kind == "samba" for kind, _ in seeds) else None
    skipped = [seed for seed in seeds if lacking and seed[0] == "samba"]
    for number, (kind, seed) in enumerate(skipped, 1):
        print("ok %d - converge.%s_seed_%04d # SKIP %s" % (number, kind, seed, lacking))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        work = [pool.submit(one_seed, seed, kind) for kind, seed in seeds if (kind, seed) not in skipped]
        for number, one in enumerate(concurrent.futures.as_completed(work), len(skipped) + 1):
            ok, said, name = one.result()
            good = good and ok
            print("%s%sok %d - %s" % (said, "" if ok else "not ", number, name), flush=True)
            if not good and "UNTIL_FAILURE" in os.environ:
                pool.shutdown(wait=False, cancel_futures=True)
                break
    return 0 if good else 1


def missing():
    if simulator.program() is None:
        return "genesys-sim was not built"
    for folder, name in history.History.PLUGINS + onslapd.History.PLUGINS:
        if not os.path.exists(os.path.join(BUILD, folder, name)):
            return name + " was not built"
    try:
        slapd.find("slapd")
    except Exception as error:
        return str(error)
    return None


if __name__ == "__main__":
    if missing():
        print("1..0 # SKIP " + missing())
        sys.exit(0)
    sys.exit(prove_words(sys.argv[1:]) if len(sys.argv) > 1 else slice_of_seeds())

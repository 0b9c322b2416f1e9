"""Random histories of a slapd, for each grade: after every pass, what the source told is what ldapsearch shows.

    SEEDS=n   so many for each grade (make check-history SEEDS=100); FIRST_SEED=n: from that one on
"""
import os
import random


import ldaphistory
import slapd
import source
import tap

SEEDS, FIRST = int(os.environ.get("SEEDS") or 2), int(os.environ.get("FIRST_SEED") or 1)
PASSES = 8
LOG = "overlay syncprov\nsyncprov-sessionlog "


def people_of(known):
    """Without DNs: who is known by a mark alone may be below a container that was renamed."""
    return {entry: title for entry, (_, title) in known.items()}


class Histories(source.Case):
    def play(self, changes, seed, modules=(), overlay=""):
        random_ = random.Random(seed * 1000 + len(overlay) + len(changes))
        server = slapd.Slapd(ldif=slapd.BASE, modules=modules, database_conf=overlay)
        self.addCleanup(server.remove)
        history = ldaphistory.History(server, random_)
        observer = ldaphistory.Observer(["uri=" + server.uri, "changes=" + changes])
        for number in range(PASSES):
            self.one_pass(history, observer, changes, "%s, seed %d, pass %d" % (changes, seed, number))
        server.remove()

    def one_pass(self, history, observer, changes, what):
        del history.log[:]
        for _ in range(history.random.randrange(7)):
            history.step()
        if history.random.random() < 0.2:
            history.restart(None)
        if changes == "full":
            observer.everything()
        else:
            observer.look()
        truth = history.truth()
        what = "%s: %s" % (what, history.log)
        if changes == "syncrepl":
            self.assertEqual(people_of(observer.known), people_of(truth), what)
        if changes in ("syncrepl", "timestamp"):
            observer.count()
        self.assertEqual(observer.known, truth, what)

    def grade(self, changes, **more):
        for seed in range(FIRST, FIRST + SEEDS):
            self.play(changes, seed, **more)

    def test_G1_syncrepl_without_a_session_log(self):
        self.grade("syncrepl", modules=("syncprov",), overlay="overlay syncprov")

    def test_G1_syncrepl_with_a_session_log(self):
        self.grade("syncrepl", modules=("syncprov",), overlay=LOG + "100")

    def test_G1_syncrepl_with_a_session_log_that_overflows(self):
        self.grade("syncrepl", modules=("syncprov",), overlay=LOG + "3")

    def test_G1_timestamp(self):
        self.grade("timestamp")

    def test_G1_inventory(self):
        self.grade("inventory")

    def test_G1_full(self):
        self.grade("full")


if __name__ == "__main__":
    tap.main()

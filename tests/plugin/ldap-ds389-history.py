"""Random histories on a real 389 Directory Server: after every pass, what the source told is what
the directory shows. A failing seed is in the message."""
import random

import ds389
import source
import tap

PEOPLE, SUFFIX = ds389.PEOPLE, ds389.SUFFIX
AWAY = "ou=elsewhere," + SUFFIX
FILTER = "(&(objectClass=inetOrgPerson)(!(employeeType=external)))"


class History(source.Case):
    plugins, grade, manager = ("changelog",), "changelog", False

    def setUp(self):
        self.server = ds389.Directory(
            ldif=ds389.BASE, plugins=self.plugins,
            recorded=("nsuniqueid:targetUniqueId", "entryuuid:targetEntryUUID"))
        self.addCleanup(self.server.remove)
        self.server.add("dn: %s\nobjectClass: organizationalUnit\n" % AWAY)
        for name in ("one", "two"):
            self.server.add("dn: ou=%s,%s\nobjectClass: organizationalUnit\n" % (name, PEOPLE))
        if "changelog" in self.plugins:
            self.server.allow("cn=changelog", ds389.CHANGELOG)
        self.people, self.number, self.teams = {}, 0, ["one", "two"]
        self.add(None)

    def options(self):
        who = (ds389.MANAGER, ds389.PASSWORD) if self.manager else \
            (ds389.READER, ds389.READER_PASSWORD)
        return ["uri=" + self.server.uri, "base=" + PEOPLE, "filter=" + FILTER,
                "bind_dn=%s" % who[0], "bind_password=%s" % who[1], "changes=" + self.grade]

    # ---- what happens ----
    def add(self, _):
        self.number += 1
        uid = "p%03d" % self.number
        self.people[uid] = PEOPLE
        self.server.add(ds389.person(uid, title="new"))

    def anybody(self, chance):
        uid = chance.choice(sorted(self.people))
        return uid, "uid=%s,%s" % (uid, self.people[uid])

    def edit(self, chance):
        self.server.replace(self.anybody(chance)[1], "title", "t%d" % chance.randrange(1000))

    def leave(self, chance):
        self.server.replace(self.anybody(chance)[1], "employeeType",
                            chance.choice(("external", "internal")))

    def move(self, chance):
        uid, dn = self.anybody(chance)
        below = chance.choice([PEOPLE, AWAY] + ["ou=%s,%s" % (t, PEOPLE) for t in self.teams])
        self.server.rename(dn, "uid=" + uid, below)
        self.people[uid] = below

    def delete(self, chance):
        if len(self.people) > 1:
            uid, dn = self.anybody(chance)
            self.server.delete(dn)
            del self.people[uid]

    def refuse(self, chance):
        uid, dn = self.anybody(chance)
        self.server.add_again("dn: %s\nobjectClass: inetOrgPerson\nuid: %s\ncn: x\nsn: x\n\n" % (
            dn, uid), chance.randrange(1, 4))

    # ---- what is told ----
    def scan(self, *words):
        return source.run(self.options(), "--attribute", "uid", "--attribute", "title", *words)

    def fold(self, run, known):
        """The host's part: who is said to be gone is asked for once more."""
        shown = {e["id"]: (e["dn"].lower(), e.get("title")) for e in run.list
                 if e["event"] == "entry"}
        gone = sorted({e["id"] for e in run.events if e["event"] == "delete"} & set(known))
        words = [w for one in gone for w in ("--get", one)]
        answers = [e["event"] for e in source.run(self.options(), *words).events] if gone else []
        if run.end == "end-all":
            known.clear()
        for one, answer in zip(gone, answers):
            if answer in ("gone", "out-of-scope"):
                known.pop(one, None)
        known.update(shown)

    def truth(self):
        return {e["entryuuid"][0].decode(): (e["dn"][0].decode().lower(),
                                             [t.decode() for t in e["title"]])
                for e in self.server.search(FILTER, "title", "entryUUID", base=PEOPLE)}

    def play(self, seed):
        chance, known = random.Random(seed), {}
        steps = [self.add, self.add, self.edit, self.edit, self.leave, self.move, self.delete,
                 self.refuse]
        run = self.scan("--scan", "everything")
        self.fold(run, known)
        told = 0
        for number in range(12):
            checkpoint = run.text("checkpoint") or checkpoint
            for _ in range(chance.randrange(8)):
                chance.choice(steps)(chance)
            if number == 6:
                self.server.restart()
            run = self.scan("--checkpoint", checkpoint, "--scan", "changes")
            if run.code == source.CHECKPOINT:
                run = self.scan("--scan", "everything")
            told += run.end == "end-changes"
            self.fold(run, known)
            self.assertEqual(known, self.truth(), "seed %d, pass %d" % (seed, number))
        self.assertGreater(told, 8, "seed %d" % seed)

    def test_g1_of_everything_that_happens(self):
        for seed in self.seeds:
            self.play(seed)

    seeds = (2, 3)  # one after the other, on one server


class Numbers(History):
    plugins, grade, manager = ("usn",), "usn", True

    def setUp(self):
        super().setUp()
        self.add(None)
        self.delete(random.Random(0))


if __name__ == "__main__":
    tap.main()

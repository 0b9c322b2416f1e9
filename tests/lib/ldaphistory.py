"""A reproducible random history of a directory, and an observer that believes what the source says.

    history = ldaphistory.History (server, random.Random (seed))
    observer = ldaphistory.Observer (options)
    observer.look ()                  # the first read
    history.step ()                   # one thing happens
    observer.look ()                  # a read of changes from the last checkpoint
    observer.count ()                 # an inventory
    observer.known                    # id: (DN, title), to be compared with what ldapsearch shows

SERVER has add, modify, replace, delete, rename, search and restart, as slapd.Slapd; Places says where
people are, for a server of another kind. The observer does what the core does: whoever is said to
be gone, or absent from a complete read, is asked for by id first.
"""
import slapd
import source

PEOPLE = "(&(objectClass=inetOrgPerson)(!(employeeType=out)))"


class Places:
    inside, outside = slapd.PEOPLE, "ou=services," + slapd.SUFFIX
    filter, id, containers = PEOPLE, "entryUUID", 2

    def container(self, name):
        return slapd.ldif("ou=%s,%s" % (name, self.inside),
                          [("objectClass", "organizationalUnit"), ("ou", name)])

    def person(self, uid, below):
        return slapd.person(uid, title="new").replace("," + slapd.PEOPLE, "," + below, 1)

    def rdn(self, uid):
        return "uid=" + uid


class History:
    def __init__(self, server, random_, places=None):
        self.server, self.random, self.places = server, random_, places or Places()
        self.people, self.hidden, self.number = {}, set(), 0  # uid: container
        self.containers = ["c%d" % i for i in range(self.places.containers)]
        self.log = []
        for name in self.containers:
            server.add(self.places.container(name))

    def below(self, where):
        if where is None:
            return self.places.outside
        return "ou=%s,%s" % (where, self.places.inside) if where else self.places.inside

    def dn(self, uid):
        return "%s,%s" % (self.places.rdn(uid), self.below(self.people[uid]))

    def fresh(self):
        self.number += 1
        return "u%d" % self.number

    def anybody(self):
        return self.random.choice(sorted(self.people)) if self.people else None

    def add(self, uid=None, where=False):
        uid = uid or self.fresh()
        where = self.random.choice([""] + self.containers) if where is False else where
        self.people[uid] = where
        self.server.add(self.places.person(uid, self.below(where)))

    def modify(self, uid):
        self.server.replace(self.dn(uid), "title", "t%d" % self.random.randrange(10 ** 6))

    def twice(self, uid):
        """Within one second: what a version of a second's precision cannot tell."""
        self.modify(uid)
        self.modify(uid)

    def delete(self, uid):
        self.server.delete(self.dn(uid))
        del self.people[uid]
        self.hidden.discard(uid)

    def recreate(self, uid):
        where = self.people[uid]
        self.delete(uid)
        self.add(uid, where)

    def rename(self, uid):
        new = self.fresh()
        self.server.rename(self.dn(uid), self.places.rdn(new))
        self.people[new] = self.people.pop(uid)
        if uid in self.hidden:
            self.hidden.discard(uid)
            self.hidden.add(new)

    def move(self, uid):
        where = self.random.choice([None, "", *self.containers])
        if where != self.people[uid]:
            self.server.rename(self.dn(uid), self.places.rdn(uid), self.below(where))
            self.people[uid] = where

    def hide(self, uid):
        """Out of the filter, or into it again."""
        out = uid not in self.hidden
        self.server.replace(self.dn(uid), "employeeType", "out" if out else "in")
        (self.hidden.add if out else self.hidden.discard)(uid)

    def rename_container(self, _):
        """Where the server can: slapd 2.5 refuses some (80, "DN index add failed")."""
        old, new = self.random.choice(self.containers), "c" + self.fresh()
        try:
            self.server.rename(self.below(old), "ou=" + new)
        except RuntimeError:
            return
        self.containers[self.containers.index(old)] = new
        self.people = {uid: new if where == old else where for uid, where in self.people.items()}

    def restart(self, _):
        self.server.restart()

    def step(self):
        kinds = ["add"] * 3 + ["modify"] * 3 + ["twice", "delete", "delete", "recreate", "rename", "move",
                                                "move", "hide", "hide", "rename_container"]
        kind = self.random.choice(kinds) if self.people else "add"
        uid = self.anybody()
        self.log.append("%s %s" % (kind, uid))
        if kind == "add":
            self.add()
        else:
            getattr(self, kind)(uid)

    def truth(self):
        found = self.server.search(self.places.filter, self.places.id, "title", base=self.places.inside)
        return {e[self.places.id.lower()][0].decode(): (e["dn"][0].decode(), e["title"][0].decode())
                for e in found}


class Observer:
    def __init__(self, options, places=None):
        self.places = places or Places()
        self.options = options + ["base=" + self.places.inside, "filter=" + self.places.filter]
        self.known, self.tokens, self.checkpoint, self.missing = {}, {}, None, set()

    def run(self, *words):
        return source.run(self.options, "--attribute", "title", *words)

    def take(self, event):
        self.known[event["id"]] = (event["dn"], event["title"][0].decode()
                                   if isinstance(event["title"][0], bytes) else event["title"][0])
        self.tokens[event["id"]] = event["token"]

    def ask(self, ids):
        ids = sorted(ids)
        if not ids:
            return
        run = self.run(*[w for i in ids for w in ("--get", i)])
        found = {e["id"]: e for e in run.list if e["event"] == "entry"}
        if "failed" in run.kinds or run.error:
            raise AssertionError("the source cannot tell of %s: %s" % (ids, run.events))
        for entry in found.values():
            self.take(entry)
        for gone in set(ids) - set(found):
            self.known.pop(gone, None)

    def same(self, event):
        """Marks without a version: it did not change since the checkpoint."""
        if event["id"] not in self.known:
            return False
        if event["dn"] and self.known[event["id"]][0] != event["dn"]:
            return False
        return not event["token"] or self.tokens[event["id"]] == event["token"]

    def fold(self, run):
        seen, asked = set(), set()
        for event in run.list:
            if event["event"] == "delete":
                asked.add(event["id"])
                continue
            seen.add(event["id"])
            if event["event"] == "entry":
                self.take(event)
            elif not self.same(event):
                asked.add(event["id"])
        if run.end == "end-all":
            asked |= set(self.known) - seen
        elif run.end != "end-changes":
            raise AssertionError("the read is not complete: %s %s" % (run.error, run.events[-3:]))
        shown = {e["id"] for e in run.list if e["event"] == "entry"}
        deleted = {e["id"] for e in run.list if e["event"] == "delete"}
        self.ask({i for i in asked if i in self.known or i not in deleted} - (shown - deleted))
        return run

    def look(self):
        goes_on = ["--checkpoint", self.checkpoint] if self.checkpoint else []
        run = self.run(*goes_on, "--scan", "changes")
        if run.code == source.CHECKPOINT:
            self.checkpoint = None
            return self.look()
        self.fold(run)
        self.checkpoint = run.text("checkpoint") or self.checkpoint
        return run

    def count(self):
        return self.fold(self.run("--scan", "inventory"))

    def everything(self):
        return self.fold(self.run("--scan", "everything"))

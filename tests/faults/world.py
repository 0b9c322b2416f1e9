"""The people of a convergence test: a directory in memory, its history, and the scripted source
that shows it. Everything comes from one seeded generator, so that a seed is a history."""
import json

DOMAIN = "@example.com"
FIRST = ["Ada", "Bob", "Cyd", "Dan", "Eve", "Flo", "Gus", "Hal", "Ivy", "Jon", "Kim", "Lea"]
LAST = ["Ash", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel"]


class Person:
    def __init__(self, ident, name):
        self.id, self.name = ident, name          # stable id; the base of its user name
        self.attributes = {}
        self.place = "people"
        self.here = True                          # in the filter
        self.gone = False
        self.hides = "type"                       # how it is out of the scope while not here
        self.turn = 0                             # of its RDN
        self.names = []                           # (epoch, name) that it wanted
        self.seen = 0                             # the epoch of its last change
        self.absent = set()                       # epochs in which the source did not have it

    @property
    def present(self):
        return self.here and not self.gone

    @property
    def external(self):
        """By which the service knows it."""
        return self.id

    @property
    def key(self):
        return "key-" + self.id

    @property
    def dn(self):
        return "uid=%s,ou=%s,dc=example" % (self.id, self.place)


class World:
    """epoch: counts the changes that a pass can see; 0 before the first."""

    def __init__(self, dice, size):
        self.dice, self.people, self.next, self.epoch = dice, {}, 0, 0
        self.written = {}                         # by id: what the directory was told
        for _ in range(size):
            self.add()

    # ---- what may happen ----
    def fresh(self):
        self.next += 1
        return self.next

    def free_name(self):
        return "%s%d" % (self.dice.choice(FIRST).lower(), self.fresh())

    def make_id(self):
        return "id-%04d" % self.fresh()

    def make_person(self, ident, name):
        return Person(ident, name)

    def add(self, name=None, ident=None):
        person = self.make_person(ident or self.make_id(), name or self.free_name())
        self.people[person.id] = person
        person.absent.update(range(self.epoch))
        self.fill(person)
        return person

    def fill(self, person):
        d = self.dice
        first, last = d.choice(FIRST), d.choice(LAST)
        person.attributes = {"cn": "%s %s %d" % (first, last, self.fresh()),
                             "title": d.choice(["Engineer", "Clerk", "Pilot"]) + str(self.fresh()),
                             "phone": "+4930%07d" % d.randrange(10 ** 7), "department": "D%d" % d.randrange(9)}
        self.touch(person)

    def touch(self, person):
        person.seen = self.epoch

    def some(self, present=True):
        found = sorted(p.id for p in self.people.values() if p.present == present)
        return self.people[self.dice.choice(found)] if found else None

    def edit(self):
        person = self.some()
        if person:
            key = self.dice.choice(["cn", "title", "phone", "department"])
            person.attributes[key] = {"cn": "New %d", "title": "Chief %d", "phone": "+4940%07d",
                                      "department": "X%d"}[key] % self.fresh()
            self.touch(person)

    def remove_attribute(self):
        person = self.some()
        if person:
            person.attributes.pop(self.dice.choice(["title", "phone", "manager"]), None)
            self.touch(person)

    def rename(self):
        person = self.some()
        if person:
            person.name = self.free_name()
            self.touch(person)

    def namesake(self):
        """Somebody wants the name that somebody else has or had."""
        person, other = self.some(), self.some(self.dice.random() < 0.7)
        if person and other and person is not other:
            person.name = other.name
            self.touch(person)

    def ring(self):
        """Two or more pass their names on in a circle."""
        ids = sorted(p.id for p in self.people.values() if p.present)
        if len(ids) < 3:
            return
        chosen = [self.people[i] for i in self.dice.sample(ids, self.dice.choice([2, 2, 3]))]
        names = [p.name for p in chosen]
        for person, name in zip(chosen, names[1:] + names[:1]):
            person.name = name
            self.touch(person)

    def hand_over(self):
        """One leaves its name to another and takes a new one."""
        one, other = self.some(), self.some()
        if one and other and one is not other:
            other.name, one.name = one.name, self.free_name()
            self.touch(one)
            self.touch(other)

    def move(self):
        person = self.some()
        if person:
            person.place = self.dice.choice(["people", "sales", "moved"])
            self.touch(person)

    def appoint(self):
        person, boss = self.some(), self.some()
        if person and boss:
            person.attributes["manager"] = boss.key
            self.touch(person)

    def leave(self):
        person = self.some()
        if person:
            person.hides = self.dice.choice(["type", "attic"])
            if self.dice.random() < 0.5:
                person.here = False
            else:
                person.gone = True
            self.touch(person)

    def come_back(self):
        person = self.some(present=False)
        if person:
            person.here, person.gone = True, False
            if self.dice.random() < 0.5:
                self.fill(person)
            self.touch(person)

    def rehire(self):
        """The same name again under a new id."""
        person = self.some(present=False)
        if person:
            self.add(person.name)

    def kinds(self):
        """What may happen; more often where it is there more often."""
        return [self.edit] * 5 + [self.add] * 2 + [self.leave] * 2 + [
            self.remove_attribute, self.rename, self.namesake, self.ring, self.hand_over, self.move,
            self.appoint, self.come_back, self.rehire]

    def happen(self, count):
        """A new epoch, with so many things happening in it."""
        self.epoch += 1
        kinds = self.kinds()
        for _ in range(count):
            self.dice.choice(kinds)()
        for person in self.people.values():
            if not person.present:
                person.absent.add(self.epoch)
            if not person.names or person.names[-1][1] != person.name:
                person.names.append((self.epoch, person.name))

    # ---- the scripted source ----
    def entry(self, person):
        attributes = dict(person.attributes, mail=person.name + DOMAIN)
        return json.dumps({"entry": {"id": person.id, "token": "t%d" % person.seen, "name": person.dn,
                                     "keys": [person.key], "attributes": attributes}})

    def event(self, person):
        return self.entry(person) if person.present else json.dumps({"delete": person.id})

    def script(self, path, trouble=None, refuse=False, silent=()):
        """Writes what the source shows now: for each older checkpoint what changed since, and
        everything. TROUBLE: a line that comes in the middle; REFUSE: no checkpoint is known;
        SILENT: ids of which it cannot tell whether they are there; a complete read leaves out those
        who are: only asking for them shows that they did not leave."""
        people = sorted(self.people.values(), key=lambda p: p.id)
        self.dice.shuffle(people)
        point = json.dumps({"checkpoint": "c%d" % self.epoch})
        lines = []
        for old in range(0 if refuse else self.epoch + 1):
            lines.append(json.dumps({"scan": {"mode": "changes", "checkpoint": "c%d" % old}}))
            events = [self.event(p) for p in people if p.seen > old]
            events = self.with_trouble(events, trouble)
            early = self.dice.random() < 0.5      # it holds from the end of the read on, all the same
            lines += ([point] + events if early else events + [point]) + ['{"changes": true}']
        lines.append(json.dumps({"scan": {"mode": "everything"}}))
        lines += self.with_trouble([self.entry(p) for p in people if p.present
                                    and p.id not in silent], trouble)
        lines += [point, '{"all": true}', '{"scan": {"mode": "watch"}}']  # never played: get() alone
        lines += [self.entry(p) for p in people if p.present]
        lines += [json.dumps({"get": {"id": p.id, "answer": "failed" if p.id in silent else "gone"}})
                  for p in people if not p.present]
        with open(path, "w") as out:
            out.write("\n".join(lines) + "\n")

    def with_trouble(self, events, trouble):
        if not trouble:
            return events
        at = self.dice.randrange(len(events) + 1)
        return events[:at] + [trouble] + events[at:]

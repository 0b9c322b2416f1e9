"""The world of a convergence test in a Samba Active Directory: what happens to its people is written
there, below an organizational unit of the history's own.

A domain is one for all histories of a program, see share(). Stable ids are the domain's own (objectGUID):
nobody else may give them, so they differ from run to run, and the order of what is read by them too."""
import base64
import itertools
import json
import os
import re
import subprocess
import uuid

import samba
import slapd
import world
from world import DOMAIN

SHARED = "SYNCD_TEST_DOMAIN"                      # environment: where a program finds its parent's
FILTER = "(&(objectCategory=person)(objectClass=user)(!(employeeType=out)))"
ENABLED, DISABLED = 544, 546                      # of userAccountControl: without a password
ATTRIBUTES = {"displayName": "cn", "title": "title", "telephoneNumber": "phone", "department": "department"}
WRITTEN = [*ATTRIBUTES, "mail", "employeeType", "userAccountControl", "manager"]
SHOW_DELETED = "!1.2.840.113556.1.4.417"
DELETED = "CN=Deleted Objects," + samba.SUFFIX
READERS = ["Administrator", "copier", "lister", "reader"]  # bind identities; deletes are visible to the
                                                           # first and to who may list what is deleted
lives, made = itertools.count(), {}


def share():
    """Makes the domain, where no other program has, for this one and for those that it starts."""
    if SHARED not in os.environ:
        made["domain"] = ad = samba.Directory()
        rights(ad)
        os.environ[SHARED] = json.dumps({"uri": ad.outside(), "ca": ad.ca})
    return Domain(**json.loads(os.environ[SHARED]))


def rights(ad):
    """Who may see what is deleted, and something that is."""
    for name in READERS[1:]:
        ad.tool("user", "create", name, samba.PASSWORD)
    ad.let_replicate(identity("copier"))
    ad.let_list_deleted("lister")
    ad.add_people("CN=Users," + samba.SUFFIX, ["ghost"])
    ad.delete("CN=ghost,CN=Users," + samba.SUFFIX)


def identity(name):
    return "CN=%s,CN=Users,%s" % (name, samba.SUFFIX)


class Domain:
    """As programs outside of its network namespace reach it. It is never stopped: others use it too."""

    def __init__(self, uri, ca):
        self.uri, self.ca, self.port = uri, ca, int(uri.rsplit(":", 1)[1])

    def call(self, program, *words, text=""):
        done = subprocess.run(
            [program, "-x", "-H", self.uri, "-D", samba.ADMIN, "-w", samba.PASSWORD, *words],
            input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            timeout=120, env=samba.clean_environment(LDAPTLS_CACERT=self.ca))
        if done.returncode:
            raise RuntimeError("%s: %s\n%s" % (program, done.stdout.decode(), text))
        return done.stdout.decode()

    def guids(self, base):
        """Of everybody there, by sAMAccountName."""
        text = self.call("ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-E", "pr=500/noprompt", "-b", base,
                         "(objectClass=user)", "sAMAccountName", "objectGUID")
        guids = re.findall(r"^objectGUID:: (.+)$", text, re.M)
        names = re.findall(r"^sAMAccountName: (.+)$", text, re.M)
        return {n: str(uuid.UUID(bytes_le=base64.b64decode(g))) for n, g in zip(names, guids, strict=True)}


class Person(world.Person):
    """base: of its RDN; who comes after somebody deleted may get that one's."""

    def __init__(self, ident, name, units):
        super().__init__(ident, name)
        self.units, self.base, self.guid, self.grave = units, ident, None, None

    @property
    def present(self):
        return self.here and not self.gone and not self.units[self.place].out

    @property
    def external(self):
        return self.guid or self.id

    @property
    def written_as(self):
        return "<GUID=%s>" % self.guid

    @property
    def tombstone(self):
        """Its DN: Samba undeletes nobody by GUID."""
        return r"CN=%s\0ADEL:%s,%s" % (self.grave, self.guid, DELETED)


class Unit:
    """An organizational unit: it may be called otherwise, and may be moved out of the base."""

    def __init__(self, name):
        self.name, self.turn, self.out = name, 0, False

    @property
    def rdn(self):
        return "OU=%s-%d" % (self.name, self.turn)


class World(world.World):
    """People below three units; who is in the attic, of type "out" or disabled has left, and so has whoever
    is deleted. tidy: before somebody is deleted, nobody has him as manager any more; where not, the domain
    takes such values away and tells nobody (only a read of everything shows it)."""

    def __init__(self, dice, size):
        self.tag = "s%sn%d" % (os.getpid(), next(lives))
        self.home = "OU=%s,%s" % (self.tag, samba.SUFFIX)
        self.base, self.attic = "OU=org," + self.home, "OU=attic," + self.home
        self.units = {name: Unit(name) for name in ("people", "sales", "moved")}
        self.placed, self.tidy, self.untold = {}, dice.random() < 0.5, False
        super().__init__(dice, size)

    def make_id(self):
        return "u%04d" % self.fresh()

    def make_person(self, ident, name):
        return Person(ident, name, self.units)

    # ---- what may happen ----
    def kinds(self):
        return super().kinds() + [self.reorganize]

    def reorganize(self):
        """A unit gets another name, or leaves the base, or is back there; its people are not touched."""
        unit = self.units[self.dice.choice(["people", "sales", "moved"])]
        if self.dice.random() < 0.7:
            unit.turn += 1
        else:
            unit.out = not unit.out and unit.name == "moved"

    def move(self):
        person = self.some()
        if person:
            person.place = self.dice.choice(["people", "sales", "moved"])
            person.turn += self.dice.randrange(2)

    def leave(self):
        person = self.some()
        if person:
            person.hides = self.dice.choice(["type", "attic", "disabled", "disabled"])
            if self.dice.random() < 0.6:
                person.here = False
            else:
                self.delete(person)

    def delete(self, person):
        person.gone = True
        led = [p for p in self.people.values() if not p.gone and p.attributes.get("manager") == person.key]
        self.untold = self.untold or bool(led and not self.tidy)
        for one in led if self.tidy else []:
            del one.attributes["manager"]

    def come_back(self):
        """Who was deleted comes back as the same object."""
        person = self.some(present=False)
        if person:
            if person.gone and any(p.base == person.base and not p.gone for p in self.people.values()):
                person.base = self.make_id()
            person.here, person.gone = True, False
            if self.dice.random() < 0.5:
                self.fill(person)

    def rehire(self):
        """The same mail name again under a new id; and the same DN, where that is free."""
        person = self.some(present=False)
        if person:
            new = self.add(person.name)
            if person.gone and not any(p.base == person.base and not p.gone for p in self.people.values()):
                new.base, new.turn, new.place = person.base, person.turn, person.place

    # ---- as it is written ----
    def unit_dn(self, name):
        unit = self.units[name]
        return "%s,%s" % (unit.rdn, self.attic if unit.out else self.base)

    def dn(self, person):
        """And as the domain remembers who was where: a unit that is renamed takes them along."""
        above = self.attic if not person.here and person.hides == "attic" else self.unit_dn(person.place)
        return "CN=%s-%d,%s" % (person.base, person.turn, above)

    def where(self, person):
        attic = not person.here and person.hides == "attic"
        return (person.base, person.turn, "attic" if attic else person.place)

    def values(self, person):
        """As the domain should have it: attribute to text; the manager is a person's id."""
        a, away = person.attributes, person.hides if not person.here else None
        found = {"mail": person.name + DOMAIN, "employeeType": "out" if away == "type" else "in",
                 "userAccountControl": str(DISABLED if away == "disabled" else ENABLED)}
        found.update((name, a[key]) for name, key in ATTRIBUTES.items() if a.get(key))
        boss = self.boss(person)
        if boss and not boss.gone:
            found["manager"] = boss.id
        return found

    def boss(self, person):
        return next((p for p in self.people.values() if p.key == person.attributes.get("manager")), None)

    # ---- writing ----
    def apply(self, domain):
        """Writes what differs from what was written last. First who goes: the DN may be another's next."""
        people = sorted(self.people.values(), key=lambda p: p.id)
        told = ["".join(self.managers_taken(p) for p in people),
                "".join(self.deleted(p) for p in people), self.reorganized(),
                "".join(self.placed_anew(p) for p in people), "".join(self.added(p) for p in people)]
        self.write(domain, "".join(told))
        if told[-1]:
            guids = domain.guids(self.home)
            for person in people:
                person.guid = person.guid or guids.get(self.account(person))
        self.write(domain, "".join(self.modified(p) for p in people))

    def write(self, domain, text):
        if text:
            domain.call("ldapmodify", "-e", SHOW_DELETED, text=text)

    def account(self, person):
        return "%s-%s" % (self.tag, person.id)

    def managers_taken(self, person):
        """From who was led by somebody who is about to be deleted, and has nobody now."""
        was = self.written.get(person.id, (None, {}))[1]
        boss = self.people.get(was.get("manager"))
        if person.gone or not boss or not boss.gone or person.attributes.get("manager"):
            return ""
        del was["manager"]
        return "dn: %s\nchangetype: modify\ndelete: manager\n\n" % person.written_as

    def deleted(self, person):
        """The domain takes away, and tells nobody, that he was anybody's manager."""
        was = self.written.pop(person.id, None) if person.gone else None
        if not was:
            return ""
        person.grave = "%s-%d" % was[0][:2]
        for other in self.written.values():
            if other[1].get("manager") == person.id:
                del other[1]["manager"]
        return "dn: %s\nchangetype: delete\n\n" % person.written_as

    def reorganized(self):
        text = ""
        for name in sorted(self.units):
            was, now = self.placed.get(name), self.unit_dn(name)
            if not was:
                text += "dn: %s\nchangetype: add\nobjectClass: organizationalUnit\n\n" % now
            elif was != now:
                text += self.renamed(was, now)
            self.placed[name] = now
        return text

    def renamed(self, was, now):
        rdn, superior = now.split(",", 1)
        return "dn: %s\nchangetype: modrdn\nnewrdn: %s\ndeleteoldrdn: 1\nnewsuperior: %s\n\n" % (
            was, rdn, superior)

    def placed_anew(self, person):
        """Renamed, moved, or undeleted."""
        was, where = self.written.get(person.id), self.where(person)
        if person.gone or not person.guid or was and was[0] == where:
            return ""
        self.written[person.id] = (where, was[1] if was else {})
        if was:
            return self.renamed(person.written_as, self.dn(person))
        return ("dn: %s\nchangetype: modify\ndelete: isDeleted\n-\nreplace: distinguishedName\n"
                "distinguishedName: %s\n-\n\n" % (person.tombstone, self.dn(person)))

    def added(self, person):
        if person.gone or person.guid:
            return ""
        values = dict(self.values(person), sAMAccountName=self.account(person), objectClass="user")
        values.pop("manager", None)               # who may not be there yet
        self.written[person.id] = (self.where(person), dict(values))
        return slapd.ldif(self.dn(person), [("changetype", "add")] + sorted(values.items()))

    def modified(self, person):
        if person.gone:
            return ""
        where, was = self.written[person.id]
        now, rows = self.values(person), []
        for name in sorted(n for n in WRITTEN if was.get(n) != now.get(n)):
            value = self.dn(self.people[now[name]]) if name == "manager" and name in now else now.get(name)
            rows.append("replace: %s\n" % name + (slapd.line(name, value) if value else "") + "-\n")
        self.written[person.id] = (where, now)
        return "dn: %s\nchangetype: modify\n%s\n" % (person.written_as, "".join(rows)) if rows else ""

    def create(self, domain):
        """The units of this history."""
        for dn in (self.home, self.base, self.attic):
            domain.call("ldapmodify", text="dn: %s\nchangetype: add\nobjectClass: organizationalUnit\n" % dn)

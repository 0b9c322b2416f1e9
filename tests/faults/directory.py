"""The world of a convergence test on a real slapd: what happens to its people is written into the
directory, so that its servers' own ids, tokens, change numbers and searches tell the story.

Stable ids are set by us (entryUUID, by the relax control), so that a seed gives the same ids."""
import slapd
import world
from world import DOMAIN

SUFFIX = slapd.SUFFIX
BASE = "ou=org," + SUFFIX
GRADES = {  # of the source, and what slapd needs for it
    "syncrepl": (("syncprov",), "overlay syncprov\n"),
    "syncrepl-log": (("syncprov",), "overlay syncprov\nsyncprov-sessionlog 200\n"),
    "syncrepl-short-log": (("syncprov",), "overlay syncprov\nsyncprov-sessionlog 3\n"),
    "timestamp": ((), ""), "inventory": ((), ""), "full": ((), "")}
READER = "cn=syncd,ou=services," + SUFFIX
LIMITS = 'limits dn.exact="%s" size=unlimited time=unlimited\n' % READER
FILTER = "(&(objectClass=inetOrgPerson)(!(employeeType=out)))"
ATTRIBUTES = {"cn": "cn", "title": "title", "telephoneNumber": "phone", "departmentNumber": "department"}


def units():
    places = (("org", SUFFIX), ("people", BASE), ("sales", BASE), ("moved", BASE), ("attic", SUFFIX))
    return "".join("dn: ou=%s,%s\nobjectClass: organizationalUnit\nou: %s\n\n" % (n, up, n)
                   for n, up in places)


class World(world.World):
    """People below three units; who is in the attic, or is of type "out", is out of the scope."""

    def make_id(self):
        return "00000000-0000-4000-8000-%012d" % self.fresh()

    def move(self):
        """Another unit, or another RDN: DNs of those who name it as their manager follow."""
        person = self.some()
        if person:
            person.place = self.dice.choice(["people", "sales", "moved"])
            person.turn += self.dice.randrange(2)
            self.touch(person)

    def dn(self, person):
        if not person.here and person.hides == "attic":
            return "uid=%s,ou=attic,%s" % (self.uid(person), SUFFIX)
        return "uid=%s,ou=%s,%s" % (self.uid(person), person.place, BASE)

    def uid(self, person):
        return "u%s-%d" % (person.id[-6:], person.turn)

    def values(self, person):
        """As the directory should have it: attribute to text."""
        a = person.attributes
        found = {"uid": self.uid(person), "sn": "Test", "mail": person.name + DOMAIN,
                 "employeeType": "out" if not person.here and person.hides == "type" else "in"}
        for name, key in ATTRIBUTES.items():
            if a.get(key):
                found[name] = a[key]
        boss = next((p for p in self.people.values() if p.key == a.get("manager")), None)
        if boss:
            found["manager"] = self.dn(boss)
        return found

    # ---- writing ----
    def changes(self):
        """LDIF of what differs from what was written last; it is remembered as written."""
        text = ""
        for person in sorted(self.people.values(), key=lambda p: p.id):
            was = self.written.get(person.id)
            now = None if person.gone else (self.dn(person), self.values(person))
            text += self.change(person, was, now)
            if now:
                self.written[person.id] = now
            else:
                self.written.pop(person.id, None)
        return text

    def change(self, person, was, now):
        if was == now:
            return ""
        if not was:
            rows = [("changetype", "add"), ("objectClass", "inetOrgPerson"), ("entryUUID", person.id)]
            return slapd.ldif(now[0], rows + sorted(now[1].items()))
        if not now:
            return slapd.ldif(was[0], [("changetype", "delete")])
        return self.renamed(was, now) + self.modified(was, now)

    def renamed(self, was, now):
        if was[0] == now[0]:
            return ""
        rdn, superior = now[0].split(",", 1)
        return slapd.ldif(was[0], [("changetype", "modrdn"), ("newrdn", rdn), ("deleteoldrdn", "1"),
                                   ("newsuperior", superior)])

    def modified(self, was, now):
        names = sorted(n for n in set(was[1]) | set(now[1])
                       if n != "uid" and was[1].get(n) != now[1].get(n))
        if not names:
            return ""
        rows = ["dn: %s\nchangetype: modify\n" % now[0]]
        for name in names:
            value = now[1].get(name)
            rows.append("replace: %s\n" % name + (slapd.line(name, value) if value else "") + "-\n")
        return "".join(rows) + "\n"

    def apply(self, server):
        text = self.changes()
        if text:
            server.tool("ldapmodify", "-e", "relax", stdin=text.encode())


def server(grade):
    modules, overlay = GRADES[grade]
    return slapd.Slapd(ldif=slapd.BASE + units(), modules=modules, database_conf=LIMITS + overlay)

"""What must hold when a history has come to rest; see converge.py."""
import json
import re
import sqlite3

from world import DOMAIN

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


class Failed(Exception):
    """A promise was broken."""


class Ends:
    """Both ends at the end of a history."""

    def __init__(self, history):
        self.history, self.world = history, history.world
        self.accounts = [u for u in history.sim.users() if u["state"] != "deleted"]
        self.by_external = {}
        for account in self.accounts:
            self.by_external.setdefault(account.get("externalId"), []).append(account)
        self.by_name = {a["userName"].lower(): a for a in self.accounts}

    def account(self, person):
        return self.by_external.get(person.id, [None])[0]

    def contested(self, person):
        """The account of somebody else that has the name which this person wants."""
        holder = self.by_name.get(person.name + DOMAIN)
        return holder if holder and holder.get("externalId") != person.id else None

    def may_wait(self, person):
        """May it be parked? By policy only: a held name, a protected name."""
        holder = self.contested(person)
        if person.name == "boss":
            return True
        if not holder:
            return False
        owner = self.world.people.get(holder.get("externalId"))
        if owner and not owner.present:
            return self.history.left == "park" or self.history.policy == "skip"
        return self.history.policy == "skip"


def fail(text, *values):
    raise Failed(text % values)


def wanted(ends, person):
    """The map, written a second time."""
    a = person.attributes
    boss = next((p for p in ends.world.people.values() if p.key == a.get("manager")), None)
    manager = ends.account(boss) if boss and boss.present else None
    work = {(a.get("phone"))} if a.get("phone") else set()
    return {"displayName": a["cn"], "title": a.get("title"), "phone": work,
            "department": a.get("department"), "manager": manager["id"] if manager else None}


def shown(account):
    more = account.get(ENTERPRISE, {})
    return {"displayName": account["displayName"], "title": account.get("title"),
            "phone": {p["value"] for p in account.get("phoneNumbers", []) if p.get("type") == "work"},
            "department": more.get("department"), "manager": (more.get("manager") or {}).get("value")}


def check_person(ends, person):
    found = ends.by_external.get(person.id, [])
    if len(found) > 1:
        fail("G2: %s has %d accounts", person.id, len(found))
    if ends.may_wait(person):
        return
    if not found:
        fail("G1: %s (%s) has no account", person.id, person.name)
    account = found[0]
    if account["state"] != "active":
        fail("the account of %s, who is there, is %s", person.id, account["state"])
    if not re.fullmatch(re.escape(person.name) + r"(_\d+)?" + re.escape(DOMAIN), account["userName"]):
        fail("G8: %s is called %s and wants %s", person.id, account["userName"], person.name)
    want, have = wanted(ends, person), shown(account)
    boss = person.attributes.get("manager")
    if boss and not any(p.key == boss and p.present for p in ends.world.people.values()):
        want.pop("manager"), have.pop("manager")    # whoever left is out of the scope
    if want != have:
        fail("G1: %s should be %s and is %s", person.id, want, have)


def check_leavers(ends):
    for person in ends.world.people.values():
        for account in ends.by_external.get(person.id, []) if not person.present else []:
            if account["state"] == "active":
                fail("G1: %s left, the account %s is active", person.id, account["userName"])


def check_strangers(ends):
    for ident, was in ends.history.foreign.items():
        now = next((a for a in ends.accounts if a["id"] == ident), None)
        if not now or now != was:
            fail("G5: another's account was %s and is %s", was, now)


def check_owners(ends):
    for account in ends.accounts:
        owner = account.get("externalId")
        if owner and owner not in ends.world.people and account["id"] not in ends.history.foreign:
            fail("G5: %s belongs to nobody: %s", account["userName"], owner)


def body_of(entry):
    body = entry["body"]
    return json.loads(body) if isinstance(body, str) and body else body or {}


def operations(entry):
    return body_of(entry).get("Operations", []) if entry["kind"] == "update" else []


def epoch_of(history, number):
    return max(epoch for epoch, first in history.marks if first <= number)


def check_disables(ends):
    """G3, G5: whom the source never missed is never disabled; another's account never."""
    history = ends.history
    for entry in history.ours:
        off = entry["kind"] == "delete" or any(
            o.get("path") == "active" and o.get("value") is False for o in operations(entry))
        if not off or not entry["applied"]:
            continue
        epoch = epoch_of(history, entry["number"])
        since = max([c for c in history.completes if c < epoch] or [0])
        person = ends.world.people.get(entry.get("externalId"))
        if not person:
            fail("G5: an account of nobody here was disabled: %s", entry)
        if not any(since < e <= epoch for e in person.absent):
            fail("G3: %s was disabled in epoch %d; it was missing in %s", person.id, epoch,
                 sorted(person.absent))


def check_order(ends):
    """G8: titles and names carry growing numbers; no account ever goes back."""
    last = {}
    for entry in ends.history.ours:
        if not entry["applied"] or entry["kind"] not in ("create", "update"):
            continue
        values = {o.get("path"): o.get("value") for o in operations(entry)}
        if entry["kind"] == "create":
            values = body_of(entry)
        for path in ("title", "displayName"):
            number = re.search(r"(\d+)$", str(values.get(path) or ""))
            key = (entry.get("externalId"), path)
            if not number or not key[0]:
                continue
            if int(number.group(1)) < last.get(key, 0):
                fail("G8: %s of %s goes back: %s", path, key[0], entry)
            last[key] = int(number.group(1))


def check_idle(ends):
    history = ends.history
    before = history.number()
    history.run()
    sent = [e for e in history.sim.log(before) if e["kind"] not in ("token", "discovery")]
    if sent:
        fail("G6: an idle pass sent %s", [(e["kind"], e["path"], e["body"]) for e in sent])


def check_tally(ends):
    """How many accounts the state says there are is what the brakes go by (G4)."""
    with sqlite3.connect("file:%s?mode=ro" % ends.history.path("state.db"), uri=True) as db:
        kept = [row[0] for row in db.execute("SELECT value FROM fact WHERE name = 'tally'")]
        counted = dict(((status, account), count) for status, account, count in db.execute(
            "SELECT status, account IS NOT NULL, count(*) FROM link GROUP BY 1, 2"))
    wanted_text = " ".join(str(counted.get((i // 2, i % 2), 0)) for i in range(10))
    if kept and bytes(kept[0]).decode() != wanted_text:
        fail("G4: the state keeps %s entries by status, and has %s", kept[0], wanted_text)


def check(history):
    ends = Ends(history)
    history.ours = [e for e in history.sim.log() if e["number"] not in history.hands]
    for person in sorted(ends.world.people.values(), key=lambda p: p.id):
        if person.present:
            check_person(ends, person)
    for what in (check_leavers, check_strangers, check_owners, check_disables, check_order, check_idle,
                 check_tally):
        what(ends)

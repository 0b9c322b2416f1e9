"""What must hold when a history has come to rest; see converge.py."""
import json
import os
import re

import tally
from world import DOMAIN

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


class Failed(Exception):
    """A promise was broken."""


class Ends:
    """Both ends, as they are now."""

    def __init__(self, history):
        self.history, self.world = history, history.world
        self.accounts = [u for u in history.sim.users() if u["state"] != "deleted"]
        self.by_external = {}
        for account in self.accounts:
            self.by_external.setdefault(account.get("externalId"), []).append(account)
        self.by_name = {a["userName"].lower(): a for a in self.accounts}
        self.people = {p.external: p for p in self.world.people.values()}

    def account(self, person):
        return self.by_external.get(person.external, [None])[0]

    def contested(self, person):
        """The account of somebody else that has the name which this person wants."""
        holder = self.by_name.get(person.name + DOMAIN)
        return holder if holder and holder.get("externalId") != person.external else None

    def of_the_deleted(self, person):
        """Is the name one that somebody had whose account was deleted? Its entry is remembered."""
        return (self.history.leavers == "delete" and (self.history.left == "park" or self.history.policy == "skip")
                and any(not p.present and person.name in [name for _, name in p.names]
                        for p in self.people.values() if p is not person))

    def may_wait(self, person):
        """May it be parked? By policy only: a held name, a protected name."""
        holder = self.contested(person)
        if person.name == "boss" or self.of_the_deleted(person):
            return True
        if not holder:
            return False
        owner = self.people.get(holder.get("externalId"))
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
    found = ends.by_external.get(person.external, [])
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
    elif have["manager"] in ends.history.removed and want["manager"] is None:
        want.pop("manager"), have.pop("manager")    # of somebody who is parked, and was removed by hand
    if want != have:
        fail("G1: %s should be %s and is %s", person.id, want, have)


def check_leavers(ends):
    for person in ends.world.people.values():
        for account in ends.by_external.get(person.external, []) if not person.present else []:
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
        if owner and owner not in ends.people and account["id"] not in ends.history.foreign:
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
        person = ends.people.get(entry.get("externalId"))
        if not person:
            fail("G5: an account of nobody here was disabled: %s", entry)
        if not any(since < e <= epoch for e in person.absent):
            fail("G3: %s was disabled in epoch %d; it was missing in %s", person.id, epoch,
                 sorted(person.absent))


def owner_of(entry, values):
    """The external id of the account after this write: an adoption brings its own."""
    return values.get("externalId") or entry.get("externalId")


def writes(ends, *kinds):
    """Applied creates and updates of ours: the log's entry and what was set, by path."""
    for entry in ends.history.ours:
        if not entry["applied"] or entry["kind"] not in kinds:
            continue
        values = {o.get("path"): o.get("value") for o in operations(entry)}
        yield entry, body_of(entry) if entry["kind"] == "create" else values


def check_order(ends):
    """G8: titles and names carry growing numbers; no account ever goes back."""
    last = {}
    for entry, values in writes(ends, "create", "update"):
        owner = owner_of(entry, values)
        for path in ("title", "displayName"):
            number = re.search(r"(\d+)$", str(values.get(path) or ""))
            key = (owner, path)
            if not number or not owner:
                continue
            if int(number.group(1)) < last.get(key, 0):
                fail("G8: %s of %s goes back: %s", path, owner, entry)
            last[key] = int(number.group(1))


def check_twins(ends):
    """G2, G10: nobody gets a second account while the first one is there."""
    history, alive = ends.history, {}
    purged = sorted(history.purged)
    for entry in history.sim.log():
        while purged and purged[0][0] <= entry["number"]:
            alive.pop(purged.pop(0)[1], None)
        if not entry["applied"]:
            continue
        if entry["kind"] == "delete":
            alive.pop(entry["id"], None)
        values = {o.get("path"): o.get("value") for o in operations(entry)}
        owner = body_of(entry).get("externalId") if entry["kind"] == "create" else values.get("externalId")
        if entry["kind"] == "create" and owner in alive.values():
            fail("G2: a second account for %s: %s", owner, entry)
        if owner:
            alive[entry["id"]] = owner


def check_names(ends):
    """G12: every name that an account was given is one that its entry wanted, and a suffix is not given up
    while the same name is wanted."""
    history, given = ends.history, {}
    for entry, values in writes(ends, "create", "update"):
        person, name = ends.people.get(owner_of(entry, values)), values.get("userName")
        if not name or not person or entry["status"] >= 300 or not entry["status"]:
            continue
        if re.fullmatch(r"syncd-[0-9a-f]{8}" + re.escape(DOMAIN), name):
            continue
        base = re.sub(r"_\d+$", "", name[:-len(DOMAIN)])
        epoch = epoch_of(history, entry["number"])
        if not any(base == wanted for since, wanted in person.names if since <= epoch):
            fail("G12: %s was called %s, and never wanted that: %s", person.id, name, person.names)
        was = given.get(entry["id"])
        if was and was != name and re.sub(r"_\d+$", "", was[:-len(DOMAIN)]) == base and "_" in was:
            wanted = [n for n in person.names if n[0] <= epoch]
            if len(wanted) == 1:
                fail("G12: %s was %s, and became %s for the same wanted name", person.id, was, name)
        given[entry["id"]] = name


def check_brakes(ends):
    """G4: with narrow brakes, no more accounts than that are disabled, but by approval. One that is given
    in a pass that fails waits for the next whose read comes to its end."""
    history, off, approved = ends.history, set(), False
    if not history.narrow:
        return
    for run in history.runs:
        approved = approved or run.approved
        for entry, values in writes(ends, "update"):
            if run.first <= entry["number"] < run.end and not approved and values.get("active") is False:
                off.add(entry["id"])
        approved = approved and run.code not in (0, 3, 4)
    if len(off) > history.BRAKE:
        fail("G4: %d accounts were disabled, the brake allows %d: %s", len(off), history.BRAKE, off)


def check_outage(history, before, after):
    """G7: what was an outage parked nobody; a name that somebody has is another matter."""
    if before is None or after is None:
        return
    for ident, reason in after.items():
        if ident not in before and "user name" not in reason and "several accounts" not in reason:
            fail("G7: an outage parked %s: %s", ident, reason)


def check_secrets(ends):
    """G11: neither logs nor reports nor the state hold them."""
    history = ends.history
    tokens = {e["token"] for e in history.sim.log() if e.get("token")}
    for folder, _, names in os.walk(history.folder):
        for name in names:
            path = os.path.join(folder, name)
            if name == "syncd.yaml" or folder.endswith("plugins"):
                continue
            with open(path, "rb") as file:
                text = file.read()
            for secret in tokens | set(history.SECRETS):
                if secret.encode() in text:
                    fail("G11: %s holds a secret", path)


def sent(history, *words):
    """What a pass that should find nothing to do sends."""
    before = history.number()
    history.run(*words)
    return [e for e in history.sim.log(before) if e["kind"] not in ("token", "discovery")]


def check_idle(ends):
    found = sent(ends.history)
    if found:
        fail("G6: an idle pass sent %s", [(e["kind"], e["path"], e["body"]) for e in found])


def check_full(ends):
    """G1: reading everything finds nothing that reading changes had missed."""
    found = [e for e in sent(ends.history, "--full") if e["kind"] in ("create", "update", "delete")]
    if found:
        fail("G1: a read of everything found %s", [(e["kind"], e["path"], e["body"]) for e in found])


def check_ends(ends):
    for person in sorted(ends.world.people.values(), key=lambda p: p.id):
        if person.present:
            check_person(ends, person)
    check_leavers(ends)


def why_not(history):
    """Why source and sink do not agree; nothing where they do."""
    try:
        check_ends(Ends(history))
    except Failed as why:
        return str(why)
    return None


def agrees(history):
    return why_not(history) is None


def check_tally(ends):
    """How many accounts the state says there are is what the brakes go by (G4)."""
    kept, counted = tally.of(ends.history.path("state/state.db"))
    if kept is not None and kept != counted:
        fail("G4: the state keeps %s entries by status, and has %s", kept, counted)


def check(history):
    ends = Ends(history)
    history.ours = [e for e in history.sim.log() if e["number"] not in history.hands]
    for what in (check_ends, check_strangers, check_owners, check_disables, check_order, check_twins,
                 check_names, check_brakes, check_idle, check_full, check_secrets, check_tally):
        what(ends)

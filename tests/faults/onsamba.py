"""Histories in a Samba Active Directory: as on a slapd (onslapd.py), with what only a domain has: objectGUIDs,
DirSync and update sequence numbers, tombstones that a bind identity may see or not, accounts that are disabled
by userAccountControl, people who are undeleted, organizational units that are renamed with all who are in them.

The domain controller itself is never struck: it is one for all histories of a program, at the same time. The
way to it is."""
import domain
import history
import onslapd
import proxy
import samba


class History(onslapd.History):
    kind = "samba"
    MAPPING = dict(history.History.MAPPING, displayName="displayName",
                   phoneNumbers=[{"type": "work", "value": "telephoneNumber"}],
                   active="${userAccountControl | bit(2) | not}")
    SECRETS = history.History.SECRETS + [samba.PASSWORD]
    TROUBLE = ["cut", "cut", "cut", "refused", "all dropped"]
    WATCH_TROUBLE = ["", "", "", "drop", "drop", "cut"]
    SIZES = [2000, 6000, 12000, 40000]            # TLS alone takes some thousand
    WATCH_SIZE = 12000

    def make_world(self):
        d = self.dice
        self.grade = d.choice(["auto", "dirsync", "dirsync", "usn", "usn", "timestamp", "inventory"])
        self.reader = d.choice(domain.READERS)
        self.page = d.choice([3, 10, 1000])
        return domain.World(d, d.randrange(24, 40))

    def set_up(self):
        self.server = domain.share()
        self.world.create(self.server)
        self.line = proxy.Proxy(self.server.port)
        history.History.set_up(self)
        self.say("samba, %s, %s, pages of %d" % (self.grade, self.reader, self.page))

    def source(self):
        return {"ldap": {"uri": "ldaps://127.0.0.1:%d" % self.line.port, "base": self.world.base,
                         "filter": domain.FILTER, "bind_dn": domain.identity(self.reader),
                         "bind_password": samba.PASSWORD, "tls": {"ca_file": self.server.ca},
                         "page_size": self.page, "timeout": "20s", "changes": self.grade}}

    def calm(self):
        history.History.calm(self)
        self.line.clear()

    def before_rest(self):
        """That somebody is nobody's manager any more, as he was deleted, is not told: it is read."""
        return ["--full"] if self.world.untold else []

    def close(self, keep):
        self.line.stop()
        history.History.close(self, keep)

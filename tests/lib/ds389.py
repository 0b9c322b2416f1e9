"""A real 389 Directory Server for tests, on free loopback ports, in a folder of its own.

    with ds389.Directory (plugins=("usn", "changelog"), ldif=ds389.SAMPLE) as server:
        server.uri; server.modify (…); server.search (…)       # like slapd.Slapd
        server.configure ("cn=config", "nsslapd-sizelimit", 5)  # at once, without a restart
        server.plugin ("usn", on=False)                         # restarts

The instance is made as dscreate(8) begins one: dse.ldif from the package's template, its paths
put into our folder. So neither systemd nor /etc/dirsrv and /var/lib/dirsrv are touched.
"""
import atexit
import contextlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
import unittest

import slapd

SUFFIX, PEOPLE, PASSWORD = slapd.SUFFIX, slapd.PEOPLE, slapd.PASSWORD
MANAGER = "cn=Directory Manager"
READER = "cn=syncd,ou=services," + SUFFIX
READER_PASSWORD = "sync-password"
DATA, CONFIG = "/usr/share/dirsrv/data", "/etc/dirsrv"
CONFIG_DB = "cn=config,cn=ldbm database,cn=plugins,cn=config"
PLUGINS = {"usn": "cn=USN,cn=plugins,cn=config",
           "changelog": "cn=Retro Changelog Plugin,cn=plugins,cn=config",
           "sync": "cn=Content Synchronization,cn=plugins,cn=config",
           "memberof": "cn=MemberOf Plugin,cn=plugins,cn=config"}

# The template lacks it: the server adds it at its first start, and only then begins to use it.
ENTRYUUID = """
dn: cn=entryuuid,cn=plugins,cn=config
objectClass: top
objectClass: nsSlapdPlugin
cn: entryuuid
nsslapd-pluginPath: libentryuuid-plugin
nsslapd-pluginInitfunc: entryuuid_plugin_init
nsslapd-pluginType: betxnpreoperation
nsslapd-pluginEnabled: %s
nsslapd-pluginId: entryuuid
nsslapd-pluginVersion: none
nsslapd-pluginVendor: 389 Project
nsslapd-pluginDescription: entryuuid
"""

BACKEND = """dn: cn=userRoot,cn=ldbm database,cn=plugins,cn=config
objectClass: extensibleObject
objectClass: nsBackendInstance
cn: userRoot
nsslapd-suffix: %(suffix)s

dn: cn="%(suffix)s",cn=mapping tree,cn=config
objectClass: extensibleObject
objectClass: nsMappingTree
cn: %(suffix)s
nsslapd-state: backend
nsslapd-backend: userRoot
""" % {"suffix": SUFFIX}

MANUAL = os.path.join(os.environ.get("top_srcdir", "."), "man", "syncd-ldap.7")


def documented(name):
    """The access rule of that name, as syncd-ldap(7) tells administrators to add it."""
    with open(MANUAL) as file:
        rules = re.findall(r"^aci: (.*(?:\n .*)*)$", file.read().replace("\\-", "-"), re.M)
    return next(rule for rule in (r.replace("\n ", "") for r in rules) if name in rule)


READ = documented("syncd reads people")
# The changes themselves hold password hashes.
CHANGELOG = documented("syncd reads who changed")

BASE = slapd.BASE.replace("objectClass: organization\nobjectClass: dcObject\no: Example\n",
                          "objectClass: domain\naci: %s\n" % READ)
person = slapd.person
SAMPLE = BASE + slapd.SAMPLE[len(slapd.BASE):]


def why_not():
    try:
        slapd.find("ns-slapd")
    except unittest.SkipTest as reason:
        return str(reason)
    return None if os.path.exists(DATA + "/template-dse.ldif") else "its templates are missing"


class Directory(slapd.Slapd):
    """PLUGINS: those switched on from the start. RECORDED: what the retro changelog records of
    each entry, as in nsslapd-attribute; MAXAGE: how long it keeps a change; SUFFIX: of what alone.
    ENTRYUUID: do entries get one, as they do by default?"""

    def __init__(self, ldif=SAMPLE, plugins=(), recorded=("nsuniqueid:targetUniqueId",),
                 maxage=None, suffix=None, entryuuid=True):
        reason = why_not()
        if reason:
            raise unittest.SkipTest("389 Directory Server: " + reason)
        self.program = slapd.find("ns-slapd")
        self.folder = tempfile.mkdtemp(prefix="syncd-ds389-")
        self.name = os.path.basename(self.folder)  # a semaphore in /dev/shm is called so
        self.suffix, self.root_dn, self.password = SUFFIX, MANAGER, PASSWORD
        self.tls = self.ca = self.process = None
        atexit.register(self.remove)
        self.home = self.path(self.name)
        for part in ("bak", "db", "ldif", "lock", "logs", "run", "schema", "tmp"):
            os.makedirs(os.path.join(self.home, part))
        shutil.copy(CONFIG + "/schema/99user.ldif", self.home + "/schema")
        for part in ("slapd-collations.conf", "certmap.conf"):
            shutil.copy(CONFIG + "/config/" + part, self.home)
        keys = ["nsslapd-attribute: " + r for r in recorded]
        keys += ["nsslapd-changelogmaxage: " + maxage,
                 "nsslapd-changelog-trim-interval: 1"] if maxage else []
        keys += ["nsslapd-include-suffix: " + suffix] if suffix else []
        self.write_configuration(plugins, keys, entryuuid)
        self.start()
        self.add(BACKEND)
        if ldif:
            self.add(ldif)

    def write_configuration(self, plugins, changelog, entryuuid):
        with open(DATA + "/template-dse.ldif") as file:
            text = file.read()
        places = {"fqdn": "localhost", "ds_port": "%port%", "ds_user": pwd.getpwuid(os.getuid())[0],
                  "rootdn": MANAGER, "ds_passwd": "{CLEAR}" + PASSWORD, "ds_suffix": SUFFIX,
                  "config_dir": self.home, "cert_dir": self.home, "inst_dir": self.home,
                  "db_home_dir": self.home + "/db", "db_lib": "bdb", "ldapi_enabled": "on",
                  "ldapi": self.path("ldapi"), "ldapi_autobind": "off",
                  "instance_name": self.name, "log_dir": self.home + "/logs"}
        for part in ("schema", "lock", "tmp", "ldif", "bak", "run", "db"):
            places[part + "_dir"] = os.path.join(self.home, part)
        for place, value in places.items():
            text = text.replace("%" + place + "%", value)
        text = text.replace("nsslapd-port:", "nsslapd-listenhost: 127.0.0.1\nnsslapd-port:", 1)
        blocks = [self.switch(b, plugins, changelog) for b in text.rstrip("\n").split("\n\n")]
        self.template = "\n\n".join(blocks) + "\n" + ENTRYUUID % ("on" if entryuuid else "off")

    @staticmethod
    def switch(block, plugins, changelog):
        """The entry of a plugin, switched on or off; other entries as they are."""
        head = block.strip().lower()
        name = next((n for n, dn in PLUGINS.items() if head.startswith("dn: " + dn.lower())), None)
        if name is None:
            return block
        state = "on" if name in plugins else "off"
        block = re.sub("(?i)(pluginenabled:).*", r"\1 " + state, block.rstrip("\n"))
        return "\n".join([block] + (changelog if name == "changelog" else []))

    def try_start(self, ports):
        self.uri = "ldap://127.0.0.1:%d" % ports[0]
        if not os.path.exists(self.home + "/dse.ldif") or not getattr(self, "ports", None):
            with open(self.home + "/dse.ldif", "w") as out:
                out.write(self.template.replace("%port%", str(ports[0])))
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "-D", self.home, "-i", self.home + "/run/pid", "-d", "0"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.time() + 120
        while time.time() < end and self.process.poll() is None:
            with contextlib.suppress(RuntimeError):
                self.tool("ldapsearch", "-LLL", "-s", "base", "-b", "", "1.1")
                return True
            time.sleep(0.05)
        self.stop()
        return False

    def remove(self):
        super().remove()
        with contextlib.suppress(FileNotFoundError):
            os.remove("/dev/shm/sem.%s.stats" % self.name)

    def configure(self, dn, attribute, *values):
        self.replace(dn, attribute, *values)

    def plugin(self, name, on=True):
        self.configure(PLUGINS[name], "nsslapd-pluginEnabled", "on" if on else "off")
        self.restart()

    def allow(self, dn, *rules):
        """Access rules added to an entry."""
        self.modify("dn: %s\nchangetype: modify\nadd: aci\n%s" % (
            dn, "".join("aci: %s\n" % rule for rule in rules)))

    def add_again(self, text, times):
        """Adds of somebody who is there, each of them refused."""
        with contextlib.suppress(RuntimeError):
            self.tool("ldapmodify", "-a", "-c", stdin=(text * times).encode())

    def last_change(self):
        return int(self.root("lastchangenumber")["lastchangenumber"])

    def wait_for_trimming(self, number, timeout=120):
        """Until the changelog begins with that change; for one that was started with a MAXAGE."""
        end = time.time() + timeout
        while int(self.root("firstchangenumber")["firstchangenumber"]) < number:
            if time.time() > end:
                raise AssertionError("the changelog is not trimmed")
            time.sleep(0.2)

    def root(self, *attributes):
        """Values of the root DSE; what a server never shows is missing."""
        text = self.tool("ldapsearch", "-LLL", "-s", "base", "-b", "", *attributes)
        return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)

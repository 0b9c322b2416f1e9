"""Real Samba Active Directory for tests, in a network namespace of its own.

    with samba.Directory () as ad:              # skips with a reason where it cannot run
        ad.tool ("user", "create", "ada", "Passw0rd!x")
        ad.command (["ldapsearch", …])          # a command line that runs beside it
        second = ad.join ()                     # another domain controller, not replicating by
        second.pull (ad)                        # itself: it gets what the first one has

Ports are fixed (389, 636, 88, 135), so the directory gets a namespace where nothing else listens,
and each controller a loopback address there. That needs root and unshare(1). Provisioning takes a
few seconds, joining some more.
"""
import atexit
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import tls

REALM, DOMAIN, HOST = "AD.TEST", "ADTEST", "dc1"
SUFFIX = "DC=ad,DC=test"
PASSWORD = "syncd-S3cret"
ADMIN = "CN=Administrator,CN=Users," + SUFFIX
ADDRESSES = {"dc1": "127.0.0.1", "dc2": "127.0.0.2"}


def clean_environment(**more):
    """Without our own folder of modules, where this file would hide samba-tool's package."""
    return dict({k: v for k, v in os.environ.items() if k != "PYTHONPATH"}, **more)


def why_not():
    missing = [p for p in ("samba", "samba-tool", "unshare", "nsenter") if not shutil.which(p)]
    if missing:
        return "%s not installed" % ", ".join(missing)
    if os.geteuid() != 0:
        return "needs root for a network namespace"
    if subprocess.run(["unshare", "-n", "true"], stderr=subprocess.DEVNULL, check=False).returncode:
        return "this machine forbids network namespaces"
    return None


def samba_python():
    """The interpreter that samba-tool runs in."""
    with open(shutil.which("samba-tool")) as tool:
        return tool.readline()[2:].split()[0]


ALLOW = """
import sys
import ldb
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB
conf, dn, entry = sys.argv[1:]
lp = LoadParm()
lp.load(conf)
db = SamDB(lp=lp, session_info=system_session())
found = db.search(dn, ldb.SCOPE_BASE, attrs=["nTSecurityDescriptor"], controls=["show_deleted:1"])
sid = security.dom_sid(db.get_domain_sid())
old = ndr_unpack(security.descriptor, found[0]["nTSecurityDescriptor"][0]).as_sddl(sid)
at = old.index("(", old.index("D:"))
new = security.descriptor.from_sddl(old[:at] + entry + old[at:], sid)
message = ldb.Message(ldb.Dn(db, dn))
message["sd"] = ldb.MessageElement(ndr_pack(new), ldb.FLAG_MOD_REPLACE, "nTSecurityDescriptor")
db.modify(message, controls=["show_deleted:1", "sd_flags:1:4"])
"""


class Network:
    """A namespace that lives until it is closed, with the controllers' names in its /etc/hosts."""

    def __init__(self, folder):
        hosts = os.path.join(folder, "hosts")
        with open(hosts, "w") as out:
            for name, address in ADDRESSES.items():
                out.write("%s %s.%s %s\n" % (address, name, REALM.lower(), name))
            out.write("127.0.0.1 localhost\n")
        self.process = subprocess.Popen(
            ["unshare", "-n", "-m", "sh", "-c", 'ip link set lo up && mount --bind "%s" /etc/hosts '
             '&& echo ready && exec cat' % hosts], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def command(self, words):
        return ["nsenter", "-t", str(self.process.pid), "-n", "-m"] + list(words)

    def close(self):
        self.process.communicate()


class Controller:
    """A domain controller: its files, and its server while it runs."""

    def __init__(self, folder, network, name):
        self.folder, self.network, self.name = folder, network, name
        self.host = "%s.%s" % (name, REALM.lower())
        self.uri = "ldaps://" + self.host
        self.conf = self.path(name + "/etc/smb.conf")
        self.process = self.forward = self.port = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def options(self, authority):
        pair = authority.issue(self.host, san=["DNS:" + self.host, "IP:127.0.0.1"])
        address = ADDRESSES[self.name]
        for folder in ("pid", "ncalrpc", "winbindd"):
            os.makedirs(self.path("run-%s/%s" % (self.name, folder)))
        run = self.path("run-" + self.name)
        return ["--option=interfaces=%s/8" % address, "--option=bind interfaces only=yes",
                "--option=server services=ldap, cldap, kdc, rpc",
                "--option=pid directory=%s/pid" % run, "--option=ncalrpc dir=%s/ncalrpc" % run,
                "--option=winbindd socket directory=%s/winbindd" % run,
                "--option=ldap server require strong auth=allow_sasl_over_tls",
                "--option=tls cafile=" + authority.cert, "--option=tls certfile=" + pair.cert,
                "--option=tls keyfile=" + pair.key]

    def environment(self, **more):
        return clean_environment(KRB5_CONFIG=self.path("krb5.conf"), **more)

    def start(self):
        with open(self.path(self.name + ".log"), "ab") as log:
            self.process = subprocess.Popen(
                self.network.command(["samba", "-i", "-M", "single", "-s", self.conf,
                                      "--debug-stdout"]),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment())
        end = time.time() + 60
        probe = "exec 3<>/dev/tcp/%s/636" % ADDRESSES[self.name]
        while time.time() < end and self.process.poll() is None:
            if self.run(["bash", "-c", probe]).returncode == 0:
                return
            time.sleep(0.2)
        with open(self.path(self.name + ".log")) as log:
            text = log.read()[-400:]
        self.stop()
        raise unittest.SkipTest("Samba: it does not start here: " + text)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def command(self, words):
        """WORDS, run where the directory can be reached."""
        return self.network.command(words)

    def run(self, words, environment=None, **more):
        return subprocess.run(self.command(words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False,
                              env=self.environment(**(environment or {})), **more)

    def outside(self):
        """A URI that programs outside of the namespace can use; stop() does not end it."""
        if not self.forward:
            script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "forward.py")
            self.forward = subprocess.Popen(
                [sys.executable, script, str(self.network.process.pid), ADDRESSES[self.name], "636"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            self.port = int(self.forward.stdout.readline())
        return "ldaps://127.0.0.1:%d" % self.port

    def close(self):
        self.stop()
        if self.forward:
            self.forward.communicate()
            self.forward = None

    def checked(self, words, **more):
        done = self.run(words, **more)
        if done.returncode:
            raise RuntimeError("%s: %s" % (" ".join(words[:3]), done.stdout.decode()))
        return done.stdout.decode()

    def tool(self, *words):
        """samba-tool on the controller's own database."""
        return self.checked(["samba-tool"] + list(words) + ["-s", self.conf])

    def modify(self, text):
        """LDIF with changetype lines, as the administrator."""
        done = subprocess.run(
            self.command(["ldapmodify", "-x", "-H", self.uri, "-D", ADMIN, "-w", PASSWORD]),
            input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            env=clean_environment(LDAPTLS_REQCERT="never"))
        if done.returncode:
            raise RuntimeError("ldapmodify: " + done.stdout.decode())

    def replace(self, dn, attribute, *values):
        self.modify("dn: %s\nchangetype: modify\nreplace: %s\n%s" % (
            dn, attribute, "".join("%s: %s\n" % (attribute, v) for v in values)))

    def rename(self, dn, rdn, superior=None):
        self.modify("dn: %s\nchangetype: modrdn\nnewrdn: %s\ndeleteoldrdn: 1\n%s" % (
            dn, rdn, "newsuperior: %s\n" % superior if superior else ""))

    def delete(self, dn):
        self.modify("dn: %s\nchangetype: delete\n" % dn)

    def add_people(self, base, names, **more):
        """Accounts without passwords, and therefore disabled."""
        extra = "".join("%s: %s\n" % pair for pair in more.items())
        self.modify("\n".join("dn: CN=%s,%s\nchangetype: add\nobjectClass: user\n"
                              "sAMAccountName: %s\n%s" % (n, base, n, extra) for n in names))

    def add_unit(self, name, parent=SUFFIX):
        dn = "OU=%s,%s" % (name, parent)
        self.modify("dn: %s\nchangetype: add\nobjectClass: organizationalUnit\n" % dn)
        return dn

    def allow(self, dn, entry):
        """Adds an access control entry (SDDL), also where samba-tool dsacl does not get to."""
        self.checked([samba_python(), "-c", ALLOW, self.conf, dn, entry])

    def let_replicate(self, dn):
        """The right Replicating Directory Changes."""
        self.tool("dsacl", "set", "--action=allow", "--objectdn=" + SUFFIX, "--car=get-changes",
                  "--trusteedn=" + dn)

    def let_list_deleted(self, name):
        shown = self.tool("user", "show", name, "--attributes=objectSid")
        self.allow("CN=Deleted Objects," + SUFFIX,
                   "(A;;RPLC;;;%s)" % re.search(r"S-1-5-[\d-]+", shown).group())

    def pull(self, other, context=SUFFIX):
        """Takes what OTHER has. The own server rests meanwhile: the database is written to."""
        running = self.process is not None
        self.stop()
        self.checked(["samba-tool", "drs", "replicate", "--local", self.host, other.host, context,
                      "-s", self.conf, "-U", DOMAIN + "\\Administrator%" + PASSWORD])
        if running:
            self.start()


class Directory(Controller):
    """The first controller, and with it the domain."""

    def __init__(self):
        reason = why_not()
        if reason:
            raise unittest.SkipTest("Samba: " + reason)
        folder = tempfile.mkdtemp(prefix="syncd-samba-")
        super().__init__(folder, Network(folder), HOST)
        self.others = []
        atexit.register(self.remove)
        self.authority = tls.Authority(self.path("ca"))
        self.ca = self.authority.cert
        self.provision()
        self.tool("spn", "add", "ldap/" + self.host, HOST.upper() + "$")
        self.start()

    def provision(self):
        with open(self.path("krb5.conf"), "w") as out:
            out.write("[libdefaults]\ndefault_realm = %s\ndns_lookup_realm = false\n"
                      "dns_lookup_kdc = false\nrdns = false\ndns_canonicalize_hostname = false\n"
                      "[realms]\n%s = {\n kdc = 127.0.0.1\n}\n[domain_realm]\n.%s = %s\n"
                      % (REALM, REALM, REALM.lower(), REALM))
        done = self.run(
            ["samba-tool", "domain", "provision", "--server-role=dc", "--use-rfc2307",
             "--dns-backend=NONE", "--realm=" + REALM, "--domain=" + DOMAIN, "--host-name=" + HOST,
             "--host-ip=127.0.0.1", "--adminpass=" + PASSWORD,
             "--targetdir=" + self.path(self.name)] + self.options(self.authority))
        if done.returncode:
            raise unittest.SkipTest("Samba: provisioning fails here: "
                                    + done.stdout.decode(errors="replace").strip()[-300:])

    def join(self, name="dc2"):
        """Another controller of the domain, started; it replicates when told to."""
        other = Controller(self.folder, self.network, name)
        other.checked(
            ["samba-tool", "domain", "join", REALM.lower(), "DC", "--server=" + self.host,
             "--dns-backend=NONE", "-U", DOMAIN + "\\Administrator%" + PASSWORD,
             "--option=netbios name=" + name, "--option=realm=" + REALM, "--option=workgroup=" + DOMAIN,
             "--targetdir=" + self.path(name)] + other.options(self.authority))
        self.others.append(other)
        other.start()
        return other

    def remove(self):
        for controller in self.others + [self]:
            controller.close()
        self.network.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.remove)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

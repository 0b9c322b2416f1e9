"""A real slapd for tests, on free loopback ports, in a folder of its own.

    with slapd.Slapd (ldif=slapd.SAMPLE, tls=pair, ca=ca.cert) as server:
        server.uri, server.ldaps_uri, server.ldapi_uri
        server.modify ("dn: uid=ada,…\\nchangetype: modify\\n…")
        server.search ("(uid=ada)", "entryUUID")

stop() ends it; so does leaving the block, or the end of the test program.
"""
import atexit
import base64
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.parse

import ports

SUFFIX = "dc=example,dc=com"
ROOT_DN = "cn=admin," + SUFFIX
PASSWORD = "secret"
PEOPLE = "ou=people," + SUFFIX

ACCESS = """access to attrs=userPassword by anonymous auth by * none
access to * by * read"""

BASE = """dn: dc=example,dc=com
objectClass: organization
objectClass: dcObject
o: Example
dc: example

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people

dn: ou=services,dc=example,dc=com
objectClass: organizationalUnit
ou: services

dn: cn=syncd,ou=services,dc=example,dc=com
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: syncd
userPassword: sync-password

"""


def person(uid, first="Ada", last="Lovelace", **more):
    """One inetOrgPerson below ou=people as LDIF. In names, __ stands for ; and _ for -."""
    values = [("objectClass", "inetOrgPerson"), ("uid", uid), ("givenName", first), ("sn", last),
              ("cn", "%s %s" % (first, last)), ("mail", "%s@example.com" % uid)]
    for name, value in more.items():
        items = value if isinstance(value, (list, tuple)) else [value]
        values += [(name.replace("__", ";").replace("_", "-"), item) for item in items]
    return ldif("uid=%s,%s" % (uid, PEOPLE), values)


def ldif(dn, values):
    return "".join(line("dn", dn) if not i else line(*values[i - 1])
                   for i in range(len(values) + 1)) + "\n"


def line(name, value):
    raw = value if isinstance(value, bytes) else str(value).encode()
    if raw and all(32 <= b < 127 for b in raw) and raw[:1] not in b" :<" and raw[-1:] != b" ":
        return "%s: %s\n" % (name, raw.decode())
    return "%s:: %s\n" % (name, base64.b64encode(raw).decode())


SAMPLE = BASE + person("ada", telephoneNumber="+49 30 1001", title="Countess") + \
    person("grace", "Grace", "Hopper", telephoneNumber="+49 30 1002") + \
    person("alan", "Alan", "Turing", telephoneNumber="+49 30 1003")


def find(program):
    for folder in os.environ["PATH"].split(":") + ["/usr/sbin", "/usr/local/sbin", "/usr/libexec"]:
        if os.access(os.path.join(folder, program), os.X_OK):
            return os.path.join(folder, program)
    raise unittest.SkipTest("%s is not installed" % program)


def unconfined(program, folder):
    """Ubuntu's AppArmor profile keeps slapd, known by its path, out of temporary folders."""
    if not os.path.exists("/etc/apparmor.d/usr.sbin.slapd"):
        return program
    return shutil.copy(program, os.path.join(folder, "slapd"))


def first_folder(*folders):
    return next((f for f in folders if os.path.isdir(f)), None)


class Slapd:
    """LDIF is loaded with slapadd before the start. SCHEMA: names of OpenLDAP's files, or text
    with attributetype and objectclass definitions. GLOBAL_CONF, DATABASE_CONF: more lines of
    slapd.conf; ACCESS: its access rules. TLS: a pair of tls.py; VERIFY_CLIENT as in slapd.conf."""

    def __init__(self, ldif=SAMPLE, suffix=SUFFIX, schema=("core", "cosine", "inetorgperson"),
                 schema_text="", tls=None, ca=None, verify_client="never", modules=(),
                 global_conf="", database_conf="", access=ACCESS, index=True):
        self.folder = tempfile.mkdtemp(prefix="syncd-slapd-")
        self.program = unconfined(find("slapd"), self.folder)
        os.mkdir(self.path("db"))
        self.suffix, self.root_dn, self.password = suffix, "cn=admin," + suffix, PASSWORD
        self.tls, self.ca, self.process = tls, ca, None
        with open(self.path("more.schema"), "w") as out:
            out.write(schema_text + "\n")
        self.write_conf(schema, modules, verify_client, global_conf, database_conf, access, index)
        atexit.register(self.remove)
        if ldif:
            self.load(ldif)
        self.start()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write_conf(self, schema, modules, verify_client, global_conf, database_conf, access, index):
        folder = first_folder("/etc/ldap/schema", "/etc/openldap/schema")
        module_folder = first_folder("/usr/lib/ldap", "/usr/lib64/openldap", "/usr/lib/openldap")
        lines = ["include %s/%s.schema" % (folder, n) for n in schema]
        lines += ["include " + self.path("more.schema"), "pidfile " + self.path("pid"),
                  "modulepath " + module_folder]
        lines += ["moduleload " + m for m in ("back_mdb",) + tuple(modules)]
        if self.tls:
            lines += ["TLSCertificateFile " + self.tls.cert, "TLSCertificateKeyFile " + self.tls.key]
            lines += ["TLSCACertificateFile " + self.ca] if self.ca else []
            lines += ["TLSVerifyClient " + verify_client] if self.ca else []
        lines += [global_conf, "database mdb", "suffix " + self.suffix, "rootdn " + self.root_dn,
                  "rootpw " + self.password, "directory " + self.path("db"),
                  "maxsize 4294967296", "dbnosync"]
        if index:
            lines += ["index objectClass,uid,mail,entryUUID,entryCSN,modifyTimestamp eq"]
        lines += [access, database_conf]
        with open(self.path("slapd.conf"), "w") as out:
            out.write("\n".join(lines) + "\n")

    def load(self, text):
        """Fills the database; only while slapd is not running."""
        done = subprocess.run([self.program, "-T", "add", "-q", "-w", "-f", self.path("slapd.conf")],
                              input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False)
        if done.returncode:
            raise RuntimeError("slapadd: " + done.stdout.decode())

    def dump(self):
        """A backup: everything as LDIF, with what only the server knows."""
        return subprocess.run([self.program, "-T", "cat", "-f", self.path("slapd.conf")],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              check=True).stdout.decode()

    def restore(self, text):
        """Starts again with what dump() gave, as if nothing had happened since."""
        self.stop()
        shutil.rmtree(self.path("db"))
        os.mkdir(self.path("db"))
        self.load(text)
        return self.start()

    def start(self):
        for _ in range(5):
            chosen = getattr(self, "ports", None) or (ports.free(), ports.free())
            if self.try_start(chosen):
                self.ports = chosen
                return self
        with open(self.path("log")) as log:
            raise RuntimeError("slapd does not start:\n" + log.read()[-2000:])

    def try_start(self, chosen):
        self.uri = "ldap://127.0.0.1:%d" % chosen[0]
        self.ldaps_uri = "ldaps://127.0.0.1:%d" % chosen[1]
        self.ldapi_uri = "ldapi://" + urllib.parse.quote(self.path("ldapi"), safe="")
        uris = [self.uri, self.ldapi_uri] + ([self.ldaps_uri] if self.tls else [])
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen([self.program, "-f", self.path("slapd.conf"), "-d", "0",
                                             "-h", " ".join(uris)], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        end = time.time() + 20
        while time.time() < end and self.process.poll() is None:
            try:
                with socket.socket(socket.AF_UNIX) as s:  # its own: on the port another may answer
                    s.connect(self.path("ldapi"))
                return True
            except OSError:
                time.sleep(0.02)
        self.stop()
        return False

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def restart(self):
        self.stop()
        return self.start()

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.remove)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def tool(self, program, *words, stdin=None, dn=None, password=None):
        command = [find(program), "-x", "-H", self.uri, "-D", dn or self.root_dn,
                   "-w", password or self.password] + list(words)
        environment = dict(os.environ, LDAPNOINIT="1")
        done = subprocess.run(command, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=environment, check=False)
        if done.returncode:
            raise RuntimeError("%s: %s" % (program, done.stderr.decode()))
        return done.stdout.decode()

    def add(self, text):
        self.tool("ldapmodify", "-a", stdin=text.encode())

    def modify(self, text):
        """LDIF with changetype lines."""
        self.tool("ldapmodify", stdin=text.encode())

    def replace(self, dn, attribute, *values):
        self.modify("dn: %s\nchangetype: modify\nreplace: %s\n%s" % (
            dn, attribute, "".join(line(attribute, v) for v in values)))

    def delete(self, dn):
        self.tool("ldapdelete", dn)

    def rename(self, dn, rdn, superior=None):
        self.tool("ldapmodrdn", "-r", *(["-s", superior] if superior else []), dn, rdn)

    def search(self, filter_text, *attributes, base=None, scope="sub"):
        """A list of entries: dicts of lower-case names to lists of bytes, `dn` included."""
        text = self.tool("ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-s", scope, "-b",
                         base or self.suffix, filter_text, *attributes)
        entries = []
        for block in text.strip().split("\n\n"):
            entry = {}
            for row in block.splitlines():
                if ":" not in row or row.startswith("#"):
                    continue
                name, value = row.split(":", 1)
                raw = base64.b64decode(value[1:]) if value.startswith(":") else value.strip().encode()
                entry.setdefault(name.lower(), []).append(raw)
            if entry:
                entries.append(entry)
        return entries

"""A real Samba Active Directory for tests, in a network namespace of its own.

    with samba.Directory () as ad:              # skips with a reason where it cannot run
        ad.tool ("user", "create", "ada", "Passw0rd!x")
        ad.command (["ldapsearch", …])          # a command line that runs beside it

Its ports are fixed (389, 636, 88), so it gets a namespace where nothing else listens. That needs
root and unshare(1). Provisioning takes a few seconds.
"""
import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import tls

REALM, DOMAIN, HOST = "AD.TEST", "ADTEST", "dc1"
SUFFIX = "DC=ad,DC=test"
PASSWORD = "syncd-S3cret"
ADMIN = "CN=Administrator,CN=Users," + SUFFIX


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


class Directory:
    def __init__(self):
        reason = why_not()
        if reason:
            raise unittest.SkipTest("Samba: " + reason)
        self.folder = tempfile.mkdtemp(prefix="syncd-samba-")
        self.process = None
        atexit.register(self.remove)
        self.conf = self.path("ad/etc/smb.conf")
        self.host = HOST + "." + REALM.lower()
        self.authority = tls.Authority(self.path("ca"))
        self.ca = self.authority.cert
        self.pair = self.authority.issue(self.host, san=["DNS:" + self.host])
        self.provision()
        self.tool("spn", "add", "ldap/" + self.host, HOST.upper() + "$")
        self.start()

    def path(self, name):
        return os.path.join(self.folder, name)

    def provision(self):
        done = subprocess.run(
            ["samba-tool", "domain", "provision", "--server-role=dc", "--use-rfc2307",
             "--dns-backend=NONE", "--realm=" + REALM, "--domain=" + DOMAIN, "--host-name=" + HOST,
             "--host-ip=127.0.0.1", "--adminpass=" + PASSWORD, "--targetdir=" + self.path("ad"),
             "--option=interfaces=127.0.0.1/8", "--option=bind interfaces only=yes",
             "--option=server services=ldap, cldap, kdc", "--option=pid directory=" + self.folder,
             "--option=ldap server require strong auth=allow_sasl_over_tls", "--option=tls cafile=" + self.ca,
             "--option=tls certfile=" + self.pair.cert, "--option=tls keyfile=" + self.pair.key],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            env=clean_environment())
        if done.returncode:
            raise unittest.SkipTest("Samba: provisioning fails here: "
                                    + done.stdout.decode(errors="replace").strip()[-300:])
        with open(self.path("krb5.conf"), "w") as out:
            out.write("[libdefaults]\ndefault_realm = %s\ndns_lookup_realm = false\n"
                      "dns_lookup_kdc = false\nrdns = false\ndns_canonicalize_hostname = false\n"
                      "[realms]\n%s = {\n kdc = 127.0.0.1\n}\n[domain_realm]\n.%s = %s\n"
                      % (REALM, REALM, REALM.lower(), REALM))

    def start(self):
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(
                ["unshare", "-n", "-m", "sh", "-c",
                 'ip link set lo up && echo "127.0.0.1 %s %s localhost" >"%s" && '
                 'mount --bind "%s" /etc/hosts && exec samba -i -M single -s "%s" '
                 '--debug-stdout' % (self.host, HOST, self.path("hosts"), self.path("hosts"),
                                     self.conf)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=clean_environment())
        end = time.time() + 60
        while time.time() < end and self.process.poll() is None:
            if self.run(["sh", "-c", "exec 3<>/dev/tcp/127.0.0.1/636"], shell="bash").returncode == 0:
                return
            time.sleep(0.2)
        with open(self.path("log")) as log:
            text = log.read()[-400:]
        self.stop()
        raise unittest.SkipTest("Samba: it does not start here: " + text)

    def command(self, words):
        """WORDS, run where the directory can be reached."""
        return ["nsenter", "-t", str(self.process.pid), "-n", "-m"] + list(words)

    def run(self, words, shell=None, environment=None, **more):
        if shell:
            words = [shell] + list(words[1:])
        return subprocess.run(self.command(words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False,
                              env=clean_environment(**(environment or {})), **more)

    def tool(self, *words):
        """samba-tool on the directory's own database."""
        done = subprocess.run(["samba-tool"] + list(words) + ["-s", self.conf],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              env=clean_environment())
        if done.returncode:
            raise RuntimeError("samba-tool %s: %s" % (words[0], done.stdout.decode()))
        return done.stdout.decode()

    def modify(self, text):
        """LDIF with changetype lines, as the administrator."""
        done = subprocess.run(
            self.command(["ldapmodify", "-x", "-H", "ldaps://" + self.host, "-D", ADMIN, "-w",
                          PASSWORD]), input=text.encode(), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False,
            env=clean_environment(LDAPTLS_REQCERT="never"))
        if done.returncode:
            raise RuntimeError("ldapmodify: " + done.stdout.decode())

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.remove)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

"""Certificates for tests, made on the spot with openssl.

    ca = tls.Authority (folder)                       # folder/ca.pem
    pair = ca.issue ("server")                        # pair.cert, pair.key; 127.0.0.1 and localhost
    pair = ca.issue ("other", san=["DNS:other.test"])
    pair = ca.issue ("old", expired=True)
    pair = ca.issue ("cn=syncd,dc=example,dc=com", usage="clientAuth", san=[])
"""
import collections
import os
import shutil
import subprocess
import unittest

Pair = collections.namedtuple("Pair", "cert key")
LOOPBACK = ("IP:127.0.0.1", "IP:::1", "DNS:localhost")


def openssl(*words, stdin=None):
    if not shutil.which("openssl"):
        raise unittest.SkipTest("openssl is not installed")
    done = subprocess.run(("openssl",) + words, input=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise RuntimeError("openssl %s: %s" % (words[0], done.stderr.decode()))
    return done.stdout.decode()


def subject_of(name):
    """An openssl subject: `server` is a common name, `cn=a,dc=b` a DN (LDAP order)."""
    if "=" not in name:
        return "/CN=" + name
    parts = [p.strip().split("=", 1) for p in name.split(",")]
    return "".join("/%s=%s" % (k.upper(), v) for k, v in reversed(parts))


class Authority:
    def __init__(self, folder, name="syncd test CA"):
        os.makedirs(folder, exist_ok=True)
        self.folder, self.number = folder, 0
        self.cert, self.key = (os.path.join(folder, n) for n in ("ca.pem", "ca.key"))
        new_key(self.key)
        openssl("req", "-new", "-x509", "-key", self.key, "-days", "30", "-subj", subject_of(name),
                "-out", self.cert, "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def path(self, tail):
        return os.path.join(self.folder, "%d-%s" % (self.number, tail))

    def issue(self, name, san=LOOPBACK, usage="serverAuth", expired=False):
        """A certificate and its key. EXPIRED: valid for one day in 2020."""
        self.number += 1
        pair = Pair(self.path("cert.pem"), self.path("key.pem"))
        new_key(pair.key)
        openssl("req", "-new", "-key", pair.key, "-subj", subject_of(name),
                "-out", self.path("request.pem"))
        extensions = ["basicConstraints=CA:FALSE", "keyUsage=digitalSignature,keyEncipherment",
                      "extendedKeyUsage=" + usage]
        if san:
            extensions.append("subjectAltName=" + ",".join(san))
        self.sign(pair, extensions, expired)
        return pair

    def sign(self, pair, extensions, expired):
        database = self.path("database")
        open(database, "w").close()
        with open(self.path("ca.conf"), "w") as out:
            out.write("[ca]\ndefault_ca=d\n[d]\ndatabase=%s\nnew_certs_dir=%s\nrand_serial=yes\n"
                      "default_md=sha256\npolicy=p\nunique_subject=no\nemail_in_dn=no\n"
                      "[p]\ncommonName=optional\norganizationalUnitName=optional\n"
                      "organizationName=optional\ndomainComponent=optional\n[e]\n%s\n"
                      % (database, self.folder, "\n".join(extensions)))
        dates = ("-startdate", "20200101000000Z", "-enddate", "20200102000000Z") if expired \
            else ("-days", "20")
        openssl("ca", "-batch", "-notext", "-preserveDN", "-config", self.path("ca.conf"),
                "-cert", self.cert, "-keyfile", self.key, "-extensions", "e",
                "-in", self.path("request.pem"), "-out", pair.cert, *dates)


def new_key(path):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)
    os.chmod(path, 0o600)

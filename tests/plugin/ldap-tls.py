"""TLS, binds and connections of the LDAP source, against a real slapd."""
import contextlib
import os
import resource
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest

import slapd
import source
import tap
import tls

ROOT = ["bind_dn=cn=syncd,ou=services,dc=example,dc=com", "bind_password=sync-password"]
BASE = ["base=" + slapd.PEOPLE, "timeout=2s"]


class Silent:
    """Accepts connections and says nothing; or speaks at most TLS 1.2; or refuses StartTLS."""

    def __init__(self, context=None):
        self.context, self.kept = context, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
                self.kept.append(connection)
                if self.context:
                    self.kept.append(self.context.wrap_socket(connection, server_side=True))
            except ssl.SSLError:
                continue
            except OSError:
                return

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        for connection in self.kept:
            connection.close()


class Halfway:
    """Passes on what comes, TLS record by record; in the middle of the server's NTH it waits for
    SECONDS, or (None) until the end."""

    def __init__(self, uri, nth=0, seconds=None):
        self.target, self.nth, self.seconds = int(uri.rsplit(":", 1)[1].strip("/")), nth, seconds
        self.records, self.ended = 0, threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.uri = "ldaps://127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            for work in ((self.up, client, server), (self.down, server, client)):
                threading.Thread(target=self.carry, args=work, daemon=True).start()

    def carry(self, work, one, other):
        with contextlib.suppress(OSError):
            work(one, other)
            other.shutdown(socket.SHUT_WR)

    def up(self, client, server):
        while data := client.recv(65536):
            server.sendall(data)

    def down(self, server, client):
        data = b""
        while more := server.recv(65536):
            data += more
            while len(data) >= 5 and len(data) >= 5 + int.from_bytes(data[3:5], "big"):
                size = 5 + int.from_bytes(data[3:5], "big")
                self.record(client, data[:size])
                data = data[size:]

    def record(self, client, data):
        self.records += 1
        if self.records == self.nth:
            client.sendall(data[:len(data) // 2])
            self.ended.wait(self.seconds)
            data = data[len(data) // 2:]
        client.sendall(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.listener.close()


class Tls(source.Case):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="syncd-tls-")
        cls.ca = tls.Authority(os.path.join(cls.folder, "ca"))
        cls.stranger = tls.Authority(os.path.join(cls.folder, "stranger"), "Another CA")
        cls.pair = cls.ca.issue("server")
        cls.server = slapd.Slapd(tls=cls.pair, ca=cls.ca.cert, verify_client="try", global_conf=(
            'authz-regexp "cn=([^,]*),ou=services,dc=example,dc=com" '
            '"cn=$1,ou=services,dc=example,dc=com"'))
        cls.trust = ["tls.ca_file=" + cls.ca.cert]

    @classmethod
    def tearDownClass(cls):
        cls.server.remove()
        shutil.rmtree(cls.folder)

    def read(self, uri, *more, **keys):
        return source.run(["uri=" + uri] + BASE + list(more), "--scan", "everything", **keys)

    def assertReads(self, run):
        self.assertEqual(run.end, "end-all", run.error)
        self.assertEqual(len(run.list), 3)

    def test_ldaps(self):
        self.assertReads(self.read(self.server.ldaps_uri, *ROOT, *self.trust))

    def test_starttls(self):
        self.assertReads(self.read(self.server.uri, "tls.mode=starttls", *ROOT, *self.trust))

    def test_ldapi(self):
        self.assertReads(self.read(self.server.ldapi_uri, *ROOT))

    def test_external_with_a_client_certificate(self):
        client = self.ca.issue("cn=syncd,ou=services,dc=example,dc=com", usage="clientAuth", san=[])
        certificate = ["tls.cert_file=" + client.cert, "tls.key_file=" + client.key]
        for uri, mode in ((self.server.ldaps_uri, "ldaps"), (self.server.uri, "starttls")):
            self.assertReads(self.read(uri, "tls.mode=" + mode, "sasl.mechanism=EXTERNAL",
                                       *certificate, *self.trust))
        run = self.read(self.server.ldaps_uri, "sasl.mechanism=EXTERNAL", *self.trust)
        self.assertSays(run, source.AUTH, "tls.cert_file")

    def test_another_ca_is_named(self):
        run = self.read(self.server.ldaps_uri, "tls.ca_file=" + self.stranger.cert, *ROOT)
        self.assertSays(run, source.UNREACHABLE, "issued by CN=syncd test CA", self.stranger.cert)
        run = self.read(self.server.uri, "tls.mode=starttls",
                        "tls.ca_file=" + self.stranger.cert, *ROOT)
        self.assertSays(run, source.UNREACHABLE, "issued by CN=syncd test CA")

    def halfway(self, *more, **what):
        """In the listing; what the server packs into one record differs by two from run to run."""
        with Halfway(self.server.ldaps_uri) as whole:
            good = self.read(whole.uri, *self.trust, *ROOT)
        with Halfway(self.server.ldaps_uri, nth=whole.records - 4, **what) as wire:
            return good, self.read(wire.uri, *self.trust, *ROOT, *more)

    def test_half_a_record_and_silence_is_noticed(self):
        good, run = self.halfway()
        self.assertEqual(good.code, source.OK, good.error)
        self.assertSays(run, source.UNREACHABLE, "no answer in time")

    def test_half_a_record_and_the_rest_later_is_no_loss(self):
        good, run = self.halfway("timeout=30s", seconds=2)
        self.assertEqual((run.code, run.end), (source.OK, good.end), run.error)
        self.assertEqual(run.list, good.list)

    def with_certificate(self, pair, *more):
        with slapd.Slapd(tls=pair, ca=self.ca.cert) as server:
            return self.read(server.ldaps_uri, *ROOT, *(more or self.trust))

    def test_a_wrong_name_is_named(self):
        run = self.with_certificate(self.ca.issue("other.test", san=["DNS:other.test"]))
        self.assertSays(run, source.UNREACHABLE, "is for other.test, not for 127.0.0.1")

    def test_a_common_name_does_not_stand_in_for_a_wrong_alternative_name(self):
        run = self.with_certificate(self.ca.issue("127.0.0.1", san=["DNS:other.test"]))
        self.assertSays(run, source.UNREACHABLE, "other.test")

    def test_an_expired_certificate_is_named(self):
        run = self.with_certificate(self.ca.issue("server", expired=True))
        self.assertSays(run, source.UNREACHABLE, "expired on 2020-01-02")

    def test_verify_false_connects_and_warns(self):
        run = self.with_certificate(self.ca.issue("other.test", san=["DNS:other.test"]),
                                    "tls.verify=false")
        self.assertReads(run)
        self.assertIn("tls.verify is false", run.log)

    def test_the_minimum_version_is_enforced(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pair.cert, self.pair.key)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with Silent(context) as old:
            uri = "ldaps://127.0.0.1:%d" % old.port
            run = self.read(uri, "tls.min_version=1.3", *ROOT, *self.trust)
            self.assertSays(run, source.UNREACHABLE, "tls.min_version")
            run = self.read(uri, "tls.min_version=1.2", *ROOT, *self.trust)
            self.assertSays(run, source.UNREACHABLE)
            self.assertNotIn("tls.min_version", run.message)
        self.assertReads(self.read(self.server.ldaps_uri, "tls.min_version=1.3", *ROOT, *self.trust))

    def test_ambient_settings_of_libldap_are_not_read(self):
        home = os.path.join(self.folder, "home")
        os.makedirs(home, exist_ok=True)
        for name in ("ldaprc", ".ldaprc"):
            with open(os.path.join(home, name), "w") as out:
                out.write("TLS_REQCERT never\nTLS_CACERT %s\nURI ldap://127.0.0.1:1\nSIZELIMIT 1\n"
                          % self.ca.cert)
        hostile = {"LDAPTLS_REQCERT": "never", "LDAPTLS_CACERT": self.ca.cert, "HOME": home,
                   "LDAPSIZELIMIT": "1", "LDAPCONF": os.path.join(home, "ldaprc")}
        run = self.read(self.server.ldaps_uri, "tls.ca_file=" + self.stranger.cert, *ROOT,
                        environment=hostile, folder=home)
        self.assertSays(run, source.UNREACHABLE, "issued by")
        self.assertReads(self.read(self.server.ldaps_uri, *ROOT, *self.trust,
                                   environment=hostile, folder=home))

    def test_files_that_cannot_be_used_fail_closed(self):
        missing, empty = "/nonexistent/ca.pem", os.path.join(self.folder, "empty.pem")
        open(empty, "w").close()
        run = self.read(self.server.ldaps_uri, "tls.ca_file=" + missing, *ROOT)
        self.assertSays(run, source.CONFIG, "tls.ca_file", missing, "No such file")
        run = self.read(self.server.ldaps_uri, "tls.ca_file=" + empty, *ROOT)
        self.assertLess(run.code, 0)
        run = self.read(self.server.ldaps_uri, "tls.cert_file=" + empty, "tls.key_file=" + empty,
                        *ROOT, *self.trust)
        self.assertSays(run, source.CONFIG, empty)
        run = self.read(self.server.ldaps_uri, "tls.cert_file=" + self.pair.cert, *ROOT, *self.trust)
        self.assertSays(run, source.CONFIG, "tls.key_file is missing")

    def test_silent_handshakes_end_in_time_and_without_burning(self):
        for uri, more in (("ldaps://127.0.0.1:%d", []), ("ldap://127.0.0.1:%d", ["tls.mode=starttls"]),
                          ("ldap://127.0.0.1:%d", [])):
            with Silent() as server:
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                run = self.read(uri % server.port, *more, *ROOT, *self.trust)
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
            self.assertLess(run.code, 0, uri)
            self.assertLess(run.seconds, 9, uri)
            burnt = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            self.assertLess(burnt, 0.5 + run.seconds * 0.05, uri)

    def test_cancellation_in_every_wait_of_a_connection(self):
        for uri, mode in (("ldaps", "ldaps"), ("ldap", "starttls"), ("ldap", "none")):
            with Silent() as server:
                run = source.run(["uri=%s://127.0.0.1:%d" % (uri, server.port), "tls.mode=" + mode,
                                  "base=" + slapd.PEOPLE, "timeout=60s"] + ROOT + self.trust,
                                 "--cancel-after", "300")
            self.assertSays(run, source.CANCELLED)
            self.assertLess(run.seconds, 1.6)

    def test_fail_over(self):
        closed = socket.create_server(("127.0.0.1", 0))
        refused = "uri=ldap://127.0.0.1:%d" % closed.getsockname()[1]
        closed.close()
        with Silent() as silent:
            options = [refused, "uri=ldaps://127.0.0.1:%d" % silent.port,
                       "uri=" + self.server.ldaps_uri] + BASE
            run = source.run(options + ROOT + self.trust, "--scan", "everything", "--describe")
        self.assertReads(run)
        self.assertIn("does not serve", run.log)
        self.assertIn(self.server.ldaps_uri, run.json("describe")["server"])

    def test_a_name_with_an_address_that_does_not_answer(self):
        if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False,
                                               stderr=subprocess.DEVNULL).returncode:
            self.skipTest("needs a mount namespace, to give a name two addresses")
        hosts = os.path.join(self.folder, "hosts")
        with open(hosts, "w") as out:
            out.write("127.0.0.2 two.test\n127.0.0.1 two.test\n")
        full, kept = socket.socket(), []
        full.bind(("127.0.0.2", self.server.ports[0]))
        full.listen(0)
        for _ in range(4):
            kept.append(socket.socket())
            kept[-1].setblocking(False)
            kept[-1].connect_ex(full.getsockname())
        source.WRAPPER[:0] = ["unshare", "-m", "sh", "-c",
                              'mount --bind "%s" /etc/hosts && exec "$@"' % hosts, "sh"]
        try:
            run = self.read("ldap://two.test:%d" % self.server.ports[0], "allow_plaintext=true",
                            "timeout=1s", *ROOT)
        finally:
            del source.WRAPPER[:6]
            for one in kept + [full]:
                one.close()
        self.assertReads(run)

    def test_all_servers_away(self):
        run = source.run(["uri=ldap://127.0.0.1:1", "uri=ldaps://127.0.0.1:1"] + BASE + ROOT)
        self.assertSays(run, source.UNREACHABLE, "ldaps://127.0.0.1:1")

    def test_wrong_passwords_do_not_try_the_next_server(self):
        uri = "uri=" + self.server.ldaps_uri
        run = source.run([uri, uri] + BASE + self.trust + ROOT[:1] + ["bind_password=wrong"])
        self.assertSays(run, source.AUTH, "cn=syncd,ou=services")
        self.assertNotIn("does not serve", run.log)

    def test_a_server_restart_between_requests(self):
        uri = ["uri=" + self.server.ldaps_uri]
        run = source.run_with_pauses(uri + BASE + ROOT + self.trust,
                                     ["--scan", "inventory", "--pause", "--scan", "inventory"],
                                     self.server.restart)
        self.assertEqual(run.kinds.count("end-all"), 2, run.error)

    def test_the_server_dies_in_a_scan(self):
        with slapd.Slapd(ldif=slapd.BASE + "".join(slapd.person("u%d" % n) for n in range(50))) as s:
            run = source.run_with_pauses(["uri=" + s.uri, "page_size=5"] + BASE + ROOT,
                                         ["--pause", "--scan", "everything"], s.stop)
        self.assertLess(run.code, 0)
        self.assertIsNone(run.end)


class Refused(source.Case):
    """What is refused before anything is sent."""

    def create(self, *options):
        run = source.run(["base=dc=x"] + list(options))
        self.assertEqual((run.code, run.error["doing"]), (source.CONFIG, "create"), run.events)
        return run.message

    def test_plaintext(self):
        self.assertIn("unencrypted", self.create("uri=ldap://ldap.example.com"))
        self.assertIn("unencrypted", self.create("uri=ldap://127.0.0.1.example.com"))
        self.assertIn("unencrypted", self.create("uri=ldaps://a", "uri=ldap://b"))

    def test_an_empty_password(self):
        self.assertIn("bind_password is empty", self.create("uri=ldaps://a", "bind_dn=cn=x"))
        self.assertIn("bind_password is empty",
                      self.create("uri=ldaps://a", "bind_dn=cn=x", "bind_password="))

    def test_contradictions(self):
        self.assertIn("tls.mode", self.create("uri=ldaps://a", "tls.mode=starttls"))
        self.assertIn("tls.mode", self.create("uri=ldaps://a", "tls.mode=none"))
        self.assertIn("only one of them", self.create("uri=ldaps://a", "bind_dn=cn=x",
                                                      "bind_password=y", "sasl.mechanism=EXTERNAL"))

    def test_texts_that_are_wrong(self):
        self.assertIn("not an LDAP URI", self.create("uri=ldap.example.com"))
        self.assertIn("not an LDAP URI", self.create("uri=https://ldap.example.com"))
        self.assertIn("options of their own", self.create("uri=ldaps://a/dc=x??sub"))
        self.assertIn("not a DN", self.create("uri=ldaps://a", "base=people"))
        for wrong in ("(uid=*", "uid=*", "(uid=a))", "(uid)", "(=a)", "(uid=\\zz)", "(&(uid=a)x)"):
            self.assertIn("filter:", self.create("uri=ldaps://a", "filter=" + wrong))


if __name__ == "__main__":
    tap.main()

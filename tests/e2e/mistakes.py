"""Mistakes of people: each says what and where, exits as promised, writes nothing, harms no state."""
import contextlib
import json
import os
import shutil
import sqlite3
import struct

import pipeline
import tap
import tls
from pipeline import dn, person
from watching import Watching


class Mistakes(pipeline.Test):
    """One pipeline with a state for all of them."""
    shared = None

    def setUp(self):
        if Mistakes.shared is None:
            Mistakes.shared = pipeline.Pipeline([person("ada"), person("bob", "Bob", "Byte")])
            Mistakes.shared.sync()
        self.p = Mistakes.shared
        self.config = json.loads(json.dumps(self.p.config))
        self.secrets = dict(self.p.secrets)
        self.before = self.p.snapshot()

    def tearDown(self):
        """Nothing written, state unharmed."""
        self.p.config, self.p.secrets = self.config, self.secrets
        self.assertEqual(self.p.snapshot(), self.before)
        with self.p.watched() as seen:
            self.p.sync()
        self.assertLessEqual(len(seen), 2, seen)

    def wrong(self, *patterns, code=2, words=(), **more):
        done = self.p.run(*words, **more)
        self.ends(done, code)
        self.says(done, *patterns)
        self.assertLess(len(done.err.strip().splitlines()), 12, "one message, not many:\n%s" % done)
        return done

    def text(self, *lines):
        return self.p_text() + "\n".join(lines) + "\n"

    def p_text(self):
        return "".join("%s: %s\n" % (k, json.dumps(v)) for k, v in self.p.config.items())

    def test_yaml_that_is_none(self):
        self.wrong(r"syncd\.yaml:\d+(:\d+)?", text="sources:\n  ldap: {uri: [\n")

    def test_an_empty_file(self):
        done = self.p.run(text="")
        self.ends(done, 2)

    def test_a_duplicate_key(self):
        self.wrong(r"syncd\.yaml:7:\d+", "match", "twice|duplicate|already",
                   text=self.text("match: [userName]", "match: [userName]"))

    def test_a_misspelt_key_names_the_nearest(self):
        self.wrong(r"syncd\.yaml:6:\d+", "colision", "collision", text=self.text("colision: {}"))

    def test_a_misspelt_plugin_key_names_the_nearest(self):
        self.p.config["sources"]["ldap"]["page_sise"] = 100
        self.wrong(r"syncd\.yaml:1:\d+", "page_sise", "page_size")

    def test_a_wrong_type(self):
        self.p.config["sources"]["ldap"]["page_size"] = "many"
        self.wrong(r"syncd\.yaml:1:\d+", "page_size", "many")

    def test_a_misspelt_policy(self):
        self.wrong(r"syncd\.yaml:6:\d+", "sufix", "suffix", text=self.text("collision: {policy: sufix}"))

    def test_a_mapping_without_user_name(self):
        self.p.config["mapping"] = {"displayName": "cn"}
        self.wrong("userName")

    def test_a_misspelt_filter_of_the_mapping(self):
        self.p.config["mapping"]["title"] = "${title | uper}"
        self.wrong(r"syncd\.yaml:\d+:\d+", "uper", "upper")

    def test_an_attribute_that_the_sink_does_not_know(self):
        self.p.config["mapping"]["tittle"] = "title"
        self.wrong("tittle", "title")

    def test_an_attribute_in_the_filter_that_the_directory_does_not_know(self):
        self.p.config["sources"]["ldap"]["filter"] = "(&(objectClass=inetOrgPerson)(enabeld=TRUE))"
        done = self.p.run()
        self.assertIn(done.code, (1, 2), done)
        self.says(done, "enabeld")

    def test_a_filter_that_is_none(self):
        self.p.config["sources"]["ldap"]["filter"] = "(objectClass=person"
        done = self.p.run()
        self.assertIn(done.code, (1, 2), done)
        self.says(done, "filter")

    def test_a_base_that_does_not_exist(self):
        self.p.config["sources"]["ldap"]["base"] = "ou=nowhere,dc=example,dc=com"
        done = self.p.run("--full")
        self.assertIn(done.code, (1, 2), done)
        self.says(done, "ou=nowhere")

    def test_an_unset_variable(self):
        self.p.secrets = {"TEST_BIND_PW": self.secrets["TEST_BIND_PW"]}
        self.wrong(r"syncd\.yaml:2:\d+", "TEST_SECRET")

    def test_a_missing_secret_names_key_variable_and_file(self):
        del self.p.config["sinks"]["genesys-scim"]["client_secret"]
        self.wrong("client_secret", "GENESYS_CLIENT_SECRET", "client_secret_file")

    def test_a_secret_file_that_is_not_there(self):
        keys = self.p.config["sinks"]["genesys-scim"]
        keys["client_secret_file"] = "/nonexistent/secret"
        del keys["client_secret"]
        self.wrong("/nonexistent/secret")

    def test_a_secret_from_a_file(self):
        keys = self.p.config["sinks"]["genesys-scim"]
        del keys["client_secret"]
        keys["client_secret_file"] = self.p.path("secret")
        with open(self.p.path("secret"), "w") as out:
            out.write("sim-secret\n")
        os.chmod(self.p.path("secret"), 0o600)
        self.ends(self.p.run(), 0)

    def test_a_literal_secret_that_others_can_read(self):
        self.p.config["sinks"]["genesys-scim"]["client_secret"] = "sim-secret"
        path = self.p.write(mode=0o644)
        done = self.p.run("-c", path, config=False)
        self.ends(done, 2)
        self.says(done, "client_secret", "chmod|read by others|permission")
        self.assertNotIn("sim-secret", done.said)

    def test_plain_ldap_to_somewhere_else(self):
        self.p.config["sources"]["ldap"].update(uri="ldap://192.0.2.1", tls=None)
        del self.p.config["sources"]["ldap"]["tls"]
        self.wrong("ldap://192.0.2.1", "allow_plaintext|ldaps")

    def test_plain_http_to_somewhere_else(self):
        self.p.config["sinks"]["genesys-scim"].update(base_url="http://192.0.2.1", token_url=None)
        self.p.config["sinks"]["genesys-scim"].pop("token_url")
        self.wrong("http://192.0.2.1", "allow_plaintext|https")

    def test_a_ca_file_that_is_not_there(self):
        self.p.config["sources"]["ldap"]["tls"] = {"ca_file": "/nonexistent/ca.pem"}
        done = self.p.run()
        self.assertIn(done.code, (1, 2), done)
        self.says(done, "/nonexistent/ca.pem")

    def another_ca(self):
        other = tls.Authority(self.p.path("other-ca"), name="another CA")
        return other.cert

    def test_the_directory_s_certificate_is_of_another_ca(self):
        self.p.config["sources"]["ldap"]["tls"] = {"ca_file": self.another_ca()}
        done = self.p.run()
        self.assertIn(done.code, (1, 2), done)
        self.says(done, "certificate", "ca_file|CA|authority|issuer")

    def test_the_sink_s_certificate_is_of_another_ca(self):
        self.p.config["sinks"]["genesys-scim"]["tls"] = {"ca_file": self.another_ca()}
        done = self.p.run()
        self.assertIn(done.code, (1, 2), done)
        self.says(done, "certificate", "ca_file|CA|authority|issuer")

    def test_a_wrong_client_secret(self):
        self.p.secrets["TEST_SECRET"] = "wrong-client-secret"
        self.p.slapd.replace(dn("ada"), "title", "New")
        done = self.p.run()
        self.p.slapd.modify("dn: %s\nchangetype: modify\ndelete: title\n" % dn("ada"))
        self.ends(done, 1)
        self.says(done, "client_id|client_secret|client credentials|invalid_client")
        self.assertNotIn("wrong-client-secret", done.said)

    def test_an_unknown_option(self):
        self.wrong("--frobnicate", words=["--frobnicate"])

    def test_an_unknown_command_names_the_nearest(self):
        self.wrong("statsu", "status", words=["statsu"])

    def test_an_unknown_sink(self):
        self.wrong("genesis", words=["--sink", "genesis"])

    def test_a_state_that_another_holds_names_who(self):
        self.p.write()
        w = Watching(self.p, "--interval", "1h", "--state", self.p.path("held.db"))
        self.addCleanup(w.kill)
        w.says("asking ldap")
        done = self.p.run("--state", self.p.path("held.db"))
        self.ends(done, 1)
        self.says(done, r"held\.db: the state is locked by pid %d on " % w.process.pid)
        w.stop()

    def test_a_state_of_a_newer_version_is_refused_and_left(self):
        self.p.sync("--state", self.p.path("newer.db"), expect=0)
        with contextlib.closing(sqlite3.connect(self.p.path("newer.db"))) as state, state:
            version, = state.execute("PRAGMA user_version").fetchone()
            state.execute("PRAGMA user_version = %d" % (version + 1))
        done = self.p.run("--state", self.p.path("newer.db"))
        self.ends(done, 2)
        self.says(done, "newer.db.*newer")

    def test_a_state_that_is_damaged_is_never_made_anew(self):
        other = self.p.path("damaged.db")
        with open(other, "wb") as out:
            out.write(b"this is no database " * 1000)
        os.chmod(other, 0o600)
        done = self.p.run("--state", other)
        self.assertIn(done.code, (1, 2), done)
        self.says(done, "damaged.db")
        with open(other, "rb") as file:
            self.assertTrue(file.read().startswith(b"this is no database"))

    def test_a_state_of_another_sink_names_both(self):
        with pipeline.Pipeline([person("ada")]) as q:
            q.sync()
            self.p.config["state"]["path"] = q.state
            done = self.p.run()
        self.ends(done, 2)
        self.says(done, self.p.sim.base_url, q.sim.base_url, "--rebind")

    def test_a_folder_for_the_state_that_is_not_there(self):
        done = self.p.run("--state", "/nonexistent/folder/state.db")
        self.assertIn(done.code, (1, 2), done)
        self.says(done, "/nonexistent/folder")

    # ---- plugins ----
    def plugins(self, name, change):
        """A copy of the plugin folder in which CHANGE (path) was done to one plugin."""
        folder = self.p.path("plugins")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(pipeline.PLUGINS, folder)
        os.chmod(folder, 0o755)
        change(os.path.join(folder, name))
        return {"SYNCD_PLUGIN_DIR": folder}

    def of_another_abi(self, path):
        with open(path, "rb") as file:
            raw = bytearray(file.read())
        at = raw.find(struct.pack("<I", 0x53594e43))
        while struct.unpack_from("<I", raw, at + 8)[0] >> 16 != 1:
            at = raw.find(struct.pack("<I", 0x53594e43), at + 1)
            self.assertGreater(at, 0)
        struct.pack_into("<II", raw, at + 8, 0x00020000, 0x00020000)
        with open(path, "wb") as out:
            out.write(raw)

    def test_a_plugin_of_another_ABI(self):
        self.wrong("syncd-ldap.so", "interface|ABI", r"2\.0", r"1\.\d",
                   env=self.plugins("syncd-ldap.so", self.of_another_abi))

    def test_a_plugin_that_is_text(self):
        def change(path):
            with open(path, "w") as out:
                out.write("no shared object\n")
        self.wrong("syncd-genesys-scim.so", env=self.plugins("syncd-genesys-scim.so", change))

    def test_a_plugin_that_others_can_write(self):
        self.wrong("syncd-ldap.so", "writ", env=self.plugins("syncd-ldap.so", lambda p: os.chmod(p, 0o777)))

    def test_a_plugin_that_is_not_there(self):
        self.wrong("genesys-scim", env=self.plugins("syncd-genesys-scim.so", os.remove))


def tearDownModule():
    if Mistakes.shared:
        Mistakes.shared.remove()


if __name__ == "__main__":
    tap.main()

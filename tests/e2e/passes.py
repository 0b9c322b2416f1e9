"""Passes over a real directory and a real (simulated) service, both over TLS: what is sent when."""
import json
import os

import pipeline
import slapd
import tap
from pipeline import crowd, dn, person

THREE = [person("ada", title="Countess", telephoneNumber="+49301001"),
         person("grace", "Grace", "Hopper", title="Admiral", telephoneNumber="+49301002"),
         person("alan", "Alan", "Turing", telephoneNumber="+49301003")]


class First(pipeline.Test):
    def test_first_sync_creates_every_person_as_mapped(self):
        p = self.pipeline(THREE)
        report = p.sync()
        self.assertEqual(set(p.accounts()), {"ada@example.com", "grace@example.com", "alan@example.com"})
        ada = p.account("ada@example.com")
        self.assertEqual(ada["displayName"], "Ada Lovelace")
        self.assertEqual(ada["title"], "Countess")
        self.assertEqual(ada["state"], "active")
        self.assertEqual(ada["externalId"], p.uuid("ada"))
        self.assertIn({"type": "work", "value": "+49301001"},
                      [{k: n[k] for k in ("type", "value")} for n in ada["phoneNumbers"]])
        self.assertNotIn("title", p.account("alan@example.com"))
        self.assertEqual(report["sink"]["created"], 3)
        self.assertEqual(report["result"], "ok")

    def test_first_sync_of_200_costs_at_most_people_plus_6_requests(self):
        p = self.pipeline(crowd(200))
        with p.watched() as seen:
            report = p.sync()
        self.assertEqual(len(p.accounts("active")), 200)
        self.assertLessEqual(len(seen), 206, seen)
        self.assertEqual(report["requests"]["total"], len(seen))

    def test_no_people_at_all_is_no_error(self):
        p = self.pipeline([])
        self.assertEqual(p.sync()["source"]["read"], 0)
        self.assertEqual(p.accounts(), {})

    def test_several_pages_of_a_large_directory_are_read(self):
        p = self.pipeline(crowd(53), ldap={"page_size": 10})
        self.assertEqual(p.sync()["source"]["read"], 53)
        self.assertEqual(len(p.accounts()), 53)

    def test_starttls_and_one_session(self):
        p = self.pipeline(THREE, scim={"sessions": 1})
        p.config["sources"]["ldap"].update(uri=p.slapd.uri, tls={"ca_file": p.ca.cert, "mode": "starttls"})
        p.sync()
        self.assertEqual(len(p.accounts()), 3)

    def test_plain_http_on_loopback_is_allowed(self):
        p = self.pipeline(THREE, secure=False)
        p.sync()
        self.assertEqual(len(p.accounts()), 3)


class Second(pipeline.Test):
    def test_G6_a_pass_with_no_changes_sends_at_most_2_requests_and_no_write(self):
        p = self.pipeline(crowd(60))
        p.sync()
        with p.watched() as seen:
            report = p.sync()
        self.assertLessEqual(len(seen), 2, seen)
        self.assertEqual(seen.writes, [])
        self.assertEqual(report["sink"]["created"] + report["sink"]["updated"], 0)

    def test_G6_a_full_comparison_with_no_changes_sends_no_write(self):
        p = self.pipeline(crowd(60))
        p.sync()
        with p.watched() as seen:
            report = p.sync("--full")
        self.assertLessEqual(len(seen), 2, seen)
        self.assertEqual(report["source"]["read"], 60)
        self.assertEqual(report["sink"]["unchanged"], 60)
        self.assertTrue(report["source"]["complete"])

    def test_1_percent_changed_costs_the_changed_and_at_most_3_requests(self):
        p = self.pipeline(crowd(200))
        p.sync()
        for uid in ("p0007", "p0107"):
            p.slapd.replace(dn(uid), "title", "Director")
        with p.watched() as seen:
            report = p.sync()
        self.assertLessEqual(len(seen), 2 + 3, seen)
        self.assertEqual(report["sink"]["updated"], 2)
        self.assertEqual(p.account("p0107@example.com")["title"], "Director")

    def test_an_update_sends_only_the_attribute_that_differs(self):
        p = self.pipeline(THREE)
        p.sync()
        p.slapd.replace(dn("ada"), "title", "Analyst")
        with p.watched() as seen:
            p.sync()
        self.assertEqual(len(seen.writes), 1, seen)
        operations = json.loads(seen.writes[0]["body"])["Operations"]
        self.assertEqual(len(operations), 1, operations)
        self.assertEqual(operations[0]["op"], "replace")
        self.assertIn("title", json.dumps(operations))
        self.assertNotIn("Ada Lovelace", json.dumps(operations))

    def test_G9_an_attribute_removed_in_the_source_goes_away_in_the_sink(self):
        p = self.pipeline(THREE)
        p.sync()
        p.slapd.modify("dn: %s\nchangetype: modify\ndelete: title\n-\ndelete: telephoneNumber\n"
                       % dn("ada"))
        p.sync()
        ada = p.account("ada@example.com")
        self.assertNotIn("title", ada)
        self.assertEqual([n for n in ada.get("phoneNumbers", []) if n["type"] == "work"], [])
        self.assertEqual(p.account("grace@example.com")["title"], "Admiral")

    def test_G9_what_the_mapping_does_not_name_is_never_touched(self):
        p = self.pipeline(THREE)
        p.sync()
        ada = p.account("ada@example.com")
        p.sim.seed([{"id": ada["id"], "phoneNumbers": ada["phoneNumbers"] + [
            {"type": "mobile", "value": "+491701"}], pipeline.ENTERPRISE: {"department": "Engines"}}])
        p.slapd.replace(dn("ada"), "telephoneNumber", "+49302002")
        p.sync()
        ada = p.account("ada@example.com")
        numbers = {n["type"]: n["value"] for n in ada["phoneNumbers"]}
        self.assertEqual((numbers["mobile"], numbers["work"]), ("+491701", "+49302002"))
        self.assertEqual(ada[pipeline.ENTERPRISE]["department"], "Engines")

    def test_an_attribute_that_appears_is_added(self):
        p = self.pipeline(THREE)
        p.sync()
        p.slapd.modify("dn: %s\nchangetype: modify\nadd: title\ntitle: Reader\n" % dn("alan"))
        p.sync()
        self.assertEqual(p.account("alan@example.com")["title"], "Reader")

    def test_G10_a_new_user_name_updates_the_same_account(self):
        p = self.pipeline(THREE)
        p.sync()
        before = p.account("ada@example.com")["id"]
        p.slapd.replace(dn("ada"), "mail", "ada.king@example.com")
        report = p.sync()
        self.assertEqual(p.account("ada.king@example.com")["id"], before)
        self.assertIsNone(p.account("ada@example.com"))
        self.assertEqual(report["sink"]["renamed"], 1)
        self.assertEqual(report["sink"]["created"], 0)

    def test_G10_a_new_DN_and_a_move_keep_the_account_and_send_nothing(self):
        p = self.pipeline(THREE)
        p.sync()
        before = p.account("ada@example.com")["id"]
        p.slapd.add("dn: ou=math,%s\nobjectClass: organizationalUnit\nou: math\n" % slapd.PEOPLE)
        p.slapd.rename(dn("ada"), "uid=countess", "ou=math," + slapd.PEOPLE)
        with p.watched() as seen:
            p.sync("--full")
        self.assertEqual(p.account("ada@example.com")["id"], before)
        self.assertEqual(seen.writes, [])
        self.assertIn("countess", p.run("explain", "ada@example.com").out)

    def test_a_difference_in_case_alone_is_an_update_of_the_same_account(self):
        p = self.pipeline(THREE)
        p.sync()
        before = p.account("ada@example.com")["id"]
        p.slapd.replace(dn("ada"), "mail", "Ada@Example.com")
        p.sync()
        self.assertEqual([(u["id"], u["userName"]) for u in p.sim.user("ada@example.com")],
                         [(before, "Ada@Example.com")])

    def test_a_mapping_that_changed_is_sent_to_all(self):
        p = self.pipeline(THREE)
        p.sync()
        p.config["mapping"] = dict(pipeline.MAPPING, displayName="${sn}, ${givenName}")
        report = p.sync()
        self.assertEqual(report["sink"]["updated"], 3)
        self.assertEqual(p.account("ada@example.com")["displayName"], "Lovelace, Ada")

    def test_an_attribute_dropped_from_the_mapping_is_let_go_not_removed(self):
        p = self.pipeline(THREE)
        p.sync()
        p.config["mapping"] = {k: v for k, v in pipeline.MAPPING.items() if k != "title"}
        p.sync()
        self.assertEqual(p.account("ada@example.com")["title"], "Countess")

    def test_somebody_added_later_is_created_alone(self):
        p = self.pipeline(THREE)
        p.sync()
        p.slapd.add(person("emmy", "Emmy", "Noether"))
        with p.watched() as seen:
            p.sync()
        self.assertEqual([e["kind"] for e in seen.writes], ["create"])
        self.assertLessEqual(len(seen), 1 + 3, seen)

    def test_the_active_attribute_switches_accounts_off_and_on(self):
        p = self.pipeline([person("ada", enabled="TRUE"), person("grace", enabled="FALSE"),
                           person("alan")],
                          mapping=dict(pipeline.MAPPING, active="enabled"))
        p.sync()
        self.assertEqual({n: u["state"] for n, u in p.accounts().items()},
                         {"ada@example.com": "active", "grace@example.com": "inactive",
                          "alan@example.com": "active"})
        p.slapd.replace(dn("ada"), "enabled", "FALSE")
        p.slapd.replace(dn("grace"), "enabled", "TRUE")
        p.sync()
        self.assertEqual(p.account("ada@example.com")["state"], "inactive")
        self.assertEqual(p.account("grace@example.com")["state"], "active")


class Shapes(pipeline.Test):
    MATRIX = """schemas:
  - urn:ietf:params:scim:schemas:core:2.0:User
mapping:
  userName: uid
  emails:
    - primary: true
      type: work
      value: mail
  name:
    formatted: cn
    familyName: sn
    givenName: givenName
  phoneNumbers:
    - type: work
      value: telephoneNumber
  active: enabled
"""

    def test_the_original_matrix_works_verbatim(self):
        p = self.pipeline([person("ada@example.com", mail="office@example.com", enabled="TRUE",
                                  telephoneNumber="+49301001"),
                           person("alan@example.com", "Alan", "Turing", mail=None, enabled="FALSE")])
        ends = {k: v for k, v in p.config.items() if k in ("sources", "sinks", "state")}
        text = "\n".join("%s: %s" % (k, json.dumps(v)) for k, v in ends.items()) + "\n" + self.MATRIX
        done = p.run(text=text)
        self.ends(done, 0)
        ada, alan = p.account("ada@example.com"), p.account("alan@example.com")
        self.assertEqual((ada["displayName"], ada["state"]), ("Ada Lovelace", "active"))
        self.assertIn("office@example.com", [m["value"] for m in ada["emails"] if m["type"] == "work"])
        self.assertIn("+49301001", [n["value"] for n in ada["phoneNumbers"]])
        self.assertEqual((alan["displayName"], alan["state"]), ("Alan Turing", "inactive"))
        self.assertEqual([m for m in alan.get("emails", []) if m["type"] == "work"], [])
        self.says(done, r"\bname\b")

    def test_no_file_at_all_the_environment_alone_makes_a_pipeline(self):
        p = self.pipeline([person("ada", telephoneNumber="+49301001"), person("alan", "Alan", "Turing")],
                          secure=False)
        port = p.slapd.ldaps_uri.rsplit(":", 1)[1]
        env = {"LDAP_HOST": "127.0.0.1", "LDAP_PORT": port, "LDAP_BIND_DN": pipeline.READER,
               "LDAP_BIND_PW": pipeline.READER_PASSWORD, "LDAP_BASE_DN": slapd.PEOPLE,
               "LDAP_CA_CERT": p.ca.cert, "GENESYS_BASE_URL": p.sim.base_url,
               "GENESYS_CLIENT_ID": "sim-client", "GENESYS_CLIENT_SECRET": "sim-secret"}
        self.assertFalse(os.path.exists("/etc/syncd/syncd.yaml"), "this test needs none")
        done = p.run("--source", "ldap", "--sink", "genesys-scim", "--state", p.state, config=False,
                     env=env)
        self.ends(done, 0)
        self.assertEqual(set(p.accounts()), {"ada@example.com", "alan@example.com"})
        self.says(done, "userName.*mail|mail.*userName")

    def test_SYNCD_CONFIG_names_the_file(self):
        p = self.pipeline([person("ada")])
        done = p.run("--source", "ldap", "--sink", "genesys-scim", config=False,
                     env={"SYNCD_CONFIG": p.write()})
        self.ends(done, 0)
        self.assertEqual(set(p.accounts()), {"ada@example.com"})

    def test_expressions_lists_and_extensions(self):
        p = self.pipeline([person("ada", "Ada", "Lovelace", departmentNumber="Engines", employeeNumber="42",
                                  mobile="+49 170 100 200", telephoneNumber="030 1001")],
                          mapping={"userName": "${mail | lower}", "displayName": "${sn}, ${givenName}",
                                   "title": "${title | default('n/a')}",
                                   "phoneNumbers": [
                                       {"type": "work", "value": "${telephoneNumber | e164('49')}"},
                                       {"type": "mobile", "value": "${mobile | e164('49')}"}],
                                   pipeline.ENTERPRISE: {"department": "departmentNumber",
                                                         "employeeNumber": "employeeNumber"}},
                          schemas=[pipeline.USER, pipeline.ENTERPRISE])
        p.sync()
        ada = p.account("ada@example.com")
        self.assertEqual((ada["displayName"], ada["title"]), ("Lovelace, Ada", "n/a"))
        self.assertEqual({n["type"]: n["value"] for n in ada["phoneNumbers"]},
                         {"work": "+49301001", "mobile": "+49170100200"})
        self.assertEqual(ada[pipeline.ENTERPRISE]["department"], "Engines")
        self.assertEqual(ada[pipeline.ENTERPRISE]["employeeNumber"], "42")

    def test_a_manager_is_set_by_reference_whatever_the_order(self):
        p = self.pipeline([person("ada", manager=dn("grace")), person("grace", "Grace", "Hopper",
                                                                     manager=dn("ada")),
                           person("alan", "Alan", "Turing", manager="uid=nobody," + slapd.PEOPLE)],
                          mapping=dict(pipeline.MAPPING, **{pipeline.ENTERPRISE: {
                              "manager": {"value": "${manager | ref}"}}}),
                          schemas=[pipeline.USER, pipeline.ENTERPRISE])
        p.sync()
        ada, grace = p.account("ada@example.com"), p.account("grace@example.com")
        self.assertEqual(ada[pipeline.ENTERPRISE]["manager"]["value"], grace["id"])
        self.assertEqual(grace[pipeline.ENTERPRISE]["manager"]["value"], ada["id"])
        self.assertNotIn("manager", p.account("alan@example.com").get(pipeline.ENTERPRISE, {}))
        with p.watched() as seen:
            p.sync("--full")
        self.assertEqual(seen.writes, [])

    def test_G1_a_mapping_that_was_tried_on_one_and_taken_back(self):
        p = self.pipeline(THREE, directory={"modules": ("syncprov",), "database_conf": pipeline.LIMITS
                                            + "overlay syncprov"})
        p.sync()
        p.slapd.replace(dn("ada"), "description", "the checkpoint is not the first one")
        p.sync()
        p.slapd.add(person("new", title="Clerk"))
        p.sim.fault(kind="status", status=400, method="POST", path="*/users", nth=1)
        p.sync(expect=3)  # parked: the checkpoint has passed it
        p.config["mapping"] = {k: v for k, v in pipeline.MAPPING.items() if k != "title"}
        p.sync("--only", p.uuid("new"))
        self.assertNotIn("title", p.account("new@example.com"))
        p.config["mapping"] = pipeline.MAPPING
        self.assertEqual(p.sync()["source"]["changes"], "syncrepl")
        self.assertEqual(p.account("new@example.com")["title"], "Clerk")

    def test_G2_killed_between_a_manager_s_account_and_those_who_name_it(self):
        p = self.pipeline([person("ada", manager=dn("zoe")), person("zoe", manager=dn("ada"))],
                          mapping=dict(pipeline.MAPPING, **{pipeline.ENTERPRISE: {
                              "manager": {"value": "${manager | ref}"}}}),
                          schemas=[pipeline.USER, pipeline.ENTERPRISE],
                          directory={"modules": ("syncprov",), "database_conf": pipeline.LIMITS
                                     + "overlay syncprov"})
        self.assertEqual(p.crash("delivered:1"), -9)
        p.sync()
        for one, other in (("ada", "zoe"), ("zoe", "ada")):
            self.assertEqual(p.account_of(one)[pipeline.ENTERPRISE]["manager"]["value"],
                             p.account_of(other)["id"])

    def test_G1_a_reference_to_a_name_that_somebody_takes_later(self):
        p = self.pipeline([person("ada", manager=dn("amazing")), person("grace", "Grace", "Hopper")],
                          mapping=dict(pipeline.MAPPING, **{pipeline.ENTERPRISE: {
                              "manager": {"value": "${manager | ref}"}}}),
                          schemas=[pipeline.USER, pipeline.ENTERPRISE])
        p.sync()
        self.assertNotIn("manager", p.account("ada@example.com").get(pipeline.ENTERPRISE, {}))
        p.slapd.rename(dn("grace"), "uid=amazing")
        p.sync()
        self.assertEqual(p.account("ada@example.com")[pipeline.ENTERPRISE]["manager"]["value"],
                         p.account("grace@example.com")["id"])

    def test_G1_whose_manager_got_a_new_account_points_at_it(self):
        p = self.pipeline([person("ada", manager=dn("grace")), person("bob", manager=dn("grace")),
                           person("grace", "Grace", "Hopper"), person("zoe", manager=dn("ada"))],
                          mapping=dict(pipeline.MAPPING, **{pipeline.ENTERPRISE: {
                              "manager": {"value": "${manager | ref}"}}}),
                          schemas=[pipeline.USER, pipeline.ENTERPRISE])
        p.sync()
        p.sim.purge(p.account("grace@example.com")["id"])
        p.slapd.replace(dn("grace"), "title", "Admiral")
        report = p.sync()
        self.assertEqual((report["sink"]["created"], report["sink"]["updated"]), (1, 2))
        grace = p.account("grace@example.com")
        for uid in ("ada", "bob"):
            self.assertEqual(p.account_of(uid)[pipeline.ENTERPRISE]["manager"]["value"], grace["id"])
        with p.watched() as seen:
            p.sync("--full")
        self.assertEqual(seen.writes, [])


class Only(pipeline.Test):
    def test_only_one_person_by_DN_user_name_or_id(self):
        p = self.pipeline(THREE)
        p.sync("run", "--only", dn("ada"))
        self.assertEqual(set(p.accounts()), {"ada@example.com"})
        p.sync("run", "--only", p.uuid("grace"))
        self.assertEqual(set(p.accounts()), {"ada@example.com", "grace@example.com"})
        p.sync()
        self.assertEqual(len(p.accounts("active")), 3)
        p.slapd.replace(dn("ada"), "title", "Analyst")
        p.slapd.replace(dn("grace"), "title", "Captain")
        p.sync("run", "--only", "ada@example.com")
        self.assertEqual(p.account("ada@example.com")["title"], "Analyst")
        self.assertEqual(p.account("grace@example.com")["title"], "Admiral")
        p.sync()
        self.assertEqual(p.account("grace@example.com")["title"], "Captain")

    def test_G3_only_makes_nobody_a_leaver(self):
        p = self.pipeline(THREE)
        p.sync()
        p.slapd.delete(dn("alan"))
        p.sync("run", "--only", dn("ada"))
        self.assertEqual(p.account("alan@example.com")["state"], "active")

    def test_only_somebody_who_does_not_exist_is_said(self):
        p = self.pipeline(THREE)
        done = p.run("run", "--only", dn("nobody"))
        self.assertNotEqual(done.code, 0, done)
        self.says(done, "nobody")
        self.assertEqual(p.accounts(), {})


if __name__ == "__main__":
    tap.main()

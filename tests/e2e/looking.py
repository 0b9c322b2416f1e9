"""What an administrator reads of one person or of everybody: explain, parked, status, plan."""
import json
import re
import shlex

import pipeline
import tap
from pipeline import crowd, dn, person
from watching import Watching

REFERENCES = dict(pipeline.MAPPING, **{pipeline.ENTERPRISE: {"manager": {"value": "${manager | ref}"}}})
SCHEMAS = [pipeline.USER, pipeline.ENTERPRISE]


class Looking(pipeline.Test):
    def explained(self, p, who):
        done = p.run("explain", "--format", "json", who)
        self.ends(done, 0)
        return json.loads(done.out)

    def test_a_reference_names_whom_it_waits_for_and_why(self):
        p = self.pipeline([person("boss", mail=None), person("ada", manager=dn("boss")),
                           person("eve", manager="uid=nobody," + pipeline.slapd.PEOPLE)],
                          mapping=REFERENCES, schemas=SCHEMAS)
        self.assertEqual(p.sync(expect=3)["references_left_out"], 2)
        self.says(p.run("explain", dn("ada")), "references .*waits for uid=boss,.*parked: no user name")
        self.assertRegex(self.explained(p, dn("eve"))["references"][0], "uid=nobody.*not among the entries")
        p.slapd.replace(dn("boss"), "mail", "boss@example.com")
        p.sync()
        self.assertNotIn("references", self.explained(p, dn("ada")))
        self.assertEqual(p.account("ada@example.com")[pipeline.ENTERPRISE]["manager"]["value"],
                         p.account("boss@example.com")["id"])

    def test_a_reference_is_told_of_though_the_source_is_away(self):
        p = self.pipeline([person("boss", mail=None), person("ada", manager=dn("boss"))],
                          mapping=REFERENCES, schemas=SCHEMAS)
        p.sync(expect=3)
        p.slapd.stop()
        told = self.explained(p, dn("ada"))
        self.assertRegex(told["references"][0], "cannot be told now")
        self.assertEqual(told["status"], "in sync")

    def test_an_account_s_id_finds_its_entry(self):
        p = self.pipeline([person("ada")])
        p.sync()
        told = self.explained(p, p.account("ada@example.com")["id"])
        self.assertEqual((told["id"], told["last_action"], told["adopted"]), (p.uuid("ada"), "created", False))
        self.assertEqual(told["next"], "nothing, until the entry changes")

    def test_a_name_means_whoever_is_there_and_not_whoever_left(self):
        p = self.pipeline(crowd(12))
        p.sync()
        account, left = p.account("p0003@example.com")["id"], p.uuid("p0003")
        p.slapd.delete(dn("p0003"))
        p.sync("--full")
        self.assertEqual(self.explained(p, "p0003@example.com")["id"], left)
        p.slapd.add(person("p0003"))
        p.sync("--full", expect=3)
        told = self.explained(p, "p0003@example.com")
        self.assertEqual(told["id"], p.uuid("p0003"))
        self.assertIn(left, told["parked"])
        self.assertEqual(self.explained(p, left)["id"], left)
        self.ends(p.run("link", "p0003@example.com", account), 0)
        p.sync()
        self.assertEqual(p.account("p0003@example.com")["externalId"], p.uuid("p0003"))

    def test_a_leaver_says_when_its_account_is_deleted(self):
        p = self.pipeline(crowd(12), leavers={"delete_after": "30d"})
        p.sync()
        p.slapd.delete(dn("p0003"))
        p.sync("--full")
        told = self.explained(p, "p0003@example.com")
        self.assertIn("delete_after", told)
        self.says(p.run("explain", "p0003@example.com"), r"deleted by the first pass after .*in \d+ days",
                  "enabled again when the entry comes back")

    def test_a_name_of_somebody_who_left_tells_what_to_type(self):
        p = self.pipeline(crowd(12))
        p.sync()
        account = p.account("p0003@example.com")["id"]
        p.slapd.delete(dn("p0003"))
        p.sync("--full")
        p.slapd.add(person("again", mail="p0003@example.com"))
        p.sync(expect=3)
        told = self.explained(p, dn("again"))
        words = ("link", p.uuid("again"), account)
        self.assertIn("`syncd %s %s %s`" % words, told["parked"])
        self.assertRegex(told["collision"], "uid=p0003.*disabled by us")
        self.ends(p.run(*words), 0)
        p.sync()
        mine = p.account_of("again")
        self.assertEqual((mine["id"], mine["state"]), (account, "active"))

    def test_what_is_held_is_told_by_kind_with_its_token(self):
        p = self.pipeline(crowd(30), brakes={"leavers": {"percent": 5, "min": 2},
                                             "updates": {"percent": 5, "min": 3}})
        p.sync()
        for i in range(3):
            p.slapd.delete(dn("p000%d" % i))
        for i in range(10, 14):
            p.slapd.replace(dn("p00%d" % i), "title", "Director")
        token = p.sync("--full", expect=4)["approve"]
        status = json.loads(p.run("status", "--format", "json").out)
        self.assertEqual(status["held"], {"leavers": 3, "updates": 4, "creates": 0, "approve": token})
        self.says(p.run("status"), "held +3 leavers, 4 updates, 0 creates", "--approve " + token)
        told = self.explained(p, "p0011@example.com")
        self.assertEqual((told["held"], told["token"]), ("bring the account up to date", token))
        self.says(p.run("explain", "p0011@example.com"), "held +bring the account up to date\n")
        self.assertIn("4 updates", told["because"])
        self.assertEqual(json.loads(p.run("plan", "--format", "json").out)["approve"], token)
        self.says(p.run("plan"), "7 changes are held: syncd --approve " + token)

    def test_who_is_held_is_known_by_the_name_that_plan_shows(self):
        p = self.pipeline(crowd(10), brakes=dict.fromkeys(("leavers", "updates", "creates"),
                                                          {"percent": 1, "min": 0}))
        p.sync()
        p.slapd.add(person("new"))
        p.slapd.replace(dn("p0001"), "mail", "pat@example.com")
        p.slapd.delete(dn("p0009"))
        p.sync(expect=4)
        self.assertIn("with the user name new@example.com", self.explained(p, "new@example.com")["held"])
        self.assertIn("with the user name pat@example.com",
                      self.explained(p, "p0001@example.com")["held"])
        gone = self.explained(p, "p0009@example.com")
        self.assertEqual((gone["status"], gone["held"]),
                         ("left the source; its account is as it was",
                          "disable the account: its entry left the source"))

    def test_who_waits_says_that_the_last_pass_failed(self):
        p = self.pipeline(crowd(3))
        p.sync()
        p.slapd.replace(dn("p0001"), "title", "Director")
        p.sim.fault(kind="status", status=401, path="/oauth/token")
        p.sync(expect=1)
        told = self.explained(p, "p0001@example.com")
        self.assertRegex(told["because"], "the last pass failed: .*401")

    def test_who_was_asked_to_be_tried_again_says_so(self):
        p = self.pipeline([person("nomail", mail=None)])
        p.sync(expect=3)
        self.ends(p.run("parked", "--retry", dn("nomail")), 0)
        told = self.explained(p, dn("nomail"))
        self.assertEqual(told["next"], "tried again by the next pass")
        self.assertNotIn("1970", json.dumps(told))

    def test_a_link_that_nothing_was_sent_by_yet(self):
        p = self.pipeline(crowd(3))
        p.sync()
        self.ends(p.run("link", "p0001@example.com", p.account("p0001@example.com")["id"]), 0)
        told = self.explained(p, dn("p0001"))
        self.assertRegex(told["status"], "^linked to an account by an administrator")
        self.assertRegex(told["next"], "next pass")

    def test_a_protected_leaver_says_why_its_account_stays(self):
        p = self.pipeline(crowd(12))
        p.sync()
        p.config["protect"] = ["p0003@example.com"]
        p.slapd.delete(dn("p0003"))
        p.sync(expect=3)
        self.says(p.run("parked"), "its entry left the source, but the user name p0003@example.com "
                  "is named in protect: .*taken out of the configuration")

    def test_several_accounts_are_named_and_so_is_what_decides(self):
        people = [person("ada", employeeNumber="7")] + crowd(30)  # so many: the accounts are listed
        p = self.pipeline(people, mapping=dict(pipeline.MAPPING, externalId="employeeNumber"),
                          sim=["--set", "external-id-unique=false"])
        p.sim.seed([{"userName": "%s@example.com" % n, "displayName": n, "externalId": "7"}
                    for n in ("a", "b")])
        p.sync(expect=3)
        reason = self.explained(p, dn("ada"))["parked"]
        for name in ("a@example.com", "b@example.com"):
            self.assertIn("%s (%s)" % (p.account(name)["id"], name), reason)
        self.assertIn("`syncd link %s ACCOUNT` decides" % p.uuid("ada"), reason)

    def test_another_s_account_is_named_with_the_command_that_takes_it(self):
        p = self.pipeline([person("ada")], collision={"policy": "skip"})
        p.sim.seed([{"userName": "ada@example.com", "displayName": "Ada", "externalId": "of-another"}])
        p.sync(expect=3)
        account = p.account("ada@example.com")["id"]
        words = ["link", p.uuid("ada"), account]
        self.assertIn("`syncd %s`" % " ".join(words), self.explained(p, dn("ada"))["parked"])
        self.ends(p.run(*words), 0)
        p.sync()
        self.assertEqual(p.account_of("ada")["id"], account)

    def test_parked_in_text_and_json(self):
        p = self.pipeline([person("nomail", mail=None), person("ada")])
        p.sync(expect=3)
        done = p.run("parked", "--format", "json")
        self.ends(done, 0)
        one, = json.loads(done.out)
        self.assertEqual((one["id"], one["entry"], one["attempts"]), (p.uuid("nomail"), dn("nomail"), 1))
        self.assertRegex(one["next_try"], "^20..-..-..T..:..:..Z$")
        self.says(p.run("parked"), "why +no user name: .*; correct it in the source", r"tried again by the first pass after 20.* \(in \d+ s\)")
        self.says(p.run("plan"), "parked +%s -- no user name" % p.uuid("nomail"), "nothing else to do")
        p.slapd.replace(dn("nomail"), "mail", "nomail@example.com")
        p.sync()
        self.assertEqual(json.loads(p.run("parked", "--format", "json").out), [])

    def test_of_many_that_are_parked_for_one_reason_ten_are_warned_of(self):
        hidden = [person("p%02d" % i, mail=None) for i in range(23)]
        p = self.pipeline(hidden + [person("ada", mail=["no address"]), person("bob")])
        report = p.sync(expect=3)
        self.assertEqual(len(re.findall("parked [0-9a-f-]{36}: no user name", report["said"])), 10)
        self.says(report, "warning: parked 13 more for the same reason: no user name.*see: syncd parked",
                  "parked no address: ")
        self.assertEqual(len(report["parked_list"]), 24, "the report has everybody")
        self.assertNotIn("warning: parked", p.sync("--full", expect=3)["said"], "nothing new")
        plan = p.run("plan", "--full", "--state", p.path("other"))
        self.says(plan, "warning: parked 13 more for the same reason")
        self.assertNotIn("see: syncd parked", plan.said)

    def test_commands_that_are_suggested_can_be_typed_as_they_stand(self):
        p = self.pipeline([person("ada"), person("nomail", mail=None)], collision={"policy": "skip"})
        p.sim.seed([{"userName": "ada@example.com", "displayName": "Ada", "externalId": "of-another"}])
        typed = " -c %s --state '%s'" % (p.path("syncd.yaml"), p.path("other state"))
        given = shlex.split(typed)
        done = p.run(*given)
        self.ends(done, 3)
        link = "syncd link %s %s" % (p.uuid("ada"), p.account("ada@example.com")["id"])
        self.assertIn("parked (see: syncd parked%s)" % typed, done.said)
        self.assertIn("`%s%s` says so" % (link, typed), done.said)
        self.assertIn("`%s` says so" % link, str(done.report["parked_list"]), "kept without them")
        for command in (("parked",), ("explain", dn("ada")), ("plan",)):
            self.assertIn("`%s%s` says so" % (link, typed), p.run(*command, *given).said, command)
        parked = p.run("parked", *given).said
        for suggested in "explain ID", "parked --retry ID":
            self.assertIn("`syncd %s%s`" % (suggested, typed), parked)
        suggested = re.search("`syncd (link [^`]*)`", parked).group(1)
        self.ends(p.run(*shlex.split(suggested), config=False), 0)
        self.ends(p.run("unlink", dn("ada"), *given), 0)
        self.assertIn("`syncd link%s` or `syncd parked --retry%s`" % (typed, typed),
                      p.run("parked", *given).said)

    def test_status_tells_who_is_at_work_and_when_everything_is_read_again(self):
        p = self.pipeline(crowd(3), schedule={"full": "7d", "verify": "1d"})
        p.sync("--verify")
        p.sync("--verify")
        self.says(p.run("status"), "at work +nobody", r"full read +20.*\n *due again +20.*in 6 days", "verified +20")
        status = json.loads(p.run("status", "--format", "json").out)
        self.assertEqual(sorted(status["full_read"]), ["at", "due"])
        self.assertNotIn("at_work", status)
        w = Watching(p, "--interval", "1h")
        self.addCleanup(w.kill)
        w.says("asking ldap")
        self.says(p.run("status"), r"at work +pid \d+ on ")
        w.stop()

    def planned(self, p, *words):
        """By action and user name: the attributes that differ."""
        done = p.run("plan", "--format", "json", *words)
        return {(c["action"], c["userName"]): c["attributes"] for c in json.loads(done.out)["changes"]}

    def test_plan_shows_what_differs_of_held_changes_too(self):
        p = self.pipeline(crowd(12), brakes={"updates": {"percent": 1, "min": 1},
                                             "creates": {"percent": 1, "min": 0}})
        p.sync()
        for i in range(3):
            p.slapd.replace(dn("p000%d" % i), "title", "Director")
        p.slapd.add(person("new"))
        before = self.planned(p)  # what a pass would hold
        self.assertEqual(before["update", "p0001@example.com"], ["title"])
        token = p.sync(expect=4)["approve"]
        self.assertEqual(self.planned(p), before)  # what one has held
        self.assertIn("displayName", before["create", "new@example.com"])
        self.assertEqual(self.planned(p, "--approve", token), before)
        self.says(p.run("plan"), "update +p0001@example.com: title -- HELD: 3 updates")

    def test_the_command_that_lets_held_changes_go_works_as_it_is_printed(self):
        p = self.pipeline(crowd(5))
        p.sync()
        for i in range(3):
            p.slapd.delete(dn("p000%d" % i))
        p.sync("--full", expect=4)
        said = [re.search("syncd (--approve .*?) (?:lets|\\(lets)", p.run(*words).out).group(1)
                for words in (["plan"], ["status"], ["explain", "p0001@example.com"])]
        self.assertEqual(len(set(said)), 1)
        self.ends(p.run(*shlex.split(said[0]), config=False), 0)
        self.assertEqual(p.states(), {"active": 2, "inactive": 3})

    def test_plan_tells_that_a_protected_account_would_be_parked(self):
        p = self.pipeline(crowd(3), protect=["P0001@example.com"])
        done = p.run("plan")
        self.ends(done, 3)
        self.says(done, "parked +p0001@example.com -- the user name .* is named in protect:")
        self.assertNotRegex(done.out, "create.*p0001")
        self.assertEqual(p.sync(expect=3)["sink"]["created"], 2)

    def test_plan_does_not_say_that_anything_was_done(self):
        p = self.pipeline(crowd(3))
        self.says(p.run("plan"), "3 read; would be: 3 created; ")
        p.sync()
        self.says(p.run("plan"), "3 read; would be: 3 unchanged; ")

    def test_plan_of_somebody_back_whose_account_was_deleted(self):
        p = self.pipeline(crowd(12), leavers={"policy": "delete"},
                          ldap={"filter": "(&(objectClass=inetOrgPerson)(!(title=gone)))"})
        p.sync()
        p.slapd.replace(dn("p0001"), "title", "gone")
        p.sync()
        p.slapd.replace(dn("p0001"), "title", "back")
        self.assertIn(("create?", "p0001@example.com"), self.planned(p))
        self.assertEqual(p.sync()["sink"]["created"], 1)

    def test_one_alone_who_is_not_there_any_more(self):
        p = self.pipeline(crowd(3))
        p.sync()
        p.slapd.delete(dn("p0001"))
        report = p.sync("--only", "p0001@example.com")
        self.assertEqual(report["source"]["read"], 0)
        self.says(report, "no entry %s .*a pass over everybody" % "[0-9a-f-]+")
        self.assertEqual(p.account("p0001@example.com")["state"], "active")

    def test_plan_with_nothing_to_do_says_so(self):
        p = self.pipeline(crowd(2))
        p.sync()
        self.assertEqual(p.run("plan").out, "nothing to do\n")


class Explain(pipeline.Test):
    def test_a_collision_names_who_has_the_name(self):
        p = self.pipeline([person("a", mail="same@example.com"), person("b", mail="same@example.com")])
        p.sync()
        second = [u for u in ("a", "b") if p.account_of(u)["userName"] != "same@example.com"][0]
        first = "b" if second == "a" else "a"
        done = p.run("explain", p.uuid(second))
        self.says(done, "wanted +same@example.com", "collision.*" + p.uuid(first), "next +nothing")

    def test_what_is_held_names_the_token(self):
        p = self.pipeline(crowd(5))
        p.sync()
        for i in range(3):
            p.slapd.delete(dn("p000%d" % i))
        token = p.sync("--full", expect=4)["approve"]
        self.says(p.run("explain", "p0000@example.com"), "held +disable", "--approve " + token)
        self.says(p.run("status"), "3 held", "--approve " + token)

    def test_a_parked_entry_says_when_it_is_tried_again(self):
        p = self.pipeline([person("nomail", mail=None)])
        p.sync(expect=3)
        self.says(p.run("explain", p.uuid("nomail")), "parked ", "tried again by the first pass after 20",
                  "parked --retry")


if __name__ == "__main__":
    tap.main()

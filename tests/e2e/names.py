"""User names: namesakes, swaps and rings, and accounts that were there before."""
import contextlib
import os

import pipeline
import tap
from pipeline import dn, person

JAN = "jan.kowalski@example.com"


def namesakes(count=2):
    return [person("jk%d" % i, "Jan", "Kowalski", mail=JAN) for i in range(count)]


class Namesakes(pipeline.Test):
    def test_G12_suffix_in_the_order_of_the_ids_and_kept(self):
        p = self.pipeline(namesakes(3))
        p.sync()
        ids = sorted(p.uuid("jk%d" % i) for i in range(3))
        names = [p.by_entry()[i]["userName"] for i in ids]
        self.assertEqual(names, [JAN, "jan.kowalski_1@example.com", "jan.kowalski_2@example.com"])
        with p.watched() as seen:
            p.sync("--full")
        self.assertEqual(seen.writes, [])

    def test_G12_a_suffixed_name_stays_when_the_plain_one_is_free(self):
        p = self.pipeline(namesakes())
        p.sync()
        first, second = sorted((p.uuid("jk0"), p.uuid("jk1")))
        uid = "jk0" if p.uuid("jk0") == first else "jk1"
        p.slapd.replace(dn(uid), "mail", "j.k@example.com")
        p.sync()
        self.assertEqual(p.by_entry()[second]["userName"], "jan.kowalski_1@example.com")
        self.assertEqual(p.by_entry()[first]["userName"], "j.k@example.com")
        p.sync("--full")
        self.assertEqual(p.by_entry()[second]["userName"], "jan.kowalski_1@example.com")

    def suffixed(self, p):
        """Three namesakes, of whom the first gave the plain name up: the other two, in their order."""
        p.sync()
        first, *others = sorted(("jk0", "jk1", "jk2"), key=p.uuid)
        p.slapd.replace(dn(first), "mail", "j.k@example.com")
        p.sync()
        return others

    def keep_names(self, p, uids):
        """Something else of these changes, in one pass."""
        for uid in uids:
            p.slapd.replace(dn(uid), "title", "Pilot")
        p.sync()
        return [(p.account_of(uid)["userName"], p.account_of(uid).get("title")) for uid in uids]

    def test_G12_a_suffixed_name_stays_when_its_entry_changes_and_the_plain_one_is_free(self):
        p = self.pipeline(namesakes(3))
        uids = self.suffixed(p)
        self.assertEqual(self.keep_names(p, uids[:1]), [("jan.kowalski_1@example.com", "Pilot")])

    def test_G12_suffixed_names_stay_when_several_who_want_the_free_one_change(self):
        p = self.pipeline(namesakes(3))
        self.assertEqual(self.keep_names(p, self.suffixed(p)), [
            ("jan.kowalski_1@example.com", "Pilot"), ("jan.kowalski_2@example.com", "Pilot")])

    def test_another_wanted_name_starts_anew(self):
        p = self.pipeline(namesakes())
        p.sync()
        second = sorted((p.uuid("jk0"), p.uuid("jk1")))[1]
        uid = "jk0" if p.uuid("jk0") == second else "jk1"
        p.slapd.replace(dn(uid), "mail", "kowalski@example.com")
        p.sync()
        self.assertEqual(p.by_entry()[second]["userName"], "kowalski@example.com")

    def test_a_format_of_ones_own(self):
        p = self.pipeline(namesakes(), collision={"format": "{base}.{n}"})
        p.sync()
        self.assertEqual(set(p.accounts()), {JAN, "jan.kowalski.1@example.com"})

    def test_names_that_differ_in_case_alone_collide(self):
        p = self.pipeline([person("jk0", mail=JAN), person("jk1", mail=JAN.upper())])
        p.sync()
        self.assertEqual(len(p.accounts()), 2)
        self.assertEqual(len({n.lower() for n in p.accounts()}), 2)

    def test_skip_parks_one_and_the_rest_goes_on(self):
        p = self.pipeline(namesakes() + [person("ada")], collision={"policy": "skip"})
        report = p.sync(expect=3)
        self.assertEqual(set(p.accounts()), {JAN, "ada@example.com"})
        self.assertEqual((report["parked"], report["result"]), (1, "parked"))
        self.assertEqual(len(report["parked_list"]), 1)
        self.says(p.run("parked"), "jan.kowalski")

    def test_fail_ends_the_run_with_1(self):
        p = self.pipeline(namesakes() + [person("ada")], collision={"policy": "fail"})
        done = p.run()
        self.ends(done, 1)
        self.says(done, "jan.kowalski@example.com")

    def test_attempts_are_limited(self):
        p = self.pipeline(namesakes(4), collision={"attempts": 2})
        p.sync(expect=3)
        self.assertEqual(len(p.accounts()), 3)

    def test_a_late_namesake_gets_the_suffix_the_holder_keeps_its_name(self):
        p = self.pipeline([person("zoe", mail=JAN)])
        p.sync()
        before = p.account(JAN)
        p.slapd.add(person("abe", mail=JAN))
        p.sync()
        self.assertEqual(p.account(JAN)["id"], before["id"])
        self.assertEqual(p.account_of("abe")["userName"], "jan.kowalski_1@example.com")


class Moves(pipeline.Test):
    def mails(self, p, **new):
        for uid, mail in new.items():
            p.slapd.replace(dn(uid), "mail", mail + "@example.com")

    def check_ring(self, *uids):
        p = self.pipeline([person(uid) for uid in uids] + [person("zoe")])
        p.sync()
        before = {uid: p.account(uid + "@example.com")["id"] for uid in uids}
        new = dict(zip(uids, uids[1:] + uids[:1]))
        self.mails(p, **new)
        p.sync()
        self.assertEqual({uid: p.account_of(uid)["userName"] for uid in uids},
                         {uid: new[uid] + "@example.com" for uid in uids})
        self.assertEqual({uid: p.account_of(uid)["id"] for uid in uids}, before)
        self.assertEqual(len(p.accounts()), len(uids) + 1)
        with p.watched() as seen:
            p.sync("--full")
        self.assertEqual(seen.writes, [])

    def test_G8_a_swap_of_user_names_ends_right(self):
        self.check_ring("ada", "bob")

    def test_G8_a_ring_of_three_ends_right(self):
        self.check_ring("ada", "bob", "cyd")

    def test_G8_a_ring_whose_members_are_all_parked_is_broken_when_they_are_tried_again(self):
        uids = ("ada", "bob", "cyd", "dan")
        p = self.pipeline([person(uid) for uid in uids], collision={"policy": "skip"})
        p.sync()
        p.sim.fault(kind="status", status=400, detail="not now", method="PATCH", path="*/users/*", count=0)
        self.mails(p, ada="bob", bob="cyd", cyd="dan", dan="ada")
        p.sync(expect=3)
        p.run()
        p.sim.clear_faults()
        for _ in range(2):  # whoever was parked for the sink's word, then whoever waited for them
            p.run("parked", "--retry-all")
            p.run()
        self.assertEqual([p.account_of(uid)["userName"] for uid in uids],
                         [name + "@example.com" for name in ("bob", "cyd", "dan", "ada")])

    def test_G8_a_name_given_up_and_taken_in_one_pass(self):
        p = self.pipeline([person("ada"), person("bob")])
        p.sync()
        ids = {uid: p.account_of(uid)["id"] for uid in ("ada", "bob")}
        self.mails(p, ada="ada.king", bob="ada")
        p.sync()
        self.assertEqual({uid: (p.account_of(uid)["id"], p.account_of(uid)["userName"])
                          for uid in ids},
                         {"ada": (ids["ada"], "ada.king@example.com"),
                          "bob": (ids["bob"], "ada@example.com")})

    def test_G8_a_chain_of_names_with_somebody_new_at_its_end(self):
        p = self.pipeline([person("ada"), person("bob")])
        p.sync()
        ids = {uid: p.account_of(uid)["id"] for uid in ("ada", "bob")}
        self.mails(p, ada="free", bob="ada")
        p.slapd.add(person("new", mail="bob@example.com"))
        p.sync()
        self.assertEqual([p.account_of(u)["userName"] for u in ("ada", "bob", "new")],
                         ["free@example.com", "ada@example.com", "bob@example.com"])
        self.assertEqual({uid: p.account_of(uid)["id"] for uid in ids}, ids)


class Meeting(pipeline.Test):
    """Accounts that were in the sink before."""

    def test_G5_adoption_by_user_name_writes_our_id_and_is_logged(self):
        p = self.pipeline([person("ada", title="Countess"), person("alan", "Alan", "Turing")])
        p.sim.seed([{"userName": "ada@example.com", "displayName": "Old", "title": "Old"}])
        before = p.account("ada@example.com")["id"]
        report = p.sync()
        ada = p.account("ada@example.com")
        self.assertEqual((ada["id"], ada["externalId"]), (before, p.uuid("ada")))
        self.assertEqual((ada["displayName"], ada["title"]), ("Ada Lovelace", "Countess"))
        self.assertEqual((report["sink"]["adopted"], report["sink"]["created"]), (1, 1))
        self.assertIn("ada@example.com", str(report["adopted"]))
        self.says(report, "(?-s:adopt.*(%s|ada@example.com))" % before)

    def test_G5_an_account_with_our_external_id_is_ours_whatever_its_name(self):
        p = self.pipeline([person("ada")])
        p.sim.seed([{"userName": "old.name@example.com", "displayName": "Old",
                     "externalId": p.uuid("ada")}])
        before = p.account("old.name@example.com")["id"]
        p.sync()
        self.assertEqual(p.account("ada@example.com")["id"], before)
        self.assertEqual(len(p.accounts()), 1)

    def test_G5_an_account_that_became_another_s_is_left_alone_whatever_our_state_says(self):
        p = self.pipeline(pipeline.crowd(12))
        p.sync()
        for i in (1, 2):
            p.sim.patch(p.account("p000%d@example.com" % i)["id"],
                        {"op": "replace", "path": "externalId", "value": "another-system-%d" % i})
        before = [p.account("p000%d@example.com" % i) for i in (1, 2)]
        p.slapd.replace(dn("p0001"), "title", "Director")
        p.slapd.delete(dn("p0002"))
        with p.watched() as seen:
            p.sync("--full")
        self.assertEqual([p.account("p000%d@example.com" % i) for i in (1, 2)], before)
        tried = [e for e in seen.writes if before[1]["id"] in e["path"]]
        self.assertEqual([e["status"] for e in tried], [409], "it is not tried again and again")
        self.assertEqual(p.account_of("p0001")["userName"], "p0001_1@example.com")

    def test_G5_an_account_with_another_external_id_is_left_alone(self):
        p = self.pipeline([person("ada"), person("alan", "Alan", "Turing")])
        p.sim.seed([{"userName": "ada@example.com", "displayName": "Another's",
                     "externalId": "somebody-else"}])
        before = p.account("ada@example.com")
        done = p.run()
        self.assertEqual(p.account("ada@example.com"), before)
        self.assertIn("alan@example.com", p.accounts())
        self.assertIn(done.code, (0, 3), done)
        ours = p.account_of("ada")
        self.assertEqual(ours["userName"] if ours else done.code,
                         "ada_1@example.com" if ours else 3, done)

    def test_G5_protected_names_are_never_adopted(self):
        p = self.pipeline([person("ada"), person("alan", "Alan", "Turing")],
                          protect=["Ada@example.com"])
        p.sim.seed([{"userName": "ada@example.com", "displayName": "The administrator"}])
        before = p.account("ada@example.com")
        p.run()
        self.assertEqual(p.account("ada@example.com"), before)
        self.assertIn("alan@example.com", p.accounts())

    def test_G5_protected_accounts_are_neither_changed_nor_disabled(self):
        p = self.pipeline([person("ada", title="Old")] + pipeline.crowd(9))
        p.sync()
        before = p.account("ada@example.com")
        p.config["protect"] = ["ada@example.com"]
        p.slapd.replace(dn("ada"), "title", "New")
        p.run()
        self.assertEqual(p.account("ada@example.com"), before)
        p.slapd.delete(dn("ada"))
        p.run("--full")
        self.assertEqual(p.account("ada@example.com"), before)

    def test_without_userName_in_match_nobody_is_adopted_by_name(self):
        p = self.pipeline([person("ada")], match=["externalId"])
        p.sim.seed([{"userName": "ada@example.com", "displayName": "Old"}])
        before = p.account("ada@example.com")
        p.run()
        self.assertEqual(p.account("ada@example.com"), before)

    def test_a_softly_deleted_account_comes_back_with_all_it_should_be(self):
        p = self.pipeline([person("ada", title="Countess")])
        p.sim.seed([{"userName": "ada@example.com", "displayName": "Old", "title": "Old",
                     "phoneNumbers": [{"type": "work", "value": "+4911111"}], "state": "deleted"}])
        p.sync()
        found = p.sim.user("ada@example.com")
        self.assertEqual([u["state"] for u in found], ["active"])
        self.assertEqual((found[0]["title"], found[0]["externalId"]), ("Countess", p.uuid("ada")))
        self.assertEqual([n for n in found[0].get("phoneNumbers", []) if n["type"] == "work"], [])
        with p.watched() as seen:
            p.sync("--full")
        self.assertEqual(seen.writes, [])

    def test_an_inactive_account_is_adopted_as_inactive(self):
        p = self.pipeline([person("ada")])
        p.sim.seed([{"userName": "ada@example.com", "displayName": "Old", "active": False}])
        p.sync()
        self.assertEqual(p.account("ada@example.com")["state"], "inactive")
        self.assertEqual(p.account("ada@example.com")["externalId"], p.uuid("ada"))

    def test_a_lost_state_is_made_again_from_the_sink_without_twins(self):
        p = self.pipeline(pipeline.crowd(30) + namesakes())
        p.sync()
        before = {u["externalId"]: (u["id"], u["userName"]) for u in p.sim.users()}
        for tail in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.remove(p.state + tail)
        p.sync()
        self.assertEqual({u["externalId"]: (u["id"], u["userName"]) for u in p.sim.users()}, before)

    def test_G12_after_a_lost_state_everybody_keeps_the_name_that_the_account_has(self):
        """Also where the ids would give the names out in another order."""
        p = self.pipeline([person("ada")])
        p.sync()
        for number, uid in ((9, "john"), (8, "jane"), (7, "jim")):
            ident = "entryUUID: 00000000-0000-4000-8000-%012d\nobjectClass:" % number
            text = person(uid, mail="jsmith@example.com").replace("objectClass:", ident, 1)
            p.slapd.tool("ldapmodify", "-a", "-e", "relax", stdin=text.encode())
            p.sync()
        before = {u["externalId"][-1]: u["userName"] for u in p.sim.users()}
        self.assertEqual([before["9"], before["8"]], ["jsmith@example.com", "jsmith_1@example.com"])
        os.remove(p.state)
        p.sync()
        self.assertEqual({u["externalId"][-1]: u["userName"] for u in p.sim.users()}, before)

    def test_G2_an_account_that_is_not_seen_yet_is_waited_for_before_another_is_adopted(self):
        """It was made a moment ago, and its entry wants the name of somebody who left by now."""
        p = self.pipeline([person("ada"), person("bob"), person("cyd")], collision={"left": "adopt"})
        p.sync()
        p.slapd.delete(dn("ada"))
        p.sync("--full")
        p.sim.switch(invisible=3000)
        p.slapd.add(person("dan"))
        p.sync()
        made = p.account_of("dan")["id"]
        p.slapd.replace(dn("dan"), "mail", "ada@example.com")
        p.sync()
        self.assertEqual(p.account_of("dan")["id"], made)
        self.assertEqual(p.account_of("dan")["userName"], "ada_1@example.com")

    def test_G2_who_is_parked_for_a_name_is_met_first(self):
        """Killed after ada was made; then she wants bob's name. Her account is known all the same: she is
        somebody's manager, and leaves."""
        manager = {"manager": {"value": "${manager | ref}"}}
        p = self.pipeline([person("bob"), person("cyd", manager=dn("ada"))], collision={"policy": "skip"},
                          mapping=dict(pipeline.MAPPING, **{pipeline.ENTERPRISE: manager}))
        p.sync()
        p.slapd.add(person("ada"))
        self.assertEqual(p.crash("after-apply:1"), -9)
        made = p.account("ada@example.com")["id"]
        p.slapd.replace(dn("ada"), "mail", "bob@example.com")
        report = p.sync(expect=3)
        self.assertIn("bob@example.com is held by", report["parked_list"][0]["reason"])
        self.assertEqual(p.account("cyd@example.com")[pipeline.ENTERPRISE]["manager"]["value"], made)
        self.assertEqual(p.account("ada@example.com")["id"], made)
        p.slapd.delete(dn("ada"))
        p.sync("--full")
        self.assertEqual(p.account("ada@example.com")["state"], "inactive")

    def test_G5_who_is_parked_for_the_name_of_a_leaver_revives_nobody(self):
        """A create in doubt that was not made: nothing takes the name of somebody who left."""
        p = self.pipeline([person("bob"), person("cyd"), person("dan")], leavers={"policy": "delete"})
        p.sync()
        p.slapd.delete(dn("bob"))
        p.sync("--full")
        p.slapd.add(person("ada"))
        self.assertEqual(p.crash("before-apply:1"), -9)
        p.slapd.replace(dn("ada"), "mail", "bob@example.com")
        before = p.snapshot()
        report = p.sync(expect=3)
        self.says(report, "bob@example.com is held by the account .* of .*left")
        self.assertEqual(p.snapshot(), before)

    def test_G12_a_create_without_a_result_keeps_its_name(self):
        """Killed after jsmith_1 was made; then jsmith is free."""
        p = self.pipeline([person("ada")])
        p.sync()
        p.sim.seed([{"userName": "jsmith@example.com", "displayName": "Another's", "externalId": "hr-1"}])
        p.slapd.add(person("john", mail="jsmith@example.com"))
        self.assertEqual(p.crash("after-apply:2"), -9)
        made = p.account("jsmith_1@example.com")
        p.sim.purge(p.account("jsmith@example.com")["id"])
        p.sync()
        self.assertEqual(p.account("jsmith_1@example.com")["id"], made["id"])
        self.assertEqual(len(p.sim.users()), 2)

    def test_quotes_and_backslashes_in_a_name_are_escaped_in_filters(self):
        name = "o\"bri\\en) or (userName eq \"x"
        p = self.pipeline([person("ob", description=name), person("ada", description="ada")],
                          sim=["--set", "strict-user-name=false"],
                          mapping={"userName": "description", "displayName": "cn"})
        p.sim.seed([{"userName": name, "displayName": "Before"},
                    {"userName": "x", "displayName": "Bystander"}])
        before, bystander = p.account(name)["id"], p.account("x")
        p.sync()
        self.assertEqual(p.account(name)["id"], before)
        self.assertEqual(p.account(name)["externalId"], p.uuid("ob"))
        self.assertEqual(p.account("x"), bystander)


if __name__ == "__main__":
    tap.main()

"""Requests per change, counted at the service: it is the API's budget that a user waits for."""
import json
import urllib.parse

import pipeline
import tap
from pipeline import crowd, dn, person

COSTLY = {"roles", "routingSkills", "routingLanguages", "externalIds", "manager", "manager.value"}
FREE = ("token", "discovery")  # a budget of its own; the schema, once a day


def asked_for(entry):
    """The attributes that a GET asked for, without their schema."""
    query = urllib.parse.parse_qs(entry["query"] or "")
    names = ",".join(query.get("attributes", [])).split(",")
    return {name.rsplit(":", 1)[-1] for name in names}


def kind_of(entry):
    """Accounts that are not active are listed with a filter."""
    inactive = "filter=active%20eq%20false" in (entry["query"] or "")
    return "list" if inactive else entry["kind"]


class Economy(pipeline.Test):
    def kinds(self, p, *words, expect=0):
        """What a pass sent, but for token and schema."""
        with p.watched() as seen:
            self.report = p.sync(*words, expect=expect)
        self.seen = seen
        return sorted(kind_of(entry) for entry in seen.entries if entry["kind"] not in FREE)

    def known(self, count=12, **more):
        p = self.pipeline(crowd(count), **more)
        p.sync()
        return p

    # ---- a known world ----
    def test_G6_unchanged_people_cost_nothing(self):
        p = self.known()
        self.assertEqual(self.kinds(p), [])
        self.assertEqual(self.kinds(p, "--full"), [])

    def test_a_new_person_costs_one_request(self):
        p = self.known()
        p.slapd.add("".join(crowd(5, start=100)))
        self.assertEqual(self.kinds(p), ["create"] * 5)

    def test_a_changed_person_costs_one_request(self):
        p = self.known()
        for i in range(4):
            p.slapd.replace(dn("p%04d" % i), "title", "Director")
        self.assertEqual(self.kinds(p), ["update"] * 4)

    def test_several_changed_attributes_cost_one_request(self):
        p = self.known()
        p.slapd.replace(dn("p0001"), "title", "Director")
        p.slapd.replace(dn("p0001"), "telephoneNumber", "+493012345")
        p.slapd.replace(dn("p0001"), "cn", "Pat Changed")
        self.assertEqual(self.kinds(p), ["update"])

    def test_a_leaver_costs_one_request(self):
        p = self.known()
        p.slapd.delete(dn("p0003"))
        self.assertEqual(self.kinds(p, "--full"), ["update"])

    def test_a_taken_name_costs_a_look_up_and_one_more(self):
        p = self.known()
        p.sim.create("taken@example.com", externalId="of-somebody-else")
        p.slapd.add(person("taken"))
        kinds = self.kinds(p)
        self.assertIn("taken_1@example.com", p.accounts())
        self.assertEqual(kinds, ["create", "create", "find"])

    # ---- the first meeting ----
    def test_an_empty_sink_costs_two_counts_and_one_request_a_person(self):
        p = self.pipeline(crowd(7))
        self.assertEqual(self.kinds(p), ["create"] * 7 + ["list"] * 2)

    def first_meeting(self, accounts, people):
        """Kinds of a first pass, and what the plan before it said."""
        p = self.pipeline(crowd(people))
        p.sim.generate(accounts)
        done = p.run("plan", "--format", "json")
        self.ends(done, 0)
        text = p.run("plan")
        self.ends(text, 0)
        said = json.loads(done.out)["meeting"]
        self.assertEqual((said["accounts"], said["people"]), (accounts, people))
        kinds = self.kinds(p)
        self.assertEqual(kinds.count("create"), people)
        self.says(text, r"meeting +accounts (that )?exist already \(%d\)" % accounts,
                  "listed" if said["by"] == "list" else "asked for")
        return said, kinds

    def meets_by_list(self, accounts, people, requests):
        said, kinds = self.first_meeting(accounts, people)
        self.assertEqual((said["by"], said["list_requests"]), ("list", requests))
        self.assertEqual((kinds.count("list"), kinds.count("find")), (2 + requests, 0))

    def meets_by_asking(self, accounts, people, listing):
        said, kinds = self.first_meeting(accounts, people)
        self.assertEqual((said["by"], said["list_requests"]), ("find", listing))
        self.assertEqual((kinds.count("list"), kinds.count("find")), (2, people))

    def test_sixty_accounts_and_five_people_are_listed(self):
        self.meets_by_list(60, 5, 5)  # 25, 25, 10, none; and no inactive one

    def test_sixty_accounts_and_four_people_are_asked_for(self):
        self.meets_by_asking(60, 4, 5)

    def test_a_page_full_and_three_people_are_listed(self):
        self.meets_by_list(25, 3, 3)

    def test_one_account_more_than_a_page_and_three_people_are_asked_for(self):
        self.meets_by_asking(26, 3, 4)

    def test_one_account_and_two_people_are_asked_for(self):
        self.meets_by_asking(1, 2, 3)

    def test_an_empty_sink_is_met_by_nothing(self):
        p = self.pipeline(crowd(3))
        done = p.run("plan", "--format", "json")
        self.assertEqual(json.loads(done.out)["meeting"]["by"], "nothing")
        p.sync()
        done = p.run("plan", "--format", "json")
        self.assertIsNone(json.loads(done.out)["meeting"])
        self.assertNotIn("meeting", p.run("plan").out)

    # ---- costly attributes ----
    def test_costly_attributes_are_asked_for_only_where_they_are_mapped(self):
        p = self.pipeline(crowd(12))
        p.sim.generate(60)
        self.kinds(p)
        lists = [e for e in self.seen.entries if e["kind"] in ("list", "find", "read")]
        self.assertGreater(len(lists), 4)
        for entry in lists:
            self.assertFalse(asked_for(entry) & COSTLY, entry["query"])

    def test_counting_asks_for_no_attribute_that_costs(self):
        p = self.pipeline(crowd(1))
        self.kinds(p)
        for entry in self.seen.entries:
            if kind_of(entry) == "list":
                self.assertIn("count=0", entry["query"])
                self.assertFalse(asked_for(entry) - {"id", "userName", "active", "meta"}, entry["query"])

    def test_pages_are_small_where_something_costly_is_asked_for(self):
        p = self.pipeline(crowd(12))
        p.sim.generate(60)
        report = p.sync()
        self.assertEqual(report["requests"]["throttled"], 0)

    def test_a_page_too_large_is_asked_for_again_in_smaller_ones(self):
        p = self.pipeline(crowd(12), scim={"page_size": 100})
        p.sim.generate(60)
        kinds = self.kinds(p)
        self.assertEqual(self.report["requests"]["throttled"], 1)
        self.assertEqual((kinds.count("create"), kinds.count("find")), (12, 0))

    def test_a_long_list_is_not_given_up_for_one_page(self):
        p = self.pipeline(crowd(12))
        p.sim.generate(60)
        p.sim.fault(status=503, method="GET", path="*/users*", nth=4, count=1)
        kinds = self.kinds(p)
        self.assertEqual((kinds.count("create"), kinds.count("find")), (12, 0))
        self.assertEqual(self.report["requests"]["retried"], 1)


if __name__ == "__main__":
    tap.main()

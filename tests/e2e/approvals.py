"""Held changes that somebody approves: by token, as far as they are still those that it names."""
import pipeline
import tap
from pipeline import crowd, dn

TIGHT = {"leavers": {"percent": 5, "min": 2}}


class Approve(pipeline.Test):
    def held(self, **more):
        p = self.pipeline(crowd(40), brakes=dict(TIGHT, **more))
        p.sync()
        for i in range(3):
            p.slapd.delete(dn("p000%d" % i))
        return p

    def test_G4_held_changes_go_when_they_are_approved(self):
        p = self.held()
        token = p.sync("--full", expect=4)["approve"]
        report = p.sync("--approve", token)
        self.assertEqual((report["held"], report["sink"]["disabled"]), (0, 3))
        self.assertEqual(p.states(), {"active": 37, "inactive": 3})
        with p.watched() as seen:
            p.sync("--full")
        self.assertEqual(seen.writes, [])

    def test_G4_a_wrong_token_lets_nothing_go(self):
        p = self.held()
        p.sync("--full", expect=4)
        report = p.sync("--approve", "0123456789abcdef", expect=4)
        self.assertEqual((report["held"], p.states()), (3, {"active": 40}))
        self.says(report, "no held changes are known by the token 0123456789abcdef")

    def test_G4_what_changed_since_stays_held_under_a_new_token(self):
        p = self.held()
        token = p.sync("--full", expect=4)["approve"]
        for i in range(3, 5):
            p.slapd.delete(dn("p000%d" % i))
        report = p.sync("--full", "--approve", token, expect=4)
        self.assertEqual((report["held"], p.states()), (2, {"active": 37, "inactive": 3}))
        self.assertNotIn(report["approve"], (None, token))
        p.sync("--approve", report["approve"])
        self.assertEqual(p.states(), {"active": 35, "inactive": 5})

    def test_G4_an_update_that_changed_again_is_not_what_was_approved(self):
        p = self.pipeline(crowd(20), brakes={"updates": {"percent": 10, "min": 3}})
        p.sync()
        for i in range(4):
            p.slapd.replace(dn("p000%d" % i), "title", "Director")
        token = p.sync(expect=4)["approve"]
        p.slapd.replace(dn("p0000"), "title", "King")
        report = p.sync("--approve", token, expect=4)
        titles = [p.account("p000%d@example.com" % i)["title"] for i in range(4)]
        self.assertEqual((report["held"], titles), (1, ["Engineer"] + 3 * ["Director"]))
        p.sync("--approve", report["approve"])
        self.assertEqual(p.account("p0000@example.com")["title"], "King")

    def test_G4_the_token_of_plan_is_the_token_of_the_pass(self):
        p = self.held()
        token = p.run("plan", "--full").report["approve"]
        self.assertIsNotNone(token)
        p.sync("--full", "--approve", token)
        self.assertEqual(p.states(), {"active": 37, "inactive": 3})

    def test_a_dry_run_shows_what_an_approval_would_do_and_approves_nothing(self):
        p = self.held()
        token = p.sync("--full", expect=4)["approve"]
        state = p.state_bytes()
        done = p.run("plan", "--approve", token)
        self.assertEqual((done.code, done.report["sink"]["disabled"], done.report["held"]), (0, 3, 0), done)
        self.assertEqual((p.states(), p.state_bytes()), ({"active": 40}, state))
        self.assertEqual(p.sync(expect=4)["approve"], token)

    def test_G4_an_approval_survives_a_pass_that_failed(self):
        p = self.held()
        token = p.sync("--full", expect=4)["approve"]
        good, p.secrets["TEST_SECRET"] = p.secrets["TEST_SECRET"], "wrong"
        self.ends(p.run("--approve", token), 1)
        p.secrets["TEST_SECRET"] = good
        p.sync()
        self.assertEqual(p.states().get("inactive"), 3)

    def test_G4_approved_leavers_do_not_count_over_the_day(self):
        p = self.held()
        p.sync("--approve", p.sync("--full", expect=4)["approve"])
        p.slapd.delete(dn("p0020"))
        p.sync("--full")
        self.assertEqual(p.states(), {"active": 36, "inactive": 4})


if __name__ == "__main__":
    tap.main()

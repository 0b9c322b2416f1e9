"""Pacing at a real limit: the budget is kept by all sessions together, and others keep their part.
Exact figures are in tests/unit/test_pace.c; here the clock is a real one, so bounds are wide."""
import pipeline
import tap
from pipeline import crowd, dn

LIMIT = ["--set", "rate-limit=60", "--set", "rate-window=3000"]


class Pacing(pipeline.Test):
    def test_a_limit_is_kept_without_running_into_it(self):
        p = self.pipeline(crowd(200), sim=LIMIT)
        report = p.sync()
        self.assertEqual(len(p.accounts()), 200)
        self.assertLessEqual(report["requests"]["throttled"], 2)
        self.assertEqual(report["parked"], 0)
        self.says(p.run("status"), r"sessions +\d+: the limit gives us [\d.]+ requests a second")

    def test_a_limit_is_kept_by_many_sessions(self):
        p = self.pipeline(crowd(200), sim=LIMIT, scim={"sessions": 32})
        report = p.sync()
        self.assertEqual(len(p.accounts()), 200)
        self.assertLessEqual(report["requests"]["throttled"], 2)

    def test_others_keep_what_they_use(self):
        p = self.pipeline(crowd(150), sim=LIMIT + ["--set", "rate-others=20"])
        p.sync()
        stats = p.sim.stats()
        self.assertEqual(len(p.accounts()), 150)
        self.assertGreater(stats["others"], 20)
        self.assertLessEqual(stats["others_throttled"], stats["others"] / 4)

    def test_little_is_not_held_back(self):
        """Ten people at one request in six seconds on the whole: half of a window is free to take."""
        p = self.pipeline(crowd(10), sim=["--set", "rate-limit=60", "--set", "rate-window=360000"])
        report = p.sync(timeout=50)
        self.assertEqual(report["sink"]["created"], 10)

    def test_a_pinned_rate_is_kept_where_nothing_is_told(self):
        p = self.pipeline(crowd(40), sim=["--set", "rate-limit=0", "--set", "rate-told=false"],
                          scim={"requests_per_minute": 600})
        report = p.sync()
        self.assertEqual(report["sink"]["created"], 40)
        p.slapd.replace(dn("p0001"), "title", "Director")
        self.assertEqual(p.sync()["sink"]["updated"], 1)

    def test_without_headers_a_refusal_says_when(self):
        p = self.pipeline(crowd(90), sim=LIMIT + ["--set", "rate-told=false"])
        report = p.sync()
        self.assertEqual(len(p.accounts()), 90)
        self.assertGreaterEqual(report["requests"]["throttled"], 1)
        self.assertEqual(report["parked"], 0)


if __name__ == "__main__":
    tap.main()

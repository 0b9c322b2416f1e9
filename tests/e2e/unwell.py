"""A service that is unwell for a while: patience, and nobody is parked for it (G7). These wait."""
import signal
import threading

import pipeline
import tap
from pipeline import crowd, dn

USERS = "*/users*"


def expected(count):
    return {"p%04d@example.com" % i for i in range(count)}


class Unwell(pipeline.Test):
    def test_G7_a_storm_of_429_parks_nobody(self):
        p = self.pipeline(crowd(20))
        p.sim.fault(status=429, method="POST", path=USERS, nth=5, count=6, retryAfter=1)
        report = p.sync()
        self.assertEqual(set(p.accounts()), expected(20))
        self.assertEqual(report["parked"], 0)
        self.assertGreaterEqual(report["requests"]["throttled"], 1)

    def test_G7_503_for_a_while_parks_nobody(self):
        p = self.pipeline(crowd(12))
        p.sim.fault(status=503, path=USERS, method="POST", nth=4, count=8)
        report = p.sync()
        self.assertEqual(set(p.accounts()), expected(12))
        self.assertEqual(report["parked"], 0)
        self.assertGreaterEqual(report["requests"]["retried"], 1)

    def test_G7_an_entry_that_always_gets_500_is_parked_while_others_succeed(self):
        p = self.pipeline(crowd(12))
        p.sim.fault(status=500, path=USERS, method="POST", userName="p0005@*")
        report = p.sync(expect=3)
        self.assertEqual(set(p.accounts()), expected(12) - {"p0005@example.com"})
        self.assertEqual(report["parked"], 1)

    def test_a_service_that_answers_html_is_an_error_not_data(self):
        p = self.pipeline(crowd(3))
        p.sync()
        before = p.snapshot()
        p.slapd.replace(dn("p0001"), "title", "Director")
        p.sim.fault(status=200, shape="html", path="/api/*")
        process = p.start("-v")
        timer = threading.Timer(20, process.send_signal, [signal.SIGINT])
        timer.start()
        done = p.finish(process)
        timer.cancel()
        self.assertIn(done.code, (1, 130), done)
        self.assertEqual(p.snapshot(), before)
        self.says(done, "html|json")
        p.sim.clear_faults()
        p.sync()
        self.assertEqual(p.account("p0001@example.com")["title"], "Director")

    def test_G7_a_page_in_place_of_the_answer_to_an_update_parks_nobody(self):
        p = self.pipeline(crowd(6))
        p.sync()
        for i in range(6):
            p.slapd.replace(dn("p%04d" % i), "title", "Director")
        p.sim.fault(kind="status", status=200, shape="html", method="PATCH", path="*/users/*", nth=1, count=3)
        self.assertEqual(p.sync()["parked"], 0)
        self.assertEqual({u["title"] for u in p.sim.users()}, {"Director"})

    def test_a_service_that_is_away_keeps_the_queue_for_the_next_pass(self):
        p = self.pipeline(crowd(6))
        p.sync()
        before = p.snapshot()
        p.slapd.replace(dn("p0001"), "title", "Director")
        p.sim.fault(kind="reset", path="*")
        process = p.start("-v")
        timer = threading.Timer(8, process.send_signal, [signal.SIGTERM])
        timer.start()
        done = p.finish(process)
        timer.cancel()
        self.assertIn(done.code, (1, 143), done)
        self.assertEqual(p.snapshot(), before)
        p.sim.clear_faults()
        p.sync()
        self.assertEqual(p.account("p0001@example.com")["title"], "Director")


if __name__ == "__main__":
    tap.main()

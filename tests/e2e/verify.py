"""--verify: what differs from what was sent is found, reported and put right."""
import pipeline
import tap
from pipeline import crowd


class Verify(pipeline.Test):
    def drifted(self, count=60):
        p = self.pipeline(crowd(count))
        p.sync()
        account = p.account("p0001@example.com")["id"]
        p.sim.patch(account, {"op": "replace", "path": "title", "value": "Meddler"})
        self.assertEqual(p.account("p0001@example.com")["title"], "Meddler")
        return p

    def test_drift_is_found_in_pages_reported_and_put_right(self):
        p = self.drifted()
        self.assertNotIn("drifted", p.sync("--full"))
        with p.watched() as seen:
            report = p.sync("--verify")
        self.assertEqual(p.account("p0001@example.com")["title"], "Engineer")
        self.assertEqual([(d["id"], d["reason"]) for d in report["drifted"]], [(p.uuid("p0001"), "title")])
        self.assertEqual((len(seen.writes), seen.kinds.count("read")), (1, 0))
        with p.watched() as seen:
            self.assertNotIn("drifted", p.sync("--verify"))
        self.assertEqual(seen.writes, [])

    def test_a_dry_run_shows_the_drift_and_leaves_it(self):
        p = self.drifted()
        done = p.run("plan", "--verify")
        self.ends(done, 0)
        self.assertRegex(done.out, r"(?m)^update +p0001@example\.com: title$")
        self.assertEqual(p.account("p0001@example.com")["title"], "Meddler")

    def test_one_person_alone_is_read_alone(self):
        p = self.drifted()
        with p.watched() as seen:
            p.sync("--only", "p0001@example.com", "--verify")
        self.assertEqual((seen.kinds.count("read"), seen.kinds.count("list")), (1, 0))
        self.assertEqual(p.account("p0001@example.com")["title"], "Engineer")

    def test_an_account_that_is_gone_is_made_again(self):
        p = self.pipeline(crowd(5))
        p.sync()
        account = p.account("p0002@example.com")["id"]
        p.sim.purge(account)
        report = p.sync("--verify")
        self.says(report, "the account is gone")
        self.assertEqual(p.account_of("p0002")["state"], "active")

    def test_G4_drift_is_counted_by_the_brake(self):
        p = self.pipeline(crowd(20), brakes={"updates": {"percent": 10, "min": 3}})
        p.sync()
        for i in range(4):
            p.sim.patch(p.account("p000%d@example.com" % i)["id"],
                        {"op": "replace", "path": "title", "value": "Meddler"})
        report = p.sync("--verify", expect=4)
        self.assertEqual((report["held"], len(report["drifted"])), (4, 4))
        p.sync("--approve", report["approve"])
        self.assertEqual(p.account("p0000@example.com")["title"], "Engineer")

    def test_schedule_verify_makes_it_due(self):
        p = self.drifted(5)
        p.config["schedule"] = {"verify": "1h"}
        self.assertEqual(len(p.sync()["drifted"]), 1)
        with p.watched() as seen:
            p.sync()
        self.assertEqual([k for k in seen.kinds if k != "token"], [])

    def test_unclaimed_accounts_are_listed_and_left(self):
        p = self.pipeline(crowd(30))
        p.sim.seed([{"userName": "ghost@example.com", "displayName": "Ghost", "externalId": "who-knows"}])
        report = p.sync()
        self.assertEqual([u["userName"] for u in report["unclaimed"]], ["ghost@example.com"])
        report = p.sync("--verify")
        self.assertEqual([u["userName"] for u in report["unclaimed"]], ["ghost@example.com"])
        self.assertEqual(p.account("ghost@example.com")["state"], "active")


if __name__ == "__main__":
    tap.main()

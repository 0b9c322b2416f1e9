"""The audit file: one line for each write, and no values."""
import json
import os

import pipeline
import tap
from pipeline import crowd, dn


class Audit(pipeline.Test):
    def lines(self, p, name="audit.jsonl"):
        with open(p.path(name)) as file:
            return [json.loads(line) for line in file]

    def test_one_line_for_each_write_and_no_values(self):
        p = self.pipeline(crowd(12))
        audit = ["--audit", p.path("audit.jsonl")]
        with p.watched() as seen:
            p.sync(*audit)
        lines = self.lines(p)
        self.assertEqual((len(lines), len(seen.writes)), (12, 12))
        p.slapd.replace(dn("p0001"), "title", "Director")
        p.slapd.delete(dn("p0002"))
        p.sync("--full", *audit)
        new = self.lines(p)[12:]
        self.assertEqual(sorted(line["action"] for line in new), ["disable", "update"])
        update = [line for line in new if line["action"] == "update"][0]
        self.assertEqual(sorted(update), ["account", "action", "correlation_id", "entry", "paths",
                                          "result", "run", "time"])
        self.assertEqual((update["entry"], update["paths"], update["result"], update["account"]),
                         (p.uuid("p0001"), ["title"], "ok", p.account("p0001@example.com")["id"]))
        self.assertTrue(update["correlation_id"])
        with open(p.path("audit.jsonl")) as file:
            text = file.read()
        for value in ("Director", "Engineer", "p0001@example.com", "+4930"):
            self.assertNotIn(value, text)
        self.assertEqual(os.stat(p.path("audit.jsonl")).st_mode & 0o777, 0o600)

    def test_audit_in_the_configuration_and_none_in_a_dry_run(self):
        p = self.pipeline(crowd(3))
        p.config["audit"] = p.path("audit.jsonl")
        p.run("plan")
        self.assertFalse(os.path.exists(p.path("audit.jsonl")))
        p.sync()
        self.assertEqual([line["action"] for line in self.lines(p)], ["create"] * 3)

    def test_a_refused_write_is_in_it_too(self):
        p = self.pipeline(crowd(3), audit="audit.jsonl")
        p.sim.fault(status=400, kind="status", method="POST", count=1)
        p.sync(expect=3)
        results = sorted(line["result"] for line in self.lines(p))
        self.assertEqual(results, ["ok", "ok", "refused"])

    def test_a_full_disk_stops_the_pass_and_the_next_one_goes_on(self):
        p = self.pipeline(crowd(30))
        done = p.run("--audit", "/dev/full")
        self.ends(done, 1)
        self.says(done, "/dev/full.*No space left|audit file cannot be written")
        p.sync("--audit", p.path("audit.jsonl"))
        self.assertEqual((len(p.accounts()), p.twins()), (30, []))

    def test_an_audit_file_that_cannot_be_opened_changes_nothing(self):
        p = self.pipeline(crowd(3))
        self.ends(p.run("--audit", p.path("no/such/folder")), 2)
        self.assertEqual(p.accounts(), {})


if __name__ == "__main__":
    tap.main()

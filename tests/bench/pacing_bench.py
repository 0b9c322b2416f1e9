#!/usr/bin/env python3
"""How well the peer's limit is used, and what latency costs (BENCHMARKING.md, "Pacing").

    pacing_bench.py [--full] [--minutes N] [--only limit|others|latency]

Part of make bench in a short form (windows of 6 s), and of make bench-pacing in the long one (300
requests a minute over ten minutes). Prints one line a figure as bench.py does; exit 1 where a goal
is missed.
"""
import argparse
import datetime
import sys

import bench
import pipeline


def moment(entry):
    return datetime.datetime.fromisoformat(entry["time"].replace("Z", "+00:00")).timestamp()


class Traffic:
    """What reached the API, by the simulator's log: times of the admitted, number of the refused."""

    def __init__(self, sim, window):
        entries = [e for e in sim.log() if e["kind"] != "token"]
        self.times = [moment(e) for e in entries if e["status"] != 429]
        self.refused = sum(e["status"] == 429 for e in entries)
        self.starts = self.windows(window)

    def windows(self, length):
        """As the limiter counts: a window begins with the first request after the last one's end."""
        starts = []
        for at in self.times:
            if not starts or at >= starts[-1] + length:
                starts.append(at)
        return starts

    def used(self, allowed, window):
        """Of what was allowed, from the first request to the beginning of the last window: the last
        one may be short of work."""
        span = self.starts[-1] - self.starts[0]
        return sum(t < self.starts[-1] for t in self.times) / (allowed * span / window)

    def gaps(self):
        """Between requests, before the last window, in which the rest may leave at once."""
        times = [t for t in self.times if t < self.starts[-1]]
        return [b - a for a, b in zip(times, times[1:])]

    def busiest_second(self):
        times, most, first = [t for t in self.times if t < self.starts[-1]], 0, 0
        for i, at in enumerate(times):
            while times[first] <= at - 1:
                first += 1
            most = max(most, i - first + 1)
        return most


def prepare(people, switches, **scim):
    sets = [word for name, value in switches.items() for word in ("--set", "%s=%s" % (name, value))]
    p = pipeline.Pipeline([bench.people(people)], sim=sets + ["--set", "log-bodies=false"], secure=False,
                          scim=scim, directory={"tls": None, "ca": None})
    p.config["sources"]["ldap"].update(uri=p.slapd.uri)
    del p.config["sources"]["ldap"]["tls"]
    return p


def limit(lines, allowed, window, windows):
    print("\n%d requests in %g s, over %g minutes" % (allowed, window, window * windows / 60), flush=True)
    p = prepare(int(allowed * (windows + 0.5)), {"rate-limit": allowed, "rate-window": int(window * 1000)})
    try:
        report = p.sync("--no-progress", "-q", timeout=3600)
        seen = Traffic(p.sim, window)
        used, gaps, even = 100 * seen.used(allowed, window), seen.gaps(), window / allowed
        lines.figure("of the allowed requests used", "%.1f %%" % used, "at least 97 %", used >= 97,
                     "syncd -c syncd.yaml (sessions: auto)")
        lines.figure("refused with 429", seen.refused, "at most 1", seen.refused <= 1)
        lines.note("longest gap / even spacing", "%.1f times" % (max(gaps) / even))
        lines.note("99 of 100 gaps / even spacing", "%.1f times" % (sorted(gaps)[len(gaps) * 99 // 100] / even))
        lines.note("busiest second / even pace", "%.2f times" % (seen.busiest_second() * even))
        lines.note("requests for each person", "%.4f" % (report["requests"]["total"] / p.created()))
    finally:
        p.remove()


def others(lines, allowed, window, windows, part):
    print("\n%d requests in %g s, others make %d of them" % (allowed, window, part), flush=True)
    ours = allowed - part
    p = prepare(int(ours * (windows + 0.5)), {"rate-limit": allowed, "rate-window": int(window * 1000),
                                              "rate-others": part})
    try:
        p.sync("--no-progress", "-q", timeout=3600)
        seen, stats = Traffic(p.sim, window), p.sim.stats()
        used = 100 * seen.used(ours, window)
        lines.figure("of what others leave used", "%.1f %%" % used, "at least 95 %", used >= 95)
        lines.figure("others refused with 429", "%d of %d" % (stats["others_throttled"], stats["others"]),
                     "at most 1 %", stats["others_throttled"] <= stats["others"] / 100)
        lines.note("refused to us", seen.refused)
    finally:
        p.remove()


def latency(lines, people, ms, sessions):
    print("\n%d people, %d ms to each answer, sessions: %s" % (people, ms, sessions), flush=True)
    p = prepare(people, {"rate-limit": 0, "latency": ms}, sessions=sessions)
    try:
        p.sync("--no-progress", "-q", timeout=3600)
        times = [moment(e) for e in p.sim.requests(kind="create")]
        rate = (len(times) - 1) / (max(times) - min(times))
        if sessions == "auto":
            lines.note("creates a second", "%.0f" % rate, "sessions: auto")
            return
        part = 100 * rate / (sessions * 1000 / ms)
        lines.figure("of sessions ÷ latency", "%.1f %%" % part, "at least 90 %", part >= 90,
                     "sessions: %d; from first to last POST" % sessions)
    finally:
        p.remove()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--full", action="store_true", help="300 a minute over ten minutes as well")
    parser.add_argument("--minutes", type=float, default=10, help="of the long form")
    parser.add_argument("--only", choices=("limit", "others", "latency"), help="one part")
    options = parser.parse_args()
    lines = bench.Lines()
    if options.only in (None, "limit"):
        limit(lines, 300, 6, 5)
        if options.full:
            limit(lines, 300, 60, options.minutes)
    if options.only in (None, "others"):
        others(lines, 300, 6, 5, 100)
    if options.only in (None, "latency"):
        for sessions in (8, 32, "auto"):
            latency(lines, 2000, 50, sessions)
    print("\n%s" % ("every goal is met" if not lines.missed else "%d missed" % lines.missed))
    return lines.missed > 0


if __name__ == "__main__":
    sys.exit(main())

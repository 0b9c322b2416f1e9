"""Connections and tokens of many sessions: kept alive, resumed, renewed once."""
import collections
import os
import time

import nginx
import pipeline
import tap
from pipeline import crowd

SESSIONS = 8


class Connections(pipeline.Test):
    def proxied(self, people, proxy=None, **scim):
        """A pipeline whose sink is behind nginx."""
        nginx.program()
        p = self.pipeline(crowd(people), secure=False, sim=["--set", "latency=5"])
        _, pair = pipeline.authority()
        self.proxy = nginx.Proxy(os.path.join(p.folder, "nginx"), pair, p.sim.port, **(proxy or {}))
        self.addCleanup(self.proxy.stop)
        p.config["sinks"]["genesys-scim"].update(
            base_url=self.proxy.url, token_url=self.proxy.url + "/oauth/token",
            tls={"ca_file": p.ca.cert}, **scim)
        return p

    def connections(self):
        """Requests by connection."""
        by = collections.defaultdict(list)
        for request in self.proxy.requests():
            by[request.connection].append(request)
        return by

    def test_connections_are_kept(self):
        p = self.proxied(200, sessions=SESSIONS)
        p.sync()
        self.assertEqual(len(p.accounts()), 200)
        self.assertLessEqual(len(self.connections()), SESSIONS + 2)
        self.assertGreaterEqual(len(self.proxy.requests()), 202)

    def resumed(self, **proxy):
        """Full handshakes, where the service ends connections again and again."""
        p = self.proxied(200, proxy=dict(requests=10, **proxy), sessions=SESSIONS)
        p.sync()
        self.assertEqual(len(p.accounts()), 200)
        connections = list(self.connections().values())
        self.assertGreater(len(connections), 15)
        return sum(not requests[0].resumed for requests in connections)

    def test_tls_sessions_are_resumed_also_by_other_sessions(self):
        """Fewer full handshakes than sessions; there are some while the first ticket is on its way."""
        self.assertLess(self.resumed(), SESSIONS - 1)

    def test_tls_sessions_are_resumed_also_by_other_sessions_with_tls_1_2(self):
        self.assertLess(self.resumed(protocols="TLSv1.2"), SESSIONS / 2)

    def test_all_is_well_where_nothing_is_resumed(self):
        p = self.proxied(40, proxy={"requests": 5, "resume": False})
        p.sync()
        self.assertEqual(len(p.accounts()), 40)

    def test_http_1_1_unless_more_is_wanted(self):
        p = self.proxied(20)
        p.sync()
        self.assertEqual({r.protocol for r in self.proxy.requests()}, {"HTTP/1.1"})

    def test_http_2_where_it_is_wanted_and_offered(self):
        p = self.proxied(200, http_version="2", sessions=SESSIONS)
        report = p.sync()
        self.assertEqual({r.protocol for r in self.proxy.requests()}, {"HTTP/2.0"})
        self.assertEqual(len(p.accounts()), 200)
        self.assertLessEqual(len(self.connections()), SESSIONS + 2)
        self.assertEqual(report["requests"]["retried"], 0)

    def test_http_2_wanted_and_not_offered(self):
        p = self.proxied(20, proxy={"http2": False}, http_version="2")
        p.sync()
        self.assertEqual({r.protocol for r in self.proxy.requests()}, {"HTTP/1.1"})

    def test_G2_http_2_whose_connections_end_makes_nobody_twice(self):
        """nginx says GOAWAY after some requests: what was not served is sent again, once."""
        p = self.proxied(200, proxy={"requests": 10}, http_version="2", sessions=SESSIONS)
        p.sync()
        self.assertEqual(len(p.accounts()), 200)
        self.assertEqual(p.twins(), [])


class Tokens(pipeline.Test):
    def interrupted(self, change, latency=20, ends=0):
        """A pass of 32 sessions, in the middle of which CHANGE happens; its report."""
        p = self.pipeline(crowd(400), sim=["--set", "latency=%d" % latency], scim={"sessions": 32})
        process = p.start()
        end = time.time() + 120
        while p.created() < 100 and time.time() < end and process.poll() is None:
            time.sleep(0.01)
        change(p.sim)
        done = p.finish(process)
        self.ends(done, ends)
        self.assertEqual(done.report["parked"], 0)
        if ends == 0:
            self.assertEqual(len(p.accounts()), 400)
        return done.report

    def test_a_token_that_ends_in_mid_run_is_renewed_once(self):
        report = self.interrupted(lambda sim: sim.revoke_tokens())
        self.assertEqual(report["requests"]["token"], 2)

    def test_a_token_that_expires_in_mid_run_is_renewed_once(self):
        report = self.interrupted(lambda sim: sim.revoke_tokens(expire=True))
        self.assertEqual(report["requests"]["token"], 2)

    def test_G7_a_throttled_token_endpoint_is_asked_by_one_session(self):
        def change(sim):
            sim.switch(token_throttle=3)
            sim.revoke_tokens()
        report = self.interrupted(change)
        self.assertEqual(report["requests"]["token"], 1 + 3 + 1)
        self.assertEqual(report["requests"]["throttled"], 3)

    def test_a_client_that_is_disabled_in_mid_run_is_asked_about_once(self):
        report = self.interrupted(lambda sim: sim.switch(client_state="disabled"), ends=1)
        self.assertLessEqual(report["requests"]["token"], 3)
        self.assertIn("not active", report["error"])


if __name__ == "__main__":
    tap.main()

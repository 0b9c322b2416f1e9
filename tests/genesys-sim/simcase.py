"""What the tests of the simulator share: one that runs for a whole file, and questions to it.

    from simcase import SIM, Case, setUpModule, tearDownModule
"""
import http.client
import os
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import simulator

SIM = simulator.Simulator()
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
CUT = (ConnectionError, http.client.HTTPException)


def setUpModule():
    if simulator.program() is not None:
        SIM.start()


def tearDownModule():
    if SIM.process is None:
        return
    status = SIM.stop()
    assert status == 0, "genesys-sim ended with %s: %s" % (status, SIM.error_text())


def query(**arguments):
    return "?" + urllib.parse.urlencode(arguments, quote_via=urllib.parse.quote)


@unittest.skipIf(simulator.program() is None, "genesys-sim was not built: libmicrohttpd is missing")
class Case(unittest.TestCase):
    def setUp(self):
        SIM.reset()

    def find(self, filter_text, **more):
        return SIM.scim("GET", "users" + query(filter=filter_text, **more))

    def names(self, reply):
        self.assertEqual(reply.status, 200, reply)
        return [one["userName"] for one in reply.json["Resources"]]

    def make(self, name="a@example.com", **attributes):
        reply = SIM.create(name, **attributes)
        self.assertEqual(reply.status, 201, reply)
        return reply.json["id"]

    def refused(self, reply, status, scim_type=None):
        self.assertEqual(reply.status, status, reply)
        if scim_type is not None:
            self.assertEqual(reply.json.get("scimType"), scim_type, reply)
            self.assertEqual(reply.json["status"], str(status))

    def error_body(self, reply, status, code):
        self.assertEqual(reply.status, status, reply)
        self.assertEqual((reply.json["status"], reply.json["code"]), (status, code))
        self.assertEqual(reply.json["contextId"], reply.headers["inin-correlation-id"])

    def cut(self, *request):
        with self.assertRaises(CUT):
            SIM.scim(*request)

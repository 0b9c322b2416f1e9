"""What the tests of the Genesys Cloud sink against a scripted server share."""
import os
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from driver import *
from scripted import Reply, RESET, SILENT, Scripted

BASE = "/api/v2/scim/v2"
SCIM_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def scim_error(status, detail="words", kind=None, **headers):
    body = {"schemas": [SCIM_ERROR], "status": str(status), "detail": detail}
    if kind:
        body["scimType"] = kind
    return Reply(status, body, headers)


def error_body(status, message="words", code="some.code", **more):
    headers = more.pop("headers", {})
    return Reply(status, dict(more, message=message, code=code, status=status, contextId="ctx-1"),
                 headers, kind="application/json")


def user(**more):
    return dict({"id": "u1", "userName": "a@example.com", "displayName": "A", "active": True,
                 "meta": {"resourceType": "User", "version": "3"}}, **more)


def page(*items, total=None, start=1):
    return Reply(200, {"totalResults": len(items) if total is None else total, "startIndex": start,
                       "itemsPerPage": len(items), "Resources": list(items)})


# What a connection showed that was closed in the middle of the answer's headers: a status is there.
HALF_HEADS = [("HTTP/1.1 %s\r\n" % status + more).encode()
              for status in ("200 OK", "201 Created", "204 No Content", "400 Bad Request", "403 Forbidden",
                             "404 Not Found", "409 Conflict", "429 Too Many Requests")
              for more in ("", "Content-Type: application/sc", "Server: x\r\n")]


def query(request):
    return dict(urllib.parse.parse_qsl(request.query))


class Case(unittest.TestCase):
    options = {}

    def setUp(self):
        self.server = Scripted()
        self.sink = None

    def tearDown(self):
        if self.sink:
            self.sink.__exit__(None)
        self.server.__exit__()

    def start(self, answer=None, **options):
        if answer is not None:
            self.server.answer = answer if callable(answer) else lambda request: answer
        self.sink = Driver(dict({"base_url": self.server.url}, **options))
        return self.sink

    def answering(self, answer):
        if self.sink is None:
            self.start()
        self.server.requests.clear()
        self.server.answer = answer if callable(answer) else lambda request: answer

    def create(self, answer, **document):
        """The result of creating a@example.com where the server answers that."""
        self.answering(answer)
        return self.sink.create(**dict({"userName": "a@example.com", "displayName": "A",
                                        "active": True}, **document))

    def update(self, answer, *operations, version=None):
        self.answering(answer)
        return self.sink.update("u1", *(operations or [("replace", "title", "T")]), version=version)

    def delete(self, answer):
        self.answering(answer)
        return self.sink.delete("u1")

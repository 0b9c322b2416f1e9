#!/usr/bin/env python3
"""The usual synchronisation script at its best, as a yardstick: one connection that is kept, one
token, and for each person one look-up and one create. Standard library only.

    ldapsearch -LLL … | serial_client.py BASE_URL CLIENT_ID CLIENT_SECRET

reads LDIF on standard input; prints how many accounts it made. Plain HTTP.
"""
import base64
import http.client
import json
import sys
import urllib.parse

USERS = "/api/v2/scim/v2/users"


def entries(lines):
    """Entries of LDIF as dicts of the first value of each attribute."""
    entry, last = {}, None
    for line in lines:
        line = line.rstrip("\n")
        if line.startswith(" ") and last:
            entry[last] += line[1:]
        elif not line:
            if "mail" in entry:
                yield entry
            entry, last = {}, None
        elif not line.startswith("#"):
            name, _, value = line.partition(":")
            if value.startswith(":"):
                value = base64.b64decode(value[1:]).decode()
            last = None if name in entry else name
            entry.setdefault(name, value.strip())
    if "mail" in entry:
        yield entry


def user(entry):
    document = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "userName": entry["mail"], "displayName": entry["cn"], "externalId": entry["entryUUID"],
                "active": True, "emails": [{"type": "work", "value": entry["mail"]}]}
    if "title" in entry:
        document["title"] = entry["title"]
    if "telephoneNumber" in entry:
        document["phoneNumbers"] = [{"type": "work", "value": entry["telephoneNumber"]}]
    return document


class Client:
    def __init__(self, base_url, client, secret):
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(base_url).netloc)
        basic = base64.b64encode(("%s:%s" % (client, secret)).encode()).decode()
        _, token = self.request("POST", "/oauth/token", "grant_type=client_credentials", {
            "Authorization": "Basic " + basic, "Content-Type": "application/x-www-form-urlencoded"})
        self.headers = {"Authorization": "Bearer " + token["access_token"],
                        "Content-Type": "application/scim+json"}

    def request(self, method, path, body=None, headers=None):
        self.connection.request(method, path, body, headers or self.headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def sync(self, entry):
        """True: made."""
        query = urllib.parse.quote('userName eq "%s"' % entry["mail"])
        status, found = self.request("GET", USERS + "?filter=" + query)
        if status != 200:
            raise RuntimeError("look-up: %d %s" % (status, found))
        if found["totalResults"]:
            return False
        status, made = self.request("POST", USERS, json.dumps(user(entry)))
        if status != 201:
            raise RuntimeError("create: %d %s" % (status, made))
        return True


def main():
    client = Client(*sys.argv[1:4])
    print(sum(client.sync(entry) for entry in entries(sys.stdin)))


if __name__ == "__main__":
    main()

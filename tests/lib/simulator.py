"""Starts the Genesys Cloud simulator on loopback at a free port, and talks to its control interface.

    with simulator.Simulator (["--set", "rate-limit=0"]) as sim:
        sim.seed ([{"userName": "a@example.com", "displayName": "A"}])
        sim.fault (kind="status", status=503, method="POST", nth=2)
        ... run something against sim.base_url, sim.token_url ...
        sim.requests (kind="create")

The program is $GENESYS_SIM, or the one that was built ($top_builddir).
"""
import base64
import http.client
import json
import os
import signal
import ssl
import subprocess
import tempfile
import urllib.parse

CLIENT_ID = "sim-client"
CLIENT_SECRET = "sim-secret"
USERS = "/api/v2/scim/v2/users"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GENESYS = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def program():
    """The path of genesys-sim, or None where it was not built (no libmicrohttpd)."""
    path = os.environ.get("GENESYS_SIM") or os.path.join(
        os.environ.get("top_builddir", "."), "tests", "genesys-sim", "genesys-sim")
    return path if os.access(path, os.X_OK) else None


class Reply:
    """One answer: status, headers (names in lower case), body (bytes)."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return "%d %r" % (self.status, self.body[:300])


class Simulator:
    """arguments: more of its command line. tls: (certificate file, key file, CA file)."""

    def __init__(self, arguments=(), tls=None, wrapper=()):
        self.arguments = list(arguments)
        self.tls = tls
        self.wrapper = list(wrapper)
        self.process = None
        self.connection = None
        self.token = None

    def start(self):
        path = program()
        if path is None:
            raise RuntimeError("genesys-sim was not built; set GENESYS_SIM or top_builddir")
        command = self.wrapper + [path] + self.arguments
        if self.tls:
            command += ["--tls-cert", self.tls[0], "--tls-key", self.tls[1]]
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.errors,
                                        stdin=subprocess.DEVNULL, text=True)
        self.base_url = self.process.stdout.readline().strip()
        if not self.base_url:
            status = self.process.wait()
            self.process.stdout.close()
            raise RuntimeError("genesys-sim ended with %d: %s" % (status, self.error_text()))
        self.port = urllib.parse.urlsplit(self.base_url).port
        self.token_url = self.base_url + "/oauth/token"
        return self

    def error_text(self):
        """What it wrote to standard error."""
        self.errors.seek(0)
        return self.errors.read()

    def stop(self):
        """Ends it; the exit status."""
        self.disconnect()
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.process.stdout.close()
        self.process = None
        return status

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        self.errors.close()

    # ---- plain HTTP ----
    def connect(self):
        if self.tls:
            context = ssl.create_default_context(cafile=self.tls[2])
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=context)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def disconnect(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def http(self, method, path, body=None, headers=None):
        """One request over a kept connection; raises what http.client raises."""
        if self.connection is None:
            self.connection = self.connect()
        try:
            self.connection.request(method, path, body, headers or {})
            answer = self.connection.getresponse()
            return Reply(answer.status, answer.getheaders(), answer.read())
        except (OSError, http.client.HTTPException):
            self.disconnect()
            raise

    # ---- as a SCIM client ----
    def get_token(self, client=CLIENT_ID, secret=CLIENT_SECRET, body=None, headers=None):
        basic = base64.b64encode(("%s:%s" % (client, secret)).encode()).decode()
        head = {"Authorization": "Basic " + basic,
                "Content-Type": "application/x-www-form-urlencoded"}
        head.update(headers or {})
        return self.http("POST", "/oauth/token", body or "grant_type=client_credentials", head)

    def login(self):
        self.token = self.get_token().json["access_token"]
        return self.token

    def scim(self, method, path, body=None, headers=None):
        """A request with a token; body: an object, or text as it is. path: after …/scim/v2/, or
        absolute."""
        if self.token is None:
            self.login()
        head = {"Authorization": "Bearer " + self.token}
        if body is not None:
            head["Content-Type"] = "application/scim+json"
            body = body if isinstance(body, (str, bytes)) else json.dumps(body)
        head.update(headers or {})
        head = {name: value for name, value in head.items() if value is not None}
        return self.http(method, path if path.startswith("/") else "/api/v2/scim/v2/" + path, body,
                         head)

    def create(self, user_name, **attributes):
        user = {"schemas": [CORE], "userName": user_name, "displayName": user_name}
        user.update(attributes)
        user["schemas"] += [urn for urn in (ENTERPRISE, GENESYS) if urn in user]
        return self.scim("POST", "users", user)

    def patch(self, user_id, *operations, headers=None):
        return self.scim("PATCH", "users/" + user_id,
                         {"schemas": [PATCH_OP], "Operations": list(operations)}, headers)

    # ---- the control interface ----
    def control(self, method, part, body=None):
        connection = self.connect()
        try:
            connection.request(method, "/_sim/" + part,
                               None if body is None else json.dumps(body),
                               {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError("%s /_sim/%s: %d %s" % (method, part, answer.status, text.decode()))
        return json.loads(text)

    def log(self, since=0):
        return self.control("GET", "log?from=%d" % since)["entries"]

    def requests(self, **wanted):
        """Log entries whose members are those given, e.g. kind="create", applied=True."""
        return [entry for entry in self.log()
                if all(entry.get(name) == value for name, value in wanted.items())]

    def users(self, state=None):
        """All accounts as a list of their resources, "state" added to each."""
        found = []
        for one in self.control("GET", "users")["users"]:
            if state is None or one["state"] == state:
                found.append(dict(one["resource"], state=one["state"]))
        return found

    def user(self, user_name):
        """The accounts of that name (without case), deleted ones too."""
        part = "users?userName=" + urllib.parse.quote(user_name)
        return [dict(one["resource"], state=one["state"])
                for one in self.control("GET", part)["users"]]

    def seed(self, users):
        return self.control("POST", "users", {"users": list(users)})["seeded"]

    def generate(self, count, **options):
        """count accounts prefix0@domain …; options: start, prefix, domain, external."""
        return self.control("POST", "users", dict(options, generate=count))["seeded"]

    def purge(self, user_id=""):
        """Removes an account without a trace; all of them without an id."""
        return self.control("DELETE", "users/" + user_id if user_id else "users")

    def groups(self, groups=None):
        if groups is None:
            return self.control("GET", "groups")["groups"]
        return self.control("PUT", "groups", {"groups": groups})["groups"]

    def names(self, **names):
        """roles=, skills=, languages=, divisions=: names that exist from now on."""
        return self.control("POST", "names", names)

    def fault(self, kind="status", **fault):
        """Adds a fault; its id."""
        return self.control("POST", "faults", dict(fault, kind=kind))["ids"][0]

    def faults(self):
        return self.control("GET", "faults")["faults"]

    def clear_faults(self):
        return self.control("DELETE", "faults")

    def switch(self, **switches):
        """Sets switches; "_" stands for "-": switch (rate_limit=0)."""
        return self.control("PUT", "switches",
                            {name.replace("_", "-"): value for name, value in switches.items()})

    def switches(self):
        return self.control("GET", "switches")

    def revoke_tokens(self, expire=False):
        return self.control("DELETE", "tokens?expire=1" if expire else "tokens")

    def stats(self):
        return self.control("GET", "stats")

    def reset(self, *only):
        """Everything, or: users groups names tokens faults switches log stats."""
        self.token = self.token if only and "tokens" not in only else None
        return self.control("POST", "reset", {"only": list(only)} if only else {})

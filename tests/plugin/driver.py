"""Runs sink-driver and talks to it.

    with Driver (options={"base_url": url, …}) as sink:
        sink.ready                      # the first line: {"stage": "ready", "rc": 0, …}
        sink ("find", attribute="userName", value="a@example.com")["documents"]
"""
import json
import os
import subprocess

BUILD = os.environ.get("top_builddir", os.getcwd())
MODULE = os.path.join(BUILD, "plugins", ".libs", "syncd-genesys-scim.so")
PROGRAM = os.path.join(BUILD, "tests", "plugin", "sink-driver")
WRAPPER = os.environ.get("SINK_DRIVER_WRAPPER", "").split()

OK, UNREACHABLE, CANCELLED, CONFIG, AUTH, FORBIDDEN = 0, -1, -2, -3, -4, -5
NOT_FOUND, BUDGET, PROTOCOL, LIMIT, UNSUPPORTED = -6, -7, -8, -9, -10
TOKEN, LIST, FIND, READ, CREATE, UPDATE, DELETE = range(7)


class Driver:
    def __init__(self, options, environment=None, module=MODULE):
        base = {"client_id": "the-client", "client_secret": "the-s3cret", "timeout": "5000"}
        base.update(options)
        pairs = ["%s=%s" % (k, v) for k, v in base.items() if v is not None]
        env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        env.update(environment or {})
        self.process = subprocess.Popen(WRAPPER + [PROGRAM, module] + pairs, env=env, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.text = ""
        self.ready = self.line()

    def line(self):
        text = self.process.stdout.readline()
        if not text:
            raise RuntimeError("sink-driver ended with %s" % self.process.wait())
        self.text += text
        return json.loads(text)

    def __call__(self, op, **arguments):
        self.process.stdin.write(json.dumps(dict(arguments, op=op)) + "\n")
        self.process.stdin.flush()
        return self.line()

    def apply(self, **change):
        """One change; its result, with "answer" the driver's whole line."""
        answer = self("apply", changes=[change])
        return dict(answer["results"][0], answer=answer)

    def create(self, **document):
        return self.apply(kind="create", entry="e1", document=document)

    def update(self, account, *operations, version=None):
        ops = [dict(zip(("op", "path", "value"), o)) for o in operations]
        return self.apply(kind="update", entry="e1", account=account, operations=ops,
                          version=version)

    def delete(self, account):
        return self.apply(kind="delete", entry="e1", account=account)

    def close(self):
        """The exit status: sanitizers and valgrind tell of their findings by it."""
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        status = self.close()
        wanted = 0 if self.ready["rc"] == 0 else 1
        if kind is None and status != wanted:
            raise AssertionError("sink-driver ended with %d" % status)
        if kind is None and "s3cret" in self.text:
            raise AssertionError("the secret was shown")

"""An HTTP server that answers what a test tells it to, faults of the wire included.

    with Scripted () as server:
        server.answer = lambda request: Reply (200, {"id": "1"})
        server.url; server.requests       # what came, in order; token requests are in server.tokens

An answer is a Reply, RESET (the connection is reset without an answer), SILENT (no answer), or
bytes that are sent as they are before the connection is closed.
"""
import json
import socket
import ssl
import struct
import threading
import time

RESET, SILENT = object(), object()


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        self.path, _, self.query = target.partition("?")

    @property
    def json(self):
        return json.loads(self.body)


class Reply:
    def __init__(self, status=200, body=None, headers=None, kind="application/scim+json"):
        self.status, self.headers, self.kind = status, headers or {}, kind
        self.body = body if isinstance(body, bytes) else b"" if body is None else \
            body.encode() if isinstance(body, str) else json.dumps(body).encode()

    def bytes(self):
        lines = ["HTTP/1.1 %d X" % self.status, "Content-Length: %d" % len(self.body)]
        lines += ["Content-Type: " + self.kind] if self.body else []
        lines += ["%s: %s" % h for h in self.headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


class Scripted:
    def __init__(self, tls=None, versions=None):
        self.requests, self.tokens, self.connections = [], [], 0
        self.answer = lambda request: Reply(404, "nothing here", kind="text/plain")
        self.token = self.plain_token
        self.lifetime = 86400
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(tls.cert, tls.key)
            if versions:
                self.context.maximum_version = versions
        self.lock = threading.Lock()
        self.stopped = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.url = "%s://127.0.0.1:%d" % ("https" if tls else "http", self.port)
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *rest):
        self.stopped.set()
        self.socket.close()

    def plain_token(self, request):
        return Reply(200, {"access_token": "token-%d" % len(self.tokens), "token_type": "bearer",
                           "expires_in": self.lifetime}, kind="application/json")

    def accept(self):
        while not self.stopped.is_set():
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as stream:
                while self.one(connection, stream):
                    pass
        except OSError:
            pass

    def one(self, connection, stream):
        head = stream.readline().decode().split()
        if len(head) != 3:
            return False
        headers = {}
        for line in iter(stream.readline, b"\r\n"):
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        request = Request(head[0], head[1], headers, stream.read(int(headers.get("content-length",
            0))))
        answer = self.decide(request)
        if isinstance(answer, Reply):
            connection.sendall(answer.bytes())
            return True
        if answer is SILENT:
            self.stopped.wait(30)
        elif answer is RESET:
            time.sleep(0.02)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            connection.sendall(answer)
        return False

    def decide(self, request):
        with self.lock:
            if request.path.endswith("/oauth/token"):
                self.tokens.append(request)
                return self.token(request)
            self.requests.append(request)
        return self.answer(request)

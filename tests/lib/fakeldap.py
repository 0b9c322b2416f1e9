"""An LDAP server that answers what a test tells it to: for what real servers do not do on demand.

    def answer (request):
        if request.base == "ou=people,dc=example,dc=com" and request.page:
            yield request.entry ("uid=ada,…", uid="ada", entryUUID="…")
            yield request.done (cookie=b"")
    with fakeldap.Server (answer) as server:
        server.uri

ANSWER gets each search and yields messages; HANG instead of a message waits for ever, CLOSE
ends the connection, bytes go out as they are. Root DSE, bind and unbind are answered here unless
ANSWER is given ROOT=True. Nothing that a request yields nothing for is answered.
"""
import socket
import threading

HANG, CLOSE = object(), object()
PAGED = "1.2.840.113556.1.4.319"
SYNC = "1.3.6.1.4.1.4203.1.9.1.1"
DIRSYNC = "1.2.840.113556.1.4.841"


def tlv(tag, *parts):
    body = b"".join(p if isinstance(p, bytes) else p.encode() for p in parts)
    n = len(body)
    size = bytes([n]) if n < 128 else bytes([0x84]) + n.to_bytes(4, "big")
    return bytes([tag]) + size + body


def number(n, tag=2):
    return tlv(tag, n.to_bytes(max(1, (n.bit_length() + 8) // 8), "big", signed=True))


def parse(data):
    """A list of (tag, body) of one level."""
    out, at = [], 0
    while at < len(data):
        tag, size, at = data[at], data[at + 1], at + 2
        if size & 0x80:
            n = size & 0x7f
            size, at = int.from_bytes(data[at:at + n], "big"), at + n
        out.append((tag, data[at:at + size]))
        at += size
    return out


def integer(body):
    return int.from_bytes(body, "big", signed=True)


class Request:
    def __init__(self, data):
        parts = parse(data)
        self.id, self.tag, self.body = integer(parts[0][1]), parts[1][0], parts[1][1]
        self.page = self.sync = self.dirsync = None
        if self.tag == 0x63:
            self.read_search(parse(self.body), parse(parts[2][1]) if len(parts) > 2 else [])

    def read_search(self, fields, controls):
        self.base, self.scope = fields[0][1].decode(), integer(fields[1][1])
        self.filter = fields[6][1] if len(fields) > 6 else b""
        self.attributes = [body.decode() for _, body in parse(fields[7][1])]
        for _, control in controls:
            items = parse(control)
            if items[0][1].decode() == PAGED:
                size, cookie = parse(parse(items[-1][1])[0][1])
                self.page = (integer(size[1]), cookie[1])
            elif items[0][1].decode() == SYNC:
                self.read_sync(items)
            elif items[0][1].decode() == DIRSYNC:
                # Is it critical; the flags, as they were sent; the cookie.
                flags, _, cookie = parse(parse(items[-1][1])[0][1])
                self.dirsync = (items[1] == (1, b"\xff"), flags[1], cookie[1])

    def read_sync(self, items):
        """Is it critical; the mode; the cookie."""
        mode, *cookie = [part for part in parse(parse(items[-1][1])[0][1]) if part[0] != 1]
        critical = items[1] == (1, b"\xff")
        self.sync = (critical, integer(mode[1]), cookie[0][1] if cookie else b"")

    def message(self, *parts):
        return tlv(0x30, number(self.id), *parts)

    def entry(self, dn, **attributes):
        rows = []
        for name, values in attributes.items():
            values = values if isinstance(values, (list, tuple)) else [values]
            name = name.replace("__", ";").replace("_is_", "=").replace("_to_", "-").replace("STAR", "*")
            rows.append(tlv(0x30, tlv(4, name), tlv(0x31, *[tlv(4, v) for v in values])))
        return self.message(tlv(0x64, tlv(4, dn), tlv(0x30, *rows)))

    def reference(self, *urls):
        return self.message(tlv(0x73, *[tlv(4, u) for u in urls]))

    def dirsync_done(self, cookie, more=False):
        value = tlv(0x30, number(int(more)), number(0), tlv(4, cookie))
        return self.message(tlv(0x65, number(0, 0x0a), tlv(4, ""), tlv(4, "")),
                            tlv(0xa0, tlv(0x30, tlv(4, DIRSYNC), tlv(4, value))))

    def done(self, code=0, text="", cookie=None, tag=0x65):
        controls = b""
        if cookie is not None:
            value = tlv(0x30, number(0), tlv(4, cookie))
            controls = tlv(0xa0, tlv(0x30, tlv(4, PAGED), tlv(4, value)))
        return self.message(tlv(tag, number(code, 0x0a), tlv(4, ""), tlv(4, text)), controls)


class Server:
    def __init__(self, answer, root=False, context="dc=example,dc=com"):
        self.answer, self.root, self.context = answer, root, context
        self.requests, self.stopped = [], threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.uri = "ldap://127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while not self.stopped.is_set():
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        data = b""
        with connection:
            try:
                while not self.stopped.is_set():
                    more = connection.recv(65536)
                    if not more:
                        return
                    data = self.take(connection, data + more)
            except (OSError, StopIteration):
                pass

    def take(self, connection, data):
        while len(data) > 6:
            head = 2 + (data[1] & 0x7f if data[1] & 0x80 else 0)
            size = int.from_bytes(data[2:head], "big") if head > 2 else data[1]
            if len(data) < head + size:
                break
            self.handle(connection, Request(data[head:head + size]))
            data = data[head + size:]
        return data

    def handle(self, connection, request):
        self.requests.append(request)
        if request.tag == 0x60:
            connection.sendall(request.done(tag=0x61))
        elif request.tag == 0x63:
            self.search(connection, request)

    def search(self, connection, request):
        if request.base == "" and not self.root:
            connection.sendall(request.entry("", namingContexts=self.context) + request.done())
            return
        for item in self.answer(request):
            if item is HANG:
                self.stopped.wait()
            elif item is CLOSE:
                connection.shutdown(socket.SHUT_RDWR)
                raise StopIteration
            else:
                connection.sendall(item)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.listener.close()

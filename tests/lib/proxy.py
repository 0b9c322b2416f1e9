"""A TCP proxy on loopback that breaks connections where a test wants it.

    with proxy.Proxy (port) as wire:                 # to 127.0.0.1:port
        wire.port                                    # where clients connect to
        wire.cut_request (2, "after", method="POST")  # HTTP: the 2nd POST from now on
        wire.cut_after (5000, then=server.kill)      # when the server has sent so many bytes more
        wire.refuse (3)                              # the next connections are closed at once
        wire.clear ()                                # nothing is broken any more

How a request is cut: "before" nothing of it arrives; "half" half of it; "after" all of it arrives, and
the answer, which is waited for, is lost; "reply" half of the answer goes through; "call" nothing is cut,
THEN is called before the request goes on.
"""
import contextlib
import re
import socket
import struct
import threading

HEAD = re.compile(rb"^(GET|POST|PUT|PATCH|DELETE) (\S+)")


class Pair:
    """One connection: the client's side and the server's."""

    def __init__(self, client, server):
        self.client, self.server = client, server
        self.lose = None                          # of the next answer: 0 nothing, 1 half goes through

    def close(self, hard=True):
        for one in (self.client, self.server):
            with contextlib.suppress(OSError):
                if hard:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(OSError):
                one.close()


class Proxy:
    def __init__(self, port):
        self.to = port
        self.lock = threading.Lock()
        self.pairs = set()
        self.clear()
        self.struck = 0                           # how often something was broken
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    # ---- what is broken ----
    def clear(self):
        with self.lock:
            self.cuts, self.limit, self.refused = [], None, 0

    def cut_request(self, nth, how, method=None, then=None):
        with self.lock:
            self.cuts.append({"nth": nth, "how": how, "method": method, "then": then})

    def cut_after(self, size, then=None):
        with self.lock:
            self.limit = [size, then]

    def refuse(self, count):
        with self.lock:
            self.refused = count

    def drop_all(self):
        """Every connection that is open now ends."""
        with self.lock:
            pairs = list(self.pairs)
        for pair in pairs:
            pair.close()

    # ---- moving bytes ----
    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with self.lock:
            refused, self.refused = self.refused > 0, max(0, self.refused - 1)
            self.struck += refused
        try:
            server = None if refused else socket.create_connection(("127.0.0.1", self.to), 5)
        except OSError:
            server = None
        if server is None:
            client.close()
            return
        server.settimeout(None)
        for one in (client, server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = Pair(client, server)
        with self.lock:
            self.pairs.add(pair)
        threading.Thread(target=self.pump, args=(pair, client, server, self.on_request), daemon=True).start()
        self.pump(pair, server, client, self.on_reply)
        with self.lock:
            self.pairs.discard(pair)

    def pump(self, pair, source, target, judge):
        """JUDGE gives what is sent on, and whether the connection ends after it."""
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                data, ends = judge(pair, data)
                if data:
                    target.sendall(data)
                if ends:
                    pair.close()
                    return
        except OSError:
            pass
        pair.close(hard=False)

    def on_request(self, pair, data):
        head = HEAD.match(data)
        cut = self.fitting(head.group(1).decode()) if head else None
        if not cut:
            return data, False
        if cut["then"]:
            cut["then"]()
        if cut["how"] in ("after", "reply"):
            pair.lose = 0 if cut["how"] == "after" else 1
            return data, False
        if cut["how"] == "call":
            return data, False
        return (data[:len(data) // 2] if cut["how"] == "half" else b""), True

    def fitting(self, method):
        with self.lock:
            for cut in list(self.cuts):
                if cut["method"] not in (None, method):
                    continue
                cut["nth"] -= 1
                if cut["nth"] == 0:
                    self.cuts.remove(cut)
                    self.struck += 1
                    return cut
        return None

    def on_reply(self, pair, data):
        if pair.lose is not None:
            return (data[:len(data) // 2] if pair.lose else b""), True
        with self.lock:
            if self.limit is None:
                return data, False
            self.limit[0] -= len(data)
            if self.limit[0] > 0:
                return data, False
            data = data[:len(data) + self.limit[0]]
            then, self.limit = self.limit[1], None
            self.struck += 1
        if then:
            then()
        return data, True

    def stop(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.drop_all()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

"""forward.py PID ADDRESS PORT: lets programs outside of PID's network namespace connect to
ADDRESS:PORT inside it. Prints the port on 127.0.0.1 that leads there, and ends with its input.
"""
import ctypes
import os
import socket
import sys
import threading

CLONE_NEWNET = 0x40000000


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(listening, target):
    while True:
        outer, _ = listening.accept()
        inner = socket.socket()
        try:
            inner.connect(target)
        except OSError:
            outer.close()
            continue
        for pair in ((outer, inner), (inner, outer)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


def main():
    pid, address, port = sys.argv[1:]
    listening = socket.create_server(("127.0.0.1", 0))  # belongs to the namespace we are in now
    with open("/proc/%s/ns/net" % pid) as namespace:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(namespace.fileno(), CLONE_NEWNET):
            sys.exit("setns: " + os.strerror(ctypes.get_errno()))
    print(listening.getsockname()[1], flush=True)
    threading.Thread(target=serve, args=(listening, (address, int(port))), daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()

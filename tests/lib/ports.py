"""Ports for servers that tests start."""
import random
import socket

reserved = []


def free():
    """A port below those that the system gives to connections, so that nothing takes it while a server is
    restarted; no other program of these tests gets it as long as this one lives."""
    while True:
        port = random.SystemRandom().randrange(10000, 32000)
        try:
            mine = socket.socket(socket.AF_UNIX)
            mine.bind("\0syncd-test-port-%d" % port)
            with socket.socket() as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind(("127.0.0.1", port))
        except OSError:
            continue
        reserved.append(mine)
        return port

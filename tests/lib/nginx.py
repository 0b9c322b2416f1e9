"""nginx before the simulator: TLS with session resumption, HTTP/2 where it is asked for, and a log of
how each request came.

    with nginx.Proxy (folder, pair, sim.port, requests=20) as proxy:
        … run something against proxy.url …
        proxy.requests ()       # [Request (connection, protocol, resumed, path), …]
"""
import collections
import os
import shutil
import socket
import subprocess
import time
import unittest

import ports

Request = collections.namedtuple("Request", "connection protocol resumed status path")

CONFIG = """
daemon off; master_process off; worker_processes 1; pid %(folder)s/nginx.pid;
error_log %(folder)s/error.log warn;
events { worker_connections 512; }
http {
  log_format how '$connection $server_protocol $ssl_session_reused $status $uri';
  access_log %(folder)s/access.log how;
  client_body_temp_path %(folder)s/body; proxy_temp_path %(folder)s/proxy;
  fastcgi_temp_path %(folder)s/f; uwsgi_temp_path %(folder)s/u; scgi_temp_path %(folder)s/s;
  upstream sim { server 127.0.0.1:%(upstream)d; keepalive 64; }
  server {
    listen 127.0.0.1:%(port)d ssl%(http2)s;
    ssl_certificate %(cert)s; ssl_certificate_key %(key)s;
    ssl_protocols %(protocols)s;
    ssl_session_cache %(cache)s; ssl_session_tickets on;
    keepalive_requests %(requests)d;
    location / {
      proxy_pass http://sim; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_next_upstream off;
    }
  }
}
"""


def program():
    found = shutil.which("nginx") or ("/usr/sbin/nginx" if os.access("/usr/sbin/nginx", os.X_OK) else None)
    if found is None:
        raise unittest.SkipTest("nginx is not installed")
    return found


class Proxy:
    def __init__(self, folder, pair, upstream, requests=1000, http2=True, resume=True,
                 protocols="TLSv1.2 TLSv1.3"):
        """REQUESTS: after so many a connection is closed."""
        self.folder = folder
        self.port = ports.free()
        self.url = "https://localhost:%d" % self.port
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "nginx.conf"), "w") as out:
            out.write(CONFIG % {"folder": folder, "upstream": upstream, "port": self.port,
                                "http2": " http2" if http2 else "", "cert": pair.cert, "key": pair.key,
                                "protocols": protocols, "requests": requests,
                                "cache": "shared:tls:1m" if resume else "off"})
        self.process = subprocess.Popen([program(), "-p", folder, "-c", os.path.join(folder, "nginx.conf"),
                                         "-e", os.path.join(folder, "start.log")],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait()

    def wait(self):
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        with open(os.path.join(self.folder, "start.log")) as file:
            raise RuntimeError("nginx does not listen: " + file.read())

    def requests(self):
        with open(os.path.join(self.folder, "access.log")) as file:
            rows = [line.split(" ", 4) for line in file.read().splitlines()]
        return [Request(row[0], row[1], row[2] == "r", int(row[3]), row[4]) for row in rows]

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

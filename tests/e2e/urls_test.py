#!/usr/bin/env python3
"""https://<service>.<project>.localhost of what `orbit up` runs: the real edge under hold, on a real engine."""
import base64
import json
import os
import pathlib
import signal
import socket
import ssl
import time
import unittest
import urllib.parse

import bench

SERVER = r'''
import base64, hashlib, http.server, socketserver

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.headers.get("Upgrade", "").lower() == "websocket":
            return self.echo()
        body = f"page of {self.headers['Host']} by {self.headers.get('X-Forwarded-Proto')}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def echo(self):
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        while True:
            head = self.rfile.read(2)
            if len(head) < 2 or head[0] & 15 == 8:
                break
            size = head[1] & 127
            mask = self.rfile.read(4)
            data = bytes(b ^ mask[i % 4] for i, b in enumerate(self.rfile.read(size)))
            self.wfile.write(bytes([0x81, size]) + data)
        self.close_connection = True

class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

print("web is up", flush=True)
Server(("", 8000), Handler).serve_forever()
'''

COMPOSE = """
services:
  cache:
    image: redis:7-alpine
  web:
    image: python:3.11-slim
    command: python -u /srv/server.py
    volumes: ["./server.py:/srv/server.py:ro"]
    expose: ["8000"]
    stop_signal: SIGKILL
    depends_on: [cache]
"""


class Urls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bench = bench.Bench(COMPOSE)
        (pathlib.Path(cls.bench.folder) / "server.py").write_text(SERVER)
        cls.first = cls.bench.orbit("up", "-d")

    @classmethod
    def tearDownClass(cls):
        cls.bench.close()

    def url(self):
        rows = {row["Service"]: row for row in self.bench.rows()}
        self.assertNotIn("URL", rows["cache"], "a database gets none")
        return urllib.parse.urlsplit(rows["web"]["URL"])

    def connect(self):
        """A verified TLS connection to this machine, by the name (which the resolver does not know)."""
        url = self.url()
        authority = next(pathlib.Path(self.bench.env["ORBIT_HOME"]).rglob("authority.pem"))
        context = ssl.create_default_context(cafile=str(authority))
        plain = socket.create_connection(("127.0.0.1", url.port or 443), timeout=20)
        return context.wrap_socket(plain, server_hostname=url.hostname), url

    def get(self):
        with self.connect()[0] as stream:
            host = self.url().hostname
            stream.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while chunk := stream.recv(65536):
                answer += chunk
        return answer.decode()

    def test_1_up_tells_the_url_and_it_answers(self):
        host = f"web.{self.bench.project}.localhost"
        self.assertIn(f"https://{host}", self.first.stderr + self.first.stdout)
        self.assertEqual(self.url().hostname, host)
        answer = self.get()
        self.assertTrue(answer.startswith("HTTP/1.1 200"), answer)
        self.assertIn(f"page of {host} by https", answer)

    def test_2_a_websocket_passes(self):
        stream, url = self.connect()
        with stream:
            key = base64.b64encode(os.urandom(16)).decode()
            stream.sendall(f"GET /ws HTTP/1.1\r\nHost: {url.hostname}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
            head = b""
            while b"\r\n\r\n" not in head:
                chunk = stream.recv(1)
                self.assertTrue(chunk, head)
                head += chunk
            self.assertIn(b"101", head.split(b"\r\n")[0])
            for word in (b"hot", b"module", b"reload"):
                mask = os.urandom(4)
                stream.sendall(bytes([0x81, 0x80 | len(word)]) + mask +
                               bytes(b ^ mask[i % 4] for i, b in enumerate(word)))
                frame = b""
                while len(frame) < 2 + len(word):
                    frame += stream.recv(64)
                self.assertEqual(frame[2:], word)

    def test_3_a_second_up_changes_nothing_and_waits_for_nothing(self):
        before = self.table()
        began = time.monotonic()
        second = self.bench.orbit("up", "-d")
        self.assertLess(time.monotonic() - began, 1.5)
        self.assertIn(f"web.{self.bench.project}.localhost", second.stderr + second.stdout)
        self.assertEqual(self.table(), before)

    def table(self):
        path = f"{self.bench.env['ORBIT_HOME']}/run/edge.sock"
        with socket.socket(socket.AF_UNIX) as stream:
            stream.connect(path)
            stream.sendall(b"GET /v1/table HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n")
            text = b""
            while chunk := stream.recv(65536):
                text += chunk
        return json.loads(text.split(b"\r\n\r\n", 1)[1])

    def hosts(self):
        return [route.get("host", "") for route in self.table().get("routes", [])]

    def status_by_http(self):
        url = self.url_before
        with socket.create_connection(("127.0.0.1", self.http_port), timeout=20) as stream:
            stream.sendall(f"GET / HTTP/1.1\r\nHost: {url.hostname}\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while chunk := stream.recv(65536):
                answer += chunk
        return int(answer.split()[1])

    def test_4_the_daemon_killed_leaves_the_route(self):
        before = self.table()
        os.kill(self.bench.daemon(), signal.SIGKILL)
        self.assertIn("200", self.get().split("\r\n")[0])
        bench.wait_until(lambda: self.bench.orbit("ps", check=False).returncode == 0, what="the daemon")
        time.sleep(1)
        self.assertEqual(self.table(), before)
        self.assertIn("200", self.get().split("\r\n")[0])

    def test_5_domains(self):
        orbit = self.bench.orbit
        added = orbit("domains", "add", "Shop.Example.com", "web", "-E", "development")
        self.assertIn("shop.example.com", added.stdout)
        again = orbit("domains", "add", "shop.example.com", "web", check=False)
        self.assertNotEqual(again.returncode, 0)
        self.assertIn("belongs to service web", again.stderr)
        bench.wait_until(lambda: "shop.example.com" in self.hosts(), what="the domain's route")
        bench.wait_until(lambda: "0.0.0.0" in json.dumps(self.table().get("listeners")), what="all addresses")
        self.assertIn("shop.example.com", orbit("domains", "list").stdout)
        orbit("domains", "remove", "shop.example.com")
        bench.wait_until(lambda: "shop.example.com" not in self.hosts(), what="no route for the domain")
        bench.wait_until(lambda: "127.0.0.1" in json.dumps(self.table().get("listeners")), what="the loopback listeners")
        self.assertIn("200", self.get().split("\r\n")[0])

    def test_6_all_of_orbit_stopped_and_back(self):
        url = self.url()
        self.bench.orbit("server", "stop")
        self.bench.orbit("ps")
        bench.wait_until(lambda: self.url() == url, what="the same URL")
        bench.wait_until(self.answers, what="the page")

    def answers(self):
        try:
            return "200" in self.get().split("\r\n")[0]
        except OSError:
            return False

    def test_7_a_container_that_publishes_our_port_gets_it(self):
        port = self.url().port or 443
        compose = self.bench.folder / "compose.yaml"
        before = compose.read_text()
        compose.write_text(before.replace('expose: ["8000"]', f'ports: ["{port}:8000"]'))
        try:
            self.bench.orbit("up", "-d")
            self.assertNotEqual(self.url().port or 443, port)
            self.assertTrue(self.answers())
            with socket.create_connection(("127.0.0.1", port), timeout=20) as stream:
                stream.sendall(b"GET / HTTP/1.0\r\nHost: x\r\n\r\n")
                self.assertIn(b"200", stream.recv(100))
        finally:
            compose.write_text(before)
            self.bench.orbit("up", "-d")

    def test_8_a_restarted_service_is_back(self):
        self.bench.orbit("restart", "-t", "1", "web")
        bench.wait_until(self.answers, what="the page")

    def test_9_down_takes_the_route_away(self):
        self.url_before = self.url()
        listeners = self.table()["listeners"]
        self.http_port = int(next(l["address"] for l in listeners if l.get("protocol", "http") == "http").rsplit(":")[-1])
        self.assertEqual(self.status_by_http(), 200)
        self.bench.orbit("down", "-v")
        bench.wait_until(lambda: self.status_by_http() == 404, what="404 after down")


if __name__ == "__main__":
    bench.need_engine("redis:7-alpine", "python:3.11-slim")
    unittest.main(verbosity=2)

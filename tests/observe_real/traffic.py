"""Requests at a steady pace through the edge, from several client addresses of this machine."""
import http.client
import socket
import ssl
import threading
import time


class Traffic:
    """`rate` a second in all for `path`; after go_bad() a share of them for what shall go wrong."""

    def __init__(self, world, name="web", rate=20, clients=4, path="/", headers=()):
        self.url, self.authority = world.url(name), world.authority()
        self.rate, self.clients = rate, clients
        self.well, self.headers = path, dict(headers)
        self.share, self.path = 0.0, path
        self.statuses, self.over, self.lock = {}, threading.Event(), threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(i,), daemon=True) for i in range(clients)]
        for thread in self.threads:
            thread.start()

    def connect(self, client):
        port = self.url.port or (443 if self.url.scheme == "https" else 80)
        connection = http.client.HTTPConnection(self.url.hostname, port, timeout=10)
        plain = socket.create_connection(("127.0.0.1", port), 10, source_address=(f"127.0.0.{2 + client}", 0))
        if self.url.scheme == "https":
            plain = ssl.create_default_context(cafile=self.authority).wrap_socket(plain, server_hostname=self.url.hostname)
        connection.sock = plain
        return connection

    def run(self, client):
        connection, owed, count = None, 0.0, 0
        began = time.monotonic()
        while not self.over.is_set():
            wait = began + count * self.clients / self.rate - time.monotonic()
            if wait > 0 and self.over.wait(wait):
                break
            count += 1
            owed += self.share
            path = self.well
            if owed >= 1:
                owed -= 1
                path = self.path
            try:
                connection = connection or self.connect(client)
                connection.request("GET", path, headers=self.headers)
                answer = connection.getresponse()
                answer.read()
                status = answer.status
                if answer.will_close:
                    connection = None
            except (OSError, http.client.HTTPException):
                connection, status = None, 0
            with self.lock:
                self.statuses[status] = self.statuses.get(status, 0) + 1

    def post(self, path, text):
        """Once, on a connection of its own; the status."""
        connection = self.connect(0)
        try:
            connection.request("POST", path, text, {"Content-Type": "text/plain;charset=UTF-8"})
            return connection.getresponse().status
        finally:
            connection.close()

    def go_bad(self, share, path):
        self.path, self.share = path, share

    def go_well(self):
        self.share = 0.0

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join(15)

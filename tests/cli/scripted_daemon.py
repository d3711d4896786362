"""A daemon that answers as it is told: docs/api.md over a unix socket, one thread a connection.

`answers` maps a target ("/v1/up") to a function of the call. What was asked stands in `calls`, in order.
"""
import http.server
import json
import os
import socketserver
import struct
import threading


class Call:
    """One request: its target and body, and ways to answer."""

    def __init__(self, handler, target, body):
        self.handler, self.target, self.body = handler, target, body
        self.gone = threading.Event()

    def plain(self, body, status=200):
        text = json.dumps(body).encode()
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", "application/json")
        self.handler.send_header("Content-Length", str(len(text)))
        self.handler.end_headers()
        self.handler.wfile.write(text)

    def begin(self):
        self.handler.send_response(200)
        self.handler.send_header("Content-Type", "application/x-ndjson")
        self.handler.send_header("Transfer-Encoding", "chunked")
        self.handler.end_headers()

    def event(self, named, /, **fields):
        line = json.dumps({"event": named, **fields}).encode() + b"\n"
        try:
            self.handler.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.handler.wfile.flush()
        except OSError:
            self.gone.set()

    def step(self, service, state, kind="container", **fields):
        name = f"shop-{service}-1" if kind == "container" else fields.pop("name")
        self.event("step", kind=kind, name=name, service=service, state=state, **fields)

    def end(self, outcome="ok"):
        self.event("result", outcome=outcome, elapsedMs=1)
        self.handler.wfile.write(b"0\r\n\r\n")

    def wait_until_gone(self):
        """Blocks until the caller hung up."""
        self.handler.connection.settimeout(20)
        try:
            self.handler.connection.recv(1)
        except OSError:
            pass
        self.gone.set()

    def upgrade(self):
        self.handler.send_response(101)
        self.handler.send_header("Connection", "Upgrade")
        self.handler.send_header("Upgrade", "orbit-stream")
        self.handler.end_headers()
        self.handler.wfile.flush()
        self.handler.close_connection = True

    def send_frame(self, kind, payload=b""):
        self.handler.wfile.write(struct.pack(">BI", kind, len(payload)) + payload)
        self.handler.wfile.flush()

    def read_frame(self):
        head = self.handler.rfile.read(5)
        if len(head) < 5:
            return None
        kind, length = struct.unpack(">BI", head)
        return kind, self.handler.rfile.read(length)


class ScriptedDaemon:
    def __init__(self, home, version):
        os.makedirs(os.path.join(home, "run"), exist_ok=True)
        self.path = os.path.join(home, "run", "api.sock")
        self.calls = []
        self.answers = {"/v1/version": lambda call: call.plain({"version": version, "api": 1, "pid": 1})}
        daemon = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def address_string(self):
                return "unix"

            def body(self):
                if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                whole = b""
                while size := int(self.rfile.readline(), 16):
                    whole += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return whole

            def answer(self):
                target = self.path.split("?")[0]
                raw = self.body()
                is_json = raw and self.headers.get("Content-Type") == "application/json"
                call = Call(self, target, json.loads(raw) if is_json else raw)
                if target != "/v1/version":
                    daemon.calls.append(call)
                daemon.answers[target](call)

            do_GET = do_POST = answer

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True

            def get_request(self):
                connection, _ = super().get_request()
                return connection, ("unix", 0)

            def handle_error(self, request, client_address):
                pass  # a caller that hangs up is part of the tests

        self.server = Server(self.path, Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def targets(self):
        return [call.target for call in self.calls]

    def close(self):
        self.server.shutdown()
        self.server.server_close()

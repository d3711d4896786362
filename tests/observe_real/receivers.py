"""Local stand-ins for what is told: a webhook, Slack's and ntfy's forms, each with the status codes and limits that they
are known for, slow and failing on request; and a real SMTP server (Exim) with a configuration of its own."""
import base64
import email
import email.utils
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "edge_life"))
import life  # noqa: E402


class Receiver:
    """Keeps what it was sent. `script`: what it answers in turn, (status, headers, body, seconds); then the usual."""

    def __init__(self, script=(), usual=(200, {}, "ok", 0)):
        self.requests, self.script, self.usual, self.lock = [], list(script), usual, threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with receiver.lock:
                    status, headers, answer, seconds = receiver.script.pop(0) if receiver.script else receiver.answer(body)
                    receiver.requests.append({"at": time.time(), "path": self.path, "headers": dict(self.headers),
                                              "body": body.decode(), "status": status})
                time.sleep(seconds)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                try:
                    self.end_headers()
                    self.wfile.write(answer.encode())
                except OSError:
                    self.close_connection = True  # who asked is gone

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, body):
        return self.usual

    def bodies(self, accepted=True):
        with self.lock:
            return [json.loads(one["body"]) for one in self.requests if not accepted or one["status"] in (200, 202, 204)]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Slack(Receiver):
    """An incoming webhook: one message a second with a Retry-After beyond, 400 for what is no payload."""

    last = 0

    def answer(self, body):
        try:
            text = json.loads(body)["text"]
        except (ValueError, KeyError):
            return 400, {}, "invalid_payload", 0
        if not text or len(text) > 40000:
            return 400, {}, "msg_too_long", 0
        if time.monotonic() - self.last < 1:
            return 429, {"Retry-After": "1"}, "rate_limited", 0
        self.last = time.monotonic()
        return 200, {}, "ok", 0


class Ntfy(Receiver):
    """JSON to the root: the topic inside, at most 4,096 bytes of message, a title of 1 KB, tags of 512 bytes."""


    def answer(self, body):
        try:
            told = json.loads(body)
        except ValueError:
            return 400, {}, '{"code":40024,"error":"invalid request: request body must be valid JSON"}', 0
        if not told.get("topic") or len(told.get("message", "").encode()) > 4096:
            return 413, {}, '{"code":41301,"error":"attachment too large"}', 0
        if len(told.get("title", "").encode()) > 1024 or len(",".join(told.get("tags", [])).encode()) > 512:
            return 400, {}, '{"code":40057}', 0
        if not 1 <= told.get("priority", 3) <= 5:
            return 400, {}, '{"code":40007}', 0
        return 200, {}, json.dumps({"id": "x", "event": "message"}), 0


def signature_of(request, key):
    """As Standard Webhooks has it: over id, time and body."""
    headers = {name.lower(): value for name, value in request["headers"].items()}
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{request['body']}".encode()
    return "v1," + base64.b64encode(hmac.new(key.encode(), signed, hashlib.sha256).digest()).decode()


class Mail:
    """Exim on a port of its own, with STARTTLS and AUTH after it only, delivering into a Maildir."""

    user, password = "orbit", "correct horse"

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="orbit-smtp-", dir="/tmp"))
        self.port = life.free_port()
        self.ca, key = self.folder / "cert.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", self.ca, "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                       check=True, capture_output=True)
        self.boxes = self.folder / "boxes"
        conf = self.folder / "exim.conf"
        conf.write_text(f"""
primary_hostname = mail.example.test
daemon_smtp_ports = {self.port}
local_interfaces = 127.0.0.1
spool_directory = {self.folder}/spool
log_file_path = {self.folder}/log-%s
pid_file_path = {self.folder}/pid
tls_advertise_hosts = *
tls_certificate = {self.ca}
tls_privatekey = {key}
acl_smtp_rcpt = recipient
host_lookup =
rfc1413_query_timeout = 0s
begin acl
recipient:
  deny message = no such user here
       local_parts = nobody
  defer message = come back later
       local_parts = later
  accept authenticated = *
  deny message = relay not permitted
begin routers
box:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  directory = {self.boxes}
  maildir_format
  create_directory
  user = Debian-exim
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{self.user}}}}}{{eq{{$auth3}}{{{self.password}}}}}}}}}
  server_set_id = $auth2
  server_advertise_condition = ${{if def:tls_in_cipher}}
""")
        owner = pwd.getpwnam("Debian-exim")
        for path in (self.folder, key, self.ca):
            os.chown(path, owner.pw_uid, owner.pw_gid)
        os.chown(conf, 0, 0)
        os.chmod(conf, 0o644)
        self.output = open(self.folder / "output", "w")
        self.process = subprocess.Popen(["/usr/sbin/exim4", "-bdf", "-C", str(conf)], stdout=self.output,
                                        stderr=subprocess.STDOUT)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        said = self.said()
        self.close()
        raise AssertionError("exim did not start: " + said)

    @staticmethod
    def possible():
        return os.geteuid() == 0 and os.access("/usr/sbin/exim4", os.X_OK) and shutil.which("openssl")

    def said(self):
        return "".join(path.read_text(errors="replace")[-3000:] for path in self.folder.glob("log-*")) + \
            (self.folder / "output").read_text()

    def messages(self):
        found = [email.message_from_bytes(path.read_bytes()) for path in self.boxes.rglob("new/*")]
        return sorted(found, key=lambda one: email.utils.parsedate_to_datetime(one["Date"]))

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.output.close()
        shutil.rmtree(self.folder, ignore_errors=True)

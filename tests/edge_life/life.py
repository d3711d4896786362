"""What the tests of the edge's life share: origins, visitors that never try again, an edge alone and one under hold.

ORBIT, LOAD, LOAD_H2 and ORIGIN name the binaries (default: the release build).
"""
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/release"
ORBIT = os.environ.get("ORBIT", str(BUILD / "orbit"))
LOAD = os.environ.get("LOAD", str(BUILD / "tests/load/load"))
LOAD_H2 = os.environ.get("LOAD_H2", str(BUILD / "tests/load/load_h2"))
ORIGIN = os.environ.get("ORIGIN", str(BUILD / "tests/load/origin"))
PATIENCE = 30  # seconds, for what must come


def free_port():
    """Below those that the system gives to outgoing connections, which might take it before we do."""
    for _ in range(1000):
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass
    raise AssertionError("no port is free")


def until(condition, what):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"waited {PATIENCE} s for: {what}")


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def get(port, path="/", host="shop.localhost"):
    """Status and body of one request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers={"Host": host, "Connection": "close"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


class Process:
    """A child that is ended with the test, by its id."""

    def __init__(self, *words, env=None, output=None):
        self.process = subprocess.Popen([str(word) for word in words], env=env, stdout=output, stderr=output)
        self.pid = self.process.pid

    def tell(self, number):
        os.kill(self.pid, number)

    def wait(self):
        return self.process.wait(timeout=PATIENCE)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class Origin(Process):
    host = "127.0.0.1"

    def __init__(self, name):
        self.name, self.port = name, free_port()
        super().__init__(ORIGIN, "127.0.0.1", self.port, name)
        until(lambda: listens(self.port), f"origin {name}")
        assert self.process.poll() is None, f"origin {name} ended: its port was taken"


class Visitors:
    """Requests without end until stopped; `stop` says how many there were and how many failed."""

    def __init__(self, port, connections=16, requests=0, load=LOAD):
        self.output = tempfile.TemporaryFile("w+")
        self.errors = tempfile.TemporaryFile("w+")
        limit = ["--requests", str(requests)] if requests else []
        self.process = subprocess.Popen([load, "--connections", str(connections), *limit, "--host", "shop.localhost",
                                         "127.0.0.1", str(port)], stdout=self.output, stderr=self.errors)

    def said(self, file):
        file.seek(0)
        return file.read()

    def done(self):
        """How many requests so far, as of the last second."""
        counts = re.findall(r"^at (\d+)$", self.said(self.output), re.M)
        return int(counts[-1]) if counts else 0

    def running(self):
        return self.process.poll() is None

    def stop(self):
        if self.running():
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=120)
        output, errors = self.said(self.output), self.said(self.errors)
        self.output.close()
        self.errors.close()
        last = output.splitlines()[-1] if output else ""
        assert last.startswith("{"), f"{output}{errors}"
        figures = json.loads(last)
        return figures["answered"] + figures["failed"], figures["failed"], figures["maxUs"], errors + str(figures["failures"])


def table(port, origins, listener="front", extra=0):
    """A table with one service, and `extra` more routes so that a change has some size."""
    routes = [{"service": "web", "host": "shop.localhost"}]
    routes += [{"host": f"h{i}.localhost", "service": "web"} for i in range(extra)]
    instances = [{"id": o.name, "address": f"{o.host}:{o.port}"} for o in origins]
    service = {"name": "web", "releases": [{"id": "v1", "instances": instances}]}
    return json.dumps({"listeners": [{"name": listener, "address": f"127.0.0.1:{port}"}], "services": [service],
                       "routes": routes})


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("edge", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def control(path, method, target, body=None):
    """One call on an edge's control socket: status and JSON (or text)."""
    connection = Unix(path)
    try:
        connection.request(method, target, body=body)
        answer = connection.getresponse()
        text = answer.read().decode()
        is_json = answer.getheader("Content-Type", "").startswith("application/json")
        return answer.status, json.loads(text) if is_json else text
    finally:
        connection.close()


def status(path):
    """What the edge says of itself; asked again when the generation that took the call ends."""
    def ask():
        try:
            return control(path, "GET", "/v1/status")[1]
        except (ConnectionError, http.client.HTTPException):
            return None
    return until(ask, "the edge's status")


class Alone:
    """`orbit edge --table FILE` in a folder of its own."""

    def __init__(self, text, *flags):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="orbit-life-"))
        self.file, self.socket, self.log = self.folder / "edge.yaml", self.folder / "edge.sock", self.folder / "log"
        self.file.write_text(text)
        self.output = open(self.log, "wb")
        env = {**os.environ, "ORBIT_HOME": str(self.folder / "home")}
        self.process = Process(ORBIT, "edge", "--table", self.file, "--control", self.socket, *flags, env=env,
                               output=self.output)

    def said(self):
        return self.log.read_text()

    def close(self):
        self.process.close()
        self.output.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Home:
    """hold, daemon and edge in a home of their own."""

    def __init__(self, before=()):
        """`before`: words in front of `orbit hold`."""
        self.before = before
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="orbit-life-"))
        # Without an engine the daemon sends no table of its own in place of the test's.
        self.env = {**os.environ, "ORBIT_HOME": str(self.folder), "NO_COLOR": "1",
                    "DOCKER_HOST": f"unix://{self.folder}/none.sock"}
        self.socket = self.folder / "run/edge.sock"
        self.process = None
        self.start()

    def start(self):
        self.process = Process(*self.before, ORBIT, "hold", env=self.env)
        until(lambda: self.status("edge") and " ready" in self.status("edge")[0], "the edge is ready")

    def tell(self, command):
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(60)
            try:
                line.connect(str(self.folder / "run/hold.sock"))
                line.sendall(command.encode() + b"\n")
                return b"".join(iter(lambda: line.recv(4096), b"")).decode()
            except (FileNotFoundError, ConnectionRefusedError):
                return ""

    def status(self, name):
        return [line for line in self.tell("status").splitlines() if line.startswith(name + " ")]

    def pid(self, name):
        found = re.search(rf"^{name} running (\d+)", self.tell("status"), re.M)
        return int(found[1]) if found else 0

    def kill9(self, name):
        """Its process id; waits for one to be there, since 0 would be all of us."""
        pid = until(lambda: self.pid(name), f"{name} runs")
        os.kill(pid, signal.SIGKILL)
        return pid

    def put(self, text):
        """Sends a table; asks again while a generation takes over."""
        for _ in range(200):
            try:
                status, body = control(self.socket, "PUT", "/v1/table", text)
            except (ConnectionError, http.client.HTTPException):
                status, body = 503, None
            if status != 503:
                return status, body
            time.sleep(0.02)
        raise AssertionError("no generation takes the table")

    def replace(self):
        answer = self.tell("replace edge")
        assert answer.startswith("ok generation "), answer + self.said()[-3000:]

    def said(self):
        return (self.folder / "logs/orbit.log").read_text()

    def orbit(self, *words, stdout=subprocess.PIPE):
        return subprocess.run([ORBIT, *words], env=self.env, text=True, stdout=stdout, stderr=subprocess.PIPE, timeout=300,
                              check=False)

    def stop(self):
        assert self.tell("stop").startswith("ok")
        self.process.wait()

    def close(self):
        self.tell("stop")
        self.process.close()
        shutil.rmtree(self.folder, ignore_errors=True)

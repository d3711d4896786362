"""A home of Orbit's own and one project whose releases are moved on a real engine, under load that never retries.

The application (app/) is one static binary; a release of it is its /release.conf, so that a build takes a moment and every
release says in each answer which one it is. Everything made here carries the project's unique name and is removed again.
ORBIT, VISITORS and DEPLOY_APP name the binaries (default: the release build).
"""
import atexit
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/release"
ORBIT = os.environ.get("ORBIT", str(BUILD / "orbit"))
VISITORS = os.environ.get("VISITORS", str(BUILD / "tests/load/visitors"))
APP = os.environ.get("DEPLOY_APP", str(BUILD / "tests/deploy_real/app/deploy_app"))
ENGINE = ROOT / "tests/engine/engine"
SKIPPED = 77
COMMAND_SECONDS = 180

DOCKERFILE = """FROM scratch
COPY server /server
COPY release.conf /release.conf
EXPOSE 8000
CMD ["/server"]
"""

# A test that is told to end (ctest's timeout) cleans up as well.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

# Stages (deploy.h) after which nothing more comes.
OVER = ["settled", "failed", "taken back", "cancelled", "superseded"]


def number(name, usual):
    return type(usual)(os.environ.get(name, str(usual)))


def need(*images):
    """Leaves with 77 (skipped) where there is no engine, no root or an image is missing."""
    missing = [path for path in (ORBIT, VISITORS, APP) if not os.access(path, os.X_OK)]
    if missing:
        print(f"not built: {', '.join(missing)}")
        sys.exit(SKIPPED)
    for words, why in [(["docker", "info"], "no Docker Engine here")] + [
            (["docker", "image", "inspect", image], f"no image {image}: ./dev images") for image in images]:
        if subprocess.run(words, capture_output=True, check=False).returncode != 0:
            print(why)
            sys.exit(SKIPPED)


def until(condition, what, seconds=60, step=0.05, explain=lambda: ""):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(step)
    raise AssertionError(f"waited {seconds} s for {what}\n{explain()}")


def service(release=None, **more):
    """A service of the application in compose form. `release`: what x-orbit.release says."""
    extension = {"port": 8000, "health": {"path": "/health", "interval": "500ms"}, "release": release or {}}
    extension.update(more.pop("x", {}))
    return {"build": {"context": "./web"}, "x-orbit": extension, **more}


def visiting(url, rate, **more):
    """A service that visits another one all the time and never changes; GET /counts tells what it saw."""
    extension = {"port": 8000, "health": {"path": "/health"}, "release": {"watch": "1s"}}
    return {"build": {"context": "./inside"}, "x-orbit": extension,
            "environment": {"APP_VISIT": url, "APP_RATE": str(rate)}, **more}


def stage_of(row):
    """Its stage; the one in which the new release has its share is told as live."""
    return {"live": "share"}.get(row.get("stage"), row.get("stage"))


class Deployed:
    """One `orbit deploy --json` and what it said, line by line with the time each line came."""

    def __init__(self, world, words):
        self.world, self.events, self.errors, self.begun = world, [], "", time.monotonic()
        self.process = subprocess.Popen([ORBIT, *words], cwd=world.folder, env=world.env, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.changed = threading.Condition()
        self.threads = [threading.Thread(target=self.read, daemon=True), threading.Thread(target=self.listen, daemon=True)]
        for thread in self.threads:
            thread.start()

    def read(self):
        for line in self.process.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                event = {"event": "text", "text": line.rstrip()}
            with self.changed:
                self.events.append((time.monotonic(), event))
                self.changed.notify_all()

    def listen(self):
        for line in self.process.stderr:
            self.errors += line

    def wait(self, seconds=COMMAND_SECONDS):
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"orbit did not return within {seconds} s\n{self.told()}") from None
        self.ended = time.monotonic()
        for thread in self.threads:
            thread.join(10)
        self.process.stdout.close()
        self.process.stderr.close()
        return self

    @property
    def code(self):
        return self.process.returncode

    def stages(self):
        """(when, stage) as they came; a line of a builder is a stage too."""
        named = {"stage": lambda event: stage_of(event), "build": lambda event: "building"}
        return [(at, named[event["event"]](event)) for at, event in list(self.events) if event.get("event") in named]

    def at(self, *stages):
        """When the first of these stages came; None: it did not."""
        return next((at for at, stage in self.stages() if stage in stages), None)

    def await_stage(self, *stages, seconds=60):
        """Whether one of the stages came before the command ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.at(*stages) is not None:
                return True
            if self.process.poll() is not None:
                time.sleep(0.1)
                return self.at(*stages) is not None
            with self.changed:
                self.changed.wait(0.02)
        return False

    def result(self):
        return next((event for _, event in reversed(self.events) if event.get("event") in ("result", "end", "done")), {})

    @property
    def release(self):
        return self.result().get("release", "")

    def told(self):
        lines = [f"  {at - self.begun:7.2f} {json.dumps(event, ensure_ascii=False)[:600]}" for at, event in list(self.events)
                 if event.get("event") not in ("build", "step")]
        return "\n".join([f"exit {self.process.returncode}", *lines[-60:], self.errors[-3000:]])

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class Visitors:
    """Clients of every kind, in a process of their own (tests/load/visitors.cc)."""

    def __init__(self, world, name="web", rate=100, kinds=None, paths="/", seconds=0, timeout=20, hosts=(), ca=None):
        """`hosts`: in place of the service's own; with the certificate `ca` of who signs for them."""
        url = world.url(name)
        kinds = kinds or {"keepalive": 4, "fresh": 2, "upload": 1, "ws": 2, "h2": 1}
        words = [VISITORS, "--rate", str(rate), "--host", ",".join(hosts) or url.hostname, "--paths", paths, "--timeout",
                 str(timeout)]
        if url.scheme == "https":
            words += ["--ca", str(ca or world.authority())]
        if seconds:
            words += ["--seconds", str(seconds)]
        for kind, count in kinds.items():
            words += [f"--{kind}", str(count)]
        port = url.port or (443 if url.scheme == "https" else 80)
        self.output = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([*words, "127.0.0.1", str(port)], stdout=self.output, stderr=subprocess.STDOUT)
        world.children.append(self.process)

    def said(self):
        return os.pread(self.output.fileno(), 1 << 22, 0).decode(errors="replace")

    def so_far(self):
        """Answered and failed as of the last second."""
        counts = re.findall(r"^at (\d+) (\d+)$", self.said(), re.M)
        return tuple(map(int, counts[-1])) if counts else (0, 0)

    def failures(self):
        return re.findall(r"^failed .*$", self.said(), re.M)

    def versions(self):
        return re.findall(r"^version \S+ (\S+)$", self.said(), re.M)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        said = self.said().splitlines()
        self.output.close()
        if not said or not said[-1].startswith("{"):
            raise AssertionError("the visitors ended without their figures:\n" + "\n".join(said[-20:]))
        figures = json.loads(said[-1])
        figures["first"] = [line for line in said if line.startswith("failed ")]
        return figures


def failures_told(figures):
    return "\n".join([json.dumps({k: v for k, v in figures.items() if k != "first"}), *figures.get("first", [])[:25]])


class World:
    def __init__(self, services, engine=None, base=None, volumes=None, top=None):
        """`engine`: DOCKER_HOST of an engine of one's own. `base`: a folder to be in, and not to be removed."""
        self.own_base = base is None
        self.base = pathlib.Path(base or tempfile.mkdtemp(prefix="od-", dir="/tmp"))
        self.project = "od" + uuid.uuid4().hex[:6]
        self.folder = self.base / self.project
        self.folder.mkdir()
        self.home = self.base / "h"
        self.env = {**os.environ, "ORBIT_HOME": str(self.home), "NO_COLOR": "1"}
        self.docker_env = dict(os.environ)
        if engine:
            self.env["DOCKER_HOST"] = self.docker_env["DOCKER_HOST"] = engine
        self.children = []
        self.services, self.volumes, self.top = services, volumes or {}, top or {}
        self.write_compose()
        for name in ("web", "inside"):
            folder = self.folder / name
            folder.mkdir()
            shutil.copy2(APP, folder / "server")
            (folder / "Dockerfile").write_text(DOCKERFILE)
            (folder / "release.conf").write_text("version=i1\n" if name == "inside" else "version=v0\n")
        atexit.register(self.close)

    def write_compose(self):
        (self.folder / "compose.yaml").write_text(json.dumps({"services": self.services, "volumes": self.volumes, **self.top},
                                                             indent=1))

    # What a user types.

    def orbit(self, *words, check=True, **options):
        options.setdefault("timeout", COMMAND_SECONDS)
        done = subprocess.run([ORBIT, *words], cwd=self.folder, env=self.env, capture_output=True, text=True, check=False,
                              **options)
        if check and done.returncode != 0:
            raise AssertionError(f"orbit {' '.join(words)} exited with {done.returncode}\n{done.stdout[-6000:]}"
                                 f"{done.stderr[-3000:]}\n{self.log()}")
        return done

    def rows(self, *words):
        """A listing's rows, as one array or as one object a line."""
        text = self.orbit(*words, "--json").stdout
        try:
            whole = json.loads(text)
            if isinstance(whole, dict):
                whole = next((v for v in whole.values() if isinstance(v, list)), [whole])
            return whole
        except ValueError:
            return [json.loads(line) for line in text.splitlines() if line.strip()]

    def status(self, environment="production"):
        return {row.get("service", row.get("name")): row for row in self.rows("status")
                if row.get("environment", environment) == environment and row.get("project", self.project) == self.project}

    def releases(self):
        """Newest first."""
        mine = [{**row, "stage": stage_of(row)} for row in self.rows("releases") if row.get("project", self.project) == self.project]
        return sorted(mine, key=lambda row: -int(row["release"][1:]))

    def shown(self, release):
        return json.loads(self.orbit("show", release, "--json").stdout)

    def bake(self, version, folder="web", **conf):
        """What the next release is."""
        lines = [f"version={version}", *(f"{key}={value}" for key, value in conf.items())]
        (self.folder / folder / "release.conf").write_text("\n".join(lines) + "\n")

    def start_deploy(self, *words):
        deployed = Deployed(self, ["deploy", "--json", *words])
        self.children.append(deployed.process)
        return deployed

    def deploy(self, *words, expect=0, seconds=COMMAND_SECONDS):
        """`expect` None: any exit."""
        deployed = self.start_deploy(*words).wait(seconds)
        if expect is not None and deployed.code != expect:
            raise AssertionError(f"orbit deploy {' '.join(words)} exited with {deployed.code}, expected {expect}\n"
                                 f"{deployed.told()}\n{self.log()}")
        return deployed

    # What visitors get.

    def url(self, name="web"):
        url = self.status()[name]["url"]
        assert url, f"{name} has no URL: {self.status()[name]}"
        return urllib.parse.urlsplit(url)

    def authority(self):
        return str(until(lambda: next(self.home.rglob("authority.pem"), None), "the local authority's certificate"))

    def connect(self, name="web", timeout=20, url=None):
        url = url or self.url(name)
        port = url.port or (443 if url.scheme == "https" else 80)
        connection = http.client.HTTPConnection(url.hostname, port, timeout=timeout)
        plain = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        if url.scheme == "https":
            context = ssl.create_default_context(cafile=self.authority())
            plain = context.wrap_socket(plain, server_hostname=url.hostname)
        connection.sock = plain
        return connection

    def get(self, path="/", name="web", timeout=20, url=None):
        connection = self.connect(name, timeout, url)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def versions(self, count=12, name="web"):
        """Which versions answer now, by as many visitors without a cookie."""
        url = self.url(name)
        return {self.get("/version", name, url=url)[1].strip() for _ in range(count)}

    def inside_counts(self):
        return json.loads(self.get("/counts", "inside")[1])

    # What the engine runs.

    def docker(self, *words, check=True):
        return subprocess.run(["docker", *words], env=self.docker_env, capture_output=True, text=True, check=check).stdout

    def containers(self, name=None, running=True):
        """Of the project's environments: id, service, release, state, restarts, started."""
        flags = [] if running else ["-a"]
        ids = self.docker("ps", "-q", "--no-trunc", *flags, "--filter", f"label=orbit.project={self.project}").split()
        if not ids:
            return []
        found = []
        for one in json.loads(self.docker("inspect", *ids, check=False) or "[]"):
            labels = one["Config"]["Labels"]
            found.append({"id": one["Id"], "name": one["Name"].lstrip("/"), "service": labels.get("orbit.service"),
                          "release": labels.get("orbit.release"), "running": one["State"]["Running"],
                          "restarts": one["RestartCount"], "started": one["State"]["StartedAt"],
                          "paused": one["State"]["Paused"]})
        return [one for one in found if name is None or one["service"] == name]

    # The processes.

    def tell_hold(self, command):
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(60)
            try:
                line.connect(str(self.home / "run/hold.sock"))
                line.sendall(command.encode() + b"\n")
                return b"".join(iter(lambda: line.recv(4096), b"")).decode()
            except OSError:
                return ""

    def pid(self, name):
        found = re.search(rf"^{name} running (\d+)", self.tell_hold("status"), re.M)
        return int(found[1]) if found else 0

    def kill9(self, name):
        pid = until(lambda: self.pid(name), f"{name} runs")
        os.kill(pid, signal.SIGKILL)
        return pid

    def pids(self):
        """Of all processes of this home, found by their environment."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                environment = (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if f"ORBIT_HOME={self.home}".encode() in environment and words[1:2] in ([b"daemon"], [b"hold"], [b"edge"]):
                found.append(int(entry.name))
        return found

    def log(self, bytes_max=5000):
        path = self.home / "logs/orbit.log"
        try:
            return "log:\n" + path.read_text(errors="replace")[-bytes_max:]
        except OSError:
            return "no log"

    def close(self):
        atexit.unregister(self.close)
        if not self.folder.exists():
            return
        for child in self.children:
            if child.poll() is None:
                child.kill()
                child.wait()
        self.orbit("server", "stop", check=False)
        for pid in self.pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.remove_made()
        if self.own_base:
            shutil.rmtree(self.base, ignore_errors=True)

    def remove_made(self):
        if subprocess.run(["docker", "version"], env=self.docker_env, capture_output=True, check=False).returncode != 0:
            return
        for one in self.docker("ps", "-aq", "--filter", f"label=orbit.project={self.project}").split():
            self.docker("unpause", one, check=False)
            self.docker("rm", "-f", "-v", one, check=False)
        for kind in ("network", "volume"):
            for one in self.docker(kind, "ls", "--format", "{{.Name}}").split():
                if self.project in one:
                    self.docker(kind, "rm", one, check=False)
        images = [one for one in self.docker("images", "--format", "{{.Repository}}:{{.Tag}}").split() if self.project in one]
        if images:
            self.docker("rmi", "-f", *images, check=False)


def example():
    """A world whose project is a copy of examples/orbit."""
    moved = World({})
    shutil.rmtree(moved.folder)
    shutil.copytree(ROOT / "examples/orbit", moved.folder,
                    ignore=shutil.ignore_patterns("node_modules", "dist", "__pycache__"))
    return moved


# What must hold after everything.

def watch_over(world, seconds=90):
    """Until the newest release is settled: before, the one beside it has its share, and visitors may meet it."""
    until(lambda: world.releases()[0]["stage"] == "settled", "the watch ends", seconds, 0.3, world.log)


def one_live(test, world, version, name="web", environment="production"):
    """Exactly one release of a service is live, it is the right one, and the listings agree with what answers."""
    def seen():
        row = world.status(environment).get(name, {})
        live = [r for r in world.releases() if r.get("live") and name in r.get("services", [name])]
        return row, live
    row, live = seen()
    test.assertEqual(world.versions(name=name), {version}, f"what answers; status says {row}\n{world.log()}")
    ours = {c["release"] for c in world.containers(name) if c["running"]}
    test.assertIn(row.get("release"), ours, f"status names a release none of whose containers runs: {ours}, {row}")
    test.assertIn(row.get("release"), [r["release"] for r in live], f"releases --json has it live: {live}, {row}")
    return row


def own_engine(folder):
    """Starts an engine of one's own in a folder; answers its DOCKER_HOST."""
    done = subprocess.run([ENGINE, "own", folder, "start"], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip().splitlines()[-1]


def tell_engine(folder, *words):
    subprocess.run([ENGINE, "own", folder, *words], check=True, stdout=subprocess.DEVNULL)


def span(seconds):
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"

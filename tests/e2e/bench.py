"""A home of Orbit's own in a temporary folder, and one project in it, for tests on a real engine.

Everything made here carries the project's unique name, so that what is left behind can be found and told from others'.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
ORBIT = pathlib.Path(os.environ.get("ORBIT", ROOT / "build/release/orbit"))
SKIPPED = 77
COMMAND_SECONDS = 120

COMPOSE = """
services:
  db:
    image: postgres:15-alpine
    environment: {POSTGRES_PASSWORD: secret}
    volumes: ["data:/var/lib/postgresql/data"]
    healthcheck: {test: [CMD-SHELL, pg_isready -U postgres], interval: 5s, timeout: 5s, retries: 5}
  cache:
    image: redis:7-alpine
    healthcheck: {test: [CMD, redis-cli, ping], interval: 5s, timeout: 5s, retries: 5}
  web:
    image: python:3.11-slim
    command: python -u -c "import http.server as h; print('web is up'); h.HTTPServer(('', 8000), h.SimpleHTTPRequestHandler).serve_forever()"
    expose: ["8000"]
    stop_signal: SIGKILL
    depends_on:
      db: {condition: service_healthy}
      cache: {condition: service_healthy}
volumes: {data: {}}
"""


def docker(*words):
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout


def need_engine(*images):
    """Leaves with 77 (skipped) where there is no engine or an image is missing."""
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode != 0:
        print("no Docker Engine here")
        sys.exit(SKIPPED)
    for image in images:
        if subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False).returncode != 0:
            print(f"no image {image}: ./dev images")
            sys.exit(SKIPPED)


class Bench:
    """A folder with a compose file, a home, and the commands run in them."""

    def __init__(self, compose=COMPOSE):
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="orbit-e2e-"))
        self.project = "e2e" + uuid.uuid4().hex[:8]
        self.folder = self.base / self.project
        self.folder.mkdir()
        self.home = self.base / "home"
        self.env = {**os.environ, "ORBIT_HOME": str(self.home), "NO_COLOR": "1"}
        (self.folder / "compose.yaml").write_text(compose)

    def close(self):
        self.orbit("down", "-v", "--remove-orphans", check=False)
        self.orbit("server", "stop", check=False)
        for container in self.containers():
            docker("rm", "-f", "-v", container)
        for network in self.networks():
            docker("network", "rm", network)
        for volume in self.volumes():
            docker("volume", "rm", volume)
        shutil.rmtree(self.base, ignore_errors=True)

    def orbit(self, *words, check=True, **options):
        options.setdefault("timeout", COMMAND_SECONDS)
        done = subprocess.run([ORBIT, *words], cwd=self.folder, env=self.env, capture_output=True, text=True,
                              check=False, **options)
        if check and done.returncode != 0:
            raise AssertionError(f"orbit {' '.join(words)} exited with {done.returncode}\n{done.stdout}{done.stderr}\n"
                                 f"{self.log()}")
        return done

    def start(self, *words, **options):
        return subprocess.Popen([ORBIT, *words], cwd=self.folder, env=self.env, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, **options)

    def log(self):
        path = self.home / "logs/orbit.log"
        return path.read_text()[-4000:] if path.exists() else "no log"

    def rows(self, *words):
        return [json.loads(line) for line in self.orbit("ps", "--json", *words).stdout.splitlines()]

    def daemon(self):
        """The daemon's process id, found by its own home; 0 when there is none."""
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                environment = (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[1:2] == [b"daemon"] and f"ORBIT_HOME={self.home}".encode() in environment:
                return int(entry.name)
        return 0

    def labelled(self, *words):
        return docker(*words, "--filter", f"label=com.docker.compose.project={self.project}").split()

    def containers(self):
        return self.labelled("ps", "-a", "-q", "--no-trunc")

    def networks(self):
        return self.labelled("network", "ls", "-q")

    def volumes(self):
        return self.labelled("volume", "ls", "-q")

    def everything(self):
        """All names with the project's in them, labelled or not."""
        names = docker("ps", "-a", "--format", "{{.Names}}").split()
        names += docker("network", "ls", "--format", "{{.Name}}").split()
        names += docker("volume", "ls", "--format", "{{.Name}}").split()
        return sorted(name for name in names if self.project in name)


def wait_until(true, seconds=30, what="it", explain=lambda: ""):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s for {what}\n{explain()}")

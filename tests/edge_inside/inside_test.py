#!/usr/bin/env python3
"""Inside traffic through the edge: a virtual address for each service on the environment's bridge (decision 12).

On an engine of its own: a network whose containers get the lower half of a /24, two virtual addresses in the upper half, the
real edge on them from a table, PostgreSQL and a web server behind, and clients that are containers of the same network and know
the services by name (ExtraHosts). Seen here:
  - no transaction is lost while the database's route is paused and resumed PAUSES (10) times, on long-lived connections
    and on new ones;
  - with dockerd killed, both services are reached as before, and after its restart too.
"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import time

import bench

PAUSES = int(os.environ.get("PAUSES", "10"))
ENGINE = bench.ROOT / "tests/engine/engine"
SUBNET = "10.213.77"
DATABASE, WEB = f"{SUBNET}.130", f"{SUBNET}.131"
SESSIONS, INSERTS = 4, 400


def own(folder, *words):
    return subprocess.run([ENGINE, "own", folder, *words], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


class Environment:
    """The network, the containers and the edge."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.host = own(f"{folder}/engine", "start")
        own(f"{folder}/engine", "load", "postgres:15-alpine", "python:3.11-slim")
        network = self.docker("network", "create", "--subnet", f"{SUBNET}.0/24", "--ip-range", f"{SUBNET}.0/25", "inside").strip()
        self.bridge = "br-" + network[:12]
        for address in (DATABASE, WEB):
            subprocess.run(["ip", "address", "add", f"{address}/32", "dev", self.bridge], check=True)
        # What ufw and friends drop on INPUT; `doctor` will check it.
        self.firewall = ["INPUT", "-i", self.bridge, "-d", f"{SUBNET}.128/25", "-j", "ACCEPT"]
        subprocess.run(["iptables", "-I", *self.firewall], check=True)
        self.start("db", "postgres:15-alpine", [], "-e", "POSTGRES_PASSWORD=secret")
        self.start("web", "python:3.11-slim", ["python3", "-m", "http.server", "8000"])
        self.edge = None

    def docker(self, *words, check=True):
        return subprocess.run(["docker", "-H", self.host, *words], capture_output=True, text=True, check=check).stdout

    def start(self, name, image, command, *options):
        self.docker("run", "-d", "--name", name, "--network", "inside", "--add-host", f"db:{DATABASE}", "--add-host", f"web:{WEB}",
                    *options, image, *command)

    def address(self, name):
        return self.docker("inspect", "-f", "{{.NetworkSettings.Networks.inside.IPAddress}}", name).strip()

    def serve(self):
        table = {
            "version": 1,
            "listeners": [{"name": "db", "address": f"{DATABASE}:5432", "protocol": "tcp", "service": "db"},
                          {"name": "web", "address": f"{WEB}:8000", "protocol": "http", "service": "web"}],
            "services": [self.database(False), {"name": "web", "instances": [f"{self.address('web')}:8000"]}],
            "routes": [],
        }
        (self.folder / "table.json").write_text(json.dumps(table))
        self.edge = subprocess.Popen([bench.ORBIT, "edge", "--table", self.folder / "table.json", "--control",
                                      self.folder / "edge.sock", "--state", self.folder / "state"],
                                     env={**os.environ, "ORBIT_HOME": str(self.folder / "home")})
        until(lambda: reaches(DATABASE, 5432), "the edge to listen")

    def database(self, paused):
        return {"name": "db", "protocol": "tcp", "instances": [f"{self.address('db')}:5432"], "paused": paused}

    def tell(self, service):
        """PUT /v1/services/NAME on the edge's control socket."""
        body = json.dumps(service)
        with socket.socket(socket.AF_UNIX) as to:
            to.settimeout(10)
            to.connect(str(self.folder / "edge.sock"))
            to.sendall(f"PUT /v1/services/{service['name']} HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n"
                       f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
            answer = b""
            while piece := to.recv(65536):
                answer += piece
        assert b" 200 " in answer.split(b"\r\n")[0], answer.decode()

    def close(self):
        if self.edge:
            self.edge.send_signal(signal.SIGKILL)
            self.edge.wait()
        subprocess.run(["iptables", "-D", *self.firewall], check=False)
        own(f"{self.folder}/engine", "remove")


def reaches(address, port):
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except OSError:
        return False


def until(true, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.05)


def psql(env, *words, script=None):
    """A client in a container of its own, by the name of the service."""
    return subprocess.run(["docker", "-H", env.host, "exec", "-i", "-e", "PGPASSWORD=secret", "client", "psql", "-h", "db", "-U",
                           "postgres", "-qAtX", "-v", "ON_ERROR_STOP=1", *words], input=script, capture_output=True, text=True,
                          check=False)


def transactions_survive_pauses(env):
    until(lambda: psql(env, "-c", "create table if not exists seen (who text, n int)").returncode == 0, "PostgreSQL to accept")
    failures, done, stop = [], [], threading.Event()

    def long_lived(number):
        script = "".join(f"insert into seen values ('long{number}', {i});\nselect pg_sleep(0.005);\n" for i in range(INSERTS))
        answer = psql(env, script=script)
        (failures if answer.returncode else done).append((f"long{number}", INSERTS, answer.stderr))

    def fresh():
        count = 0
        while not stop.is_set():
            answer = psql(env, "-c", f"insert into seen values ('fresh', {count})")
            if answer.returncode:
                failures.append(("fresh", count, answer.stderr))
                return
            count += 1
        done.append(("fresh", count, ""))

    workers = [threading.Thread(target=long_lived, args=(n,)) for n in range(SESSIONS)] + [threading.Thread(target=fresh)]
    for worker in workers:
        worker.start()
    before = int(psql(env, "-c", "select count(*) from seen").stdout)
    for _ in range(PAUSES):
        env.tell(env.database(True))
        time.sleep(0.1)
        env.tell(env.database(False))
        time.sleep(0.05)
    stop.set()
    for worker in workers:
        worker.join()
    assert not failures, f"failed transactions: {failures}"
    for who, count, _ in done:
        seen = psql(env, "-c", f"select count(*), count(distinct n) from seen where who = '{who}'").stdout.strip()
        assert seen == f"{count}|{count}", f"{who}: {count} acknowledged, stored {seen}"
    total = sum(count for _, count, _ in done)
    print(f"{PAUSES} pauses beginning at {before} rows: {total} transactions on {SESSIONS} long-lived and many new connections, none lost")


def a_pause_really_holds(env):
    env.tell(env.database(True))
    begin = time.monotonic()
    held = threading.Thread(target=psql, args=(env, "-c", "select 1"))
    held.start()
    held.join(1)
    assert held.is_alive(), "a paused route answered"
    env.tell(env.database(False))
    held.join(30)
    assert not held.is_alive() and time.monotonic() - begin < 31, "the held connection never went on"


def a_dead_engine_changes_nothing(env):
    script = "import socket,urllib.request as u; print(u.urlopen('http://web:8000/', timeout=5).status)"
    namespace = env.docker("inspect", "-f", "{{.State.Pid}}", "web").strip()
    hosts = {"web": WEB, "db": DATABASE}

    def asked_inside():
        """From a container's own network namespace, without the engine's help: `docker exec` is gone with it."""
        for port, name in ((8000, "web"), (5432, "db")):
            done = subprocess.run(["nsenter", "-t", namespace, "-n", "bash", "-c", f"exec 3<>/dev/tcp/{hosts[name]}/{port}"],
                                  check=False, capture_output=True, timeout=10)
            if done.returncode:
                return False
        return True

    assert "200" in env.docker("exec", "client2", "python3", "-c", script), "web is not reached by its name"
    assert asked_inside()
    own(f"{env.folder}/engine", "kill9")
    assert asked_inside(), "with dockerd dead the services are gone"
    page = subprocess.run(["nsenter", "-t", namespace, "-n", "curl", "-fsS", "-m", "5", f"http://{WEB}:8000/"], check=False,
                          capture_output=True)
    assert page.returncode == 0, page.stderr.decode()
    own(f"{env.folder}/engine", "start")
    assert asked_inside(), "after dockerd's restart the services are gone"
    assert "200" in env.docker("exec", "client2", "python3", "-c", script)
    print("dockerd killed and started again: both services were reached all the while")


def main():
    bench.need_engine("postgres:15-alpine", "python:3.11-slim")
    if os.geteuid() != 0:
        print("virtual addresses want root")
        raise SystemExit(bench.SKIPPED)
    with tempfile.TemporaryDirectory(prefix="oi", dir="/var/tmp") as folder:
        env = Environment(folder)
        try:
            env.start("client", "postgres:15-alpine", [], "-e", "POSTGRES_PASSWORD=secret")
            env.start("client2", "python:3.11-slim", ["sleep", "3600"])
            env.serve()
            transactions_survive_pauses(env)
            a_pause_really_holds(env)
            a_dead_engine_changes_nothing(env)
        finally:
            env.close()


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""kill -9 of dockerd in the middle of `up`, on an engine of its own: a clear error, and after its restart a clean run.

Also what a person without any engine is told. ROUNDS (2) and SEED choose the points of the kill.
"""
import os
import pathlib
import random
import subprocess
import tempfile
import time

import bench

ROUNDS = int(os.environ.get("ROUNDS", "2"))
SEED = int(os.environ.get("SEED", "1"))
ENGINE = bench.ROOT / "tests/engine/engine"
COMPOSE = "services:\n" + "".join(f"""
  s{n}:
    image: redis:7-alpine
    healthcheck: {{test: [CMD, redis-cli, ping], interval: 1s, timeout: 5s, retries: 20}}
    {f"depends_on: {{s{n - 1}: {{condition: service_healthy}}}}" if n % 2 else ""}
""" for n in range(6))


def own(folder, *words):
    return subprocess.run([ENGINE, "own", folder, *words], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def on(host, *words):
    return subprocess.run(["docker", "-H", host, *words], capture_output=True, text=True, check=True).stdout.split()


def one_round(number, folder, host, span):
    home = bench.Bench(COMPOSE)
    home.env["DOCKER_HOST"] = host
    try:
        home.orbit("ps")
        process = home.start("up", "-d")
        time.sleep(span)
        own(folder, "kill9")
        text = process.communicate(timeout=bench.COMMAND_SECONDS)[0]
        own(folder, "start")
        if process.returncode != 0:
            assert "engine" in text.lower(), f"round {number}: the error does not name the engine:\n{text}"
        home.orbit("up", "-d")
        names = on(host, "ps", "-a", "--format", "{{.Names}} {{.State}}")
        expected = [word for n in range(6) for word in (f"{home.project}-s{n}-1", "running")]
        assert sorted(names) == sorted(expected), f"round {number}: {names}"
        home.orbit("down", "-v")
        left = on(host, "ps", "-aq") + on(host, "network", "ls", "-q", "--filter", "type=custom")
        assert left == [], f"round {number}: left over {left}"
        last = text.strip().splitlines()[-1:] or [""]
        print(f"round {number}: killed after {span * 1000:.0f} ms, up exited with {process.returncode}: {last[0]}", flush=True)
    finally:
        home.orbit("server", "stop", check=False)
        home.close()


def no_engine():
    home = bench.Bench(COMPOSE)
    home.env["DOCKER_HOST"] = f"unix://{home.base}/none.sock"
    try:
        done = home.orbit("up", "-d", check=False)
        assert done.returncode == 1, done
        assert "docker.io" in done.stderr + done.stdout, f"says how to get an engine: {done.stdout}{done.stderr}"
    finally:
        home.orbit("server", "stop", check=False)
        home.close()


def main():
    bench.need_engine("redis:7-alpine")
    no_engine()
    chance = random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="oe-", dir="/tmp") as base:
        folder = str(pathlib.Path(base) / "e")
        try:
            host = own(folder, "start").splitlines()[-1]
            own(folder, "load", "redis:7-alpine")
            for number in range(ROUNDS):
                one_round(number, folder, host, chance.uniform(0.2, 2.0))
        finally:
            own(folder, "remove")
    print(f"count engine-kills {ROUNDS}")


if __name__ == "__main__":
    main()

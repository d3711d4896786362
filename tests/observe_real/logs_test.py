#!/usr/bin/env python3
"""Numbered lines of several containers, with kill -9 of the daemon and of the engine in the middle: every line is in the
log once and in order; a container that dies at once is not missed; where the engine rotated lines away that nobody had
read, a line says so. On an engine of its own.

CONTAINERS (6), LINES (4000, of each), DAEMON_KILLS (2), SEED.
"""
import collections
import json
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))
import bench  # noqa: E402
import engine_kill_test as engine  # noqa: E402

CONTAINERS = int(os.environ.get("CONTAINERS", "6"))
LINES = int(os.environ.get("LINES", "4000"))
DAEMON_KILLS = int(os.environ.get("DAEMON_KILLS", "2"))
SPAN = float(os.environ.get("SPAN", "15"))
SEED = int(os.environ.get("SEED", "1"))
IMAGE = "python:3.11-slim"

WRITER = """
import sys, time
count, span = int(sys.argv[1]), float(sys.argv[2])
out, begin, batch = sys.stdout, time.monotonic(), 50
for line in range(count):
    print(f"line {line} of some text that a service would write into its log when it does its work", file=out)
    if line % 97 == 96: out.flush(); print(f"error {line}", file=sys.stderr, flush=True)
    if line % batch == batch - 1:
        out.flush()
        time.sleep(max(0, begin + span * line / count - time.monotonic()))
print("done", flush=True)
if len(sys.argv) > 3: time.sleep(float(sys.argv[3]))
"""


def compose():
    text = "x-logging: &logging {driver: json-file, options: {max-size: 32m, max-file: '4'}}\nservices:\n"
    for number in range(CONTAINERS):
        text += f"""
  s{number}:
    image: {IMAGE}
    logging: *logging
    command: [python, /app/writer.py, "{LINES}", "{SPAN}", "3600"]
    volumes: [".:/app:ro"]
    stop_signal: SIGKILL
"""
    text += f"""
  short:
    image: {IMAGE}
    command: [python, -c, "print('short but said')"]
  fast:
    image: {IMAGE}
    logging: {{driver: json-file, options: {{max-size: 10k, max-file: '2'}}}}
    command: [sh, -c, "echo first; while [ ! -e /app/go ]; do sleep 0.1; done; python /app/writer.py 2000 0; sleep 3600"]
    volumes: [".:/app:ro"]
    stop_signal: SIGKILL
"""
    return text


class World(bench.Bench):
    def __init__(self, host):
        super().__init__(compose())
        (self.folder / "writer.py").write_text(WRITER)
        self.env["DOCKER_HOST"] = host

    def entries(self, *words):
        return [json.loads(line) for line in self.orbit("logs", "--json", *words).stdout.splitlines()]

    def kill_daemon(self):
        process = self.daemon()
        assert process, "no daemon runs"
        os.kill(process, signal.SIGKILL)

    def close_on(self, host):
        self.orbit("down", "-v", check=False)
        self.orbit("server", "stop", check=False)
        for container in engine.on(host, "ps", "-aq"):
            engine.on(host, "rm", "-f", "-v", container)
        shutil.rmtree(self.base, ignore_errors=True)

    def memory(self):
        text = pathlib.Path(f"/proc/{self.daemon()}/smaps_rollup").read_text()
        return int(next(line.split()[1] for line in text.splitlines() if line.startswith("Pss:"))) / 1024


def check_numbered(world):
    for number in range(CONTAINERS):  # one at a time: all of them are millions of lines
        lines = collections.defaultdict(list)
        for entry in world.entries(f"s{number}"):
            assert entry["stream"] != "orbit", f"a gap where there was none: {entry}"
            lines[entry["stream"]].extend(entry["text"].split("\n"))
        said = [int(text.split()[1]) for text in lines["stdout"] if text != "done"]
        missing, doubled = sorted(set(range(LINES)) - set(said)), len(said) - len(set(said))
        assert said == list(range(LINES)), f"s{number}: {len(missing)} missing ({missing[:5]}…), {doubled} doubled"
        errors = [int(text.split()[1]) for text in lines["stderr"]]
        assert errors == list(range(96, LINES, 97)), f"s{number}: errors {errors[:5]}"


def check_gap(world):
    entries = world.entries("fast")
    notices = [entry for entry in entries if entry["stream"] == "orbit"]
    said = [int(entry["text"].split()[1]) for entry in entries if entry["text"].startswith("line ")]
    assert said == sorted(set(said)), "out of order or doubled"
    assert 0 < len(said) < 2000, f"{len(said)} lines of 2000: was nothing rotated?"
    assert len(notices) == 1 and "are missing" in notices[0]["text"], notices
    print(f"gap shown: {notices[0]['text']}", flush=True)


def all_done(world):
    # --tail reads little; the last line of each writer is "done".
    return all(entry["text"] == "done" for entry in world.entries("--tail", "1", *[f"s{n}" for n in range(CONTAINERS)])
               if entry["stream"] == "stdout")


def run(host, folder):
    world = World(host)
    chance = random.Random(SEED)
    try:
        world.orbit("up", "-d")
        moments = sorted(chance.uniform(0.1, 0.8) * SPAN for _ in range(DAEMON_KILLS))
        begin = time.monotonic()
        for at in moments:
            time.sleep(max(0, begin + at - time.monotonic()))
            world.kill_daemon()
            print(f"daemon killed after {time.monotonic() - begin:.1f} s", flush=True)
        time.sleep(max(0, begin + 0.5 * SPAN - time.monotonic()))
        engine.own(folder, "kill9")
        engine.own(folder, "start")
        print(f"engine killed and back after {time.monotonic() - begin:.1f} s", flush=True)
        time.sleep(max(0, begin + SPAN + 2 - time.monotonic()))
        bench.wait_until(lambda: all_done(world), 120, "the last lines", world.log)
        check_numbered(world)
        short = world.entries("short")
        assert [entry["text"] for entry in short] == ["short but said"], short
        found = world.entries("--grep", f"line {LINES // 2} of", "--since", "10m")
        assert len(found) == CONTAINERS, found
        print(f"daemon: {world.memory():.1f} MiB PSS", flush=True)

        # Nobody reads while the engine rotates: what is lost is said.
        world.orbit("server", "stop")
        (world.folder / "go").write_text("")
        time.sleep(3)
        world.orbit("ps")
        bench.wait_until(lambda: any(entry["text"] == "done" for entry in world.entries("fast", "--tail", "3")), 60,
                         "the fast writer", lambda: str(world.entries("fast", "--tail", "5")) + world.log())
        check_gap(world)
        print(f"count lines {CONTAINERS * LINES}")
    finally:
        world.close_on(host)


def main():
    bench.need_engine(IMAGE)
    with tempfile.TemporaryDirectory(prefix="ol-", dir="/tmp") as base:
        folder = str(pathlib.Path(base) / "e")
        try:
            host = engine.own(folder, "start").splitlines()[-1]
            engine.own(folder, "load", IMAGE)
            run(host, folder)
        finally:
            engine.own(folder, "remove")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Has each request one line in the log, whoever dies? The edge killed right after it answered, the daemon stopped for a
while and then killed: its lines are in the edge's file meanwhile."""
import json
import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "edge_life"))
import life  # noqa: E402


def ask(port, count):
    for _ in range(count):
        assert life.get(port)[0] == 200


def logged(home):
    """The ids of all requests in the kept log."""
    said = home.orbit("logs", "edge", "--since", "1h", "--json")
    return [json.loads(json.loads(line)["text"])["id"] for line in said.stdout.splitlines()] if said.returncode == 0 else []


def each_once(home, count):
    life.until(lambda: len(logged(home)) >= count, f"{count} lines")
    time.sleep(1)  # whatever is there twice is by now
    ids = logged(home)
    assert len(ids) == len(set(ids)) == count, (len(ids), len(set(ids)), count)


def main():
    origin, home = life.Origin("a"), life.Home()
    try:
        port = life.free_port()
        assert home.put(life.table(port, [origin]))[0] == 200
        life.until(lambda: home.orbit("metrics", "--json").returncode == 0, "the daemon answers")
        for turn in range(3):
            ask(port, 100)
            home.kill9("edge")
            each_once(home, 100 * (turn + 1))
        print("edge killed three times: 300 requests, 300 lines")
        daemon, file = home.pid("daemon"), home.folder / "logs/edge/access.log"
        os.kill(daemon, signal.SIGSTOP)
        ask(port, 200)
        life.until(lambda: file.exists() and len(file.read_text().splitlines()) == 200, "the edge writes what nobody takes")
        ask(port, 100)
        os.kill(daemon, signal.SIGKILL)
        each_once(home, 600)
        print("daemon away, then killed: 600 requests, 600 lines")
    except AssertionError:
        print(home.said()[-4000:])
        raise
    finally:
        home.close()
        origin.close()


main()

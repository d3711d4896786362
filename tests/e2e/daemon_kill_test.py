#!/usr/bin/env python3
"""kill -9 of the daemon at random points of `up`: the next `up` ends in the same state, and nothing is left over.

ROUNDS (3; the soak takes 20) and SEED choose the points.
"""
import os
import random
import signal
import time

import bench

ROUNDS = int(os.environ.get("ROUNDS", "3"))
SEED = int(os.environ.get("SEED", "1"))


def one_round(number, span):
    home = bench.Bench()
    try:
        home.orbit("ps")  # the processes are there, so that the kill meets `up` and not their start
        daemon = home.daemon()
        process = home.start("up", "-d")
        time.sleep(span)
        os.kill(daemon, signal.SIGKILL)
        process.communicate(timeout=bench.COMMAND_SECONDS)
        left = len(home.everything())
        home.orbit("up", "-d")
        p = home.project
        expected = sorted([f"{p}-cache-1", f"{p}-db-1", f"{p}-web-1", f"{p}_data", f"{p}_default"])
        found = home.everything()
        assert found == expected, f"round {number}: {found}\nexpected {expected}"
        states = sorted((row["Service"], row["State"]) for row in home.rows())
        assert states == [("cache", "running"), ("db", "running"), ("web", "running")], f"round {number}: {states}"
        assert home.daemon() not in (0, daemon), "hold started the daemon again"
        home.orbit("down", "-v")
        assert home.everything() == [], f"round {number}: left over {home.everything()}"
        print(f"round {number}: killed after {span * 1000:.0f} ms, first up exited with {process.returncode}, "
              f"{left} objects there; second up complete", flush=True)
    finally:
        home.close()


def main():
    bench.need_engine("postgres:15-alpine", "redis:7-alpine", "python:3.11-slim")
    chance = random.Random(SEED)
    for number in range(ROUNDS):
        one_round(number, chance.uniform(0.0, 3.0))
    print(f"count kills {ROUNDS}")


if __name__ == "__main__":
    main()

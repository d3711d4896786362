#!/usr/bin/env python3
"""Are the metrics true? Requests with slow and fast answers through a real edge, the daemon killed again and again.

What `orbit metrics` says afterwards is held against the edge's access log as it is kept, a line a request that was made
of the edge's own record of it: counts must be equal, p50, p99 and p99.9 within 1 % of the exact ones (the value at
ceil(p n)). With STRICT also against what the load generator measured: within 1 % and 1 ms, which a busy machine cannot keep.

REQUESTS (20000), KILLS (5), CONNECTIONS (400) and STRICT (0) change it; the long form is tests/soak/truth.
"""
import json
import math
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "edge_life"))
import life  # noqa: E402

REQUESTS = int(os.environ.get("REQUESTS", "20000"))
KILLS = int(os.environ.get("KILLS", "5"))
CONNECTIONS = int(os.environ.get("CONNECTIONS", "400"))
STRICT = os.environ.get("STRICT", "0") == "1"
# Milliseconds that the upstream takes, and the share of all requests. No quantile that is compared stands where one
# delay ends and the next begins: it would be the slowest of all requests of that delay, which is chance.
DELAYS = {20: 0.60, 35: 0.16, 50: 0.12, 120: 0.06, 400: 0.04, 900: 0.008, 1400: 0.008, 2000: 0.004}
QUANTILES = {"p50_ms": 0.5, "p99_ms": 0.99, "p999_ms": 0.999}


def exact(values, quantile):
    """The value at ceil(p n), counted from 1."""
    return values[max(math.ceil(quantile * len(values)), 1) - 1]


class Load:
    """One generator for each delay, with connections so that all of them end at about the same time."""

    def __init__(self, port, folder):
        busy = sum(delay * share for delay, share in DELAYS.items())
        self.latencies, self.runs, self.wanted = folder / "latencies", [], 0
        for delay, share in DELAYS.items():
            count = round(REQUESTS * share)
            self.wanted += count
            connections = max(1, round(CONNECTIONS * delay * share / busy))
            command = [life.LOAD, "--connections", connections, "--requests", count, "--host", "shop.localhost", "--path",
                       f"/slow/{delay}", "--latencies", f"{self.latencies}.{delay}", "127.0.0.1", port]
            output = open(folder / f"load.{delay}", "w+")
            self.runs.append((life.Process(*command, output=output), output))

    def running(self):
        return any(run.process.poll() is None for run, _ in self.runs)

    def close(self):
        for run, output in self.runs:
            run.close()
            output.close()

    def answered(self):
        """How many were answered, and what they took in microseconds, sorted."""
        total = 0
        for _, output in self.runs:
            output.seek(0)
            figures = json.loads(output.read().splitlines()[-1])
            assert figures["failed"] == 0, figures
            total += figures["answered"]
        took = [int(line) for delay in DELAYS for line in open(f"{self.latencies}.{delay}")]
        return total, sorted(took)


def metrics(home):
    said = home.orbit("metrics", "--since", "1h", "--json")
    assert said.returncode == 0, said.stderr
    rows = [row for row in json.loads(said.stdout) if row["service"] == "web"]
    return rows[0] if rows else {"requests": 0}


def logged(home):
    """What each request took by the access log, in microseconds, sorted."""
    file = home.folder / "lines"
    with open(file, "w") as out:
        said = home.orbit("logs", "edge", "--since", "1h", "--json", stdout=out)
    assert said.returncode == 0, said.stderr
    texts = [json.loads(line)["text"] for line in open(file)]
    for text in texts:
        if text[0] != "{":
            print(f"the log says: {text}")
    return sorted(round(json.loads(text)["duration"] * 1e6) for text in texts if text[0] == "{")


def compare(name, shown_ms, exact_us, slack_us=0.0):
    off = abs(shown_ms * 1000 - exact_us)
    print(f"  {name}: shown {shown_ms:.3f} ms, exact {exact_us / 1000:.3f} ms, off {100 * off / exact_us:.2f} %")
    return off <= 0.01 * exact_us + slack_us


def drive(home, port):
    load = Load(port, home.folder)
    begun, killed = time.monotonic(), 0
    mean = sum(delay * share for delay, share in DELAYS.items())
    pace = max(1.5, REQUESTS * mean / 1000 / CONNECTIONS / (KILLS + 1))
    try:
        while load.running():
            time.sleep(0.05)
            if killed < KILLS and time.monotonic() - begun > pace * (killed + 1):
                home.kill9("daemon")
                killed += 1
        while killed < KILLS:  # it went faster than thought: what is counted must survive all the same
            time.sleep(1.2)
            home.kill9("daemon")
            killed += 1
        print(f"{load.wanted} requests in {time.monotonic() - begun:.1f} s, daemon killed {killed} times")
        return load.answered()
    finally:
        load.close()


def main():
    origins, home = [life.Origin("a"), life.Origin("b")], life.Home()
    try:
        port = life.free_port()
        table = json.loads(life.table(port, origins))
        table["services"][0]["connectionsMax"] = 2 * CONNECTIONS
        status, body = home.put(json.dumps(table))
        assert status == 200, body
        life.until(lambda: metrics(home) is not None, "the daemon answers")
        answered, took = drive(home, port)
        life.until(lambda: metrics(home)["requests"] >= answered, "all are counted")
        life.until(lambda: len(logged(home)) >= answered, f"{answered} lines")
        time.sleep(3)  # whatever is there twice is by now
        shown, lines = metrics(home), logged(home)
        print(f"answered {answered}, in the edge's log {len(lines)}, shown {shown['requests']}, errors {shown['errors']}")
        assert shown["requests"] == answered == len(lines), "counts are exact"
        assert shown["errors"] == 0 and shown["status"] == {"2xx": answered}, shown
        print("against the edge's own records:")
        assert all([compare(name, shown[name], exact(lines, q)) for name, q in QUANTILES.items()])
        print("against the load generator:")
        near = [compare(name, shown[name], exact(took, q), 1000) for name, q in QUANTILES.items()]
        assert all(near) or not STRICT
    except AssertionError:
        print(home.said()[-4000:])
        raise
    finally:
        home.close()
        for origin in origins:
            origin.close()


main()

#!/usr/bin/env python3
"""What a Prometheus reads: checked by promtool, after real requests (PROMTOOL names it; skipped without one)."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "edge_life"))
import life  # noqa: E402

PROMTOOL = os.environ.get("PROMTOOL", shutil.which("promtool"))
SKIPPED = 77


def steady(value):
    """The value that it has now and in two seconds."""
    first = value()
    time.sleep(2)
    return first if value() == first else None


def main():
    if not PROMTOOL:
        print("no promtool: apt-get install prometheus")
        sys.exit(SKIPPED)
    origin, home = life.Origin("a"), life.Home()
    try:
        port = life.free_port()
        assert home.put(life.table(port, [origin]))[0] == 200
        socket = home.folder / "run/api.sock"

        def text():
            return life.control(socket, "GET", "/metrics")[1]

        def counted(line):
            found = re.search("^" + re.escape(line) + r" (\d+)$", text(), re.M)
            return int(found[1]) if found else 0
        ok = 'orbit_requests_total{project="",environment="",service="web",class="2xx"}'
        # What a new home's edge counted before the daemon's first look is no part of what it measured.
        life.until(lambda: life.get(port)[0] == 200 and counted(ok) > 0, "the daemon looks")
        before = life.until(lambda: steady(lambda: counted(ok)), "all so far")
        for _ in range(20):
            assert life.get(port)[0] == 200
        assert life.get(port, "/status/503")[0] == 503
        # A snapshot takes one worker after the other: it may have the last request without the one before.
        life.until(lambda: counted('orbit_request_errors_total{project="",environment="",service="web"}') == 1, "the error")
        life.until(lambda: counted(ok) == before + 20, "all others")
        assert counted('orbit_request_duration_seconds_count{project="",environment="",service="web"}') == before + 21, text()
        checked = subprocess.run([PROMTOOL, "check", "metrics"], input=text(), text=True, capture_output=True, check=False)
        assert checked.returncode == 0 and not checked.stderr.strip(), checked.stdout + checked.stderr
        said = home.orbit("metrics", "--prometheus")
        assert said.returncode == 0 and said.stdout.startswith("# HELP orbit_build_info"), said
        # What people see, without a terminal.
        said = home.orbit("top")
        assert said.returncode == 0 and "web" in said.stdout and "machine  load" in said.stdout, said
        rows = json.loads(home.orbit("metrics", "web", "--json").stdout)
        assert [(row["service"], row["requests"], row["errors"]) for row in rows] == [("web", before + 21, 1)], rows
        assert not json.loads(home.orbit("metrics", "nothing", "--json").stdout)
        print("promtool has nothing to say")
    except AssertionError:
        print(home.said()[-4000:])
        raise
    finally:
        home.close()
        origin.close()


main()

#!/usr/bin/env python3
"""What a Prometheus reads: checked by promtool, after real requests (PROMTOOL names it; skipped without one)."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "edge_life"))
import life  # noqa: E402

PROMTOOL = os.environ.get("PROMTOOL", shutil.which("promtool"))
SKIPPED = 77


def main():
    if not PROMTOOL:
        print("no promtool: apt-get install prometheus")
        sys.exit(SKIPPED)
    origin, home = life.Origin("a"), life.Home()
    try:
        port = life.free_port()
        assert home.put(life.table(port, [origin]))[0] == 200
        for _ in range(20):
            assert life.get(port)[0] == 200
        assert life.get(port, "/status/503")[0] == 503
        socket = home.folder / "run/api.sock"

        def text():
            return life.control(socket, "GET", "/metrics")[1]
        # A snapshot takes one worker after the other: it may have the last request without the one before.
        life.until(lambda: 'orbit_request_errors_total{project="",environment="",service="web"} 1\n' in text(), "the error")
        life.until(lambda: 'class="2xx"} 20\n' in text(), "all others")
        assert 'orbit_request_duration_seconds_count{project="",environment="",service="web"} 21\n' in text(), text()
        checked = subprocess.run([PROMTOOL, "check", "metrics"], input=text(), text=True, capture_output=True, check=False)
        assert checked.returncode == 0 and not checked.stderr.strip(), checked.stdout + checked.stderr
        said = home.orbit("metrics", "--prometheus")
        assert said.returncode == 0 and said.stdout.startswith("# HELP orbit_build_info"), said
        # What people see, without a terminal.
        said = home.orbit("top")
        assert said.returncode == 0 and "web" in said.stdout and "machine  load" in said.stdout, said
        rows = json.loads(home.orbit("metrics", "web", "--json").stdout)
        assert [(row["service"], row["requests"], row["errors"]) for row in rows] == [("web", 21, 1)], rows
        assert not json.loads(home.orbit("metrics", "nothing", "--json").stdout)
        print("promtool has nothing to say")
    except AssertionError:
        print(home.said()[-4000:])
        raise
    finally:
        home.close()
        origin.close()


main()

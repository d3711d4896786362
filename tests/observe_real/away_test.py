#!/usr/bin/env python3
"""A time without Orbit, for real: what counts as down, what is not known, and what is no outage at all."""
import json
import os
import pathlib
import signal
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "deploy_real")]

import world  # noqa: E402

QUICK = {"share": 50, "pace": "2s", "watch": "1s", "warm": "2s"}
MINUTE = 60
TOLD = 120  # seconds after a start by which it is


class Away(unittest.TestCase):
    def setUp(self):
        self.place = world.World({"web": world.service(QUICK)})
        self.addCleanup(self.place.close)
        self.place.deploy("--until", "live")
        time.sleep(12)  # a heartbeat is on disk

    def uptime(self):
        rows = json.loads(self.place.orbit("objectives", "--json").stdout)
        return next(row for row in rows if row["objective"] == "uptime")

    def outages(self, count):
        return world.until(lambda: (lambda found: found if len(found) >= count else None)(self.uptime()["outages"]),
                           f"{count} outages are told", TOLD, 1, self.place.log)

    def test_down_when_killed_unknown_when_stopped(self):
        """A kill of the daemon alone is nothing; of all of it is down; a stop is not known."""
        self.place.kill9("daemon")
        time.sleep(2)
        hold = next(pid for pid in self.place.pids() if b"hold" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes())
        os.kill(hold, signal.SIGKILL)
        began = time.time()
        time.sleep(2 * MINUTE + 10)
        self.place.orbit("status")
        lasted = time.time() - began
        outage = self.outages(1)[0]
        self.assertEqual(len(self.uptime()["outages"]), 1, "the daemon's death was none")
        self.assertEqual((outage["reason"], outage["known"]), ("Orbit was away", True))
        self.assertAlmostEqual((outage["untilUs"] - outage["fromUs"]) / 1e6, lasted, delta=15)
        self.assertLess(self.uptime()["now"], 100)
        incident = world.until(lambda: next(iter(self.place.rows("incidents")), None), "an incident", 30, 1, self.place.log)
        self.assertRegex(incident["title"], "away: Orbit was away from .* 2 minutes count as down")
        world.until(lambda: self.place.rows("incidents")[0]["state"] == "resolved", "it is over", MINUTE, 1, self.place.log)
        before = self.uptime()["budgetLeft"]
        print("\n" + self.place.orbit("objectives").stdout, flush=True)

        self.place.orbit("server", "stop")
        time.sleep(MINUTE + 10)
        self.place.orbit("status")
        stopped = self.outages(2)[0]
        self.assertEqual((stopped["reason"], stopped["known"]), ("Orbit was stopped", False))
        self.assertGreaterEqual(self.uptime()["budgetLeft"], before - 1e-9, "it counts as neither")
        self.assertEqual(len(self.place.rows("incidents")), 1, "and nobody is told")
        print(self.place.orbit("objectives").stdout, flush=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)

#!/usr/bin/env python3
"""What is shown of what was seen, for real: pages' vitals, and the access log from a folder that is no project's."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "deploy_real")]

import traffic  # noqa: E402
import world  # noqa: E402

QUICK = {"share": 50, "pace": "2s", "watch": "1s", "warm": "2s"}


class Shown(unittest.TestCase):
    def setUp(self):
        self.place = world.World({"web": world.service(QUICK, x={"vitals": True})})
        self.addCleanup(self.place.close)
        self.place.deploy("--until", "live")
        self.visitors = traffic.Traffic(self.place, rate=4)
        self.addCleanup(self.visitors.stop)

    def test_vitals(self):
        for ms in (900, 1000, 1100, 4000):
            text = f"1 r1 /orders/81723\nLCP {ms} navigate\nCLS 0.02 navigate\n"
            self.assertEqual(self.visitors.post("/.well-known/orbit/vitals", text), 204)

        def page():
            rows = self.place.rows("metrics", "--vitals")
            return rows[0] if rows and rows[0]["lcp_views"] == 4 else None

        row = world.until(page, "the page's views", 30, 1, self.place.log)
        self.assertEqual((row["page"], row["cls_views"], row["inp_views"]), ("/orders/:id", 4, 0))
        self.assertAlmostEqual(row["lcp_p75_ms"], 1100, delta=12)
        self.assertAlmostEqual(row["cls_p75"], 0.02, delta=0.001)
        self.assertEqual(self.place.rows("metrics", "--vitals", "--by", "release")[0]["release"], "r1")
        print("\n" + self.place.orbit("metrics", "--vitals").stdout, flush=True)

    def test_logs_of_the_edge_from_anywhere(self):
        with tempfile.TemporaryDirectory() as elsewhere:
            def lines(*words):
                done = subprocess.run([world.ORBIT, "logs", "edge", "--json", *words], cwd=elsewhere, env=self.place.env,
                                      capture_output=True, text=True, check=False, timeout=60)
                self.assertEqual(done.returncode, 0, done.stderr)
                return [json.loads(json.loads(line)["text"]) for line in done.stdout.splitlines()]

            world.until(lines, "requests in the access log", 30, 1, self.place.log)
            self.assertEqual({line["service"] for line in lines()}, {f"{self.place.project}.production.web"})
            self.assertTrue(lines("-p", self.place.project))
            self.assertFalse(lines("-p", "another"))


if __name__ == "__main__":
    unittest.main(verbosity=2)

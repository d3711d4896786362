#!/usr/bin/env python3
"""The database paused for PAUSE (10) seconds during a watch, TRIES (1) times: no release is taken back, no instance restarted, and
one shared fault is recorded.

Each answer and the health of both releases need the database, so that all of it fails on both sides at once.
"""
import time
import unittest

import world

PAUSE, TRIES = world.number("PAUSE", 10), world.number("TRIES", 1)


class SharedFault(unittest.TestCase):
    def setUp(self):
        policy = {"share": 30, "pace": "5s", "watch": f"{PAUSE + 20}s", "warm": "5s"}
        web = world.service(policy, environment={"APP_DEPENDS": "db:6379"}, depends_on=["db"], deploy={"replicas": 2})
        self.moved = world.World({"db": {"image": "redis:7-alpine", "volumes": ["kept:/data"]}, "web": web}, volumes={"kept": {}})
        self.addCleanup(self.moved.close)
        self.moved.bake("v0")
        self.moved.deploy("--until", "live")
        self.moved.orbit("promote", check=False)

    def test_nobodys_release_is_blamed(self):
        visitors = world.Visitors(self.moved, rate=150, kinds={"keepalive": 4, "fresh": 2})
        for turn in range(1, TRIES + 1):
            self.once(turn)
        figures = visitors.stop()
        print(f"{TRIES} pauses of {PAUSE} s: none taken back; {figures['answered']} answered, {figures['failed']} failed "
              "(the database was away)", flush=True)
        self.assertGreater(figures["failed"], 10, "the pause was not felt: this test shows nothing")

    def once(self, turn):
        version = f"v{turn}"
        self.moved.bake(version)
        # Half of the tries while the share is small, half of them after the promotion.
        until = "live" if turn % 2 else "promoted"
        deployed = self.moved.deploy("--until", until)
        db = self.moved.containers("db")[0]["id"]
        before = {c["id"]: (c["started"], c["restarts"]) for c in self.moved.containers("web")}
        self.moved.docker("pause", db)
        time.sleep(PAUSE)
        self.moved.docker("unpause", db)
        world.until(lambda: self.answers(), "the service answers", 60, step=0.2)
        row = next(r for r in self.moved.releases() if r["release"] == deployed.release)
        self.assertNotIn(row["stage"], ("taken back", "failed"), f"{row}\n{self.moved.log()}")
        after = {c["id"]: (c["started"], c["restarts"]) for c in self.moved.containers("web")}
        for one, was in before.items():
            if one in after:
                self.assertEqual(after[one], was, "an instance was restarted")
        new = [c for c in self.moved.containers("web") if c["release"] == deployed.release]
        self.assertEqual(len(new), 2, f"instances of {deployed.release}: {new}")
        report = self.moved.shown(deployed.release)
        self.assertTrue(report["sharedFaults"], f"no shared fault in the report of {deployed.release}: {report}\n{self.moved.log()}")
        self.assertEqual(report["reasons"], [])
        self.settle(deployed.release)

    def answers(self):
        try:
            status, body = self.moved.get("/")
            return status == 200 and body
        except OSError:
            return False

    def settle(self, release):
        """So that the next try begins with one release."""
        def over():
            return next(r for r in self.moved.releases() if r["release"] == release)["stage"] == "settled"
        world.until(over, f"{release} settles", PAUSE + 120, step=0.5, explain=lambda: str(self.moved.releases()[:2]))


if __name__ == "__main__":
    world.need("redis:7-alpine")
    unittest.main(verbosity=2)

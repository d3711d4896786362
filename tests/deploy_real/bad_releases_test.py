#!/usr/bin/env python3
"""Releases that are bad in eight ways, real, under RATE (200) requests a second: each is stopped or taken back by itself, for the
right reason, and what was live stays live.

ERROR_TRIES (1) of the one that answers 5 % with 500: failures before it was gone are counted, and no GET visitor may have seen
one of them while its share was shielded. FAULTS chooses some, by name.
"""
import os
import statistics
import time
import unittest

import world

RATE, ERROR_TRIES = world.number("RATE", 200), world.number("ERROR_TRIES", 1)
FAULTS = [name for name in os.environ.get("FAULTS", "").split(",") if name]
GATE_FAILED, TAKEN_BACK = 3, 4
# What a reason must say, in lower case: any one word of each group.
REASONS = {
    "unhealthy": [["503"], ["/health", "health"]],
    "wrong-port": [["8000"], ["9999", "refused", "listens", "listening", "port"]],
    "loopback": [["127.0.0.1", "loopback", "localhost"]],
    "exit": [["exit"]],
    "errors": [["500", "5xx", "error", "failure", "failed"]],
    "slow": [["p99", "p90", "slow", "latency"]],
    "leak": [["oom", "memory"]],
    "crash": [["exit", "crash", "ended"]],
    "hang": [["/report", "timeout", "slow", "latency", "p99", "aborted", "no answer", "hang"]],
}
GATED = ["unhealthy", "wrong-port", "loopback", "exit"]


class BadReleases(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        policy = {"share": 10, "pace": "20s", "watch": "60s", "warm": "60s"}
        extension = {"health": {"path": "/health", "interval": "300ms", "timeout": "2s", "deadline": "13s"}}
        cls.moved = world.World({"web": world.service(policy, x=extension, mem_limit="64m", deploy={"replicas": 2})})
        cls.moved.bake("good")
        cls.moved.deploy("--until", "live")
        cls.moved.orbit("promote", check=False)
        cls.turn = 0

    @classmethod
    def tearDownClass(cls):
        cls.moved.close()

    def try_one(self, fault, paths="/,/items,/report", kinds=None, timeout=20, **conf):
        """Deploys a broken release under load; answers the deploy, the visitors' figures, and seconds until it was gone."""
        type(self).turn += 1
        version = f"{fault}{self.turn}"
        before = self.moved.status()["web"]["release"]
        visitors = world.Visitors(self.moved, rate=RATE, kinds=kinds or {"keepalive": 6, "fresh": 2, "h2": 1}, paths=paths,
                                  timeout=timeout)
        time.sleep(3)  # what the old release is like
        self.moved.bake(version, fault=fault, **conf)
        deployed = self.moved.deploy("--until", "settled", expect=None, seconds=150)
        time.sleep(1)
        figures = visitors.stop()
        with self.subTest(fault):
            said = self.everything_said(deployed)
            self.assertEqual(deployed.code, GATE_FAILED if fault in GATED else TAKEN_BACK,
                             f"{said[-3000:]}\n{deployed.told()}\n{self.moved.log()}")
            self.right_reason(fault, said)
            self.assertEqual(world.one_live(self, self.moved, "good")["release"], before)
            self.assertIn(deployed.release or version, said)
        share, gone = deployed.at("share"), deployed.at("taken back", "failed") or deployed.ended
        took = gone - (share or deployed.at("gate") or deployed.begun)
        print(f"{fault}: {'never live' if share is None else 'live, then gone'} after {world.span(took)}; "
              f"{figures['answered']} answered, {figures['failed']} failed; {self.moved.releases()[0].get('summary')}", flush=True)
        return deployed, figures, version

    def everything_said(self, deployed):
        """The words of the command, of status and of the report."""
        report = self.moved.orbit("show", deployed.release or "r0", "--json", check=False).stdout if deployed.release else ""
        return deployed.told() + report + self.moved.orbit("status").stdout

    def right_reason(self, fault, said):
        for words in REASONS[fault]:
            self.assertTrue(any(word in said.lower() for word in words), f"{fault}: expected one of {words} in the reason:\n{said[-4000:]}")

    def gate(self, fault, **conf):
        if FAULTS and fault not in FAULTS:
            self.skipTest("not asked for")
        _, figures, version = self.try_one(fault, **conf)
        self.assertNotIn(version, figures["versions"], "a release that failed its gate got a request")
        self.assertEqual(figures["failed"], 0, world.failures_told(figures))

    def test_1_never_healthy(self):
        self.gate("unhealthy")

    def test_1_wrong_port(self):
        self.gate("wrong-port")

    def test_1_loopback_only(self):
        self.gate("loopback")

    def test_1_ends_at_once(self):
        self.gate("exit")

    def test_2_five_percent_errors(self):
        if FAULTS and "errors" not in FAULTS:
            self.skipTest("not asked for")
        counts = []
        for _ in range(ERROR_TRIES):
            deployed, figures, version = self.try_one("errors", kinds={"keepalive": 6, "fresh": 2, "h2": 1})
            # Shielded: the attempt failed, the visitor got the old release's answer.
            self.assertEqual(figures["failed"], 0, f"a GET visitor saw a failure\n{world.failures_told(figures)}")
            self.assertIn(version, figures["versions"], "it had no share")
            counts.append(self.failures_of(deployed))
        print(f"5 % of answers 500: failures before it was taken back {sorted(counts)}, median {statistics.median(counts)}")
        self.assertLess(statistics.median(counts), 12 if ERROR_TRIES > 4 else 40)

    def failures_of(self, deployed):
        """How many attempts at the bad release failed, as its report says."""
        numbers = self.moved.shown(deployed.release)["numbers"]["web"]
        self.assertGreater(numbers["new"]["failed"], 0, f"the report counts no failure: {numbers}")
        return numbers["new"]["failed"]

    def later(self, fault, **conf):
        if FAULTS and fault not in FAULTS:
            self.skipTest("not asked for")
        return self.try_one(fault, **conf)

    def test_3_p99_tripled(self):
        self.later("slow")

    def test_3_one_route_hangs(self):
        self.later("hang", timeout=5)

    def test_4_leaks_until_out_of_memory(self):
        self.later("leak")

    def test_4_crashes_after_20_seconds(self):
        self.later("crash")


if __name__ == "__main__":
    world.need()
    unittest.main(verbosity=2)

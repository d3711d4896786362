#!/usr/bin/env python3
"""Real deploys one after another under load from outside and from inside: not one request may fail.

DEPLOYS (6) of a service with two replicas, and as many of one with a volume, which is replaced behind a paused route. Each
release has another image. RATE (150) requests a second come from outside, by clients of every kind; a service in the environment
asks the one that moves 40 times a second.
"""
import threading
import time
import unittest

import world

DEPLOYS, RATE = world.number("DEPLOYS", 6), world.number("RATE", 150)
QUICK = {"share": 50, "pace": "2s", "watch": "1s", "warm": "2s"}  # draining as it usually is


class Writer:
    """Lines that the service said it has kept; each of them must be there in the end."""

    def __init__(self, moved):
        self.moved, self.kept, self.failures, self.over = moved, 0, [], threading.Event()
        self.url = moved.url()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.over.wait(0.1):
            try:
                connection = self.moved.connect(url=self.url)
                connection.request("POST", "/append", body=f"line {self.kept}", headers={"Connection": "close"})
                answer = connection.getresponse()
                text = answer.read()
                connection.close()
                if answer.status == 200 and text == b"kept\n":
                    self.kept += 1
                else:
                    self.failures.append(f"{time.strftime('%H:%M:%S')} status {answer.status} {text[:80]}")
            except OSError as error:
                self.failures.append(f"{time.strftime('%H:%M:%S')} {error!r}")

    def stop(self):
        self.over.set()
        self.thread.join()


class Deploys(unittest.TestCase):
    def moved(self, services, **more):
        moved = world.World(services, **more)
        self.addCleanup(moved.close)
        moved.bake("v0")
        moved.deploy("--until", "live")
        return moved

    def go(self, moved, count):
        """Deploys, and what they took."""
        spans = []
        for turn in range(1, count + 1):
            moved.bake(f"v{turn}")
            deployed = moved.deploy("--until", "promoted")
            built = deployed.at("checking", "starting", "gate")
            live = deployed.at("share", "promoted")
            if built and live:
                spans.append(live - built)
            self.assertIsNone(self.visitors.process.poll(), "the visitors gave up: " + self.visitors.said()[-3000:])
        return spans

    def check(self, moved, spans, last):
        figures = self.visitors.stop()
        inside = moved.inside_counts()
        print(f"\n{len(spans)} deploys: outside {figures['answered']} answered, {figures['failed']} failed; inside "
              f"{inside['answered']} answered, {inside['failed']} failed; live after the build "
              f"{world.span(sorted(spans)[len(spans) // 2]) if spans else 'unknown'} (median), "
              f"{world.span(max(spans)) if spans else ''} at most", flush=True)
        self.assertEqual(figures["failed"], 0, world.failures_told(figures) + "\n" + moved.log())
        self.assertEqual(inside["failed"], 0, f"{inside}\n{moved.log()}")
        self.assertGreater(inside["answered"], 0)
        self.assertIn(last, figures["versions"], "the last release was never seen")
        self.assertIn(last, inside["versions"], "the last release was never seen inside")
        world.watch_over(moved)
        world.until(lambda: moved.versions() == {last}, f"only {last} answers", 90, step=1)
        world.one_live(self, moved, last)

    def test_two_replicas(self):
        moved = self.moved({"web": world.service({**QUICK, "check": ["/server", "--check"]}, deploy={"replicas": 2}), "inside": world.visiting("http://web:8000/", 40)})
        self.visitors = world.Visitors(moved, rate=RATE)
        try:
            spans = self.go(moved, DEPLOYS)
        finally:
            if self.visitors.process.poll() is None:
                print("\n".join(self.visitors.failures()[:20]))
        self.check(moved, spans, f"v{DEPLOYS}")

    def test_one_with_a_volume(self):
        moved = self.moved({"web": world.service(QUICK, volumes=["data:/data"], environment={"APP_DATA": "/data"}),
                            "inside": world.visiting("http://web:8000/", 40)}, volumes={"data": {}})
        writer = Writer(moved)
        self.addCleanup(writer.stop)
        self.visitors = world.Visitors(moved, rate=RATE)
        spans = self.go(moved, DEPLOYS)
        writer.stop()
        self.check(moved, spans, f"v{DEPLOYS}")
        self.assertEqual(writer.failures, [], moved.log())
        self.assertEqual(int(moved.get("/lines")[1]), writer.kept, "lines kept and lines there")
        print(f"volume: {writer.kept} lines said to be kept, all there")


if __name__ == "__main__":
    world.need()
    unittest.main(verbosity=2)

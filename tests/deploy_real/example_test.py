#!/usr/bin/env python3
"""examples/orbit as its users have it: `orbit vars set` of what the plan names, `orbit deploy`, an edit, `orbit rollback`.

Prints what was measured: from the end of the build until live, and from the command until the next request is answered by the
release before, with warm instances and without. TRIES (1) rollbacks of each kind. Times are told, not asserted, but for a bound
that only a broken one passes.
"""
import http.client
import json
import pathlib
import statistics
import threading
import time
import unittest
import uuid

import world

TRIES = world.number("TRIES", 1)
BOUND_SECONDS = 30
MARK = "The API of the Orbit example"


class Watcher:
    """Asks what answers, all the time, on a kept connection: (when the request was sent, which version)."""

    def __init__(self, moved, name, path, version_of):
        self.moved, self.name, self.path, self.version_of = moved, name, path, version_of
        self.url = moved.url(name)
        self.seen, self.failures, self.over = [], [], threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        connection = None
        while not self.over.is_set():
            sent = time.monotonic()
            try:
                connection = connection or self.moved.connect(self.name, url=self.url)
                connection.request("GET", self.path)
                answer = connection.getresponse()
                body = answer.read().decode()
                if answer.status == 200:
                    self.seen.append((sent, self.version_of(body)))
                else:
                    self.failures.append(f"status {answer.status}: {body[:100]}")
                if answer.will_close:
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection = None
            time.sleep(0.005)

    def stop(self):
        self.over.set()
        self.thread.join()

    def effective(self, begun, gone):
        """Seconds from `begun` until the first request after the last one that `gone` answered; None while it still does."""
        after = [(sent, version) for sent, version in self.seen if sent >= begun]
        last = max((sent for sent, version in after if version == gone), default=begun)
        first = next((sent for sent, version in after if sent > last), None)
        return None if first is None else first - begun


class Example(unittest.TestCase):
    PASSWORD = uuid.uuid4().hex

    def test_live_edited_and_rolled_back(self):
        moved = self.world_of_example()
        plan = moved.orbit("deploy", "--plan", "--json", check=False)
        needed = [json.loads(line) for line in plan.stdout.splitlines() if line.startswith("{")]
        needed = next((event for event in needed if event.get("event") == "plan"), {}).get("needed", [])
        self.assertTrue(needed, f"the plan names what it needs\n{plan.stdout[-3000:]}{plan.stderr[-2000:]}")
        refused = moved.deploy(expect=None)
        self.assertNotEqual(refused.code, 0, "known development secrets are refused")
        names = [one["name"] for one in needed if not one.get("optional")]
        moved.orbit("vars", "set", "-E", "production", *[f"{name}={self.value(name)}" for name in names])
        begun = time.monotonic()
        first = moved.deploy("--until", "live", seconds=600)
        print(f"\nset {', '.join(names)}; first deploy live after {world.span(time.monotonic() - begun)}")
        self.assertEqual(self.told(moved), "one")
        status, body = moved.get("/", "frontend")
        self.assertEqual((status, "<div id=\"root\">" in body or "<html" in body), (200, True), body[:500])
        self.assertEqual(moved.get("/health/ready", "backend")[0], 200)
        promoted = moved.orbit("promote", check=False)
        print(f"promote: {promoted.stdout.strip()[-200:]}{promoted.stderr.strip()[-200:]}")
        spans = {"live": [], "warm": [], "cold": []}
        for turn in range(TRIES):
            self.edit_and_return(moved, first.release, turn, spans)
        for what, text in (("live", "live after the end of the build"), ("warm", "rollback with warm instances, next request"),
                           ("cold", "rollback without, next request")):
            print(f"{text}: median {world.span(statistics.median(spans[what]))}, at most {world.span(max(spans[what]))}, "
                  f"{len(spans[what])} tries")
            self.assertLess(max(spans[what]), BOUND_SECONDS)

    def value(self, name):
        if name == "DATABASE_URL":
            return f"postgresql://orbit:{self.PASSWORD}@db:5432/orbit"
        if name == "POSTGRES_PASSWORD":
            return self.PASSWORD
        if name == "REDIS_URL":
            return "redis://redis:6379"
        if name == "ENV":
            return "production"
        if name.endswith("URL"):
            return "https://backend.example.org"
        return uuid.uuid4().hex * 2

    def world_of_example(self):
        moved = world.example()
        self.addCleanup(moved.close)
        self.mark(moved, "one")
        return moved

    def mark(self, moved, word):
        path = pathlib.Path(moved.folder) / "backend/app/main.py"
        text = path.read_text()
        at = text.index(MARK) + len(MARK)
        path.write_text(text[:at] + " " + word + text[text.index('"', at):])

    def version_of(self, body):
        return json.loads(body)["info"]["description"].removeprefix(MARK).strip()

    def told(self, moved):
        status, body = moved.get("/openapi.json", "backend")
        self.assertEqual(status, 200, body[:300])
        return self.version_of(body)

    def edit_and_return(self, moved, first, turn, spans):
        word = f"two{turn}"
        self.mark(moved, word)
        deployed = moved.deploy("--until", "live", seconds=300)
        built, live = deployed.at("checking", "starting", "gate"), deployed.at("live", "share", "promoted")
        self.assertTrue(built and live, deployed.told())
        spans["live"].append(live - built)
        moved.orbit("promote", check=False)
        self.back(moved, word, spans["warm"])
        # Forward again, then back when the instances of the first are gone.
        forward = moved.orbit("rollback", deployed.release, check=False)
        self.assertEqual(forward.returncode, 0, f"rollback to a newer release\n{forward.stdout}{forward.stderr}\n{moved.log()}")
        world.until(lambda: self.told(moved) == word, f"{word} answers again")
        for one in moved.containers("backend", running=False):
            if one["release"] == first:
                moved.docker("rm", "-f", one["id"])
        self.back(moved, word, spans["cold"])

    def back(self, moved, gone, spans):
        watcher = Watcher(moved, "backend", "/openapi.json", self.version_of)
        time.sleep(0.5)
        begun = time.monotonic()
        done = moved.orbit("rollback", check=False)
        took = time.monotonic() - begun
        time.sleep(1)
        watcher.stop()
        self.assertEqual(done.returncode, 0, f"{done.stdout}{done.stderr}\n{moved.log()}")
        effective = watcher.effective(begun, gone)
        self.assertIsNotNone(effective, f"{gone} still answers\n{done.stdout}{done.stderr}\n{moved.log()}")
        self.assertEqual(watcher.failures, [], "requests during the rollback")
        self.assertEqual(self.told(moved), "one")
        print(f"rollback: effective after {world.span(effective)}, the command took {world.span(took)}")
        spans.append(effective)


if __name__ == "__main__":
    world.need("postgres:15-alpine", "redis:7-alpine", "python:3.11-slim", "node:20-alpine", "nginx:alpine")
    unittest.main(verbosity=2)

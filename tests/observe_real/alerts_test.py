#!/usr/bin/env python3
"""Alerts for real: a small service behind the edge is driven over rows of the table; people are told, and told when it is
over. Receivers fail, are slow and state when to come back; the daemon is killed between a send and its answer."""
import json
import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "deploy_real")]

import receivers  # noqa: E402
import traffic  # noqa: E402
import world  # noqa: E402

RATE = world.number("RATE", 40)
ALL = world.number("ROWS", "") == "all"
QUICK = {"share": 50, "pace": "2s", "watch": "1s", "warm": "2s"}
KEY = "a key of the test"


def deployed(test, alerts, objectives=None, variables=(), **web):
    """A home with one service deployed that tells whom `alerts` names. `web`: more of its x-orbit."""
    place = world.World({"web": world.service(QUICK, x=web)},
                        top={"x-orbit": {"alerts": alerts, "objectives": objectives or {}}})
    test.addCleanup(place.close)
    for name, value in variables:
        place.orbit("vars", "set", f"{name}={value}")
    place.deploy("--until", "live")
    return place


def incidents(place):
    return place.rows("incidents")


def told(receiver, event):
    return [one for one in receiver.bodies() if one["type"] == f"incident.{event}"]


class Rows(unittest.TestCase):
    def setUp(self):
        self.hook = receivers.Receiver()
        self.addCleanup(self.hook.close)
        self.place = deployed(self, {"receivers": {"ops": {"webhook": self.hook.url + "/hook", "secret": "${HOOK_KEY}",
                                                           "allow_private": True}}},
                              variables=[("HOOK_KEY", KEY)])
        self.visitors = traffic.Traffic(self.place, rate=RATE)
        self.addCleanup(self.visitors.stop)

    def raise_and_resolve(self, rule, share, path):
        began = time.time()
        self.visitors.go_bad(share, path)
        opened = world.until(lambda: told(self.hook, "opened"), f"the webhook hears of {rule}", 150, 0.5,
                             lambda: self.explain())
        after = self.hook.requests[0]["at"] - began
        self.assertLess(after, 120, "told within two minutes")
        self.assertIn(rule, opened[0]["data"]["title"])
        request = self.hook.requests[0]
        headers = {name.lower(): value for name, value in request["headers"].items()}
        self.assertEqual(headers["webhook-signature"], receivers.signature_of(request, KEY))
        row = incidents(self.place)[0]
        self.assertEqual(row["state"], "open")
        self.assertIn(row["id"], self.place.orbit("status").stdout)
        self.assertIn(rule, self.place.orbit("alerts").stdout)
        self.visitors.go_well()
        well = time.time()
        over = world.until(lambda: told(self.hook, "resolved"), "the webhook hears that it is over", 400, 0.5,
                           lambda: self.explain())
        print(f"\n{rule}: told after {after:.0f} s, over {time.time() - well:.0f} s after it was well", flush=True)
        self.assertEqual(over[0]["data"]["incident"], opened[0]["data"]["incident"])
        self.assertEqual(len(self.hook.requests), 2, "one notice each, and no other")
        self.assertEqual(incidents(self.place)[0]["state"], "resolved")

    def explain(self):
        return "\n".join([str(self.visitors.statuses), self.place.orbit("alerts", "--all").stdout,
                          self.place.orbit("objectives").stdout, self.place.log()])

    def test_errors(self):
        self.raise_and_resolve("errors", 0.05, "/via?nowhere")

    @unittest.skipUnless(ALL, "the long form")
    def test_latency_p50(self):
        self.raise_and_resolve("latency_p50", 0.9, "/slow?300")

    @unittest.skipUnless(ALL, "the long form")
    def test_latency_p99(self):
        self.raise_and_resolve("latency_p99", 0.05, "/slow?1200")


class NobodyAsks(unittest.TestCase):
    """A service without a visitor that stops to answer: Orbit's own requests by the public name tell."""

    @unittest.skipUnless(ALL, "the long form")
    def test_uptime(self):
        hook = receivers.Receiver()
        self.addCleanup(hook.close)
        place = deployed(self, {"receivers": {"ops": {"webhook": hook.url, "allow_private": True}}})
        requests = place.status()["web"]["requests"]
        explain = lambda: place.orbit("alerts", "--all").stdout + place.log()  # noqa: E731
        ids = [one["id"] for one in place.containers("web")]
        for one in ids:
            place.docker("pause", one)
        began = time.time()
        opened = world.until(lambda: told(hook, "opened"), "the webhook hears of it", 150, 0.5, explain)
        after = time.time() - began
        self.assertLess(after, 120)
        self.assertRegex(str(opened[0]), "does not answer")
        for one in ids:
            place.docker("unpause", one)
        well = time.time()
        world.until(lambda: told(hook, "resolved"), "the webhook hears that it is over", 400, 0.5, explain)
        print(f"\nprobe: told after {after:.0f} s, over {time.time() - well:.0f} s after it was well", flush=True)
        self.assertEqual(place.status()["web"]["requests"], requests, "Orbit's own requests count in no rate")
        self.assertRegex(place.orbit("objectives").stdout, "uptime")


class Pages(unittest.TestCase):
    """LCP by the beacons that pages send, as a browser does when a page is left."""

    @unittest.skipUnless(ALL, "the long form")
    def test_lcp(self):
        hook = receivers.Receiver()
        self.addCleanup(hook.close)
        place = deployed(self, {"receivers": {"ops": {"webhook": hook.url, "allow_private": True}}}, vitals=True)
        visitors = traffic.Traffic(place, rate=4)
        self.addCleanup(visitors.stop)

        def view(ms):
            text = f"1 r1 /orders/81723\nLCP {ms} navigate\nCLS 0.02 navigate\n"
            self.assertEqual(visitors.post("/.well-known/orbit/vitals", text), 204)

        def viewing(ms):
            view(ms)
            return told(hook, "opened" if ms > 2500 else "resolved")

        def explain():
            return "\n".join([place.orbit("alerts", "--all").stdout, place.orbit("objectives").stdout, place.log()])

        for _ in range(15):
            view(900)
        began = time.time()
        opened = world.until(lambda: viewing(3200), "the webhook hears of lcp", 150, 1, explain)
        self.assertLess(hook.requests[0]["at"] - began, 120, "told within two minutes")
        self.assertIn("lcp", opened[0]["data"]["title"])
        self.assertIn("lcp", place.orbit("objectives").stdout)
        world.until(lambda: viewing(800), "the webhook hears that it is over", 200, 1, explain)
        self.assertEqual(len(hook.requests), 2, "one notice each, and no other")


class Receivers(unittest.TestCase):
    """What each kind is sent, and what its answers mean: by the test button."""

    def tried(self, name, delivered):
        done = self.place.orbit("alerts", "test", name, check=False)
        said = done.stdout + done.stderr
        self.assertEqual(done.returncode == 0, delivered, said)
        return said

    def test_each_kind(self):
        slack, ntfy = receivers.Slack(), receivers.Ntfy()
        moved = receivers.Receiver(usual=(302, {"Location": "http://127.0.0.1:1/"}, "", 0))
        slow = receivers.Receiver(usual=(200, {}, "late", 13))
        for one in (slack, ntfy, moved, slow):
            self.addCleanup(one.close)
        kinds = {"slack": {"slack": slack.url + "/services/T/B/x", "allow_private": True},
                 "ntfy": {"ntfy": ntfy.url + "/orbit", "token": "${TOKEN}", "allow_private": True},
                 "moved": {"webhook": moved.url, "allow_private": True},
                 "slow": {"webhook": slow.url, "allow_private": True},
                 "private": {"webhook": slack.url},
                 "absent": {"command": ["/missing/program"]},
                 "nobody": {"webhook": "http://127.0.0.1:1/", "allow_private": True}}
        mail = receivers.Mail() if receivers.Mail.possible() else None
        if mail:
            self.addCleanup(mail.close)
            kinds["mail"] = {"email": "ops@example.test", "from": "orbit@example.test", "password": "${SMTP_PASSWORD}",
                             "smtp": f"smtp://{mail.user}@localhost:{mail.port}", "ca": str(mail.ca), "allow_private": True}
            kinds["wrong"] = {**kinds["mail"], "password": "${TOKEN}"}
        self.place = deployed(self, {"receivers": kinds}, variables=[("TOKEN", "tk-secret"), ("SMTP_PASSWORD", receivers.Mail.password)])
        self.tried("slack", True)
        self.assertIn("429", self.tried("slack", False), "a second within a second is one too many")
        self.tried("ntfy", True)
        self.assertEqual({k.lower(): v for k, v in ntfy.requests[0]["headers"].items()}["authorization"], "Bearer tk-secret")
        self.assertEqual(json.loads(ntfy.requests[0]["body"])["topic"], "orbit")
        self.assertIn("redirects", self.tried("moved", False))
        began = time.monotonic()
        self.tried("slow", False)
        self.assertLess(time.monotonic() - began, 13)
        self.assertIn("allow_private", self.tried("private", False))
        self.tried("absent", False)
        self.tried("nobody", False)
        if mail:
            self.tried("mail", True)
            message = world.until(mail.messages, "the mail is in its box", 20)[0]
            self.assertIn("[test]", message["Subject"])
            self.assertIn("orbit.invalid", message["Message-ID"])
            self.assertIn("nothing has happened", message.get_payload(decode=True).decode())
            self.assertIn("535", self.tried("wrong", False))
        else:
            print("no Exim here: mail was not tried", flush=True)
        kept = self.place.log(1 << 20)
        for secret in ("tk-secret", receivers.Mail.password):
            self.assertNotIn(secret, kept)


class Journal(unittest.TestCase):
    """No notice is lost and none repeated, whatever receivers and the daemon do."""

    def test_failing_receivers_and_a_killed_daemon(self):
        limited = receivers.Receiver([(429, {"Retry-After": "3"}, "", 0), (500, {}, "oops", 0)])
        gone = receivers.Receiver(usual=(404, {}, "no_service", 0))
        held = receivers.Receiver([(200, {}, "ok", 8)])
        for one in (limited, gone, held):
            self.addCleanup(one.close)
        kinds = {name: {"webhook": one.url, "allow_private": True} for name, one in
                 (("limited", limited), ("gone", gone), ("held", held))}
        place = deployed(self, {"receivers": kinds, "rules": {"busy": {"metric": "requests_per_minute", "above": 60, "for": "1s"}}})
        visitors = traffic.Traffic(place, rate=RATE)
        self.addCleanup(visitors.stop)

        def explain():
            return "\n".join([place.orbit("alerts", "--all", check=False).stdout, place.log()])

        world.until(lambda: held.requests, "the receiver that holds its answer is asked", 150, 0.05, explain)
        world.until(lambda: limited.requests, "so is the one that states a time", 10, 0.05, explain)
        time.sleep(1)  # that answer is on disk; the held one is not given yet
        place.kill9("daemon")
        world.until(lambda: len(held.requests) >= 2, "it is asked once more by the next daemon", 90, 0.5, explain)
        world.until(lambda: told(limited, "opened"), "who stated a time is told after it", 90, 0.5, explain)
        self.assertEqual([one["status"] for one in limited.requests[:3]], [429, 500, 200])
        self.assertGreaterEqual(limited.requests[1]["at"] - limited.requests[0]["at"], 3)
        world.until(lambda: told(limited, "undelivered"), "the others hear of who did not", 60, 0.5, explain)
        place.kill9("daemon")
        time.sleep(15)
        for one, name in ((limited, "limited"), (held, "held")):
            seen = [(body["data"]["id"], body["type"]) for body in one.bodies()]
            most = 2 if name == "held" else 1
            for each in set(seen):
                self.assertLessEqual(seen.count(each), most, f"{name}: {seen}")
        self.assertEqual(len([1 for one in gone.requests if "opened" in one["body"]]), 1, "what refused is not asked again")
        self.assertIn("parked", place.orbit("alerts").stdout)
        self.assertEqual(len(incidents(place)), 1)


if __name__ == "__main__":
    world.need()
    unittest.main(verbosity=2)

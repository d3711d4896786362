#!/usr/bin/env python3
"""orbit deploy and its kin against a scripted daemon: what is sent, what is drawn, what a workflow gets, the exit status,
and what becomes of a deploy whose terminal or daemon goes away. Usage: deploy_test.py <orbit>"""
import json
import os
import subprocess
import threading
import unittest

import terminal_test

RESULT = {"group": 12, "release": "r12", "stage": "promoted", "summary": "r12 is promoted: 412 requests, 0 failed",
          "live": ["r12"], "urls": [{"service": "web", "url": "https://web.production.shop.localhost"}]}
NUMBERS = {"web": {"release": "r12", "beside": "r11", "verdict": "not enough yet",
                   "new": {"requests": 40, "failed": 0, "p50Ms": 4, "p99Ms": 38},
                   "old": {"requests": 360, "failed": 0, "p50Ms": 4, "p99Ms": 36}}}


def end(call, outcome="ok", **fields):
    call.event("result", outcome=outcome, elapsedMs=1, **{**RESULT, **fields})
    call.handler.wfile.write(b"0\r\n\r\n")


def ending(outcome="ok", **fields):
    def reply(call):
        call.begin()
        call.event("stage", stage="building", service="web", text="")
        end(call, outcome, **fields)
    return reply


class Deploy(unittest.TestCase):
    setUp = terminal_test.Terminal.setUp
    tearDown = terminal_test.Terminal.tearDown
    write = terminal_test.Terminal.write
    on_pipes = terminal_test.Terminal.on_pipes
    on_terminal = terminal_test.Terminal.on_terminal

    def git(self, *words):
        return subprocess.run(["git", "-c", "user.name=Ann", "-c", "user.email=ann@example.com", *words], cwd=self.folder,
                              check=True, env=self.environment, capture_output=True, text=True).stdout.strip()

    def commit(self):
        self.git("init", "-q", "-b", "main")
        self.git("add", ".")
        self.git("commit", "-q", "-m", "fix the total")
        return self.git("rev-parse", "HEAD")

    def sent(self, number=-1):
        return self.daemon.calls[number].body

    def test_sends_where_it_comes_from(self):
        self.daemon.answers["/v1/deploy"] = ending()
        commit = self.commit()
        self.assertEqual(self.on_pipes("deploy", "web", "--force", "-E", "staging").returncode, 0)
        body = self.sent()
        self.assertEqual(body["source"], {"commit": commit, "message": "fix the total", "author": "Ann", "branch": "main",
                                          "dirty": False})
        self.assertEqual((body["environment"], body["options"]), ("staging", {"services": ["web"], "force": True}))
        self.write("compose.yaml", "services: {db: {image: 'redis:8'}}\n")
        self.assertEqual(self.on_pipes("deploy", "--commit", commit[:10]).returncode, 0)
        self.assertTrue(self.sent()["source"]["dirty"])

    def test_another_commit_than_the_one_named_is_refused(self):
        commit = self.commit()
        done = self.on_pipes("deploy", "--commit", "0123456789abcdef")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"but {commit[:12]} is checked out here", done.stderr.decode())
        self.assertEqual(self.daemon.targets(), [])
        self.assertEqual(self.on_pipes("deploy", "--commit", "main").returncode, 2)

    def test_without_git_it_deploys_all_the_same(self):
        self.daemon.answers["/v1/deploy"] = ending()
        self.environment["PATH"] = "/nonexistent"
        self.assertEqual(self.on_pipes("deploy", "--commit", "0123456789abcdef").returncode, 0)
        self.assertEqual(self.sent()["source"]["commit"], "0123456789abcdef")

    def test_exit_statuses(self):
        ends = [(0, "ok", "promoted"), (0, "ok", "live"), (3, "failed", "failed"), (4, "failed", "taken back"),
                (5, "cancelled", "cancelled"), (5, "cancelled", "superseded")]
        for status, outcome, stage in ends:
            self.daemon.answers["/v1/deploy"] = ending(outcome, stage=stage)
            self.assertEqual(self.on_pipes("deploy").returncode, status, stage)
        def refused(call):
            call.begin()
            call.event("problem", code="invalid", message="a variable is not set for production: SECRET_KEY",
                       hint="orbit vars set SECRET_KEY=…")
            call.end("failed")
        self.daemon.answers["/v1/deploy"] = refused
        done = self.on_pipes("deploy")
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn("orbit vars set SECRET_KEY=", done.stderr.decode())

    def test_a_workflow_gets_one_line_and_its_outputs(self):
        summary, outputs = (os.path.join(self.temporary.name, name) for name in ("summary", "outputs"))
        self.environment.update(GITHUB_STEP_SUMMARY=summary, GITHUB_OUTPUT=outputs)
        self.daemon.answers["/v1/deploy"] = ending()
        done = self.on_pipes("deploy")
        line = ("r12 is promoted: 412 requests, 0 failed  https://web.production.shop.localhost  undo: orbit rollback")
        self.assertEqual(done.stdout.decode(), line + "\n")
        self.assertEqual(done.stderr.decode(), " web building\n")
        with open(summary) as file:
            self.assertIn(line, file.read())
        with open(outputs) as file:
            self.assertEqual(file.read(), "release=r12\nstage=promoted\nurl=https://web.production.shop.localhost\n")

    def test_a_failure_says_what_is_live(self):
        def failing(call):
            call.begin()
            call.event("stage", stage="failed", service="web", text="",
                       problem={"code": "timeout", "message": "/health answered 500 for 5 s", "hint": ""}, log=["no database"])
            end(call, "failed", stage="failed", summary="r13 failed at the gate", live=["r12"])
        self.daemon.answers["/v1/deploy"] = failing
        done = self.on_pipes("deploy")
        self.assertEqual(done.returncode, 3)
        self.assertIn("web: /health answered 500 for 5 s", done.stderr.decode())
        self.assertIn("| no database", done.stderr.decode())
        self.assertEqual(done.stdout.decode(), "r13 failed at the gate. What is live is unchanged: r12\n")

    def test_events_as_json_lines(self):
        self.daemon.answers["/v1/deploy"] = ending()
        events = [json.loads(line) for line in self.on_pipes("deploy", "--json").stdout.splitlines()]
        self.assertEqual([event["event"] for event in events], ["stage", "result"])
        self.assertEqual(events[-1]["release"], "r12")

    def test_the_table_of_a_terminal(self):
        def deploy(call):
            call.begin()
            call.event("stage", stage="building", service="web", text="")
            call.event("stage", stage="live", service="", text="web: 40 requests", numbers=NUMBERS)
            self.go.wait(20)
            call.event("stage", stage="promoted", service="", text="enough was seen", numbers=NUMBERS)
            end(call)
        self.go = threading.Event()
        self.daemon.answers["/v1/deploy"] = deploy
        terminal = self.on_terminal("deploy", columns=110)
        terminal.until("40 requests, 0 failed, p99 38 ms (r11: 360, 0 failed, p99 36 ms)")
        self.go.set()
        status, restored = terminal.finish()
        self.assertEqual((status, restored), (0, True))
        shown = terminal.output.decode()
        self.assertIn("Undo: orbit rollback", shown)
        self.assertIn("https://web.production.shop.localhost", shown)

    def test_ctrl_c_leaves_the_deploy_to_itself(self):
        def deploy(call):
            call.begin()
            call.event("stage", stage="building", service="web", text="")
            call.wait_until_gone()
        self.daemon.answers["/v1/deploy"] = deploy
        terminal = self.on_terminal("deploy", "-E", "staging")
        terminal.until("building")
        terminal.type(b"\x03")
        self.assertEqual(terminal.finish(), (terminal_test.INTERRUPTED, True))
        self.assertIn("orbit deploy --cancel -E staging", terminal.output.decode())

    def test_detach_returns_when_it_has_begun(self):
        def deploy(call):
            call.begin()
            call.event("stage", stage="queued", service="", text="")
            call.wait_until_gone()
        self.daemon.answers["/v1/deploy"] = deploy
        done = self.on_pipes("deploy", "--detach")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("orbit deploy --follow", done.stderr.decode())

    def test_a_daemon_that_goes_away_is_followed_again(self):
        def deploy(call):
            call.begin()
            call.event("stage", stage="live", service="", text="r12 is live")
            call.handler.wfile.flush()
            call.handler.connection.close()
            call.handler.close_connection = True
        self.daemon.answers["/v1/deploy"] = deploy
        self.daemon.answers["/v1/deploy/follow"] = ending()
        done = self.on_pipes("deploy", "--until", "settled")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.daemon.targets(), ["/v1/deploy", "/v1/deploy/follow"])
        self.assertEqual(self.sent()["until"], "settled")

    def test_a_daemon_that_ends_is_followed_into_the_next(self):
        self.daemon.answers["/v1/deploy"] = ending("cancelled", stage="building")
        self.daemon.answers["/v1/deploy/follow"] = ending()
        self.assertEqual(self.on_pipes("deploy").returncode, 0)
        self.assertEqual(self.daemon.targets(), ["/v1/deploy", "/v1/deploy/follow"])

    def test_plan_names_the_commits(self):
        first = self.commit()
        self.write("more", "x")
        self.git("add", ".")
        self.git("commit", "-q", "-m", "a faster cart")
        def plan(call):
            call.begin()
            call.event("plan", project="shop", environment="production", first=False, services=[], changes=[], notes=[],
                       needed=[], secrets=[], live={"release": "r11", "source": {"commit": first}})
            call.end()
        self.daemon.answers["/v1/deploy/plan"] = plan
        shown = self.on_pipes("deploy", "--plan").stdout.decode()
        self.assertIn("a faster cart (Ann)", shown)
        self.assertNotIn("fix the total", shown)
        told = json.loads(self.on_pipes("deploy", "--plan", "--json").stdout)
        self.assertEqual((told["event"], len(told["commits"])), ("plan", 1))

    def test_ending_an_environment_asks_for_its_name(self):
        self.daemon.answers["/v1/environment/remove"] = lambda call: (call.begin(), end(call))
        done = self.on_pipes("down", "-E", "staging", "-v")
        self.assertEqual((done.returncode, self.daemon.targets()), (1, []))
        self.assertIn("--yes", done.stderr.decode())
        terminal = self.on_terminal("down", "-E", "staging")
        terminal.until("Type its name")
        terminal.type(b"production\n")
        self.assertEqual(terminal.finish()[0], 1)
        self.assertEqual(self.daemon.targets(), [])
        terminal = self.on_terminal("down", "-E", "staging", "-v")
        terminal.until("Type its name")
        terminal.type(b"staging\n")
        self.assertEqual(terminal.finish()[0], 0)
        self.assertEqual((self.sent()["environment"], self.sent()["volumes"]), ("staging", True))
        self.assertEqual(self.on_pipes("down", "-E", "staging", "--yes").returncode, 0)

    def test_listings_ask_by_the_projects_name(self):
        asked = []

        def name(call):
            call.begin()
            call.event("result", outcome="ok", elapsedMs=1, project="shop")
            call.handler.wfile.write(b"0\r\n\r\n")

        def status(call):
            asked.append(call.handler.path)
            call.plain({"rows": [{"name": "web", "url": "https://web.production.shop.localhost", "release": "r12"}]})
        self.daemon.answers["/v1/project"] = name
        self.daemon.answers["/v1/status"] = status
        self.daemon.answers["/v1/releases"] = lambda call: call.plain({"releases": [{"release": "r12"}]})
        self.assertEqual(self.on_pipes("open", "web").stdout, b"https://web.production.shop.localhost\n")
        self.assertEqual(asked, ["/v1/status?project=shop&environment=production"])
        self.assertEqual(json.loads(self.on_pipes("releases", "--json").stdout), [{"release": "r12"}])
        rows = json.loads(self.on_pipes("status", "--json").stdout)
        self.assertEqual(rows[0]["name"], "web")


if __name__ == "__main__":
    unittest.main(verbosity=0)

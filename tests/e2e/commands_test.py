#!/usr/bin/env python3
"""The commands of a day's work on a real engine: up, ps, logs, exec, run, restart, stop, start, down, server stop."""
import os
import pty
import signal
import subprocess
import threading
import unittest

import bench


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bench = bench.Bench()
        cls.bench.orbit("up", "-d")

    @classmethod
    def tearDownClass(cls):
        cls.bench.close()

    def orbit(self, *words, **options):
        return self.bench.orbit(*words, **options)

    def test_up_leaves_everything_running_and_healthy(self):
        rows = {row["Service"]: row for row in self.bench.rows()}
        self.assertEqual(sorted(rows), ["cache", "db", "web"])
        self.assertEqual({row["State"] for row in rows.values()}, {"running"})
        p = self.bench.project
        self.assertEqual(self.bench.everything(),
                         sorted([f"{p}-cache-1", f"{p}-db-1", f"{p}-web-1", f"{p}_data", f"{p}_default"]))

    def test_a_second_up_changes_nothing(self):
        before = sorted(self.bench.containers())
        self.orbit("up", "-d")
        self.assertEqual(sorted(self.bench.containers()), before)

    def test_logs_of_all_in_order(self):
        out = self.orbit("logs").stdout
        self.assertIn("web is up", out)
        self.assertIn("database system is ready", out)
        self.assertIn("web is up", self.orbit("logs", "--tail", "5", "web").stdout)
        self.assertNotIn("web is up", self.orbit("logs", "db").stdout)

    def test_followed_logs_go_on_through_a_restart(self):
        with self.bench.start("logs", "-f", "--tail", "1", "web") as follow:
            lines = []
            reader = threading.Thread(target=lambda: lines.extend(follow.stdout))
            reader.start()
            try:
                bench.wait_until(lambda: len(lines) == 1, what="the follower's first line")
                self.orbit("restart", "-t", "1", "web", "cache")
                bench.wait_until(lambda: sum("web is up" in line for line in lines[1:]) == 1, what="the new line")
            finally:
                follow.send_signal(signal.SIGINT)
                reader.join()
        self.assertEqual(sum("web is up" in line for line in lines[1:]), 1, lines)

    def test_exec_passes_input_output_and_status(self):
        done = self.orbit("exec", "-T", "cache", "sh", "-c", "cat; echo err >&2; exit 7", input="one\ntwo\n", check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (7, "one\ntwo\n", "err\n"))
        big = self.orbit("exec", "-T", "cache", "sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x")
        self.assertEqual(len(big.stdout), 3_000_000)
        self.assertIn("(1 row)", self.orbit("exec", "-T", "db", "psql", "-U", "postgres", "-c", "select 1").stdout)

    def test_exec_on_a_terminal_has_its_size(self):
        master, slave = pty.openpty()
        import fcntl, struct, termios  # noqa: E401
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 111, 0, 0))
        command = "for i in 1 2 3 4 5 6 7 8 9; do stty size | grep -q '33 111' && break; sleep 0.2; done; stty size"
        with subprocess.Popen([bench.ORBIT, "exec", "cache", "sh", "-c", command], cwd=self.bench.folder,
                              env=self.bench.env, stdin=slave, stdout=slave, stderr=slave,
                              start_new_session=True) as process:
            os.close(slave)
            text = b""
            try:
                while chunk := os.read(master, 1000):
                    text += chunk
            except OSError:
                pass  # the terminal is closed when its last user ends
            self.assertEqual(process.wait(), 0, text)
        os.close(master)
        self.assertIn(b"33 111", text)

    def test_exec_errors_teach(self):
        done = self.orbit("exec", "-T", "cahce", "true", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("cache", done.stderr)
        self.assertIn(self.orbit("exec", "-T", "cache", "nosuch", check=False).returncode, (126, 127))

    def test_run_creates_and_removes(self):
        before = sorted(self.bench.containers())
        done = self.orbit("run", "--rm", "-T", "cache", "sh", "-c", "cat; exit 5", input="hello\n", check=False)
        self.assertEqual((done.returncode, done.stdout), (5, "hello\n"), done.stderr)
        bench.wait_until(lambda: sorted(self.bench.containers()) == before, 10, "the one-off to be gone")

    def test_run_of_a_caller_who_dies_leaves_nothing(self):
        before = sorted(self.bench.containers())
        with self.bench.start("run", "--rm", "-T", "cache", "sleep", "1000", stdin=subprocess.DEVNULL) as process:
            bench.wait_until(lambda: len(self.bench.labelled("ps", "-q")) > len(before), what="the one-off to run")
            process.kill()
            process.communicate()
        # `sleep` ignores SIGTERM, so ten seconds of grace are among these.
        bench.wait_until(lambda: sorted(self.bench.containers()) == before, 60, "the one-off to be gone", self.bench.log)

    def test_stop_and_start(self):
        self.orbit("stop", "-t", "1", "web")
        self.assertEqual([row["State"] for row in self.bench.rows("-a", "web")], ["exited"])
        self.orbit("start", "web")
        self.assertEqual([row["State"] for row in self.bench.rows("web")], ["running"])


class Ends(unittest.TestCase):
    """What changes the whole project, each on one of its own."""

    COMPOSE = "services:\n  cache: {image: 'redis:7-alpine', volumes: ['data:/data']}\nvolumes: {data: {}}\n"

    def setUp(self):
        self.bench = bench.Bench(self.COMPOSE)
        self.addCleanup(self.bench.close)

    def test_down_keeps_volumes_until_asked(self):
        self.bench.orbit("up", "-d")
        self.bench.orbit("down")
        self.assertEqual(self.bench.everything(), [f"{self.bench.project}_data"])
        self.bench.orbit("down", "-v")
        self.assertEqual(self.bench.everything(), [])

    def test_an_interrupted_up_is_completed_by_the_next(self):
        with self.bench.start("up") as process:
            bench.wait_until(lambda: self.bench.containers(), what="the container")
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
        self.bench.orbit("up", "-d")
        self.assertEqual(len(self.bench.rows()), 1)

    def test_server_stop_all_takes_everything_down(self):
        self.bench.orbit("up", "-d")
        self.assertNotEqual(self.bench.daemon(), 0)
        self.bench.orbit("server", "stop", "--all")
        bench.wait_until(lambda: self.bench.daemon() == 0, 15, "the daemon to end")
        self.assertEqual(self.bench.containers(), [])
        self.assertEqual(self.bench.networks(), [])

    def test_server_stop_keeps_containers_and_the_next_command_finds_them(self):
        self.bench.orbit("up", "-d")
        self.bench.orbit("server", "stop")
        bench.wait_until(lambda: self.bench.daemon() == 0, 15, "the daemon to end")
        self.assertEqual(len(self.bench.rows()), 1)


if __name__ == "__main__":
    bench.need_engine("postgres:15-alpine", "redis:7-alpine", "python:3.11-slim")
    unittest.main(verbosity=1)

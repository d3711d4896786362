#!/usr/bin/env python3
"""orbit on a pseudo terminal and on pipes, against a scripted daemon: what it draws, what Ctrl-C does, what exec passes
on, and that the terminal is always as it was before. Usage: terminal_test.py <orbit>"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

from scripted_daemon import ScriptedDaemon

ORBIT = os.path.abspath(sys.argv.pop(1))
DEADLINE_S = 20
INTERRUPTED = 130


class OnTerminal:
    """A process on a pseudo terminal of its own."""

    def __init__(self, arguments, environment, folder, columns=90, lines=24):
        self.master, slave = pty.openpty()
        self.resize(columns, lines)
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.output = b""

        def own_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen([ORBIT, *arguments], stdin=slave, stdout=slave, stderr=slave, cwd=folder,
                                        env=environment, preexec_fn=own_terminal)

    def resize(self, columns, lines):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, keys):
        os.write(self.master, keys)

    def pump(self, span):
        """Reads what comes within that many seconds. Whether something did."""
        ready, _, _ = select.select([self.master], [], [], span)
        try:
            read = os.read(self.master, 65536) if ready else b""
        except OSError:
            return False
        self.output += read
        return bool(read)

    def until(self, wanted):
        wanted = wanted.encode() if isinstance(wanted, str) else wanted
        end = time.monotonic() + DEADLINE_S
        while wanted not in self.output:
            if time.monotonic() > end:
                raise AssertionError(f"{wanted!r} did not come; output: {self.output!r}")
            self.pump(0.1)

    def finish(self):
        end = time.monotonic() + DEADLINE_S
        while self.process.poll() is None:
            if time.monotonic() > end:
                self.process.kill()
                raise AssertionError(f"still running; output: {self.output!r}")
            self.pump(0.05)
        after = termios.tcgetattr(self.slave)
        os.close(self.slave)
        # The kernel brings the last output a little later than the process's end; behind it is an error.
        while self.pump(max(0, end - time.monotonic())):
            pass
        os.close(self.master)
        return self.process.returncode, after == self.before


class Terminal(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = os.path.join(self.temporary.name, "shop")
        home = os.path.join(self.temporary.name, "home")
        os.makedirs(self.folder)
        self.write("compose.yaml", "services: {db: {image: 'redis:${TAG}'}}\n")
        self.environment = {"PATH": os.environ["PATH"], "HOME": home, "ORBIT_HOME": home, "TERM": "xterm",
                            "LANG": "C.UTF-8", "TAG": "7"}
        version = subprocess.run([ORBIT, "--version"], env=self.environment, capture_output=True, text=True, check=True)
        self.daemon = ScriptedDaemon(home, version.stdout.split()[1])

    def tearDown(self):
        self.daemon.close()
        self.temporary.cleanup()

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(text)

    def on_pipes(self, *arguments, stdin=b""):
        return subprocess.run([ORBIT, *arguments], cwd=self.folder, env=self.environment, input=stdin,
                              capture_output=True, timeout=DEADLINE_S)

    def on_terminal(self, *arguments, **size):
        return OnTerminal(arguments, self.environment, self.folder, **size)

    def answer(self, target, events):
        """`events(call)` tells the events; the result follows."""

        def reply(call):
            call.begin()
            call.end(events(call) or "ok")

        self.daemon.answers[target] = reply

    # --- vars

    def variables(self):
        def told(call):
            for name in call.body["variables"]:
                call.event("variable", name=name, secret=call.body["secret"], version=1, environment="production")

        self.answer("/v1/vars/set", told)

    def test_a_secret_is_typed_unseen(self):
        self.variables()
        screen = self.on_terminal("vars", "set", "DB_PASSWORD")
        screen.until("Value of DB_PASSWORD (not shown): ")
        screen.type(b"hush-hush\x7fh\r")
        status, restored = screen.finish()
        self.assertEqual((status, restored), (0, True), screen.output)
        self.assertNotIn(b"hush", screen.output)
        self.assertIn("secret, version 1", screen.output.decode())
        self.assertIn("Takes effect at the next deploy: orbit deploy", screen.output.decode())
        body = self.daemon.calls[-1].body
        self.assertEqual((body["variables"], body["secret"]), ({"DB_PASSWORD": "hush-hush"}, True))
        self.assertEqual(body["environment"], "production")

    def test_a_secret_is_not_typed_after_all(self):
        screen = self.on_terminal("vars", "set", "A", "B")
        screen.until("Value of A")
        screen.type(b"x\r")
        screen.until("Value of B")
        screen.type(b"y\x03")
        self.assertEqual(screen.finish(), (INTERRUPTED, True))
        self.assertEqual(self.daemon.targets(), [])

    def test_pasted_lines_do_not_become_commands(self):
        screen = self.on_terminal("vars", "set", "KEY")
        screen.until("Value of KEY")
        screen.type(b"-----BEGIN-----\rrm -rf x\r")
        self.assertEqual(screen.finish(), (1, True))
        self.assertIn("orbit vars set NAME < FILE", screen.output.decode())
        self.assertEqual(self.daemon.targets(), [])

    def test_values_from_standard_input(self):
        self.variables()
        pem = b"-----BEGIN KEY-----\nMII=\n-----END KEY-----\n"
        for given, taken in ((pem, pem.decode()), (b"s3cret\n", "s3cret")):
            done = self.on_pipes("vars", "set", "KEY=-", "LEVEL=1", "-E", "staging", stdin=given)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn(b"s3cret", done.stdout + done.stderr)
            self.assertIn(b"orbit deploy -E staging", done.stderr)
            self.assertEqual(self.daemon.calls[-1].body["variables"], {"KEY": taken, "LEVEL": "1"})
        calls = len(self.daemon.calls)
        for arguments, told in ((["A", "B"], b"one by one"), (["A"], b"is empty")):
            done = self.on_pipes("vars", "set", *arguments)
            self.assertEqual(done.returncode, 1)
            self.assertIn(told, done.stderr)
        self.assertEqual(len(self.daemon.calls), calls)

    def test_imports_a_dotenv_file(self):
        self.variables()
        self.write(".env.production", "# keys\nexport A=1\nB=\"two\\nlines\"\nC=${TAG}-${A}\n")
        done = self.on_pipes("vars", "import", ".env.production", "--service", "db")
        self.assertEqual(done.returncode, 0, done.stderr)
        body = self.daemon.calls[-1].body
        self.assertEqual(body["variables"], {"A": "1", "B": "two\nlines", "C": "7-1"})
        self.assertEqual((body["secret"], body["service"]), (True, "db"))
        self.write("broken.env", "A=1\nNO_VALUE\n")
        done = self.on_pipes("vars", "import", "broken.env")
        self.assertEqual(done.returncode, 1)
        self.assertIn("broken.env:2", done.stderr.decode())

    # --- up

    def test_plain_lines_without_a_terminal(self):
        def up(call):
            call.step("db", "creating")
            call.step("db", "started")

        self.answer("/v1/up", up)
        done = self.on_pipes("up", "-d")
        self.assertEqual((done.returncode, done.stdout), (0, b""))
        self.assertEqual(done.stderr.decode(), " Container shop-db-1  Creating\n Container shop-db-1  Started\n")
        snapshot = self.daemon.calls[0].body["snapshot"]
        self.assertEqual(snapshot["variables"]["TAG"], "7")
        self.assertEqual(snapshot["files"][os.path.join(self.folder, "compose.yaml")]["kind"], "text")
        self.assertEqual(self.daemon.targets(), ["/v1/up"])

    def test_adds_what_is_needed_and_packs_contexts(self):
        web = os.path.join(self.folder, "web")
        os.makedirs(web)
        self.write("web/Dockerfile", "FROM scratch\n")
        env = os.path.join(self.folder, "web.env")
        self.write("web.env", "A=$SECRET\n")

        def up(call):
            if env not in call.body["snapshot"]["files"]:
                call.event("need", files=[env], variables=["OTHER"], contexts=[])
                return "need"
            if "contexts" not in call.body:
                context = {"service": "web", "folder": web, "dockerfile": "Dockerfile", "dockerfileInline": ""}
                call.event("need", files=[], variables=[], contexts=[context])
                return "need"

        self.answer("/v1/up", up)
        self.daemon.answers["/v1/contexts"] = lambda call: call.plain({"context": "token-1"})
        done = self.on_pipes("up", "-d")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.daemon.targets(), ["/v1/up", "/v1/up", "/v1/contexts", "/v1/up"])
        self.assertIn(b"Dockerfile", self.daemon.calls[2].body)
        self.assertEqual(self.daemon.calls[3].body["contexts"], {"web": "token-1"})
        self.assertIn("SECRET", self.daemon.calls[1].body["snapshot"]["variables"])

    def test_a_failure_is_told_and_is_the_exit_status(self):
        def up(call):
            call.event("failure", service="db", container="shop-db-1", exitCode=3, code="invalid",
                       message="ended with exit code 3", hint="look at it", log=["boom"])
            return "failed"

        self.answer("/v1/up", up)
        done = self.on_pipes("up")
        self.assertEqual(done.returncode, 1)
        self.assertIn("error: db: ended with exit code 3\n  its last log lines:\n  | boom\n", done.stderr.decode())

    def test_a_daemon_that_goes_away_is_told(self):
        def up(call):
            call.begin()
            call.step("db", "creating")
            call.handler.close_connection = True

        self.daemon.answers["/v1/up"] = up
        done = self.on_pipes("up", "-d")
        self.assertEqual(done.returncode, 1)
        self.assertIn("went away", done.stderr.decode())

    def test_live_table_on_a_terminal(self):
        def up(call):
            call.step("db", "starting")
            time.sleep(0.4)
            call.step("db", "healthy")

        self.answer("/v1/up", up)
        self.answer("/v1/ps", lambda call: call.event("row", service="db", container="shop-db-1", state="running",
                                                      image="redis:7", health="healthy",
                                                      ports="0.0.0.0:6379->6379/tcp"))
        screen = self.on_terminal("up", "-d")
        status, restored = screen.finish()
        text = screen.output.decode()
        self.assertEqual((status, restored), (0, True), text)
        self.assertIn("starting", text)
        self.assertRegex(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text), r"✔ db +running +healthy +6379->6379 +redis:7")
        self.assertLess(text.rindex("\x1b[?25l"), text.rindex("\x1b[?25h"))

    def attached(self):
        def up(call):
            call.step("db", "started")

        def logs(call):
            call.begin()
            call.event("log", service="db", container="shop-db-1", stream="stdout", timeUs=1, text="ready to work")
            call.wait_until_gone()

        self.answer("/v1/up", up)
        self.answer("/v1/ps", lambda call: None)
        self.daemon.answers["/v1/logs"] = logs

    def test_interrupt_stops_what_up_started(self):
        self.attached()
        self.answer("/v1/stop", lambda call: call.step("db", "stopped"))
        screen = self.on_terminal("up")
        screen.until("ready to work")
        screen.type(b"\x03")
        status, restored = screen.finish()
        self.assertEqual((status, restored), (INTERRUPTED, True), screen.output)
        stop = self.daemon.calls[-1]
        self.assertEqual((stop.target, stop.body["services"]), ("/v1/stop", ["db"]))
        self.assertNotIn("timeoutSeconds", stop.body)

    def test_second_interrupt_kills(self):
        self.attached()

        def stop(call):
            call.begin()
            if "timeoutSeconds" not in call.body:
                return call.wait_until_gone()
            call.end()

        self.daemon.answers["/v1/stop"] = stop
        screen = self.on_terminal("up")
        screen.until("ready to work")
        screen.type(b"\x03")
        screen.until("again to kill")
        while "/v1/stop" not in self.daemon.targets():
            screen.pump(0.02)
        screen.type(b"\x03")
        status, restored = screen.finish()
        self.assertEqual((status, restored), (INTERRUPTED, True), screen.output)
        self.assertEqual(self.daemon.calls[-1].body["timeoutSeconds"], 0)

    def test_interrupt_during_up_cancels_and_stops(self):
        def up(call):
            call.begin()
            call.step("db", "started")
            call.wait_until_gone()

        self.daemon.answers["/v1/up"] = up
        self.answer("/v1/stop", lambda call: None)
        screen = self.on_terminal("up")
        screen.until("running")
        screen.type(b"\x03")
        status, restored = screen.finish()
        self.assertEqual((status, restored), (INTERRUPTED, True), screen.output)
        self.assertEqual(self.daemon.targets(), ["/v1/up", "/v1/stop"])

    def test_exit_code_from_a_service(self):
        self.answer("/v1/up", lambda call: call.step("db", "started"))

        def logs(call):
            call.begin()
            call.event("container", service="db", container="shop-db-1", state="exited", exitCode=5)
            call.wait_until_gone()

        self.daemon.answers["/v1/logs"] = logs
        self.answer("/v1/stop", lambda call: None)
        done = self.on_pipes("up", "--exit-code-from", "db")
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn("/v1/stop", self.daemon.targets())

    # --- exec

    def test_exec_on_a_terminal(self):
        seen = []

        def execute(call):
            call.upgrade()
            while frame := call.read_frame():
                seen.append(frame)
                if frame[0] == 0:
                    call.send_frame(3, b"got " + frame[1])
                if frame == (0, b"\x03"):
                    break
            call.send_frame(5, b"7")

        self.answer("/v1/ps", lambda call: None)
        self.daemon.answers["/v1/exec"] = execute
        screen = self.on_terminal("exec", "db", "sh", columns=100, lines=30)
        while not seen:
            screen.pump(0.02)
        screen.type(b"a")
        screen.until("got a")
        screen.resize(70, 20)
        screen.process.send_signal(signal.SIGWINCH)
        while (2, b"70 20") not in seen:
            screen.pump(0.02)
        screen.type(b"\x03")  # goes to the process: the terminal is raw
        status, restored = screen.finish()
        self.assertEqual((status, restored), (7, True), screen.output)
        self.assertEqual(seen[0], (2, b"100 30"))
        self.assertEqual(self.daemon.calls[-1].body["tty"], True)

    def test_exec_passes_a_file_on(self):
        whole = os.urandom(700_000)
        received = []

        def execute(call):
            call.upgrade()
            while (frame := call.read_frame()) and frame[0] != 1:
                received.append(frame[1])
            call.send_frame(3, b"out")
            call.send_frame(4, b"err")
            call.send_frame(5, b"0")

        self.answer("/v1/ps", lambda call: None)
        self.daemon.answers["/v1/exec"] = execute
        done = self.on_pipes("exec", "-T", "db", "cat", stdin=whole)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"out", b"err"))
        self.assertEqual(b"".join(received), whole)
        received.clear()
        with tempfile.TemporaryFile() as file:
            file.write(whole)
            file.seek(0)
            again = subprocess.run([ORBIT, "exec", "db", "cat"], cwd=self.folder, env=self.environment, stdin=file,
                                   capture_output=True, timeout=DEADLINE_S)
        self.assertEqual((again.returncode, b"".join(received) == whole), (0, True))

    # --- the rest

    def test_a_closed_pipe_ends_quietly(self):
        def logs(call):
            call.begin()
            for number in range(100_000):
                call.event("log", service="db", container="shop-db-1", stream="stdout", timeUs=1, text=f"line {number}")
                if call.gone.is_set():
                    return
            call.end()

        self.answer("/v1/ps", lambda call: None)
        self.daemon.answers["/v1/logs"] = logs
        done = subprocess.run(["sh", "-c", '"$0" logs -f | head -n 1', ORBIT], cwd=self.folder, env=self.environment,
                              capture_output=True, timeout=DEADLINE_S)
        self.assertEqual((done.stdout, done.stderr), (b"db-1  | line 0\n", b""))

    def test_wrong_usage_is_two(self):
        self.assertEqual(self.on_pipes("upp").returncode, 2)
        self.assertEqual(self.on_pipes("up", "--pull", "sometimes").returncode, 2)
        self.assertEqual(self.daemon.targets(), [])

    def test_env_file_in_git_is_warned_of(self):
        self.write(".env", "KEY=hunter2\n")
        for command in (["init", "-q"], ["add", "-f", ".env"]):
            subprocess.run(["git", *command], cwd=self.folder, check=True, env=self.environment)
        self.answer("/v1/up", lambda call: None)
        done = self.on_pipes("up", "-d")
        self.assertIn(".env: warning: git tracks .env", done.stderr.decode())
        self.assertNotIn("hunter2", done.stderr.decode())


if __name__ == "__main__":
    unittest.main(verbosity=0)

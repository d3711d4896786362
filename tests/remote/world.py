"""A laptop and a server on one machine: the server is a network namespace with an sshd of its own (host key, authorised key, port),
reached by a veth pair; its Orbit has a home of its own. Nothing of this user's ~/.ssh is read: `ssh` is a script in the PATH that names
the configuration, and counts how often it is started."""
import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import uuid

import bench

PORT = 2222
COMMAND_SECONDS = 120
COMPOSE = """
services:
  web:
    image: python:3.11-slim
    command: python -u -m http.server 8000
    expose: ["8000"]
"""


def run(*words, check=True, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))} exited with {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def script(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


class World:
    def __init__(self):
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="orem", dir="/tmp"))
        self.name = self.base.name[-8:].replace("_", "x")
        number = os.getpid() % 250
        self.near, self.far = f"10.219.{number}.1", f"10.219.{number}.2"
        self.far6 = f"fd19:{number:x}::2"
        self.near6 = f"fd19:{number:x}::1"
        self.sshd = None
        self.daemon_seen = False
        try:
            self.make_namespace()
            self.make_server()
            self.make_laptop()
        except BaseException:
            self.close()
            raise

    def make_namespace(self):
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", "v" + self.name, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        for words in (("link", "set", "v" + self.name, "up"), ("address", "add", self.near + "/30", "dev", "v" + self.name)):
            run("ip", *words)
        for words in (("link", "set", "lo", "up"), ("link", "set", "eth0", "up"), ("address", "add", self.far + "/30", "dev", "eth0")):
            run("ip", "-n", self.name, *words)
        self.six = run("ip", "address", "add", self.near6 + "/64", "dev", "v" + self.name, "nodad", check=False).returncode == 0 and \
            run("ip", "-n", self.name, "address", "add", self.far6 + "/64", "dev", "eth0", "nodad", check=False).returncode == 0

    def make_server(self):
        """Its user's home, whose login script prints, as many do; its Orbit; its sshd."""
        self.server = self.base / "server"
        self.bin = self.base / "server-bin"
        for folder in (self.server, self.bin):
            folder.mkdir()
        (self.server / ".bashrc").write_text("echo 'Welcome to the server'\n")
        self.home = self.base / "sh"
        self.install_orbit()
        for key in ("host_key", "other_host_key", "key", "other_key"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.base / key)
        shutil.copy(self.base / "key.pub", self.base / "authorized_keys")
        os.makedirs("/run/sshd", exist_ok=True)
        self.start_sshd("host_key")

    def install_orbit(self):
        """`orbit deploy` can be stood in for: a script of that name is run instead when it is there."""
        script(self.bin / "orbit", f"""for word; do
  [ "$word" = deploy ] && [ -x {self.bin}/stand-in ] && exec {self.bin}/stand-in "$@"
done
exec {bench.ORBIT} "$@"
""")

    def start_sshd(self, host_key):
        if self.sshd:
            self.sshd.terminate()
            self.sshd.wait()
        six = f"ListenAddress [{self.far6}]:{PORT}" if self.six else ""
        (self.base / "sshd_config").write_text(f"""
ListenAddress {self.far}:{PORT}
{six}
HostKey {self.base}/{host_key}
AuthorizedKeysFile {self.base}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
SetEnv HOME={self.server} ORBIT_HOME={self.home} PATH={self.bin}:/usr/local/bin:/usr/bin:/bin
""")
        self.sshd = subprocess.Popen(["ip", "netns", "exec", self.name, shutil.which("sshd"), "-D", "-e", "-f", self.base / "sshd_config"],
                                     stderr=open(self.base / "sshd.log", "a"))
        end = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.create_connection((self.far, PORT), timeout=1):
                return
            assert self.sshd.poll() is None and time.monotonic() < end, (self.base / "sshd.log").read_text()
            time.sleep(0.05)

    def make_laptop(self):
        self.laptop_bin = self.base / "laptop-bin"
        self.laptop_bin.mkdir()
        self.count = self.base / "ssh-starts"
        self.use_key("key")
        (self.base / "known_hosts").touch()
        script(self.laptop_bin / "ssh", f'echo >> {self.count}\nexec /usr/bin/ssh -F {self.base}/ssh_config "$@"\n')
        self.project = "remote" + uuid.uuid4().hex[:8]
        self.folder = self.base / self.project
        self.folder.mkdir()
        (self.folder / "compose.yaml").write_text(COMPOSE)
        self.env = {**os.environ, "HOME": str(self.base), "XDG_CONFIG_HOME": str(self.base / "config"), "NO_COLOR": "1",
                    "ORBIT_HOME": str(self.base / "lh"), "PATH": f"{self.laptop_bin}:{os.environ['PATH']}",
                    "GIT_CONFIG_GLOBAL": str(self.base / "gitconfig"), "GIT_CONFIG_NOSYSTEM": "1"}
        for name in ("ORBIT_HOST", "SSH_AUTH_SOCK"):
            self.env.pop(name, None)
        (self.base / "gitconfig").write_text("[user]\n name = Ada\n email = ada@example.com\n[init]\n defaultBranch = main\n")

    def use_key(self, key):
        (self.base / "ssh_config").write_text(f"IdentityFile {self.base}/{key}\nIdentitiesOnly yes\n"
                                              f"UserKnownHostsFile {self.base}/known_hosts\nStrictHostKeyChecking yes\n")

    def know_host(self):
        """What a person does after comparing the fingerprint."""
        lines = [run("ssh-keyscan", "-p", PORT, "-t", "ed25519", self.far).stdout]
        if self.six:
            lines.append(run("ssh-keyscan", "-p", PORT, "-t", "ed25519", self.far6).stdout)
        (self.base / "known_hosts").write_text("".join(lines))

    @property
    def host(self):
        return f"root@{self.far}:{PORT}"

    @property
    def repository(self):
        return f"ssh://{self.host}{self.server}/.orbit/{self.project}.git"

    def orbit(self, *words, check=True, folder=None, env=None, **options):
        """On the laptop, without a terminal."""
        if "input" not in options:
            options["stdin"] = subprocess.DEVNULL
        return run(bench.ORBIT, *words, check=check, cwd=folder or self.folder, env={**self.env, **(env or {})}, **options)

    def on_server(self, *words, check=True):
        """By hand, past ssh, in this machine's own namespace: the server's daemon must reach the engine's containers."""
        return run(bench.ORBIT, *words, check=check, cwd=self.server, env={**self.env, "ORBIT_HOME": str(self.home), "HOME": str(self.server)})

    def git(self, *words, check=True, folder=None):
        return run("git", *words, check=check, cwd=folder or self.folder, env=self.env, stdin=subprocess.DEVNULL)

    def ssh_starts(self):
        return len(self.count.read_text().splitlines()) if self.count.exists() else 0

    def close(self):
        if hasattr(self, "folder"):
            with contextlib.suppress(AssertionError, OSError, subprocess.SubprocessError):
                self.on_server("server", "stop", check=False)
                self.orbit("server", "stop", check=False)
            left = bench.docker("ps", "-aq", "--filter", f"label=orbit.project={self.project}").split()
            for container in left:
                run("docker", "rm", "-f", "-v", container, check=False)
            for network in bench.docker("network", "ls", "-q", "--filter", f"label=orbit.project={self.project}").split():
                run("docker", "network", "rm", network, check=False)
        if self.sshd:
            self.sshd.terminate()
            self.sshd.wait()
        run("ip", "netns", "delete", self.name, check=False)
        run("ip", "link", "delete", "v" + self.name, check=False)
        shutil.rmtree(self.base, ignore_errors=True)

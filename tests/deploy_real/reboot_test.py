#!/usr/bin/env python3
"""As after a reboot: everything killed, also the engine and all containers, the run folders gone; then an engine and `orbit hold` are
started fresh, and nothing else is done. Production is back by itself, and the first request is answered. REBOOTS (1).
"""
import atexit
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import world

REBOOTS = world.number("REBOOTS", 1)


class Reboot(unittest.TestCase):
    def setUp(self):
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="ob-", dir="/tmp"))
        self.engine = str(self.base / "e")
        atexit.register(self.clean)
        self.addCleanup(atexit.unregister, self.clean)
        self.addCleanup(self.clean)
        host = world.own_engine(self.engine)
        quick = {"share": 50, "pace": "1s", "watch": "1s", "warm": "1s", "drain": "1s"}
        kept = world.service(quick, volumes=["data:/data"], environment={"APP_DATA": "/data"})
        inside = world.visiting("http://web:8000/", 10)
        inside["x-orbit"]["release"]["pace"] = "1s"
        services = {"web": world.service(quick, deploy={"replicas": 2}), "kept": kept, "inside": inside}
        self.moved = world.World(services, engine=host, base=self.base, volumes={"data": {}})

    def clean(self):
        self.moved.close()
        world.tell_engine(self.engine, "remove")
        shutil.rmtree(self.base, ignore_errors=True)

    def test_back_by_itself(self):
        for turn in range(1, REBOOTS + 1):
            self.moved.bake(f"v{turn}")
            self.moved.deploy("--until", "settled" if turn % 2 else "live")
            # In the middle of a watch the old release answers its share before the reboot, and after it.
            self.reboot(f"v{turn}", {f"v{turn}"} if turn % 2 else {f"v{turn}", f"v{turn - 1}"})

    def power_off(self):
        """kill -9 of everything, containers' processes too, and what a boot would empty."""
        ids = self.moved.docker("ps", "-q").split()
        boxes = [int(one) for one in self.moved.docker("inspect", "-f", "{{.State.Pid}}", *ids).split()]
        bridges = [line.split(":")[1].strip() for line in
                   subprocess.run(["ip", "-o", "link", "show", "type", "bridge"], capture_output=True, text=True, check=True)
                   .stdout.splitlines()]
        names = self.moved.docker("network", "ls", "-q", "--filter", "type=custom").split()
        options = self.moved.docker("network", "inspect", "-f", '{{index .Options "com.docker.network.bridge.name"}} br-{{slice .Id 0 12}}',
                                    *names).split() if names else []
        for pid in self.moved.pids():
            kill(pid)
        world.tell_engine(self.engine, "kill9")
        for pid in processes_of(self.engine) + boxes:
            kill(pid)
        world.until(lambda: not processes_of(self.engine), "the engine's processes are gone")
        for bridge in set(bridges) & set(options):
            subprocess.run(["ip", "link", "delete", bridge], check=True)
        mounts = [line.split()[1] for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
        for folder in sorted((one for one in mounts if one.startswith(self.engine + "/")), reverse=True):
            subprocess.run(["umount", "-l", folder], check=False)
        shutil.rmtree(self.base / "e/exec", ignore_errors=True)
        for name in ("docker.pid", "docker.sock"):
            (self.base / "e" / name).unlink(missing_ok=True)
        shutil.rmtree(self.moved.home / "run", ignore_errors=True)

    def reboot(self, version, answering):
        url, kept = self.moved.url(), self.moved.url("kept")
        lines = self.append(kept)
        self.power_off()
        self.assertEqual(self.moved.pids(), [])
        begun = time.monotonic()
        world.own_engine(self.engine)
        engine = time.monotonic() - begun
        self.hold = subprocess.Popen([world.ORBIT, "hold"], env=self.moved.env, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
        self.moved.children.append(self.hold)
        port = url.port or 443
        world.until(lambda: accepts(port), f"port {port} accepts", 60, 0.01, self.moved.log)
        listening = time.monotonic() - begun
        status, body = self.moved.get("/", url=url, timeout=60)
        answered = time.monotonic() - begun
        self.assertEqual(status, 200, f"the first request\n{self.moved.log()}")
        self.assertIn(body.strip(), answering)
        self.assertEqual(self.moved.get("/", url=kept, timeout=60)[0], 200, self.moved.log())
        self.assertEqual(int(self.moved.get("/lines", url=kept)[1]), lines, "the volume's lines")
        print(f"\nengine up after {world.span(engine)}, port open after {world.span(listening)}, first answer after "
              f"{world.span(answered)}", flush=True)
        for name in ("web", "kept", "inside"):
            world.until(lambda name=name: self.moved.status()[name]["running"] >= 1, f"{name} runs", explain=self.moved.log)
        world.watch_over(self.moved)
        world.until(lambda: self.moved.versions() == {version}, f"{version} alone answers", explain=self.moved.log)
        world.one_live(self, self.moved, version)
        world.until(lambda: self.moved.inside_counts().get("answered", 0) > 10, "service to service", explain=self.moved.log)

    def append(self, kept):
        connection = self.moved.connect(url=kept)
        connection.request("POST", "/append", body="a line", headers={"Connection": "close"})
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()
        return int(self.moved.get("/lines", url=kept)[1])


def accepts(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def processes_of(folder):
    """Those whose command line names the folder: containerd, its shims, proxies."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and int(entry.name) != os.getpid() and f"{folder}/".encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            pass
    return found


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    world.need()
    unittest.main(verbosity=2)

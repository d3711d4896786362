#!/usr/bin/env python3
"""The machine's own Orbit, as systemd starts it: root, without HOME, state in /var/lib/orbit, and an edge that runs as the user orbit.

All of it happens in a mount namespace with folders and a user of its own, so the machine's stay as they are.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

import world

INSIDE = "ORBIT_TEST_INSIDE"
STATE, RUN = pathlib.Path("/var/lib/orbit"), pathlib.Path("/run/orbit")


def enter():
    """Runs this file again where /var/lib is empty, /run/orbit is ours, and there is a user orbit."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode != 0:
        print("needs root and mount namespaces")
        sys.exit(77)
    made = not RUN.exists()
    RUN.mkdir(exist_ok=True)
    try:
        sys.exit(subprocess.run(["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv],
                                env={**os.environ, INSIDE: "1"}, check=False).returncode)
    finally:
        if made:
            RUN.rmdir()


def prepare(folder):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "state", "/var/lib"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=711", "run", str(RUN)], check=True)
    for name, line in (("passwd", "orbit:x:64123:64123::/nonexistent:/usr/sbin/nologin\n"), ("group", "orbit:x:64123:\n")):
        copy = folder / name
        text = pathlib.Path("/etc", name).read_text()
        copy.write_text(text if "\norbit:" in text else text + line)
        copy.chmod(0o644)
        subprocess.run(["mount", "--bind", str(copy), f"/etc/{name}"], check=True)


class SystemHome(unittest.TestCase):
    def test_production_with_an_edge_of_another_user(self):
        moved = world.World({"web": world.service({"pace": "2s", "watch": "1s"})})
        self.addCleanup(moved.close)
        prepare(moved.base)
        moved.home = STATE
        moved.env = {"PATH": os.environ["PATH"], "NO_COLOR": "1"}
        binary = moved.base / "orbit"  # where a user without a home may read it
        shutil.copy2(world.ORBIT, binary)
        moved.base.chmod(0o755)
        world.ORBIT = str(binary)
        hold = subprocess.Popen([binary, "hold"], env=moved.env, cwd="/", stdout=subprocess.DEVNULL)
        moved.children.append(hold)
        self.addCleanup(hold.wait, 30)
        self.addCleanup(hold.terminate)
        moved.bake("v1")
        moved.deploy("--until", "promoted")
        self.assertEqual(moved.versions(), {"v1"})
        edge = self.child(hold.pid, "edge")
        self.assertEqual(pathlib.Path(f"/proc/{edge}").stat().st_uid, int(self.uid()), "the edge runs as orbit")
        self.assertEqual((STATE / "state.db").stat().st_mode & 0o777, 0o600)
        # And again after the edge was killed: it starts from its last table.
        os.kill(edge, 9)
        world.until(lambda: self.child(hold.pid, "edge") not in (0, edge), "another edge")
        self.assertEqual(moved.versions(), {"v1"})
        moved.bake("v2")
        moved.deploy("--until", "promoted")
        world.until(lambda: moved.versions() == {"v2"}, "v2 alone answers", explain=moved.log)  # a control stays while it is watched
        moved.orbit("rollback")
        self.assertEqual(moved.versions(), {"v1"})

    def uid(self):
        return next(line.split(":")[2] for line in pathlib.Path("/etc/passwd").read_text().splitlines()
                    if line.startswith("orbit:"))

    def child(self, parent, name):
        for entry in pathlib.Path("/proc").iterdir():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                status = (entry / "status").read_text()
            except (OSError, ValueError):
                continue
            if f"\nPPid:\t{parent}\n" in status and words[1:2] == [name.encode()]:
                return int(entry.name)
        time.sleep(0.05)
        return 0


if __name__ == "__main__":
    if INSIDE not in os.environ:
        enter()
    world.need()
    unittest.main(verbosity=2)

#!/usr/bin/env python3
"""What breaks while a release is on its way: the daemon killed at each step, the edge and the engine killed, disks filled.

Afterwards exactly one release is live, it is the right one, and `orbit status` and `orbit releases` say what happened. Everything
happens on an engine of its own. STEPS chooses the steps of a deploy at which the daemon dies (default: building, gate, share),
ROUNDS (1) how often each.
"""
import atexit
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

import world

STEPS = [word for word in os.environ.get("STEPS", "building,gate,share").split(",") if word]
ROUNDS = world.number("ROUNDS", 1)
QUICK = {"share": 30, "pace": "4s", "watch": "3s", "warm": "3s", "drain": "2s"}
HOME_MB, ENGINE_MB = 64, 400
LIVE = ("share", "promoted", "settled")
GONE = ("failed", "taken back", "cancelled", "superseded")


class Disk:
    """A small disk at a folder: tmpfs, or ext4 in a file where overlay2 shall live on it."""

    def __init__(self, folder, megabytes, file=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.megabytes = megabytes
        self.file = file
        if file:
            with open(file, "wb") as out:
                out.truncate(megabytes << 20)
            subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", str(file)], check=True)
            subprocess.run(["mount", "-o", "loop", str(file), str(folder)], check=True)
        else:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True)

    def fill(self):
        """Never more than this disk holds: should it be gone, what is below it is not to be filled."""
        assert self.folder.is_mount(), f"{self.folder} is not mounted any more"
        with contextlib.suppress(OSError), open(self.folder / "filler", "ab", buffering=0) as out:
            for _ in range(self.megabytes * 16):
                out.write(b"x" * 65536)
        with contextlib.suppress(OSError), open(self.folder / "filler", "ab", buffering=0) as out:
            for _ in range(65536):
                out.write(b"x")

    def free(self):
        with contextlib.suppress(OSError):
            (self.folder / "filler").unlink()

    def close(self):
        subprocess.run(["umount", "-l", str(self.folder)], check=False, capture_output=True)
        if self.file:
            pathlib.Path(self.file).unlink(missing_ok=True)


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.base = pathlib.Path(tempfile.mkdtemp(prefix="of-", dir="/tmp"))
        atexit.register(cls.clean)
        cls.engine_disk = Disk(cls.base / "e/data", ENGINE_MB, cls.base / "disk")
        cls.engine = str(cls.base / "e")
        host = world.own_engine(cls.engine)
        cls.home_disk = Disk(cls.base / "h", HOME_MB)
        web = world.service(QUICK, deploy={"replicas": 2})
        cls.moved = world.World({"web": web, "inside": world.visiting("http://web:8000/", 20)}, engine=host, base=cls.base)
        cls.turn, cls.version = 0, "v0"
        cls.moved.bake("v0", start=0.5)
        cls.moved.deploy("--until", "live")
        web["x-orbit"]["release"]["check"] = ["/server", "--check"]
        cls.moved.write_compose()

    @classmethod
    def tearDownClass(cls):
        atexit.unregister(cls.clean)
        cls.clean()

    @classmethod
    def clean(cls):
        for what in (lambda: cls.home_disk.free(), lambda: cls.engine_disk.free(), lambda: cls.moved.close(),
                     lambda: world.tell_engine(cls.engine, "remove"), lambda: cls.home_disk.close(),
                     lambda: cls.engine_disk.close(), lambda: world.tell_engine(cls.engine, "remove")):
            try:
                what()
            except Exception as error:  # the rest is to be cleaned all the same
                print(f"while cleaning: {error!r}")
        shutil.rmtree(cls.base, ignore_errors=True)

    def begin(self, *words):
        """A deploy of a new version under way, and what answered before."""
        type(self).turn += 1
        before = self.version
        self.moved.bake(f"v{self.turn}", start=0.5)
        return self.moved.start_deploy("--until", "settled", *words), before, f"v{self.turn}"

    def newest(self):
        try:
            return self.moved.releases()[0]
        except (AssertionError, subprocess.TimeoutExpired, IndexError):
            return None

    def settled_again(self, seconds=120):
        """The newest release when nothing is under way any more."""
        def over():
            row = self.newest()
            return row if row and row["stage"] in world.OVER else None
        return world.until(over, "the newest deploy is over", seconds, 0.3, lambda: f"{self.newest()}\n{self.moved.log()}")

    def right_one(self, deployed, before, after, must_live=False, newest_before=""):
        """One release is live, the one that the listing says."""
        row = self.settled_again()
        made = row["release"] != newest_before
        live = made and row["stage"] in LIVE
        if must_live:
            self.assertIn(row["stage"], LIVE, f"what was live was to go on\n{row}\n{deployed.told()}\n{self.moved.log()}")
        expected = after if live else before
        type(self).version = expected
        world.until(lambda: self.moved.versions(4) == {expected}, f"{expected} alone answers", 40, 0.5,
                    lambda: f"{self.moved.versions(8)} {row}\n{self.moved.log()}")
        seen = world.one_live(self, self.moved, expected)
        if made and not live:
            said = f"{seen.get('note', '')} {row.get('summary', '')}"
            self.assertTrue(said.strip(), f"nothing says why {row['release']} is {row['stage']}: {seen} {row}")
        world.until(lambda: self.leftovers(seen["release"]) == [], "no instance of another release is left", 40, 0.5,
                    lambda: f"{self.leftovers(seen['release'])} beside {seen}\n{self.moved.log()}")
        print(f"  {row['release']} {row['stage']}: {row.get('summary', '')} | {seen.get('note', '')}", flush=True)
        return row

    def leftovers(self, release):
        """Running instances of a release other than the live one; warm ones are gone after three seconds here."""
        return [c["name"] for c in self.moved.containers("web") if c["release"] != release and c["running"]]

    def newest_name(self):
        """Older ones are forgotten, so a count says nothing."""
        return self.moved.releases()[0]["release"]

    def test_1_daemon_killed_at_each_step(self):
        for turn in range(ROUNDS):
            for step in STEPS:
                with self.subTest(step=step, round=turn):
                    self.daemon_killed(step)

    def daemon_killed(self, step):
        visitors = world.Visitors(self.moved, rate=60)
        newest = self.newest_name()
        if step == "rollback":
            deployed, before, after = self.begin()
            deployed.await_stage("promoted")
            going = subprocess.Popen([world.ORBIT, "rollback"], cwd=self.moved.folder, env=self.moved.env,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.02)
        else:
            deployed, before, after = self.begin()
            reached = deployed.await_stage(step)
            self.assertTrue(reached, f"the deploy never said {step}\n{deployed.told()}")
        print(f"\ndaemon killed at {step}", flush=True)
        self.moved.kill9("daemon")
        deployed.process.wait(150)
        if step == "rollback":
            going.wait(60)
        world.until(lambda: self.moved.orbit("status", check=False).returncode == 0, "the daemon answers")
        self.right_one(deployed, before, after, must_live=step in ("share", "promoted"), newest_before=newest)
        figures = visitors.stop()
        self.assertEqual(figures["failed"], 0, f"visitors noticed\n{world.failures_told(figures)}\n{self.moved.log()}")

    def test_2_edge_killed_during_share(self):
        visitors = world.Visitors(self.moved, rate=60, kinds={"keepalive": 4, "fresh": 2})
        newest = self.newest_name()
        deployed, before, after = self.begin()
        self.assertTrue(deployed.await_stage("share"), deployed.told())
        time.sleep(1)
        self.moved.kill9("edge")
        print("\nedge killed during the share", flush=True)
        deployed.wait()
        self.right_one(deployed, before, after, must_live=True, newest_before=newest)
        figures = visitors.stop()
        print(f"  requests lost with the edge: {figures['failed']} of {figures['answered']}")
        self.assertLessEqual(figures["failed"], 8, f"only what was in flight\n{world.failures_told(figures)}")

    def engine_killed(self, step):
        visitors = world.Visitors(self.moved, rate=60)
        newest = self.newest_name()
        deployed, before, after = self.begin()
        self.assertTrue(deployed.await_stage(step), deployed.told())
        print(f"\nengine killed at {step}", flush=True)
        world.tell_engine(self.engine, "kill9")
        time.sleep(2)
        world.tell_engine(self.engine, "start")
        deployed.process.wait(200)
        self.right_one(deployed, before, after, must_live=step == "share", newest_before=newest)
        figures = visitors.stop()
        self.assertEqual(figures["failed"], 0, f"visitors noticed\n{world.failures_told(figures)}\n{self.moved.log()}")

    def test_3_engine_killed_at_the_gate(self):
        self.engine_killed("gate")

    def test_3_engine_killed_during_share(self):
        self.engine_killed("share")

    def disk_full(self, disk, step):
        visitors = world.Visitors(self.moved, rate=60)
        newest = self.newest_name()
        if step == "build":
            disk.fill()
            deployed, before, after = self.begin()
            deployed.await_stage("failed", seconds=20)
        else:
            deployed, before, after = self.begin()
            self.assertTrue(deployed.await_stage(step), deployed.told())
            disk.fill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            deployed.process.wait(15)
        said = deployed.told()
        print(f"\n{disk.folder.name} full at {step}: exit {deployed.process.returncode}", flush=True)
        self.assertEqual(self.moved.versions(4) - {before, after}, set())
        disk.free()
        deployed.process.wait(150)
        self.right_one(deployed, before, after, newest_before=newest)
        if deployed.code != 0:
            self.assertRegex(said + deployed.told(), "(?i)space|full|disk", "the error names the disk")
        figures = visitors.stop()
        self.assertEqual(figures["failed"], 0, f"visitors noticed\n{world.failures_told(figures)}\n{self.moved.log()}")
        deployed, before, after = self.begin()
        deployed.wait()
        self.assertEqual(deployed.code, 0, f"the next deploy works again\n{deployed.told()}\n{self.moved.log()}")
        self.right_one(deployed, before, after)

    def test_4_home_full_during_build(self):
        self.disk_full(self.home_disk, "build")

    def test_4_home_full_during_share(self):
        self.disk_full(self.home_disk, "share")

    def test_4_home_full_during_watch(self):
        self.disk_full(self.home_disk, "promoted")

    def test_5_engine_full_during_build(self):
        self.disk_full(self.engine_disk, "build")


if __name__ == "__main__":
    world.need()
    unittest.main(verbosity=2)

"""What processes use: memory sampled by a thread of its own, processor time as the kernel counts it."""
import os
import pathlib
import statistics
import threading
import time

TICKS = os.sysconf("SC_CLK_TCK")


def memory_kib(pid):
    """Proportional set size and resident set size."""
    said = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return int(said["Pss"].split()[0]), int(said["Rss"].split()[0])


def stat(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def parent(pid):
    return int(stat(pid)[1])


def cpu_seconds(pid):
    return (int(stat(pid)[11]) + int(stat(pid)[12])) / TICKS


class Usage:
    """Of processes by name ({name: pid}), from now until `stop`, looked at every `every` seconds."""

    def __init__(self, pids, every=5.0):
        self.pids, self.every = pids, every
        self.memory = {name: [memory_kib(pid)] for name, pid in pids.items()}
        self.begun = {name: cpu_seconds(pid) for name, pid in pids.items()}
        self.over = threading.Event()
        self.since = time.monotonic()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.over.wait(self.every):
            for name, pid in self.pids.items():
                self.memory[name].append(memory_kib(pid))

    def stop(self):
        self.over.set()
        self.thread.join()
        self.seconds = time.monotonic() - self.since
        self.cpu = {name: cpu_seconds(pid) - self.begun[name] for name, pid in self.pids.items()}
        return self

    def mib(self, name, column=0):
        """(median, most) of the proportional (0) or the resident (1) set size."""
        values = [row[column] / 1024 for row in self.memory[name]]
        return statistics.median(values), max(values)

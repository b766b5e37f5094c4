"""Processor time of the tasks of a cluster's Flink, by the names of their threads. Linux alone."""

import os
import pathlib

TASKS = {"Source: sparse-": "training", "EvaluateVersion": "evaluation"}
TICKS = os.sysconf("SC_CLK_TCK")


class Processor:
    """Watches the task managers of a cluster: a task's time is gone when its thread is, so look often."""

    def __init__(self, folder):
        self.folder, self._seconds = str(folder), {}

    def _processes(self):
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if "taskexecutor" in command and self.folder in command:
                yield process

    def look(self):
        """Notes what the tasks have taken until now."""
        for process in self._processes():
            for thread in process.glob("task/*"):
                try:
                    name = (thread / "comm").read_text().rstrip("\n")
                    times = (thread / "stat").read_text().rpartition(")")[2].split()[11:13]
                except OSError:
                    continue
                if name in TASKS:
                    self._seconds[thread, name] = sum(map(int, times)) / TICKS

    def seconds(self):
        """Of each kind of task, since the first look."""
        found = dict.fromkeys(TASKS.values(), 0.0)
        for (_, name), seconds in self._seconds.items():
            found[TASKS[name]] += seconds
        return found

"""A Dask scheduler and workers as processes of their own, for tests that kill them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from commands import lives


def children_of(pid):
    """The processes that any thread of a process has started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def words_of(pid):
    """The command line of a process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


class Dask:
    """What a test does with them; everything lies in a folder, and ends with `down`."""

    def __init__(self, folder):
        self.folder = folder
        self.workers = []
        file = folder / "scheduler.json"
        self.scheduler = self._start(
            "scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--no-dashboard",
            "--no-jupyter",
            "--scheduler-file",
            file,
        )
        self.address = self._address(file)

    def worker(self, *words):
        """One more worker, with the nanny that starts it again when it dies."""
        said = ["--nthreads", "1", "--no-dashboard", "--memory-limit", "0", "--local-directory", self.folder, *words]
        self.workers.append(self._start("worker", self.address, *said))

    def pids(self, process):
        """The workers that a nanny has started; loky's processes are theirs."""
        return [pid for pid in children_of(process.pid) if b"spawn_main" in words_of(pid)]

    def kill_worker(self, process):
        """The worker itself; its nanny lives. Whether there was one."""
        pids = self.pids(process)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        return bool(pids)

    def kill_nanny(self, process):
        """All of it, for good."""
        pids = self.pids(process)
        process.kill()
        process.wait()
        for pid in pids:
            if lives(pid):
                os.kill(pid, signal.SIGKILL)
        self.workers.remove(process)

    def log(self):
        """What all of them have said."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def down(self):
        """End them all."""
        for process in list(self.workers):
            self.kill_nanny(process)
        self.scheduler.kill()
        self.scheduler.wait()

    def _start(self, *words):
        number = len(list(self.folder.glob("*.log")))
        with (self.folder / f"{number}.log").open("w") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *map(str, words)], stdout=log, stderr=subprocess.STDOUT, cwd=self.folder
            )

    def _address(self, file):
        deadline = time.monotonic() + 30
        while True:
            try:
                return json.loads(file.read_text())["address"]
            except (OSError, ValueError, KeyError):
                assert self.scheduler.poll() is None, self.log()
                assert time.monotonic() < deadline, self.log()
                time.sleep(0.05)

"""A real Slurm for tests, on this machine alone."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).parent
NEEDED = ("sbatch", "scancel", "scontrol", "squeue", "/usr/sbin/munged", "/usr/sbin/slurmctld", "/usr/sbin/slurmd")
ABSENT = ", ".join(name for name in NEEDED if shutil.which(name) is None)


class Slurm:
    """What a test does with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}

    def up(self, cpus: int = 2) -> None:
        """Start the daemons."""
        subprocess.run([HERE / "slurm_up.sh", self.folder, str(cpus)], check=True, capture_output=True, timeout=60)

    def down(self) -> None:
        """End jobs and daemons."""
        subprocess.run([HERE / "slurm_down.sh", self.folder], check=True, capture_output=True, timeout=60)

    def call(self, *words: str) -> str:
        """A command of Slurm's, and what it says."""
        done = subprocess.run(words, env=self.environ, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout.strip()

    def crash(self) -> None:
        """The controller is killed."""
        pid = int((self.folder / "run" / "slurmctld.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not Path(f"/proc/{pid}/exe").exists(), "the controller is gone")

    def restart(self) -> None:
        """The controller again, from its saved state."""
        subprocess.run(["/usr/sbin/slurmctld"], env=self.environ, check=True, capture_output=True, timeout=30)
        wait_until(lambda: subprocess.run(["scontrol", "ping"], env=self.environ, capture_output=True, check=False)
                   .returncode == 0, "the controller answers")  # fmt: skip

    def settle(self) -> None:
        """Wait for the end of all jobs, but not of those that a controller remembers and no node does."""
        with contextlib.suppress(AssertionError):
            wait_until(self._no_job, "no job is left", 20)
        self.call("scancel", "--user", str(os.getuid()))
        self.ended()

    def _no_job(self) -> bool:
        self.hurry()
        return not self.call("squeue", "-h")

    def states(self, job: str) -> list[str]:
        """Of every task of a job that has not ended."""
        return self.call("squeue", "-h", "-r", "-j", job, "-o", "%T").split()

    def hurry(self) -> None:
        """Jobs that were begun again would wait for two minutes."""
        for line in self.call("squeue", "-h", "-r", "-t", "PD", "-o", "%i %r").splitlines():
            job, _, reason = line.partition(" ")
            if reason == "BeginTime":
                command = ["scontrol", "update", f"jobid={job}", "StartTime=now"]
                subprocess.run(command, env=self.environ, capture_output=True, check=False)

    def ended(self, *jobs: str) -> None:
        """Wait for the end of jobs; of all, if none is named."""

        def no_more() -> bool:
            self.hurry()
            return not any(self.states(job) for job in jobs) if jobs else self._no_job()

        try:
            wait_until(no_more, f"jobs {jobs or 'of all'} ended", 120)
        except AssertionError as error:
            log = (self.folder / "log" / "slurmctld.log").read_text()[-2000:]
            raise AssertionError(f"{error}\n{self.call('squeue', '-r')}\n{log}") from None


def wait_until(true, what: str, seconds: float = 30) -> None:
    """Wait for something that is bound to happen."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)

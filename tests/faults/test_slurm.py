"""A study on a real Slurm: arrays, shares that are lost, jobs that run twice; in the end the rows of one local run.

The numbers are those of the faults that a batch system brings: 7 requeue and a controller that dies, 9 other numbers
of tasks, 43 what a script must hold, 46 the same bits.
"""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from commands import blocks, rows
from slurm import ABSENT, Slurm, wait_until
from study_texts import average_study

pytestmark = pytest.mark.skipif(
    bool(ABSENT), reason=f"Slurm is not installed ({ABSENT}); Debian: munge slurmctld slurmd slurm-client"
)

STUDY = average_study(
    'conditions=grid(Normal, mean=[0, 1, 2, 3]), methods={"mean": Average()}, replications=250, seed=1',
    first='time.sleep(float(os.environ.get("SLOW", "0")))',
)
BLOCKS = 12
MCSIM = (sys.executable, "-m", "mcsim.cli")


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """One for all tests."""
    found = Slurm(tmp_path_factory.mktemp("slurm"))
    try:
        found.up()
        yield found
    finally:
        found.down()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The rows of one run on this machine."""
    study = Study(tmp_path_factory.mktemp("undisturbed"), None)
    study.mcsim("run", "--jobs", "2")
    return study.rows()


class Study:
    """A study in a folder of its own, and what is done with it."""

    def __init__(self, folder: Path, slurm: Slurm | None) -> None:
        self.folder, self.slurm = folder, slurm
        self.path = folder / "results" / "mine"
        (folder / "mine.py").write_text(STUDY)

    def mcsim(self, verb: str, *words: str, code: int = 0, slow: float = 0.0) -> str:
        """A verb of the command line, its exit code checked; what it prints."""
        environ = {**(self.slurm.environ if self.slurm else os.environ), "SLOW": str(slow)}
        done = subprocess.run(
            [*MCSIM, verb, "mine.py", *words], cwd=self.folder, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def submit(self, array: int, *words: str, slow: float = 0.0) -> tuple[str, str]:
        """Submit; the ids of the array and of the job that collects."""
        said = self.mcsim("submit", "--array", str(array), "--time", "10m", *words, slow=slow)
        found = re.search(r"tasks as job (\d+); job (\d+) collects", said)
        assert found, said
        return found[1], found[2]

    def rows(self) -> pd.DataFrame:
        return rows(self.folder)

    def blocks(self) -> set[Path]:
        return {*blocks(self.folder)}

    def log(self, job: str) -> str:
        return "".join(path.read_text() for path in sorted((self.path / "logs").glob(f"{job}*.log")))

    def is_whole(self, undisturbed: pd.DataFrame) -> None:
        """Every row once, those of a local run, nothing else, and a table of them."""
        pd.testing.assert_frame_equal(self.rows(), undisturbed, check_exact=True)
        assert [path.name for path in (self.path / "estimates").rglob(".*")] == []
        table = pd.read_parquet(self.path / "performance")
        assert table[table["measure"] == "bias"]["n_used"].tolist() == [250] * 4
        assert "Nothing to submit" in self.mcsim("submit", "--array", "3", "--time", "10m")


@pytest.fixture
def study(tmp_path, slurm):
    """Submitted from a folder whose name has what scripts trip over."""
    folder = tmp_path / "a folder; $HOME #é"
    folder.mkdir()
    yield Study(folder, slurm)
    slurm.call("scancel", "--user", str(os.getuid()))
    slurm.settle()


def pids_of(folder: Path) -> list[int]:
    """The runners of a study, their workers left out."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().decode().split("\0")
        except (OSError, UnicodeDecodeError):
            continue
        if "mcsim.cli" in words and "run" in words and str(folder / "mine.py") in words:
            found.append(int(entry.name))
    return found


def test_9_43_46_an_array_does_the_study_and_the_last_job_collects(study, undisturbed):
    array, collect = study.submit(3, "--cpus", "1", "--setup", "export PROVED='it ran' # no exec")
    study.slurm.ended(array, collect)
    said = study.log(array)
    assert len(re.findall(r"share [123] of 3: simulated \d+ replications in .* s in 4 blocks", said)) == 3
    assert "everything is there" in study.log("collect_")
    study.is_whole(undisturbed)


def test_7_9_tasks_that_are_stopped_or_killed_are_made_up_for_by_an_array_of_another_size(study, undisturbed):
    array, collect = study.submit(2, slow=0.02)  # 2 s a block
    wait_until(lambda: len(study.blocks()) >= 1, "a first block")
    study.slurm.call("scancel", "--signal=TERM", "--batch", f"{array}_1")
    wait_until(lambda: "run again to continue" in study.log(f"{array}_1"), "the task has stopped")
    runners = pids_of(study.folder)
    assert runners
    for pid in runners:
        os.kill(pid, signal.SIGKILL)
    study.slurm.ended(array, collect)
    assert "fits are missing" in study.log("collect_")
    before = study.blocks()
    assert 1 <= len(before) < BLOCKS
    again, last = study.submit(5)
    study.slurm.ended(again, last)
    assert before <= study.blocks()
    study.is_whole(undisturbed)


def test_a_task_whose_time_is_up_says_75_and_the_next_one_goes_on(study, undisturbed):
    array, collect = study.submit(1, "--time", "1m", "--stop-before", "57s", slow=0.02)  # three seconds are left
    study.slurm.ended(array, collect)
    assert "run again to continue" in study.log(array)
    assert "ExitCode=75:0" in study.slurm.call("scontrol", "show", "job", f"{array}_1")
    assert 1 <= len(study.blocks()) < BLOCKS
    study.slurm.ended(*study.submit(2))
    study.is_whole(undisturbed)


def test_7_a_task_that_is_requeued_goes_on_where_it_was(study, undisturbed):
    array, collect = study.submit(1, slow=0.01)
    wait_until(lambda: len(study.blocks()) >= 2, "two blocks")
    before = {path: path.stat().st_mtime_ns for path in study.blocks()}
    study.slurm.call("scontrol", "requeue", f"{array}_1")
    wait_until(lambda: "PENDING" in study.slurm.states(array), "the task waits again")
    study.slurm.ended(array, collect)
    assert before.items() <= {path: path.stat().st_mtime_ns for path in study.blocks()}.items()
    study.is_whole(undisturbed)


def test_7_a_controller_that_dies_may_forget_jobs_and_begin_others_again(study, undisturbed):
    study.submit(2, slow=0.01)
    wait_until(lambda: len(study.blocks()) >= 1, "a first block")
    study.slurm.crash()
    study.slurm.restart()
    study.slurm.settle()
    wait_until(lambda: not pids_of(study.folder), "tasks that it forgot have ended")
    said = study.mcsim("submit", "--array", "2", "--time", "10m")
    if "Nothing to submit" not in said:
        study.slurm.settle()
    study.mcsim("collect")
    study.is_whole(undisturbed)


def test_9_an_array_by_hand_may_begin_anywhere_and_be_longer_than_the_plan(study, undisturbed):
    script = study.folder / "own.sh"
    script.write_text(f"#!/bin/bash\nexec {' '.join(MCSIM)} run mine.py --shard auto --jobs 1\n")
    array = study.slurm.call("sbatch", "--parsable", f"--chdir={study.folder}", "--array=10-58:4", script.as_posix())
    study.slurm.ended(array)
    study.mcsim("collect")
    study.is_whole(undisturbed)


def test_8_9_two_submissions_at_once_leave_every_row_once(study, undisturbed):
    jobs = [*study.submit(2, slow=0.002), *study.submit(3, slow=0.002)]
    study.slurm.ended(*jobs)
    study.is_whole(undisturbed)


def test_43_what_slurm_refuses_is_its_message_and_leaves_nothing(study):
    said = study.mcsim("submit", "--array", "3", "--time", "10m", "--partition", "nowhere", code=2)
    assert re.match(r"mcsim: sbatch refused: .*invalid partition", said)
    assert sorted(path.name for path in study.folder.iterdir() if path.name != "__pycache__") == ["mine.py"]


def test_46_dask_workers_may_be_batch_jobs(study, undisturbed):
    pytest.importorskip("dask_jobqueue", reason="needs pip install 'mcsim[dask]'")
    settings = {"kind": "slurm", "jobs": 2, "cores": 1, "processes": 1, "memory": "500MB", "walltime": "'00:10:00'"}
    file = study.folder / "cluster.yaml"
    file.write_text("".join(f"{name}: {value}\n" for name, value in settings.items()))
    study.mcsim("run", "--engine", "dask", "--cluster", "cluster.yaml")
    study.slurm.ended()
    study.is_whole(undisturbed)
    file.write_text(file.read_text() + "queue: nowhere\n")
    said = study.mcsim("run", "--replications", "251", "--engine", "dask", "--cluster", "cluster.yaml", code=2)
    assert re.match(r"mcsim: run: cluster: SLURMCluster .* sbatch: error: .*[Ii]nvalid partition.*\n$", said)

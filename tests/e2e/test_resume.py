"""Runs that are killed, interrupted or doubled, and that in the end have the rows of an undisturbed run."""

import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
from study_texts import NORMAL

from mcsim.cli.main import main

STUDY = (
    '"""A slow mean."""\nimport time\n'
    + NORMAL
    + """
@dataclass(frozen=True, kw_only=True)
class Average(Method):
    def estimands(self, condition):
        return ("mean",)

    def fit(self, dataset, rng):
        time.sleep(0.001)
        return Estimates.of({"mean": {"estimate": dataset.columns["y"].mean()}})

methods = {"a": Average(), "b": Average()}
study = Study(conditions=grid(Normal, mean=[0, 1, 2]), methods=methods, replications=350, seed=1)
"""
)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Each test stands in a folder with the study."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(os, "environ", os.environ.copy())
    (tmp_path / "mine.py").write_text(STUDY)
    return tmp_path


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The rows of a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "mine.py").write_text(STUDY)
    finish(start("run", "mine.py", "--jobs", "2", folder=folder))
    return rows(folder)


def start(*words, folder):
    command = [sys.executable, "-c", "import sys; from mcsim.cli.main import main; sys.exit(main())", *words]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(process):
    """Wait for its end; its exit code and what it said."""
    _, said = process.communicate(timeout=60)
    return process.returncode, said


def rows(folder):
    frame = pd.read_parquet(folder / "results" / "mine" / "estimates").astype({"condition": str})
    return frame.sort_values(["condition", "method", "rep"], ignore_index=True)


def blocks(folder):
    return list((folder / "results" / "mine" / "estimates").rglob("*.parquet"))


def wait_for_blocks(folder, count, process):
    deadline = time.monotonic() + 60
    while len(blocks(folder)) < count:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_run_that_is_killed_and_resumed_equals_one_that_was_not(here, undisturbed):
    for jobs, count in (("1", 1), ("2", 8)):
        process = start("run", "mine.py", "--jobs", jobs, folder=here)
        wait_for_blocks(here, count, process)
        process.kill()
        finish(process)
        assert 0 < len(rows(here)) < len(undisturbed)
    assert main(["run", "mine.py", "--jobs", "1"]) == 0
    pd.testing.assert_frame_equal(rows(here), undisturbed, check_exact=True)
    assert [path.name for path in (here / "results").rglob(".*")] == []


@pytest.mark.parametrize(("jobs", "number"), [("1", signal.SIGTERM), ("2", signal.SIGINT)])
def test_a_run_that_is_asked_to_stop_keeps_finished_blocks_and_says_75(jobs, number, here, undisturbed):
    process = start("run", "mine.py", "--jobs", jobs, folder=here)
    wait_for_blocks(here, 2, process)
    began = time.monotonic()
    process.send_signal(number)
    code, said = finish(process)
    assert code == 75
    assert time.monotonic() - began < 10
    assert "replications done and kept; run again to continue" in said
    assert "Traceback" not in said
    before = {path: path.stat().st_mtime_ns for path in blocks(here)}
    assert before
    assert main(["run", "mine.py", "--jobs", "1"]) == 0
    assert before.items() <= {path: path.stat().st_mtime_ns for path in blocks(here)}.items()
    pd.testing.assert_frame_equal(rows(here), undisturbed, check_exact=True)


def test_two_runners_at_once_leave_every_row_once(here, undisturbed):
    runners = [start("run", "mine.py", "--jobs", "1", folder=here) for _ in range(2)]
    assert [finish(runner) for runner in runners] == [(0, ""), (0, "")]
    pd.testing.assert_frame_equal(rows(here), undisturbed, check_exact=True)


def test_two_runners_with_different_replications_leave_every_row_once(here, undisturbed):
    few = start("run", "mine.py", "--jobs", "1", "--replications", "130", folder=here)
    all_of_them = start("run", "mine.py", "--jobs", "1", folder=here)
    assert [finish(few), finish(all_of_them)] == [(0, ""), (0, "")]
    assert main(["run", "mine.py", "--jobs", "1"]) == 0
    pd.testing.assert_frame_equal(rows(here), undisturbed, check_exact=True)


def test_a_study_changed_while_it_runs_is_noticed(here):
    process = start("run", "mine.py", "--jobs", "2", folder=here)
    deadline = time.monotonic() + 30
    while not (here / "results" / "mine" / "study.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.001)
    (here / "mine.py").write_text(STUDY.replace("0.001", "0.002"))
    code, said = finish(process)
    if code:  # the workers may have loaded it before
        assert code == 2
        assert "was changed while it was running; run it again" in said

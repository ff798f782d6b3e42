"""Runs that are killed or doubled and in the end have the rows of one that was not; there are more in tests/faults."""

import time

import pandas as pd
import pytest
from commands import finish, rows, start, wait_for_blocks
from study_texts import average_study

from mcsim.cli.main import main

STUDY = average_study(
    'conditions=grid(Normal, mean=[0, 1, 2]), methods={"a": Average(), "b": Average()}, replications=350, seed=1',
    first="time.sleep(0.001)",
)


@pytest.fixture(autouse=True)
def here(standing):
    """Each test stands in a folder with the study."""
    (standing / "mine.py").write_text(STUDY)
    return standing


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The rows of a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "mine.py").write_text(STUDY)
    finish(start("run", "mine.py", "--jobs", "2", folder=folder))
    return rows(folder)


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

"""Runs that are killed, stopped and doubled; the numbers are those of docs/faults.md."""

import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from commands import (
    blocks,
    command,
    digest,
    digest_of_a_run,
    finish,
    goes_on,
    lives,
    rows,
    start,
    wait_for_blocks,
    workers_of,
)
from study_texts import DRAWN, average_study

STUDY = average_study(
    'conditions=grid(Normal, mean=[0, 1, 2]), methods={"a": Average(), "b": Average()}, replications=350, seed=1',
    first="time.sleep(0.002)",
    reports=DRAWN,
)
FITS = 3 * 350 * 2


@pytest.fixture
def here(tmp_path):
    (tmp_path / "mine.py").write_text(STUDY)
    return tmp_path


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The hash of the rows of a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    expected = digest_of_a_run(folder, STUDY)
    assert len(rows(folder)) == FITS
    return expected


def test_01_a_runner_killed_at_thirty_random_moments_loses_and_doubles_nothing(here, undisturbed):
    moments = np.random.default_rng(1)
    for kill in range(30):
        process = start("run", "mine.py", "--jobs", "2", folder=here)
        time.sleep(moments.uniform(0.2, 1.8))
        process.kill()
        finish(process)
        if len(blocks(here)) == 24 or kill == 29:
            goes_on(here, undisturbed)
            shutil.rmtree(here / "results")


def test_02_a_worker_killed_now_and_then_delays_and_no_more(here, undisturbed):
    process = start("run", "mine.py", "--jobs", "2", folder=here)
    killed = 0
    while process.poll() is None and killed < 6:
        time.sleep(0.4)
        for pid in workers_of(process)[:1]:
            os.kill(pid, signal.SIGKILL)
            killed += 1
    assert killed >= 3
    assert finish(process) == (0, "")
    assert len(rows(here)) == FITS
    assert digest(here) == undisturbed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_04_05_a_run_asked_to_stop_finishes_what_is_in_flight_and_says_75(number, jobs, here, undisturbed):
    process = start("run", "mine.py", "--jobs", jobs, folder=here)
    wait_for_blocks(here, 2, process)
    began = time.monotonic()
    process.send_signal(number)
    code, said = finish(process)
    assert code == 75
    assert time.monotonic() - began < 10
    assert "replications done and kept; run again to continue" in said
    assert "Traceback" not in said
    assert 2 <= len(blocks(here)) < 24
    before = {path: path.stat().st_mtime_ns for path in blocks(here)}
    goes_on(here, undisturbed)
    assert before.items() <= {path: path.stat().st_mtime_ns for path in blocks(here)}.items()


def test_04_what_takes_longer_than_a_stop_may_is_dropped_within_ten_seconds(here):
    (here / "mine.py").write_text(STUDY.replace("0.002", "1"))
    process = start("run", "mine.py", "--jobs", "2", folder=here)
    while len(workers_of(process)) < 2:
        time.sleep(0.05)
    time.sleep(2)
    workers = workers_of(process)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    code, said = finish(process)
    assert code == 75
    assert 5 < time.monotonic() - began < 10
    assert "stopped with 0 of 1,050 replications done" in said
    assert blocks(here) == []
    assert not any(lives(pid) for pid in workers)


def test_04_a_second_ctrl_c_ends_at_once(here):
    (here / "mine.py").write_text(STUDY.replace("0.002", "1"))
    process = start("run", "mine.py", "--jobs", "2", folder=here)
    while len(workers_of(process)) < 2:
        time.sleep(0.05)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert finish(process)[0] == 75
    assert time.monotonic() - began < 3


def test_06_no_worker_outlives_a_killed_runner_and_nothing_is_published_after(here):
    process = start("run", "mine.py", "--jobs", "2", folder=here)
    wait_for_blocks(here, 2, process)
    workers = workers_of(process)
    assert len(workers) == 2
    process.kill()
    finish(process)
    deadline = time.monotonic() + 1
    while any(lives(pid) for pid in workers):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    before = blocks(here)
    time.sleep(0.5)
    assert blocks(here) == before


def test_08_two_runners_at_once_leave_every_row_once(here, undisturbed):
    runners = [start("run", "mine.py", "--jobs", "1", folder=here) for _ in range(2)]
    assert [finish(runner) for runner in runners] == [(0, ""), (0, "")]
    goes_on(here, undisturbed)


@pytest.mark.parametrize("verb", ["run", "status", "performance", "plan"])
def test_10_a_reader_that_has_gone_is_no_error(verb, here):
    assert command("run", "mine.py", "--replications", "10", folder=here)[0] == 0
    code = f"import sys; from mcsim.cli.main import main; sys.exit(main(['{verb}', 'mine.py']))"
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) in (0, 141)
    assert said == "" or verb == "run"
    assert "Traceback" not in said


def test_a_run_whose_time_is_up_finishes_what_is_in_flight_and_says_75(here, undisturbed):
    code, _, said = command("run", "mine.py", "--jobs", "2", "--stop-after", "2", folder=here)
    assert code == 75
    assert "run again to continue" in said
    assert 0 < len(rows(here)) < FITS
    goes_on(here, undisturbed)


def test_47_threads_asked_for_outside_change_no_bit(here, undisturbed):
    asked = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS"), "8")
    assert command("run", "mine.py", "--jobs", "2", folder=here, **asked)[0] == 0
    assert digest(here) == undisturbed


@pytest.mark.parametrize(
    "environ",
    [{"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo"}, {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR"}],
)
def test_50_hash_seed_locale_and_time_zone_change_no_bit(environ, here, undisturbed):
    assert command("run", "mine.py", "--jobs", "2", folder=here, **environ)[0] == 0
    assert digest(here) == undisturbed


def test_failures_beyond_the_allowance_end_the_run_with_3_and_a_table(here):
    (here / "mine.py").write_text(
        STUDY.replace(
            "        time.sleep(0.002)\n", "        if rng.random() < 0.5:\n            raise ValueError('half')\n"
        )
    )
    code, _, said = command("run", "mine.py", "--max-failures", "0.1", folder=here)
    assert code == 3
    assert "more fits failed than --max-failures allows" in said
    assert "ValueError: half" in said
    assert len(blocks(here)) < 24
    assert command("run", "mine.py", "--max-failures", "0.9", folder=here)[0] == 0
    assert len(rows(here)) == FITS


def test_the_rows_of_a_resumed_run_are_read_as_any_other(here, undisturbed):
    process = start("run", "mine.py", "--jobs", "2", folder=here)
    wait_for_blocks(here, 3, process)
    process.kill()
    finish(process)
    partial = rows(here)
    goes_on(here, undisturbed)
    whole = rows(here).merge(partial[["condition", "method", "rep"]])
    pd.testing.assert_frame_equal(
        whole.sort_values(["condition", "method", "rep"], ignore_index=True), partial, check_exact=True
    )

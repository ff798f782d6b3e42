"""A run: what it stores, says, refuses and survives."""

import os
import re
import signal
import time

import numpy as np
import pandas as pd
import pytest
from fakes import Blocked, Fragile, Mean, MeanBlock, first_condition, method, study_of
from running import files, rows, run

import mcsim
from mcsim import DatasetBlock, Estimates, Status
from mcsim.errors import ParameterError, ResultsError, Stopped, StorageError, StudyError


def test_a_run_stores_every_row_and_says_what_it_did(tmp_path):
    study = study_of(methods={"A": Mean(), "B": Mean(shift=1.0)})
    result = run(study, tmp_path)
    stored = rows(tmp_path)
    assert len(stored) == 2 * 2 * 6 * 2
    assert not stored.duplicated(["condition", "method", "rep", "estimand"]).any()
    assert result.path == tmp_path / "study"
    assert (result.simulated, result.exit_code) == (12, 0)
    assert "study: 2 conditions x 6 replications x 2 methods; simulated 12 replications in" in repr(result)
    assert {"bias", "coverage"} <= set(result.performance["measure"])
    assert set(result.performance["condition"]) == set(study.conditions)


def test_a_stop_keeps_what_is_finished_and_says_how_to_go_on(tmp_path):
    calls = []

    def stop(estimates, dataset):
        calls.append(1)
        if len(calls) > 8:
            signal.raise_signal(signal.SIGINT)
        return estimates

    study = study_of(methods={"A": method(stop)})
    with pytest.raises(
        Stopped, match="stopped with 6 of 12 replications done and kept; run again to continue"
    ) as caught:
        run(study, tmp_path)
    assert caught.value.exit_code == 75
    assert len(files(tmp_path)) == 1


def test_a_condition_and_method_without_a_usable_fit_is_named_and_exits_with_3(tmp_path):
    def fail(estimates, dataset):
        raise ValueError("no")

    study = study_of(mean=[0.0], methods={"A": method(fail), "B": Mean()})
    for result in (run(study, tmp_path), run(study, tmp_path)):
        assert result.unusable == ((first_condition(study), "A"),)
        assert result.exit_code == 3
        assert f"no usable fit: A under {first_condition(study)}: ValueError: no" in repr(result)


def test_a_method_that_is_skipped_throughout_is_no_failure(tmp_path):
    skip = method(lambda e, d: Estimates.of({"mean": {}, "spread": {}}, status=Status.SKIPPED))
    assert run(study_of(methods={"A": skip}), tmp_path).exit_code == 0


def test_a_method_that_does_not_apply_is_no_failure_where_the_mechanism_fails_now_and_then(tmp_path):
    skip = method(lambda e, d: Estimates.of({"mean": {}, "spread": {}}, status=Status.SKIPPED))
    study = study_of(Fragile, methods={"A": skip})
    assert run(study, tmp_path).exit_code == 0


def test_an_error_that_no_file_can_hold_costs_one_replication(tmp_path):
    def fail(estimates, dataset):
        raise ValueError("bad \udcff name")

    study = study_of(mean=[0.0], methods={"A": method(fail)})
    assert "ValueError: bad ? name" in repr(run(study, tmp_path))


def test_a_path_is_no_study():
    with pytest.raises(
        ParameterError, match=r"run: study: given 'mine.py'; allowed: a Study, such as mcsim.load_study"
    ):
        mcsim.run("mine.py")


@pytest.mark.parametrize("jobs", [0, -2, 1.5, True, "2"])
def test_impossible_jobs_are_refused_before_anything_is_written(jobs, tmp_path):
    message = f"run: jobs: given {jobs!r}; allowed: a whole number from 1, or -1 for all cores"
    with pytest.raises(ParameterError, match=re.escape(message)):
        run(study_of(), tmp_path, jobs=jobs)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("replications", [0, -1, 2.5, "3"])
def test_impossible_replications_are_refused_before_anything_is_written(replications, tmp_path):
    with pytest.raises(StudyError, match="replications: given"):
        run(study_of(), tmp_path, replications=replications)
    assert list(tmp_path.iterdir()) == []


def test_another_seed_is_refused(tmp_path):
    run(study_of(), tmp_path)
    with pytest.raises(ResultsError, match="results of seed 7, but the study has seed 8"):
        run(study_of(seed=8), tmp_path)


def test_a_study_without_a_file_runs_here_and_says_so_if_more_jobs_were_asked_for(tmp_path):
    with pytest.warns(UserWarning, match="a study without a file runs in the calling process: jobs=2 is ignored"):
        run(study_of(), tmp_path, jobs=2)
    assert run(study_of(), tmp_path, jobs=-1).simulated == 0
    here = method(lambda e, d: Estimates.of({"mean": {"estimate": os.getpid()}, "spread": {"estimate": 1.0}}))
    run(study_of(methods={"A": here}), tmp_path / "pid", jobs=None)
    assert set(rows(tmp_path / "pid").query("estimand == 'mean'")["estimate"]) == {os.getpid()}


def test_a_disk_that_fills_up_on_the_way_keeps_what_was_stored(tmp_path, monkeypatch):
    from mcsim.store import local

    written, fsync = [], os.fsync

    def full(descriptor):
        written.append(1)
        if len(written) == 7:  # study.json, conditions.parquet, one block, each with its folder; then this
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(local.os, "fsync", full)
        with pytest.raises(StorageError, match="No space left on device"):
            run(study_of(), tmp_path)
    assert len(files(tmp_path)) == 1
    run(study_of(), tmp_path / "other")
    assert run(study_of(), tmp_path).simulated == 6
    pd.testing.assert_frame_equal(rows(tmp_path), rows(tmp_path / "other"))


def test_one_thread_for_linear_algebra_while_it_runs_and_the_environment_as_before_after(tmp_path, monkeypatch):
    from threadpoolctl import threadpool_info

    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    seen = []

    def look(estimates, dataset):
        seen.append((os.environ["OMP_NUM_THREADS"], {pool["num_threads"] for pool in threadpool_info()}))
        return estimates

    run(study_of(methods={"A": method(look)}, replications=1), tmp_path)
    assert all(found == ("1", {1}) for found in seen)
    assert os.environ["OMP_NUM_THREADS"] == "8"
    assert "OPENBLAS_NUM_THREADS" not in os.environ


def test_the_framework_costs_little_beside_a_method_that_does_nothing(tmp_path, monkeypatch):
    nothing = np.random.default_rng(1).random((10_000, 2, 6))

    def fit_block(self, block, streams):
        count = len(streams)
        return Estimates(("mean", "spread"), nothing[:count], np.zeros((count, 2), dtype=np.int8))

    def simulate_block(self, streams):
        return DatasetBlock(("y",), np.zeros((len(streams), 1, 1000)), {})

    monkeypatch.setattr(MeanBlock, "fit_block", fit_block)
    monkeypatch.setattr(Blocked, "simulate_block", simulate_block)
    monkeypatch.setattr(Blocked, "rows", lambda self: 1000)
    study = study_of(Blocked, mean=[0.0], methods={"A": MeanBlock()}, replications=20_000)
    run(study.with_replications(10), tmp_path / "warm")
    start = time.process_time()
    run(study, tmp_path / "run")
    assert (time.process_time() - start) / 20_000 < 25e-6  # the budget is 10 us on a quiet machine

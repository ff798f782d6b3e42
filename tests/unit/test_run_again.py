"""Running again: only what is missing is computed, and nothing depends on how a study got there."""

import importlib
import socket
import subprocess

import pandas as pd
import pytest
from fakes import Mean, study_of
from running import files, rows, run

import mcsim
from mcsim.errors import Stopped

COLLECTOR = importlib.import_module("mcsim.collect")  # the name mcsim.collect is the function


def test_running_again_does_nothing_and_says_so(tmp_path):
    study = study_of()
    run(study, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    result = run(study, tmp_path)
    assert result.simulated == 0
    assert "nothing to do" in repr(result)
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}


def test_resuming_equals_a_run_at_once_bit_for_bit(tmp_path):
    run(study_of(mean=[1.0], replications=3), tmp_path / "parts")
    run(study_of(mean=[0.0, 1.0], replications=3), tmp_path / "parts")
    run(study_of(mean=[0.0, 1.0], replications=8), tmp_path / "parts")
    final = study_of(mean=[0.0, 1.0], replications=8, methods={"A": Mean(), "B": Mean(shift=1.0)})
    run(final, tmp_path / "parts")
    run(final, tmp_path / "whole")
    pd.testing.assert_frame_equal(rows(tmp_path / "parts"), rows(tmp_path / "whole"), check_exact=True)
    performance = [mcsim.performance(final, tmp_path / part) for part in ("parts", "whole")]
    pd.testing.assert_frame_equal(*performance, check_exact=True)


@pytest.mark.parametrize(
    ("changed", "simulated", "new_files"),
    [
        ({"mean": [0.0, 1.0, 2.0]}, 6, 1),
        ({"methods": {"A": Mean(), "B": Mean(shift=1.0)}}, 12, 2),
        ({"replications": 9}, 6, 2),
        ({"mean": [0.0, 1.0, 2.0], "replications": 9}, 6 + 9, 3),
    ],
)
def test_only_what_is_missing_is_computed(changed, simulated, new_files, tmp_path):
    run(study_of(mean=[0.0, 1.0]), tmp_path)
    before = files(tmp_path)
    result = run(study_of(**{"mean": [0.0, 1.0], **changed}), tmp_path)
    assert result.simulated == simulated
    after = files(tmp_path)
    assert before.items() <= after.items()
    assert len(after) - len(before) == new_files


def test_a_removed_method_and_condition_are_retired_and_not_reported_and_come_back_for_nothing(tmp_path):
    full = study_of(mean=[0.0, 1.0], methods={"A": Mean(), "B": Mean(shift=1.0)})
    run(full, tmp_path)
    whole = rows(tmp_path)
    less = study_of(mean=[1.0])
    result = run(less, tmp_path)
    assert result.simulated == 0
    assert set(rows(tmp_path)["method"]) == {"A"}
    assert set(result.performance["condition"]) == set(less.conditions)
    assert set(result.performance["method"]) == {"A"}
    back = run(full, tmp_path)
    assert back.simulated == 0
    pd.testing.assert_frame_equal(rows(tmp_path), whole)
    assert set(back.performance["method"]) == {"A", "B"}


def test_a_deleted_file_is_computed_again(tmp_path):
    run(study_of(), tmp_path)
    whole = rows(tmp_path)
    next(iter(files(tmp_path))).unlink()
    assert run(study_of(), tmp_path).simulated == 6
    pd.testing.assert_frame_equal(rows(tmp_path), whole)


def test_fewer_replications_than_stored_use_the_first_and_remove_none(tmp_path):
    study = study_of()
    run(study, tmp_path)
    before = files(tmp_path)
    few = run(study, tmp_path, replications=4)
    assert few.simulated == 0
    assert few.replications == 4
    assert few.performance["n_used"].max() == 4
    assert files(tmp_path) == before
    assert run(study, tmp_path).performance["n_used"].max() == 6


def test_a_performance_table_that_was_not_finished_is_finished(tmp_path, monkeypatch):
    study = study_of()

    def interrupted(*_args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(COLLECTOR, "performance", interrupted)
        with pytest.raises(Stopped):
            run(study, tmp_path)
    assert not (tmp_path / "study" / "performance").exists()
    assert len(run(study, tmp_path).performance)


def test_what_killed_runs_left_half_written_is_removed_everywhere(tmp_path):
    study = study_of()
    run(study, tmp_path)
    first, *_, last = sorted(files(tmp_path))
    dead = subprocess.Popen(["true"])
    dead.wait()
    left = first.with_name(f".{first.name}.{socket.gethostname()}.{dead.pid}.tmp")
    left.touch()
    last.unlink()
    run(study, tmp_path)
    assert not left.exists()

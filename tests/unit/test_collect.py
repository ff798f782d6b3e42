"""Runs that share a study, and what collects them."""

import pandas as pd
import pytest
from fakes import Mean, first_condition, method, study_of
from running import files, rows, run

import mcsim
from mcsim.errors import ParameterError, ResultsError
from mcsim.model import Estimates

STUDY = study_of(mean=[0.0, 1.0, 2.0], methods={"A": Mean(), "B": Mean(shift=1.0)}, replications=320)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What one run of everything leaves."""
    root = tmp_path_factory.mktemp("whole")
    run(STUDY, root)
    return root


def collected(root, study=STUDY):
    return mcsim.collect(study, results=root)


def table(root):
    return mcsim.run(STUDY, results=root, progress=False).performance


def test_shares_in_any_order_leave_the_rows_and_the_table_of_one_run(tmp_path, whole):
    results = [run(STUDY, tmp_path, shard=f"{index}/5") for index in (3, 1, 5, 2, 4)]
    assert sum(result.simulated for result in results) == 3 * 320
    assert sorted(result.blocks for result in results) == [2, 2, 2, 3, 3]
    pd.testing.assert_frame_equal(rows(tmp_path), rows(whole), check_exact=True)
    result = collected(tmp_path)
    assert (result.exit_code, result.missing, result.simulated) == (0, (), 0)
    pd.testing.assert_frame_equal(result.performance, table(whole), check_exact=True)


def test_lost_shares_are_made_up_for_by_another_number_of_shares(tmp_path, whole):
    for index in (1, 4):
        run(STUDY, tmp_path, shard=f"{index}/5")
    before = files(tmp_path)
    done = sum(run(STUDY, tmp_path, shard=f"{index}/3").simulated for index in (1, 2, 3))
    assert 0 < done < 3 * 320
    assert before.items() <= files(tmp_path).items()
    pd.testing.assert_frame_equal(rows(tmp_path), rows(whole), check_exact=True)
    assert [run(STUDY, tmp_path, shard=f"{index}/2").simulated for index in (1, 2)] == [0, 0]


def test_a_share_says_how_much_of_it_was_done(tmp_path):
    said = run(STUDY, tmp_path, shard="2/5").lines()
    assert said[0].startswith("study: 3 conditions x 320 replications x 2 methods; share 2 of 5: simulated ")
    assert said[0].endswith(" in 3 blocks")
    assert run(STUDY, tmp_path, shard="2/5").lines()[0].endswith("share 2 of 5: nothing to do")


def test_a_share_within_an_array_is_that_of_its_task(tmp_path, monkeypatch):
    monkeypatch.setenv("SGE_TASK_ID", "8")
    for name, value in {"FIRST": "6", "LAST": "10", "STEPSIZE": "2"}.items():
        monkeypatch.setenv(f"SGE_TASK_{name}", value)
    result = run(STUDY, tmp_path, shard="auto")
    assert (result.shard.index, result.shard.count, result.blocks) == (2, 3, 4)


def test_a_share_neither_computes_the_table_nor_moves_a_file(tmp_path):
    run(STUDY, tmp_path)
    changed = study_of(mean=[0.0, 1.0], methods={"A": Mean(), "C": Mean(shift=2.0)}, replications=320)
    before, marks = files(tmp_path), (tmp_path / "study" / "performance" / "_inputs.json").stat().st_mtime_ns
    run(changed, tmp_path, shard="1/1")
    assert before.items() <= files(tmp_path).items()
    assert not (tmp_path / "study" / "retired").exists()
    assert (tmp_path / "study" / "performance" / "_inputs.json").stat().st_mtime_ns == marks
    result = collected(tmp_path, changed)
    assert set(result.performance["method"]) == {"A", "C"}
    assert len(rows(tmp_path)) == 2 * 2 * 2 * 320
    assert (tmp_path / "study" / "retired").exists()


def test_retired_files_are_not_computed_again_by_a_share(tmp_path):
    run(STUDY, tmp_path)
    run(study_of(mean=[0.0], methods={"A": Mean()}, replications=320), tmp_path)
    assert run(STUDY, tmp_path, shard="1/1").simulated == 0
    assert collected(tmp_path).missing == ()
    assert len(rows(tmp_path)) == 3 * 2 * 2 * 320


@pytest.mark.parametrize("shard", ["0/5", "6/5", "3", "auto"])
def test_an_impossible_share_writes_nothing(tmp_path, shard):
    with pytest.raises(ParameterError, match="run: shard: given"):
        run(STUDY, tmp_path, shard=shard)
    assert list(tmp_path.iterdir()) == []


def test_collecting_says_what_is_missing_of_each_condition(tmp_path):
    run(STUDY, tmp_path, shard="1/2")
    there = rows(tmp_path).groupby("condition").size() / 2  # of two estimands
    result = collected(tmp_path)
    assert result.exit_code == 75
    lacking = {key: 2 * 320 - there.get(key, 0) for key in STUDY.conditions}
    assert dict(result.missing) == {key: count for key, count in lacking.items() if count}
    assert set(result.performance["n_used"]) <= {*range(321)}


def test_a_method_that_not_all_shares_know_is_missing_there(tmp_path):
    run(study_of(mean=[0.0, 1.0, 2.0], methods={"A": Mean()}, replications=320), tmp_path)
    assert collected(tmp_path).missing == tuple((key, 320) for key in STUDY.conditions)


def test_collecting_nothing_writes_nothing(tmp_path):
    result = collected(tmp_path / "none")
    assert sum(count for _, count in result.missing) == 3 * 2 * 320
    assert result.exit_code == 75
    assert not (tmp_path / "none").exists()


def test_collecting_before_the_first_block_makes_no_table(tmp_path):
    run(STUDY, tmp_path, shard="999/999")
    result = collected(tmp_path)
    assert len(result.missing) == 3
    assert not (tmp_path / "study" / "performance").exists()


def test_collecting_knows_a_method_without_a_usable_fit(tmp_path):
    bad = method(lambda estimates, _: Estimates.failed(estimates.estimands, "no"))
    study = study_of(mean=[0.0], methods={"A": Mean(), "bad": bad}, replications=5)
    run(study, tmp_path, shard="1/1")
    result = collected(tmp_path, study)
    assert (result.exit_code, result.unusable) == (3, ((first_condition(study), "bad"),))


def test_collecting_another_seed_is_refused(tmp_path):
    run(STUDY, tmp_path, shard="1/5")
    with pytest.raises(ResultsError, match="holds results of seed 7, but the study has seed 8"):
        collected(tmp_path, study_of(mean=[0.0], seed=8))

"""Fits that failed: how many may, and which did."""

import pytest
from fakes import Fragile, Mean, method, study_of
from running import run

from mcsim import Estimates, Status
from mcsim.failures import Allowance, by_message, failed_fits
from mcsim.store import Facts, Store


def facts(failed):
    return Facts({}, {status.label: failed if status is Status.FAILED else 0 for status in Status}, 0.0)


@pytest.mark.parametrize(("share", "failed", "exceeded"), [(0.5, 12, False), (0.5, 13, True), (0.0, 1, True)])
def test_more_failures_than_the_share_of_all_fits_are_too_many(share, failed, exceeded):
    allowance = Allowance.of(study_of(replications=12), [facts(1)], share)
    assert (allowance.fits, allowance.failed) == (24, 1)
    allowance.spend(failed - 1)
    assert allowance.exceeded is exceeded


def test_without_a_share_all_may_fail():
    allowance = Allowance.of(study_of(), [facts(10_000)], None)
    assert not allowance.exceeded


def test_a_run_with_too_many_failures_ends_early_and_says_so(tmp_path):
    def fail(estimates, dataset):
        raise ValueError("no")

    study = study_of(methods={"A": method(fail), "B": Mean()}, replications=250)
    result = run(study, tmp_path, max_failures=0.1)
    assert (result.too_many_failures, result.exit_code) == (True, 3)
    assert result.simulated < 500
    assert "ended early: more fits failed than --max-failures allows" in repr(result)
    assert run(study, tmp_path, max_failures=0.5).too_many_failures is False


def test_failed_fits_are_listed_once_each_and_counted_by_message(tmp_path):
    study = study_of(Fragile, methods={"A": Mean(), "B": Mean(shift=1.0)}, replications=30)
    run(study, tmp_path)
    failed = failed_fits(study, Store(tmp_path, "study"))
    assert list(failed.columns) == ["condition", "method", "rep", "note"]
    assert not failed.duplicated(["condition", "method", "rep"]).any()
    assert set(failed["note"]) == {"simulate: ValueError: no data today"}
    counted = by_message(failed)
    assert counted["fits"].sum() == len(failed)
    assert counted["fits"].is_monotonic_decreasing
    for row in counted.itertuples():
        own = failed.query("condition == @row.condition and method == @row.method")
        assert (row.fits, row.first_rep) == (len(own), own["rep"].min())


def test_a_study_without_failures_has_an_empty_list(tmp_path):
    study = study_of(
        methods={"A": method(lambda e, d: Estimates.of({"mean": {}, "spread": {}}, status=Status.SKIPPED))}
    )
    run(study, tmp_path)
    assert failed_fits(study, Store(tmp_path, "study")).empty

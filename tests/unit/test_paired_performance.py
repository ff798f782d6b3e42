"""Pairs in the performance table: which replications they are, which are missing, and who is the reference."""

import math
from collections.abc import Iterable

import numpy as np
import pytest
from fakes import Mean, Plain, study_of

from mcsim import Study, grid, performance, run
from mcsim.measures import MEASURES, score_interval
from mcsim.model import Status
from mcsim.performance import EstimateColumns, PerformanceRow, Scope, Setting, condition_performance
from mcsim.store import Store

OK, SINGULAR, NOT_CONVERGED, FAILED, SKIPPED = Status
PAIRED = ("relative_precision", "difference_bias", "difference_mse", "difference_coverage", "difference_rejection")
approx = pytest.approx
NAN = math.nan


def cell(estimate: Iterable[float], status: Iterable[int] | None = None, **given: Iterable[float]) -> EstimateColumns:
    """Estimates with intervals of half-width 1 and p-values of .5, unless given otherwise."""
    values = np.array(list(estimate), dtype=float)
    columns = {
        "rep": np.arange(values.size),
        "std_error": np.ones(values.size),
        "lower": values - 1,
        "upper": values + 1,
        "p_value": np.full(values.size, 0.5),
    } | given
    codes = np.zeros(values.size, np.int8) if status is None else np.array(list(status), np.int8)
    return EstimateColumns(estimate=values, status=codes, **{k: np.asarray(v) for k, v in columns.items()})


def rows(
    reference: EstimateColumns | None,
    method: EstimateColumns,
    *,
    truth: float = 0.0,
    levels: tuple[float, float] = (0.95, 0.95),
    **scope: object,
) -> dict[tuple[str, ...], PerformanceRow]:
    """The rows of B beside the reference A, by measure (and status where asked for)."""
    cells = {("B", "x"): method} | ({} if reference is None else {("A", "x"): reference})
    setting = Setting("c0", {"x": truth}, dict(zip("AB", levels, strict=True)), "A")
    found = condition_performance(cells, setting, scope=Scope(**scope))  # type: ignore[arg-type]
    return {(r.measure, r.status) if scope.get("by_status") else r.measure: r for r in found if r.method == "B"}  # type: ignore[misc]


def counts(row: PerformanceRow) -> tuple[int, int]:
    return row.n_used, row.n_missing


def test_differences_are_over_the_replications_that_both_methods_have() -> None:
    a = cell([1.0, 2.0, NAN, 4.0, 5.0], [OK, SINGULAR, FAILED, OK, OK])
    b = cell([2.0, 9.0, 3.0, 6.0, 5.0], [OK, NOT_CONVERGED, OK, OK, SINGULAR])
    found = rows(a, b)
    assert found["difference_bias"].value == approx((1 + 2 + 0) / 3)
    assert found["difference_mse"].value == approx((3 + 20 + 0) / 3)
    assert {counts(found[measure]) for measure in PAIRED} == {(3, 2)}


def test_what_is_usable_is_decided_for_each_measure_and_for_both_methods() -> None:
    a = cell([0.0, 0.5, 2.0, 0.0], upper=[1.0, NAN, 3.0, 1.0])
    b = cell([0.0, 0.5, 0.5, 0.5], p_value=[0.01, 0.5, NAN, 0.01])
    found = rows(a, b)
    assert counts(found["difference_bias"]) == (4, 0)
    assert counts(found["difference_coverage"]) == counts(found["difference_rejection"]) == (3, 1)
    assert found["difference_coverage"].value == approx(1 / 3)
    assert found["difference_rejection"].value == approx(2 / 3)


def test_a_pair_is_skipped_if_either_fit_is() -> None:
    a = cell([1.0, 2.0, NAN, NAN, 1.0], [OK, OK, SKIPPED, SKIPPED, FAILED])
    b = cell([1.0, NAN, 3.0, NAN, 1.0], [OK, SKIPPED, OK, FAILED, OK])
    assert {counts(rows(a, b)[measure]) for measure in PAIRED} == {(1, 1)}


def test_where_the_reference_failed_throughout_every_pair_is_missing() -> None:
    found = rows(cell([NAN] * 3, [FAILED] * 3), cell([1.0, 2.0, 3.0]))
    for measure in PAIRED:
        assert math.isnan(found[measure].value)
        assert counts(found[measure]) == (0, 3)


def test_what_the_reference_never_reports_is_neither_used_nor_missing() -> None:
    found = rows(cell([1.0, NAN], [OK, FAILED], p_value=[NAN, NAN]), cell([1.0, 2.0]))
    assert counts(found["difference_rejection"]) == (0, 0)
    assert counts(found["difference_bias"]) == (1, 1)


def test_pairs_of_which_each_lacks_what_the_other_has_are_missing() -> None:
    found = rows(cell([1.0, 2.0], p_value=[0.1, NAN]), cell([1.0, 2.0], p_value=[NAN, 0.1]))
    assert counts(found["difference_rejection"]) == (0, 2)


def test_an_estimand_that_the_reference_does_not_have_has_no_pairs_and_none_is_missing() -> None:
    found = rows(None, cell([1.0, 2.0, NAN], [OK, OK, FAILED]))
    for measure in PAIRED:
        assert math.isnan(found[measure].value)
        assert counts(found[measure]) == (0, 0)


def test_pairs_are_matched_by_replication_and_those_the_reference_lacks_are_missing() -> None:
    a = cell([1.0, 5.0, 2.0, 7.0], p_value=[0.5, 0.01, 0.5, 0.5])
    b = cell([2.0, 4.0, 1.0], rep=[1, 3, 9])
    found = rows(a, b)
    assert found["difference_bias"].value == approx(((2 - 5) + (4 - 7)) / 2)
    assert found["difference_rejection"].value == approx(-1 / 2)
    assert {counts(found[measure]) for measure in PAIRED} == {(2, 1)}


def test_fits_that_did_not_converge_may_be_taken_as_usable_in_both_methods() -> None:
    a, b = cell([1.0, 2.0, 4.0], [OK, NOT_CONVERGED, OK]), cell([1.0, 5.0, 8.0], [OK, OK, NOT_CONVERGED])
    assert counts(rows(a, b)["difference_bias"]) == (1, 2)
    row = rows(a, b, not_converged_usable=True)["difference_bias"]
    assert (row.value, *counts(row)) == (approx(7 / 3), 3, 0)


def test_by_status_restricts_to_the_methods_own_fits_whatever_the_status_of_the_reference() -> None:
    a = cell([0.0, 0.0, 0.0, NAN, 0.0], [OK, SINGULAR, OK, FAILED, OK])
    b = cell([1.0, 2.0, 6.0, 7.0, NAN], [OK, OK, SINGULAR, SINGULAR, FAILED])
    found = rows(a, b, by_status=True)
    shown = {status: found["difference_bias", status] for status in ("all", "ok", "singular")}
    assert {status: row.value for status, row in shown.items()} == {"all": 3.0, "ok": 1.5, "singular": 6.0}
    # The failed fit of B might have been of any status; the one of A concerns the singular fit beside it alone.
    assert {status: counts(row) for status, row in shown.items()} == {"all": (3, 2), "ok": (2, 1), "singular": (1, 2)}


def test_each_method_rejects_at_its_own_level() -> None:
    a, b = cell([1.0] * 4, p_value=[0.07, 0.07, 0.5, 0.5]), cell([1.0] * 4, p_value=[0.07, 0.03, 0.03, 0.5])
    assert rows(a, b)["difference_rejection"].value == 0.5
    assert rows(a, b, levels=(0.9, 0.95))["difference_rejection"].value == 0.0


def test_without_a_truth_rejection_and_precision_can_still_be_compared() -> None:
    found = rows(cell([1.0, 2.0, 4.0]), cell([2.0, 2.0, 5.0], p_value=[0.01, 0.5, 0.5]), truth=NAN)
    exists = {measure for measure in PAIRED if not math.isnan(found[measure].value)}
    assert exists == {"relative_precision", "difference_rejection"}


def test_without_discordant_pairs_a_difference_has_a_score_interval_and_no_mcse() -> None:
    row = rows(cell([0.1] * 20), cell([0.2] * 20))["difference_coverage"]
    assert (row.value, row.mcse) == approx((0.0, NAN), nan_ok=True)
    assert (row.lower, row.upper) == score_interval(0.0, 20)


def test_with_discordant_pairs_limits_are_a_95_percent_monte_carlo_interval() -> None:
    row = rows(cell([0.1] * 20), cell([0.2] * 15 + [3.0] * 5))["difference_coverage"]
    assert row.value == -0.25
    assert row.mcse == approx(math.sqrt(0.25 * 0.75 / 19))
    assert (row.lower, row.upper) == approx((row.value - 1.95996 * row.mcse, row.value + 1.95996 * row.mcse), rel=1e-5)


@pytest.mark.parametrize("estimates", [[0.3, 0.1, 9.0, NAN], [0.3, 0.1]])
def test_the_reference_method_differs_from_itself_by_exactly_nothing(estimates: list[float]) -> None:
    columns = cell(estimates, [FAILED if math.isnan(estimate) else OK for estimate in estimates])
    setting = Setting("c0", {"x": 0.0}, {"A": 0.95}, "A")
    found = {r.measure: r for r in condition_performance({("A", "x"): columns}, setting, scope=Scope())}
    for measure in PAIRED:
        row = found[measure]
        assert (row.value, row.mcse, row.lower, row.upper) == (0, 0, 0, 0), measure


def test_measures_that_compare_a_method_with_the_reference_are_the_paired_ones() -> None:
    assert set(PAIRED) == {name for name in MEASURES if name.startswith(("difference_", "relative_precision"))}


def test_a_reference_whose_results_are_left_out_is_no_reference() -> None:
    cells = {("A", "x"): cell([1.0, 2.0]), ("B", "x"): cell([1.0, 3.0])}
    found = condition_performance(cells, Setting("c0", {"x": 0.0}, {"B": 0.95}, "A"), scope=Scope(measures=PAIRED))
    assert {(math.isnan(r.value), *counts(r)) for r in found} == {(True, 0, 0)}


def test_results_of_a_reference_whose_options_have_changed_since_are_not_compared_with(tmp_path) -> None:
    run(study_of(methods={"A": Mean(), "B": Mean(shift=0.5)}), results=tmp_path, progress=False)
    changed = study_of(methods={"A": Mean(shift=2.0), "B": Mean(shift=0.5)})
    table = performance(changed, tmp_path, scope=Scope(measures=("bias", "difference_bias")))
    assert set(table["method"]) == {"B"}
    assert table[table["measure"] == "difference_bias"]["value"].isna().all()
    assert (table[(table["measure"] == "bias") & (table["estimand"] == "mean")]["n_used"] > 0).all()


def test_another_reference_turns_the_stored_differences_round(tmp_path) -> None:
    plan = {"conditions": grid(Plain, mean=0.0), "methods": {"A": Mean(), "B": Mean(shift=0.5)}}

    def differences(reference: str) -> dict[tuple[str, str], float]:
        run(Study(**plan, replications=6, seed=7, reference=reference), results=tmp_path, progress=False)
        table = Store(tmp_path, "study").performance(["difference_bias"])
        return table[table["estimand"] == "mean"].set_index("method")["value"].to_dict()

    assert differences("A") == approx({"A": 0.0, "B": 0.5})
    assert differences("B") == approx({"A": -0.5, "B": 0.0})

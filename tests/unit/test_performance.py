"""From estimates to the performance table: who is usable, who is missing, what is paired."""

import math
import sys
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest
from fakes import Mean, study_of

from mcsim import performance, run
from mcsim.errors import ParameterError
from mcsim.measures import MEASURES, wilson_interval
from mcsim.model import Status
from mcsim.performance import EstimateColumns, PerformanceRow, Scope, Setting, cells_of, condition_performance

OK, SINGULAR, NOT_CONVERGED, FAILED, SKIPPED = Status
approx = pytest.approx


def cell(estimate: Iterable[float], status: Iterable[int] | None = None, **given: Iterable[float]) -> EstimateColumns:
    """Estimates with standard error 1 and intervals of half-width 1, unless given otherwise."""
    values = np.array(list(estimate), dtype=float)
    columns = {
        "rep": np.arange(values.size),
        "std_error": np.ones(values.size),
        "lower": values - 1,
        "upper": values + 1,
        "p_value": np.full(values.size, np.nan),
        "status": np.zeros(values.size) if status is None else status,
    } | given
    columns["status"] = np.array(list(columns["status"]), dtype=np.int8)
    return EstimateColumns(estimate=values, **{name: np.asarray(column) for name, column in columns.items()})


def table(
    cells: dict[tuple[str, str], EstimateColumns], *, truth: float = 0.0, reference: str = "A", **scope: object
) -> dict[tuple[str, ...], PerformanceRow]:
    """Rows by method, estimand, measure (and status where asked for)."""
    levels = {method: 0.95 for method, _ in cells}
    setting = Setting("c0", {"x": truth}, levels, reference)
    rows = condition_performance(cells, setting, scope=Scope(**scope))  # type: ignore[arg-type]
    by_status = scope.get("by_status")
    return {(r.method, r.estimand, r.measure, *([r.status] if by_status else [])): r for r in rows}


def one(columns: EstimateColumns, **options: object) -> dict[str, PerformanceRow]:
    """Rows of a single method and estimand by measure."""
    return {measure: row for (_, _, measure), row in table({("A", "x"): columns}, **options).items()}  # type: ignore[arg-type]


def test_there_is_a_row_for_every_measure_in_order() -> None:
    assert list(one(cell([0.1, 0.2, 0.3]))) == list(MEASURES)


def test_singular_fits_are_used_and_not_converged_and_failed_ones_are_missing() -> None:
    rows = one(cell([1.0, 3.0, 100.0, math.nan], [OK, SINGULAR, NOT_CONVERGED, FAILED]))
    assert (rows["bias"].value, rows["bias"].n_used, rows["bias"].n_missing) == (2.0, 2, 2)


def test_not_converged_fits_may_be_taken_as_usable_and_convergence_still_tells_of_them() -> None:
    columns = cell([1.0, 3.0, 5.0, math.nan], [OK, SINGULAR, NOT_CONVERGED, FAILED])
    rows = one(columns, not_converged_usable=True)
    assert (rows["bias"].value, rows["bias"].n_used, rows["bias"].n_missing) == (3.0, 3, 1)
    assert rows["convergence"].value == one(columns)["convergence"].value == 0.5


def test_a_skipped_replication_is_neither_used_nor_missing() -> None:
    rows = one(cell([1.0, math.nan, math.nan], [OK, SKIPPED, FAILED]))
    for measure in ("bias", "coverage", "coverage_all", "convergence"):
        assert (rows[measure].n_used, rows[measure].n_missing) == (1, 1)
    assert rows["convergence"].value == 0.5


def test_coverage_is_over_usable_intervals_and_coverage_all_counts_the_missing_as_misses() -> None:
    rows = one(cell([0.5, 0.2, 3.0, 0.0, math.nan], [OK, SINGULAR, OK, NOT_CONVERGED, FAILED]))
    assert rows["coverage"].value == approx(2 / 3)
    assert rows["coverage_all"].value == approx(2 / 5)
    assert rows["coverage_all"].mcse == approx(math.sqrt(0.4 * 0.6 / 5))
    assert (rows["coverage_all"].n_used, rows["coverage_all"].n_missing) == (3, 2)


def test_a_usable_fit_without_an_interval_is_missing_for_coverage_only() -> None:
    columns = cell([0.1, 0.2, 0.3], lower=np.array([-1.0, np.nan, -1.0]))
    rows = one(columns)
    assert (rows["coverage"].value, rows["coverage"].n_used, rows["coverage"].n_missing) == (1.0, 2, 1)
    assert rows["coverage_all"].value == approx(2 / 3)
    assert (rows["bias"].n_used, rows["bias"].n_missing) == (3, 0)


def test_what_a_method_never_reports_is_neither_used_nor_missing() -> None:
    rows = one(cell([0.1, 0.2, 0.3], [OK, OK, FAILED]))
    for measure in ("rejection", "rejection_all"):
        assert math.isnan(rows[measure].value)
        assert (rows[measure].n_used, rows[measure].n_missing) == (0, 0)


def test_where_every_fit_failed_everything_is_missing_and_nothing_was_covered() -> None:
    rows = one(cell([math.nan] * 4, [FAILED] * 4))
    assert math.isnan(rows["bias"].value)
    assert (rows["bias"].n_used, rows["bias"].n_missing) == (0, 4)
    assert rows["coverage_all"].value == rows["convergence"].value == 0
    assert (rows["coverage_all"].lower, rows["coverage_all"].upper) == wilson_interval(0, 4)


def test_an_estimand_without_a_truth_has_spread_but_neither_bias_nor_coverage() -> None:
    rows = one(cell([0.1, 0.4, 0.2]), truth=math.nan)
    assert math.isnan(rows["bias"].value)
    assert math.isnan(rows["coverage"].value)
    assert rows["empirical_se"].value > 0


def test_an_infinite_limit_covers_and_an_infinite_estimate_is_not_hidden() -> None:
    assert one(cell([0.1, 0.2], upper=np.array([1.0, np.inf])))["coverage"].value == 1
    rows = one(cell([0.1, 0.2, np.inf], lower=np.zeros(3), upper=np.ones(3)))
    assert rows["bias"].value == math.inf
    assert math.isnan(rows["bias"].mcse)


def test_limits_are_a_95_percent_monte_carlo_interval() -> None:
    row = one(cell([0.1, 0.4, 0.2]))["bias"]
    assert (row.lower, row.upper) == approx((row.value - 1.95996 * row.mcse, row.value + 1.95996 * row.mcse), rel=1e-5)


@pytest.mark.parametrize(("truth", "value"), [(0.0, 1.0), (9.0, 0.0)])
def test_a_proportion_of_0_or_1_has_a_wilson_interval_and_no_mcse(truth: float, value: float) -> None:
    row = one(cell([0.1] * 20), truth=truth)["coverage"]
    assert row.value == value
    assert math.isnan(row.mcse)
    assert (row.lower, row.upper) == wilson_interval(value, 20)


def test_relative_precision_is_over_the_replications_that_both_methods_have() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=6), rng.normal(size=6)
    cells = {
        ("A", "x"): cell(a, [OK, OK, FAILED, OK, OK, OK]),
        ("B", "x"): cell(b, [OK, NOT_CONVERGED, OK, OK, OK, OK]),
    }
    row = table(cells)["B", "x", "relative_precision"]
    both = [0, 3, 4, 5]
    assert row.value == approx(100 * (np.var(a[both]) / np.var(b[both]) - 1))
    assert (row.n_used, row.n_missing) == (4, 2)


def test_pairs_are_matched_by_replication_even_if_a_method_has_fewer() -> None:
    a, b = np.array([1.0, 5.0, 2.0, 7.0, 3.0]), np.array([2.0, 4.0, 1.0])
    cells = {("A", "x"): cell(a), ("B", "x"): cell(b, rep=np.array([1, 3, 9]))}
    row = table(cells)["B", "x", "relative_precision"]
    assert row.value == approx(100 * (np.var([5, 7]) / np.var([2, 4]) - 1))
    assert (row.n_used, row.n_missing) == (2, 1)


def test_the_reference_method_gains_nothing_over_itself() -> None:
    row = one(cell([0.3, 0.1, 0.9, 0.4]))["relative_precision"]
    assert (row.value, row.mcse) == (0, 0)


def test_without_the_reference_method_there_is_no_relative_precision() -> None:
    row = one(cell([0.3, 0.1, 0.9]), reference="nobody")["relative_precision"]
    assert math.isnan(row.value)
    assert (row.n_used, row.n_missing) == (0, 0)


def test_by_status_restricts_to_fits_that_ended_so_and_keeps_the_missing_beside_them() -> None:
    columns = cell([1.0, 2.0, 9.0, 8.0, math.nan], [OK, OK, SINGULAR, NOT_CONVERGED, FAILED])
    rows = table({("A", "x"): columns}, by_status=True)
    found = {status: rows["A", "x", "bias", status] for status in ("all", "ok", "singular")}
    assert {status: row.value for status, row in found.items()} == {"all": 4.0, "ok": 1.5, "singular": 9.0}
    assert {status: (row.n_used, row.n_missing) for status, row in found.items()} == {
        "all": (3, 2),
        "ok": (2, 2),
        "singular": (1, 2),
    }
    assert ("A", "x", "bias", "not_converged") not in rows


def test_by_status_leaves_out_statements_about_the_whole() -> None:
    rows = table({("A", "x"): cell([1.0, 2.0])}, by_status=True)
    restricted = {measure for _, _, measure, status in rows if status == "ok"}
    assert set(MEASURES) - restricted == {"coverage_all", "rejection_all", "convergence", "singular"}


def test_coverage_among_non_singular_fits_alone_misleads() -> None:
    # Singular fits are those with the small estimates: without them the intervals seem to cover too often.
    rng = np.random.default_rng(12)
    estimate = rng.normal(size=4000)
    columns = cell(
        estimate,
        np.where(estimate < -0.8, SINGULAR, OK),
        lower=estimate - 1.96,
        upper=estimate + 1.96,
    )
    rows = table({("A", "x"): columns}, by_status=True, measures=("coverage",))
    assert rows["A", "x", "coverage", "all"].value == approx(0.95, abs=0.012)
    assert rows["A", "x", "coverage", "ok"].value > 0.96
    assert rows["A", "x", "coverage", "singular"].value < 0.91


def test_rejection_takes_its_level_from_the_method() -> None:
    p_value = np.array([0.03, 0.07, 0.2, 0.8])
    cells = {(method, "x"): cell([1.0] * 4, p_value=p_value) for method in ("A", "B")}
    rows = condition_performance(cells, Setting("c0", {}, {"A": 0.95, "B": 0.9}, "A"), scope=Scope())
    assert {r.method: r.value for r in rows if r.measure == "rejection"} == {"A": 0.25, "B": 0.5}


def test_methods_that_are_not_in_the_study_are_left_out() -> None:
    cells = {("A", "x"): cell([1.0]), ("old", "x"): cell([2.0])}
    rows = condition_performance(cells, Setting("c0", {}, {"A": 0.95}, "A"), scope=Scope())
    assert {row.method for row in rows} == {"A"}


@pytest.mark.parametrize("categorical", [True, False])
def test_a_table_in_any_order_is_cut_into_cells_ordered_by_replication(categorical: bool) -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        [
            {"rep": rep, "method": method, "estimand": estimand, "status": Status((rep + place) % 5).label}
            for place, method in enumerate(("REML", "OLS"))
            for estimand in ("(Intercept)", "x")
            for rep in range(7)
        ]
    )
    for name in ("estimate", "std_error", "lower", "upper", "p_value"):
        frame[name] = frame["rep"] + rng.uniform(size=len(frame)) / 2
    frame.loc[frame["rep"] == 3, "p_value"] = np.nan
    words = ["method", "estimand", "status"]
    shuffled = frame.sample(frac=1, random_state=1).astype(dict.fromkeys(words, "category") if categorical else {})
    cells = cells_of(shuffled)
    assert set(cells) == {(m, e) for m in ("REML", "OLS") for e in ("(Intercept)", "x")}
    for (method, estimand), columns in cells.items():
        expected = frame[(frame["method"] == method) & (frame["estimand"] == estimand)]
        assert columns.rep.tolist() == list(range(7))
        assert columns.upper.tolist() == expected["upper"].tolist()
        assert np.isnan(columns.p_value).tolist() == [False, False, False, True, False, False, False]
        assert [Status(code).label for code in columns.status] == expected["status"].tolist()


def test_an_empty_table_has_no_cells() -> None:
    names = ("rep", "method", "estimand", "estimate", "std_error", "lower", "upper", "p_value", "status")
    assert cells_of({name: np.array([]) for name in names}) == {}


def test_an_unknown_measure_is_refused_with_the_nearest_and_all_that_exist() -> None:
    with pytest.raises(ParameterError, match=r"given 'covrage'; did you mean coverage\?; allowed: bias, .*singular"):
        Scope(measures=("bias", "covrage"))


def test_the_estimands_read_at_a_time_change_no_figure(tmp_path, monkeypatch) -> None:
    study = study_of(methods={"A": Mean(), "B": Mean(shift=0.5)})
    table = run(study, results=tmp_path, progress=False).performance
    monkeypatch.setattr(sys.modules["mcsim.performance"], "_ROWS_AT_A_TIME", 1)
    order = ["condition", "method", "estimand", "measure"]
    in_parts = performance(study, tmp_path).sort_values(order, ignore_index=True)
    pd.testing.assert_frame_equal(in_parts, table[in_parts.columns].sort_values(order, ignore_index=True))

"""A performance table as means over conditions: values, their Monte Carlo errors, truths."""

import math

import charting
import pytest

from mcsim.measures import Z95, wilson_interval
from mcsim.report.page.margins import margins

FACTORS = {
    "c1": {"n": 10, "slope": None, "fixed": 1},
    "c2": {"n": 10, "slope": 0.5, "fixed": 1},
    "c3": {"n": 20, "slope": 0.5, "fixed": 1},
}


def means(figures, **more):
    """The means as rows by condition, and the tables that they stand in."""
    found = margins(charting.tables(figures, factors=FACTORS, **more))
    return {row["condition"]: row for row in found.figures.to_dict("records")}, found


def test_there_is_a_condition_for_each_level_of_each_factor_that_varies() -> None:
    rows, found = means(charting.measured(FACTORS, methods=("A",)))
    assert found.factors == {
        "n=10": {"n": 10},
        "n=20": {"n": 20},
        "slope=0.5": {"slope": 0.5},
        "slope=-": {"slope": None},
    }
    assert set(rows) == set(found.factors)


def test_a_mean_is_of_the_conditions_with_that_level_and_its_error_that_of_independent_figures() -> None:
    figures = [
        charting.figure("c1", "A", "bias", 0.1, mcse=0.03),
        charting.figure("c2", "A", "bias", 0.3, mcse=0.04),
        charting.figure("c3", "A", "bias", 0.5, mcse=0.12),
    ]
    rows, _ = means(figures)
    assert rows["n=10"]["value"] == pytest.approx(0.2)
    assert rows["n=10"]["mcse"] == pytest.approx(0.025, rel=1e-4)  # sqrt(.03^2 + .04^2)/2
    assert rows["n=10"]["upper"] - rows["n=10"]["value"] == pytest.approx(Z95 * 0.025, rel=1e-4)
    assert (rows["n=20"]["value"], rows["slope=-"]["value"]) == (0.5, 0.1)
    assert rows["n=20"]["mcse"] == pytest.approx(0.12, rel=1e-4)


def test_a_proportion_of_0_or_1_enters_by_its_interval() -> None:
    lower, upper = wilson_interval(1.0, 1000)
    sure = charting.figure("c1", "A", "coverage", 1.0, mcse=math.nan) | {"lower": lower, "upper": upper}
    rows, _ = means([sure, charting.figure("c2", "A", "coverage", 0.9, mcse=0.01)])
    assert rows["n=10"]["mcse"] == pytest.approx(math.hypot((upper - lower) / (2 * Z95), 0.01) / 2, rel=1e-4)


def test_a_mean_with_an_error_that_is_not_known_has_none() -> None:
    figures = [charting.figure("c1", "A", "rmse", 1.0, mcse=math.nan), charting.figure("c2", "A", "rmse", 2.0)]
    rows, _ = means(figures)
    assert rows["n=10"]["value"] == 1.5
    assert all(math.isnan(rows["n=10"][name]) for name in ("mcse", "lower", "upper"))


def test_a_condition_without_a_value_is_left_out_of_the_mean_but_what_it_lacks_is_counted() -> None:
    lacking = charting.figure("c1", "A", "bias", math.nan, mcse=math.nan, n_used=0, n_missing=1000)
    rows, _ = means([lacking, charting.figure("c2", "A", "bias", 0.3, mcse=0.04, n_used=990, n_missing=10)])
    assert (rows["n=10"]["value"], rows["n=10"]["mcse"]) == pytest.approx((0.3, 0.04), rel=1e-4)
    assert (rows["n=10"]["n_used"], rows["n=10"]["n_missing"]) == (990, 1010)
    assert math.isnan(rows["slope=-"]["value"])


def test_a_level_of_whose_conditions_a_method_has_no_figure_has_no_row() -> None:
    rows, _ = means(charting.measured(["c2", "c3"], methods=("A",)))
    assert "slope=-" not in rows


@pytest.mark.parametrize(
    ("truths", "expected"),
    [((0.0, 0.0), 0.0), ((0.5, 1.5), 1.0), ((0.0, 0.5), math.nan), ((math.nan, 0.5), 0.5)],
)
def test_the_truth_of_a_mean_is_0_or_not_0_only_if_it_is_so_in_every_condition(truths, expected) -> None:
    given = {"c1": {"x": truths[0]}, "c2": {"x": truths[1]}, "c3": {"x": 2.0}}
    _, found = means(charting.measured(FACTORS, methods=("A",)), truths=given)
    assert found.truth("n=10", "x") == pytest.approx(expected, nan_ok=True)

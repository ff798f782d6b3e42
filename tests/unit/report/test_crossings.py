"""Where power reaches a wished-for value."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from mcsim.measures import wilson_interval
from mcsim.report.crossings import crossing_of, crossings, curve_of, curves, in_words, monotone

NORMAL = NormalDist()


def power_at(n: float) -> float:
    """The power of a two-sided normal test (its far side left out) of an effect of .5 with n observations."""
    return NORMAL.cdf(0.5 * math.sqrt(n) - NORMAL.inv_cdf(0.975))


def row(x: str, value: float | None, method: str = "REML", n: int = 1000) -> dict:
    return {"method": method, "row": "", "column": "", "rest": "", "x": x, "value": value, "n": n}


LEVELS = [10, 20, 40, 80]
TRUE_N = (2 * (NORMAL.inv_cdf(0.8) + NORMAL.inv_cdf(0.975))) ** 2


def test_the_crossing_of_a_known_curve_is_exact() -> None:
    curve = curve_of(LEVELS, [power_at(n) for n in LEVELS], [10**8] * 4)
    assert crossing_of(curve, 0.8).at == pytest.approx(TRUE_N, abs=0.01)
    assert round(TRUE_N, 1) == 31.4


def test_at_a_level_studied_the_interval_of_the_curve_is_the_score_interval() -> None:
    curve = curve_of([10, 20], [0.5, 0.9], [200, 300])
    assert (curve.lower[0], curve.upper[0]) == pytest.approx(wilson_interval(0.5, 200))
    assert (curve.lower[-1], curve.upper[-1]) == pytest.approx(wilson_interval(0.9, 300))


def test_levels_that_are_not_counts_are_joined_by_a_straight_line() -> None:
    curve = curve_of([0.1, 0.3], [NORMAL.cdf(0), NORMAL.cdf(2)], [10**8] * 2)
    assert crossing_of(curve, NORMAL.cdf(1)).at == pytest.approx(0.2, abs=1e-5)


def test_shares_that_fall_are_pooled_weighted_by_their_replications() -> None:
    assert monotone([0.2, 0.6, 0.5, 0.9], [100, 100, 300, 100]) == pytest.approx([0.2, 0.525, 0.525, 0.9])
    assert monotone([0.9, 0.5, 0.1], [1, 1, 1]) == pytest.approx([0.5, 0.5, 0.5])
    assert monotone([0.1, 0.5], [1, 1]) == [0.1, 0.5]


def test_outside_of_the_levels_studied_nothing_is_extrapolated() -> None:
    low, high = curve_of([10, 20], [0.1, 0.3], [1000] * 2), curve_of([10, 20], [0.95, 0.99], [1000] * 2)
    assert crossing_of(low, 0.8) == (math.inf, math.inf, math.inf)
    assert crossing_of(high, 0.8) == (-math.inf, -math.inf, -math.inf)
    assert in_words(crossing_of(low, 0.8), [10, 20]) == "not reached at 20"
    assert in_words(crossing_of(high, 0.8), [10, 20]) == "at most 10"


def test_an_interval_may_leave_the_levels_studied_where_the_crossing_does_not() -> None:
    assert in_words(crossing_of(curve_of([10, 20], [0.5, 0.81], [200] * 2), 0.8), [10, 20]).endswith(", >20]")
    assert in_words(crossing_of(curve_of([10, 20], [0.79, 0.99], [200] * 2), 0.8), [10, 20]).startswith("11 [<10, ")
    assert in_words(crossing_of(curve_of([10, 20], [0.5, 0.79], [200] * 2), 0.8), [10, 20]).startswith("not reached")


def test_shares_of_0_and_1_give_finite_limits_on_the_side_that_is_known() -> None:
    crossing = crossing_of(curve_of([10, 20, 50], [0.0, 0.6, 1.0], [1000] * 3), 0.8)
    assert 20 < crossing.lower < crossing.at < crossing.upper < 50


def test_every_curve_has_its_crossing_and_counts_are_rounded_up() -> None:
    rows = [row(str(n), power_at(n)) for n in LEVELS] + [row(str(n), 0.05, "OLS") for n in LEVELS]
    found = crossings(curves(rows, {str(n): float(n) for n in LEVELS}), 0.8)
    assert [one["method"] for one in found] == ["REML", "OLS"]
    assert found[0]["text"].startswith("32 [")
    assert found[0]["start"] < found[0]["at"] < found[0]["end"]
    assert found[1]["at"] is None
    assert found[1]["text"] == "not reached at 80"


def test_levels_without_a_number_and_figures_without_a_value_are_left_out() -> None:
    rows = [row("10", 0.5), row("20", None), row("40", 0.9), row("-", 0.99), row("10", 0.5, "OLS")]
    found = crossings(curves(rows, {"10": 10.0, "20": 20.0, "40": 40.0}), 0.8)
    assert [one["method"] for one in found] == ["REML"], "one level makes no curve"
    assert 10 < found[0]["at"] < 40


@pytest.mark.parametrize("levels", [LEVELS, [30, 32, 35], [5, 100]])
@pytest.mark.parametrize("n", [100, 1000])
def test_in_95_of_100_studies_the_interval_holds_the_true_level(levels: list[int], n: int) -> None:
    rng, studies = np.random.default_rng(n), 400
    truth = [power_at(level) for level in levels]
    held = 0
    for _ in range(studies):
        shares = rng.binomial(n, truth) / n
        lower, upper = crossing_of(curve_of(levels, shares, [n] * len(levels)), 0.8)[1:]
        held += lower <= TRUE_N <= upper
    # Pooling makes it a little too wide where levels lie close, a score interval is conservative near 1.
    within = 3.5 * math.sqrt(0.95 * 0.05 / studies)
    assert 0.95 - within < held / studies <= 1

"""A method beside the reference method: every difference by hand, and the interval where all pairs are alike."""

import math

import numpy as np
import pytest
from scipy import optimize

from mcsim import measures
from mcsim.measures import PROPORTION_DIFFERENCES, Measured, score_interval, wilson_interval

approx = pytest.approx
NAN = math.nan

ESTIMATE, REFERENCE = np.array([1.0, 2.0, 4.0, 5.0]), np.array([1.0, 1.0, 3.0, 7.0])


def test_the_difference_of_bias_is_the_mean_difference_of_the_estimates() -> None:
    # The differences are 0, 1, 1, -2: their mean is 0, their variance 6/3 = 2.
    assert measures.difference_bias(ESTIMATE, REFERENCE, truth=3.0) == approx((0.0, math.sqrt(2 / 4)))


def test_the_difference_of_mse_is_the_mean_difference_of_the_squared_errors() -> None:
    # Squared errors about 3 are 4, 1, 1, 4 and 4, 4, 0, 16: the differences 0, -3, 1, -12 have the mean -3.5 and the
    # variance (12.25 + .25 + 20.25 + 72.25)/3 = 35.
    assert measures.difference_mse(ESTIMATE, REFERENCE, truth=3.0) == approx((-3.5, math.sqrt(35 / 4)))


def test_differences_of_bias_and_mse_are_those_of_the_two_measures() -> None:
    for paired, single in ((measures.difference_bias, measures.bias), (measures.difference_mse, measures.mse)):
        difference = single(ESTIMATE, truth=3.0).value - single(REFERENCE, truth=3.0).value
        assert paired(ESTIMATE, REFERENCE, truth=3.0).value == approx(difference)


def test_the_difference_of_mse_of_close_estimates_keeps_its_digits() -> None:
    # With e and r = e + h about the truth 0 the difference of squares is -h (2 e + h): with h = 2^-40, to the last bit.
    estimate, h = np.array([1.0, 1.5, 2.0]), 2.0**-40
    expected = -h * (2 * 1.5 + h)
    assert measures.difference_mse(estimate, estimate + h, truth=0.0).value == approx(expected, rel=1e-15)


def test_the_difference_of_coverage_is_that_of_the_shares_with_the_error_of_the_pairs() -> None:
    # Of five pairs the method alone covers in one, the reference alone in two: differences 1, -1, -1, 0, 0 have the
    # mean -1/5 and the variance (3 - 1/5)/4 = .7.
    lower, upper = np.array([0.0, 2.0, 2.0, 0.0, 3.0]), np.array([2.0, 3.0, 3.0, 1.0, 4.0])
    other_lower, other_upper = np.array([5.0, 0.0, 1.0, 1.0, 2.0]), np.array([6.0, 2.0, 3.0, 1.0, 3.0])
    measured = measures.difference_coverage(
        lower, upper, reference_lower=other_lower, reference_upper=other_upper, truth=1.0
    )
    assert measured == approx((-0.2, math.sqrt(0.7 / 5)))


def test_the_difference_of_rejection_takes_each_method_at_its_own_level() -> None:
    p_value, other = np.array([0.03, 0.2, 0.07, 0.01]), np.array([0.03, 0.08, 0.3, 0.2])
    at_one_level = measures.difference_rejection(p_value, other, level=0.95, reference_level=0.95)
    assert at_one_level == approx((0.25, 0.25))  # 0, 0, 0, 1
    at_two = measures.difference_rejection(p_value, other, level=0.95, reference_level=0.9)
    assert at_two == approx((0.0, math.sqrt(2 / 3 / 4)))  # 0, -1, 0, 1


@pytest.mark.parametrize("truth", [NAN, math.inf])
def test_without_a_truth_nothing_that_needs_one_differs(truth: float) -> None:
    limits = {"reference_lower": REFERENCE, "reference_upper": REFERENCE}
    for measured in (
        measures.difference_bias(ESTIMATE, REFERENCE, truth=truth),
        measures.difference_coverage(ESTIMATE, ESTIMATE, **limits, truth=truth),
    ):
        assert measured == approx((NAN, NAN), nan_ok=True)


def share_difference(name: str, hits: np.ndarray, other: np.ndarray) -> Measured:
    """The measure `name` of intervals that hold the truth, or p-values that reject, where these are 1."""
    if name == "difference_rejection":
        return measures.difference_rejection(1.0 - hits, 1.0 - other, level=0.95, reference_level=0.95)
    limits = {"reference_lower": -other, "reference_upper": other}
    return measures.difference_coverage(-hits, hits, **limits, truth=0.5)


@pytest.mark.parametrize("name", PROPORTION_DIFFERENCES)
@pytest.mark.parametrize(("own", "other", "value"), [(1.0, 1.0, 0.0), (0.0, 0.0, 0.0), (1.0, 0.0, 1.0), (0.0, 1.0, -1)])
def test_where_all_pairs_are_alike_the_mcse_is_unknown_and_not_0(
    name: str, own: float, other: float, value: float
) -> None:
    measured = share_difference(name, np.full(50, own), np.full(50, other))
    assert measured == approx((value, NAN), nan_ok=True)


@pytest.mark.parametrize("name", PROPORTION_DIFFERENCES)
def test_without_discordant_pairs_the_mcse_is_unknown_though_the_shares_are_neither_0_nor_1(name: str) -> None:
    hits = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    assert share_difference(name, hits, hits) == approx((0.0, NAN), nan_ok=True)


@pytest.mark.parametrize("name", PROPORTION_DIFFERENCES)
def test_of_one_pair_or_none_there_is_no_mcse(name: str) -> None:
    assert share_difference(name, np.ones(1), np.zeros(1)) == approx((1.0, NAN), nan_ok=True)
    assert share_difference(name, np.ones(0), np.ones(0)) == approx((NAN, NAN), nan_ok=True)


def score_statistic(counts: tuple[int, int, int], difference: float) -> float:
    """The score statistic of a difference p10 - p01 of n pairs, with the discordance p10 + p01 fitted under it.

    Straight from the likelihood of a trinomial; `counts` are those of 10, of 01 and of pairs that agree.
    """
    n10, n01, same = counts

    def minus_log_likelihood(discordance: float) -> float:
        shares = (discordance + difference) / 2, (discordance - difference) / 2, 1 - discordance
        with np.errstate(divide="ignore"):
            return -sum(n * np.log(max(p, 0.0)) for n, p in zip((n10, n01, same), shares, strict=True) if n)

    least = abs(difference)
    fitted = optimize.minimize_scalar(minus_log_likelihood, (least, 1), bounds=(least, 1), options={"xatol": 1e-12}).x
    n = sum(counts)
    return abs(n10 - n01 - n * difference) / math.sqrt(n * (fitted - difference**2))


@pytest.mark.parametrize("n", [1, 20, 1000])
def test_the_limits_of_a_score_interval_solve_the_score_equation(n: int) -> None:
    none = score_interval(0.0, n)
    assert none[0] == -none[1]
    assert score_statistic((0, 0, n), none[1]) == approx(measures.Z95, rel=1e-5)
    lower, upper = score_interval(1.0, n)
    assert upper == 1
    assert score_statistic((n, 0, 0), lower) == approx(measures.Z95, rel=1e-5)
    assert score_interval(-1.0, n) == (-1.0, -lower)


def test_without_discordant_pairs_the_interval_is_that_of_a_share_of_0_to_both_sides() -> None:
    assert score_interval(0.0, 500)[1] == wilson_interval(0.0, 500)[1] == approx(0.00762, abs=5e-6)


def test_without_pairs_there_is_no_interval() -> None:
    assert all(math.isnan(limit) for limit in (*score_interval(NAN, 0), *score_interval(NAN, 7)))

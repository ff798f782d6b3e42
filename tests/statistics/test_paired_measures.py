"""What pairing is worth, and how often the interval of pairs that are all alike holds the difference."""

import math

import numpy as np
import pytest
from scipy import stats

from mcsim.measures import (
    Z95,
    bias,
    coverage,
    difference_bias,
    difference_coverage,
    difference_mse,
    mse,
    score_interval,
)

BLOCKS, REPLICATIONS = 200, 1000
WITHIN = 3.5
"""Standard errors: of some 20 comparisons, one fails by chance with probability .01."""


def draw(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The estimates of two methods on the same data, correlated .995, with intervals of half-width 1.96 and 1.9."""
    reference = rng.standard_normal(REPLICATIONS)
    estimate = reference + 0.1 * rng.standard_normal(REPLICATIONS)
    return {
        "estimate": estimate,
        "reference_estimate": reference,
        "lower": estimate - 1.96,
        "upper": estimate + 1.96,
        "reference_lower": reference - 1.9,
        "reference_upper": reference + 1.9,
    }


@pytest.fixture(scope="module")
def blocks() -> list[dict[str, np.ndarray]]:
    rng = np.random.default_rng(19980417)
    return [draw(rng) for _ in range(BLOCKS)]


def paired(name: str, block: dict[str, np.ndarray]) -> tuple[float, float]:
    """The difference and its MCSE from the pairs."""
    if name == "coverage":
        intervals = {word: values for word, values in block.items() if "estimate" not in word}
        return difference_coverage(**intervals, truth=0.0)
    measure = {"bias": difference_bias, "mse": difference_mse}[name]
    return measure(block["estimate"], block["reference_estimate"], truth=0.0)


def unpaired(name: str, block: dict[str, np.ndarray]) -> tuple[float, float]:
    """The same as if the methods had seen different data."""
    sides = []
    for of in ("", "reference_"):
        if name == "coverage":
            sides.append(coverage(block[f"{of}lower"], block[f"{of}upper"], truth=0.0))
        else:
            sides.append({"bias": bias, "mse": mse}[name](block[f"{of}estimate"], truth=0.0))
    return sides[0].value - sides[1].value, math.hypot(sides[0].mcse, sides[1].mcse)


@pytest.mark.parametrize("name", ["bias", "mse", "coverage"])
def test_the_paired_mcse_is_the_spread_of_the_difference_and_the_unpaired_one_far_too_large(
    name: str, blocks: list
) -> None:
    values, mcses = np.array([paired(name, block) for block in blocks]).T
    same, separate = np.array([unpaired(name, block) for block in blocks]).T
    assert values == pytest.approx(same, abs=1e-12)
    spread = np.std(values, ddof=1)
    tolerance = WITHIN * spread / math.sqrt(2 * (BLOCKS - 1))  # the difference is nearly normal over blocks
    stated = math.sqrt(np.mean(mcses**2))
    assert abs(stated - spread) < tolerance
    assert np.mean(separate) > 2.5 * stated


def test_estimates_that_correlate_with_995_differ_fourteen_times_more_precisely_than_unpaired(blocks: list) -> None:
    # Var(B - A) = .01, Var(B) + Var(A) = 2.01: the ratio of the errors is sqrt(201) = 14.2.
    ratio = np.mean([unpaired("bias", b)[1] for b in blocks]) / np.mean([paired("bias", b)[1] for b in blocks])
    # A ratio of two standard deviations of 1000 each varies by at most 1/sqrt(1000) of itself in a block.
    assert ratio == pytest.approx(math.sqrt(201), rel=WITHIN / math.sqrt(REPLICATIONS * BLOCKS))


@pytest.mark.parametrize("n", [50, 400])
@pytest.mark.parametrize("share", [0.3, 0.9, 1.1, 2.0])
def test_data_without_discordant_pairs_whose_interval_misses_the_difference_are_at_most_one_in_forty(
    n: int, share: float
) -> None:
    # The hardest truth: all discordance goes one way, so that it is the difference. Beyond the limit w, data without
    # any occur with probability (1 - w)^n < exp(-z^2) = .021; within it they are never misled.
    limit = score_interval(0.0, n)[1]
    difference, trials = share * limit, 40_000
    rng = np.random.default_rng(int(100 * share) + n)
    alike = rng.binomial(n, difference, trials) == 0
    missed = alike & (difference > limit)
    expected = (1 - difference) ** n
    assert abs(alike.mean() - expected) < WITHIN * math.sqrt(expected * (1 - expected) / trials)
    assert missed.mean() <= 0.025
    assert alike.any()
    assert missed.any() == (share > 1)


@pytest.mark.parametrize(
    ("expected_pairs", "least"),
    [(0.1, 0.99), (0.5, 0.99), (1.0, 0.98), (3.0, 0.84), (10.0, 0.91), (40.0, 0.94)],
)
def test_the_coverage_of_the_interval_of_a_difference_by_the_discordant_pairs_expected(
    expected_pairs: float, least: float
) -> None:
    # Exact, over all counts of discordant pairs, all one way. With about three the normal interval is too short, as
    # it is for any share of so few; with fewer the score interval of none makes up for it.
    n = 300
    share, counts = expected_pairs / n, np.arange(n + 1)
    probability = stats.binom.pmf(counts, n, share)
    covered = np.array([lower <= -share <= upper for lower, upper in map(interval, counts)])
    assert probability @ covered >= least
    assert probability[1:] @ covered[1:] <= 1 - math.exp(-expected_pairs) + 0.01  # what a length of 0 would leave


def interval(count: int, n: int = 300) -> tuple[float, float]:
    """The Monte Carlo interval when the reference alone covers in `count` of n replications."""
    own, other = np.where(np.arange(n) < count, -1.0, 1.0), np.ones(n)
    value, mcse = difference_coverage(-own, own, reference_lower=-other, reference_upper=other, truth=0.5)
    return score_interval(value, n) if math.isnan(mcse) else (value - Z95 * mcse, value + Z95 * mcse)

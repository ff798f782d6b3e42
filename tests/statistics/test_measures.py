"""The Monte Carlo standard error of every measure is what the measure varies by: 200 independent blocks say so.

The spread over 200 blocks is itself uncertain, by its own Monte Carlo standard error; that is the tolerance.
"""

import inspect
import math

import numpy as np
import pytest

from mcsim import measures
from mcsim.measures import MEASURES, empirical_se
from mcsim.model import Status

BLOCKS, REPLICATIONS = 200, 1000
WITHIN = 3.5
"""Standard errors of a spread: of some 50 comparisons, one fails by chance with probability .02."""

DISTRIBUTIONS = ("normal", "variance component", "lognormal")
MEAN_TAKEN_AS_KNOWN = "bias_eliminated_coverage"


def draw(distribution: str, rng: np.random.Generator) -> dict[str, object]:
    """The replications of one block: estimates, standard errors that depend on them, a reference method.

    The reference method's p-value rises and falls with the method's, as do its interval and its estimate.
    """
    n = REPLICATIONS
    if distribution == "normal":
        truth, estimate = 0.5, rng.normal(0.5, 0.15, n)
        std_error, reference = 0.15 * np.sqrt(rng.chisquare(30, n) / 30), 0.8 * estimate + rng.normal(0.1, 0.1, n)
    elif distribution == "variance component":  # a mean square of 9 degrees of freedom: skewed, with heavy tails
        truth, estimate = 1.0, rng.chisquare(9, n) / 9
        std_error, reference = estimate * math.sqrt(2 / 9), estimate * (1 + 0.2 * rng.normal(size=n))
    else:
        truth, estimate = math.exp(0.08), rng.lognormal(0, 0.4, n)
        std_error, reference = 0.4 * estimate, estimate * rng.lognormal(0, 0.2, n)
    p_value = rng.uniform(size=n) ** 1.5
    missing = int(rng.binomial(n, 0.1))
    return {
        "estimate": estimate[missing:],
        "std_error": std_error[missing:],
        "lower": (estimate - 1.96 * std_error)[missing:],
        "upper": (estimate + 1.96 * std_error)[missing:],
        "p_value": p_value[missing:],
        "reference_estimate": reference[missing:],
        "reference_lower": (reference - 1.8 * std_error)[missing:],
        "reference_upper": (reference + 1.8 * std_error)[missing:],
        "reference_p_value": (p_value * rng.lognormal(0, 0.5, n))[missing:],
        "status": np.where(rng.uniform(size=n - missing) < 0.3, Status.SINGULAR, Status.OK).astype(np.int8),
        "truth": truth,
        "level": 0.95,
        "reference_level": 0.9,
        "n_missing": missing,
    }


@pytest.fixture(scope="module")
def blocks() -> dict[str, list[dict[str, object]]]:
    rng = np.random.default_rng(20191103)
    return {distribution: [draw(distribution, rng) for _ in range(BLOCKS)] for distribution in DISTRIBUTIONS}


def over_blocks(name: str, drawn: list[dict[str, object]]) -> np.ndarray:
    """Value and MCSE of a measure in every block."""
    needed = inspect.signature(MEASURES[name]).parameters
    return np.array([MEASURES[name](**{argument: block[argument] for argument in needed}) for block in drawn])


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("name", [name for name in MEASURES if name != MEAN_TAKEN_AS_KNOWN])
def test_an_mcse_is_the_spread_over_independent_blocks(name: str, distribution: str, blocks: dict) -> None:
    values, mcses = over_blocks(name, blocks[distribution]).T
    spread, uncertainty = empirical_se(values)
    assert abs(math.sqrt(np.mean(mcses**2)) - spread) < WITHIN * uncertainty


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_the_mcse_of_bias_eliminated_coverage_is_never_too_small_and_a_fifth_too_large_at_most(
    distribution: str, blocks: dict
) -> None:
    values, mcses = over_blocks(MEAN_TAKEN_AS_KNOWN, blocks[distribution]).T
    spread, uncertainty = empirical_se(values)
    stated = math.sqrt(np.mean(mcses**2))
    assert spread - WITHIN * uncertainty < stated < 1.2 * (spread + WITHIN * uncertainty)


def test_normal_theory_is_right_for_normal_estimates(blocks: dict) -> None:
    drawn = blocks["normal"]
    for name, normal in (
        ("empirical_se", [measures.normal_mcse_empirical_se(b["estimate"]) for b in drawn]),
        (
            "relative_error_model_se",
            [measures.normal_mcse_relative_error_model_se(b["estimate"], b["std_error"]) for b in drawn],
        ),
        (
            "relative_precision",
            [measures.normal_mcse_relative_precision(b["estimate"], b["reference_estimate"]) for b in drawn],
        ),
    ):
        spread, uncertainty = empirical_se(over_blocks(name, drawn)[:, 0])
        assert abs(np.mean(normal) - spread) < WITHIN * uncertainty, name


def test_normal_theory_is_off_by_almost_two_for_the_variance_of_few_clusters() -> None:
    # A mean square of f degrees of freedom has excess kurtosis 12/f, so its standard deviation varies by
    # sqrt(1 + 6/f) times what normal theory says: with f = 2.8, .0160 where that says .0090.
    f, sd, n = 2.8, 0.402, 1000
    rng = np.random.default_rng(7)
    drawn = sd * rng.chisquare(f, (BLOCKS, n)) / math.sqrt(2 * f)
    values, mcses = np.array([empirical_se(block) for block in drawn]).T
    spread, uncertainty = empirical_se(values)
    assert np.mean([measures.normal_mcse_empirical_se(block) for block in drawn]) == pytest.approx(0.0090, abs=1e-4)
    assert abs(0.0160 - spread) < WITHIN * uncertainty
    assert abs(math.sqrt(np.mean(mcses**2)) - spread) < WITHIN * uncertainty


def test_a_monte_carlo_interval_holds_what_a_million_replications_would_show(blocks: dict) -> None:
    for distribution, drawn in blocks.items():
        values, mcses = over_blocks("rmse", drawn).T
        limit = math.sqrt(np.mean(values**2))
        held = np.mean(np.abs(values - limit) <= measures.Z95 * mcses)
        assert held > 0.95 - WITHIN * math.sqrt(0.95 * 0.05 / BLOCKS), distribution

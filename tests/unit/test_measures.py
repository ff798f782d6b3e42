"""Every measure against the reference, against the jackknife, and where hardly anything is left to measure."""

import inspect
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mcsim import measures
from mcsim.measures import MEASURES, PROPORTIONS, wilson_interval
from mcsim.model import Status

GOLDEN = Path(__file__).parents[1] / "golden"
REFERENCE = json.loads((GOLDEN / "performance.json").read_text())
TRUTH, LEVEL = REFERENCE["truth"], REFERENCE["level"]
ALL = pd.read_csv(GOLDEN / "performance.csv")
ROWS = ALL.dropna()
approx = pytest.approx
CLOSE = {"rel": 1e-10}

NAMES = {
    "bias": "bias",
    "relative_bias": "rbias",
    "empirical_se": "empse",
    "model_se": "modelse",
    "relative_error_model_se": "relerror",
    "mse": "mse",
    "coverage": "cover",
    "bias_eliminated_coverage": "becover",
    "rejection": "power",
}
"""Ours and the reference's."""

FROM_FOURTH_MOMENTS = {"empirical_se", "relative_error_model_se"}


def arguments(method: str, quantile: str = "z") -> dict[str, object]:
    """All that a measure may ask for, of one method of the reference."""
    given = quantities(method, quantile)
    reference = {f"reference_{name}": values for name, values in quantities("A", quantile).items()}
    status = np.zeros(given["estimate"].size, dtype=np.int8)
    facts = {"truth": TRUTH, "level": LEVEL, "reference_level": LEVEL, "n_missing": 0}
    return given | reference | {"status": status} | facts


def quantities(method: str, quantile: str) -> dict[str, np.ndarray]:
    """What a method of the reference data reported."""
    rows = ROWS[ROWS["method"] == method]
    estimate, std_error = rows["estimate"].to_numpy(), rows["std_error"].to_numpy()
    half = (stats.norm.ppf(0.975) if quantile == "z" else stats.t.ppf(0.975, rows["df"])) * std_error
    return {
        "estimate": estimate,
        "std_error": std_error,
        "lower": estimate - half,
        "upper": estimate + half,
        "p_value": 2 * stats.norm.sf(np.abs(estimate / std_error)),
    }


def measure(name: str, given: dict[str, object]) -> measures.Measured:
    return MEASURES[name](**{argument: given[argument] for argument in inspect.signature(MEASURES[name]).parameters})


def pairs() -> tuple[np.ndarray, np.ndarray]:
    """The estimates of B and of A in the replications that both have."""
    wide = ROWS.pivot_table(index="rep", columns="method", values="estimate").dropna()
    return wide["B"].to_numpy(), wide["A"].to_numpy()


@pytest.mark.parametrize(
    ("name", "method", "quantile"),
    [(n, m, q) for n in NAMES for m in "AB" for q in "zt" if NAMES[n] in REFERENCE[m][q]],
)
def test_a_measure_agrees_with_the_reference(name: str, method: str, quantile: str) -> None:
    expected = REFERENCE[method][quantile][NAMES[name]]
    value, mcse = measure(name, arguments(method, quantile))
    assert value == approx(expected["value"], **CLOSE)
    if name not in FROM_FOURTH_MOMENTS:
        assert mcse == approx(expected["mcse"], **CLOSE)


@pytest.mark.parametrize("method", ["A", "B"])
def test_normal_theory_agrees_with_the_reference(method: str) -> None:
    given, expected = arguments(method), REFERENCE[method]["z"]
    assert measures.normal_mcse_empirical_se(given["estimate"]) == approx(expected["empse"]["mcse"], **CLOSE)
    relative_error = measures.normal_mcse_relative_error_model_se(given["estimate"], given["std_error"])
    assert relative_error == approx(expected["relerror"]["mcse"], **CLOSE)


def test_relative_precision_agrees_with_the_reference_over_the_pairs_that_both_have() -> None:
    expected = REFERENCE["relative_precision_B_vs_A"]
    estimate, reference = pairs()
    assert estimate.size == expected["pairs"]
    assert measures.relative_precision(estimate, reference).value == approx(expected["value"], **CLOSE)
    normal = measures.normal_mcse_relative_precision(estimate, reference)
    assert normal == approx(expected["mcse"], **CLOSE)


def test_the_mcse_of_the_rmse_is_that_of_the_delta_method() -> None:
    value, mcse = measure("rmse", arguments("A"))
    assert value == approx(math.sqrt(REFERENCE["A"]["z"]["mse"]["value"]), **CLOSE)
    assert mcse == approx(0.005497, abs=5e-7)
    assert mcse == approx(REFERENCE["A"]["z"]["mse"]["mcse"] / (2 * value), **CLOSE)


def test_the_jackknife_of_the_rmse_is_the_one_of_the_reference() -> None:
    assert jackknife("rmse", arguments("A")) == approx(0.005510, abs=5e-7)


def jackknife(name: str, given: dict[str, object]) -> float:
    """The jackknife standard error of a measure, leaving out one replication at a time."""
    n = given["estimate"].size
    without = [
        measure(name, {k: np.delete(v, i) if isinstance(v, np.ndarray) else v for k, v in given.items()}).value
        for i in range(n)
    ]
    return math.sqrt((n - 1) * np.var(without))


@pytest.mark.parametrize("draw", ["normal", "chisquare"])
@pytest.mark.parametrize(
    "name",
    [
        "empirical_se",
        "model_se",
        "relative_error_model_se",
        "rmse",
        "relative_precision",
        "bias",
        "mse",
        "difference_bias",
        "difference_mse",
    ],
)
def test_an_mcse_is_close_to_the_jackknife_whatever_the_distribution(name: str, draw: str) -> None:
    rng = np.random.default_rng(20)
    estimate = rng.normal(1, 0.2, 500) if draw == "normal" else rng.chisquare(4, 500) / 4
    given = {
        "estimate": estimate,
        "std_error": 0.7 * estimate * np.sqrt(rng.chisquare(20, 500) / 20),
        "reference_estimate": estimate + rng.normal(0, 0.1, 500),
        "truth": 1.0,
    }
    assert measure(name, given).mcse == approx(jackknife(name, given), rel=0.03)


def test_relative_bias_does_not_exist_where_the_truth_is_zero() -> None:
    assert measures.relative_bias(np.array([0.1, 0.2, 0.4]), 0.0) == approx((math.nan, math.nan), nan_ok=True)


def test_a_negative_truth_leaves_the_mcse_of_relative_bias_positive() -> None:
    value, mcse = measures.relative_bias(np.array([-1.0, -2.0, -6.0]), -2.0)
    assert value == approx(0.5)
    assert mcse > 0


@pytest.mark.parametrize("name", [name for name in MEASURES if "truth" in inspect.signature(MEASURES[name]).parameters])
def test_without_a_truth_a_measure_that_needs_one_does_not_exist(name: str) -> None:
    assert measure(name, arguments("A") | {"truth": math.nan}) == approx((math.nan, math.nan), nan_ok=True)


def test_coverage_over_all_counts_a_missing_interval_as_a_miss() -> None:
    lower, upper = np.array([0.0, 0.0, 2.0]), np.array([2.0, 1.0, 3.0])
    assert measures.coverage(lower, upper, truth=1.0).value == approx(2 / 3)
    value, mcse = measures.coverage_all(lower, upper, truth=1.0, n_missing=2)
    assert (value, mcse) == approx((0.4, math.sqrt(0.4 * 0.6 / 5)))


def test_rejection_over_all_counts_a_missing_p_value_as_no_rejection() -> None:
    p_value = np.array([0.01, 0.04, 0.2])
    assert measures.rejection(p_value, 0.95).value == approx(2 / 3)
    assert measures.rejection_all(p_value, 0.95, n_missing=1).value == approx(0.5)
    assert measures.rejection_all(p_value, 0.99, n_missing=1).value == approx(0.0)


@pytest.mark.parametrize(("level", "edge"), [(0.9, 0.1), (0.95, 0.05), (0.99, 0.01), (0.8, 0.2)])
def test_a_p_value_exactly_at_the_nominal_level_does_not_reject(level: float, edge: float) -> None:
    assert measures.rejection(np.array([edge, np.nextafter(edge, 0) - 1e-9]), level).value == approx(0.5)


def test_convergence_counts_ok_and_singular_fits_and_singular_is_among_the_usable() -> None:
    status = np.array([Status.OK, Status.OK, Status.SINGULAR], dtype=np.int8)
    assert measures.convergence(status, 1).value == approx(0.75)
    assert measures.singular(status).value == approx(1 / 3)
    with_not_converged = np.append(status, np.int8(Status.NOT_CONVERGED))
    assert measures.convergence(with_not_converged, 0).value == approx(0.75)


@pytest.mark.parametrize("name", PROPORTIONS)
def test_the_mcse_of_a_proportion_of_0_or_1_is_not_claimed_to_be_0(name: str) -> None:
    given = arguments("A") | {"lower": np.full(398, -9.0), "upper": np.full(398, 9.0), "p_value": np.zeros(398)}
    value, mcse = measure(name, given)
    assert value in {0.0, 1.0}
    assert math.isnan(mcse)


@pytest.mark.parametrize(("count", "n"), [(0, 20), (20, 20), (10, 20), (950, 1000), (0, 1), (1, 1)])
def test_a_wilson_interval_is_that_of_scipy(count: int, n: int) -> None:
    expected = stats.binomtest(count, n).proportion_ci(method="wilson")
    assert wilson_interval(count / n, n) == approx((expected.low, expected.high), rel=1e-12)


def test_wilson_intervals_solve_the_score_equation() -> None:
    for limit in wilson_interval(0.3, 50):
        assert abs(0.3 - limit) == approx(measures.Z95 * math.sqrt(limit * (1 - limit) / 50))
    assert all(math.isnan(limit) for limit in wilson_interval(math.nan, 0))


DEGENERATE = {
    "none": np.array([]),
    "one": np.array([0.3]),
    "two": np.array([0.3, 0.9]),
    "all equal": np.full(7, 0.1),
    "all zero": np.zeros(7),
    "one infinite": np.array([0.1, 0.2, 0.3, np.inf]),
    "both infinite": np.array([0.1, -np.inf, 0.3, np.inf]),
    "huge": np.array([1e200, -1e200, 1e308, 3.0]),
}


def degenerate(case: str) -> dict[str, object]:
    values = DEGENERATE[case]
    own = ("estimate", "std_error", "lower", "upper", "p_value")
    status = np.zeros(values.size, dtype=np.int8)
    facts = {"truth": 0.1, "level": 0.95, "reference_level": 0.9, "n_missing": 0}
    return dict.fromkeys([*own, *(f"reference_{name}" for name in own)], values) | {"status": status} | facts


@pytest.mark.parametrize("case", DEGENERATE)
@pytest.mark.parametrize("name", MEASURES)
def test_a_degenerate_input_gives_no_warning_and_no_negative_mcse(name: str, case: str) -> None:
    value, mcse = measure(name, degenerate(case))
    assert type(value) is float
    assert type(mcse) is float
    assert math.isnan(mcse) or mcse >= 0


@pytest.mark.parametrize("name", MEASURES)
def test_nothing_to_measure_is_nan(name: str) -> None:
    assert measure(name, degenerate("none")) == approx((math.nan, math.nan), nan_ok=True)


@pytest.mark.parametrize("name", sorted({*MEASURES} - {"convergence", "singular"}))
def test_one_replication_has_no_mcse(name: str) -> None:
    assert math.isnan(measure(name, degenerate("one")).mcse)


@pytest.mark.parametrize("name", ["empirical_se", "relative_error_model_se", "relative_precision"])
def test_two_replications_say_nothing_of_the_mcse_of_a_standard_deviation(name: str) -> None:
    value, mcse = measure(name, degenerate("two"))
    assert math.isfinite(value)
    assert math.isnan(mcse)


def test_equal_estimates_vary_by_exactly_nothing() -> None:
    given = degenerate("all equal")
    assert measure("empirical_se", given).value == 0
    assert measure("bias", given).mcse == 0
    assert math.isnan(measure("relative_precision", given).value)


def test_a_common_shift_of_estimates_and_truth_changes_no_measure() -> None:
    here = arguments("B")
    here |= {f"reference_{name}": here[name] + here["std_error"] for name in ("estimate", "lower", "upper", "p_value")}
    places = ("estimate", "lower", "upper", "reference_estimate", "reference_lower", "reference_upper", "truth")
    shifted = {name: here[name] + 2.0**20 for name in places}
    for name in set(MEASURES) - {"relative_bias"}:
        assert measure(name, here | shifted) == approx(measure(name, here), rel=1e-6, nan_ok=True), name


def test_every_measure_says_what_it_is_and_where_it_comes_from() -> None:
    for name, function in MEASURES.items():
        assert function.__name__ == name
        assert function.__doc__

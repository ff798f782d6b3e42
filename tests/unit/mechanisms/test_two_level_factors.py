"""What the factors of two-level data may be, each and together."""

import math

import numpy as np
import pytest

from mcsim.errors import ParameterError
from mcsim.mechanisms import TwoLevel
from mcsim.mechanisms.composition import checks

SMALL = {"n_clusters": 4, "cluster_size": 3}
NUMBER = "a finite number"
PATTERNS = (
    "a pattern of sizes: Sizes(...), SmallClusters(share, small, large), NegativeBinomial(mean, cv, drawn), "
    "LogNormalSizes(mean, cv, drawn)"
)
BAD = [math.nan, math.inf, "1", True, [1]]


@pytest.mark.parametrize(
    ("factor", "values", "allowed"),
    [
        ("n_clusters", [1, 0, -3, 2.5, None, *BAD], "a whole number from 2 to 1000000000"),
        (
            "cluster_size",
            [0, -3, 2.5, None, 10**10, *BAD],
            "a whole number from 1 to 1000000000, or " + PATTERNS,
        ),
        ("tau2", [-0.1, None, *BAD], f"{NUMBER}, at least 0"),
        ("slope_variance", [-0.1, *BAD], f"None or {NUMBER}, at least 0"),
        ("covariance", BAD, f"None or {NUMBER}"),
        ("sigma2", [0, -1, None, *BAD], f"{NUMBER}, above 0"),
        ("gamma00", [None, *BAD], NUMBER),
        *[(gamma, BAD, f"None or {NUMBER}") for gamma in ("gamma10", "gamma01", "gamma11")],
        ("x_sd", [0, -1, None, *BAD], f"{NUMBER}, above 0"),
        ("z_sd", [0, -1, None, *BAD], f"{NUMBER}, above 0"),
        ("predictors", ["both", 1, None, True], "one of 'random', 'fixed'"),
    ],
)
def test_an_impossible_factor_is_named_with_what_was_given_and_what_is_allowed(factor, values, allowed):
    for value in values:
        with pytest.raises(ParameterError) as caught:
            TwoLevel(**{**SMALL, factor: value})
        assert str(caught.value) == f"TwoLevel: {factor}: given {value!r}; allowed: {allowed}"


def test_a_covariance_needs_a_slope_variance():
    with pytest.raises(ParameterError) as caught:
        TwoLevel(**SMALL, covariance=1)
    assert str(caught.value) == (
        "TwoLevel: covariance: given 1 without a slope_variance; allowed: None, or give the slope_variance too"
    )


def test_a_covariance_too_large_for_the_variances_shows_the_smallest_eigenvalue():
    with pytest.raises(ParameterError) as caught:
        TwoLevel(**SMALL, tau2=4, slope_variance=1, covariance=-2.5)
    smallest = np.linalg.eigvalsh([[4, -2.5], [-2.5, 1]]).min()
    assert str(caught.value) == (
        "TwoLevel: covariance: given -2.5 with tau2 4 and slope_variance 1, a covariance matrix that is not positive "
        f"semi-definite (smallest eigenvalue {smallest:.4g}); allowed: 2 or less either way, the square root of "
        "tau2 * slope_variance"
    )


def test_a_data_set_that_would_not_fit_in_memory_is_refused_with_its_size(monkeypatch):
    monkeypatch.setattr(checks, "memory", lambda: 2 * 10 * 2**30)
    TwoLevel(n_clusters=2**15, cluster_size=10**4, gamma10=1)
    with pytest.raises(ParameterError) as caught:
        TwoLevel(n_clusters=2**26, cluster_size=40, gamma10=1)
    assert str(caught.value) == (
        "TwoLevel: data sets of 2,684,354,560 rows, 80 GiB each; allowed: at most half of this machine's memory, 10 GiB"
    )


def test_the_memory_of_the_machine_is_asked_for_and_has_a_stand_in(monkeypatch):
    assert checks.memory() > 2**28

    def unknown(name):
        raise ValueError(name)

    monkeypatch.setattr(checks.os, "sysconf", unknown)
    assert checks.memory() == 16 * 2**30


def test_whole_numbers_may_be_written_as_floats():
    assert TwoLevel(n_clusters=20.0, cluster_size=np.float64(5)) == TwoLevel(n_clusters=20, cluster_size=5)

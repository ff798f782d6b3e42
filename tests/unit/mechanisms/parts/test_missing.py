"""Patterns of missing data: what they may be, what they say, what they refuse."""

import math

import pytest
from fakes import Plain

from mcsim.errors import ParameterError
from mcsim.mechanisms import MAR, MCAR, MNAR, Dropout, TwoLevel, incomplete

SMALL = {"n_clusters": 4, "cluster_size": 3, "gamma10": 1}
RATE = "a finite number, at least 0, below 1"
LATER = "after the first row of a cluster missing at random"
OUT, BY = "of the clusters drop out of", "by the last occasion"
STRENGTH = "a finite number, at least -100, at most 100"


@pytest.mark.parametrize(
    ("pattern", "field", "values", "allowed"),
    [
        *[(kind, "rate", [-0.1, 1, 1.5, math.nan, "0.2", None, True], RATE) for kind in (MCAR, MAR, MNAR, Dropout)],
        *[(kind, "strength", [math.inf, 101, -101, None], STRENGTH) for kind in (MAR, MNAR, Dropout)],
        (Dropout, "shape", [0, -1, 101, math.nan], "a finite number, above 0, at most 100"),
        (MAR, "on", [1, None], "a string"),
        (MCAR, "of", [1, None], "a string"),
    ],
)
def test_an_impossible_value_is_named_with_what_was_given_and_what_is_allowed(pattern, field, values, allowed):
    for value in values:
        with pytest.raises(ParameterError) as caught:
            pattern(**{"rate": 0.2, field: value})
        assert str(caught.value) == f"{pattern.__name__}: {field}: given {value!r}; allowed: {allowed}"


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (MCAR(rate=0.2), "0.2 of y missing completely at random"),
        (MAR(rate=0.2), "0.2 of y missing at random, rather where x is large (strength 1)"),
        (MAR(rate=0.2, of="x", on="z", strength=0), "0.2 of x missing at random, whatever z is"),
        (
            MAR(rate=0.2, on="y", strength=-0.5),
            f"0.2 of y {LATER}, rather where the last y seen is small (strength 0.5)",
        ),
        (MNAR(rate=0.2), "0.2 of y missing not at random, rather where it is large (strength 1)"),
        (Dropout(rate=0.3), f"0.3 {OUT} y {BY}, hazard constant"),
        (
            Dropout(rate=0.3, shape=2, strength=1, of="x"),
            f"0.3 {OUT} x {BY}, hazard rising (Weibull), rather where the last x seen is large (strength 1)",
        ),
        (
            Dropout(rate=0.3, shape=0.5),
            f"0.3 {OUT} y {BY}, hazard falling (Weibull)",
        ),
    ],
)
def test_a_pattern_says_in_words_what_it_does(pattern, words):
    assert pattern.meaning() == words
    factors = {**SMALL, "gamma01": 1, "missing": pattern}
    assert incomplete(TwoLevel)(**factors).equation()[-1] == f"missing data: {words}"


@pytest.mark.parametrize(
    ("pattern", "factors", "fault"),
    [
        (MCAR(rate=0.1, of="w"), {}, "there is no column w; allowed: one of y, x, cluster, id"),
        (MAR(rate=0.1, on="idd"), {}, "there is no column idd; allowed: one of y, x, cluster, id; did you mean id?"),
        (MAR(rate=0.1), {"gamma10": None}, "there is no column x; allowed: one of y, cluster, id"),
        (MCAR(rate=0.1, of="cluster"), {}, "cluster is a grouping factor, whose labels are no amounts"),
        (MAR(rate=0.1, on="cluster"), {}, "cluster is a grouping factor, whose labels are no amounts"),
        (MAR(rate=0.1, on="y"), {"cluster_size": 1}, "clusters have one row each; allowed: two rows or more"),
        (Dropout(rate=0.1), {"cluster_size": 1}, "clusters have one row each; allowed: two rows or more"),
    ],
)
def test_a_pattern_that_does_not_fit_the_mechanism_is_refused_with_the_reason(pattern, factors, fault):
    with pytest.raises(ParameterError) as caught:
        incomplete(TwoLevel)(**{**SMALL, **factors, "missing": pattern})
    assert str(caught.value).startswith(f"IncompleteTwoLevel: missing: given {pattern}, but {fault}")


@pytest.mark.parametrize("pattern", [MAR(rate=0.1, on="y"), Dropout(rate=0.1)])
def test_a_pattern_over_time_needs_clusters(pattern):
    with pytest.raises(ParameterError) as caught:
        incomplete(Plain)(missing=pattern)
    assert str(caught.value) == (
        f"IncompletePlain: missing: given {pattern}, but rows have no clusters; allowed: a mechanism that names its "
        "grouping_factors"
    )

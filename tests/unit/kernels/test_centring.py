"""Means of clusters and deviations from them."""

import numpy as np
from hypothesis import given, settings, strategies as st

from mcsim.kernels.centring import Clusters, set_centred

PLAN = np.array([[0, 1, 2]])


def centred(values, rows, starts):
    """(R, 2, n) the means and the deviations of values (R, n)."""
    columns = np.full((len(values), 3, values.shape[1]), np.nan)
    columns[:, 0] = values
    set_centred(columns, PLAN, Clusters(np.atleast_2d(rows), np.atleast_2d(starts)))
    np.testing.assert_array_equal(columns[:, 0], values)
    return columns[:, 1:]


def of_one(values):
    return centred(np.array([values]), np.arange(len(values)), [0, len(values)])[0]


@settings(max_examples=200, deadline=None)  # the first call compiles
@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300), st.integers(1, 40))
def test_the_mean_of_equal_values_is_that_value(value, size):
    mean, deviation = of_one([value] * size)
    assert set(mean) == {value}
    assert set(deviation) == {0.0}


def test_the_mean_is_right_to_the_last_bits_far_from_zero():
    values = 1e9 + np.random.default_rng(1).standard_normal(101)
    mean, deviation = of_one(values)
    np.testing.assert_allclose(mean - 1e9, np.mean(values - 1e9), atol=1e-7)
    np.testing.assert_array_equal(deviation, values - mean)


def test_missing_values_are_left_out_and_a_cluster_without_any_has_no_mean():
    values = np.array([[1.0, np.nan, 3.0, np.nan, np.nan]])
    mean, deviation = centred(values, np.arange(5), [0, 3, 5])[0]
    np.testing.assert_array_equal(mean, [2, 2, 2, np.nan, np.nan])
    np.testing.assert_array_equal(deviation, [-1, np.nan, 1, np.nan, np.nan])


def test_infinite_values_are_not_taken_for_missing_ones():
    for values in ([1.0, np.inf], [np.inf, -np.inf], [-np.inf], [1.7e308, 1.7e308]):
        assert np.isinf(of_one(values)).all()


def test_rows_without_a_cluster_stay_missing():
    mean, deviation = centred(np.array([[5.0, 1.0, 3.0]]), [2, 1], [0, 2])[0]
    np.testing.assert_array_equal(mean, [np.nan, 2, 2])
    np.testing.assert_array_equal(deviation, [np.nan, -1, 1])


def test_no_rows_are_no_fault():
    assert centred(np.empty((2, 0)), np.empty((1, 0), dtype=np.int64), [0, 0]).shape == (2, 2, 0)


def test_every_replication_may_have_its_own_clusters_and_comes_out_as_if_it_were_alone():
    rng = np.random.default_rng(2)
    values = rng.standard_normal((3, 60))
    rows = np.array([rng.permutation(60) for _ in range(3)])
    starts = np.array([[0, *np.sort(rng.choice(np.arange(1, 60), 5, replace=False)), 60] for _ in range(3)])
    together = centred(values, rows, starts)
    for rep in range(3):
        np.testing.assert_array_equal(centred(values[rep : rep + 1], rows[rep], starts[rep])[0], together[rep])
        means = [part.mean() for part in np.split(values[rep, rows[rep]], starts[rep, 1:-1])]
        np.testing.assert_allclose(together[rep, 0, rows[rep]], np.repeat(means, np.diff(starts[rep])))

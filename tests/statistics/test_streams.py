"""Streams of different replications, conditions, purposes and seeds have nothing in common.

Seeds are fixed, so the outcome is too; the false-alarm rates stated are those over the choice of a seed.
"""

import itertools

import numpy as np
import pytest
from scipy import stats

from mcsim.streams import DATA, DESIGN, Streams, method_purpose

LENGTH = 2000
CONDITIONS = ("c000000000000", "c000000000001", "c0123456789ab", "cfffffffffffe", "cffffffffffff")
PURPOSES = (DATA, DESIGN, *(method_purpose(f"m{k:012x}") for k in range(3)))


def normals(seed, condition, purpose, first=0, count=1):
    return [rng.standard_normal(LENGTH) for rng in Streams(seed, condition, purpose, first, count)]


FAMILIES = {
    "replications": [*normals(1, CONDITIONS[0], DATA, 0, 60), *normals(1, CONDITIONS[0], DATA, 2**32 - 10, 20)],
    "conditions, purposes and seeds": [
        normals(seed, condition, purpose)[0]
        for seed, condition, purpose in itertools.product((1, 2, 10), CONDITIONS, PURPOSES)
    ],
}


def correlations(streams):
    """The correlations of all pairs, scaled to standard normals (Fisher's z), each pair of streams at lags 0 to 3."""
    for lag in range(4):
        ahead, behind = np.array(streams)[:, lag:], np.array(streams)[:, : LENGTH - lag]
        both = np.corrcoef(ahead, behind)[: len(streams), len(streams) :]
        pairs = ~np.eye(len(streams), dtype=bool) if lag else np.triu(np.ones_like(both, dtype=bool), 1)
        yield np.arctanh(both[pairs]) * np.sqrt(LENGTH - lag - 3)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_pair_of_streams_is_correlated(family):
    """False alarms: 1e-4 for the largest correlation of all (Bonferroni), 1e-4 for their spread at each lag."""
    scaled = list(correlations(FAMILIES[family]))
    largest = max(np.abs(z).max() for z in scaled)
    assert largest < stats.norm.isf(1e-4 / 2 / sum(map(len, scaled)))
    for z in scaled:
        spread = (z @ z - len(z)) / np.sqrt(2 * len(z))
        assert abs(spread) < stats.norm.isf(1e-4 / 2)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_number_stands_in_two_streams(family):
    """False alarms: some 300,000 doubles of 53 bits agree somewhere with probability 1e-5."""
    together = np.concatenate(FAMILIES[family])
    assert len(np.unique(together)) == len(together)


@pytest.mark.parametrize("family", FAMILIES)
def test_streams_are_standard_normal_together_and_where_they_begin(family):
    """False alarms: 1e-4 for each of two Kolmogorov-Smirnov tests; the first numbers are one a stream."""
    streams = np.array(FAMILIES[family])
    assert stats.kstest(streams.ravel(), "norm").pvalue > 1e-4
    assert stats.kstest(streams[:, 0], "norm").pvalue > 1e-4

"""Moments of simulated data beside what they should be, in Monte Carlo standard errors."""

import math

import numpy as np

from mcsim.streams import DATA, DESIGN, Streams

LIMIT = 4.5
"""A false alarm has probability 7e-6."""


def data(condition, seed=3):
    """One data set, with its components."""
    design = condition.design(Streams(seed, "c0", DESIGN, 0, 1).generator(0))
    return condition.simulate(Streams(seed, "c0", DATA, 0, 1).generator(0), design)


def columns(condition, replications=3000):
    """Columns (replications, clusters, size) of clusters of equal size."""
    block = condition.simulate_block(Streams(3, "c0", DATA, 0, replications))
    shape = (replications, condition.n_clusters, condition.cluster_size)
    found = {name: block.values[:, c].reshape(shape) for c, name in enumerate(block.names)}
    return found | {name: np.broadcast_to(v.reshape(shape[1:]), shape) for name, v in block.shared.items()}


def off(drawn, expected):
    """How many Monte Carlo standard errors the mean over the first axis lies from its expectation."""
    difference = (drawn - expected).reshape(len(drawn), -1).mean(axis=1)
    return difference.mean() / (difference.std(ddof=1) / math.sqrt(len(difference)))


def check(found):
    assert {label: round(float(value), 2) for label, value in found.items() if not abs(value) < LIMIT} == {}

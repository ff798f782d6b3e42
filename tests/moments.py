"""Moments of simulated data against what they should be, in Monte Carlo standard errors."""

import math

import numpy as np

from mcsim.streams import DATA, DESIGN, Streams

LIMIT = 4.5
"""A false alarm with probability 7e-6 a comparison, over the choice of a seed; seeds are fixed."""


def errors(drawn, expected):
    """How many standard errors the mean over replications (the first axis) lies from its expectation."""
    difference = (drawn - expected).reshape(len(drawn), -1).mean(axis=1)
    return difference.mean() / (difference.std(ddof=1) / math.sqrt(len(drawn)))


def beyond(found):
    """Those of named standard errors that are too many."""
    return {label: value for label, value in found.items() if not abs(value) < LIMIT}


def data(condition):
    """One data set, with its components."""
    design = condition.design(Streams(3, "c0", DESIGN, 0, 1).generator(0))
    return condition.simulate(Streams(3, "c0", DATA, 0, 1).generator(0), design)


def columns(condition, replications=3000):
    """The columns of clusters of equal size, (replications, clusters, size) each."""
    block = condition.simulate_block(Streams(3, "c0", DATA, 0, replications))
    shape = (replications, condition.n_clusters, condition.cluster_size)
    found = {name: block.values[:, c].reshape(shape) for c, name in enumerate(block.names)}
    return found | {name: np.broadcast_to(v.reshape(shape[1:]), shape) for name, v in block.shared.items()}

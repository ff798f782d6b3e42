"""Moments of simulated data against what they should be, in Monte Carlo standard errors."""

import math

LIMIT = 4.5
"""A false alarm with probability 7e-6 a comparison, over the choice of a seed; seeds are fixed."""


def errors(drawn, expected):
    """How many standard errors the mean over replications (the first axis) lies from its expectation."""
    difference = (drawn - expected).reshape(len(drawn), -1).mean(axis=1)
    return difference.mean() / (difference.std(ddof=1) / math.sqrt(len(drawn)))


def beyond(found):
    """Those of named standard errors that are too many."""
    return {label: value for label, value in found.items() if not abs(value) < LIMIT}

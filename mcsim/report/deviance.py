"""The deviance of a logistic regression of proportions."""

import math

import numpy as np

from mcsim.model import Floats

_MOST_STEPS = 60
_ENOUGH = 1e-7  # a difference between deviances, beside a chi-square with its degrees of freedom
_FAR = 30.0  # a logit whose proportion is as good as 0 or 1
_RIDGE = 1e-9  # beside the trace of the curvature


def deviance(basis: Floats, shares: Floats, n: Floats) -> float:
    """The deviance of a logistic regression, by Newton's method.

    Parameters
    ----------
    basis : array (conditions, k)
        Orthonormal columns, a constant among what they span.
    shares, n : array (conditions,)
        Proportions and their numbers of replications.
    """
    coefficients = basis.T @ _logit((shares * n + 0.5) / (n + 1))
    best, saturated = math.inf, _saturated(shares, n)
    for _ in range(_MOST_STEPS):
        # A proportion that is 0 or 1 wherever a column is not 0 draws its coefficient to infinity: that is far enough.
        logits = np.clip(basis @ coefficients, -_FAR, _FAR)
        odds_against = np.exp(-logits)
        reached = max(2 * (saturated + float(n @ (np.log1p(odds_against) + (1 - shares) * logits))), 0.0)
        if abs(best - reached) < _ENOUGH:
            break
        best = min(best, reached)
        fitted = 1 / (1 + odds_against)
        curvature = (basis.T * (n * fitted * (1 - fitted))) @ basis
        # A ridge keeps a flat direction from being divided by nothing; where the slope is 0 it moves nothing.
        curvature.flat[:: len(curvature) + 1] += _RIDGE * np.trace(curvature)
        coefficients = coefficients + np.linalg.solve(curvature, basis.T @ (n * (shares - fitted)))
    return reached


def _saturated(shares: Floats, n: Floats) -> float:
    """The log-likelihood of the proportions themselves."""
    with np.errstate(divide="ignore", invalid="ignore"):
        yes = np.where(shares > 0, shares * np.log(shares), 0.0)
        no = np.where(shares < 1, (1 - shares) * np.log1p(-shares), 0.0)
    return float(n @ (yes + no))


def _logit(share: Floats) -> Floats:
    odds: Floats = np.log(share / (1 - share))
    return odds

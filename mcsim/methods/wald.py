"""Wald intervals and p-values."""

import numpy as np

from mcsim.model import QUANTITIES, Floats


def wald(estimate: Floats, std_error: Floats, level: float, *, df: float = np.inf) -> Floats:
    """The quantities of estimates with a t interval and the two-sided p-value of no effect.

    Parameters
    ----------
    estimate, std_error : array (k,)
        Of the estimands.
    level : float
        The confidence level of the intervals.
    df : float, optional
        Degrees of freedom; infinite for the normal distribution, which is reported as no df.

    Returns
    -------
    array (k, 6)
        In the order of `QUANTITIES`. The p-value of an estimate of 0 with a standard error of 0 is NaN.
    """
    from scipy.special import ndtr, ndtri, stdtr, stdtrit

    normal = not np.isfinite(df)
    quantile = ndtri((1 + level) / 2) if normal else stdtrit(df, (1 + level) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        below = -np.abs(estimate / std_error)
    values = np.full((len(estimate), len(QUANTITIES)), np.nan)
    values[:, 0], values[:, 1] = estimate, std_error
    values[:, 2] = np.nan if normal else df
    values[:, 3], values[:, 4] = estimate - quantile * std_error, estimate + quantile * std_error
    values[:, 5] = 2 * (ndtr(below) if normal else stdtr(df, below))
    return values


def estimates_alone(estimate: Floats) -> Floats:
    """The quantities (k, 6) of estimates (k,) without a standard error."""
    values = np.full((len(estimate), len(QUANTITIES)), np.nan)
    values[:, 0] = estimate
    return values

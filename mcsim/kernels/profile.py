"""Profile limits of every parameter of a fitted model: which parameters there are, and in what units."""

import math
from typing import Any

from mcsim.kernels.compiled import compact, compiled, step
from mcsim.kernels.criterion import differentiate, evaluate
from mcsim.kernels.information import set_moments
from mcsim.kernels.layout import FIXED, X_FAMILY
from mcsim.kernels.limits import AT_BOUNDARY, NOT_FOUND, restore_optimum, search_limit
from mcsim.kernels.optimum import minimise
from mcsim.kernels.report import is_identified
from mcsim.kernels.small_matrix import set_covariance
from mcsim.kernels.workspace import (
    BASIS,
    CORRELATION,
    COVARIANCE,
    COVARIANCE_ELEMENT,
    CRITERION,
    DEGREES,
    FACTOR,
    FIXED_EFFECT,
    FREE,
    HALF,
    HELD_LEFT,
    HELD_RIGHT,
    INVERSE,
    KIND,
    LENGTHS,
    NUMBERS,
    OPTIMUM,
    RESIDUAL,
    ROOT_X,
    SIGMA2,
    TARGETS,
    X_TRIANGLE,
    N,
)

LOWER, UPPER, LOWER_END, UPPER_END = range(4)
"""What stands in the columns of the limits: the limits, and how the search for each ended (see `limits`)."""


@compiled
def variance_limits(layout: Any, work: Any, scale: tuple[float, bool], out: Any) -> None:
    """Write the profile limits of the (co)variances and of sigma^2, or of SDs, correlations and sigma.

    Parameters
    ----------
    layout, work : NamedTuple
        The model whose criterion is profiled, and a workspace with the columns of a replication that was fitted.
    scale : tuple of float, bool
        The normal quantile; whether limits are those of SDs and correlations.
    out : array (k + 1, 4)
        Overwritten, in the order of the (co)variances that a fit reports.
    """
    compact()
    quantile, as_sd = scale
    least = begin(layout, work)
    k, numbers, small = layout.directions.shape[0], work.vectors[NUMBERS], work.small
    y_variance = work.vectors[LENGTHS, layout.orders[X_FAMILY, layout.p]] / work.counts[N]
    known, sigma2 = not math.isnan(least), numbers[SIGMA2]
    for variances in (True, False):
        for t in range(k):
            a, b = layout.reported[t, 0], layout.reported[t, 1]
            if variances != (a == b):
                continue
            _clear(out[t])
            work.counts[KIND] = CORRELATION if as_sd and a != b else COVARIANCE_ELEMENT
            for d in range(layout.q):
                work.vectors[HELD_LEFT, d], work.vectors[HELD_RIGHT, d] = small[BASIS, a, d], small[BASIS, b, d]
            if known and work.counts[KIND] == CORRELATION and _may_vanish(layout, out, (a, b)):
                out[t, LOWER], out[t, UPPER], out[t, LOWER_END], out[t, UPPER_END] = -1.0, 1.0, AT_BOUNDARY, AT_BOUNDARY
            elif known:
                restore_optimum(layout, work)
                start = element(layout, work, sigma2)
                _search(layout, work, start, (least, quantile), out[t])
            if a == b or not as_sd:
                _rescale(out[t], y_variance, as_sd)
    work.counts[KIND] = RESIDUAL
    _clear(out[k])
    if known:
        start = (sigma2, sigma2 * math.sqrt(2.0 * small[INVERSE, k, k]))
        _search(layout, work, start, (least, quantile), out[k])
    _rescale(out[k], y_variance, as_sd)
    work.counts[KIND] = FREE


@compiled
def fixed_limits(layout: Any, work: Any, quantile: float, out: Any) -> None:
    """Write the profile limits of the fixed effects, out (p, 4) in the order of the model; the layout is that of ML."""
    compact()
    least = begin(layout, work)
    y_scale = math.sqrt(work.vectors[LENGTHS, layout.orders[X_FAMILY, layout.p]] / work.counts[N])
    for r in range(layout.p):
        limits = out[layout.orders[FIXED, r]]
        _clear(limits)
        if math.isnan(least):
            continue
        work.counts[KIND] = FREE
        restore_optimum(layout, work)
        evaluate(layout, work, FACTOR)
        start = _effect(layout, work, r)
        work.counts[KIND] = FIXED_EFFECT
        _search(layout, work, start, (least, quantile), limits)
        for side in (LOWER, UPPER):
            limits[side] = work.small[HALF, r, layout.p] + y_scale * limits[side]
    work.counts[KIND] = FREE


@compiled
def refit(layout: Any, work: Any, factor: Any) -> None:
    """Bring the workspace back to the optimum with a Lambda (q, q), which ends a visit to other models."""
    compact()
    for a in range(layout.q):
        for b in range(layout.q):
            work.small[OPTIMUM, a, b] = factor[a, b]
    _set_degrees(layout, work)
    restore_optimum(layout, work)
    evaluate(layout, work, FACTOR)
    differentiate(layout, work)
    set_moments(layout, work)
    is_identified(layout, work)


@step
def begin(layout: Any, work: Any) -> float:
    """Find the optimum, to be kept in OPTIMUM, and its information; returns the criterion, NaN if something lacks."""
    compact()
    _set_degrees(layout, work)
    work.counts[KIND] = FREE
    certified = minimise(layout, work)
    least = work.vectors[NUMBERS, CRITERION]
    for a in range(layout.q):
        for b in range(layout.q):
            work.small[OPTIMUM, a, b] = work.small[FACTOR, a, b]
    set_covariance(work.small, layout.q)
    set_moments(layout, work)
    return float(least if is_identified(layout, work) and certified else math.nan)


@step
def _set_degrees(layout: Any, work: Any) -> None:
    compact()
    work.vectors[NUMBERS, DEGREES] = work.counts[N] - layout.p if layout.reml else work.counts[N]


@step
def _clear(limits: Any) -> None:
    compact()
    limits[LOWER] = limits[UPPER] = math.nan
    limits[LOWER_END] = limits[UPPER_END] = NOT_FOUND


@step
def _search(layout: Any, work: Any, start: tuple[float, float], goal: tuple[float, float], limits: Any) -> None:
    compact()
    limits[LOWER], limits[LOWER_END] = search_limit(layout, work, start, (goal[0], -goal[1]))
    limits[UPPER], limits[UPPER_END] = search_limit(layout, work, start, goal)


@step
def _rescale(limits: Any, y_variance: float, as_sd: bool) -> None:
    compact()
    for side in (LOWER, UPPER):
        limits[side] *= y_variance
        if as_sd:
            limits[side] = math.sqrt(limits[side])


@step
def _may_vanish(layout: Any, out: Any, pair: tuple[int, int]) -> bool:
    """Whether a variance of which this is the correlation may be zero: then it may have any value."""
    compact()
    may = False
    for t in range(layout.directions.shape[0]):
        a, b = layout.reported[t, 0], layout.reported[t, 1]
        if a == b and (a == pair[0] or a == pair[1]):
            may = may or out[t, LOWER_END] == AT_BOUNDARY
    return may


@step
def element(layout: Any, work: Any, sigma2: float) -> tuple[float, float]:
    """The (co)variance or correlation that is held, at the optimum, and its standard error."""
    compact()
    small, k, weights = work.small, layout.directions.shape[0], work.vectors[TARGETS]
    left, right = work.vectors[HELD_LEFT], work.vectors[HELD_RIGHT]
    crossed = first = second = 0.0
    for a in range(layout.q):
        for b in range(layout.q):
            crossed += left[a] * small[COVARIANCE, a, b] * right[b]
            first += left[a] * small[COVARIANCE, a, b] * left[b]
            second += right[a] * small[COVARIANCE, a, b] * right[b]
    as_correlation = work.counts[KIND] == CORRELATION
    estimate = crossed / math.sqrt(first * second) if as_correlation else crossed
    for u in range(k):
        a, b = layout.directions[u, 0], layout.directions[u, 1]
        times = 1.0 if a == b else 2.0
        weights[u] = 0.5 * times * (left[a] * right[b] + left[b] * right[a])
        if as_correlation:
            weights[u] /= math.sqrt(first * second)
            weights[u] -= 0.5 * estimate * times * (left[a] * left[b] / first + right[a] * right[b] / second)
    total = 0.0
    for u in range(k):
        for v in range(k):
            total += weights[u] * weights[v] * small[INVERSE, u, v]
    unit = 1.0 if as_correlation else sigma2
    return unit * estimate, unit * math.sqrt(2.0 * total)


@step
def _effect(layout: Any, work: Any, r: int) -> tuple[float, float]:
    """Set HELD_LEFT to the coefficients of a fixed effect as given in those as scaled; its estimate and error."""
    compact()
    p, small, held, whitened = layout.p, work.small, work.vectors[HELD_LEFT], work.vectors[HELD_RIGHT]
    for s in range(p):
        held[s] = 1.0 if s == r else 0.0
        for t in range(r, s):
            held[s] -= held[t] * small[X_TRIANGLE, t, s]
    estimate = length = 0.0
    for s in range(p):
        held[s] /= math.sqrt(work.vectors[LENGTHS, layout.orders[X_FAMILY, s]] / work.counts[N])
    for s in range(p):
        whitened[s] = held[s]
        for t in range(s):
            whitened[s] -= small[ROOT_X, s, t] * whitened[t]
        whitened[s] /= small[ROOT_X, s, s]
        length += whitened[s] * whitened[s]
        estimate += whitened[s] * small[ROOT_X, p, s]
    return estimate, math.sqrt(work.vectors[NUMBERS, SIGMA2] * length)

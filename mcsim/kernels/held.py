"""One parameter held: the least criterion among models in which it has a given value.

A fixed effect, and sigma^2, are held exactly. An element h of Sigma, and a correlation, are drawn to a place c by a
penalty, stiffness/2 (h - c)^2: where the penalised criterion is least, the criterion is the least of all models with
that h, and its derivative in h is stiffness (c - h). So every minimum is a point of the profile, at the h that it has
and not at c, and the search for a limit moves c. D may be singular there like anywhere else.

HELD_LEFT and HELD_RIGHT are l and r with Sigma_lr = sigma^2 l' D r, for a fixed effect the coefficients of the scaled
effects and the unit vector along which they are no longer free; AIM is c.
"""

import math
from typing import Any

from mcsim.kernels.compiled import compact, part, step
from mcsim.kernels.workspace import (
    AIM,
    CORRELATION,
    COVARIANCE_ELEMENT,
    CURVATURE,
    DEGREES,
    FACTOR,
    FIXED_EFFECT,
    GRADIENT,
    HELD_LEFT,
    HELD_RIGHT,
    KIND,
    NUMBERS,
    REACHED,
    RESIDUAL,
    RISE,
    ROOT_X,
    SIGMA2,
    SQUARES,
    STIFFNESS,
)

_NEWTON = 60


@part
def is_penalised(kind: int) -> bool:
    """Whether a kind of parameter is held by a penalty."""
    return kind in (COVARIANCE_ELEMENT, CORRELATION)


@step
def hold(layout: Any, work: Any, which: int) -> float:
    """Set sigma^2, REACHED and RISE; returns what the criterion has beside log-determinants."""
    compact()
    numbers, kind, p = work.vectors[NUMBERS], work.counts[KIND], layout.p
    squares, degrees, penalty = work.small[ROOT_X, p, p] ** 2, numbers[DEGREES], 0.0
    if kind == FIXED_EFFECT:
        squares += _hold_effect(layout, work)
    numbers[SQUARES], numbers[SIGMA2] = squares, squares / degrees
    if kind == FIXED_EFFECT:
        numbers[RISE] *= 2.0 / numbers[SIGMA2]
    elif kind == RESIDUAL:
        sigma2 = numbers[SIGMA2] = numbers[REACHED] = numbers[AIM]
        numbers[RISE] = (degrees - squares / sigma2) / sigma2
    else:
        element = _product(layout, work, which, (HELD_LEFT, HELD_RIGHT))
        if kind == COVARIANCE_ELEMENT:
            _set_sigma2(work, element)
            numbers[REACHED] = numbers[SIGMA2] * element
        else:
            sizes = _product(layout, work, which, (HELD_LEFT, HELD_LEFT))
            sizes *= _product(layout, work, which, (HELD_RIGHT, HELD_RIGHT))
            if not sizes > 0.0:
                return math.inf
            numbers[REACHED] = element / math.sqrt(sizes)
        away = numbers[REACHED] - numbers[AIM]
        numbers[RISE] = -numbers[STIFFNESS] * away
        penalty = 0.5 * numbers[STIFFNESS] * away * away
    return float(degrees * math.log(2.0 * math.pi * numbers[SIGMA2]) + squares / numbers[SIGMA2] + penalty)


@part
def _hold_effect(layout: Any, work: Any) -> float:
    """Move the whitened coefficients, the last row of ROOT_X, to where the effect is held; the squares that adds."""
    p, small, numbers, unit = layout.p, work.small, work.vectors[NUMBERS], work.vectors[HELD_RIGHT]
    length = reached = 0.0
    for r in range(p):
        total = work.vectors[HELD_LEFT, r]
        for s in range(r):
            total -= small[ROOT_X, r, s] * unit[s]
        unit[r] = total / small[ROOT_X, r, r]
        length += unit[r] * unit[r]
        reached += unit[r] * small[ROOT_X, p, r]
    length = math.sqrt(length)
    off = (numbers[AIM] - reached) / length
    for r in range(p):
        unit[r] /= length
        small[ROOT_X, p, r] += off * unit[r]
    numbers[REACHED], numbers[RISE] = numbers[AIM], off / length
    return float(off * off)


@step
def _product(layout: Any, work: Any, which: int, places: tuple[int, int]) -> float:
    """l' Lambda Lambda' r."""
    total = 0.0
    for b in range(layout.q):
        left = right = 0.0
        for a in range(layout.q):
            left += work.vectors[places[0], a] * work.small[which, a, b]
            right += work.vectors[places[1], a] * work.small[which, a, b]
        total += left * right
    return total


@part
def _set_sigma2(work: Any, element: float) -> None:
    """Set sigma^2 where nu log sigma^2 + r^2 / sigma^2 + penalty is least, down from where there is no penalty."""
    numbers = work.vectors[NUMBERS]
    degrees, squares, stiffness, aim = numbers[DEGREES], numbers[SQUARES], numbers[STIFFNESS], numbers[AIM]
    x = 1.0  # sigma^2 in units of that without a penalty, which is the least: x (x - 1) + (a x - b) x^2 = 0
    unit = squares / degrees
    a, b = stiffness * (element * unit) ** 2 / degrees, stiffness * aim * element * unit / degrees
    below, above = 0.0, math.inf
    for _ in range(_NEWTON):
        value = x - 1.0 + (a * x - b) * x * x
        if value > 0.0:
            above = x
        else:
            below = x
        slope = 1.0 + (3.0 * a * x - 2.0 * b) * x
        following = x - value / slope if slope > 0.0 else math.inf
        if not below < following < above:
            following = 0.5 * (below + above) if math.isfinite(above) else 2.0 * x
        if abs(following - x) <= 1e-15 * x:
            break
        x = following
    numbers[SIGMA2] = unit * x


@step
def add_gradient(layout: Any, work: Any) -> None:
    """Add to GRADIENT that of the penalty in D."""
    compact()
    numbers, kind, small, q = work.vectors[NUMBERS], work.counts[KIND], work.small, layout.q
    left, right = work.vectors[HELD_LEFT], work.vectors[HELD_RIGHT]
    if not is_penalised(kind):
        return
    pull, of_left, of_right = -0.5 * numbers[RISE], 0.0, 0.0
    if kind == COVARIANCE_ELEMENT:
        pull *= numbers[SIGMA2]
    else:
        first = _product(layout, work, FACTOR, (HELD_LEFT, HELD_LEFT))
        second = _product(layout, work, FACTOR, (HELD_RIGHT, HELD_RIGHT))
        pull /= math.sqrt(first * second)
        of_left = 0.5 * numbers[RISE] * numbers[REACHED] / first
        of_right = 0.5 * numbers[RISE] * numbers[REACHED] / second
    for a in range(q):
        for b in range(q):
            if layout.blocks[a] == layout.blocks[b]:
                small[GRADIENT, a, b] += pull * (left[a] * right[b] + left[b] * right[a])
                small[GRADIENT, a, b] += of_left * left[a] * left[b] + of_right * right[a] * right[b]


@step
def add_curvature(layout: Any, work: Any) -> None:
    """Add to CURVATURE what a held parameter changes in the second derivatives in D, sigma^2 at its best."""
    compact()
    kind, k = work.counts[KIND], layout.directions.shape[0]
    if kind == COVARIANCE_ELEMENT:
        for u in range(k):
            for v in range(k):
                work.small[CURVATURE, u, v] += _of_element(layout, work, u, v)
    elif kind == CORRELATION:
        for u in range(k):
            for v in range(k):
                work.small[CURVATURE, u, v] += _of_correlation(layout, work, u, v)


@step
def _of_element(layout: Any, work: Any, u: int, v: int) -> float:
    numbers, p = work.vectors[NUMBERS], layout.p
    sigma2, stiffness, element = numbers[SIGMA2], numbers[STIFFNESS], numbers[REACHED] / numbers[SIGMA2]
    bend = (2.0 * numbers[SQUARES] / sigma2 - numbers[DEGREES]) / (sigma2 * sigma2) + stiffness * element * element
    twist = stiffness * (2.0 * numbers[REACHED] - numbers[AIM])
    one, two = _along(layout, work, u, (HELD_LEFT, HELD_RIGHT)), _along(layout, work, v, (HELD_LEFT, HELD_RIGHT))
    crossed = (work.blocks[u, p, p] / sigma2 + twist * one) * (work.blocks[v, p, p] / sigma2 + twist * two)
    return float(stiffness * sigma2 * sigma2 * one * two - crossed / bend)


@step
def _of_correlation(layout: Any, work: Any, u: int, v: int) -> float:
    numbers = work.vectors[NUMBERS]
    first = _product(layout, work, FACTOR, (HELD_LEFT, HELD_LEFT))
    second = _product(layout, work, FACTOR, (HELD_RIGHT, HELD_RIGHT))
    size, h = math.sqrt(first * second), numbers[REACHED]
    one, two = _along(layout, work, u, (HELD_LEFT, HELD_RIGHT)), _along(layout, work, v, (HELD_LEFT, HELD_RIGHT))
    left_u = _along(layout, work, u, (HELD_LEFT, HELD_LEFT)) / (2.0 * first)
    left_v = _along(layout, work, v, (HELD_LEFT, HELD_LEFT)) / (2.0 * first)
    right_u = _along(layout, work, u, (HELD_RIGHT, HELD_RIGHT)) / (2.0 * second)
    right_v = _along(layout, work, v, (HELD_RIGHT, HELD_RIGHT)) / (2.0 * second)
    h_u, h_v = one / size - h * (left_u + right_u), two / size - h * (left_v + right_v)
    h_uv = -one / size * (left_v + right_v) - h_v * (left_u + right_u)
    h_uv += 2.0 * h * (left_u * left_v + right_u * right_v)
    return float(numbers[STIFFNESS] * h_u * h_v - numbers[RISE] * h_uv)


@part
def _along(layout: Any, work: Any, u: int, places: tuple[int, int]) -> float:
    """l' U r."""
    a, b = layout.directions[u, 0], layout.directions[u, 1]
    left, right = work.vectors[places[0]], work.vectors[places[1]]
    return float(left[a] * right[b] + (left[b] * right[a] if a != b else 0.0))

"""Profile likelihood limits: where the least criterion with one parameter held rises by a quantile of chi-square.

The signed root zeta of that rise is close to a straight line in the parameter, a standard deviation, the logarithm of
sigma^2 or the parameter itself, and is followed to the normal quantile by Newton steps within a bracket (Bates et al.
2015, J. Stat. Softw. 67(1), sec. 5.1, for zeta). The parameter is held as `held` says. A variance may reach 0 and a
correlation 1 before the criterion has risen enough: the limit is then at the boundary.
"""

import math
from typing import Any

from mcsim.kernels.certificate import settle
from mcsim.kernels.compiled import compact, step
from mcsim.kernels.held import is_penalised
from mcsim.kernels.layout import RANDOM
from mcsim.kernels.small_matrix import pivoted_factor, set_covariance
from mcsim.kernels.workspace import (
    AIM,
    BASIS,
    BEST,
    CORRELATION,
    COVARIANCE_ELEMENT,
    CRITERION,
    EVALUATIONS,
    FACTOR,
    HELD_LEFT,
    HELD_RIGHT,
    INSIDE,
    KIND,
    LENGTHS,
    NUMBERS,
    OPTIMUM,
    RAW,
    REACHED,
    RESIDUAL,
    RISE,
    STIFFNESS,
    Z_TRIANGLE,
    N,
)

FOUND, AT_BOUNDARY, NOT_FOUND = 0.0, 1.0, 2.0
"""How the search for a limit ended."""

_TRIALS = 60
_STIFFENED = 5
_GAP = 1e-12  # of a bracket with nothing in it, relative to the standard error
_CLOSE = 1e-9  # of the rise and its quantile
_LOWER = 1e-8  # what makes another minimum a lower one
_AT_ZERO = 1e-9  # a variance, relative to its standard error, that counts as zero; likewise 1 - |correlation|


@step
def search_limit(layout: Any, work: Any, start: tuple[float, float], goal: tuple[float, float]) -> tuple[float, float]:
    """Find one limit of the parameter that KIND, HELD_LEFT and HELD_RIGHT name.

    Parameters
    ----------
    layout, work : NamedTuple
        The model, at its optimum in OPTIMUM.
    start : tuple of float, float
        The estimate and its standard error.
    goal : tuple of float, float
        The least criterion, and the normal quantile, with the sign of the side that is searched.

    Returns
    -------
    tuple of float, float
        The limit, in units of the columns as scaled, and how the search ended.
    """
    compact()
    numbers = work.vectors[NUMBERS]
    limit, end = math.nan, NOT_FOUND
    numbers[STIFFNESS] = 2.0 / (start[1] * start[1]) if is_penalised(work.counts[KIND]) else math.inf
    # Where the criterion bends down more than the penalty bends up, the penalised minimum jumps over some values; and
    # where there are two minima, one that was reached from a neighbour may not be the lower.
    for attempt in range(_STIFFENED):
        limit, end = _follow(layout, work, start, goal, attempt > 0)
        if end != NOT_FOUND or not is_penalised(work.counts[KIND]):
            break
        numbers[STIFFNESS] *= 10.0
    return limit, end


@step
def _follow(
    layout: Any, work: Any, start: tuple[float, float], goal: tuple[float, float], afresh: bool
) -> tuple[float, float]:
    """The search with one stiffness of the penalty, every model sought from the last one or afresh from the optimum."""
    compact()
    numbers, kind, (estimate, error), z = work.vectors[NUMBERS], work.counts[KIND], start, abs(goal[1])
    side = math.copysign(1.0, goal[1])
    restore_optimum(layout, work)
    _copy(work, OPTIMUM, INSIDE, layout.q)
    # The last model inside and the first outside, and zeta there; the last but one of either.
    inside, outside, below, above, last, before, mirrored = estimate, math.nan, 0.0, math.nan, math.nan, math.nan, False
    aim = estimate + side * z * error * (1.0 + 2.0 / (numbers[STIFFNESS] * error * error))
    if kind == RESIDUAL:
        aim = estimate * math.exp(side * z * error / estimate)
    for trial in range(_TRIALS):
        if not _hold_at(layout, work, aim, afresh):
            aim = 0.5 * (inside + aim)
            continue
        rise = _rise(work, goal[0])
        zeta, at_boundary = math.sqrt(max(rise, 0.0)), _is_at_boundary(layout, work, error)
        if abs(rise - z * z) <= _CLOSE * (1.0 + z * z):
            if mirrored or not _mirror(layout, work):
                return _newton_target(layout, work, zeta, z)[0], FOUND
            mirrored = True
            continue
        if at_boundary and zeta < z:
            return (math.copysign(1.0, numbers[REACHED]) if kind == CORRELATION else 0.0), AT_BOUNDARY
        following = _next_aim(layout, work, (estimate, zeta, z), (side, at_boundary))
        following = _chord(following, (aim, zeta), (last, before), z)
        last, before = aim, zeta
        if zeta < z:
            inside, below = aim, zeta
            _copy(work, FACTOR, INSIDE, layout.q)
        else:
            outside, above = aim, zeta
        further = side * max(abs(inside - estimate), z * error)
        aim = _between(following, (inside, outside), further, (z - below) / (above - below) if trial % 2 == 0 else 0.5)
        if abs(outside - inside) < _GAP * error or not abs(aim - estimate) < 1e6 * (abs(estimate) + error):
            break
    return math.nan, NOT_FOUND


@step
def _hold_at(layout: Any, work: Any, aim: float, afresh: bool) -> bool:
    """Go to the minimum with the parameter held at an aim, or if there is none back to the last model inside."""
    compact()
    work.vectors[NUMBERS, AIM], work.vectors[NUMBERS, EVALUATIONS] = aim, 0.0
    if afresh:
        restore_optimum(layout, work)
    found = settle(layout, work)
    if not found:
        _copy(work, INSIDE, RAW, layout.q)
        pivoted_factor(work, layout.q, layout.q)
    return bool(found)


@step
def _chord(aim: float, here: tuple[float, float], before: tuple[float, float], z: float) -> float:
    """Where the chord through the last two aims and zetas reaches z, if it lies beyond both; else the aim given."""
    compact()
    if abs(here[1] - before[1]) < 0.5 * abs(z - before[1]):
        return here[0] + (z - here[1]) * (here[0] - before[0]) / (here[1] - before[1])
    return aim


@step
def _between(aim: float, bracket: tuple[float, float], further: float, share: float) -> float:
    """An aim, or if it is not within the bracket, whose outer end may be missing, one that is."""
    compact()
    inside, outside = bracket
    if math.isnan(outside):
        return aim if further * (aim - inside) > 0.0 else inside + further
    return (
        aim
        if min(inside, outside) < aim < max(inside, outside)
        else inside + (0.5 if math.isnan(share) else share) * (outside - inside)
    )


@step
def _rise(work: Any, least: float) -> float:
    """By how much the criterion itself, without the penalty, is above the least."""
    compact()
    numbers = work.vectors[NUMBERS]
    return float(numbers[CRITERION] - 0.5 * numbers[RISE] * numbers[RISE] / numbers[STIFFNESS] - least)


@step
def _is_at_boundary(layout: Any, work: Any, error: float) -> bool:
    compact()
    reached, kind = work.vectors[NUMBERS, REACHED], work.counts[KIND]
    if kind == CORRELATION:
        return bool(abs(reached) > 1.0 - _AT_ZERO)
    return bool(kind == COVARIANCE_ELEMENT and _is_variance(layout, work) and reached <= _AT_ZERO * error)


@step
def _is_variance(layout: Any, work: Any) -> bool:
    compact()
    same = True
    for a in range(layout.q):
        same = same and work.vectors[HELD_LEFT, a] == work.vectors[HELD_RIGHT, a]
    return same


@step
def _newton_target(layout: Any, work: Any, zeta: float, z: float) -> tuple[float, float]:
    """Where zeta, a straight line in the standard deviation or the like, is z; and the criterion's derivative there."""
    compact()
    numbers, kind = work.vectors[NUMBERS], work.counts[KIND]
    reached, slope = numbers[REACHED], numbers[RISE] / (2.0 * zeta)
    if kind == RESIDUAL:
        slope *= reached
        target = reached * math.exp((z - zeta) / slope)
        return target, 2.0 * z * slope / target
    if kind == COVARIANCE_ELEMENT and _is_variance(layout, work):
        slope *= 2.0 * math.sqrt(reached)
        root = math.sqrt(reached) + (z - zeta) / slope
        return (root * root, z * slope / root) if root > 0.0 else (math.nan, math.nan)
    return reached + (z - zeta) / slope, 2.0 * z * slope


@step
def _next_aim(layout: Any, work: Any, known: tuple[float, float, float], where: tuple[float, bool]) -> float:
    """Where to hold the parameter next, so that it comes to lie where zeta is expected to be z."""
    compact()
    numbers, kind, (estimate, zeta, z) = work.vectors[NUMBERS], work.counts[KIND], known
    side, at_boundary = where
    if at_boundary and kind == COVARIANCE_ELEMENT:  # the derivative there is the penalty's alone
        target = estimate * (1.0 - z / zeta) ** 2
        slope = -z * zeta / math.sqrt(target * estimate)
    elif zeta > 0.0 and side * numbers[RISE] > 0.0:
        target, slope = _newton_target(layout, work, zeta, z)
    else:
        return math.nan
    return float(target + slope / numbers[STIFFNESS] if is_penalised(kind) else target)


@step
def _mirror(layout: Any, work: Any) -> bool:
    """Look for a lower minimum from the other side of each correlation; whether there is one, which is then taken."""
    compact()
    numbers = work.vectors[NUMBERS]
    if work.counts[KIND] == CORRELATION or (work.counts[KIND] == COVARIANCE_ELEMENT and not _is_variance(layout, work)):
        return False
    lowest, reached, rise = numbers[CRITERION], numbers[REACHED], numbers[RISE]
    for e in range(layout.q):
        if layout.blocks[e] == e:
            continue
        _copy(work, FACTOR, BEST, layout.q)
        _flip(layout, work, e)
        if settle(layout, work) and numbers[CRITERION] < lowest - _LOWER:
            return True
        _copy(work, BEST, RAW, layout.q)
        pivoted_factor(work, layout.q, layout.q)
    numbers[CRITERION], numbers[REACHED], numbers[RISE] = lowest, reached, rise
    return False


@step
def _flip(layout: Any, work: Any, e: int) -> None:
    """Give effect e, counted in the order of Z, the other sign in Lambda."""
    compact()
    q, small = layout.q, work.small
    for b in range(q):
        along = 0.0
        for a in range(q):
            along += small[BASIS, layout.orders[RANDOM, e], a] * small[FACTOR, a, b]
        for a in range(q):
            part = math.sqrt(work.vectors[LENGTHS, a] / work.counts[N]) * small[Z_TRIANGLE, a, e] if a <= e else 0.0
            small[RAW, a, b] = small[FACTOR, a, b] - 2.0 * part * along
    pivoted_factor(work, q, q)


@step
def restore_optimum(layout: Any, work: Any) -> None:
    """Set Lambda to that in OPTIMUM, and D."""
    compact()
    _copy(work, OPTIMUM, RAW, layout.q)
    pivoted_factor(work, layout.q, layout.q)
    set_covariance(work.small, layout.q)


@step
def _copy(work: Any, source: int, target: int, q: int) -> None:
    compact()
    for a in range(q):
        for b in range(q):
            work.small[target, a, b] = work.small[source, a, b]

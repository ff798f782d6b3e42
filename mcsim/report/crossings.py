"""Where power reaches a wished-for value: the smallest level of a factor, with its Monte Carlo interval.

Per curve, shares of rejections at the levels studied are made monotone (pool adjacent violators, weighted by the
replications) and joined on the probit scale: in a straight line over the square root of the level where all levels are
whole and positive, since the probit of the power of a normal test is linear in the square root of a number of clusters
or rows; else over the level itself. The crossing is where that line first reaches the wished-for power.

Its interval holds the levels at which the wished-for power lies within the 95 % interval of the joined line. At a level
studied that is the score interval of its share; in between, the distances to the limits of both neighbours are combined
by the square root of the sum of their weighted squares (Zou & Donner 2008, Statistics in Medicine 27, 1693-1702). It
takes the line for the true curve: levels that lie far apart bend it. Nothing is said outside of the levels studied.
"""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from mcsim.measures import wilson_interval
from mcsim.model import Floats
from mcsim.report.charts.drawing import Row

PLACES = ("method", "row", "column", "rest")
"""What is one curve: the figures that agree in these."""

_STEPS = 200  # points between two levels at which the line and its interval are looked at
_FARTHEST = 40.0  # stands for infinity on the probit scale
_NORMAL = NormalDist()


class Curve(NamedTuple):
    """Power over a factor, from the smallest level studied to the largest.

    Attributes
    ----------
    at : array (n,)
        Levels, those studied among them.
    power, lower, upper : array (n,)
        The monotone power at each and its 95 % Monte Carlo interval.
    """

    at: Floats
    power: Floats
    lower: Floats
    upper: Floats


Curves = Mapping[tuple[str, ...], tuple[Sequence[float], Curve]]
"""The levels studied and the curve through them, by the `PLACES` of the curve."""


class Crossing(NamedTuple):
    """The smallest level with a power, and its interval; infinite where they lie outside of the levels studied."""

    at: float
    lower: float
    upper: float


def crossings(found: Curves, power: float) -> list[Row]:
    """The smallest level of a factor that reaches a power, for every curve.

    Parameters
    ----------
    found : mapping
        From `curves`.
    power : float
        The power to reach.

    Returns
    -------
    list of dict
        For every curve: its places; at, lower and upper, None where they lie outside of the
        levels studied; start and end, the part of the interval that lies within them; text, all in words.
    """
    rows = []
    for place, (levels, curve) in found.items():
        crossing = crossing_of(curve, power)
        start, end = np.clip([crossing.lower, crossing.upper], levels[0], levels[-1])
        numbers = {name: value if math.isfinite(value) else None for name, value in crossing._asdict().items()}
        words = {"start": float(start), "end": float(end), "text": in_words(crossing, levels)}
        rows.append({**dict(zip(PLACES, place, strict=True)), **numbers, **words})
    return rows


def curves(rows: Iterable[Row], x_levels: Mapping[str, float]) -> Curves:
    """The levels and the curve of each place that has two levels or more, in the order in which they come.

    Parameters
    ----------
    rows : iterable of dict
        Shares of rejections, with `x` (a level's text), `value`, `n` (replications), and the `PLACES` of their curve.
    x_levels : mapping of str to float
        The number of each level of the factor; figures at other levels are left out.
    """
    found: dict[tuple[str, ...], list[tuple[float, float, float]]] = {}
    for row in rows:
        if row["x"] in x_levels and row["value"] is not None:
            point = (x_levels[row["x"]], row["value"], row["n"])
            found.setdefault(tuple(row[name] for name in PLACES), []).append(point)
    drawn = {place: list(zip(*sorted(points), strict=True)) for place, points in found.items() if len(points) > 1}
    return {place: (points[0], curve_of(*points)) for place, points in drawn.items()}


def in_words(crossing: Crossing, levels: Sequence[float]) -> str:
    """A crossing as a reader sees it: ``34 [31, 38]``, ``not reached at 50 [44, >50]``, ``at most 10``.

    Parameters
    ----------
    crossing : Crossing
        Rounded up where levels are whole numbers: the smallest that will do.
    levels : sequence of float
        The levels studied, rising.
    """

    def number(level: float) -> str:
        if math.isinf(level):
            return f"<{levels[0]:g}" if level < 0 else f">{levels[-1]:g}"
        return str(math.ceil(round(level, 6))) if _counted(levels) else f"{level:.3g}"

    text = number(crossing.at)
    if math.isinf(crossing.at):
        text = f"at most {levels[0]:g}" if crossing.at < 0 else f"not reached at {levels[-1]:g}"
        if crossing.lower == crossing.upper:
            return text
    return f"{text} [{number(crossing.lower)}, {number(crossing.upper)}]"


def curve_of(levels: Sequence[float], shares: Sequence[float], n: Sequence[float]) -> Curve:
    """The monotone curve through some shares.

    Parameters
    ----------
    levels : sequence of float
        Rising.
    shares : sequence of float
        Of rejections at each.
    n : sequence of float
        The replications behind each.
    """
    fitted = monotone(shares, n)
    # A share of 0 or 1 stands for half a replication: its probit is not infinite, its interval may be.
    middle = np.array([_probit(min(max(share, 0.5 / of), 1 - 0.5 / of)) for share, of in zip(fitted, n, strict=True)])
    limits = [wilson_interval(share, int(of)) for share, of in zip(fitted, n, strict=True)]
    below = middle - np.minimum([_probit(lower) for lower, _ in limits], middle)
    above = np.maximum([_probit(upper) for _, upper in limits], middle) - middle
    ruler = np.sqrt(levels) if _counted(levels) else np.asarray(levels, dtype=float)
    parts = [np.linspace(*pair, _STEPS, endpoint=False) for pair in itertools.pairwise(ruler)]
    along = np.concatenate([*parts, ruler[-1:]])
    line = np.interp(along, ruler, middle)
    lower, upper = line - _combined(along, ruler, below), line + _combined(along, ruler, above)
    at = along**2 if _counted(levels) else along
    return Curve(at, *(ndtr(values) for values in (line, lower, upper)))


def monotone(shares: Sequence[float], n: Sequence[float]) -> list[float]:
    """Shares that never fall, as close as can be: adjacent ones that fall are pooled, weighted by n."""
    pools: list[tuple[float, float, int]] = []
    for share, weight in zip(shares, n, strict=True):
        pools.append((share, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, of_a, many_a), (b, of_b, many_b) = pools.pop(-2), pools.pop()
            pools.append(((a * of_a + b * of_b) / (of_a + of_b), of_a + of_b, many_a + many_b))
    return [share for share, _, many in pools for _ in range(many)]


def crossing_of(curve: Curve, power: float) -> Crossing:
    """Where a curve first reaches a power, and the first and last level at which its interval holds that power."""
    first = _first(curve.at, curve.upper, power)
    too_few = np.flatnonzero(curve.lower <= power)
    if too_few.size == 0:
        last = -math.inf
    else:
        last = math.inf if too_few[-1] == len(curve.at) - 1 else float(curve.at[too_few[-1] + 1])
    return Crossing(_first(curve.at, curve.power, power), first, last)


def _first(at: Floats, values: Floats, wanted: float) -> float:
    """Where values first reach what is wanted: before the first level, after the last, or between two."""
    reaching = np.flatnonzero(values >= wanted)
    if reaching.size == 0 or reaching[0] == 0:
        return -math.inf if reaching.size else math.inf
    place = int(reaching[0])
    (x0, x1), (y0, y1) = at[place - 1 : place + 1], values[place - 1 : place + 1]
    return float(x0 + (x1 - x0) * (wanted - y0) / (y1 - y0))


def _combined(along: Floats, ruler: Floats, distance: Floats) -> Floats:
    """The distance to a limit between two levels, whose errors are independent."""
    place = np.clip(np.searchsorted(ruler, along, side="right") - 1, 0, len(ruler) - 2)
    weight = (along - ruler[place]) / (ruler[place + 1] - ruler[place])
    combined: Floats = np.hypot((1 - weight) * distance[place], weight * distance[place + 1])
    return combined


def _probit(share: float) -> float:
    return _NORMAL.inv_cdf(share) if 0 < share < 1 else math.copysign(_FARTHEST, share - 0.5)


def _counted(levels: Sequence[float]) -> bool:
    return all(level > 0 and float(level).is_integer() for level in levels)

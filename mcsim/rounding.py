"""Numbers as a reader sees them: values rounded by their Monte Carlo errors.

The rounding rule: a Monte Carlo standard error keeps two significant digits where it begins with 1, 2 or 3, else one,
and its value keeps as many decimals. More digits would be noise; fewer would hide something.
"""

import math
from typing import Any

from mcsim.parameters import plain_text

ABSENT = "-"
"""Stands for what does not exist: a value, a factor."""

NOISE = 1e-12
"""An MCSE so small beside its value is 0 but for the last bits."""


def format_value(value: float, mcse: float, *, interval: tuple[float, float] | None = None) -> str:
    """A value with its Monte Carlo standard error, both rounded by the latter.

    Parameters
    ----------
    value, mcse : float
        For 0.9482 and 0.0071 the text is ``0.948 (0.007)``.
    interval : tuple of float, optional
        Stands in for an MCSE that does not exist: ``1 [0.9962, 1]``.

    Returns
    -------
    str
        ``-`` where there is no value; ``0.5 (-)`` where there is neither MCSE nor interval.
    """
    if math.isnan(value):
        return ABSENT
    if math.isfinite(value) and abs(value) * NOISE < mcse < math.inf:
        digits, exponent = _digits(mcse)
        decimals = digits - 1 - exponent
        if decimals > 6 or abs(value) >= 1e7:
            places = max(0, math.floor(math.log10(abs(value))) + decimals) if value else 0
            return f"{value:.{places}e} ({mcse:.{digits - 1}e})"
        return f"{_fixed(value, decimals)} ({_fixed(mcse, decimals)})"
    if math.isfinite(value) and mcse >= 0:
        return f"{value:.6g} (0)"
    if interval is not None and all(math.isfinite(limit) for limit in interval) and interval[1] > interval[0]:
        digits, exponent = _digits(interval[1] - interval[0])
        lower, upper = (f"{x:g}" if x in {-1, 0, 1} else _fixed(x, digits - 1 - exponent) for x in interval)
        return f"{value:g} [{lower}, {upper}]"
    return f"{value:.4g} ({ABSENT})"


def _digits(mcse: float) -> tuple[int, int]:
    """How many significant digits an MCSE keeps, and its power of ten."""
    leading, exponent = f"{mcse:e}".split("e")
    return (2 if float(leading) < 4 else 1), int(exponent)


def _fixed(value: float, decimals: int) -> str:
    shown = max(decimals, 0)
    return f"{round(value, shown) + 0.0:.{shown}f}"  # + 0.0: no minus sign on zero


def word(value: Any) -> str:
    """A factor's value, or a truth; ``-`` for one that is absent."""
    return ABSENT if value is None or value != value else plain_text(value)  # noqa: PLR0124 (NaN)


def percent(share: float) -> str:
    """A share in percent; never 0 for a share that is not."""
    if math.isnan(share):
        return ABSENT
    return "<0.1%" if 0 < share < 0.0005 else f"{100 * share:.1f}%" if share else "0%"

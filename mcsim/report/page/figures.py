"""The performance table as the page carries it: in columns, words by their places, numbers to six digits."""

import math
from collections.abc import Iterable
from typing import Any

from mcsim.measures import Z95
from mcsim.report.charts.drawing import Row
from mcsim.report.charts.figures import figure_row
from mcsim.report.charts.levels import levels_of
from mcsim.report.charts.tables import Tables
from mcsim.report.page.packing import words

_WORDS = (
    *("condition", "method", "estimand", "measure", "shown"),
    *("reference", "band", "n_used", "n_missing", "missing"),
)
_NUMBERS = ("value", "mcse")
_NO_BAND = -1


def figures_of(tables: Tables, power: float) -> dict[str, Any]:
    """Every figure that has a value or should have one.

    Parameters
    ----------
    tables : Tables
        Of the study.
    power : float
        The power to reach.

    Returns
    -------
    dict
        The packed ``words`` of a figure and its ``numbers``, with text; the ``limits`` of those whose interval is not
        the value and its Monte Carlo standard errors on both sides; and the different ``bands``, by which `band` in
        the words says, of those whose band is not likewise around the reference.
    """
    rows: list[Row] = []
    limits: dict[int, tuple[float | None, float | None]] = {}
    bands: dict[tuple[float | None, float | None], int] = {}
    figure: Any
    for figure in tables.figures.itertuples(index=False):
        if math.isnan(figure.value) and not figure.n_missing:
            continue
        row = figure_row(figure, tables, power) | {"n_missing": int(figure.n_missing), "mcse": rounded(figure.mcse)}
        if not _is_around(row["value"], row["lower"], row["upper"], figure.mcse):
            limits[len(rows)] = rounded(row["lower"]), rounded(row["upper"])
        band = row["band_lower"], row["band_upper"]
        around = _is_around(row["reference"], *band, figure.mcse)
        row["band"] = _NO_BAND if around else bands.setdefault((rounded(band[0]), rounded(band[1])), len(bands))
        rows.append(row | {"value": rounded(row["value"])})
    return {
        "length": len(rows),
        "words": {name: words([row[name] for row in rows]) for name in _WORDS},
        "numbers": {name: [row[name] for row in rows] for name in _NUMBERS},
        "limits": limits,
        "bands": list(bands),
    }


def _is_around(middle: float | None, lower: float | None, upper: float | None, mcse: float) -> bool:
    """Whether limits are a value and its standard errors on both sides, or are not there as those are not."""
    if middle is None or not math.isfinite(mcse):
        return lower is None and upper is None
    half = Z95 * mcse
    return lower is not None and upper is not None and math.isclose(upper - lower, 2 * half, rel_tol=1e-9)


def varying_levels(tables: Tables) -> dict[str, list[str]]:
    """The levels of every factor that varies, in order, as texts."""
    return {name: list(texts.values()) for name, texts in levels_of(tables.factors).items() if len(texts) > 1}


def conditions_of(tables: Tables, factors: Iterable[str]) -> list[dict[str, Any]]:
    """Every condition with its key and the place of its level of each factor."""
    levels = levels_of(tables.factors, factors)
    place = {name: {value: at for at, value in enumerate(texts)} for name, texts in levels.items()}
    return [
        {"key": key, "levels": {name: places[values.get(name)] for name, places in place.items()}}
        for key, values in tables.factors.items()
    ]


def rounded(value: float | None) -> float | None:
    """The number to six significant digits; None where there is none."""
    return float(f"{value:.6g}") if value is not None and math.isfinite(value) else None

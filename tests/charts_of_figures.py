"""Tables of a study made by hand: a line for each figure."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import vl_convert

from mcsim.measures import Z95
from mcsim.report.charts.tables import Tables

NAN = math.nan
N = 1000


def figure(condition: str, method: str, measure: str, value: float, **others: Any) -> dict[str, Any]:
    """One figure, of the estimand x with an MCSE of .01 unless `others` says otherwise."""
    row = {"condition": condition, "method": method, "estimand": "x", "measure": measure, "value": value}
    row |= {"mcse": 0.01, "n_used": N, "n_missing": 0} | others
    limits = {"lower": value - Z95 * row["mcse"], "upper": value + Z95 * row["mcse"]}
    return row | {name: limit for name, limit in limits.items() if name not in others}


def tables(
    figures: Iterable[Mapping[str, Any]], factors: Mapping[str, Mapping[str, Any]], *, truth: float = 0.3
) -> Tables:
    """Tables with these figures; every estimand has one truth, and every method the nominal level .95."""
    frame = pd.DataFrame(list(figures))
    estimands = dict.fromkeys(frame["estimand"], truth)
    return Tables(
        figures=frame,
        factors=factors,
        truths=dict.fromkeys(factors, estimands),
        levels=dict.fromkeys(frame["method"], 0.95),
        statuses={},
        replications=N,
        estimates=lambda _condition, _method, _estimand: None,
    )


def svg(chart: Any) -> str:
    """A chart as the renderer draws it; its description is checked before."""
    return str(vl_convert.vegalite_to_svg(chart.to_json(validate=True)))

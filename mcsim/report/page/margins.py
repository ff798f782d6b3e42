"""A performance table too long for a page, as means over conditions: one row for each level of each factor."""

from typing import TYPE_CHECKING

import numpy as np

from mcsim.measures import Z95
from mcsim.report.charts.levels import levels_of
from mcsim.report.charts.tables import Tables

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 50_000
"""Of the performance table on the page."""

_GROUP = ["method", "estimand", "measure"]


def margins(tables: Tables) -> Tables:
    """The tables with one condition for each level of each factor: the mean over all conditions with that level.

    The Monte Carlo standard error of a mean of k independent figures is the root of their summed squares over k.

    Parameters
    ----------
    tables : Tables
        Of the study.

    Returns
    -------
    Tables
        Conditions are called ``factor=level`` and have that factor alone. The truth of an estimand is that of the
        conditions that enter; NaN where it is 0 under some of them only.
    """
    import pandas as pd

    factors: dict[str, dict[str, object]] = {}
    truths: dict[str, dict[str, float]] = {}
    parts = []
    for name, texts in levels_of(tables.factors).items():
        for level, text in texts.items() if len(texts) > 1 else ():
            condition = f"{name}={text}"
            members = [key for key, values in tables.factors.items() if values.get(name) == level]
            factors[condition] = {name: level}
            truths[condition] = _truths(tables, members)
            parts.append(_means(tables.figures[tables.figures["condition"].isin(members)]).assign(condition=condition))
    return tables._replace(figures=pd.concat(parts, ignore_index=True), factors=factors, truths=truths)


def _truths(tables: Tables, members: list[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for estimand in dict.fromkeys(name for key in members for name in tables.truths[key]):
        values = np.array([tables.truth(key, estimand) for key in members])
        known = values[~np.isnan(values)]
        same = known.size and (np.all(known == 0) or np.all(known != 0))
        found[estimand] = float(known.mean()) if same else np.nan
    return found


def _means(figures: "pd.DataFrame") -> "pd.DataFrame":
    # A proportion of 0 or 1 has no standard error, but an interval that stands for it.
    error = (figures["upper"] - figures["lower"]) / (2 * Z95)
    entering = figures.assign(square=error**2)
    groups = entering.groupby(_GROUP, sort=False, observed=True)
    means = groups.agg(
        value=("value", "mean"),
        square=("square", "sum"),
        known=("square", "count"),
        figures=("value", "count"),
        n_used=("n_used", "sum"),
        n_missing=("n_missing", "sum"),
    ).reset_index()
    # Known only where it is of every figure that enters.
    mcse = np.sqrt(means["square"]) / means["known"].where(means["known"].eq(means["figures"]) & means["known"].gt(0))
    means = means.drop(columns=["square", "known", "figures"])
    return means.assign(mcse=mcse, lower=means["value"] - Z95 * mcse, upper=means["value"] + Z95 * mcse)

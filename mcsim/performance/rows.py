"""The figures of a performance table as texts: one row for each condition, estimand and method."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from mcsim.rounding import format_value

if TYPE_CHECKING:
    import pandas as pd


class Row(NamedTuple):
    """What is known of a method and an estimand under one condition.

    Attributes
    ----------
    condition, estimand, method : str
        Who it is.
    status : str
        "all", or the one status that the fits are restricted to; "" in a table that does not tell them apart.
    figures : mapping of str to str
        By measure, the value with its Monte Carlo standard error, rounded by the latter.
    missing : mapping of str to float
        By measure, the share of replications that lack it.
    n_used : int
        How many fits the figures rest on, at most.
    replications : int
        How many were analysed, those that lack a figure included.
    """

    condition: str
    estimand: str
    method: str
    status: str
    figures: dict[str, str]
    missing: dict[str, float]
    n_used: int
    replications: int


def identity(frame: "pd.DataFrame") -> list[str]:
    """The columns that tell one row from another."""
    return ["condition", "estimand", "method", *(["status"] if "status" in frame.columns else [])]


def rows_of(frame: "pd.DataFrame") -> Iterator[Row]:
    """The rows of a performance table in order of first appearance: by condition, estimand, method, status."""
    names = identity(frame)
    places = [{value: place for place, value in enumerate(dict.fromkeys(frame[name]))} for name in names]
    groups: dict[tuple[str, ...], list[Any]] = {}
    for figure in frame.itertuples(index=False):
        groups.setdefault(tuple(getattr(figure, name) for name in names), []).append(figure)
    for key in sorted(groups, key=lambda key: [place[value] for place, value in zip(places, key, strict=True)]):
        figures = groups[key]
        texts = {f.measure: format_value(f.value, f.mcse, interval=(f.lower, f.upper)) for f in figures}
        shares = {f.measure: f.n_missing / (f.n_used + f.n_missing) for f in figures if f.n_used + f.n_missing}
        condition, estimand, method, *status = key
        n_used, n = max(f.n_used for f in figures), max(f.n_used + f.n_missing for f in figures)
        yield Row(condition, estimand, method, "".join(status), texts, shares, n_used, n)

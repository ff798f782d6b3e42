"""What the page's script works on: conditions, figures, drawings and templates, as plain values."""

from collections.abc import Sequence
from typing import Any

from mcsim.measures import MEASURES, Z95
from mcsim.report.charts import KINDS, heat_map, lollipop, power_curve, style
from mcsim.report.charts.figures import default_estimand, default_measure
from mcsim.report.charts.levels import is_numeric
from mcsim.report.charts.performance import MOST_LINES
from mcsim.report.charts.tables import Tables
from mcsim.report.charts.words import measure_title, of_estimand
from mcsim.report.page.figures import conditions_of, figures_of, varying_levels
from mcsim.report.page.margins import MOST_ROWS, margins
from mcsim.report.page.ready import BY, Ready
from mcsim.report.page.templates import open_templates

_PLACES = ("x", "column", "row")
_FROM_FIGURES = {
    "performance": ("measure", "estimand", "methods", *_PLACES, "hold"),
    "nested_loop": ("measure", "estimand", "methods", "hold"),
    "heat_map": ("measure", "estimand", "methods", *_PLACES, "hold"),
    "lollipop": ("estimand", "methods", "hold"),
}
"""The kinds that the page draws from its figures, and what is picked for each."""

_TOLD = {
    "lollipop": lollipop.MEASURES,
    "power_curve": power_curve.MEASURES[:1],
    "zip_plot": ("coverage",),
    "scatter": ("coverage",),
    "estimates": ("bias",),
}
"""The measures of the table below a chart for which none is picked."""


def content_of(tables: Tables, name: str, *, command: Sequence[str], power: float) -> dict[str, Any]:
    """Everything that the page's script needs.

    Parameters
    ----------
    tables : Tables
        Of the study.
    name : str
        The study's.
    command : sequence of str
        The study and its results as they stand on a command line.
    power : float
        The power to reach.

    Returns
    -------
    dict
        Of values that JSON has. A performance table of more than `MOST_ROWS` rows is replaced by its means over
        conditions, and `means` is true.
    """
    means = len(tables.figures) > MOST_ROWS
    shown = margins(tables) if means else tables
    factors = varying_levels(shown)
    there = {word: list(map(str, tables.figures[word].unique())) for word in ("method", "estimand", "measure")}
    lists = {
        "method": [label for label in tables.levels if label in there["method"]],
        "estimand": there["estimand"],
        "measure": [measure for measure in MEASURES if measure in there["measure"]],
    }
    ready = Ready(tables, power)
    drawings = ready.drawings()
    missingness = ready.missingness()
    return {
        "name": name,
        "command": list(command),
        "means": means,
        "conditions": conditions_of(shown, factors),
        "factors": factors,
        "numeric": [name for name in factors if _is_numeric(shown, name)],
        **{f"{word}s": names for word, names in lists.items()},
        "titles": {measure: measure_title(measure) for measure in lists["measure"]},
        "axes": {measure: of_estimand(measure, "⟦estimand⟧") for measure in lists["measure"]},
        "defaults": {
            "measure": default_measure(tables, default_estimand(tables)),
            "estimand": default_estimand(tables),
        },
        "charts": _charts(drawings, means=means),
        **_as_on_paper(),
        "marks": style.marks(lists["method"], {label: place for place, label in enumerate(tables.levels)}),
        "figures": figures_of(shown, power),
        "z": Z95,
        "ready": drawings,
        "missingness": missingness,
        "templates": open_templates() | ready.templates,
    }


def _as_on_paper() -> dict[str, Any]:
    """How much can be read on a chart, and the colours of cells: what the code for paper goes by too."""
    most = {
        "lines": MOST_LINES,
        "across": heat_map.MOST_ACROSS,
        "down": heat_map.MOST_DOWN,
        "rows": lollipop.MOST_ROWS,
        "measures": lollipop.MEASURES,
    }
    return {"most": most, "heat": {"below": heat_map.BELOW, "at": heat_map.AT, "above": heat_map.ABOVE}}


def _charts(drawings: dict[str, dict[str, Any]], *, means: bool) -> list[dict[str, Any]]:
    """The kinds that the page can draw, in the order of the command line, and what is picked for each."""
    from_figures = {"performance": _FROM_FIGURES["performance"][:4]} if means else _FROM_FIGURES
    picked = {**from_figures, **{kind: (*BY[kind], "methods") for kind, of_kind in drawings.items() if of_kind}}
    return [
        {
            "kind": kind,
            "title": kind.replace("_", " "),
            "caption": f"{caption[0].upper()}{caption[1:]}.",
            "picks": picked[kind],
            "tells": _TOLD.get(kind, ()),
        }
        | ({"by": BY[kind]} if kind in BY else {})
        for kind, caption in KINDS.items()
        if kind in picked
    ]


def _is_numeric(tables: Tables, factor: str) -> bool:
    return is_numeric(values.get(factor) for values in tables.factors.values())

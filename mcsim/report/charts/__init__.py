"""Charts: each kind is one file with two functions.

``what(tables, request) -> Drawing`` is pure: from the tables of a study and what is asked to the rows, words and orders
of a chart. ``draw(drawing) -> altair chart`` is thin: it depends on the titles, orders and sizes of a drawing and not
on its data, so that the page can draw the same chart with other rows. A new kind is a new file and its line in `KINDS`.
"""

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from mcsim.errors import ParameterError
from mcsim.report.charts.request import Request, unknown
from mcsim.report.charts.tables import Tables

if TYPE_CHECKING:
    from mcsim.report.charts.style import AnyChart

KINDS = {
    "missingness": "how the fits ended, by condition and method: usable, singular, not converged, failed",
    "performance": "a measure over a factor, a line or a row per method, in panels by other factors",
    "nested_loop": "a measure over all conditions, ordered by their factors, a step line per method",
    "heat_map": "a measure over two factors, as coloured numbers",
    "lollipop": "several measures beside each other, each with its Monte Carlo interval",
    "power_curve": "power over a numeric factor, and the smallest level that reaches a power",
    "factor_effects": "which factor matters: how the factors share the variance of a measure",
    "zip_plot": "the intervals of all replications, ordered by significance, those that miss the truth coloured",
    "scatter": "estimate against standard error, the replications whose intervals miss the truth marked",
    "estimates": "the distribution of the estimates, with the truth and their mean",
}
"""Every kind of chart, the name of its file, with its line of help."""


def chart_of(tables: Tables, kind: str, request: Request) -> "AnyChart":
    """A chart of a study's tables.

    Parameters
    ----------
    tables : Tables
        Of the study.
    kind : str
        One of `KINDS`.
    request : Request
        What it is to show.

    Raises
    ------
    ParameterError
        If there is no such kind, a name that the study does not have, or nothing to draw.
    """
    faults = list(unknown("kind", [kind], list(KINDS)))
    try:
        request.check(tables, unused=() if faults else getattr(drawn_by(kind), "UNUSED", ()))
    except ParameterError as error:
        faults += error.faults
    if faults:
        raise ParameterError("chart", faults)
    module = drawn_by(kind)
    chart: AnyChart = module.draw(module.what(tables, request))
    return chart


def drawn_by(kind: str) -> ModuleType:
    """The file that draws a kind."""
    return importlib.import_module(f"{__name__}.{kind}")

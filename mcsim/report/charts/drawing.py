"""A chart between what to draw and its drawing: plain values that can be tested, and that the page can fill anew."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mcsim.report.charts import style

if TYPE_CHECKING:
    from mcsim.report.charts.style import AnyChart

Row = dict[str, Any]


class Drawing(NamedTuple):
    """What a chart shows.

    Attributes
    ----------
    data : mapping of str to list of dict
        Its tables, by the names that the drawing knows them by.
    titles : mapping of str to str
        The words on it.
    orders : mapping of str to list
        What is discrete, in order: levels, panels, methods and how each is marked.
    sizes : mapping of str to float
        Widths and heights in pixels, and other numbers that the drawing takes.
    """

    data: Mapping[str, Sequence[Row]]
    titles: Mapping[str, str]
    orders: Mapping[str, Sequence[Any]]
    sizes: Mapping[str, float]


def finished(chart: "AnyChart", drawing: Drawing) -> "AnyChart":
    """The chart with its data and the style that all charts share."""
    return chart.properties(datasets=dict(drawing.data), config=style.config(), background="white", padding=4)

"""How charts look: one style for page and paper, safe for the colour-blind and readable in grey.

Colours are those of Okabe & Ito (2008, Color Universal Design) that hold on white and on black; methods also differ in
the shape of their points and the dashes of their lines, so that a copy in grey says the same.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt

    AnyChart = alt.Chart | alt.LayerChart | alt.FacetChart | alt.HConcatChart | alt.VConcatChart | alt.ConcatChart

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#666666", "#8C5A2B")
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")
DASHES = ((1, 0), (6, 3), (2, 2), (8, 3, 2, 3), (10, 4), (4, 2, 1, 2), (1, 3), (12, 3))

INK, MUTED, GRID, BAND = "#1b1b1b", "#5b5b5b", "#e3e3e3", "#ececec"
MISS = "#D55E00"
HIT = "#b4bdc4"
BODY = "#cfdde6"
FONT = "'Liberation Sans', Arial, Helvetica, sans-serif"
"""First the one that the renderer brings along: text is as wide on every machine, as measured."""
_HEADINGS = (
    "length(datum.label) > 22 && indexof(datum.label, ' = ') > 0"
    " ? replace(replace(datum.label, ' = ', ' =\\n'), /[(](?=.)/, '(\\n') : datum.label"
)
"""A heading of panels, those with a long level (a part with fields of its own) in several lines."""

_TOOLTIP_TITLES = {
    "shown": "value (MCSE)",
    "rest": "and",
    "n_used": "replications used",
    "row": "row of panels",
    "column": "column of panels",
}
PAGE_WIDTH = 560
"""The width of the panels of a figure together, in pixels of 1/96 inch: the width of a page's text."""


def config() -> dict[str, Any]:
    """The Vega-Lite configuration of every chart."""
    words = {"labelFont": FONT, "titleFont": FONT, "labelColor": INK, "titleColor": INK, "titleFontWeight": "normal"}
    subtitle = {"subtitleColor": MUTED, "subtitleFont": FONT, "subtitleFontSize": 10}
    return {
        "font": FONT,
        "axis": {
            **words,
            "labelFontSize": 10,
            "titleFontSize": 11,
            "domainColor": MUTED,
            "tickColor": MUTED,
            "gridColor": GRID,
            "tickSize": 4,
            "labelPadding": 3,
        },
        "axisX": {"grid": False},
        "header": {**words, "labelFontSize": 10.5, "labelPadding": 5, "labelExpr": _HEADINGS, "labelLineHeight": 12},
        "legend": {**words, "labelFontSize": 10.5, "symbolSize": 55, "labelLimit": 240},
        "view": {"stroke": GRID},
        "facet": {"spacing": 12},
        "title": {"font": FONT, "color": INK, "fontSize": 11, "fontWeight": "normal", **subtitle},
        "lineBreak": "\n",
        "range": {"category": list(COLOURS)},
    }


def marks(labels: Sequence[str], places: Mapping[str, int]) -> dict[str, list[Any]]:
    """How each method is marked, by its place in the study, so that it looks the same on every chart.

    Parameters
    ----------
    labels : sequence of str
        The methods on the chart.
    places : mapping of str to int
        The place of every method in the study.

    Returns
    -------
    dict of str to list
        method, colour, shape and dash, in the order of `labels`.
    """
    at = [places[label] for label in labels]
    return {
        "method": list(labels),
        "colour": [COLOURS[place % len(COLOURS)] for place in at],
        # Every eight methods the shapes and dashes move on by one, so that no two methods look alike.
        "shape": [SHAPES[(place + place // len(COLOURS)) % len(SHAPES)] for place in at],
        "dash": [list(DASHES[(place + place // len(COLOURS)) % len(DASHES)]) for place in at],
    }


class ByMethod:
    """The encodings that tell methods apart, made from the orders of a drawing.

    Parameters
    ----------
    orders : mapping of str to sequence
        With `marks`.
    points : bool
        Whether the legend shows points; else it shows lines.
    """

    def __init__(self, orders: Mapping[str, Sequence[Any]], *, points: bool = True) -> None:
        self._orders, self._points = orders, points
        self._labels = list(orders["method"])

    def colour(self) -> "alt.Color":
        """Of points, lines and intervals; the legend, which is left out where there is one method."""
        import altair as alt

        return alt.Color("method:N", scale=self._scale("colour"), legend=self._legend())

    def shape(self) -> "alt.Shape":
        """Of points."""
        import altair as alt

        return alt.Shape("method:N", scale=self._scale("shape"), legend=self._legend())

    def dash(self) -> "alt.StrokeDash":
        """Of lines."""
        import altair as alt

        return alt.StrokeDash("method:N", scale=self._scale("dash"), legend=self._legend())

    def _scale(self, mark: str) -> "alt.Scale":
        import altair as alt

        return alt.Scale(domain=self._labels, range=list(self._orders[mark]))

    def _legend(self) -> "alt.Legend | None":
        import altair as alt

        if not self._orders["legend"]:
            return None
        # Points are filled and have no outline; dashes would run around it.
        symbol = {"symbolStrokeWidth": 0} if self._points else {"symbolType": "stroke", "symbolSize": 300}
        return alt.Legend(title=None, orient="top", columns=4, symbolOpacity=1, **symbol)


def faceted(chart: "AnyChart", orders: Mapping[str, Sequence[Any]], *, rows: str = "") -> "AnyChart":
    """The chart in rows and columns of panels, as far as there are several.

    Parameters
    ----------
    chart : altair chart
        One panel.
    orders : mapping of str to sequence
        With the titles of the panels: row and column.
    rows : str
        The title of the rows together.
    """
    import altair as alt

    header = alt.Header(labelOrient="right")
    panels: dict[str, Any] = {
        "row": alt.Row("row:N", sort=list(orders["row"]), title=rows or None, header=header),
        "column": alt.Column("column:N", sort=list(orders["column"]), title=None),
    }
    several = {place: panel for place, panel in panels.items() if list(orders[place]) != [""]}
    faceted: AnyChart = chart.facet(**several) if several else chart
    return faceted


def note(text: str) -> "alt.Title":
    """A line of explanation below a chart."""
    import altair as alt

    return alt.Title(text, anchor="start", orient="bottom", fontSize=10, color=MUTED, offset=8)


def tooltip(*names: str) -> "list[alt.Tooltip]":
    """What is said of a mark, by the names of its fields; fields without a title of their own go by their names."""
    import altair as alt

    return [alt.Tooltip(f"{name}:N", title=_TOOLTIP_TITLES.get(name, name)) for name in names]

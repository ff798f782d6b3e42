"""Charts with their words and lists left open, for the page to fill in."""

import json
from collections.abc import Mapping
from typing import Any

from mcsim.report.charts import drawn_by, style
from mcsim.report.charts.drawing import Drawing

_ON_PAGE = {
    style.INK: "var(--ink)",
    style.MUTED: "var(--muted)",
    style.GRID: "var(--grid)",
    style.BAND: "var(--band)",
    style.FONT: "inherit",
    **{colour: f"var(--c{place})" for place, colour in enumerate(style.COLOURS)},
}
"""Colours of paper and the page's own, which are others in the dark."""


def on_page(text: str) -> str:
    """A text with the colours and the font of paper replaced by those of the page."""
    for colour, variable in _ON_PAGE.items():
        text = text.replace(colour, variable)
    return text


def template(kind: str, drawing: Drawing, counts: Mapping[str, int]) -> dict[str, Any]:
    """The specification of a kind of chart in which ``⟦x title⟧`` stands for a title and ``["⟦x⟧"]`` for an order.

    Parameters
    ----------
    kind : str
        Of chart.
    drawing : Drawing
        One of that kind, for the names of its titles and orders.
    counts : mapping of str to int
        How many entries an order is to have, where the kind draws many in another way than few.
    """
    opened = Drawing(
        data={},
        titles={name: f"⟦{name} title⟧" for name in drawing.titles},
        orders={name: [f"⟦{name}⟧"] * counts.get(name, 1) for name in drawing.orders},
        sizes=drawing.sizes,
    )
    specification: dict[str, Any] = json.loads(on_page(json.dumps(drawn_by(kind).draw(opened).to_dict(validate=False))))
    return {**specification, "background": "transparent"}

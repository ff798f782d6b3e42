"""Charts with their words and lists left open, for the page to fill in.

``⟦x title⟧`` stands for a title and a list that begins with ``⟦x⟧`` for an order.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mcsim.report.charts import drawn_by, missingness, style
from mcsim.report.charts.drawing import Drawing
from mcsim.report.charts.performance import MOST_LINES

_MARKS = ("method", "colour", "shape", "dash", "legend")
_SIZES = {"width": 300, "height": 36}
_OPEN: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "performance": (("x", "y", "note"), ("x", "row", "column", *_MARKS)),
    "nested_loop": (("x", "y"), ("level", *_MARKS)),
    "heat_map": (("title", "x", "y", "note"), ("x", "y", "panel", "column", "domain", "range")),
    "lollipop": (("title",), ("y", "measure")),
}
"""The kinds that the page draws from its figures: the titles and the orders of their drawings."""

_OTHERS = {"performance": 220, "nested_loop": 260}
"""Kinds that draw many methods in another way than few, and the height of a panel on the page."""

_ON_PAGE = {
    style.INK: "var(--ink)",
    style.MUTED: "var(--muted)",
    style.GRID: "var(--grid)",
    style.BAND: "var(--band)",
    style.HIT: "var(--hit)",
    style.BODY: "var(--body)",
    missingness.STATUSES["ok"]: "var(--body)",
    missingness.STATUSES["skipped"]: "var(--stripe)",
    **{colour: f"var(--c{place})" for place, colour in enumerate(style.COLOURS)},
}
"""Colours of paper and the page's own, which are others in the dark."""


def open_templates() -> dict[str, dict[str, Any]]:
    """The specifications of the kinds drawn from the page's figures; ``below``: with methods below each other."""
    found = {}
    for kind, (titles, orders) in _OPEN.items():
        few = Drawing({}, dict.fromkeys(titles, "?"), {name: ["?"] for name in orders}, _SIZES)
        found[kind] = template(kind, few._replace(sizes={**_SIZES, "height": _OTHERS.get(kind, _SIZES["height"])}))
        if kind in _OTHERS:
            many = {**few.orders, "method": ["?"] * (MOST_LINES + 1)}
            found[f"{kind} below"] = template(kind, few._replace(orders=many))
    return found


def template(kind: str, drawing: Drawing) -> dict[str, Any]:
    """The specification of a drawing without its data, its words and lists left open.

    Parameters
    ----------
    kind : str
        Of chart.
    drawing : Drawing
        What is empty in it, and whether there are many methods, stays as it is: the kind may draw these otherwise.
    """
    text = json.dumps(drawn_by(kind).draw(opened(drawing)).to_dict(validate=False), ensure_ascii=False)
    specification: dict[str, Any] = json.loads(in_colours_of_the_page(text))
    specification["config"]["font"] = "inherit"
    return {**specification, "background": "transparent"}


def in_colours_of_the_page(text: str) -> str:
    """A text in which the page's colours stand for those of paper."""
    for colour, variable in _ON_PAGE.items():
        text = text.replace(colour, variable)
    return text


def opened(drawing: Drawing) -> Drawing:
    """The drawing with its words and lists left open; those that are opened alike have one specification."""
    return Drawing(
        data={},
        titles={name: title and f"⟦{name} title⟧" for name, title in drawing.titles.items()},
        orders={name: _opened(name, order) for name, order in drawing.orders.items()},
        sizes=drawing.sizes,
    )


def _opened(name: str, order: Sequence[Any]) -> list[str]:
    if list(order) in ([], [""]):
        return list(order)
    return [f"⟦{name}⟧"] * (MOST_LINES + 1 if name == "method" and len(order) > MOST_LINES else 1)

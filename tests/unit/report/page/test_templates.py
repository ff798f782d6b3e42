"""Specifications with words and lists left open."""

import json
import re

import pytest

from mcsim.report.charts import KINDS, drawn_by, missingness, style
from mcsim.report.charts.drawing import Drawing
from mcsim.report.page.content import _FROM_FIGURES
from mcsim.report.page.ready import BY
from mcsim.report.page.templates import _OPEN, open_templates, opened, template

TEMPLATES = open_templates()
PAPER = {style.INK, style.MUTED, style.GRID, style.BAND, style.HIT, style.BODY, *style.COLOURS}
PAPER |= {missingness.STATUSES["ok"], missingness.STATUSES["skipped"]}
NOT_WRITTEN = {
    "performance": {"legend"},
    "performance below": {"legend", "colour", "shape", "dash", "x", "x title"},
    "nested_loop": {"legend", "shape"},
    "nested_loop below": {"legend", "shape"},
}
"""What decides on a drawing but does not stand in it, or is of its other form."""


def text_of(specification):
    return json.dumps(specification, ensure_ascii=False)


def test_every_kind_is_on_the_page() -> None:
    drawn = {"missingness", *_FROM_FIGURES, *BY}
    assert set(KINDS) == drawn, (
        "a kind of chart is drawn on the page from its figures (content._FROM_FIGURES, templates._OPEN, kinds.js), or "
        "is drawn up when the page is written (ready.BY)"
    )
    assert set(_FROM_FIGURES) == set(_OPEN)
    assert set(_FROM_FIGURES) & set(BY) == set()


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_title_and_order_of_a_drawing_is_open(name) -> None:
    titles, orders = _OPEN[name.split()[0]]
    open_places = set(re.findall("⟦(.+?)⟧", text_of(TEMPLATES[name])))
    assert open_places == {*orders, *(f"{title} title" for title in titles)} - NOT_WRITTEN.get(name, set())


@pytest.mark.parametrize("name", TEMPLATES)
def test_colours_are_those_of_the_page(name) -> None:
    text = text_of(TEMPLATES[name])
    assert {colour for colour in PAPER if colour in text} == set()
    assert "var(--" in text
    assert TEMPLATES[name]["background"] == "transparent"


def test_drawings_that_differ_in_words_have_one_specification() -> None:
    def drawing(*methods):
        marks = style.marks(methods, {label: place for place, label in enumerate(methods)})
        orders = {"x": ["1", "2"], "row": [""], "column": ["a = 1", "a = 2"], "legend": methods[1:], **marks}
        return Drawing({}, {"x": methods[0], "y": "bias", "note": ""}, orders, {"width": 100, "height": 100})

    assert opened(drawing("A", "B")) == opened(drawing("one", "two", "three"))
    assert opened(drawing("A", "B")) != opened(drawing("A"))  # no legend
    many = [f"method {place}" for place in range(12)]
    assert template("performance", drawing("A", "B")) != template("performance", drawing(*many))


def test_what_is_left_empty_stays_empty() -> None:
    of = opened(Drawing({}, {"x": "", "y": "bias"}, {"row": [""], "legend": []}, {}))
    assert (of.titles, of.orders) == ({"x": "", "y": "⟦y title⟧"}, {"row": [""], "legend": []})


def test_every_kind_can_be_drawn_by_its_file() -> None:
    assert all(callable(drawn_by(kind).what) and callable(drawn_by(kind).draw) for kind in KINDS)

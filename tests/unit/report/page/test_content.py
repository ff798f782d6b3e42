"""What the page's script works on."""

import json

import charting
import numpy as np
import pandas as pd
import pytest
from page_content import column_of, wordless

from mcsim.report.charts import KINDS
from mcsim.report.page import content, rendered
from mcsim.report.page.content import content_of

FACTORS = {"c1": {"n": 10, "shape": "flat"}, "c2": {"n": 20, "shape": "<b>"}}


def made(tables, power=0.8):
    return content_of(tables, "mine", command=["mine.py"], power=power)


def tables():
    figures = [
        charting.figure(key, label, measure, 0.9, estimand=estimand)
        for key in FACTORS
        for label in ("B", "A")
        for estimand in ("(Intercept)", "x")
        for measure in ("coverage", "bias")
    ]
    return charting.tables(figures, factors=FACTORS, levels={"A": 0.95, "B": 0.9, "unused": 0.95})


def large():
    """100 conditions, 5 methods, 20 estimands and 6 measures: 60,000 figures, by arithmetic."""
    factors = {f"c{n}{size}": {"n": n, "size": size} for n in range(10) for size in range(10)}
    words = {
        "condition": list(factors),
        "method": [f"m{place}" for place in range(5)],
        "estimand": ["x", *(f"e{place}" for place in range(19))],
        "measure": ["bias", "coverage", "rejection", "rmse", "mse", "ci_width"],
    }
    frame = pd.MultiIndex.from_product(words.values(), names=words).to_frame(index=False)
    value = np.random.default_rng(1).uniform(0.8, 1.0, len(frame))
    numbers = {"mcse": 0.01, "lower": value - 0.0196, "upper": value + 0.0196, "n_used": 1000, "n_missing": 0}
    methods = dict.fromkeys(words["method"], 0.95)
    return charting.tables(factors=factors, levels=methods)._replace(figures=frame.assign(value=value, **numbers))


def test_it_is_json_and_the_same_tables_make_the_same_text() -> None:
    first, second = (json.dumps(made(tables()), allow_nan=False) for _ in range(2))
    assert first == second


def test_names_stand_in_the_order_of_the_study_and_only_if_they_occur() -> None:
    of = made(tables())
    assert (of["methods"], of["measures"]) == (["A", "B"], ["bias", "coverage"])
    assert of["estimands"] == ["(Intercept)", "x"]
    assert of["defaults"] == {"measure": "coverage", "estimand": "x"}
    assert of["factors"] == {"n": ["10", "20"], "shape": ["flat", "<b>"]}
    assert of["numeric"] == ["n"]


def test_without_coverage_the_first_measure_is_shown() -> None:
    only = tables()._replace(figures=tables().figures.query("measure == 'bias'"))
    assert made(only)["defaults"]["measure"] == "bias"


def test_charts_stand_in_the_order_of_the_command_line_each_with_what_is_picked_for_it() -> None:
    charts = {chart["kind"]: chart for chart in made(tables())["charts"]}
    assert list(charts) == [kind for kind in KINDS if kind != "missingness"]
    assert charts["lollipop"]["picks"] == ("estimand", "methods", "hold")
    assert charts["zip_plot"]["by"] == ("estimand", "condition")
    assert charts["zip_plot"]["picks"] == ("estimand", "condition", "methods")
    assert charts["performance"]["caption"] == f"A{KINDS['performance'][1:]}."


def test_the_table_of_a_large_study_is_replaced_by_its_means(monkeypatch) -> None:
    monkeypatch.setattr(content, "MOST_ROWS", 15)
    assert len(tables().figures) == 16
    of = made(tables())
    assert of["means"]
    assert [condition["key"] for condition in of["conditions"]] == ["n=10", "n=20", "shape=flat", "shape=<b>"]
    assert next(chart["picks"] for chart in of["charts"] if chart["kind"] == "performance") == (
        *("measure", "estimand", "methods"),
        "x",
    )
    assert {"nested_loop", "heat_map", "lollipop"} & {chart["kind"] for chart in of["charts"]} == set()


def test_a_large_study_stays_a_small_page() -> None:
    of = made(large())
    assert of["means"]
    assert set(column_of(of["figures"]["words"]["condition"], of["figures"]["length"])) == {
        f"{name}={level}" for name in ("n", "size") for level in range(10)
    }
    assert of["ready"]["zip_plot"] == {}
    page = rendered(wordless(), of)
    assert len(page.encode()) < 5e6


@pytest.mark.parametrize("power", [0.8, 0.9])
def test_the_power_to_reach_is_the_one_asked_for(power) -> None:
    one = charting.tables(charting.measured(FACTORS, ("A",), measure="rejection"), factors=FACTORS)
    assert made(one, power)["figures"]["words"]["reference"] == {"words": [power]}

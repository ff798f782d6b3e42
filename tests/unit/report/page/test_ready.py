"""Charts that are drawn up when the page is written."""

import charting
import numpy as np
import pandas as pd
import pytest
from page_content import rows_of

from mcsim.report.page import ready
from mcsim.report.page.ready import BY, Ready

FACTORS = {f"c{n}{size}": {"n": n, "size": size} for n in (10, 20, 40) for size in (5, 9)}
POWER = {10: 0.5, 20: 0.7, 40: 0.95}


def tables(replications=40, **more):
    """Two methods; coverage and rejection of x, and the estimates behind them."""
    figures = [
        charting.figure(key, label, measure, value + 0.001 * place, n_used=replications)
        for place, (key, levels) in enumerate(FACTORS.items())
        for label in ("A", "B")
        for measure, value in (("coverage", 0.9), ("rejection", POWER[levels["n"]]))
    ]
    rng = np.random.default_rng(1)
    reported = {(key, label): charting.reported(rng.normal(1, 0.1, replications)) for key in FACTORS for label in "AB"}
    given = {"factors": FACTORS, "estimates": reported, "replications": replications}
    return charting.tables(figures, **given | more)


@pytest.fixture(scope="module")
def drawings():
    return Ready(tables(), 0.8).drawings()


def test_there_is_a_drawing_for_every_choice_of_what_a_kind_depends_on(drawings) -> None:
    of_conditions = [f"x\n{key}" for key in FACTORS]
    assert {kind: list(of_kind) for kind, of_kind in drawings.items()} == {
        "power_curve": ["x"],
        "factor_effects": ["coverage\nx", "rejection\nx"],
        **dict.fromkeys(("zip_plot", "scatter", "estimates"), of_conditions),
    }
    assert set(drawings) == set(BY)


def test_a_drawing_is_of_its_choice_alone(drawings) -> None:
    drawn = drawings["zip_plot"]["x\nc405"]
    rows = rows_of(drawn["data"]["figures"])
    assert {row["panel"] for row in rows} == {"A", "B"}
    assert sum("rep" in row for row in rows) == 80
    assert "3 of" not in drawn["titles"]["chart"]


def test_every_drawing_names_a_specification_and_many_share_one() -> None:
    made = Ready(tables(), 0.8)
    drawn = [drawing for of_kind in made.drawings().values() for drawing in of_kind.values()]
    assert {drawing["template"] for drawing in drawn} == set(made.templates)
    assert len(made.templates) < len(drawn) / 3


def test_the_power_to_reach_is_the_one_asked_for() -> None:
    for power, said in ((0.8, "a power of 0.8"), (0.6, "a power of 0.6")):
        assert said in Ready(tables(), power).drawings()["power_curve"]["x"]["titles"]["note"]


def test_a_chart_that_cannot_be_drawn_says_why() -> None:
    no_effect = Ready(tables(truths={key: {"x": 0.0} for key in FACTORS}), 0.8).drawings()
    says = no_effect["power_curve"]["x"]["says"]
    assert says.startswith("This cannot be drawn: estimand: given 'x', whose truth is 0")
    assert says.endswith("none in this study.")
    unread = Ready(tables(estimates={}), 0.8).drawings()["estimates"]["x\nc105"]
    assert unread == {"says": "This cannot be drawn: no usable estimate of x."}


def test_where_what_is_picked_has_no_power_it_names_what_has() -> None:
    of_x = tables()
    of_z = of_x.figures.assign(estimand="z")
    both = of_x._replace(
        figures=pd.concat([of_x.figures, of_z], ignore_index=True),
        truths={key: {"x": 1.0, "z": 0.0} for key in FACTORS},
    )
    assert Ready(both, 0.8).drawings()["power_curve"]["z"]["says"].endswith("allowed: x.")


def test_of_too_many_conditions_single_replications_are_left_out(monkeypatch) -> None:
    monkeypatch.setattr(ready, "MOST_CELLS", len(FACTORS) - 1)
    drawings = Ready(tables(), 0.8).drawings()
    assert [kind for kind, of_kind in drawings.items() if of_kind] == ["power_curve", "factor_effects"]


def test_all_charts_of_a_kind_share_the_replications_that_a_page_has_room_for(monkeypatch) -> None:
    monkeypatch.setattr(ready, "_REPLICATIONS", 60)
    drawings = Ready(tables(), 0.8).drawings()["scatter"]
    assert {sum("rep" in row for row in rows_of(one["data"]["figures"])) for one in drawings.values()} == {10}


def test_missingness_is_of_the_whole_study() -> None:
    drawn = Ready(tables(), 0.8).missingness()
    assert drawn["titles"]["chart"] == "480 fits; none is missing"
    assert {row["status"] for row in rows_of(drawn["data"]["figures"]) if "status" in row} == {"ok"}

"""Which factor matters: what stands on the chart."""

import itertools

import numpy as np
import pytest
from charting import NAN, figure, svg, tables

from mcsim.errors import ParameterError
from mcsim.report.charts.factor_effects import FURTHER, NOISE, draw, what
from mcsim.report.charts.request import Request

FACTORS = {f"c{a}{b}{c}": {"a": a, "b": b, "c": c, "sigma2": 3.0} for a in (1, 2, 3) for b in (1, 2) for c in (1, 2)}


def rows(method: str = "REML", measure: str = "bias", **others: object):
    return [figure(key, method, measure, 0.1 * levels["a"], **others) for key, levels in FACTORS.items()]


def shares(drawing) -> dict[tuple[str, str], float]:
    return {(row["panel"], row["term"]): row["share"] for row in drawing.data["figures"]}


def test_a_factor_that_alone_matters_has_all_but_the_share_of_noise() -> None:
    of = what(tables(rows(), FACTORS), Request(measures=("bias",)))
    total, noise = 12 * 0.01 * 2 / 3, 0.01**2
    assert shares(of)["REML", "a"] == pytest.approx((total - 2 * noise) / total)
    assert shares(of)["REML", NOISE] == pytest.approx(11 * noise / total)
    assert shares(of)["REML", "b"] == 0


def test_terms_stand_in_the_order_of_their_shares_and_noise_is_last() -> None:
    of = what(tables(rows(), FACTORS), Request(measures=("bias",)))
    assert of.orders["term"] == ["a", "b", "c", NOISE], "interactions that are nowhere seen are not shown"
    assert [row["term"] for row in of.data["figures"] if row["noise"]] == [NOISE]


def test_a_proportion_is_split_by_its_deviance() -> None:
    of = what(tables([{**row, "value": 0.9} for row in rows(measure="coverage")], FACTORS), Request())
    assert shares(of)["REML", NOISE] == 1


def test_a_panel_is_a_method_and_an_estimand_where_there_are_several() -> None:
    both = rows() + rows("OLS") + rows(estimand="z")
    of = what(tables(both, FACTORS), Request(measures=("bias",), estimands=("x", "z")))
    assert of.orders["panel"] == ["REML, x", "OLS, x", "REML, z"]
    assert what(tables(both, FACTORS), Request(measures=("bias",))).orders["panel"] == ["REML", "OLS"]


def test_more_interactions_than_can_be_read_are_taken_together() -> None:
    names = "abcdef"
    grid = {
        "".join(map(str, levels)): dict(zip(names, levels, strict=True))
        for levels in itertools.product((0, 1), repeat=6)
    }
    rng = np.random.default_rng(0)
    given = [figure(key, "REML", "bias", rng.normal(), mcse=0.001) for key in grid]
    of = what(tables(given, grid), Request(measures=("bias",)))
    assert len([term for term in of.orders["term"] if term not in {FURTHER, NOISE}]) <= 13
    assert FURTHER in of.orders["term"]
    assert {*names} <= {*of.orders["term"]}, "every factor is shown"
    assert sum(shares(of).values()) == pytest.approx(1, abs=1e-3)


def test_names_of_many_factors_that_vary_together_are_cut_and_explained() -> None:
    grid = {key: {**levels, "d": levels["a"] + 1, "e": levels["a"] + 2} for key, levels in FACTORS.items()}
    of = what(tables(rows(), grid), Request(measures=("bias",)))
    assert of.orders["term"][0] == "a (+2)"
    assert "a (+2): a, d, e" in of.titles["note"]


def test_figures_without_monte_carlo_error_are_left_out() -> None:
    given = rows()
    given[0] |= {"value": 99.0, "mcse": NAN, "lower": NAN, "upper": NAN}
    of = what(tables(given, FACTORS), Request(measures=("bias",)))
    assert shares(of)["REML", "a"] > 0.9


def test_one_condition_is_refused() -> None:
    with pytest.raises(ParameterError, match="conditions: given one with bias of x; allowed: two or more"):
        what(tables(rows(), FACTORS), Request(measures=("bias",), where={"a": ("1",), "b": ("1",), "c": ("1",)}))


def test_it_is_drawn_with_the_names_as_they_are() -> None:
    picture = svg(draw(what(tables(rows("a<b & c"), FACTORS), Request(measures=("bias",)))))
    assert "a&lt;b &amp; c" in picture
    assert NOISE in picture

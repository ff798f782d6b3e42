"""Formulas with several terms of random effects."""

import pytest

from mcsim.errors import FormulaError
from mcsim.formula import parse_formula
from mcsim.methods.bars import factors_of, parse_bars


@pytest.mark.parametrize("text", ["y ~ x", "y ~ x * z + (1 + x || cluster)", "y ~ 1 + (1|g)"])
def test_one_bar_is_parsed_as_ever(text):
    assert parse_bars(text) == parse_formula(text)


@pytest.mark.parametrize(
    "text",
    [
        "y ~ x + (1 + x | a) + (1 | b)",
        "y ~ (1 + x | a) + x + (1 | b)",
        "y ~ (1 + x | a) + (1 | b) + x",
        "y~x+(x|a)+(1|b)",
    ],
)
def test_several_bars_stand_in_their_order_beside_the_fixed_part(text):
    formula = parse_bars(text)
    assert formula.fixed == parse_formula("y ~ x").fixed
    assert [(term.group, len(term.terms), term.correlated) for term in formula.random] == [
        ("a", 2, True),
        ("b", 1, True),
    ]
    assert formula.text == text
    assert formula.columns == ("y", "x")


def test_an_intercept_is_implied_where_only_bars_stand():
    assert [term.label for term in parse_bars("y ~ (1 | a) + (1 | b)").fixed] == ["(Intercept)"]


def test_a_slash_gives_a_term_for_each_level_with_the_same_effects():
    formula = parse_bars("y ~ x + (1 + x || school/class)")
    assert [term.group for term in formula.random] == ["school", "class:school"]
    assert [factors_of(term) for term in formula.random] == [("school",), ("class", "school")]
    assert all(not term.correlated and len(term.terms) == 2 for term in formula.random)
    assert [term.group for term in parse_bars("y ~ 1 + (1 | a/b/c)").random] == ["a", "b:a", "c:b:a"]


def test_a_colon_joins_two_factors():
    assert [term.group for term in parse_bars("y ~ 1 + (1 | b:a) + (1 | a)").random] == ["b:a", "a"]


@pytest.mark.parametrize(
    "text",
    [
        "y ~ x + (1 | a) + (1 | x)",
        "y ~ x + (1 | a/x)",
        "y ~ x + (1 | a) + (1 | y)",
        "y ~ x + (1 | a) + (1 | )",
        "y ~ x + (1 | a) + ( | b)",
        "y ~ x + (log(x) | a) + (1 | b)",
        "y ~ x + (1 | a) - (1 | b)",
        "y ~ x + (1 | a + b)",
        "x + (1 | a) + (1 | b)",
    ],
)
def test_what_is_outside_the_grammar_is_refused(text):
    with pytest.raises(FormulaError):
        parse_bars(text)

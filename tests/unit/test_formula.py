"""What a formula means, and what is said of one that means nothing."""

import pytest
from hypothesis import given, settings, strategies as st

from mcsim.errors import FormulaError
from mcsim.formula import (
    MAX_TERMS,
    Formula,
    RandomTerm,
    Term,
    covariance_estimands,
    covariance_names,
    parse_formula,
    require_mixed,
)


def fixed(text):
    return [term.label for term in parse_formula(text).fixed]


def bar(text):
    (random,) = parse_formula(text).random
    return [term.label for term in random.terms], random.group, random.correlated


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("y ~ 1", ["(Intercept)"]),
        ("y ~ x", ["(Intercept)", "x"]),
        ("y~x+z", ["(Intercept)", "x", "z"]),
        ("y ~ 0 + x", ["x"]),
        ("y ~ x - 1", ["x"]),
        ("y ~ x + 0", ["x"]),
        ("y ~ -1 + x", ["x"]),
        ("y ~ 0 + x + 1", ["(Intercept)", "x"]),
        ("y ~ x - 0", ["(Intercept)", "x"]),
        ("y ~ x + x + x:x", ["(Intercept)", "x"]),
        ("y ~ x:z", ["(Intercept)", "x:z"]),
        ("y ~ x * z", ["(Intercept)", "x", "z", "x:z"]),
        ("y ~ x * z - x", ["(Intercept)", "z", "x:z"]),
        ("y ~ x / z", ["(Intercept)", "x", "x:z"]),
        ("y ~ a / b / c", ["(Intercept)", "a", "a:b", "a:b:c"]),
        ("y ~ (a + b) / c", ["(Intercept)", "a", "b", "a:b:c"]),
        ("y ~ (a + b):c", ["(Intercept)", "a:c", "b:c"]),
        ("y ~ a * b * c - a:b:c", ["(Intercept)", "a", "b", "c", "a:b", "a:c", "b:c"]),
        ("y ~ x - (x + 1) + z", ["z"]),
        ("y ~ x.1 + _z + größe", ["(Intercept)", "x.1", "_z", "größe"]),
        ("y ~ x\n  + z", ["(Intercept)", "x", "z"]),
    ],
)
def test_the_fixed_part_means_what_it_means_in_r(text, labels):
    assert fixed(text) == labels


def test_main_effects_come_before_products_whatever_the_order_they_are_written_in():
    assert fixed("y ~ x:z + w:x:z + x + z") == ["(Intercept)", "x", "z", "x:z", "x:z:w"]


def test_names_in_a_product_stand_in_order_of_first_appearance():
    assert fixed("y ~ x + z + z:x") == ["(Intercept)", "x", "z", "x:z"]
    assert fixed("y ~ z:x + x") == ["(Intercept)", "x", "z:x"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("y ~ (1 | g)", (["(Intercept)"], "g", True)),
        ("y ~ x + (x | g)", (["(Intercept)", "x"], "g", True)),
        ("y ~ x + (1 + x | g)", (["(Intercept)", "x"], "g", True)),
        ("y ~ x + (0 + x | g)", (["x"], "g", True)),
        ("y ~ x + (x - 1 | g)", (["x"], "g", True)),
        ("y ~ x + (x || g)", (["(Intercept)", "x"], "g", False)),
        ("y ~ x + (x * z | g)", (["(Intercept)", "x", "z", "x:z"], "g", True)),
        ("y ~ x + z:x + (z + z:x | g)", (["(Intercept)", "z", "z:x"], "g", True)),
        ("y ~ (1 + x | g) + x", (["(Intercept)", "x"], "g", True)),
        ("y ~ x + ((1 | g))", (["(Intercept)"], "g", True)),
    ],
)
def test_a_bar_gives_random_effects(text, expected):
    assert bar(text) == expected


def test_a_bar_does_not_change_the_order_of_names_in_the_fixed_part():
    assert fixed("y ~ (1 + z + x | g) + x * z") == ["(Intercept)", "x", "z", "x:z"]


def test_columns_are_the_response_and_every_predictor_once():
    formula = parse_formula("y ~ x * z + (1 + x + w | g)")
    assert formula.columns == ("y", "x", "z", "w")
    assert formula.groups == ("g",)


def test_the_fixed_part_needs_neither_the_group_nor_random_predictors():
    formula = parse_formula("y ~ x + (1 + w | g)").fixed_part
    assert formula == parse_formula("y ~ x")
    assert formula.columns == ("y", "x")
    assert formula.groups == ()


def test_formulas_are_equal_when_their_terms_are():
    assert parse_formula("y ~ x*z") == parse_formula("y ~ 1 + x + z + x:z")
    assert parse_formula("y ~ x") != parse_formula("y ~ 0 + x")


def test_the_same_text_is_parsed_once():
    assert parse_formula("y ~ x + (1 | once)") is parse_formula("y ~ x + (1 | once)")


def test_covariances_are_named_in_lme4s_order():
    (random,) = parse_formula("y ~ (1 + x + z | g)").random
    one, x, z = "(Intercept)", "x", "z"
    assert covariance_names(random) == [(one, one), (x, one), (z, one), (x, x), (z, x), (z, z)]
    assert covariance_estimands(random)[:4] == (
        "var_(Intercept)|g",
        "cov_x.(Intercept)|g",
        "cov_z.(Intercept)|g",
        "var_x|g",
    )


def test_uncorrelated_effects_have_variances_only():
    (random,) = parse_formula("y ~ (1 + x || g)").random
    assert covariance_estimands(random) == ("var_(Intercept)|g", "var_x|g")


@pytest.mark.parametrize(
    ("text", "said", "place"),
    [
        ("", "the formula is empty", 0),
        ("y", "no ~", 1),
        ("~ x", "the response must be the name of a column: found '~'", 0),
        ("1 ~ x", "the response must be the name of a column: found '1'", 0),
        ("y + w ~ x", "the response must be one name", 2),
        ("y ~", "a term must be the name of a column: found the end", 3),
        ("y ~ x +", "a term must be the name of a column: found the end", 7),
        ("y ~ x ~ z", "expected an operator or the end: found '~'", 6),
        ("y ~ x z", "expected an operator or the end: found 'z'", 6),
        ("y ~ x)", "expected an operator or the end: found ')'", 5),
        ("y ~ (x + z", "closing parenthesis: found the end", 10),
        ("y ~ x + * z", "a term must be the name of a column: found '*'", 8),
        ("y ~ x^2", "found '^'", 5),
        ("y ~ `x`", "found '`'", 4),
        ("y ~ log(x)", "function calls are not supported: log(...)", 4),
        ("log(y) ~ x", "function calls are not supported: log(...)", 0),
        ("y ~ 2 * x", "the only numbers are 0 (no intercept) and 1 (intercept): found 2", 4),
        ("y ~ 1:x", "0 and 1 can be added and removed, not multiplied", 6),
        ("y ~ 0", "no fixed effect", 0),
        ("y ~ 0 + (1 | g)", "no fixed effect", 0),
        ("y ~ x - x - 1", "no fixed effect", 0),
        ("y ~ x + y", "the response y is used as a predictor", 8),
        ("y ~ x + (y | g)", "the response y is used as a predictor", 9),
        ("y ~ x + (1 | y)", "the response y is used as a grouping factor", 0),
        ("y ~ g + (1 | g)", "g is used as a predictor and as a grouping factor", 4),
        ("y ~ x + (1 + g | g)", "g is used as a predictor and as a grouping factor", 13),
        ("y ~ x | g", "a bar stands in parentheses: write + (terms | group)", 6),
        ("y ~ 1 + x || g", "a bar stands in parentheses: write + (terms || group)", 10),
        ("y ~ x + (| g)", "no terms to its left", 9),
        ("y ~ x + (0 | g)", "no term left of it", 8),
        ("y ~ x + (1 | )", "the grouping factor must be the name of a column: found ')'", 13),
        ("y ~ x + (1 | 1)", "the grouping factor must be the name of a column: found '1'", 13),
        ("y ~ x + (1 | school/room)", "a bar takes one grouping factor", 19),
        ("y ~ x + (1 | school:room)", "a bar takes one grouping factor", 19),
        ("y ~ x + (1 | g) + (1 | h)", "two terms of random effects, of g and h", 18),
        ("y ~ x + (1 | g) + (0 + x | g)", "write (terms | group), or (terms || group)", 18),
        ("y ~ ((1 | g) | h)", "a bar within a bar", 4),
        ("y ~ x * (1 | g)", "can only be added", 8),
        ("y ~ (1 | g) * x", "can only be added", 14),
        ("y ~ (x + (1 | g)) / z", "can only be added", 20),
        ("y ~ x - (1 | g)", "can only be added", 8),
        ("y ~ x(1 | g)", "function calls", 4),
        ("y ~ x (1 | g)", "expected an operator", 6),
    ],
)
def test_a_bad_formula_is_refused_with_the_place_and_what_is_allowed(text, said, place):
    with pytest.raises(FormulaError) as raised:
        parse_formula(text)
    what, shown, caret, allowed = str(raised.value).split("\n")
    assert said in what
    assert shown == "  " + text
    assert caret == "  " + " " * place + "^"
    assert allowed.startswith("allowed: response ~ terms + (terms | group)")


@pytest.mark.parametrize("given_value", [None, 3, b"y ~ x", ["y ~ x"]])
def test_something_else_than_a_string_is_refused(given_value):
    with pytest.raises(FormulaError, match="a formula is a string: given"):
        parse_formula(given_value)


def test_a_mixed_model_needs_a_bar():
    with pytest.raises(FormulaError, match=r"needs random effects, such as \+ \(1 \| cluster\)"):
        require_mixed(parse_formula("y ~ x"))
    mixed = parse_formula("y ~ x + (1 | g)")
    assert require_mixed(mixed) is mixed


def test_of_a_long_formula_the_surroundings_of_the_place_are_shown():
    with pytest.raises(FormulaError) as raised:
        parse_formula("y ~ " + "x + " * 100 + ")" + " + x" * 100)
    _, shown, caret, _ = str(raised.value).split("\n")
    assert len(shown) < 120
    assert shown[caret.index("^")] == ")"


@pytest.mark.parametrize(
    "text",
    [
        "y ~ " + "(" * 5_000 + "x",
        "y ~ " + "(" * 5_000 + "x" + ")" * 4_999,
        "y ~ " + "(" * 100_000,
        "y ~ " + " * ".join(f"x{i}" for i in range(30)),
        "y ~ " + " + ".join(f"x{i}" for i in range(MAX_TERMS + 1)),
        "y ~ " + "/".join("(" + " + ".join(f"x{i}_{j}" for i in range(40)) + ")" for j in range(40)),
    ],
)
def test_what_would_nest_or_grow_without_bounds_is_refused(text):
    with pytest.raises(FormulaError, match=r"nested deeper|more than 1000 terms|longer than"):
        parse_formula(text)


@given(st.text(max_size=60) | st.text(alphabet="xyg01 +-*:/|()~.", max_size=60).map("y ~ x + ".__add__))
@settings(max_examples=500, deadline=None)
def test_any_text_gives_a_formula_or_a_formula_error(text):
    try:
        formula = parse_formula(text)
    except FormulaError as error:
        str(error).encode()
    else:
        assert formula.fixed


NAMES = ["a", "b.c", "d_1", "x", "z"]


@st.composite
def terms(draw):
    """Terms in R's order, the intercept first, names in order of first appearance."""
    mains = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1))
    pairs = [(one, other) for i, one in enumerate(mains) for other in mains[i + 1 :]]
    products = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    intercept = [Term()] if draw(st.booleans()) else []
    return (*intercept, *(Term((name,)) for name in mains), *(Term(product) for product in products))


def written(some):
    intercept = "1" if Term() in some else "0"
    return " + ".join([intercept, *(term.label for term in some if term.names)])


@given(terms(), terms(), st.booleans())
def test_what_is_written_out_term_by_term_comes_back(some, others, correlated):
    text = f"y ~ {written(some)} + ({written(others)} {'|' if correlated else '||'} g)"
    assert parse_formula(text) == Formula(text, "y", some, (RandomTerm(others, "g", correlated),))

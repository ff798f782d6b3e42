"""What the fixed part of a formula means, and what is said of a formula that means nothing."""

import pytest
from hypothesis import given, settings, strategies as st

from mcsim.errors import FormulaError
from mcsim.formula import MAX_TERMS, parse_formula


def fixed(text):
    return [term.label for term in parse_formula(text).fixed]


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


def test_a_bar_does_not_change_the_order_of_names_in_the_fixed_part():
    assert fixed("y ~ (1 + z + x | g) + x * z") == ["(Intercept)", "x", "z", "x:z"]


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
        ("y ~ x + (1 | a + b)", "write a bar for each, (terms | a) + (terms | b)", 15),
        ("y ~ x + (1 | a * b)", "grouping factors have : or / between them", 15),
        ("y ~ x + (1 | (a/b))", "the grouping factor must be the name of a column: found '('", 13),
        ("y ~ x + (1 | a/)", "the grouping factor must be the name of a column: found ')'", 15),
        ("y ~ x + (1 | a:)", "the grouping factor must be the name of a column: found ')'", 15),
        ("y ~ x + (1 | a/1)", "the grouping factor must be the name of a column: found '1'", 15),
        ("y ~ x + (1 | a:a)", "a is there twice in one grouping factor", 15),
        ("y ~ x + (1 | a/b/a)", "a is there twice in one grouping factor", 17),
        ("y ~ x + (1 | a | b)", "expected an operator or a closing parenthesis: found '|'", 15),
        ("y ~ x + (1 | a/b) + (1 | a:b)", "b:a and a:b are the same groups: write b:a both times", 20),
        ("y ~ x + (1 | g) + (x | g)", "the random effect (Intercept) of g is there twice: a bar has an intercept", 18),
        ("y ~ x + (x || g) + (0 + x | g)", "the random effect x of g is there twice", 19),
        ("y ~ (0 + a:b | g) + (0 + b:a | g)", "the random effect b:a of g is there twice", 20),
        ("y ~ x + (1 | a/b) + (1 | a)", "the random effect (Intercept) of a is there twice", 20),
        ("y ~ b + (1 | a/b)", "b is used as a predictor and as a grouping factor", 4),
        ("y ~ x + (1 | a) + (a | b)", "a is used as a predictor and as a grouping factor", 19),
        ("y ~ x + (1 | a:y)", "the response y is used as a grouping factor", 0),
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
        "y ~ 1" + "".join(f" + (1 | g{i})" for i in range(MAX_TERMS)),
        "y ~ 1" + "".join(f" + (1 | {i}_/a/b/c/d)" for i in range(300)).replace("| ", "| g"),
        "y ~ (1 | " + "/".join(f"g{i}" for i in range(2_000)) + ")",
        "y ~ (1 | " + ":".join(f"g{i}" for i in range(2_000)) + ")",
        "y ~ " + "/".join("(" + " + ".join(f"x{i}_{j}" for i in range(40)) + ")" for j in range(40)),
    ],
)
def test_what_would_nest_or_grow_without_bounds_is_refused(text):
    with pytest.raises(FormulaError, match=r"nested deeper|more than 1000 (terms|random effects)|longer than"):
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

"""Which columns a formula may name though the data do not have them, and what is said of those it may not."""

import pytest

from mcsim.centring import Centred, absence, centred_columns, constant_terms, label_columns, with_clusters
from mcsim.formula import parse_formula

GIVEN = ("y", "x", "w", "cluster", "school", "classroom")


def made(text, given=GIVEN):
    return centred_columns(parse_formula(text), given)


@pytest.mark.parametrize("kind", ["within", "between", "mean", "centred"])
def test_a_name_ends_in_what_it_is(kind):
    assert made(f"y ~ x_{kind} + (1 | cluster)") == (Centred(f"x_{kind}", "x", kind, ""),)


def test_columns_that_are_there_are_taken_as_they_are():
    assert made("y ~ x + x_within + (1 | cluster)", (*GIVEN, "x_within")) == ()


def test_predictors_of_random_effects_products_and_the_response_are_made_too():
    found = made("y_within ~ x_within:w_between + (1 + x_centred | cluster)")
    assert [column.name for column in found] == ["y_within", "x_within", "w_between", "x_centred"]


@pytest.mark.parametrize(
    ("name", "column", "kind", "group"),
    [
        ("x_between_school", "x", "between", "school"),
        ("x_within_classroom", "x", "within", "classroom:school"),
        ("x_mean_school", "x", "mean", "school"),
    ],
)
def test_a_name_may_end_in_a_grouping_factor(name, column, kind, group):
    assert made(f"y ~ {name} + (1 | school/classroom)") == (Centred(name, column, kind, group),)


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ x_between_school + (1 | cluster)",  # no grouping factor of the formula
        "y ~ x_centred_cluster + (1 | cluster)",  # over all rows, whatever the clusters
        "y ~ x_between_school + (1 | school:classroom)",  # the clusters are not the schools
        "y ~ _within + (1 | cluster)",
        "y ~ cluster_mean + (1 | cluster)",
        "y ~ v_within + (1 | cluster)",
        "y ~ x_within_within + (1 | cluster)",
        "y ~ x + (1 | x_mean)",
    ],
)
def test_nothing_else_is_made(formula):
    assert made(formula) == ()


def test_the_clusters_of_a_method_count_where_the_formula_has_no_random_effects():
    assert with_clusters(parse_formula("y ~ x"), "g").groups == ("g",)
    nested = parse_formula("y ~ x + (1 | school/classroom)")
    assert with_clusters(nested, "g") is nested


def test_labels_are_needed_for_the_means_of_clusters_alone():
    assert label_columns(parse_formula("y ~ x_within + (1 | school/classroom)"), GIVEN) == ("school", "classroom")
    assert label_columns(parse_formula("y ~ x_centred + (1 | cluster)"), GIVEN) == ()


def test_means_of_clusters_are_constant_within_them():
    formula = parse_formula("y ~ x_within + x_between + w + x:w + x_between:w + (1 | cluster)")
    assert constant_terms(formula, GIVEN, ["w"]) == ["(Intercept)", "x_between", "w", "x_between:w"]


@pytest.mark.parametrize(
    ("text", "name", "source", "meant"),
    [
        ("y ~ v_within + (1 | cluster)", "v_within", ", which is made from v", ""),
        ("y ~ schol_mean", "schol_mean", ", which is made from schol", "; did you mean school?"),
        ("y ~ x_withn", "x_withn", "", "; did you mean x_within?"),
        ("y ~ x_centered", "x_centered", "", "; did you mean x_centred?"),
        ("y ~ cluster_mean + (1 | cluster)", "cluster_mean", ", which is made from the grouping factor cluster", ""),
        ("y ~ x + (1 | cluster_mean)", "cluster_mean", "", "; did you mean cluster?"),
    ],
)
def test_a_column_that_cannot_be_made_is_explained(text, name, source, meant):
    assert absence(name, parse_formula(text), GIVEN) == (source, meant)

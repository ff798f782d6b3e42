"""Levels of factors in order, and which factor goes where."""

from mcsim.report.charts.levels import arrange, level_texts, levels_of


def grid(**levels):
    """A full factorial of two factors or more."""
    conditions = [{}]
    for name, values in levels.items():
        conditions = [{**condition, name: value} for condition in conditions for value in values]
    return {f"c{number}": condition for number, condition in enumerate(conditions)}


def test_numbers_come_first_in_order_then_words_as_they_appear() -> None:
    assert level_texts([50, "normal", 5, None, "skewed", 10.0]) == {
        5: "5",
        10.0: "10",
        50: "50",
        "normal": "normal",
        None: "-",
        "skewed": "skewed",
    }


def test_a_text_is_as_short_as_tells_levels_apart() -> None:
    assert list(level_texts([0.5 / 9, 0.125]).values()) == ["0.0556", "0.125"]
    assert list(level_texts([0.12341, 0.12342]).values()) == ["0.12341", "0.12342"]
    assert list(level_texts([0.1 + 0.2, 0.3]).values()) == ["0.3", "0.30000000000000004"]


def test_a_large_number_keeps_every_digit_before_its_point() -> None:
    assert list(level_texts([1000.0, 1234.0, 1234.56, 0.00012]).values()) == ["0.00012", "1000", "1234", "1235"]


def test_true_and_false_are_words_not_numbers() -> None:
    assert list(level_texts([True, 3])) == [3, True]


def test_the_number_with_the_most_levels_goes_on_the_axis_and_the_next_ones_into_panels() -> None:
    layout = arrange(grid(shape=["a", "b", "c", "d"], size=[10, 50], n=[5, 10, 20]))
    assert (layout.x, layout.column, layout.row, layout.rest) == ("n", "shape", "size", ())


def test_factors_stand_where_they_are_asked_for() -> None:
    layout = arrange(grid(size=[10, 50], n=[5, 10, 20], tau2=[1, 2]), x="tau2", row="n")
    assert (layout.x, layout.row, layout.column) == ("tau2", "n", "size")


def test_a_factor_that_others_determine_needs_no_place() -> None:
    factors = {key: {**values, "slope": values["tau2"] / 2} for key, values in grid(n=[5, 10], tau2=[1, 2]).items()}
    layout = arrange(factors)
    assert (layout.x, layout.column, layout.row, layout.rest) == ("n", "tau2", None, ())


def test_what_has_no_place_left_is_the_rest() -> None:
    layout = arrange(grid(a=[1, 2], b=[1, 2], c=[1, 2], d=[1, 2]))
    assert layout.rest == ("d",)


def test_one_condition_leaves_nothing_to_place() -> None:
    layout = arrange(grid(n=[5], size=[10]))
    assert (layout.x, layout.row, layout.column, layout.rest) == (None, None, None, ())


def test_a_factor_that_is_asked_for_has_its_levels_though_it_does_not_vary() -> None:
    assert arrange(grid(n=[5], size=[1, 2]), x="n").levels["n"] == {5: "5"}


def test_a_factor_absent_from_some_conditions_is_a_level_of_its_own() -> None:
    layout = arrange({"a": {"n": 5}, "b": {"n": 5, "slope": 1.0}, "c": {"n": 5, "slope": None}})
    assert layout.levels["slope"] == {1.0: "1", None: "-"}


def test_levels_are_of_every_factor_or_of_those_named() -> None:
    factors = {"a": {"n": 10, "s": None}, "b": {"n": 5}}
    assert levels_of(factors) == {"n": {5: "5", 10: "10"}, "s": {None: "-"}}
    assert list(levels_of(factors, ["s"])) == ["s"]

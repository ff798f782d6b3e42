"""What stands where in a table for a paper."""

import math
from itertools import product

import pandas as pd

from mcsim.report.paper_table import WIDTH, PaperTable, paper_table

NAN = math.nan
COLUMNS = ["condition", "method", "estimand", "measure", "value", "mcse", "lower", "upper", "n_used", "n_missing"]
FIGURES = {
    "bias": (-0.0123, 0.0051, NAN, NAN),
    "coverage": (0.9482, 0.0071, NAN, NAN),
    "singular": (0.0, NAN, 0.0, 0.0038),
}
FACTORS = {"c1": {"n_clusters": 10, "tau2": 0.5, "sigma2": 1.0}, "c2": {"n_clusters": 20, "tau2": 0.5, "sigma2": 1.0}}


def frame(methods=("REML", "OLS"), estimands=("x",), conditions=("c1", "c2"), n_missing=0) -> pd.DataFrame:
    """Every figure of every method, estimand and condition."""
    rows = [
        [condition, method, estimand, measure, *figures, 1000 - n_missing, n_missing]
        for condition, method, estimand, (measure, figures) in product(conditions, methods, estimands, FIGURES.items())
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def heads(table: PaperTable) -> list[tuple[str, str]]:
    return [(column.group, column.label) for column in table.columns]


def test_conditions_are_rows_and_methods_groups_of_columns() -> None:
    table = paper_table(frame(), FACTORS, measures=["bias", "coverage"])
    figures = [("REML", "Bias"), ("REML", "Coverage"), ("OLS", "Bias"), ("OLS", "Coverage")]
    assert heads(table) == [("", "n_clusters"), *figures]
    assert table.rows[0] == ("10", "-0.012 (0.005)", ".948 (.007)", "-0.012 (0.005)", ".948 (.007)")
    assert [row[0] for row in table.rows] == ["10", "20"]


def test_the_caption_names_measures_factors_and_a_single_estimand_and_method() -> None:
    assert (
        paper_table(frame(), FACTORS, measures=["bias", "coverage"]).caption == "Bias and coverage of x by n_clusters"
    )
    table = paper_table(frame(["REML"], ["x", "z"]), FACTORS, measures=["bias", "coverage", "singular"])
    assert table.caption == "Bias, coverage and singular (REML) by n_clusters"
    assert paper_table(frame(["REML"], conditions=["c1"]), FACTORS, measures=["bias"]).caption == "Bias of x (REML)"


def test_a_single_method_needs_no_heading_and_several_estimands_a_column() -> None:
    table = paper_table(frame(["REML"], ["x", "z"]), FACTORS, measures=["bias"])
    assert heads(table) == [("", "n_clusters"), ("", "Estimand"), ("", "Bias")]
    assert [row[:2] for row in table.rows] == [("10", "x"), ("10", "z"), ("20", "x"), ("20", "z")]


def test_more_methods_than_fit_a_page_stand_in_rows() -> None:
    methods = [f"method {number}" for number in range(17)]
    table = paper_table(frame(methods), FACTORS, measures=["bias", "coverage"])
    assert heads(table) == [("", "n_clusters"), ("", "Method"), ("", "Bias"), ("", "Coverage")]
    assert len(table.rows) == 2 * 17
    longest = [max(len(text) for text in column) for column in zip(*table.rows, strict=True)]
    assert sum(longest) + 3 * 4 <= WIDTH


def test_what_the_row_above_says_is_left_out_but_never_what_tells_two_rows_apart() -> None:
    table = paper_table(frame(["REML"], ["x", "z"]), FACTORS, measures=["bias"])
    assert [row[:2] for row in table.sparse()] == [["10", "x"], ["", "z"], ["20", "x"], ["", "z"]]


def test_what_a_method_does_not_report_is_a_dash_and_a_note_says_so() -> None:
    whole = frame(estimands=["x", "var_residual"])
    part = whole[(whole["method"] == "REML") | (whole["estimand"] == "x")]
    table = paper_table(part, FACTORS, measures=["bias"])
    assert table.rows[1] == ("10", "var_residual", "-0.012 (0.005)", "-")
    assert any("A dash stands for" in note for note in table.notes)


def test_a_factor_that_follows_from_others_is_named_below_and_has_no_column() -> None:
    factors = {key: {**values, "slope_variance": values["n_clusters"] / 30} for key, values in FACTORS.items()}
    table = paper_table(frame(), factors, measures=["bias"])
    assert heads(table)[0] == ("", "n_clusters")
    assert "slope_variance follows from the factors shown." in table.notes


def test_levels_are_as_short_as_tells_them_apart_and_an_absent_one_is_a_dash() -> None:
    factors = {"c1": {"tau2": 0.5 * 0.1 / 0.9}, "c2": {"tau2": None}}
    assert [row[0] for row in paper_table(frame(), factors, measures=["bias"]).rows] == ["0.0556", "-"]


def test_the_notes_say_what_parentheses_and_brackets_are_and_how_many_replications() -> None:
    notes = paper_table(frame(), FACTORS, measures=["bias", "singular"]).notes
    assert notes[0] == "Monte Carlo standard errors are in parentheses; 1,000 replications per condition."
    assert any(note.startswith("Brackets hold 95% score intervals") for note in notes)
    assert len(notes) == 2


def test_conditions_with_fewer_replications_are_not_hidden() -> None:
    partial = frame()
    partial.loc[partial["condition"] == "c2", "n_used"] = 60
    assert "60 to 1,000 replications per condition" in paper_table(partial, FACTORS, measures=["bias"]).notes[0]


def test_the_largest_share_missing_is_stated_where_there_is_any() -> None:
    table = frame()
    assert not any("lack" in note for note in paper_table(table, FACTORS, measures=["bias"]).notes)
    of_ols = (table["method"] == "OLS") & (table["condition"] == "c2")
    table.loc[of_ols, ["n_used", "n_missing"]] = [968, 32]
    notes = paper_table(table, FACTORS, measures=["bias"]).notes
    assert "Of x by OLS, up to 3.2% of the replications lack a figure." in notes


def test_by_status_has_a_row_for_each_status_and_the_number_of_fits() -> None:
    parts = [frame(["REML"]).assign(status="all"), frame(["REML"]).assign(status="singular", n_used=17)]
    table = paper_table(pd.concat(parts), FACTORS, measures=["bias"])
    assert heads(table) == [("", "n_clusters"), ("", "Fits"), ("", "n"), ("", "Bias")]
    assert [row[1:3] for row in table.rows[:2]] == [("all", "1,000"), ("singular", "17")]


def test_conditions_that_no_factor_tells_apart_are_kept_apart() -> None:
    assert len(paper_table(frame(), {}, measures=["bias"]).rows) == 2


def test_no_figures_are_a_table_without_rows() -> None:
    assert paper_table(frame().iloc[:0], FACTORS, measures=["bias"]).rows == ()


def test_rows_are_sorted_by_the_levels_in_their_columns() -> None:
    factors = {"c1": {"n": 20, "tau2": 0.5}, "c2": {"n": 10, "tau2": 0.5}, "c3": {"n": 20, "tau2": 0.1}}
    table = paper_table(frame(["REML"], conditions=("c1", "c2", "c3")), factors, measures=["bias"])
    assert [row[:2] for row in table.rows] == [("10", "0.5"), ("20", "0.1"), ("20", "0.5")]

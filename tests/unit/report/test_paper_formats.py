"""A table for a paper as LaTeX, HTML, Markdown and CSV."""

import csv
import io
import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from markdown_it import MarkdownIt

from mcsim.report.paper_formats import PAGE, formatted
from mcsim.report.paper_table import Column, PaperTable

WEIRD = "& % $ # _ { } ~ ^ \\ < > | \" ' ` *a* <b>"
TABLE = PaperTable(
    columns=(
        Column("", "n_clusters", "level"),
        Column("", WEIRD, "name"),
        Column("REML", "Bias", "figure"),
        Column("REML", "Coverage", "figure"),
        Column(WEIRD, "Bias", "figure"),
        Column(WEIRD, "Coverage", "figure"),
    ),
    rows=(
        ("10", "normal", "-0.012 (0.005)", ".948 (.007)", "-", "1 [.9962, 1]"),
        ("10", WEIRD, "0.200 (0.013)", ".950 (.007)", "-0.5 (0.1)", ".9 (.1)"),
    ),
    caption="Bias & coverage of x_1",
    notes=("Standard errors (MCSE) are in parentheses.", f"Of {WEIRD}, 5% lack a figure."),
)
PLAIN = TABLE._replace(columns=(*TABLE.columns[:2], *(column._replace(group="") for column in TABLE.columns[2:])))


class Cells(HTMLParser):
    """The texts and attributes of every cell of a page, row by row."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inside = False
        self.rows: list[list[tuple[str, dict[str, str | None], str]]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append((tag, dict(attrs), ""))
        self.inside = tag in {"td", "th"}

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            tag, attrs, text = self.rows[-1][-1]
            self.rows[-1][-1] = (tag, attrs, text + data)


def test_latex_has_booktabs_rules_spanning_headings_and_a_rule_below_each() -> None:
    text = formatted(TABLE, "latex")
    assert text.startswith("% needs \\usepackage{booktabs}\n\\begin{table}")
    assert [rule for rule in (r"\toprule", r"\midrule", r"\bottomrule") if rule in text] == [
        r"\toprule",
        r"\midrule",
        r"\bottomrule",
    ]
    assert r"\cmidrule(lr){3-4}\cmidrule(lr){5-6} \multicolumn{1}{c}{n\_clusters} & " in text
    assert r" & \multicolumn{2}{c}{REML} & \multicolumn{2}{c}{\& \%" in text
    assert text.index(r"\bottomrule") < text.index(r"\emph{Note.} Standard errors") < text.index(r"\end{table}")


def test_every_row_of_latex_has_as_many_cells() -> None:
    body = formatted(TABLE, "latex").split(r"\midrule")[1].split(r"\bottomrule")[0]
    rows = [row for row in body.split("\\\\\n") if row.strip()]
    assert [len(re.split(r"(?<!\\)&", row)) for row in rows] == [6, 6]
    assert "$-$0.012 (0.005)" in rows[0]
    assert rows[1].startswith(" & ")  # the same number of clusters as above


def test_a_latex_table_of_more_than_a_page_runs_over_several() -> None:
    text = formatted(TABLE._replace(rows=TABLE.rows[:1] * (PAGE + 1)), "latex")
    assert "and \\usepackage{longtable}" in text
    assert text.count(r"\cmidrule(lr){3-4}") == 2  # the heading is repeated
    assert text.index(r"\end{longtable}") < text.index(r"\emph{Note.}")


def test_html_is_a_page_with_two_rows_of_headings_that_say_what_they_head() -> None:
    page = formatted(TABLE, "html")
    assert page.startswith("<!DOCTYPE html>")
    assert page.endswith("</html>")
    above, below, first, second = Cells(page).rows
    assert [(text, attrs.get("scope"), attrs.get("colspan")) for _, attrs, text in above] == [
        ("", None, "2"),
        ("REML", "colgroup", "2"),
        (WEIRD, "colgroup", "2"),
    ]
    assert [attrs.get("scope") for _, attrs, _ in below] == ["col"] * 6
    assert [text for _, _, text in first] == ["10", "normal", "−0.012 (0.005)", ".948 (.007)", "–", "1 [.9962, 1]"]
    assert [(tag, attrs.get("scope")) for tag, attrs, _ in first] == [("th", "row")] * 2 + [("td", None)] * 4
    assert [(tag, text) for tag, _, text in second][:2] == [("td", ""), ("th", WEIRD)]


def test_html_without_spanning_headings_has_one_row_of_them() -> None:
    assert [text for _, _, text in Cells(formatted(PLAIN, "html")).rows[0]][2:4] == ["Bias", "Coverage"]


def test_markdown_names_the_method_before_each_measure_and_survives_its_own_syntax() -> None:
    text = formatted(TABLE, "markdown")
    page = MarkdownIt("commonmark").enable("table").render(text)
    assert "<em>Bias &amp; coverage of x_1</em>" in page
    rows = Cells(page).rows
    assert [text for _, _, text in rows[0]] == [
        "n_clusters",
        WEIRD,
        "REML: Bias",
        "REML: Coverage",
        f"{WEIRD}: Bias",
        f"{WEIRD}: Coverage",
    ]
    assert [text for _, _, text in rows[2]] == ["", WEIRD, "0.200 (0.013)", ".950 (.007)", "−0.5 (0.1)", ".9 (.1)"]
    assert "<em>Note.</em>" in page


def test_csv_has_the_cells_as_text_and_leaves_none_blank() -> None:
    rows = list(csv.reader(io.StringIO(formatted(TABLE, "csv"))))
    assert rows[0][2:4] == ["REML: Bias", "REML: Coverage"]
    assert rows[1:] == [list(row) for row in TABLE.rows]
    assert pd.read_csv(io.StringIO(formatted(TABLE, "csv"))).shape == (2, 6)


@pytest.mark.parametrize("format_", ["markdown", "latex", "html", "csv"])
def test_a_table_without_rows_is_still_one(format_: str) -> None:
    assert "Bias" in formatted(TABLE._replace(rows=()), format_)

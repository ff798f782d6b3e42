"""The performance table in a notebook."""

import math
import pickle
import re

import pandas as pd
import pytest

from mcsim.markup import ROWS
from mcsim.performance.table import PerformanceTable

COLUMNS = ["condition", "method", "estimand", "measure", "value", "mcse", "lower", "upper", "n_used", "n_missing"]


def table_of(conditions=("c1", "c2"), **more) -> PerformanceTable:
    """Coverage and bias of two methods."""
    rows = []
    for condition in conditions:
        for method in ("REML", "a<b"):
            rows.append([condition, method, "x", "coverage", 0.9482, 0.0071, 0.93, 0.96, 968, 32])
            rows.append([condition, method, "x", "bias", -0.0123, 0.0051, -0.02, 0.0, 1000, 0])
    return PerformanceTable(pd.DataFrame(rows, columns=COLUMNS).assign(**more))


def cells(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    return [re.findall(r">([^<]*)</t[hd]>", row) for row in rows]


def test_a_row_has_a_condition_estimand_and_method_and_rounded_measures_in_their_order() -> None:
    head, first, *_ = cells(table_of()._repr_html_())
    assert head == ["condition", "estimand", "method", "bias", "coverage", "missing"]
    assert first == ["c1", "x", "REML", "-0.012\xa0(0.005)", "0.948\xa0(0.007)", "3.2%"]


def test_names_are_harmless() -> None:
    assert "a&lt;b" in table_of()._repr_html_()


def test_factors_that_vary_stand_in_for_the_key_of_a_condition() -> None:
    n = pd.array([10, 10, 10, 10, None, None, None, None], dtype="Int64")
    head, *body = cells(table_of(n_clusters=n, sigma2=1.0, study="mine", mechanism="TwoLevel")._repr_html_())
    assert head[:2] == ["n_clusters", "estimand"]
    assert [row[0] for row in body] == ["10", "10", "-", "-"]


def test_by_status_has_a_column_for_it() -> None:
    head, first, *_ = cells(table_of(status="all")._repr_html_())
    assert (head[3], first[3]) == ("status", "all")


def test_a_long_table_is_cut_and_says_how_many_rows_there_are() -> None:
    html = table_of([f"c{number}" for number in range(500)])._repr_html_()
    assert f"<p>Shown: {ROWS} of 1,000 rows.</p>" in html
    assert len(cells(html)) == 1 + ROWS


def test_it_is_a_data_frame_in_all_else() -> None:
    table = table_of()
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(table)), table)  # noqa: S301 (its own)
    assert len(pd.concat([table, table])) == 2 * len(table)
    assert table[table["method"] == "REML"]["value"].tolist() == [0.9482, -0.0123] * 2
    assert math.isclose(table.groupby("measure")["value"].mean()["bias"], -0.0123)
    assert isinstance(table[table["measure"] == "bias"], PerformanceTable)


def test_it_goes_through_parquet(tmp_path) -> None:
    table_of().to_parquet(tmp_path / "table.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "table.parquet"), pd.DataFrame(table_of()))


@pytest.mark.parametrize("columns", [["condition", "value"], ["value"]])
def test_what_lacks_columns_is_shown_as_pandas_does(columns: list[str]) -> None:
    assert table_of()[columns]._repr_html_() == pd.DataFrame(table_of())[columns]._repr_html_()


def test_an_empty_table_is_still_one() -> None:
    assert cells(table_of([])._repr_html_()) == [["condition", "estimand", "method", "missing"]]

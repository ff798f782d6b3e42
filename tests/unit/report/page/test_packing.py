"""Rows as the page carries them: what is unpacked is what was packed."""

import math

import numpy as np
import pytest
from page_content import column_of, rows_of

from mcsim.report.charts.drawing import Drawing
from mcsim.report.page.packing import packed, packed_rows, words


def test_numbers_come_back_to_half_a_step_of_their_range() -> None:
    numbers = np.random.default_rng(1).standard_normal(500) * 1000
    back = [row["x"] for row in rows_of(packed_rows([{"x": number} for number in numbers.tolist()]))]
    assert np.abs(np.array(back) - numbers).max() <= np.ptp(numbers) / 131_068 * (1 + 1e-9)
    assert (min(back), max(back)) == pytest.approx((numbers.min(), numbers.max()), rel=1e-12)


def test_words_and_flags_come_back_as_they_are() -> None:
    rows = [
        {"a": "</script>", "b": True, "c": 1},
        {"a": "ü\t\n", "b": False, "c": 2},
        {"a": "</script>", "b": True, "c": 2},
    ]
    assert rows_of(packed_rows(rows)) == rows


@pytest.mark.parametrize("different", [1, 2, 256, 257, 3000])
def test_however_many_words_there_are(different) -> None:
    column = [f"word {place % different}" for place in range(3000)]
    packed_words = words(column)
    assert column_of(packed_words, 3000) == column
    assert set(packed_words) == {"words"} | ({"at"} if 1 < different <= 256 else {"at2"} if different > 256 else set())


def test_a_number_that_is_none_or_infinite_comes_back_as_none() -> None:
    rows = [{"x": 1.0}, {"x": math.nan}, {"x": math.inf}, {"x": 3.0}]
    assert [row["x"] for row in rows_of(packed_rows(rows))] == [1.0, None, None, 3.0]
    assert [row["x"] for row in rows_of(packed_rows([{"x": math.nan}, {"x": math.nan}]))] == [None, None]


def test_what_is_none_has_no_field_and_rows_with_the_same_fields_come_together_in_their_order() -> None:
    rows = [{"x": 1, "y": None}, {"x": 2, "y": 5}, {"x": 3, "y": None}, {"x": 4, "y": 6}]
    tables = packed_rows(rows)
    assert [table["length"] for table in tables] == [2, 2]
    assert rows_of(tables) == [{"x": 1}, {"x": 3}, {"x": 2, "y": 5}, {"x": 4, "y": 6}]


def test_what_is_the_same_in_every_row_is_exact_and_stored_once() -> None:
    [table] = packed_rows([{"x": 1 / 3, "y": number} for number in range(9)])
    assert table["columns"]["x"] == {"words": [1 / 3]}


def test_numbers_and_words_in_one_column_come_back_as_they_are() -> None:
    rows = [{"x": 1}, {"x": "many"}, {"x": 2.5}]
    assert rows_of(packed_rows(rows)) == rows


def test_a_drawing_keeps_its_words_orders_and_sizes() -> None:
    drawing = Drawing({"figures": [{"x": 1.0}], "none": []}, {"x": "n"}, {"x": ("1", "2")}, {"width": 3.0})
    assert packed(drawing) == {
        "data": {"figures": [{"length": 1, "columns": {"x": {"words": [1.0]}}}], "none": []},
        "titles": {"x": "n"},
        "orders": {"x": ["1", "2"]},
        "sizes": {"width": 3.0},
    }

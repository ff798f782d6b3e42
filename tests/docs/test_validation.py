"""The numbers of the pages of evidence are those that were measured."""

import re
from pathlib import Path

import pytest

from proof import article, golden

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "validation.md").read_text()


@pytest.fixture(scope="module")
def found():
    return golden.summary()


def test_the_largest_differences_of_the_page_are_upper_bounds_and_no_looser_than_they_need_be(found):
    stated = {
        (quantity, reference): (int(comparisons), float(largest))
        for quantity, reference, comparisons, largest in re.findall(
            r"^\| ([^|]+) \| ([^|]+) \| (\d+) \| (1e-\d+) \|$", PAGE, flags=re.MULTILINE
        )
    }
    assert set(stated) == set(zip(found.quantity, found.reference, strict=True))
    for row in found.itertuples():
        comparisons, largest = stated[row.quantity, row.reference]
        assert row.comparisons == comparisons
        assert row.largest <= largest <= 100 * max(row.largest, golden.FLOOR)


def test_as_many_profile_limits_differ_as_the_page_says():
    limits, far = golden.profile_limits()
    assert f"Of {limits} profile limits, {far} are further than 1e-3" in PAGE


def test_the_figures_that_the_article_prints_come_out_again():
    assert [judgement.what for judgement in article.judgements() if not judgement.agrees] == []


@pytest.mark.parametrize(("size", "text"), [(3.4e-7, "1e-6"), (1e-8, "1e-8"), (0.0, "1e-10")])
def test_a_difference_is_rounded_up_to_a_power_of_ten(size, text):
    assert golden.rounded_up(size) == text


@pytest.mark.parametrize(
    ("page", "head"), [("benchmarks.md", "| work | peer"), ("validation.md", "| quantity | reference")]
)
def test_a_table_of_evidence_of_the_readme_is_that_of_its_page(page, head):
    table = re.search(rf"^{re.escape(head)} .*?\n\n", (ROOT / "README.md").read_text(), flags=re.DOTALL | re.MULTILINE)
    assert table
    assert table[0] in (ROOT / "docs" / page).read_text()

"""What measures are, for readers."""

import re

import pytest

from mcsim.measures import MEASURES
from mcsim.measures.formulas import FORMULAS, REFERENCES


def test_every_measure_has_its_formula_in_the_order_of_tables() -> None:
    assert set(FORMULAS) == set(MEASURES)


@pytest.mark.parametrize("measure", MEASURES)
def test_a_formula_names_the_source_that_the_docstring_of_its_measure_names(measure: str) -> None:
    cited = {int(number) for number in re.findall(r"\[(\d)\]", MEASURES[measure].__doc__ or "")}
    formula = FORMULAS[measure]
    assert formula.reference is None or formula.reference in cited
    assert (formula.reference is None) == (not cited)
    assert {int(number) for number in re.findall(r"\[(\d)\]", formula.mcse)} <= REFERENCES.keys()


def test_references_are_those_of_the_measures_by_number() -> None:
    import mcsim.measures

    documented = dict(re.findall(r"\.\. \[(\d)\] (\w+)", mcsim.measures.__doc__ or ""))
    assert {str(number): text.split(",")[0].split(" ")[0] for number, text in REFERENCES.items()} == documented

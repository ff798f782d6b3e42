"""The table of measures is what the package says of each."""

import re

from pages import ROOT

from mcsim.measures import MEASURES
from mcsim.measures.formulas import FORMULAS, REFERENCES, SYMBOLS

PAGE = (ROOT / "docs" / "vocabulary.md").read_text()


def test_the_table_of_measures_has_every_measure_with_its_formulas_and_source():
    rows = [
        re.split(r"(?<!\\)\|", line)[1:-1]
        for line in PAGE[PAGE.index("## Measures") :].splitlines()
        if line[:3] == "| `"
    ]
    cells = [[cell.strip().replace(r"\|", "|") for cell in row] for row in rows]
    assert cells == [
        [f"`{name}`", of.words, of.formula, of.mcse, f"[{of.reference}]" if of.reference else ""]
        for name, of in FORMULAS.items()
    ]
    assert set(FORMULAS) == set(MEASURES)


def test_the_letters_of_the_formulas_and_the_sources_are_explained():
    assert f"{SYMBOLS}." in " ".join(PAGE.split())
    assert all(f"- [{number}] {source}\n" in PAGE for number, source in REFERENCES.items())

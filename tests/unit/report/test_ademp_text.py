"""The facts of a methods section as Markdown."""

import re
from collections import Counter

import pandas as pd
import pytest
from fakes import Held, Mean, Plain, study_of
from markdown_it import MarkdownIt

from mcsim import Study, grid
from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares
from mcsim.report.ademp import Evidence, ademp_of
from mcsim.report.ademp_text import ademp_text
from mcsim.store import Record

STUDY = Study(
    conditions=grid(TwoLevel, n_clusters=[5, 20], cluster_size=4, tau2=1, gamma10=0.5),
    methods={"REML": LinearMixedModel(), "ML": LinearMixedModel(reml=False), "OLS": OrdinaryLeastSquares()},
    replications=1000,
    seed=3,
    name="my_study",
)
KEYS = list(STUDY.conditions)
FIGURES = ["condition", "method", "estimand", "measure", "value", "mcse", "lower", "upper", "n_used", "n_missing"]


def evidence(*, failed=32, done=1000) -> Evidence:
    """Two figures, and statuses of six fits of a thousand replications each."""
    rows = [
        [KEYS[0], "ML", "x", "bias", 0.1, 0.01, 0, 1, 968, 32],
        [KEYS[1], "REML", "x", "coverage", 0.95, 0.0069, 0, 1, 1000, 0],
    ]
    fits = [(key, label) for key in KEYS for label in STUDY.methods]
    statuses = {fit: Counter(ok=done) for fit in fits}
    statuses[KEYS[0], "ML"] = Counter(ok=done - failed, failed=failed)
    statuses[KEYS[1], "REML"] = Counter(ok=done - 1, singular=1)
    record = Record.of(STUDY, dict.fromkeys(KEYS, 100), ["openblas 1"])
    return Evidence(record, pd.DataFrame(rows, columns=FIGURES), statuses, dict.fromkeys(fits, done))


def sections(text: str) -> dict[str, str]:
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_sections_follow_ademp() -> None:
    text = ademp_text(ademp_of(STUDY, None))
    assert text.startswith("# my\\_study\n\n## Aims")
    assert list(sections(text)) == [
        "Aims",
        "Data-generating mechanisms",
        "Estimands",
        "Methods",
        "Performance measures",
        "Replications and Monte Carlo standard errors",
        "Missing fits",
        "Software and random numbers",
        "Keys of the conditions",
    ]


def test_mechanisms_have_the_equation_and_the_factors_with_levels_and_meaning() -> None:
    said = sections(ademp_text(ademp_of(STUDY, None)))["Data-generating mechanisms"]
    assert "2 conditions." in said
    assert "`y ~ 1 + x + (1 | cluster)` (2 conditions; numbers and levels are those of" in said
    assert "\nlevel 1: y_ij = b0_j + b1_j x_ij + e_ij\n" in said
    assert re.search(r"\| n\\_clusters +\| 5, 20 +\| number of clusters", said)
    assert "held fixed" not in said


def test_estimands_have_truths_and_methods() -> None:
    said = sections(ademp_text(ademp_of(STUDY, None)))["Estimands"]
    assert re.search(r"\| x +\| 0\.5 +\| all +\|", said)
    assert re.search(r"\| var\\_\(Intercept\)\\\|cluster +\| 1 +\| REML, ML +\|", said)


def test_methods_have_options_those_not_stated_formula_and_key() -> None:
    said = sections(ademp_text(ademp_of(STUDY, None)))["Methods"]
    assert (
        f"| ML       | LinearMixedModel(reml=False) | that of the generating model | {STUDY.method_keys['ML']} |"
        in said
    )
    assert "LinearMixedModel, where not stated otherwise: reml=True, " in said
    assert "compare each method with REML" in said


def test_measures_have_their_formula_and_only_references_that_are_cited() -> None:
    said = sections(ademp_text(ademp_of(STUDY, None, measures=("bias", "coverage"))))["Performance measures"]
    assert re.search(r"\| bias +\| mean error +\| e - θ +\| sd/√n +\| \\\[1\\\] +\|", said)
    assert "empirical SE" not in said
    assert re.findall(r"^- \\\[(\d)\\\]", said, flags=re.MULTILINE) == ["1", "5"]


def test_before_a_run_errors_are_marked_as_expected_and_no_version_is_stated() -> None:
    said = sections(ademp_text(ademp_of(STUDY, None)))
    replications = said["Replications and Monte Carlo standard errors"]
    assert "1,000 replications of each condition: 2,000 data sets, 6,000 fits." in replications
    assert "Expected before any run: a proportion of 0.95 has a Monte Carlo standard error of 0.0069." in replications
    assert "a proportion of 0.5 has a Monte Carlo standard error of 0.016." in replications
    assert "Nothing has been run yet." in said["Missing fits"]
    assert "numpy 2" not in said["Software and random numbers"]
    assert "no versions to state" in said["Software and random numbers"]


def test_after_a_run_the_largest_errors_stand_with_where_they_occur() -> None:
    said = sections(ademp_text(ademp_of(STUDY, evidence())))["Replications and Monte Carlo standard errors"]
    assert re.search(r"\| bias +\| x +\| 0\.010 +\| ML +\| n\\_clusters 5 +\| 968 +\|", said)
    assert re.search(r"\| coverage +\| x +\| 0\.0069 +\| REML +\| n\\_clusters 20 +\| 1,000 +\|", said)
    assert "Expected" not in said


def test_missing_fits_are_one_sentence() -> None:
    said = sections(ademp_text(ademp_of(STUDY, evidence())))["Missing fits"].strip()
    assert said == (
        "Of 6,000 fits, 1 (\\<0.1%) were singular, 32 (0.5%) failed; the largest share missing (not converged or "
        "failed) is 3.2%, of ML under n\\_clusters 5."
    )
    assert "none is missing" in ademp_text(ademp_of(STUDY, evidence(failed=0)))


def test_a_partial_run_says_how_many_fits_are_planned() -> None:
    assert "Of 3,000 of 6,000 planned fits" in ademp_text(ademp_of(STUDY, evidence(done=500)))


def test_software_is_that_of_the_record_with_seed_and_how_numbers_are_drawn() -> None:
    said = sections(ademp_text(ademp_of(STUDY, evidence())))["Software and random numbers"]
    assert "Seed: 3." in said
    assert "Philox" in said
    assert re.search(r"Run with mcsim [\d.]+, python 3", said)
    assert "openblas 1" in said


def test_every_condition_is_named_by_its_key() -> None:
    said = sections(ademp_text(ademp_of(STUDY, None)))["Keys of the conditions"]
    assert [re.search(rf"\| {key} +\| (\d+) ", said)[1] for key in KEYS] == ["5", "20"]  # type: ignore[index]


@pytest.mark.parametrize("mechanism", [Plain, Held])
def test_a_study_that_says_little_is_told_of_in_few_words(mechanism: type) -> None:
    text = ademp_text(ademp_of(study_of(mechanism, methods={"A": Mean()}, mean=0.0), None))
    assert "(The study states none.)" in text
    assert "(the mechanism gives no equation)" in text
    assert "compare each method" not in text
    assert ("held fixed over replications in 1 condition." in text) == (mechanism is Held)


def test_special_characters_come_out_as_they_are() -> None:
    facts = ademp_of(STUDY, None)._replace(aims="Is *a* <b> & c_d_e | `f` $x$?")
    page = MarkdownIt("commonmark").enable("table").render(ademp_text(facts))
    assert "Is *a* &lt;b&gt; &amp; c_d_e | `f` $x$?" in page
    assert "<td" in page
    assert "var_(Intercept)|cluster</td>" in page

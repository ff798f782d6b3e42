"""The facts of a methods section, gathered from a study and its results."""

import math

import pytest
from fakes import Held, Mean, Plain, method, study_of
from running import run

from mcsim import Study, grid
from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares
from mcsim.model import Estimates
from mcsim.report.ademp import ademp_of, evidence_of
from mcsim.store import Store

STUDY = Study(
    conditions=grid(TwoLevel, n_clusters=[5, 20], cluster_size=4, tau2=1, gamma10=0.5),
    methods={"REML": LinearMixedModel(), "OLS": OrdinaryLeastSquares()},
    replications=40,
    seed=3,
    name="study",
)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    """What a run of the study leaves."""
    root = tmp_path_factory.mktemp("results")
    run(STUDY, root)
    return evidence_of(STUDY, Store(root, "study"))


def test_before_a_run_there_are_expected_errors_and_no_results(tmp_path):
    assert evidence_of(STUDY, Store(tmp_path, "study")) is None
    facts = ademp_of(STUDY, None)
    assert facts.expected == pytest.approx({0.95: math.sqrt(0.95 * 0.05 / 40), 0.5: math.sqrt(0.25 / 40)})
    assert (facts.precision, facts.missingness, facts.provenance) == ([], None, [])
    assert (facts.replications, facts.seed, facts.reference) == (40, 3, "REML")


def test_a_measure_on_the_scale_of_estimands_has_its_worst_case_for_each_and_others_one(evidence):
    facts = ademp_of(STUDY, evidence, measures=("bias", "coverage"))
    assert [(p.measure, p.estimand) for p in facts.precision][:4] == [
        ("bias", "(Intercept)"),
        ("bias", "x"),
        ("bias", "var_(Intercept)|cluster"),
        ("bias", "var_residual"),
    ]
    assert [p.measure for p in facts.precision[4:]] == ["coverage"]
    assert facts.expected == {}


def test_the_worst_case_is_the_largest_error_and_says_where_it_occurs(evidence):
    figures = evidence.figures
    worst = ademp_of(STUDY, evidence, measures=("coverage",)).precision[0]
    of_measure = figures[(figures["measure"] == "coverage") & figures["mcse"].notna()]
    assert worst.mcse == of_measure["mcse"].max()
    row = of_measure[(of_measure["condition"] == worst.condition) & (of_measure["method"] == worst.method)]
    assert row[row["estimand"] == worst.estimand]["mcse"].item() == worst.mcse
    assert worst.n_used == 40


def test_a_measure_without_any_error_has_no_worst_case(evidence):
    assert ademp_of(STUDY, evidence._replace(figures=evidence.figures.iloc[:0])).precision == []


def test_fits_are_counted_by_how_they_ended(evidence):
    missing = ademp_of(STUDY, evidence).missingness
    assert (missing.fits, missing.planned, missing.share, missing.worst) == (160, 160, 0.0, None)
    assert "ok" not in missing.statuses
    singular = evidence.figures[(evidence.figures["measure"] == "singular") & (evidence.figures["estimand"] == "x")]
    assert missing.statuses["singular"] == round((singular["value"] * 40).sum())


def test_the_largest_share_missing_is_found(tmp_path):
    def fails_above(limit):
        def result(estimates, dataset):
            return Estimates.failed(estimates.estimands, "no") if dataset.columns["y"][0] > limit else estimates

        return result

    study = study_of(mean=[0.0, 3.0], methods={"A": Mean(), "B": method(fails_above(1.0))}, replications=50)
    run(study, tmp_path)
    evidence = evidence_of(study, Store(tmp_path, "study"))
    missing = ademp_of(study, evidence).missingness
    high = list(study.conditions)[1]
    assert missing.worst == (high, "B")
    assert missing.share == evidence.statuses[high, "B"]["failed"] / 50 > 0.9
    assert missing.statuses == {"failed": sum(counts["failed"] for counts in evidence.statuses.values())}


def test_replications_are_those_of_the_run_and_a_partial_one_is_counted(tmp_path):
    study = study_of(replications=6)
    run(study, tmp_path, replications=4)
    facts = ademp_of(study, evidence_of(study, Store(tmp_path, "study")))
    assert (facts.replications, facts.missingness.fits, facts.missingness.planned) == (4, 8, 8)
    next((tmp_path / "study" / "estimates").rglob("*.parquet")).unlink()
    facts = ademp_of(study, evidence_of(study, Store(tmp_path, "study")))
    assert (facts.missingness.fits, facts.missingness.planned) == (4, 8)


def test_a_design_held_fixed_is_a_fact():
    study = study_of(Held)
    assert ademp_of(study, None).fixed == list(study.conditions)
    assert ademp_of(study_of(Plain), None).fixed == []

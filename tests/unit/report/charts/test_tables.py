"""What charts are drawn from, read from the results of a study."""

import fakes
import numpy as np
import pytest
import running

import mcsim
from mcsim.errors import ResultsError
from mcsim.report.charts import tables as tables_file
from mcsim.report.charts.tables import tables_of
from mcsim.store import Store

METHODS = {"A": fakes.Mean(), "B": fakes.Mean(shift=0.5)}


@pytest.fixture
def ran(tmp_path):
    """A study of two conditions with its results."""
    study = fakes.study_of(methods=METHODS)
    running.run(study, tmp_path)
    return study, Store(tmp_path, study.name)


@pytest.fixture
def computations(monkeypatch):
    """The performance tables that are computed from estimates."""
    found = []
    compute = tables_file.performance
    monkeypatch.setattr(tables_file, "performance", lambda *given: found.append(given) or compute(*given))
    return found


def test_what_a_run_has_stored_is_read_and_not_computed(ran, computations) -> None:
    study, store = ran
    found = tables_of(study, store)
    assert computations == []
    expected = mcsim.performance(study, store)
    columns = ["condition", "method", "estimand", "measure"]
    read = found.figures.sort_values(columns, ignore_index=True)
    assert read[columns].astype(str).equals(expected.sort_values(columns, ignore_index=True)[columns].astype(str))
    assert found.replications == 6
    assert list(found.factors) == list(study.conditions)
    assert found.levels == {"A": 0.95, "B": 0.95}
    assert found.truth(fakes.first_condition(study), "mean") == 0.0
    assert np.isnan(found.truth(fakes.first_condition(study), "spread"))


def test_fewer_replications_are_computed(ran, computations) -> None:
    study, store = ran
    found = tables_of(study.with_replications(4), store)
    assert len(computations) == 1
    assert set(found.figures.loc[found.figures["measure"] == "bias", "n_used"]) <= {0, 4}
    assert {counts["ok"] for counts in found.statuses.values()} == {4}
    assert found.estimates(fakes.first_condition(study), "A", "mean").rep.tolist() == [0, 1, 2, 3]


def test_a_condition_added_since_has_no_figures_and_no_statuses(ran, computations) -> None:
    study, store = ran
    more = fakes.study_of(methods=METHODS, mean=[0.0, 1.0, 2.0])
    found = tables_of(more, store)
    new = next(key for key in more.conditions if key not in study.conditions)
    assert len(computations) == 1
    assert new in found.factors
    assert new not in set(found.figures["condition"])
    assert {condition for condition, _ in found.statuses} == set(study.conditions)
    assert found.estimates(new, "A", "mean") is None


def test_a_method_added_since_has_no_estimates(ran) -> None:
    _, store = ran
    more = fakes.study_of(methods={**METHODS, "C": fakes.Mean(shift=1.0)})
    found = tables_of(more, store)
    assert list(found.levels) == ["A", "B", "C"]
    assert found.estimates(fakes.first_condition(more), "C", "mean") is None
    assert set(found.figures["method"]) == {"A", "B"}


def test_estimates_are_those_of_the_method_and_the_estimand(ran) -> None:
    study, store = ran
    found = tables_of(study, store)
    condition = fakes.first_condition(study)
    one, other = (found.estimates(condition, label, "mean") for label in ("A", "B"))
    assert np.allclose(other.estimate - one.estimate, 0.5)
    assert found.estimates(condition, "A", "nothing") is None


def test_results_of_another_seed_are_refused(ran) -> None:
    _, store = ran
    with pytest.raises(ResultsError, match="seed"):
        tables_of(fakes.study_of(methods=METHODS, seed=8), store)

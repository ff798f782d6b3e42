"""A method's estimates stand under the names of other estimands, and are otherwise what they were."""

import numpy as np
import pytest
from fakes import Mean

from mcsim import Study, StudyError, grid
from mcsim.errors import ParameterError
from mcsim.mechanisms import NegativeBinomial, TwoLevel
from mcsim.methods import FixedEffects, OrdinaryLeastSquares, ReportedAs
from mcsim.streams import DATA, Streams
from mcsim.testing import check_method

CONDITION = TwoLevel(n_clusters=8, cluster_size=5, tau2=1, gamma10=0.5)
INFORMATIVE = {"cluster_size": NegativeBinomial(mean=10, cv=0.5), "informative_size": 0.6, "tau2": 1, "gamma00": 2}


def faults_of(method, condition=CONDITION):
    return method.misfits(condition)


def test_estimates_are_those_of_the_method_under_other_names():
    streams = Streams(1, "c0", DATA, 0, 3)
    block = CONDITION.simulate_block(streams)
    plain = FixedEffects().fit_block(block, streams)
    renamed = ReportedAs(FixedEffects(), {"x": "x_within"}).fit_block(block, streams)
    assert renamed.estimands == ("(Intercept)", "x_within")
    np.testing.assert_array_equal(renamed.values, plain.values)


@pytest.mark.parametrize("method", [FixedEffects(), OrdinaryLeastSquares(level=0.9)])
def test_it_keeps_the_contract_of_a_method(method):
    check_method(ReportedAs(method, {"x": "x_within"}), CONDITION, replications=3)


def test_it_has_a_block_form_only_where_the_method_has_one():
    assert hasattr(ReportedAs(FixedEffects(), {"x": "x_within"}), "fit_block")
    assert not hasattr(ReportedAs(Mean(), {"mean": "other"}), "fit_block")


def test_level_and_formula_are_the_methods():
    renamed = ReportedAs(OrdinaryLeastSquares("y ~ x", level=0.9), {"x": "x_within"})
    assert (renamed.level, renamed.formula) == (0.9, "y ~ x")


def test_names_that_the_method_does_not_report_are_refused_with_those_that_it_does():
    assert faults_of(ReportedAs(FixedEffects(), {"z": "x_within"})) == [
        "it reports no estimand 'z'; it reports (Intercept), x",
    ]
    assert faults_of(ReportedAs(FixedEffects(), {"x": "(Intercept)"})) == [
        "it would report the estimand '(Intercept)' twice",
    ]
    assert faults_of(ReportedAs(FixedEffects("y ~ w"), {"w": "x"}))[0].startswith("'y ~ w' names the column w")


def test_a_name_without_a_truth_is_refused_with_the_one_that_is_meant():
    assert faults_of(ReportedAs(FixedEffects(), {"x": "x_withn"})) == [
        "there is no truth of the estimand 'x_withn' under this condition; did you mean x_within?",
    ]
    assert str(ReportedAs(FixedEffects(), {"x": "x_within"})) == "ReportedAs(FixedEffects(), {'x': 'x_within'})"


@pytest.mark.parametrize("names", [{}, {"x": ""}, {"x": 1}, "x", None, {"x": "a", "z": "a"}])
def test_names_are_a_dict_of_different_words(names):
    with pytest.raises(ParameterError, match=r"names: given .*; allowed: a dict of estimands, such as"):
        ReportedAs(FixedEffects(), names)


def test_the_average_cluster_and_the_average_row_are_two_estimands():
    methods = {
        "OLS": OrdinaryLeastSquares(),
        "unit": ReportedAs(OrdinaryLeastSquares(), {"(Intercept)": "(Intercept)_unit"}),
    }
    conditions = grid(TwoLevel, n_clusters=10, **INFORMATIVE)
    study = Study(conditions=conditions, methods=methods, replications=10, seed=1, name="two")
    (condition,) = study.conditions.values()
    truth = condition.truth()
    assert truth["(Intercept)"] == 2
    assert truth["(Intercept)_unit"] == pytest.approx(2 + 0.6 * 0.5)
    assert study.methods["unit"].estimands(condition) == ("(Intercept)_unit",)


def test_a_study_that_renames_what_is_not_there_is_refused():
    methods = {"FE": ReportedAs(FixedEffects(), {"w": "x_within"})}
    conditions = grid(TwoLevel, n_clusters=10, cluster_size=5, gamma10=1.0)
    with pytest.raises(StudyError, match="it reports no estimand 'w'"):
        Study(conditions=conditions, methods=methods, replications=10, seed=1, name="two")

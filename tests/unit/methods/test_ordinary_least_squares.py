"""Ordinary least squares as a method: classical estimates, t intervals, and what makes a fit fail."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mcsim.errors import DataError, FormulaError, ParameterError
from mcsim.mechanisms import TwoLevel
from mcsim.methods import OrdinaryLeastSquares
from mcsim.model import QUANTITIES, Dataset, DatasetBlock, Status
from mcsim.streams import Streams
from mcsim.testing import check_method

GOLDEN = Path(__file__).parents[2] / "golden"
REFERENCES = sorted(path for path in GOLDEN.glob("*.json") if "ols" in json.loads(path.read_text()))
CONDITION = TwoLevel(n_clusters=6, cluster_size=5, tau2=1, gamma10=0.5, gamma01=0.2, gamma11=0.1)
RNG = np.random.default_rng(0)


def dataset(*, rows=30, seed=1):
    rng = np.random.default_rng(seed)
    columns = {name: rng.standard_normal(rows) for name in ("y", "x", "z")}
    return Dataset({**columns, "cluster": np.repeat(np.arange(rows), 5)[:rows]}, "y ~ x + z + (1 | cluster)")


def quantity(estimates, name):
    return estimates.values[0, :, QUANTITIES.index(name)]


@pytest.mark.parametrize("path", REFERENCES, ids=lambda path: path.stem)
def test_it_agrees_with_r_on_the_reference_data(path):
    reference = json.loads(path.read_text())
    frame = pd.read_csv(path.with_suffix(".csv"))
    estimates = OrdinaryLeastSquares(reference["formula"]).fit(Dataset(dict(frame.items())), RNG)
    assert list(estimates.estimands) == reference["ols"]["names"]
    np.testing.assert_allclose(quantity(estimates, "estimate"), reference["ols"]["estimate"], rtol=1e-10)
    np.testing.assert_allclose(quantity(estimates, "std_error"), reference["ols"]["std_error"], rtol=1e-10)


def test_there_is_reference_data():
    assert len(REFERENCES) >= 8


def test_intervals_and_p_values_are_those_of_t_with_n_minus_p_degrees_of_freedom():
    estimates = OrdinaryLeastSquares(level=0.9).fit(dataset(), RNG)
    estimate, std_error = quantity(estimates, "estimate"), quantity(estimates, "std_error")
    np.testing.assert_array_equal(quantity(estimates, "df"), 27)
    half_width = stats.t.ppf(0.95, 27) * std_error
    np.testing.assert_allclose(quantity(estimates, "lower"), estimate - half_width, rtol=1e-10)
    np.testing.assert_allclose(quantity(estimates, "upper"), estimate + half_width, rtol=1e-10)
    np.testing.assert_allclose(
        quantity(estimates, "p_value"), 2 * stats.t.sf(np.abs(estimate / std_error), 27), rtol=1e-10
    )


def test_it_reports_the_fixed_effects_and_nothing_else():
    assert OrdinaryLeastSquares().estimands(CONDITION) == ("(Intercept)", "x", "z", "x:z")
    assert OrdinaryLeastSquares("y ~ 0 + x").estimands(CONDITION) == ("x",)


def test_without_a_formula_it_fits_the_fixed_part_of_the_model_that_generated_the_data():
    given = OrdinaryLeastSquares("y ~ x + z").fit(dataset(), RNG)
    np.testing.assert_array_equal(OrdinaryLeastSquares().fit(dataset(), RNG).values, given.values)


def test_it_needs_the_columns_of_the_fixed_part_only():
    assert OrdinaryLeastSquares("y ~ x + (1 + w | school)").misfits(CONDITION) == []


def test_it_names_the_columns_that_a_condition_lacks():
    (misfit,) = OrdinaryLeastSquares("y ~ x + zz").misfits(CONDITION)
    assert misfit == "'y ~ x + zz' names the column zz; there are y, x, z, cluster, id; did you mean z?"


def test_a_formula_outside_the_grammar_is_found_when_the_study_is_built():
    with pytest.raises(FormulaError, match="function calls"):
        OrdinaryLeastSquares("y ~ log(x)").misfits(CONDITION)


@pytest.mark.parametrize("level", [0, 1, 95, "high", True, float("nan")])
def test_a_level_is_between_0_and_1(level):
    with pytest.raises(ParameterError, match=r"level: given .*; allowed: a finite number, above 0, below 1"):
        OrdinaryLeastSquares(level=level)


@pytest.mark.parametrize("predictors", ["random", "fixed"])
def test_it_keeps_the_contract_of_a_method(predictors):
    condition = TwoLevel(n_clusters=6, cluster_size=5, gamma10=0.5, gamma01=0.2, gamma11=0.1, predictors=predictors)
    check_method(OrdinaryLeastSquares(), condition)
    check_method(OrdinaryLeastSquares("y ~ 0 + z:x"), condition)


def test_rows_with_a_missing_value_are_left_out_and_counted():
    data = dataset()
    data.columns["x"][[2, 9]] = np.nan
    estimates = OrdinaryLeastSquares().fit(data, RNG)
    assert (estimates.status == Status.OK).all()
    assert set(estimates.notes.values()) == {"2 of 30 rows left out: missing values"}
    np.testing.assert_array_equal(quantity(estimates, "df"), 25)


def test_each_replication_of_a_block_has_its_own_degrees_of_freedom():
    values = np.random.default_rng(2).standard_normal((4, 1, 12))
    values[1, 0, :3] = np.nan
    block = DatasetBlock(("y",), values, {"x": np.arange(12)}, "y ~ x")
    estimates = OrdinaryLeastSquares().fit_block(block, Streams(1, "c", "data", 0, 4))
    np.testing.assert_array_equal(estimates.values[:, 0, 2], [10, 7, 10, 10])
    assert set(estimates.notes) == {(1, 0), (1, 1)}
    for rep in range(4):
        np.testing.assert_array_equal(
            OrdinaryLeastSquares().fit(block.dataset(rep), RNG).values[0], estimates.values[rep]
        )


def failure(data, formula=None):
    estimates = OrdinaryLeastSquares(formula).fit(data, RNG)
    assert (estimates.status == Status.FAILED).all()
    assert np.isnan(estimates.values).all()
    (note,) = set(estimates.notes.values())
    return note


def test_linearly_dependent_predictors_are_a_failed_fit():
    data = dataset()
    data.columns["z"][:] = 2 * data.columns["x"] - 1
    assert failure(data) == "the fixed effects are linearly dependent"


def test_as_many_effects_as_rows_are_a_failed_fit():
    assert failure(dataset(rows=3)) == "as many fixed effects as rows, or more"


def test_missing_values_may_leave_too_few_rows():
    data = dataset(rows=4)
    data.columns["y"][1:] = np.nan
    assert failure(data) == "as many fixed effects as rows, or more; 3 of 4 rows left out: missing values"


def test_an_infinite_value_is_a_failed_fit():
    data = dataset()
    data.columns["y"][0] = np.inf
    assert failure(data) == "a value is infinite, or too large to square"


def test_a_perfect_fit_has_no_p_value_for_an_effect_of_zero():
    data = dataset()
    data.columns["y"][:] = 0.0
    estimates = OrdinaryLeastSquares().fit(data, RNG)
    np.testing.assert_array_equal(quantity(estimates, "estimate"), 0)
    assert np.isnan(quantity(estimates, "p_value")).all()
    assert set(estimates.notes.values()) == {"the fixed effects explain the response completely"}


def test_a_constant_response_is_said_to_be_explained():
    data = dataset()
    data.columns["y"][:] = 0.1
    notes = OrdinaryLeastSquares().fit(data, RNG).notes
    assert notes == dict.fromkeys([(0, 0), (0, 1), (0, 2)], "the fixed effects explain the response completely")


def test_a_block_without_replications_gives_estimates_without_replications():
    block = DatasetBlock(("y",), np.empty((0, 1, 5)), {"x": np.arange(5)}, "y ~ x")
    assert OrdinaryLeastSquares().fit_block(block, Streams(1, "c", "data", 0, 0)).values.shape == (0, 2, 6)


def test_a_column_that_is_not_there_or_not_numeric_is_named():
    with pytest.raises(DataError, match="names the column w; there are y, x, z, cluster"):
        OrdinaryLeastSquares("y ~ w").fit(dataset(), RNG)
    words = Dataset({"y": np.arange(3.0), "x": np.array(["a", "b", "c"])})
    with pytest.raises(DataError, match="the column x of 'y ~ x' is not numeric"):
        OrdinaryLeastSquares("y ~ x").fit(words, RNG)


def test_p_values_are_uniform_where_the_clusters_make_no_difference():
    condition = TwoLevel(n_clusters=4, cluster_size=3, gamma10=0)
    block = condition.simulate_block(Streams(1, "c", "data", 0, 4000), None)
    estimates = OrdinaryLeastSquares("y ~ x").fit_block(block, Streams(1, "c", "m", 0, 4000))
    p_values = estimates.values[:, :, QUANTITIES.index("p_value")]
    assert stats.kstest(p_values[:, 0], "uniform").pvalue > 1e-3
    assert stats.kstest(p_values[:, 1], "uniform").pvalue > 1e-3

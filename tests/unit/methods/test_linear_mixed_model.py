"""The mixed model as a method: lme4's fits of the golden files, blocks, gaps in the data, what it refuses."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mixed_models import fit

from mcsim import Dataset, DatasetBlock, Status
from mcsim.errors import DataError, FormulaError, ParameterError
from mcsim.formula import parse_formula
from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel
from mcsim.model import QUANTITIES
from mcsim.streams import Streams
from mcsim.testing import check_method

GOLDEN = Path(__file__).parents[2] / "golden"
NAMES = (
    "article_m0",
    "article_m1",
    "article_m2",
    "article_m3",
    "dyestuff",
    "dyestuff2",
    "singular_slope",
    "sleepstudy",
    "two_slopes",
    "unbalanced_slope",
)
STANDARD_ERRORS_OF_VARIANCES = {
    "dyestuff": [1432.7513, 707.6149],
    "dyestuff2": [1.919689, 3.985538],
    "sleepstudy": [288.7826, 46.67847, 14.78206, 77.18554],
    "singular_slope": [0.214984, 0.077189, 0.048971, 0.150653],
}
CONDITION = TwoLevel(n_clusters=8, cluster_size=6, tau2=1, slope_variance=0.5, covariance=0.2, gamma10=0.5)
FORMULA = "y ~ x + (1 + x | cluster)"


def reference(name):
    return pd.read_csv(GOLDEN / f"{name}.csv"), json.loads((GOLDEN / f"{name}.json").read_text())


def dataset(frame, formula=""):
    return Dataset({name: frame[name].to_numpy() for name in frame}, formula)


def analysed(frame, formula, **options):
    return LinearMixedModel(formula, **options).fit(dataset(frame), np.random.default_rng())


def quantity(estimates, name, rep=0):
    return estimates.values[rep, :, QUANTITIES.index(name)]


def close(found, expected, tolerance=1e-5, near_zero=1e-6):
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=near_zero)


def lower_triangle(random):
    """lme4's variances and covariances, lower triangle by column."""
    rows = [row for row in random if row["group"] != "Residual"]
    labels = [row["term1"] for row in rows if row["term2"] is None]
    found = {(row["term1"], row["term2"] or row["term1"]): row["covariance"] for row in rows}
    return [found.get((a, b), found.get((b, a))) for j, a in enumerate(labels) for b in labels[j:]]


@pytest.mark.parametrize("kind", ["reml", "ml"])
@pytest.mark.parametrize("name", NAMES)
def test_fits_are_those_of_lme4(name, kind):
    frame, golden = reference(name)
    expected = golden[kind]
    found = analysed(frame, golden["formula"], reml=kind == "reml")
    p = len(expected["fixed"]["names"])
    residual = [row["covariance"] for row in expected["random"] if row["group"] == "Residual"]
    assert found.estimands[:p] == tuple(expected["fixed"]["names"])
    close(quantity(found, "estimate")[:p], expected["fixed"]["estimate"])
    close(quantity(found, "std_error")[:p], expected["fixed"]["std_error"])
    close(quantity(found, "estimate")[p:], lower_triangle(expected["random"]) + residual)
    assert set(found.status[0]) == {Status.SINGULAR if expected["singular"] else Status.OK}


@pytest.mark.parametrize("kind", ["reml", "ml"])
@pytest.mark.parametrize("name", NAMES)
def test_criterion_sigma_theta_and_covariances_are_those_of_lme4(name, kind):
    frame, golden = reference(name)
    data = {column: frame[column].to_numpy() for column in frame}
    expected, found = golden[kind], fit(golden["formula"], data, reml=kind == "reml")
    close(found.criterion[0], expected["criterion"], 0, 1e-6)
    close(found.sigma[0], expected["sigma"])
    close(found.theta[0], expected["theta"])
    close(found.beta_cov[0], expected["fixed"]["covariance"])


@pytest.mark.parametrize("name", STANDARD_ERRORS_OF_VARIANCES)
def test_standard_errors_of_variances_come_from_the_expected_reml_information(name):
    frame, golden = reference(name)
    expected = STANDARD_ERRORS_OF_VARIANCES[name]
    close(quantity(analysed(frame, golden["formula"]), "std_error")[-len(expected) :], expected, 1e-5)


def test_uncorrelated_random_effects_have_variances_only():
    frame, golden = reference("sleepstudy")
    found = analysed(frame, golden["formula"].replace("|", "||"))
    names = ("(Intercept)", "days", "var_(Intercept)|subject", "var_days|subject", "var_residual")
    assert found.estimands == names
    close(quantity(found, "estimate")[2:], [627.568, 35.8580, 653.584], 1e-5)


def test_intervals_are_of_the_normal_distribution_and_not_cut_off_at_zero():
    frame, golden = reference("dyestuff2")
    found = analysed(frame, golden["formula"], level=0.9)
    estimate, error = quantity(found, "estimate"), quantity(found, "std_error")
    close(quantity(found, "lower"), estimate - 1.6448536 * error)
    close(quantity(found, "upper"), estimate + 1.6448536 * error)
    assert quantity(found, "estimate")[1] == 0
    assert quantity(found, "lower")[1] < 0


def test_p_values_are_two_sided_for_fixed_effects_and_missing_for_variances():
    frame, golden = reference("unbalanced_slope")
    found = analysed(frame, golden["formula"])
    z = quantity(found, "estimate") / quantity(found, "std_error")
    p_values = quantity(found, "p_value")
    close(p_values[:4], [math.erfc(abs(value) / math.sqrt(2)) for value in z[:4]])
    assert np.isnan(p_values[4:]).all()
    assert np.isnan(quantity(found, "df")).all()


def test_the_order_of_rows_and_of_clusters_does_not_matter():
    frame, golden = reference("unbalanced_slope")
    expected = analysed(frame, golden["formula"]).values
    shuffled = frame.sample(frac=1, random_state=1)
    renamed = shuffled.assign(cluster=[f"c{(7 * c) % 31}" for c in shuffled["cluster"]])
    for changed in (shuffled, renamed):
        close(analysed(changed, golden["formula"]).values, expected, 1e-8)


def test_rows_with_missing_values_are_counted_in_the_note():
    frame, golden = reference("sleepstudy")
    gaps = frame.astype({"reaction": float, "subject": float})
    gaps.loc[[3, 50], "reaction"] = np.nan
    gaps.loc[100, "subject"] = np.nan
    found = analysed(gaps, golden["formula"])
    close(found.values, analysed(gaps.dropna(), golden["formula"]).values, 1e-12)
    assert set(found.notes.values()) == {"3 of 180 rows left out: missing values"}
    assert len(found.notes) == len(found.estimands)


def test_a_fit_that_fails_says_why_on_every_row():
    frame, golden = reference("sleepstudy")
    found = analysed(frame.assign(reaction=1.0), golden["formula"])
    assert set(found.status[0]) == {Status.FAILED}
    assert set(found.notes.values()) == {"the fixed effects explain the response completely"}
    assert np.isnan(found.values).all()


@pytest.mark.parametrize(
    "condition",
    [
        CONDITION,
        TwoLevel(n_clusters=6, cluster_size=4, tau2=0.1),
        TwoLevel(n_clusters=6, cluster_size=5, tau2=0.1, slope_variance=0.1, gamma11=1, predictors="fixed"),
    ],
)
def test_it_passes_the_conformance_suite(condition):
    check_method(LinearMixedModel(), condition)
    check_method(LinearMixedModel(reml=False, level=0.5), condition)


def block_of(*datasets, own=("y", "x"), shared=("cluster",)):
    values = np.array([[data.columns[name] for name in own] for data in datasets], dtype=np.float64)
    return DatasetBlock(own, values, {name: datasets[0].columns[name] for name in shared}, FORMULA)


def simulated(count):
    streams = Streams(3, "c0", "data", 0, count)
    return [CONDITION.simulate(streams.generator(index)) for index in range(count)]


def single_values(datasets):
    method, rng = LinearMixedModel(FORMULA), np.random.default_rng()
    return np.concatenate([method.fit(data, rng).values for data in datasets])


def test_a_block_whose_rows_are_not_sorted_by_cluster_equals_its_replications():
    order = np.random.default_rng(5).permutation(48)
    datasets = [Dataset({name: column[order] for name, column in data.columns.items()}) for data in simulated(4)]
    found = LinearMixedModel().fit_block(block_of(*datasets), Streams(1, "c0", "m", 0, 4))
    np.testing.assert_array_equal(found.values, single_values(datasets))


def test_a_block_whose_clusters_differ_between_replications_equals_its_replications():
    rng = np.random.default_rng(6)
    datasets = [Dataset({**data.columns, "cluster": rng.integers(1, 6, 48)}) for data in simulated(4)]
    block = block_of(*datasets, own=("y", "x", "cluster"), shared=())
    found = LinearMixedModel().fit_block(block, Streams(1, "c0", "m", 0, 4))
    np.testing.assert_array_equal(found.values, single_values(datasets))
    assert len(found) == 4


def test_estimands_stand_in_the_order_of_lme4():
    assert LinearMixedModel().estimands(CONDITION) == (
        "(Intercept)",
        "x",
        "var_(Intercept)|cluster",
        "cov_x.(Intercept)|cluster",
        "var_x|cluster",
        "var_residual",
    )


@pytest.mark.parametrize(
    ("formula", "condition", "why"),
    [
        (None, CONDITION, []),
        ("y ~ w + (1 | cluster)", CONDITION, ["the column w"]),
        ("y ~ x + (1 | school)", CONDITION, ["the column school"]),
        ("y ~ x", CONDITION, ["random effects"]),
        (None, TwoLevel(n_clusters=9, cluster_size=1), ["cluster_size above 1"]),
        (None, TwoLevel(n_clusters=9, cluster_size=2, slope_variance=1, covariance=0), ["cluster_size above 2"]),
        (None, TwoLevel(n_clusters=9, cluster_size=2, slope_variance=1), []),
        (None, TwoLevel(n_clusters=2, cluster_size=9, gamma01=1), ["needs more than 2 clusters; given 2"]),
    ],
)
def test_what_cannot_be_fitted_is_known_before_anything_runs(formula, condition, why):
    found = LinearMixedModel(formula).misfits(condition)
    assert len(found) == len(why)
    assert all(part in line for part, line in zip(why, found, strict=True))


def test_a_column_that_is_missing_or_holds_words_is_bad_input():
    with pytest.raises(DataError, match="names the column x; there are y, cluster"):
        LinearMixedModel(FORMULA).fit(Dataset({"y": np.ones(4), "cluster": np.arange(4)}), np.random.default_rng())
    words = {"y": np.ones(4), "x": np.array(list("abcd")), "cluster": np.arange(4)}
    with pytest.raises(DataError, match="not numeric"):
        LinearMixedModel(FORMULA).fit(Dataset(words), np.random.default_rng())


def test_a_model_without_random_effects_is_refused():
    with pytest.raises(FormulaError, match="random effects"):
        LinearMixedModel("y ~ x").estimands(CONDITION)


def test_bad_options_are_refused():
    with pytest.raises(ParameterError, match="level"):
        LinearMixedModel(level=1.0)
    with pytest.raises(ParameterError, match="reml"):
        LinearMixedModel(reml="yes")


def test_the_formula_of_a_data_set_is_fitted_where_the_method_has_none():
    frame, golden = reference("article_m2")
    found = LinearMixedModel().fit(dataset(frame, golden["formula"]), np.random.default_rng())
    np.testing.assert_array_equal(found.values, analysed(frame, golden["formula"]).values)
    assert found.estimands[0] == parse_formula(golden["formula"]).fixed[0].label

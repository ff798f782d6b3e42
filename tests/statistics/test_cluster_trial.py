"""Trials have the moments that they state, fits recover them, and power is what is known of it.

Moments and estimates are compared in Monte Carlo standard errors; see `moments.LIMIT`.
"""

import math
from pathlib import Path

import numpy as np
import pytest
from moments import LIMIT, beyond, errors
from running import run

from mcsim import load_study
from mcsim.mechanisms import ChiSquare, Covariate, Covariates, Groups, NegativeBinomial, Sizes, Trial
from mcsim.methods import LinearMixedModel
from mcsim.streams import DATA, Streams
from proof.trial_power import power, probability_of_zero

REPLICATIONS = 3000
OF_THE_STUDY = 500
COMMON = {"n_clusters": 12, "cluster_size": 6, "tau2": 0.5, "sigma2": 2.0, "gamma00": 1.0, "gamma_treatment": 0.4}
NESTED = {**COMMON, "clustered": "treatment", "n_controls": 20}
WITHIN = {**COMMON, "assignment": "within"}
DESIGNS = {
    "clusters": COMMON,
    "unequal allocation": {**COMMON, "treated": 0.25, "random_effects": ChiSquare(df=3)},
    "within clusters": {**WITHIN, "slope_variance": 0.3, "covariance": -0.2},
    "within, unequal allocation": {**WITHIN, "slope_variance": 0.3, "treated": 1 / 3},
    "within, given sizes": {**WITHIN, "cluster_size": Sizes(5, 10), "treated": 0.4},
    "partially nested": NESTED,
    "partially nested, given sizes": {**NESTED, "cluster_size": Sizes(3, 9)},
    "partially nested, two residual variances": {
        **NESTED,
        "residual_variance": Groups(on="treatment", above=0.5, ratio=3),
    },
}


def simulated(factors):
    trial = Trial(**factors)
    block = trial.simulate_block(Streams(5, "c0", DATA, 0, REPLICATIONS))
    return trial, block.values[:, 0], block.shared["treatment"], block.shared["cluster"]


@pytest.mark.parametrize("name", DESIGNS)
def test_means_variances_and_covariances_are_as_stated(name):
    trial, y, treatment, cluster = simulated(DESIGNS[name])
    rest = y - trial.gamma00 - trial.gamma_treatment * treatment
    slope = trial.slope_variance or 0.0
    of_clusters = (
        np.where(treatment > 0, trial.tau2, 0.0) if trial.partially_nested else np.full(y.shape[1], trial.tau2)
    )
    between = of_clusters + treatment * (slope + 2 * (trial.covariance or 0.0))
    residual = np.full(y.shape[1], trial.sigma2)
    if isinstance(trial.residual_variance, Groups):
        residual = np.where(treatment > 0, 3.0, 1.0) * trial.sigma2 / np.mean(np.where(treatment > 0, 3.0, 1.0))
    found = {}
    for arm in (0, 1):
        rows = treatment == arm
        found[f"mean, arm {arm}"] = errors(rest[:, rows], 0.0)
        found[f"variance, arm {arm}"] = errors(rest[:, rows] ** 2, (between + residual)[rows])
        pairs = [
            (i, k) for i in np.flatnonzero(rows) for k in np.flatnonzero(rows) if i < k and cluster[i] == cluster[k]
        ]
        if pairs:
            i, k = np.transpose(pairs)
            found[f"covariance in a cluster, arm {arm}"] = errors(rest[:, i] * rest[:, k], between[i])
    assert residual.mean() == pytest.approx(trial.sigma2)
    assert beyond(found) == {}


@pytest.mark.parametrize("name", [name for name in DESIGNS if "residual" not in name])
def test_the_generating_model_recovers_the_truths(name):
    larger = {"cluster_size": 30} if "within" in name else {}  # or else variances are estimated as 0 too often
    trial = Trial(**{**DESIGNS[name], "n_clusters": 40, **larger})
    streams = Streams(6, "c0", DATA, 0, 1000)
    estimates = LinearMixedModel().fit_block(trial.simulate_block(streams), streams)
    truth = trial.truth()
    found = {label: errors(estimates.values[:, k, 0], truth[label]) for k, label in enumerate(estimates.estimands)}
    assert beyond(found) == {}


def test_sizes_drawn_in_every_replication_have_their_mean_in_both_arms():
    trial = Trial(**{**COMMON, "cluster_size": NegativeBinomial(mean=8, cv=0.6)})
    block = trial.simulate_block(Streams(7, "c0", DATA, 0, REPLICATIONS))
    treatment = block.values[:, block.names.index("treatment")]
    treated = treatment.sum(axis=1)
    assert beyond({"treated": errors(treated, 48.0), "controls": errors(block.rows - treated, 48.0)}) == {}


def test_covariates_of_rows_and_clusters_have_their_effects():
    covariates = Covariates(Covariate(name="age", effect=0.5), Covariate(name="urban", effect=-0.3, level=2))
    trial = Trial(**COMMON, covariates=covariates)
    streams = Streams(8, "c0", DATA, 0, 500)
    estimates = LinearMixedModel().fit_block(trial.simulate_block(streams), streams)
    found = {name: errors(estimates.values[:, k, 0], trial.truth()[name]) for k, name in enumerate(estimates.estimands)}
    assert beyond(found) == {}


@pytest.fixture(scope="module")
def rejections(tmp_path_factory):
    """The study of power with fewer replications: its conditions, and the share of rejections by method."""
    study = load_study(Path(__file__).parents[2] / "studies" / "cluster_trial_power.py")
    table = run(study, tmp_path_factory.mktemp("results"), replications=OF_THE_STUDY).performance
    rows = table.query("measure == 'rejection' and estimand == 'treatment'")
    return study.conditions, rows.set_index(["condition", "method"]).value


def test_power_is_that_of_the_noncentral_t_where_the_boundary_plays_no_part(rejections):
    conditions, found = rejections
    interior = {key: trial for key, trial in conditions.items() if probability_of_zero(trial) < 1e-3}
    assert len(interior) >= 10
    for key, trial in interior.items():
        exact = power(trial)
        mcse = math.sqrt(exact * (1 - exact) / OF_THE_STUDY)
        for method in ("Kenward-Roger", "Satterthwaite"):
            assert abs(found[key, method] - exact) < LIMIT * mcse + probability_of_zero(trial), (trial, method)


def test_at_the_boundary_kenward_roger_is_conservative_and_the_normal_distribution_is_not(rejections):
    conditions, found = rejections
    for key, trial in conditions.items():
        if trial.d == 0 and probability_of_zero(trial) > 0.1:
            assert found[key, "Kenward-Roger"] < found[key, "Satterthwaite"] + 1e-9
            assert found[key, "normal"] > found[key, "Satterthwaite"]
    (worst,) = (key for key, t in conditions.items() if (t.n_clusters, t.cluster_size, t.icc, t.d) == (6, 10, 0.05, 0))
    assert found[worst, "Kenward-Roger"] < 0.03

"""What the studies find, in some of their conditions and with fewer replications.

Limits are in Monte Carlo standard errors: 3.5 is a false alarm in one of 2,000 comparisons over the choice of a seed, a
few more where estimates are as skewed as variances of skewed effects; the seed is that of the study. Where a figure is
known from a formula, that is what is compared.
"""

import math
from dataclasses import replace

import numpy as np
import pytest
from pages import ROOT

from mcsim import load_study
from mcsim.measures import bias, coverage, difference_coverage, rejection, relative_error_model_se, relative_precision
from mcsim.methods.block_method import joined
from mcsim.model import QUANTITIES
from mcsim.streams import DATA, Streams
from mcsim.testing import check_method

LIMIT = 3.5
INTERCEPT_VARIANCE = "var_(Intercept)|cluster"


class Cell:
    """The replications of one condition of a study, and what its methods report of them."""

    def __init__(self, study, replications, **levels):
        (self.condition,) = (c for c in study.conditions.values() if all(getattr(c, n) == v for n, v in levels.items()))
        self.study, self.truth, self.streams = (
            study,
            self.condition.truth(),
            Streams(study.seed, "c", DATA, 0, replications),
        )
        block = self.condition.simulate_block(self.streams)
        self.block = replace(block, formula=self.condition.formula())

    def of(self, method, estimand):
        """The quantities of an estimand by their names, each (replications,)."""
        fitted = self.study.methods[method]
        if hasattr(fitted, "fit_block"):
            estimates = fitted.fit_block(self.block, self.streams)
        else:
            single = [fitted.fit(self.block.dataset(rep), None) for rep in range(len(self.block))]
            estimates = joined(single, single[0].estimands)
        values = estimates.values[:, estimates.estimands.index(estimand)]
        return dict(zip(QUANTITIES, values.T, strict=True))

    def bias(self, method, estimand):
        return bias(self.of(method, estimand)["estimate"], self.truth[estimand])

    def coverage(self, method, estimand):
        found = self.of(method, estimand)
        return coverage(found["lower"], found["upper"], truth=self.truth[estimand])


def near(measured, known):
    return abs(measured.value - known) < LIMIT * measured.mcse


def above(measured, known):
    return measured.value - known > LIMIT * measured.mcse


def below(measured, known):
    return known - measured.value > LIMIT * measured.mcse


@pytest.fixture(scope="module")
def non_normal():
    return load_study(ROOT / "studies" / "non_normal.py")


@pytest.fixture(scope="module")
def unequal():
    return load_study(ROOT / "studies" / "unequal_clusters.py")


@pytest.fixture(scope="module")
def endogenous():
    return load_study(ROOT / "studies" / "endogenous_predictor.py")


def hundred_clusters(study, kurtosis):
    """One hundred clusters of fifty with an intraclass correlation of .3; the distribution by its excess kurtosis."""
    names = {0: "Normal()", -1.2: "Uniform()", 3: "Laplace()", 12: "ChiSquare(df=1)"}
    (effects,) = {c.random_effects for c in study.conditions.values() if str(c.random_effects) == names[kurtosis]}
    tau2 = max(c.tau2 for c in study.conditions.values())
    return Cell(study, 1000, n_clusters=100, cluster_size=50, tau2=tau2, random_effects=effects)


def known_error_of_the_standard_error(kurtosis, *, tau2, sigma2, clusters, size):
    """In percent, of a variance between clusters, from the variance of the variance of clusters' means.

    With excess kurtosis k the variance of a sample variance is s^4 (k / J + 2 / (J - 1)); of the kurtosis of u0 a share
    of reliability^2 is left in the means. The model says s^4 2 / (J - 1), and is averaged over s^4.
    """
    true = kurtosis * (tau2 / (tau2 + sigma2 / size)) ** 2 / clusters + 2 / (clusters - 1)
    return 100 * (math.sqrt(2 / (clusters - 1) / true * (1 + true)) - 1)


@pytest.mark.parametrize("kurtosis", [0, -1.2, 3, 12])
def test_the_standard_error_of_an_intercept_variance_is_wrong_by_the_kurtosis_of_the_intercepts(non_normal, kurtosis):
    cell = hundred_clusters(non_normal, kurtosis)
    condition, found = cell.condition, cell.of("REML", INTERCEPT_VARIANCE)
    known = known_error_of_the_standard_error(
        kurtosis, tau2=condition.tau2, sigma2=condition.sigma2, clusters=100, size=50
    )
    assert near(relative_error_model_se(found["estimate"], found["std_error"]), known)
    assert near(bias(found["estimate"], condition.tau2), 0)


@pytest.mark.parametrize("estimand", ["(Intercept)", "x", "z", "x:z"])
def test_fixed_effects_of_skewed_random_effects_are_sound(non_normal, estimand):
    cell = hundred_clusters(non_normal, 12)
    found = cell.of("REML", estimand)
    assert near(cell.bias("REML", estimand), 0)
    assert near(relative_error_model_se(found["estimate"], found["std_error"]), 0)
    assert near(cell.coverage("REML", estimand), 0.95)


def test_robust_standard_errors_cover_a_variance_of_skewed_effects_better_and_not_well_enough(non_normal):
    cell = hundred_clusters(non_normal, 12)
    model, robust = (cell.of(method, INTERCEPT_VARIANCE) for method in ("REML", "robust"))
    limits = {"lower": robust["lower"], "upper": robust["upper"]}
    references = {"reference_lower": model["lower"], "reference_upper": model["upper"]}
    assert above(difference_coverage(**limits, **references, truth=cell.condition.tau2), 0.1)
    assert below(cell.coverage("robust", INTERCEPT_VARIANCE), 0.95)


def test_robust_standard_errors_are_those_of_full_matrices(non_normal):
    cell = Cell(non_normal, 1, **vars(next(iter(non_normal.conditions.values()))))
    data = cell.block.dataset(0)
    estimates = non_normal.methods["robust"].fit(data, None).values[0]
    np.testing.assert_allclose(estimates[:, 1], dense_sandwich(data.columns, estimates[:, 0]), rtol=1e-10)


def dense_sandwich(columns, estimate):
    """Standard errors from the covariance matrix V of each cluster and its derivatives, written out."""
    fixed, of_variances, informations = [], [], [np.zeros((4, 4)), np.zeros((4, 4))]
    for label in np.unique(columns["cluster"]):
        y, x, z = (columns[name][columns["cluster"] == label] for name in "yxz")
        one, X = np.ones_like(x), np.column_stack([np.ones_like(x), x, z, x * z])
        changes = [np.outer(one, one), np.outer(one, x) + np.outer(x, one), np.outer(x, x), np.eye(len(x))]
        inverse = np.linalg.inv(sum(value * change for value, change in zip(estimate[4:], changes, strict=True)))
        residual = inverse @ (y - X @ estimate[:4])
        fixed.append(X.T @ residual)
        of_variances.append([(residual @ D @ residual - np.trace(inverse @ D)) / 2 for D in changes])
        informations[0] += X.T @ inverse @ X
        informations[1] += [[np.trace(inverse @ D @ inverse @ E) / 2 for E in changes] for D in changes]
    errors = []
    for scores, information in zip((fixed, of_variances), informations, strict=True):
        spread = np.linalg.solve(information, (scores - np.mean(scores, axis=0)).T)
        errors.append(np.sqrt((spread**2).sum(axis=1)))
    return np.concatenate(errors)


def test_the_methods_that_studies_define_are_methods(non_normal, unequal):
    check_method(non_normal.methods["robust"], next(iter(non_normal.conditions.values())))
    for condition in [*unequal.conditions.values()][:2]:
        check_method(unequal.methods["cluster means"], condition)


def of_sizes(study, text, **levels):
    (size,) = {c.cluster_size for c in study.conditions.values() if str(c.cluster_size) == text}
    return Cell(study, 1000, cluster_size=size, n_clusters=30, tau2=0.25, **levels)


def test_unequal_sizes_alone_leave_every_interval_right_and_cost_least_squares_its_precision(unequal):
    cell = of_sizes(unequal, "SmallClusters(share=0.5, small=5, large=35)", informative_size=0.0)
    for method in ("mixed model", "cluster means", "OLS"):
        for estimand in ("(Intercept)", "z"):
            assert near(cell.bias(method, estimand), 0)
            assert near(cell.coverage(method, estimand), 0.95)
    model, least_squares = (cell.of(method, "z")["estimate"] for method in ("mixed model", "OLS"))
    assert below(relative_precision(least_squares, model), 0)


def test_with_informative_sizes_each_intercept_has_its_own_method_and_the_mixed_model_lies_between(unequal):
    cell = of_sizes(unequal, "NegativeBinomial(mean=20, cv=0.8)", informative_size=0.5)
    assert cell.truth["(Intercept)_unit"] == pytest.approx(0.5 * 0.8 * math.sqrt(0.25))
    assert near(cell.bias("cluster means", "(Intercept)"), 0)
    assert near(cell.coverage("cluster means", "(Intercept)"), 0.95)
    assert above(cell.bias("OLS", "(Intercept)"), 0.1)
    assert above(cell.bias("mixed model", "(Intercept)"), 0)
    assert below(cell.bias("mixed model of rows", "(Intercept)_unit"), 0)
    # A ratio of means: its bias falls with the number of clusters, and is a tenth of the distance with 30.
    assert abs(cell.bias("OLS of rows", "(Intercept)_unit").value) < 0.04
    assert near(cell.coverage("OLS of rows", "(Intercept)_unit"), 0.94)


def strongly_endogenous(study, **levels):
    return Cell(study, 1000, n_clusters=100, cluster_size=5, x_icc=0.3, **levels)


def test_an_endogenous_predictor_biases_a_mixed_model_and_not_what_is_estimated_within_clusters(endogenous):
    cell = strongly_endogenous(endogenous, endogeneity=0.6)
    assert above(cell.bias("mixed model", "x"), 0.05)
    assert below(cell.coverage("mixed model", "x"), 0.8)
    within = {"fixed effects": "x", "Mundlak": "x", "within-between": "x_within"}
    for method, estimand in within.items():
        assert near(cell.bias(method, estimand), 0)
        assert near(cell.coverage(method, estimand), 0.95)
    estimates = [cell.of(method, estimand)["estimate"] for method, estimand in within.items()]
    np.testing.assert_allclose(estimates[0], estimates[1], rtol=1e-7)
    np.testing.assert_allclose(estimates[0], estimates[2], rtol=1e-7)


def test_the_endogeneity_is_in_the_effect_of_the_cluster_means(endogenous):
    cell = strongly_endogenous(endogenous, endogeneity=0.6)
    known = 0.6 * math.sqrt(0.3 * 0.25) / (0.3 + 0.7 / 5)  # Cov(mean of x, u0) / Var(mean of x)
    for method, estimand in {"Mundlak": "x_mean", "within-between": "x_between"}.items():
        assert near(cell.bias(method, estimand), known)


def test_the_test_of_the_cluster_means_is_one_of_endogeneity(endogenous):
    size, power = (
        rejection(strongly_endogenous(endogenous, endogeneity=level).of("Mundlak", "x_mean")["p_value"], 0.95)
        for level in (0.0, 0.6)
    )
    assert near(size, 0.05)
    assert above(power, 0.8)

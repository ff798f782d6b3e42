"""The moments of growth curves are those that their factors state, at every pair of occasions, and fits recover them.

Each quantity is averaged over replications and compared with its expectation in Monte Carlo standard errors; see
`moments.LIMIT`.
"""

import numpy as np
import pytest
from moments import beyond, errors

from mcsim.mechanisms import (
    AR1,
    ChiSquare,
    CompoundSymmetric,
    Groups,
    Growth,
    LogLinear,
    Student,
    Times,
    Toeplitz,
    VaryingBetweenClusters,
)
from mcsim.methods import LinearMixedModel
from mcsim.streams import DATA, Streams

PERSONS, REPLICATIONS = 8, 4000
TIMES = np.array([0.0, 1.0, 2.0, 4.0])
TREATMENT = {0.5: [0, 1] * 4, 0.25: [0, 0, 0, 1] * 2}
COMMON = {"n_persons": PERSONS, "occasions": Times(*TIMES), "sigma2": 3.0, "gamma00": 2.0}
LINEAR = {"gamma10": 0.5, "tau2": 2.0, "slope_variance": 0.8, "covariance": -0.6}
QUADRATIC = {
    **LINEAR,
    "gamma20": -0.1,
    "quadratic_variance": 0.05,
    "intercept_quadratic_covariance": 0.1,
    "slope_quadratic_covariance": -0.12,
}
TREATED = {"gamma01": 0.4, "gamma11": 0.3, "gamma21": -0.2}
DESIGNS = {
    "no growth": {"tau2": 2.0},
    "no differences between persons": {"gamma10": 0.5, "gamma20": -0.1},
    "linear": LINEAR,
    "independent effects": {"tau2": 2.0, "slope_variance": 0.8, "quadratic_variance": 0.05},
    "quadratic": QUADRATIC,
    "treatment by time": {**QUADRATIC, **TREATED},
    "a quarter treated": {**LINEAR, **TREATED, "treated": 0.25},
    "perfectly correlated": {"tau2": 2.0, "slope_variance": 0.5, "covariance": 1.0},
    "AR(1) over unequal distances": {**LINEAR, "residual_correlation": AR1(rho=0.6)},
    "compound symmetry": {"tau2": 2.0, "residual_correlation": CompoundSymmetric(rho=0.3)},
    "Toeplitz": {**LINEAR, "residual_correlation": Toeplitz(0.5, 0.2)},
    "variance rising with time": {
        **LINEAR,
        "residual_variance": LogLinear(on="time", slope=0.3),
        "residual_correlation": AR1(rho=0.5),
    },
    "variance of the treated": {**LINEAR, **TREATED, "residual_variance": Groups(on="treatment", ratio=3, above=0.5)},
    "variances of persons": {**LINEAR, "residual_variance": VaryingBetweenClusters(cv=0.5)},
    "skewed effects": {**QUADRATIC, **TREATED, "random_effects": ChiSquare(df=15), "residuals": Student(df=9)},
}
CORRELATIONS = {
    "AR(1) over unequal distances": 0.6 ** np.abs(np.subtract.outer(TIMES, TIMES)),
    "compound symmetry": np.full((4, 4), 0.3) + 0.7 * np.eye(4),
    "Toeplitz": np.array([1, 0.5, 0.2, 0])[np.abs(np.subtract.outer(range(4), range(4)))],
    "variance rising with time": 0.5 ** np.abs(np.subtract.outer(TIMES, TIMES)),
}


def residual_covariances(name):
    """Of each person, (persons, occasions, occasions)."""
    variances = np.full((PERSONS, len(TIMES)), 3.0)
    if name == "variance rising with time":
        variances = variances * np.exp(0.3 * TIMES) / np.exp(0.3 * TIMES).mean()
    if name == "variance of the treated":
        variances = variances * np.where(np.array(TREATMENT[0.5]) == 1, 1.5, 0.5)[:, None]
    deviations = np.sqrt(variances)
    return CORRELATIONS.get(name, np.eye(len(TIMES))) * deviations[:, :, None] * deviations[:, None, :]


def covariances_of_persons(model):
    """What the random effects of a person contribute, (occasions, occasions)."""
    named = ("covariance", "intercept_quadratic_covariance", "slope_quadratic_covariance")
    both, quadratic, slopes = (getattr(model, name) or 0.0 for name in named)
    variances = (model.tau2, model.slope_variance or 0.0, model.quadratic_variance or 0.0)
    matrix = np.array([[0, both, quadratic], [both, 0, slopes], [quadratic, slopes, 0]]) + np.diag(variances)
    powers = np.vander(TIMES, 3, increasing=True)
    return powers @ matrix @ powers.T


def mean_of(model):
    """The expectation of y, (persons, occasions)."""
    own, change = (
        np.array([getattr(model, name) or 0.0 for name in names])
        for names in (("gamma00", "gamma10", "gamma20"), ("gamma01", "gamma11", "gamma21"))
    )
    treatment = np.array(TREATMENT[model.treated])[:, None]
    return (own + change * treatment) @ np.vander(TIMES, 3, increasing=True).T


@pytest.mark.parametrize("name", DESIGNS)
def test_means_and_covariances_of_every_pair_of_occasions_are_as_stated(name):
    model = Growth(**COMMON, **DESIGNS[name])
    block = model.simulate_block(Streams(3, "c0", DATA, 0, REPLICATIONS))
    rest = block.values[:, 0].reshape(REPLICATIONS, PERSONS, len(TIMES)) - mean_of(model)
    expected = covariances_of_persons(model) + residual_covariances(name)
    found = {}
    for arm in (0, 1):
        members = np.array(TREATMENT[model.treated]) == arm
        for i, one in enumerate(TIMES):
            found[f"mean at {one} in arm {arm}"] = errors(rest[:, members, i], 0.0)
            for k, other in enumerate(TIMES[: i + 1]):
                products = rest[:, members, i] * rest[:, members, k]
                found[f"covariance of {one} and {other} in arm {arm}"] = errors(products, expected[members, i, k])
    sums = rest.sum(-1)
    found["covariance between persons"] = errors(sums.sum(1) ** 2 - (sums**2).sum(1), 0.0)
    assert beyond(found) == {}


@pytest.mark.parametrize("shape", [LINEAR, QUADRATIC], ids=["linear", "quadratic"])
def test_fits_of_the_generating_model_are_unbiased(shape):
    model = Growth(n_persons=150, occasions=7, **shape, **(TREATED if shape is QUADRATIC else {}), sigma2=1.0)
    streams = Streams(4, "c0", DATA, 0, 500)
    fits = LinearMixedModel().fit_block(model.simulate_block(streams), streams)
    truth = model.truth()
    found = {name: errors(fits.values[:, k, 0], truth[name]) for k, name in enumerate(fits.estimands)}
    assert set(found) == {name for name in truth if not name.startswith(("sd_", "cor_", "sigma"))}
    assert beyond(found) == {}

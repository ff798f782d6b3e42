"""The moments of three-level data are those that its factors state, on each level, and fits recover them.

Each quantity is averaged over replications and compared with its expectation, given the predictors, in Monte Carlo
standard errors; see `moments.LIMIT`.
"""

import numpy as np
import pytest
from moments import beyond, errors

from mcsim.mechanisms import (
    AR1,
    Binary,
    ChiSquare,
    LogLinear,
    Mixture,
    NegativeBinomial,
    Sizes,
    Student,
    ThreeLevel,
    Times,
    Uniform,
    VaryingBetweenClusters,
)
from mcsim.methods import LinearMixedModel
from mcsim.streams import DATA, DESIGN, Streams

SCHOOLS, CLASSROOMS, SIZE, REPLICATIONS = 4, 3, 4, 4000
COMMON = {"n_schools": SCHOOLS, "school_size": CLASSROOMS, "sigma2": 3.0, "gamma000": 1.0}
INTERCEPTS = {"tau2": 2.0, "tau2_school": 1.0}
SLOPES = {"slope_variance": 1.5, "covariance": -1.2, "slope_variance_school": 0.7, "covariance_school": 0.6}
FIXED = {"gamma100": 0.3, "gamma010": 0.4, "gamma001": -0.5, "gamma110": 0.2, "gamma101": -0.3, "gamma011": 0.6}
SCALES = {"x_sd": 1.5, "z_sd": 0.5, "w_sd": 2.0}
DESIGNS = {
    "variance components": INTERCEPTS,
    "nothing between schools": {"tau2": 2.0},
    "nothing between classrooms": {"tau2_school": 2.0},
    "predictors on every level": {**INTERCEPTS, **FIXED, **SCALES},
    "slopes on both levels": {**INTERCEPTS, **SLOPES, **FIXED, **SCALES},
    "slope of schools alone": {**INTERCEPTS, "slope_variance_school": 0.7, "covariance_school": 0.8},
    "independent slope of classrooms": {**INTERCEPTS, "slope_variance": 2.0},
    "non-normal": {
        **INTERCEPTS,
        **SLOPES,
        **FIXED,
        "random_effects": ChiSquare(df=9),
        "random_effects_school": Student(df=9),
        "residuals": Mixture(share=0.1, sd_ratio=3),
        "x_distribution": Uniform(),
        "z_distribution": Binary(share=0.3),
        "w_distribution": ChiSquare(df=5),
    },
    "unequal residual variances": {**INTERCEPTS, **FIXED, "residual_variance": LogLinear(on="w", slope=0.4)},
    "residual variances of classrooms": {**INTERCEPTS, "residual_variance": VaryingBetweenClusters(cv=0.5)},
}


def simulated(factors, *, seed=5):
    mechanism = ThreeLevel(**COMMON, **factors)
    design = mechanism.design(Streams(seed, "c0", DESIGN, 0, 1).generator(0))
    block = mechanism.simulate_block(Streams(seed, "c0", DATA, 0, REPLICATIONS), design)
    shape = (REPLICATIONS, SCHOOLS, CLASSROOMS, -1)
    columns = {name: block.values[:, c].reshape(shape) for c, name in enumerate(block.names)}
    for name, values in block.shared.items():
        columns[name] = np.broadcast_to(values.reshape(shape[1:]), columns["y"].shape)
    return mechanism, columns


def rest_of(mechanism, columns):
    """What the fixed part leaves of y, and the columns x (or time), z and w."""
    zero = np.zeros_like(columns["y"])
    x, z, w = (columns.get(name, zero) for name in (mechanism.level_1, "z", "w"))
    products = {"000": 1, "100": x, "010": z, "001": w, "110": x * z, "101": x * w, "011": z * w}
    gammas = {place: getattr(mechanism, f"gamma{place}") or 0.0 for place in products}
    return columns["y"] - sum(gammas[place] * product for place, product in products.items()), x, z, w


def pairs(a, b):
    """The means of a_i b_k over pairs of rows of one classroom, and over those of two classrooms of one school."""
    within = a.sum(-1) * b.sum(-1) - (a * b).sum(-1)
    between = a.sum((-1, -2)) * b.sum((-1, -2)) - (a.sum(-1) * b.sum(-1)).sum(-1)
    size = a.shape[-1]
    return within / (size * (size - 1)), between / (CLASSROOMS * (CLASSROOMS - 1) * size**2)


def found_in(mechanism, columns):
    """The standard errors of all moments of the random part."""
    rest, x, z, w = rest_of(mechanism, columns)
    school = (mechanism.tau2_school, mechanism.covariance_school or 0.0, mechanism.slope_variance_school or 0.0)
    classroom = (mechanism.tau2, mechanism.covariance or 0.0, mechanism.slope_variance or 0.0)
    both, one, found = tuple(a + b for a, b in zip(school, classroom, strict=True)), np.ones_like(x), {}
    weights = {"1": one, "x": x} if x.any() else {"1": one}
    for a, of_a in weights.items():
        for b, of_b in weights.items():
            drawn = pairs(rest * of_a, rest * of_b)
            parts = (pairs(of_a, of_b), pairs(of_a * x, of_b), pairs(of_a, of_b * x), pairs(of_a * x, of_b * x))
            for level, place in (("classroom", 0), ("school", 1)):
                tau2, covariance, slope = both if level == "classroom" else school
                at = [part[place] for part in parts]
                expected = tau2 * at[0] + covariance * (at[1] + at[2]) + slope * at[3]
                found[f"covariance in a {level}, {a} and {b}"] = errors(drawn[place], expected)
    for name, predictor in {"the intercept": one, "x": x, "z": z, "w": w, "x:z": x * z, "x:w": x * w}.items():
        if predictor.any():
            found[f"effect of {name}"] = errors(rest * predictor, 0.0)
    means = rest.mean((-1, -2))
    found["covariance between schools"] = errors(means.sum(1) ** 2 - (means**2).sum(1), 0.0)
    return found, rest**2 - both[0] - 2 * both[1] * x - both[2] * x**2


@pytest.mark.parametrize("predictors", ["random", "fixed"])
@pytest.mark.parametrize("name", DESIGNS)
def test_fixed_part_variances_and_covariances_of_every_level_are_as_stated(name, predictors):
    mechanism, columns = simulated({"classroom_size": SIZE, **DESIGNS[name], "predictors": predictors})
    found, residual = found_in(mechanism, columns)
    if predictors == "random" or not mechanism.residual_variance.column():  # else their mean is that of the w drawn
        found["residual variance"] = errors(residual, mechanism.sigma2)
    assert beyond(found) == {}


@pytest.mark.parametrize("occasions", [SIZE, Times(0, 1, 2, 4)])
def test_occasions_of_students_have_the_stated_moments_and_residuals_that_depend_on_the_time_between_them(occasions):
    factors = {**INTERCEPTS, **SLOPES, "gamma100": 0.3, "gamma010": 0.4, "gamma110": 0.2}
    mechanism, columns = simulated({"occasions": occasions, **factors, "residual_correlation": AR1(rho=0.6)})
    rest, time, _, _ = rest_of(mechanism, columns)
    times, (school, found) = time[0, 0, 0], (1.0, {})
    for i, one in enumerate(times):
        for k, other in enumerate(times):
            of_schools = school + 0.6 * (one + other) + 0.7 * one * other
            of_students = 2.0 - 1.2 * (one + other) + 1.5 * one * other
            residual = 3.0 * 0.6 ** abs(one - other)
            found[f"one student, {one} and {other}"] = errors(
                rest[..., i] * rest[..., k], of_schools + of_students + residual
            )
            two = rest[:, :, :1, i] * rest[:, :, 1:, k]
            found[f"two students of a school, {one} and {other}"] = errors(two, of_schools)
        found[f"mean at {one}"] = errors(rest[..., i], 0.0)
    assert beyond(found) == {}


def test_predictors_have_the_stated_moments_on_their_levels():
    mechanism, columns = simulated({"classroom_size": SIZE, **INTERCEPTS, **FIXED, **SCALES})
    x, z, w = columns["x"], columns["z"][..., :1], columns["w"][..., :1, :1]
    assert (columns["z"] == z).all()
    assert (columns["w"] == w).all()
    found = {f"mean of {name}": errors(values, 0.0) for name, values in (("x", x), ("z", z), ("w", w))}
    for name, values in (("x", x), ("z", z), ("w", w)):
        found[f"variance of {name}"] = errors(values**2, SCALES[f"{name}_sd"] ** 2)
    for level, value in zip(("classroom", "school"), pairs(x, x), strict=True):
        found[f"covariance of x in a {level}"] = errors(value, 0.0)
    found["covariance of z in a school"] = errors(z.sum((-1, -2)) ** 2 - (z**2).sum((-1, -2)), 0.0)
    found |= {"x and z": errors(x * z, 0.0), "x and w": errors(x * w, 0.0), "z and w": errors(z * w, 0.0)}
    assert beyond(found) == {}
    assert mechanism.z_sd == 0.5


def test_classrooms_of_sizes_drawn_anew_have_effects_of_their_own_and_of_their_schools():
    mechanism = ThreeLevel(
        n_schools=4, school_size=Sizes(2, 3), classroom_size=NegativeBinomial(mean=5, cv=0.6), **INTERCEPTS, sigma2=3.0
    )
    block = mechanism.simulate_block(Streams(5, "c0", DATA, 0, REPLICATIONS))
    drawn = {"mean": [], "classroom": [], "school": [], "total": [], "size": []}
    for rep in range(REPLICATIONS):
        columns = block.dataset(rep).columns
        y, classroom = columns["y"], columns["classroom"] - 1
        sums, sizes = np.bincount(classroom, y), np.bincount(classroom)
        first, second = np.split(sums[[0, 2, 5, 7, 1, 3, 6, 8]] / sizes[[0, 2, 5, 7, 1, 3, 6, 8]], 2)
        products, large = sums**2 - np.bincount(classroom, y**2), sizes > 1
        drawn["mean"].append(np.mean(sums / sizes))
        drawn["classroom"].append(np.mean(products[large] / (sizes * (sizes - 1))[large]))
        drawn["school"].append(np.mean(first * second))
        drawn["total"].append(np.mean(np.bincount(classroom, y**2) / sizes))
        drawn["size"].append(sizes.mean())
    expected = {"mean": 0.0, "classroom": 3.0, "school": 1.0, "total": 6.0, "size": 5.0}
    assert beyond({name: errors(np.array(values), expected[name]) for name, values in drawn.items()}) == {}


def test_fits_of_the_generating_model_are_unbiased_on_every_level():
    mechanism = ThreeLevel(
        n_schools=15, school_size=8, classroom_size=10, **INTERCEPTS, **SLOPES, **FIXED, sigma2=3.0, gamma000=1.0
    )
    streams, method = Streams(5, "c0", DATA, 0, 500), LinearMixedModel()
    fits = method.fit_block(mechanism.simulate_block(streams), streams)
    truth = mechanism.truth()
    found = {name: errors(fits.values[:, k, 0], truth[name]) for k, name in enumerate(fits.estimands)}
    assert set(found) == {name for name in truth if not name.startswith(("sd_", "cor_", "sigma"))}
    assert beyond(found) == {}

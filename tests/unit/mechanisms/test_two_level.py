"""Two-level data: what is in it, in which order it is drawn, and what its factors may be."""

import math
import re
from itertools import product

import numpy as np
import pytest

from mcsim.formula import parse_formula, random_estimands
from mcsim.mechanisms import TwoLevel
from mcsim.streams import DATA, DESIGN, Streams
from mcsim.testing import check_mechanism

SMALL = {"n_clusters": 4, "cluster_size": 3}
NOTHING_ELSE = {"tau2": 2.0, "sigma2": 3.0, "gamma00": 2.0}
CROSS_LEVEL = {"gamma10": 0.3, "gamma01": 0.5, "gamma11": 0.7}
CORRELATED = {"slope_variance": 1.5, "covariance": -1.2}
DESIGNS = {
    "variance components": ({}, "y ~ 1 + (1 | cluster)", ("y",)),
    "level-1 predictor": ({"gamma10": 4}, "y ~ 1 + x + (1 | cluster)", ("y", "x")),
    "level-2 predictor": ({"gamma01": 3}, "y ~ 1 + z + (1 | cluster)", ("y", "z")),
    "both predictors": ({"gamma10": 4, "gamma01": 3}, "y ~ 1 + x + z + (1 | cluster)", ("y", "x", "z")),
    "independent slope": ({"gamma10": 5, "slope_variance": 3}, "y ~ 1 + x + (1 + x || cluster)", ("y", "x")),
    "correlated slope": ({"gamma10": 5, **CORRELATED}, "y ~ 1 + x + (1 + x | cluster)", ("y", "x")),
    "slope without a mean": (CORRELATED, "y ~ 1 + (1 + x | cluster)", ("y", "x")),
    "interaction alone": ({"gamma11": 1}, "y ~ 1 + x:z + (1 | cluster)", ("y", "x", "z")),
    "interaction without a mean slope": (
        {"gamma01": 1, "gamma11": 2},
        "y ~ 1 + z + z:x + (1 | cluster)",
        ("y", "x", "z"),
    ),
    "cross-level interaction": (
        {**CROSS_LEVEL, **CORRELATED},
        "y ~ 1 + x + z + x:z + (1 + x | cluster)",
        ("y", "x", "z"),
    ),
}


OTHER_NAMES = re.compile(
    r"x_|:|_unit|^x$"
)  # what else methods may name: centred predictors, interactions the other way


def streams(first=0, count=3, purpose=DATA):
    return Streams(7, "c0123456789ab", purpose, first, count)


def design_of(mechanism):
    return mechanism.design(streams(purpose=DESIGN).generator(0))


def by_hand(mechanism, normals, held):
    """The data set of the documented order of normals, written out in plain numpy."""
    clusters, rows = mechanism.n_clusters, mechanism.rows()
    cluster = np.repeat(np.arange(clusters), mechanism.cluster_size)
    taken = 0

    def take(count):
        nonlocal taken
        taken += count
        return normals[taken - count : taken]

    z = x = u1 = np.zeros(rows)
    if held is not None:
        x, z = held.get("x", x), held.get("z", z)
    else:
        if "z" in mechanism.columns():
            z = mechanism.z_sd * take(clusters)[cluster]
        if "x" in mechanism.columns():
            x = mechanism.x_sd * take(rows)
    n0 = take(clusters)
    if mechanism.slope_variance is not None:
        covariance, tau2 = mechanism.covariance or 0.0, mechanism.tau2
        on_u0 = covariance / math.sqrt(tau2) if tau2 > 0 else 0.0
        rest = mechanism.slope_variance - (covariance**2 / tau2 if tau2 > 0 else 0.0)
        u1 = (on_u0 * n0 + math.sqrt(max(rest, 0.0)) * take(clusters))[cluster]
    u0, e = (math.sqrt(mechanism.tau2) * n0)[cluster], math.sqrt(mechanism.sigma2) * take(rows)
    assert taken == len(normals)
    g10, g01, g11 = (gamma or 0.0 for gamma in (mechanism.gamma10, mechanism.gamma01, mechanism.gamma11))
    y = mechanism.gamma00 + g10 * x + g01 * z + g11 * x * z + u0 + u1 * x + e
    return {"y": y, "x": x, "z": z, "cluster": cluster + 1, "id": np.arange(1, rows + 1)}


@pytest.mark.parametrize("name", DESIGNS)
def test_formula_and_columns_follow_from_the_factors_that_are_given(name):
    factors, formula, numeric = DESIGNS[name]
    mechanism = TwoLevel(**SMALL, **NOTHING_ELSE, **factors)
    assert mechanism.formula() == formula
    assert mechanism.columns() == (*numeric, "cluster", "id")
    assert mechanism.rows() == 12


@pytest.mark.parametrize("predictors", ["random", "fixed"])
@pytest.mark.parametrize("name", DESIGNS)
def test_every_design_keeps_the_contract(name, predictors):
    check_mechanism(TwoLevel(**SMALL, **NOTHING_ELSE, **DESIGNS[name][0], predictors=predictors), replications=5)


@pytest.mark.parametrize("predictors", ["random", "fixed"])
@pytest.mark.parametrize("name", DESIGNS)
def test_a_data_set_is_put_together_from_normals_in_the_documented_order(name, predictors):
    mechanism = TwoLevel(**SMALL, **NOTHING_ELSE, **DESIGNS[name][0], x_sd=0.5, z_sd=2, predictors=predictors)
    held = design_of(mechanism)
    drawn = 12 + 4 * (1 + (mechanism.slope_variance is not None))
    if held is None:
        drawn += 12 * ("x" in mechanism.columns()) + 4 * ("z" in mechanism.columns())
    dataset = mechanism.simulate(streams().generator(1), held)
    expected = by_hand(mechanism, streams().generator(1).standard_normal(drawn), held)
    assert list(dataset.columns) == list(mechanism.columns())
    for column, values in dataset.columns.items():
        np.testing.assert_allclose(values, expected[column], rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("name", DESIGNS)
def test_the_components_add_up_to_the_outcome(name):
    mechanism = TwoLevel(**SMALL, **NOTHING_ELSE, **DESIGNS[name][0])
    dataset = mechanism.simulate(streams().generator(0))
    columns, parts = dataset.columns, dataset.components
    x, z = columns.get("x", 0.0), columns.get("z", 0.0)
    fixed = (
        parts["gamma00"] + parts.get("gamma10", 0) * x + parts.get("gamma01", 0) * z + parts.get("gamma11", 0) * x * z
    )
    np.testing.assert_allclose(fixed + parts["u0"] + parts.get("u1", 0.0) * x + parts["e"], columns["y"], rtol=1e-12)
    present = {"gamma00", "gamma10", "gamma01", "gamma11"} & set(parts)
    assert present == {f for f in ("gamma00", "gamma10", "gamma01", "gamma11") if getattr(mechanism, f) is not None}
    assert ("u1" in parts) == (mechanism.slope_variance is not None)
    assert all(len(parts[effect]) == 12 for effect in ("u0", "e"))


@pytest.mark.parametrize(("clusters", "size"), [*product((2, 3, 7, 20, 33), (1, 2, 5, 8, 17, 50, 101)), (500, 1)])
def test_the_block_form_has_the_bits_of_the_single_form_on_every_shape(clusters, size):
    for factors, predictors in product(({}, CORRELATED, {**CROSS_LEVEL, **CORRELATED}), ("random", "fixed")):
        mechanism = TwoLevel(
            n_clusters=clusters, cluster_size=size, **NOTHING_ELSE, **factors, x_sd=0.7, z_sd=1.3, predictors=predictors
        )
        held = design_of(mechanism)
        many = streams(first=2**32 - 1, count=3)
        block = mechanism.simulate_block(many, held)
        assert block.formula == mechanism.formula()
        for index in range(3):
            single = mechanism.simulate(many.generator(index), held)
            for column in mechanism.columns():
                assert block.dataset(index).columns[column].tobytes() == single.columns[column].tobytes(), column


def test_a_block_shares_what_all_replications_have_in_common():
    factors = {**SMALL, **CROSS_LEVEL}
    random, fixed = TwoLevel(**factors), TwoLevel(**factors, predictors="fixed")
    block = random.simulate_block(streams())
    assert (block.names, set(block.shared)) == (("y", "x", "z"), {"cluster", "id"})
    block = fixed.simulate_block(streams(), design_of(fixed))
    assert (block.names, set(block.shared)) == (("y",), {"x", "z", "cluster", "id"})
    assert block.values.shape == (3, 1, 12)
    assert (block.shared["cluster"].dtype, block.shared["id"].dtype) == (np.int64, np.int64)


def test_a_block_of_no_replications_is_empty():
    assert TwoLevel(**SMALL).simulate_block(streams(count=0)).values.shape == (0, 1, 12)


def test_only_fixed_predictors_that_exist_make_a_design():
    assert design_of(TwoLevel(**SMALL, gamma10=1)) is None
    assert design_of(TwoLevel(**SMALL, predictors="fixed")) is None
    held = design_of(TwoLevel(**SMALL, gamma01=1, predictors="fixed"))
    assert list(held) == ["z"]
    assert len(set(held["z"].tolist())) == 4


def test_a_fixed_design_is_that_of_the_first_replication_with_random_predictors():
    factors = {**SMALL, **CROSS_LEVEL, "x_sd": 2, "z_sd": 0.5}
    held = design_of(TwoLevel(**factors, predictors="fixed"))
    drawn = TwoLevel(**factors).simulate(streams(purpose=DESIGN).generator(0)).columns
    for name in ("x", "z"):
        np.testing.assert_array_equal(held[name], drawn[name])


def test_a_design_is_required_where_predictors_are_fixed_and_refused_elsewhere():
    fixed, random = TwoLevel(**SMALL, gamma10=1, predictors="fixed"), TwoLevel(**SMALL, gamma10=1)
    for draw, given in ((fixed.simulate, streams().generator(0)), (fixed.simulate_block, streams())):
        with pytest.raises(ValueError, match=r"held fixed: give the design that design\(rng\) draws"):
            draw(given)
    for draw, given in ((random.simulate, streams().generator(0)), (random.simulate_block, streams())):
        with pytest.raises(ValueError, match="nothing is held fixed under these factors"):
            draw(given, design_of(fixed))


@pytest.mark.parametrize("name", DESIGNS)
def test_there_is_a_truth_for_every_term_of_the_model(name):
    mechanism = TwoLevel(**SMALL, **NOTHING_ELSE, **DESIGNS[name][0])
    formula, truth = parse_formula(mechanism.formula()), mechanism.truth()
    expected = [*(term.label for term in formula.fixed), *random_estimands(formula.random), "var_residual"]
    assert list(truth)[: len(expected)] == expected
    rest = [label for label in list(truth)[len(expected) :] if not OTHER_NAMES.search(label)]
    assert all(label[:3] in {"sd_", "cor", "sig"} for label in rest)


def test_the_truths_are_the_generating_values_on_both_scales():
    truth = TwoLevel(**SMALL, **NOTHING_ELSE, **CROSS_LEVEL, **CORRELATED).truth()
    stated = {
        "(Intercept)": 2.0,
        "x": 0.3,
        "z": 0.5,
        "x:z": 0.7,
        "var_(Intercept)|cluster": 2.0,
        "cov_x.(Intercept)|cluster": -1.2,
        "var_x|cluster": 1.5,
        "var_residual": 3.0,
        "sd_(Intercept)|cluster": math.sqrt(2),
        "cor_x.(Intercept)|cluster": -1.2 / math.sqrt(3),
        "sd_x|cluster": math.sqrt(1.5),
        "sigma": math.sqrt(3),
    }
    assert {name: truth[name] for name in stated} == pytest.approx(stated)


def test_what_methods_make_of_predictors_has_its_truth():
    truth = TwoLevel(**SMALL, **NOTHING_ELSE, **CROSS_LEVEL, **CORRELATED).truth()
    for name, value in {"x_within": 0.3, "x_between": 0.3, "x_mean": 0.0, "x_centred": 0.3, "z:x": 0.7}.items():
        assert truth[name] == value
    assert truth["x_within:z"] == truth["z:x_centred"] == 0.7
    assert truth["var_x_within|cluster"] == 1.5
    assert truth["cov_x_within.(Intercept)|cluster"] == -1.2
    assert truth["(Intercept)_unit"] == 2.0


def test_x_has_no_truth_of_its_own_where_its_effects_within_and_between_clusters_differ():
    factors = {**SMALL, **NOTHING_ELSE, **CORRELATED, "gamma10": 0.3, "gamma10_between": 0.8, "x_icc": 0.2}
    truth = TwoLevel(**factors).truth()
    assert math.isnan(truth["x"])
    assert (truth["x_within"], truth["x_between"]) == (0.3, 0.8)
    assert truth["x_mean"] == pytest.approx(0.5)
    assert math.isnan(truth["cov_x_within.(Intercept)|cluster"])
    assert math.isnan(truth["cor_x_within.(Intercept)|cluster"])
    assert truth["cov_x_centred.(Intercept)|cluster"] == -1.2


def test_a_correlation_has_no_truth_where_a_variance_is_zero():
    truth = TwoLevel(**SMALL, tau2=0, slope_variance=1, covariance=0).truth()
    assert math.isnan(truth["cor_x.(Intercept)|cluster"])
    assert truth["cov_x.(Intercept)|cluster"] == 0


@pytest.mark.parametrize(("tau2", "slope_variance"), [(0.1, 0.3), (2, 3), (1e-300, 1e-300), (1e300, 1e300), (5, 1e-12)])
def test_effects_may_be_correlated_perfectly(tau2, slope_variance):
    largest = math.sqrt(tau2) * math.sqrt(slope_variance)
    mechanism = TwoLevel(**SMALL, tau2=tau2, slope_variance=slope_variance, covariance=-largest)
    assert mechanism.truth()["cor_x.(Intercept)|cluster"] == pytest.approx(-1)
    parts = mechanism.simulate(streams().generator(0)).components
    np.testing.assert_allclose(parts["u1"], -math.sqrt(slope_variance / tau2) * parts["u0"], rtol=1e-5)

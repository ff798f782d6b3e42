"""Two-level data: what is in it, in which order it is drawn, and what its factors may be."""

import math
from itertools import product

import numpy as np
import pytest

from mcsim.errors import ParameterError
from mcsim.formula import covariance_estimands, parse_formula
from mcsim.mechanisms import TwoLevel, two_level
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
    "cross-level interaction": (
        {**CROSS_LEVEL, **CORRELATED},
        "y ~ 1 + x + z + x:z + (1 + x | cluster)",
        ("y", "x", "z"),
    ),
}


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
    expected = [*(term.label for term in formula.fixed), *covariance_estimands(formula.random[0]), "var_residual"]
    assert list(truth)[: len(expected)] == expected
    assert all(label[:3] in {"sd_", "cor", "sig"} for label in list(truth)[len(expected) :])


def test_the_truths_are_the_generating_values_on_both_scales():
    truth = TwoLevel(**SMALL, **NOTHING_ELSE, **CROSS_LEVEL, **CORRELATED).truth()
    assert truth == pytest.approx(
        {
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
    )


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


def test_the_equation_shows_symbols_and_numbers():
    full = TwoLevel(**SMALL, **{**NOTHING_ELSE, **CROSS_LEVEL, **CORRELATED, "gamma01": -0.5}, predictors="fixed")
    assert full.equation() == (
        "level 1: y_ij = b0_j + b1_j x_ij + e_ij",
        "level 2: b0_j = gamma00 + gamma01 z_j + u0_j = 2 - 0.5 z_j + u0_j",
        "level 2: b1_j = gamma10 + gamma11 z_j + u1_j = 0.3 + 0.7 z_j + u1_j",
        "random effects: (u0_j, u1_j) ~ N(0, [tau2, covariance; covariance, slope_variance] = [2, -1.2; -1.2, 1.5])",
        "residuals: e_ij ~ N(0, sigma2 = 3)",
        "predictors: x_ij ~ N(0, x_sd^2 = 1^2), z_j ~ N(0, z_sd^2 = 1^2), drawn once, the same in every replication",
    )
    assert TwoLevel(**SMALL, **NOTHING_ELSE).equation() == (
        "level 1: y_ij = b0_j + e_ij",
        "level 2: b0_j = gamma00 + u0_j = 2 + u0_j",
        "random effects: u0_j ~ N(0, tau2 = 2)",
        "residuals: e_ij ~ N(0, sigma2 = 3)",
    )
    assert TwoLevel(**SMALL, slope_variance=4).equation()[2:4] == (
        "level 2: b1_j = u1_j",
        "random effects: u0_j ~ N(0, tau2 = 0), u1_j ~ N(0, slope_variance = 4), independent",
    )
    assert TwoLevel(**SMALL, gamma11=2).equation()[2] == "level 2: b1_j = gamma11 z_j = 2 z_j"


NUMBER = "a finite number"
BAD = [math.nan, math.inf, "1", True, [1]]


@pytest.mark.parametrize(
    ("factor", "values", "allowed"),
    [
        ("n_clusters", [1, 0, -3, 2.5, None, *BAD], "a whole number from 2 to 1000000000"),
        ("cluster_size", [0, -3, 2.5, None, 10**10, *BAD], "a whole number from 1 to 1000000000"),
        ("tau2", [-0.1, None, *BAD], f"{NUMBER}, at least 0"),
        ("slope_variance", [-0.1, *BAD], f"None or {NUMBER}, at least 0"),
        ("covariance", BAD, f"None or {NUMBER}"),
        ("sigma2", [0, -1, None, *BAD], f"{NUMBER}, above 0"),
        ("gamma00", [None, *BAD], NUMBER),
        *[(gamma, BAD, f"None or {NUMBER}") for gamma in ("gamma10", "gamma01", "gamma11")],
        ("x_sd", [0, -1, None, *BAD], f"{NUMBER}, above 0"),
        ("z_sd", [0, -1, None, *BAD], f"{NUMBER}, above 0"),
        ("predictors", ["both", 1, None, True], "one of 'random', 'fixed'"),
    ],
)
def test_an_impossible_factor_is_named_with_what_was_given_and_what_is_allowed(factor, values, allowed):
    for value in values:
        with pytest.raises(ParameterError) as caught:
            TwoLevel(**{**SMALL, factor: value})
        assert str(caught.value) == f"TwoLevel: {factor}: given {value!r}; allowed: {allowed}"


def test_a_covariance_needs_a_slope_variance():
    with pytest.raises(ParameterError) as caught:
        TwoLevel(**SMALL, covariance=1)
    assert str(caught.value) == (
        "TwoLevel: covariance: given 1 without a slope_variance; allowed: None, or give the slope_variance too"
    )


def test_a_covariance_too_large_for_the_variances_shows_the_smallest_eigenvalue():
    with pytest.raises(ParameterError) as caught:
        TwoLevel(**SMALL, tau2=4, slope_variance=1, covariance=-2.5)
    smallest = np.linalg.eigvalsh([[4, -2.5], [-2.5, 1]]).min()
    assert str(caught.value) == (
        "TwoLevel: covariance: given -2.5 with tau2 4 and slope_variance 1, a covariance matrix that is not positive "
        f"semi-definite (smallest eigenvalue {smallest:.4g}); allowed: 2 or less either way, the square root of "
        "tau2 * slope_variance"
    )


def test_a_data_set_that_would_not_fit_in_memory_is_refused_with_its_size(monkeypatch):
    monkeypatch.setattr(two_level, "_memory", lambda: 2 * 10 * 2**30)
    TwoLevel(n_clusters=2**15, cluster_size=10**4, gamma10=1)
    with pytest.raises(ParameterError) as caught:
        TwoLevel(n_clusters=2**26, cluster_size=40, gamma10=1)
    assert str(caught.value) == (
        "TwoLevel: n_clusters, cluster_size: given 67108864 and 40, data sets of 80 GiB each; allowed: at most half "
        "of this machine's memory, 10 GiB"
    )


def test_the_memory_of_the_machine_is_asked_for_and_has_a_stand_in(monkeypatch):
    assert two_level._memory() > 2**28

    def unknown(name):
        raise ValueError(name)

    monkeypatch.setattr(two_level.os, "sysconf", unknown)
    assert two_level._memory() == 16 * 2**30


def test_whole_numbers_may_be_written_as_floats():
    assert TwoLevel(n_clusters=20.0, cluster_size=np.float64(5)) == TwoLevel(n_clusters=20, cluster_size=5)

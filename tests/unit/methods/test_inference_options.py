"""Every option of the mixed model: both forms agree bit for bit, bad data are a status, bad options one message."""

import numpy as np
import pytest

from mcsim import Dataset, Status
from mcsim.errors import DataError, ParameterError
from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel
from mcsim.model import QUANTITIES
from mcsim.testing import check_method

CONDITION = TwoLevel(
    n_clusters=8, cluster_size=6, tau2=0.3, slope_variance=0.1, covariance=0.05, gamma10=0.5, gamma01=0.3
)
OPTIONS = [
    {"df": "residual"},
    {"df": "between_within"},
    {"df": "satterthwaite"},
    {"df": "kenward_roger"},
    {"df": "satterthwaite", "reml": False},
    {"intervals": "profile"},
    {"intervals": "profile", "scale": "sd", "reml": False},
    {"intervals": "profile_reml"},
    {"intervals": "bootstrap", "n_boot": 50, "scale": "sd"},
    {"tests": "likelihood_ratio"},
    {"tests": "likelihood_ratio", "reml": False, "intervals": "profile", "df": "satterthwaite"},
    {"scale": "sd"},
]
NAMES = [", ".join(f"{name}={value}" for name, value in options.items()) for options in OPTIONS]
FORMULA = "y ~ x + (1 + x | cluster)"


@pytest.mark.parametrize("options", OPTIONS, ids=NAMES)
def test_blocks_give_the_bits_of_single_fits(options):
    check_method(LinearMixedModel(**options), CONDITION, replications=6)


def data(**changed):
    rng = np.random.default_rng(1)
    cluster = np.repeat(np.arange(6), 5)
    x = rng.standard_normal(30)
    return {
        "y": 1 + 0.5 * x + rng.standard_normal(6)[cluster] + rng.standard_normal(30),
        "x": x,
        "cluster": cluster,
        **changed,
    }


BAD = {
    "one cluster left": (FORMULA, data(y=np.where(np.arange(30) < 5, data()["y"], np.nan)), "fewer than two clusters"),
    "collinear": ("y ~ x + w + (1 | cluster)", data(w=2 * data()["x"]), "linearly dependent"),
    "constant y": (FORMULA, data(y=np.full(30, 3.0)), "explain the response completely"),
    "enormous y": (FORMULA, data(y=np.full(30, 1e300)), "too large to square"),
    "all of x missing": (FORMULA, data(x=np.full(30, np.nan)), "no row is without a missing value"),
    "y without error": (FORMULA, data(y=2 * data()["x"] + data()["cluster"]), "explain the response completely"),
}


@pytest.mark.parametrize("options", OPTIONS, ids=NAMES)
@pytest.mark.parametrize("name", BAD)
def test_data_that_cannot_be_fitted_are_a_failed_fit_that_says_why(name, options):
    formula, columns, said = BAD[name]
    found = LinearMixedModel(formula, **options).fit(Dataset(columns), np.random.default_rng(1))
    assert set(found.status[0]) == {Status.FAILED}
    assert np.isnan(found.values).all()
    assert all(said in found.notes[0, k] for k in range(len(found.estimands)))


@pytest.mark.parametrize("options", OPTIONS, ids=NAMES)
@pytest.mark.parametrize("seed", range(8))
def test_tiny_and_singular_data_end_in_numbers_or_say_why_there_are_none(seed, options):
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(4), [1, 3, 4, 3])
    columns = {"y": rng.standard_normal(11).round(1), "x": rng.standard_normal(11), "cluster": cluster}
    found = LinearMixedModel("y ~ x + (1 + x | cluster)", **options).fit(Dataset(columns), rng)
    values = found.values[0]
    lower, upper = values[:, QUANTITIES.index("lower")], values[:, QUANTITIES.index("upper")]
    assert not (lower > upper).any()
    p_values = values[:, QUANTITIES.index("p_value")]
    assert ((p_values >= 0) & (p_values <= 1) | np.isnan(p_values)).all()
    if "profile" in options.get("intervals", "") and found.status[0, 0] <= Status.SINGULAR:
        for k in np.flatnonzero(np.isnan(lower) | np.isnan(upper)):
            assert "limit not found" in found.notes[0, k]


def test_rows_with_missing_values_leave_the_same_inference_as_without_them():
    columns = data()
    rows = np.arange(30) % 7 != 3
    gaps = {**columns, "x": np.where(rows, columns["x"], np.nan)}
    kept = {name: column[rows] for name, column in columns.items()}
    for options in OPTIONS:
        method = LinearMixedModel("y ~ 1 + (1 + x | cluster)", **options)
        one, other = (method.fit(Dataset(c), np.random.default_rng(1)).values for c in (gaps, kept))
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"df": "kenward_roger", "reml": False}, r"df: given 'kenward_roger' with reml=False; allowed: reml=True"),
        ({"df": "kenward"}, r"df: given 'kenward'; allowed: one of 'normal', 'residual', 'between_within'"),
        ({"intervals": "exact"}, r"intervals: given 'exact'; allowed: one of 'wald', 'profile'"),
        ({"tests": "score"}, r"tests: given 'score'; allowed: one of 'wald', 'likelihood_ratio'"),
        ({"scale": "sds"}, r"scale: given 'sds'"),
        ({"n_boot": 1}, r"n_boot: given 1; allowed: a whole number from 2"),
    ],
)
def test_a_bad_option_is_one_message(options, said):
    with pytest.raises(ParameterError, match=said):
        LinearMixedModel(**options)


def test_profile_limits_need_a_model_with_variance_parameters():
    method = LinearMixedModel("y ~ x", intervals="profile")
    assert "needs random effects" in method.misfits(CONDITION)[0]


def test_between_within_needs_more_clusters_than_effects_between_them():
    few = TwoLevel(n_clusters=2, cluster_size=6, tau2=0.3, gamma01=0.3)
    faults = LinearMixedModel(df="between_within").misfits(few)
    assert any("more than 2 clusters; given 2" in fault for fault in faults)


def test_crossed_factors_are_named_with_the_way_out():
    columns = data(item=np.tile(np.arange(5), 6))
    with pytest.raises(DataError, match=r"cluster and item are crossed.*Mixedlm"):
        LinearMixedModel("y ~ x + (1 | cluster) + (1 | item)").fit(Dataset(columns), np.random.default_rng())

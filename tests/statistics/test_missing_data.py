"""Values go missing at the stated rate, for the stated reason, and bias what theory says they bias.

Means over replications are compared with their expectations in Monte Carlo standard errors. The limit of 4.5 gives a
false alarm with probability 7e-6 a comparison, below 1e-3 in this whole file over the choice of a seed; the seed is
fixed.
"""

import math

import numpy as np
import pytest

from mcsim.mechanisms import MAR, MCAR, MNAR, Binary, ChiSquare, Dropout, LogNormal, Sizes, TwoLevel, incomplete
from mcsim.methods import LinearMixedModel
from mcsim.streams import DATA, Streams

CLUSTERS, SIZE, REPLICATIONS, LIMIT = 7, 5, 4000, 4.5
FACTORS = {"n_clusters": CLUSTERS, "cluster_size": SIZE, "gamma10": 0.5, "x_sd": 2.0, "gamma00": 3.0}
ROWS = {
    "completely at random": (MCAR(rate=0.23), CLUSTERS * SIZE),
    "given x": (MAR(rate=0.23, strength=3), CLUSTERS * SIZE),
    "given the last y seen": (MAR(rate=0.23, on="y"), CLUSTERS * (SIZE - 1)),
    "not at random": (MNAR(rate=0.23, strength=-2), CLUSTERS * SIZE),
    "in x": (MAR(rate=0.23, on="y", of="x"), CLUSTERS * SIZE),
}
SHAPES = {
    "normal": {},
    "skewed": {"residuals": ChiSquare(df=1), "x_distribution": LogNormal(log_sd=1.5)},
    "binary": {"x_distribution": Binary(share=0.1), "x_sd": 1.0},
}


def drawn(pattern, replications=REPLICATIONS, **factors):
    """Every column with its holes, and y and x without them, (replications, clusters, rows) or (replications, n)."""
    streams = Streams(3, "c0", DATA, 0, replications)
    factors = {**FACTORS, **factors}
    mechanism = incomplete(TwoLevel)(**factors, missing=pattern)
    block, whole = mechanism.simulate_block(streams), TwoLevel(**factors).simulate_block(streams)
    shape = (
        (replications, factors["n_clusters"], -1) if isinstance(factors["cluster_size"], int) else (replications, -1)
    )
    columns = {name: block.values[:, c].reshape(shape) for c, name in enumerate(block.names)}
    return columns, {name: whole.values[:, c].reshape(shape) for c, name in enumerate(whole.names)}


def errors(found, expected=0.0):
    """How many Monte Carlo standard errors the mean over replications lies from its expectation."""
    difference = found - expected
    return difference.mean() / (difference.std(ddof=1) / math.sqrt(len(difference)))


def gap(values, gone):
    """The mean where values are missing minus the mean where they are not, in each replication."""
    flat, gone = values.reshape(len(values), -1), gone.reshape(len(values), -1)
    return (flat * gone).sum(1) / gone.sum(1) - (flat * ~gone).sum(1) / (~gone).sum(1)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ROWS)
def test_exactly_the_stated_share_of_rows_goes_missing_whatever_the_distributions(name, shape):
    pattern, may = ROWS[name]
    columns, _ = drawn(pattern, **SHAPES[shape])
    counts = np.isnan(columns[pattern.of]).reshape(REPLICATIONS, -1).sum(1)
    assert set(counts) == {math.floor(pattern.rate * may), math.ceil(pattern.rate * may)}
    assert abs(errors(counts, pattern.rate * may)) < LIMIT


def test_rows_missing_completely_at_random_are_each_as_likely_and_have_nothing_in_common():
    columns, whole = drawn(MCAR(rate=0.23))
    gone = np.isnan(columns["y"])
    found = [errors(gone[:, j, i], 0.23) for j in range(CLUSTERS) for i in range(SIZE)]
    assert max(map(abs, found)) < LIMIT
    assert all(abs(errors(gap(whole[name], gone))) < LIMIT for name in ("y", "x"))


@pytest.mark.parametrize("strength", [-1.0, 1.0, 3.0])
def test_rows_missing_at_random_given_x_depend_on_x_and_given_x_not_on_y(strength):
    columns, whole = drawn(MAR(rate=0.23, strength=strength))
    gone = np.isnan(columns["y"])
    assert math.copysign(1, strength) * errors(gap(whole["x"], gone)) > 50
    assert abs(errors(gap(whole["y"] - 3 - 0.5 * whole["x"], gone))) < LIMIT


@pytest.mark.parametrize("strength", [0.5, 1.0, 3.0])
def test_x_weighs_as_much_as_its_strength_says(strength):
    columns, whole = drawn(MAR(rate=0.5, strength=strength), 300, n_clusters=40, cluster_size=50)
    gone = np.isnan(columns["y"]).reshape(300, -1)
    x = whole["x"].reshape(300, -1)
    inner = np.abs(x / x.std(1, keepdims=True)) < 0.5
    # Half are missing: P(missing | x) is Phi(strength x), of which this is the mean over the inner values.
    z = strength * (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)
    expected = np.vectorize(lambda at: 0.5 * math.erfc(-at / math.sqrt(2)))(z)
    for part in (inner & (x > 0), inner & (x < 0)):
        assert abs(errors(((gone - expected) * part).sum(1))) < LIMIT


def test_rows_missing_given_the_last_y_seen_depend_on_it_and_never_are_the_first():
    columns, whole = drawn(MAR(rate=0.3, on="y"))
    gone = np.isnan(columns["y"])
    assert not gone[:, :, 0].any()
    assert errors(gap(whole["y"][:, :, 0], gone[:, :, 1])) > 50
    assert abs(errors(gap(whole["y"][:, :, 1:], gone[:, :, 1:]))) < LIMIT  # without random effects rows are independent
    again = gone[:, :, 1] & gone[:, :, 2]
    assert abs(errors((again * (whole["y"][:, :, 1] - 3)).sum(1))) < LIMIT  # what is missing decides nothing


def test_values_missing_not_at_random_are_the_larger_ones_given_x():
    columns, whole = drawn(MNAR(rate=0.3))
    assert errors(gap(whole["y"] - 3 - 0.5 * whole["x"], np.isnan(columns["y"]))) > 50


@pytest.mark.parametrize("shape", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_the_hazard_of_dropping_out_is_the_stated_one_at_every_occasion(shape, strength):
    rate, occasions = 0.6, 6
    columns, whole = drawn(Dropout(rate=rate, shape=shape, strength=strength), cluster_size=occasions)
    gone = np.isnan(columns["y"])
    assert (gone[:, :, :-1] <= gone[:, :, 1:]).all()
    survival = (1 - rate) ** ((np.arange(occasions) / (occasions - 1)) ** shape)
    hazard = 1 - survival[1:] / survival[:-1]
    assert shape != 1.0 or np.ptp(hazard) < 1e-12
    within, leaves = (~gone).sum(1), np.diff(gone.sum(1), axis=1)
    assert (within[:, 0] == CLUSTERS).all()
    assert max(abs(errors(leaves[:, t] - hazard[t] * within[:, t])) for t in range(occasions - 1)) < LIMIT
    lost = gone[:, :, -1].sum(1)
    assert set(lost) == {math.floor(rate * CLUSTERS), math.ceil(rate * CLUSTERS)}
    assert abs(errors(lost, rate * CLUSTERS)) < LIMIT
    last = np.take_along_axis(whole["y"], np.maximum((~gone).sum(2) - 1, 0)[:, :, None], axis=2)[:, :, 0]
    later = errors(gap(last, gone[:, :, -1]))
    assert later > 20 if strength else abs(later) < LIMIT


def test_clusters_with_fewer_occasions_have_the_hazard_of_the_others():
    rate, sizes = 0.6, (2, 3, 6)
    columns, _ = drawn(Dropout(rate=rate), n_clusters=9, cluster_size=Sizes(*sizes))
    gone, first = np.isnan(columns["y"]), np.cumsum([0, *sizes * 3])[:-1]
    survival = (1 - rate) ** (np.arange(6) / 5)
    for j, size in enumerate(sizes * 3):
        for t in range(size):
            out = gone[:, first[j] + t]
            assert not out.any() if t == 0 else abs(errors(out, 1 - survival[t])) < LIMIT


@pytest.mark.parametrize(
    ("pattern", "biased"),
    [
        (MAR(rate=0.4, strength=2), False),
        (MAR(rate=0.4, on="y", strength=-2), False),
        (Dropout(rate=0.6, strength=2), False),
        (MNAR(rate=0.4, strength=2), True),
    ],
    ids=str,
)
def test_the_mixed_model_is_biased_if_and_only_if_what_is_missing_decides(pattern, biased):
    factors = {**FACTORS, "n_clusters": 50, "cluster_size": 10, "tau2": 0.5, "x_sd": 1.0, "missing": pattern}
    condition, streams = incomplete(TwoLevel)(**factors), Streams(3, "c0", DATA, 0, 2000)
    found = LinearMixedModel().fit_block(condition.simulate_block(streams), streams)
    assert len(found.notes) == 2000 * len(found.estimands)
    truth = condition.truth()
    off = {name: abs(errors(found.values[:, k, 0], truth[name])) for k, name in enumerate(found.estimands)}
    for name in ("(Intercept)", "x"):
        assert off[name] > 20 if biased else off[name] < LIMIT

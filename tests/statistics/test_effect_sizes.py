"""Data that are stated by effect sizes have them.

Each follows from moments of the data alone, which are compared in Monte Carlo standard errors. The limit of 4.5 gives a
false alarm with probability 7e-6 a comparison; the seed is fixed.
"""

import math

import pytest

from mcsim.mechanisms import TwoLevel
from mcsim.streams import DATA, Streams

CLUSTERS, SIZE, REPLICATIONS, LIMIT = 20, 5, 3000, 4.5
DESIGNS = {
    "all at once": (0.2, 0.1, 0.3, 0.05, 0.06, 0.4),
    "strong effects": (0.5, 0.3, 0.8, 0.2, 0.1, -0.8),
    "effects without size": (0.1, 0.0, 0.0, 0.0, 0.0, 0.0),
}
NAMES = ("icc", "r2_within", "r2_between", "r2_interaction", "slope_icc", "correlation")
X_SD, Z_SD, TOTAL = 1.5, 0.5, 4.0


def drawn(shares):
    """The columns y, x and z, (replications, clusters, rows), each in standard deviations."""
    mechanism = TwoLevel.from_effect_sizes(
        n_clusters=CLUSTERS,
        cluster_size=SIZE,
        x_sd=X_SD,
        z_sd=Z_SD,
        total_variance=TOTAL,
        **dict(zip(NAMES, shares, strict=True)),
    )
    block = mechanism.simulate_block(Streams(11, "c0", DATA, 0, REPLICATIONS))
    columns = dict(zip(block.names, block.values.swapaxes(0, 1), strict=True))
    y, x, z = (columns[name].reshape(REPLICATIONS, CLUSTERS, SIZE) for name in ("y", "x", "z"))
    return y / math.sqrt(TOTAL), x / X_SD, z / Z_SD


def pairs(a, b):
    """The mean of a_i b_k over the pairs i != k of each cluster."""
    return (a.sum(-1) * b.sum(-1) - (a * b).sum(-1)) / (SIZE * (SIZE - 1))


@pytest.mark.parametrize("design", DESIGNS)
def test_simulated_data_have_the_effect_sizes_that_were_stated(design):
    icc, within, between, interaction, slopes, correlation = DESIGNS[design]
    y, x, z = drawn(DESIGNS[design])
    fixed_x, fixed_z = math.sqrt(within * (1 - icc)), math.sqrt(between * icc)
    fixed_xz = math.sqrt(interaction * (1 - icc))
    covariance = correlation * math.sqrt((1 - between) * icc * slopes)
    moments = {
        "total variance": (y * y, 1),
        "variance between clusters": (pairs(y, y), icc),
        "effect of x": (x * y, fixed_x),
        "effect of z": (z * y, fixed_z),
        "effect of x:z": (x * z * y, fixed_xz),
        "slopes": (pairs(x * y, x * y), fixed_x**2 + fixed_xz**2 + slopes),
        "slopes and intercepts": (pairs(x * y, y), covariance + fixed_z * fixed_xz),
    }
    far = {}
    for name, (moment, share) in moments.items():
        of_data = moment.reshape(REPLICATIONS, -1).mean(axis=1)
        error = of_data.std(ddof=1) / math.sqrt(REPLICATIONS)
        far[name] = (of_data.mean() - share) / error
    assert {name: off for name, off in far.items() if not abs(off) < LIMIT} == {}

"""The generating equation stands in symbols and numbers."""

from mcsim.mechanisms import TwoLevel

SMALL = {"n_clusters": 4, "cluster_size": 3}
NOTHING_ELSE = {"tau2": 2.0, "sigma2": 3.0, "gamma00": 2.0}
CROSS_LEVEL = {"gamma10": 0.3, "gamma01": 0.5, "gamma11": 0.7}
CORRELATED = {"slope_variance": 1.5, "covariance": -1.2}


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

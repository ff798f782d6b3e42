"""How many clusters, and how large, does multilevel modelling need?

The design of Maas & Hox (2005), Sufficient sample sizes for multilevel modeling, Methodology 1(3), 86-92: non-coverage
of 95 % intervals of fixed effects and variances over 27 conditions, 1000 replications each, restricted maximum
likelihood. The paper draws x and z once; here they are drawn anew in every replication.
"""

from mcsim import Study, grid
from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel

SIGMA2 = 0.5


def at_icc(icc):
    """The nine conditions with one intraclass correlation: Var(u0) = Var(u1) = sigma2 icc / (1 - icc)."""
    variance = SIGMA2 * icc / (1 - icc)
    return grid(
        TwoLevel,
        n_clusters=[30, 50, 100],
        cluster_size=[5, 30, 50],
        tau2=variance,
        slope_variance=variance,
        covariance=0.0,
        sigma2=SIGMA2,
        gamma00=1.0,
        gamma10=0.3,
        gamma01=0.3,
        gamma11=0.3,
    )


study = Study(
    conditions=at_icc(0.1) + at_icc(0.2) + at_icc(0.3),
    methods={"REML": LinearMixedModel()},
    replications=1000,
    seed=2005,
)

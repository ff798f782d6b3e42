"""How many clusters does a cluster randomised trial need, and which test has the power that planning promises?

Half of the clusters are treated, and all are of one size. The formula of planning is that of the t test on cluster
means (Donner & Klar 2000): with J clusters of n, power is that of a noncentral t with J - 2 degrees of freedom and
noncentrality d / sqrt(4 (icc + (1 - icc) / n) / J). Here that test is least squares with CR2 standard errors and
Bell-McCaffrey degrees of freedom: with equal clusters and arms it is the same to the last digits.
"""

from mcsim import Study, grid
from mcsim.mechanisms import Trial
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares

study = Study(
    conditions=grid(
        Trial.from_effect_sizes,
        n_clusters=[10, 20, 40],
        cluster_size=[5, 20, 50],
        icc=[0.01, 0.05, 0.2],
        d=[0.0, 0.25, 0.5],
    ),
    methods={
        "cluster means": OrdinaryLeastSquares(covariance="CR2", df="bell_mccaffrey"),
        "Kenward-Roger": LinearMixedModel(df="kenward_roger"),
        "Satterthwaite": LinearMixedModel(df="satterthwaite"),
        "normal": LinearMixedModel(),
        "OLS": OrdinaryLeastSquares(),
    },
    replications=2000,
    seed=2000,
)

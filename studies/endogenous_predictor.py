"""How wrong is a mixed model whose predictor correlates with the random intercept, and what mends it?
"""

from mcsim import Study, grid
from mcsim.mechanisms import TwoLevel
from mcsim.methods import FixedEffects, LinearMixedModel, OrdinaryLeastSquares

study = Study(
    conditions=grid(
        TwoLevel,
        n_clusters=[20, 100],
        cluster_size=[5, 50],
        tau2=0.25,
        gamma10=0.5,
        x_icc=[0.1, 0.3],
        endogeneity=[0.0, 0.3, 0.6],
    ),
    methods={
        "mixed model": LinearMixedModel(df="satterthwaite"),
        "OLS": OrdinaryLeastSquares(covariance="CR2", df="bell_mccaffrey"),
        "fixed effects": FixedEffects(),
        "Mundlak": LinearMixedModel("y ~ x + x_mean + (1 | cluster)", df="satterthwaite"),
        "within-between": LinearMixedModel("y ~ x_within + x_between + (1 | cluster)", df="satterthwaite"),
    },
    replications=2000,
    seed=1978,
)

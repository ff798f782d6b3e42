"""How wrong is a mixed model whose predictor correlates with the random intercept, and what mends it?

The part of x that clusters share correlates with the random intercept (endogeneity), so that fixed and random effects
disagree (Hausman 1978, Econometrica 46, 1251-1271). The effect of x is 0.5, within clusters and between. Beside the
cluster mean, x has the effect within clusters, and the test of the mean is one of endogeneity (Mundlak 1978,
Econometrica 46, 69-85).

What came out, with 100 clusters, 30 % of the variance of x between them and a correlation of .6: the mixed model is
biased by .101 (MCSE .001) with clusters of 5 and covers .50 (.01), and by .017 (.0004) with clusters of 50, where it
covers .825 (.008) still. Fixed effects and the mixed models with cluster means give the same estimates, biased by -.001
(.001) and covering .946 (.005). What they leave out is in the effect of the means: x_mean is off by .376 (.002), which
is Cov(mean of x, u0) / Var(mean of x) = .373. Its test rejects .043 (.005) without and .917 (.006) with endogeneity.
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

"""How much power has a cluster randomised trial, and which analysis keeps its level?

Half of the clusters are treated. Clusters, persons in each and the intraclass correlation (icc) vary, with no effect
and with an effect of half a standard deviation (d). Kenward-Roger and Satterthwaite degrees of freedom, the normal
distribution, and least squares with cluster-robust errors (CR2, Bell-McCaffrey) are compared.

What came out: where the intercept variance is not estimated as 0, all but the normal distribution have the power of the
noncentral t with J - 2 degrees of freedom (10 clusters of 50, icc .2: .323, MCSE .005; exact .323). With 6 clusters of
10 and icc .05 it is 0 in 37 % of trials: Kenward-Roger then rejects 1.6 % (MCSE 0.1) of true hypotheses and finds the
effect in 15.5 % (0.4) of trials, Satterthwaite 4.6 % (0.2) and 23.7 % (0.4); the t test of cluster means 5 and 23.8 %.
The normal distribution rejects up to 11.6 % (0.3) of true hypotheses.
"""

from mcsim import Study, grid
from mcsim.mechanisms import Trial
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares

study = Study(
    conditions=grid(
        Trial.from_effect_sizes,
        n_clusters=[6, 10, 20, 40],
        cluster_size=[10, 50],
        icc=[0.05, 0.2],
        d=[0.0, 0.5],
    ),
    methods={
        "Kenward-Roger": LinearMixedModel(df="kenward_roger"),
        "Satterthwaite": LinearMixedModel(df="satterthwaite"),
        "normal": LinearMixedModel(),
        "OLS CR2": OrdinaryLeastSquares(covariance="CR2", df="bell_mccaffrey"),
    },
    replications=10_000,
    seed=2007,
)

"""How well does each of the tutorial's four models recover its parameters, and what does ignoring the clusters cost?

The four models of "Simulating Multilevel Data" (University of Virginia Library) with the tutorial's parameters, each
over other numbers and sizes of clusters and other variances than the tutorial's single data set: how far bias, RMSE,
coverage and power depend on them, for restricted and full maximum likelihood, and for least squares.
"""

from mcsim import Study, grid
from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares

# The tutorial has 20 clusters of 50, tau2 = 5 and sigma2 = 3.
clusters = {"n_clusters": [10, 20, 50], "cluster_size": [10, 50]}
variances = {"tau2": [1.0, 5.0], "sigma2": 3.0}

# Variance components: y = 2 + u0 + e
variance_components = grid(TwoLevel, **clusters, **variances, gamma00=2.0)

# Random intercept: y = 2 + 4 x + 3 z + u0 + e, with z of standard deviation 3
random_intercept = grid(TwoLevel, **clusters, **variances, gamma00=2.0, gamma10=4.0, gamma01=3.0, z_sd=3.0)

# Random slope: y = 2 + (5 + u1) x + u0 + e. With covariance 0 the slope is independent of the intercept, and the model
# that is fitted estimates the covariance all the same, as the tutorial's does; with 1 the two are drawn together.
random_slope = grid(
    TwoLevel,
    **clusters,
    **variances,
    gamma00=2.0,
    gamma10=5.0,
    slope_variance=[1.0, 3.0],
    covariance=[0.0, 1.0],
    where=lambda c: c.covariance**2 < c.tau2 * c.slope_variance,  # leaves out a correlation of 1
)

study = Study(
    conditions=variance_components + random_intercept + random_slope,
    methods={"REML": LinearMixedModel(), "ML": LinearMixedModel(reml=False), "OLS": OrdinaryLeastSquares()},
    replications=1000,
    seed=20230913,
)

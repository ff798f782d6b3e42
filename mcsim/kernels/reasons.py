"""Why a model could not be fitted; the codes and their texts."""

OK = 0
NOT_FINITE = 1
TOO_FEW_ROWS = 2
TOO_FEW_CLUSTERS = 3
TOO_MANY_RANDOM = 4
X_DEPENDENT = 5
Z_DEPENDENT = 6
NO_VARIATION = 7
PERFECT_FIT = 8
NOT_IDENTIFIED = 9
NO_OPTIMUM = 10
NO_ROWS = 11
CONSTANT_WITHIN = 12
ABSORBED = 13
NO_ROBUST_VARIANCE = 14
PARTLY_ALONE = 15

REASONS = (
    "",
    "a value is infinite, or too large to square",
    "as many fixed effects as rows, or more",
    "fewer than two clusters",
    "as many random effects as rows, or more",
    "the fixed effects are linearly dependent",
    "the predictors of the random effects are linearly dependent",
    "the fixed effects explain the response completely",
    "fixed and random effects explain the response completely: the residual variance is zero",
    "the data do not identify the variances",
    "no optimum was found",
    "no row is without a missing value",
    "constant within every cluster: not to be told from the clusters' own intercepts",
    "the clusters' own intercepts take its place",
    "the residuals of every cluster cancel: the cluster-robust variance is zero",
    "some cluster alone determines part of this effect: the cluster-robust standard error leaves that part out",
)
"""Texts of the codes."""

FINE, SINGULAR, NOT_CONVERGED, FAILED = range(4)
"""How a fit ended, as the codes of `mcsim.model.Status`."""

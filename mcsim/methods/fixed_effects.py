"""The cluster as a covariate: regression within clusters."""

from dataclasses import dataclass
from typing import ClassVar

from mcsim.methods.regression import Regression


@dataclass(frozen=True, kw_only=True)
class FixedEffects(Regression):
    """Regression on the fixed effects of a formula with an intercept for every cluster (within estimator).

    Equals least squares with a dummy variable for each cluster, computed from deviations from the means of clusters
    (Wooldridge 2010, Econometric Analysis of Cross Section and Panel Data, 2nd ed., sec. 10.5). The formula's own
    intercept, and predictors that are constant within every cluster, are skipped with the reason in the note. Nothing
    else is: products of a level-1 and a level-2 predictor have their coefficient.

    Standard errors are those of the regression with dummy variables: sigma^2 has n - J - p degrees of freedom, of n
    rows, J clusters and p coefficients beside the dummies, and CR1S the factor J / (J - 1) * (n - 1) / (n - J - p).
    Rows with a missing value or without a cluster are left out and counted in the note. Linearly dependent
    predictors, no degree of freedom left, fewer than two clusters and a response without variation within them are a
    failed fit. An effect whose robust standard error is zero because residuals cancel in every cluster has failed by
    itself.

    Parameters
    ----------
    formula : str, optional
        Its random effects are ignored; without one, the formula of the model that generated the data.
    covariance : str, optional
        The covariance matrix: classical, CR0, CR1, CR1S or CR2, as in `OrdinaryLeastSquares`.
    df : str, optional
        The degrees of freedom: residual, n - J - p; clusters, J - 1; bell_mccaffrey, with CR2 only.
    cluster : str, optional
        The column that says which cluster a row is in; those of ``x_between`` are the formula's, if it has random
        effects.
    level : float, optional
        The confidence level of the intervals.

    Raises
    ------
    ParameterError
        If an option is none of the words, or bell_mccaffrey is asked for without CR2.
    """

    within: ClassVar[bool] = True

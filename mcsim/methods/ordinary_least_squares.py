"""Ordinary least squares: what ignoring the clusters costs, and what robust standard errors win back."""

from dataclasses import dataclass

from mcsim.methods.regression import Regression


@dataclass(frozen=True, kw_only=True)
class OrdinaryLeastSquares(Regression):
    """Regression on the fixed effects of a formula, as if rows of one cluster were independent.

    Reports every fixed effect with its standard error and t interval. The classical standard error believes in the
    independence; the cluster-robust ones do not (Liang & Zeger 1986, Biometrika 73, 13-22). With J clusters, n rows
    and p fixed effects CR1 is CR0 times J / (J - 1), CR1S, Stata's, that times (n - 1) / (n - p). CR2 and its degrees
    of freedom `bell_mccaffrey` correct for few clusters (Bell & McCaffrey 2002, Survey Methodology 28, 169-181, with
    independent errors as the working model), as clubSandwich does.

    Rows with a missing value are left out and counted in the note; where clusters are needed that is also rows
    without one. Linearly dependent fixed effects, as many of them as rows, and, where clusters are needed, fewer than
    two of them or a response without residuals, are a failed fit. Without clusters a response without residuals is
    fitted and noted. An effect whose robust standard error is zero because residuals cancel in every cluster has
    failed by itself; where one cluster alone determines part of an effect the note says so.

    Parameters
    ----------
    formula : str, optional
        Its random effects are ignored; without one, the formula of the model that generated the data.
    covariance : str, optional
        The covariance matrix: classical, CR0, CR1, CR1S or CR2.
    df : str, optional
        The degrees of freedom: residual, n - p; clusters, J - 1; bell_mccaffrey, with CR2 only.
    cluster : str, optional
        The column that says which cluster a row is in; those of ``x_between`` are the formula's, if it has random
        effects. Not needed by classical with residual and no such means.
    level : float, optional
        The confidence level of the intervals.

    Raises
    ------
    ParameterError
        If an option is none of the words, or bell_mccaffrey is asked for without CR2.
    """

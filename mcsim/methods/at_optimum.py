"""The inferences of a mixed model that are drawn while its optimum is at hand, each as a call after a fit.

Each function takes where to write, and returns what `fit_mixed_models` calls with the layout, the workspace and the
replication.
"""

from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.methods.mixed_model import Model
from mcsim.methods.variance_scale import to_sd
from mcsim.model import Floats

if TYPE_CHECKING:
    from mcsim.kernels.mixed_model import After
    from mcsim.methods.block_method import Draws
    from mcsim.methods.linear_mixed_model import LinearMixedModel


def size(model: Model) -> int:
    """The number of (co)variances."""
    from mcsim.kernels.layout import directions

    return len(directions(model.terms.blocks.tolist()))


def satterthwaite(df: Floats) -> "After":
    """Write the degrees of freedom, df (R, p)."""
    from mcsim.kernels.satterthwaite import satterthwaite_df

    return lambda layout, work, rep: satterthwaite_df(layout, work, df[rep])


def kenward_roger(df: Floats, beta_cov: Floats) -> "After":
    """Write the degrees of freedom, df (R, p), and the adjusted covariance matrix, beta_cov (R, p, p)."""
    from mcsim.kernels.kenward_roger import kenward_roger as adjust
    from mcsim.kernels.layout import X_FAMILY
    from mcsim.kernels.workspace import LENGTHS, N

    def call(layout: Any, work: Any, rep: int) -> None:
        out = np.empty((1 + layout.p, layout.p))
        y_variance = work.vectors[LENGTHS, layout.orders[X_FAMILY, layout.p]] / work.counts[N]
        adjust(layout, work, y_variance, out)
        df[rep], beta_cov[rep] = out[0], out[1:]

    return call


def covariance_tests(rises: Floats) -> "After":
    """Write by how much the criterion is higher without each covariance, rises (R, k)."""
    from mcsim.kernels.no_covariance import rises_without_covariance

    def call(layout: Any, work: Any, rep: int) -> None:
        if layout.directions.shape[0] > layout.q:
            kept = _factor(work)
            rises_without_covariance(layout, work, rises[rep])
            _restore(layout, work, kept)

    return call


def profile(model: Model, options: "LinearMixedModel", limits: Floats) -> "After":
    """Write the profile limits of fixed effects and (co)variances, limits (R, p + k + 1, 4)."""
    from mcsim.kernels.layout import lay_out
    from mcsim.kernels.profile import fixed_limits, variance_limits

    by_ml = lay_out(model.terms, reml=False)
    by_criterion = lay_out(model.terms, options.intervals == "profile_reml")
    quantile = NormalDist().inv_cdf((1 + options.level) / 2)
    scale = (quantile, options.scale == "sd")

    def call(layout: Any, work: Any, rep: int) -> None:
        kept = _factor(work)
        variance_limits(by_criterion, work, scale, limits[rep, layout.p :])
        fixed_limits(by_ml, work, quantile, limits[rep, : layout.p])
        _restore(layout, work, kept)

    return call


def percentiles(model: Model, options: "LinearMixedModel", draws: "Draws", limits: Floats) -> "After":
    """Write the percentile limits of a parametric bootstrap, limits (R, p + k + 1, 4), and how many fits failed.

    Of B fits that did not fail, a limit at probability a is the (B + 1) a-th smallest estimate, between two of them if
    that is no whole number (Davison & Hinkley 1997, Bootstrap Methods and Their Application, eq. 5.6).
    """
    from mcsim.kernels.bootstrap import bootstrap
    from mcsim.kernels.layout import FIXED, X_FAMILY
    from mcsim.kernels.workspace import HALF, LENGTHS, NUMBERS, ROOT_X, SIGMA2, N

    tails = [(1 - options.level) / 2, (1 + options.level) / 2]

    def call(layout: Any, work: Any, rep: int) -> None:
        p, q, k = layout.p, layout.q, len(layout.directions)
        y_scale = np.sqrt(work.vectors[LENGTHS, layout.orders[X_FAMILY, p]] / work.counts[N])
        beta, half = np.empty(p), work.small[HALF]
        beta[layout.orders[FIXED, :p]] = half[:p, p] + y_scale * (half[:p, :p] @ work.small[ROOT_X, p, :p])
        sigma = y_scale * np.sqrt(work.vectors[NUMBERS, SIGMA2])
        drawn = bootstrap(layout, work, draws(rep), options.n_boot)
        drawn = drawn[~np.isnan(drawn[:, 0])]
        sigma2, of_beta = sigma * sigma, drawn[:, 2 : 2 + p]
        first = 2 + p + p * p + k
        Sigma = drawn[:, first : first + q * q].reshape(-1, q, q)
        rows, columns = layout.reported.T
        variances = sigma2 * np.column_stack([Sigma[:, rows, columns], drawn[:, 1] ** 2])
        if options.scale == "sd":
            variances = to_sd(variances, model.terms.blocks)
        estimates = np.column_stack([beta + sigma * of_beta, variances])
        for place, column in enumerate(estimates.T):
            known = column[~np.isnan(column)]
            if len(known):
                limits[rep, place, :2] = np.quantile(known, tails, method="weibull")
        limits[rep, :, 2:] = options.n_boot - len(drawn)

    return call


def _factor(work: Any) -> Floats:
    from mcsim.kernels.workspace import FACTOR

    kept: Floats = work.small[FACTOR].copy()
    return kept


def _restore(layout: Any, work: Any, factor: Floats) -> None:
    from mcsim.kernels.profile import refit

    refit(layout, work, factor)

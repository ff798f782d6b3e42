"""From a fitted mixed model to the quantities of its estimands: estimates, standard errors, df, intervals, p-values."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.methods import at_optimum, degrees_of_freedom
from mcsim.methods.block_method import Draws
from mcsim.methods.likelihood_ratio import fixed_effect_p_values, variance_p_values
from mcsim.methods.mixed_model import Model
from mcsim.model import QUANTITIES, Floats, Status

if TYPE_CHECKING:
    from mcsim.kernels.mixed_model import After, MixedModelFits
    from mcsim.methods.linear_mixed_model import LinearMixedModel

_FAILED = int(Status.FAILED)
_ENDS = ("", "at the boundary", "not found")
_ESTIMATE, _STD_ERROR, _DF, _LOWER, _UPPER, _P_VALUE = range(len(QUANTITIES))


class Inference(NamedTuple):
    """The fits of R replications and what follows from them."""

    fits: "MixedModelFits"
    values: Floats
    """(R, p + k + 1, 6) the quantities of the fixed effects, the (co)variances and the residual variance."""
    beta_cov: Floats
    """(R, p, p) the covariance matrix of the fixed effects, adjusted under Kenward-Roger."""
    remarks: dict[tuple[int, int], str]
    """What a reader should know of a limit, by replication and estimand."""


class _Room(NamedTuple):
    """What is written while the replications are fitted one after the other; NaN where nothing is."""

    df: Floats
    """(R, p)"""
    beta_cov: Floats
    """(R, p, p)"""
    rises: Floats
    """(R, k)"""
    limits: Floats
    """(R, p + k + 1, 4) limits, and how they ended."""


def infer(model: Model, options: "LinearMixedModel", draws: Draws) -> Inference:
    """Fit a model to every replication and draw every inference that is asked for.

    Parameters
    ----------
    model : Model
        The model and its data.
    options : LinearMixedModel
        Which inferences.
    draws : callable
        The generator of a replication, by its index; asked only for a bootstrap.
    """
    R, p = model.columns.own.shape[0], len(model.terms.fixed)
    k = at_optimum.size(model)
    room = _Room(*(np.full((R, *shape), np.nan) for shape in ((p,), (p, p), (k,), (p + k + 1, 4))))
    after: list[After] = []
    if options.df == "satterthwaite":
        after.append(at_optimum.satterthwaite(room.df))
    if options.df == "kenward_roger":
        after.append(at_optimum.kenward_roger(room.df, room.beta_cov))
    if options.tests == "likelihood_ratio":
        after.append(at_optimum.covariance_tests(room.rises))
    if options.intervals in {"profile", "profile_reml"}:
        after.append(at_optimum.profile(model, options, room.limits))
    if options.intervals == "bootstrap":
        after.append(at_optimum.percentiles(model, options, draws, room.limits))
    fits = model.fit(reml=options.reml, after=after)
    return _put_together(model, options, fits, room)


def _put_together(model: Model, options: "LinearMixedModel", fits: "MixedModelFits", room: _Room) -> Inference:
    from mcsim.methods.variance_scale import on_scale

    p = len(model.terms.fixed)
    beta_cov = room.beta_cov if options.df == "kenward_roger" else fits.beta_cov
    values = np.full((*room.limits.shape[:2], len(QUANTITIES)), np.nan)
    values[:, :p, _ESTIMATE] = fits.beta
    values[:, :p, _STD_ERROR] = np.sqrt(np.diagonal(beta_cov, axis1=1, axis2=2))
    values[:, p:, _ESTIMATE], values[:, p:, _STD_ERROR] = on_scale(fits, model.terms.blocks, options.scale)
    values[:, :p, _DF] = _degrees(model, options, fits, room.df)
    _set_wald(values, p, options.level)
    if options.tests == "likelihood_ratio":
        values[:, :p, _P_VALUE] = fixed_effect_p_values(model)
        values[:, p:-1, _P_VALUE] = variance_p_values(model, fits, room.rises, reml=options.reml)
    remarks: dict[tuple[int, int], str] = {}
    if options.intervals != "wald":
        values[:, :, _LOWER], values[:, :, _UPPER] = room.limits[:, :, 0], room.limits[:, :, 1]
        remarks = _remarks(options, room.limits, fits)
    values[fits.status == _FAILED] = np.nan
    return Inference(fits, values, beta_cov, remarks)


def _degrees(model: Model, options: "LinearMixedModel", fits: "MixedModelFits", computed: Floats) -> Floats:
    """(R, p) the degrees of freedom; NaN under `normal`."""
    if options.df == "residual":
        return degrees_of_freedom.residual(model, fits)
    if options.df == "between_within":
        return degrees_of_freedom.between_within(model, fits)
    return computed


def _set_wald(values: Floats, p: int, level: float) -> None:
    """Set limits and p-values from estimates and standard errors: t where there are degrees of freedom, else normal."""
    from scipy.special import ndtr, ndtri, stdtr, stdtrit

    estimate, std_error, df = values[:, :, _ESTIMATE], values[:, :, _STD_ERROR], values[:, :p, _DF]
    quantile = np.full(estimate.shape, ndtri((1 + level) / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = -np.abs(estimate[:, :p] / std_error[:, :p])
    values[:, :p, _P_VALUE] = 2 * ndtr(distance)
    if not np.isnan(df).all():
        # A replication or effect that lacks degrees of freedom has no interval.
        known, place = np.unique(df, return_inverse=True)
        quantile[:, :p] = stdtrit(known, (1 + level) / 2)[place].reshape(df.shape)
        values[:, :p, _P_VALUE] = 2 * stdtr(df, distance)
    values[:, :, _LOWER] = estimate - quantile * std_error
    values[:, :, _UPPER] = estimate + quantile * std_error


def _remarks(options: "LinearMixedModel", limits: Floats, fits: "MixedModelFits") -> dict[tuple[int, int], str]:
    """Limits at the boundary, and those that were not found."""
    found: dict[tuple[int, int], str] = {}
    codes: npt.NDArray[np.float64] = limits[:, :, 2:]
    fitted = fits.status != _FAILED
    for rep, estimand in zip(*np.nonzero(np.any(codes > 0, axis=2) & fitted[:, None]), strict=True):
        lower, upper = (int(code) for code in codes[rep, estimand])
        if options.intervals == "bootstrap":
            found[int(rep), int(estimand)] = f"{lower} of {options.n_boot} bootstrap fits failed"
            continue
        words = [f"{side} limit {_ENDS[end]}" for side, end in (("lower", lower), ("upper", upper)) if end]
        found[int(rep), int(estimand)] = "; ".join(words)
    return found

"""Degrees of freedom that follow from the design alone, without the fit."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mcsim.methods.mixed_model import Model, incomplete_rows
from mcsim.model import Floats

if TYPE_CHECKING:
    from mcsim.kernels.mixed_model import MixedModelFits


def residual(model: Model, fits: "MixedModelFits") -> Floats:
    """n - p of every fixed effect, (R, p), with n rows without a missing value."""
    p = len(model.terms.fixed)
    return np.repeat((fits.n_obs - p).astype(np.float64)[:, None], p, axis=1)


def between_within(model: Model, fits: "MixedModelFits") -> Floats:
    """Degrees of freedom by the level that an effect varies on, (R, p); NaN where none are left.

    Levels are counted from 1, the outermost, to Q; m_i is the number of clusters of level i, m_0 = 1 if there is an
    intercept and else 0, m_(Q + 1) = n. Level i has m_i - m_(i - 1) - p_i, where p_i effects are constant within its
    clusters but not within those of level i - 1; effects that vary within the innermost clusters are on level Q + 1.
    The intercept counts on no level, and has the degrees of freedom of level Q + 1. So nlme has it (Pinheiro & Bates
    2000, Mixed-Effects Models in S and S-PLUS, sec. 2.4.2); other programs give an intercept those between clusters.
    """
    p, Q = len(model.terms.fixed), len(model.levels)
    on_level = _levels(model)
    is_intercept = np.array([not term.names for term in model.formula.fixed], dtype=bool)
    sizes = np.column_stack([np.full(len(fits.n_obs), is_intercept.any()), fits.n_clusters[:, ::-1], fits.n_obs])
    df = np.full((len(fits.n_obs), p), np.nan)
    for level in range(1, Q + 2):
        here = (on_level == level) & ~is_intercept
        left = sizes[:, level] - sizes[:, level - 1] - here.sum(axis=1)
        df = np.where(here | (is_intercept & (level == Q + 1)), left[:, None], df)
    return np.where(df > 0, df, np.nan)


def _levels(model: Model) -> npt.NDArray[np.int64]:
    """The outermost level within whose clusters each fixed effect is constant, (R, p); Q + 1 if there is none."""
    from mcsim.kernels.columns import ABSENT

    own, shared = model.columns
    (R, _, n), Q, absent = own.shape, len(model.levels), ABSENT
    found = np.full((len(own), len(model.terms.fixed)), Q + 1, dtype=np.int64)
    none = incomplete_rows(model) | (np.arange(n) >= model.levels[0].starts[..., -1:])
    firsts = [_firsts(np.broadcast_to(level.starts, (R, level.starts.shape[-1])), n) for level in model.levels]
    for effect, places in enumerate(model.terms.fixed):
        column = np.ones((R, n))
        for place in places[places != absent]:
            column = column * (own[:, place] if place >= 0 else shared[-place - 1])
        in_line = np.where(none, np.nan, column).ravel()
        for level, first in enumerate(firsts):
            low, high = (bound.reduceat(in_line, first) for bound in (np.fmin, np.fmax))
            constant = np.ones(R, dtype=bool)
            constant[first[low < high] // n] = False
            found[constant, effect] = Q - level
    return found


def _firsts(starts: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int64]:
    """Where clusters, and what is beyond the last row, begin if R replications of n places stand in one line."""
    begins = (np.diff(starts, axis=1, prepend=-1) > 0) & (starts < n)
    return (starts + n * np.arange(len(starts))[:, None])[begins]

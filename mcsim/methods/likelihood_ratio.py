"""Likelihood-ratio tests of fixed effects and of (co)variances.

A fixed effect is tested by maximum likelihood, whatever the fit: chi-square with 1 degree of freedom. A (co)variance is
tested by the criterion of the fit. Without a variance its effect is gone with all its covariances, and a variance of 0
lies at the boundary: among q correlated effects the statistic is half chi-square with q - 1 and half with q degrees of
freedom, for an effect on its own half 0 and half 1 (Self & Liang 1987, J. Am. Stat. Assoc. 82, 605-610; Stram & Lee
1994, Biometrics 50, 1171-1177). A covariance of 0 has chi-square with 1. The mixture is conservative in small samples:
with 10 clusters of 10 and REML a test at .05 rejects in .038 where intercepts do not vary (exact, from the two mean
squares), and in some .036 where a slope does not. The intercept under a random slope of x is tested against
(0 + x | g), a model that depends on where x is 0.
"""

from typing import TYPE_CHECKING

import numpy as np

from mcsim.methods.mixed_model import Model, with_these_rows
from mcsim.model import Floats

if TYPE_CHECKING:
    from mcsim.kernels.mixed_model import MixedModelFits

_NOTHING = 1e-7  # a rise of the criterion that is rounding


def fixed_effect_p_values(model: Model) -> Floats:
    """The p-value of each fixed effect, (R, p); NaN where one of the two models has no fit."""
    from scipy.special import chdtrc

    model = with_these_rows(model)
    whole = _criterion(model, reml=False)
    p_values = np.empty((len(whole), len(model.terms.fixed)))
    for effect in range(len(model.terms.fixed)):
        rise = _criterion(model.without_fixed(effect), reml=False) - whole
        p_values[:, effect] = chdtrc(1, np.maximum(rise, 0))
    return p_values


def variance_p_values(model: Model, fits: "MixedModelFits", rises: Floats, *, reml: bool) -> Floats:
    """The p-value of each (co)variance, (R, k).

    Parameters
    ----------
    model : Model
        The model.
    fits : MixedModelFits
        Its fits.
    rises : array (R, k)
        By how much the criterion is higher without each covariance.
    reml : bool
        Whether the fits are by REML.
    """
    from scipy.special import chdtrc

    from mcsim.kernels.layout import directions

    model, blocks = with_these_rows(model), model.terms.blocks
    p_values = np.empty(rises.shape)
    for place, (row, column) in enumerate(directions(blocks.tolist())):
        if row != column:
            p_values[:, place] = chdtrc(1, np.maximum(rises[:, place], 0))
            continue
        rise = np.maximum(_criterion(model.without_random(row), reml=reml) - fits.criterion, 0)
        together = int(np.count_nonzero(blocks == blocks[row]))
        more = chdtrc(together, rise)
        fewer = chdtrc(together - 1, rise) if together > 1 else np.where(rise > _NOTHING, 0.0, 1.0)
        p_values[:, place] = np.where(np.isnan(rise), np.nan, (fewer + more) / 2)
    return p_values


def _criterion(model: Model, *, reml: bool) -> Floats:
    """(R,) the criterion; NaN where there is no optimum."""
    from mcsim.kernels.reasons import SINGULAR

    fits = model.fit(reml=reml)
    return np.where(fits.status <= SINGULAR, fits.criterion, np.nan)

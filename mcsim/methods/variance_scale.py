"""(Co)variances, or standard deviations and correlations, with their standard errors."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mcsim.model import Floats

if TYPE_CHECKING:
    from mcsim.kernels.mixed_model import MixedModelFits


def on_scale(fits: "MixedModelFits", blocks: npt.NDArray[np.int64], scale: str) -> tuple[Floats, Floats]:
    """The estimates of the (co)variances and of the residual variance, and their standard errors, (R, k + 1) each.

    Parameters
    ----------
    fits : MixedModelFits
        Of R replications.
    blocks : array (q,)
        The block of each random effect.
    scale : str
        ``variance``; or ``sd`` for standard deviations, correlations and sigma, with standard errors by the delta
        method: missing where a standard deviation is 0, as the correlation itself is.
    """
    from mcsim.kernels.layout import directions

    rows, columns = directions(blocks.tolist()).T
    variances = np.concatenate([fits.covariance[:, rows, columns], fits.sigma[:, None] ** 2], axis=1)
    if scale == "variance":
        return variances, fits.variance_se
    estimate, gradient = to_sd(variances, blocks), np.zeros(fits.variance_cov.shape)
    k = len(rows)
    own = {int(row): place for place, (row, column) in enumerate(zip(rows, columns, strict=True)) if row == column}
    with np.errstate(divide="ignore", invalid="ignore"):
        for place in range(k + 1):
            if place == k or rows[place] == columns[place]:
                gradient[:, place, place] = 1 / (2 * estimate[:, place])
                continue
            first, second = own[int(rows[place])], own[int(columns[place])]
            gradient[:, place, place] = 1 / np.sqrt(variances[:, first] * variances[:, second])
            for other in (first, second):
                gradient[:, place, other] = -estimate[:, place] / (2 * variances[:, other])
        spread = np.einsum("rtu,ruv,rtv->rt", gradient, fits.variance_cov, gradient)
        return estimate, np.where(np.isfinite(spread), np.sqrt(spread), np.nan)


def to_sd(variances: Floats, blocks: npt.NDArray[np.int64]) -> Floats:
    """Standard deviations and correlations of (co)variances, the residual variance last, (., k + 1)."""
    from mcsim.kernels.layout import directions

    rows, columns = directions(blocks.tolist()).T
    own = {int(row): place for place, (row, column) in enumerate(zip(rows, columns, strict=True)) if row == column}
    scaled = np.sqrt(np.maximum(variances, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        for place in np.flatnonzero(rows != columns):
            sizes = scaled[:, own[int(rows[place])]] * scaled[:, own[int(columns[place])]]
            correlation = np.clip(variances[:, place] / sizes, -1, 1)
            scaled[:, place] = np.where(sizes > 0, correlation, np.nan)
    return scaled

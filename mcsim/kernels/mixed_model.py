"""Linear mixed models of many replications in one call."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.kernels.certificate import PERFECT
from mcsim.kernels.columns import Columns, read_only
from mcsim.kernels.compiled import compact, compiled, part
from mcsim.kernels.information import set_moments
from mcsim.kernels.layout import Layout, ModelTerms, lay_out
from mcsim.kernels.optimum import minimise
from mcsim.kernels.preparation import prepare
from mcsim.kernels.reasons import (
    FAILED,
    FINE,
    NO_OPTIMUM,
    NOT_CONVERGED,
    NOT_IDENTIFIED,
    OK,
    PERFECT_FIT,
    REASONS,
    SINGULAR,
)
from mcsim.kernels.report import is_identified, report
from mcsim.kernels.structure import set_products
from mcsim.kernels.workspace import (
    CLUSTERS,
    DEGREES,
    EVALUATIONS,
    FREE,
    KIND,
    NUMBERS,
    RANK,
    SIGMA2,
    N,
    NestedWorkspace,
    Workspace,
    new_workspace,
)

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

__all__ = ["REASONS", "Columns", "MixedModelFits", "ModelTerms", "fit_mixed_models"]

After = Callable[[Layout, Workspace | NestedWorkspace, int], None]
"""What is to be done with a replication once it is fitted: the workspace holds its optimum."""

_STATUS, _REASON, _N_OBS, _ITERATIONS, _N_CLUSTERS = range(5)


class MixedModelFits(NamedTuple):
    """The fits of R replications with p fixed effects, q random effects and k (co)variances; NaN where one failed."""

    status: npt.NDArray[np.int8]
    """(R,) 0 ok, 1 singular, 2 not converged (the numbers are those of the last step), 3 failed."""
    reason: npt.NDArray[np.int8]
    """(R,) index into `REASONS`: why a fit did not converge or failed."""
    n_obs: Integers
    """(R,) rows without a missing value."""
    iterations: Integers
    """(R,) evaluations of the criterion."""
    n_clusters: Integers
    """(R, levels) clusters with such rows, of the innermost level first."""
    criterion: Floats
    """(R,) the REML criterion, or -2 log likelihood."""
    sigma: Floats
    """(R,) residual standard deviation."""
    beta: Floats
    """(R, p) fixed effects."""
    beta_cov: Floats
    """(R, p, p) their covariance matrix."""
    theta: Floats
    """(R, k) the elements of Lambda, block by block, the lower triangle of each by column."""
    covariance: Floats
    """(R, q, q) Sigma = sigma^2 Lambda Lambda'."""
    variance_cov: Floats
    """(R, k + 1, k + 1) the covariance matrix of the (co)variances, in the order of theta, and of sigma^2."""

    @property
    def variance_se(self) -> Floats:
        """(R, k + 1) their standard errors."""
        return np.asarray(np.sqrt(np.diagonal(self.variance_cov, axis1=1, axis2=2)))


def fit_mixed_models(
    columns: Columns, starts: Integers, terms: ModelTerms, reml: bool, *, after: Sequence[After] = ()
) -> MixedModelFits:
    """Fit one model to every replication of a block.

    Parameters
    ----------
    columns : Columns
        ``own`` (R, C, n) and ``shared`` (S, n); rows sorted by cluster, of every level. Rows with NaN in a column that
        is used are left out.
    starts : array (J + 1,), (levels, J + 1) or (R, levels, J + 1) of int64
        The row at which each cluster begins, those of the innermost level first, and the number of rows in all places
        that are left; of each replication where they differ. Rows beyond that number are not looked at.
    terms : ModelTerms
        The model.
    reml : bool
        REML, or maximum likelihood.
    after : sequence of callables, optional
        Called in turn after every fit that did not fail, with the layout, the workspace and the replication; each
        leaves the workspace as it was.

    Returns
    -------
    MixedModelFits
        One row a replication; each depends on nothing but the columns of its own replication.
    """
    columns, layout = read_only(columns), lay_out(terms, reml)
    starts = np.array(starts, dtype=np.int64)  # contiguous and writeable: one compiled form
    starts = starts.reshape(-1, *np.atleast_2d(starts).shape[-2:])
    replications, n = columns.own.shape[0], columns.own.shape[2]
    p, q, k = layout.p, layout.q, len(layout.directions)
    shapes = ((), (), (p,), (p, p), (k,), (q, q), (k + 1, k + 1))
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    numbers = np.full((replications, ends[-1]), np.nan)
    counts = np.zeros((replications, _N_CLUSTERS + starts.shape[1]), dtype=np.int64)
    model = (layout, new_workspace(layout, starts[0], n))
    if after:
        for rep in range(replications):
            _fit_all((columns, starts), model, (rep, rep + 1), counts, numbers)
            for call in after if counts[rep, _STATUS] != FAILED else ():
                call(*model, rep)
    else:
        _fit_all((columns, starts), model, (0, replications), counts, numbers)
    pieces = np.split(numbers, ends[:-1], axis=1)
    status, reason, n_obs, iterations = counts.T[:_N_CLUSTERS]
    fits = [piece.reshape(replications, *shape) for piece, shape in zip(pieces, shapes, strict=True)]
    return MixedModelFits(
        status.astype(np.int8), reason.astype(np.int8), n_obs, iterations, counts[:, _N_CLUSTERS:], *fits
    )


@compiled
def _fit_all(data: Any, model: Any, span: tuple[int, int], counts: Any, numbers: Any) -> None:
    compact()
    columns, starts = data
    layout, work = model
    for rep in range(span[0], span[1]):
        count = counts[rep]
        count[_STATUS] = FAILED
        work.counts[KIND] = FREE
        of_rep = starts[rep % starts.shape[0]]
        count[_REASON] = prepare(columns.own[rep], columns.shared, of_rep, layout, work)
        count[_N_OBS] = work.counts[N]
        for level in range(starts.shape[1]):
            count[_N_CLUSTERS + level] = work.counts[CLUSTERS + level]
        if count[_REASON] == OK:
            _fit_one(layout, work, count, numbers[rep])


@part
def _fit_one(layout: Any, work: Any, count: Any, numbers: Any) -> None:
    set_products(layout, work, 0)
    work.vectors[NUMBERS, DEGREES] = work.counts[N] - layout.p if layout.reml else work.counts[N]
    certified = minimise(layout, work)
    count[_ITERATIONS] = int(work.vectors[NUMBERS, EVALUATIONS])
    set_moments(layout, work)
    if not work.vectors[NUMBERS, SIGMA2] > PERFECT:
        count[_REASON] = PERFECT_FIT
    elif not is_identified(layout, work):
        count[_REASON] = NOT_IDENTIFIED
    else:
        report(layout, work, numbers)
        count[_STATUS] = FINE if work.counts[RANK] == layout.q else SINGULAR
        if not certified:
            count[_STATUS], count[_REASON] = NOT_CONVERGED, NO_OPTIMUM

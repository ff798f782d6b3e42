"""The parametric bootstrap: data drawn from a fitted model, and the model fitted to them.

A drawn response is the fixed part as fitted, which enters no (co)variance and shifts the fixed effects by what they
were, plus sigma times (Z Lambda b + e) with b and e standard normal. So only the last column changes: it is drawn in
units of sigma, orthogonalised, and its cross-products taken anew.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from mcsim.kernels.certificate import PERFECT
from mcsim.kernels.compiled import compact, compiled, step
from mcsim.kernels.information import set_moments
from mcsim.kernels.lanes import segment_dot
from mcsim.kernels.layout import RANDOM, X_FAMILY, Layout
from mcsim.kernels.optimum import minimise
from mcsim.kernels.preparation import orthogonalise
from mcsim.kernels.profile import refit
from mcsim.kernels.report import is_identified, report
from mcsim.kernels.structure import set_products
from mcsim.kernels.workspace import (
    CLUSTERS,
    FACTOR,
    LENGTHS,
    LOWER,
    NUMBERS,
    SIGMA2,
    X_TRIANGLE,
    Z_TRIANGLE,
    N,
    NestedWorkspace,
    Workspace,
)

Floats = npt.NDArray[np.float64]

AT_A_TIME = 500_000
"""Standard normals drawn at a time (4 MB)."""


def bootstrap(layout: Layout, work: Workspace | NestedWorkspace, rng: np.random.Generator, count: int) -> Floats:
    """Fit a model to data drawn from it.

    Parameters
    ----------
    layout, work : NamedTuple
        A fitted model; left as they were.
    rng : numpy.random.Generator
        For each data set come first the random effects, level by level from the innermost, cluster by cluster, effect
        by effect; then the residuals.
    count : int
        The number of data sets.

    Returns
    -------
    array (count, 2 + p + p p + k + q q + (k + 1)^2)
        What `report` writes of each fit, of a response in units of the fitted sigma from which the fitted fixed part
        is taken away; NaN where a fit failed.
    """
    n, levels = int(work.counts[N]), len(layout.ends)
    effects = np.diff(layout.ends, prepend=0)
    normals = n + int(np.sum(work.counts[CLUSTERS : CLUSTERS + levels] * effects))
    p, q, k = layout.p, layout.q, len(layout.directions)
    out = np.full((count, 2 + p + p * p + k + q * q + (k + 1) ** 2), np.nan)
    last = len(layout.terms) - 1
    kept = [
        part.copy() for part in (work.columns[last], work.vectors[LENGTHS], work.small[X_TRIANGLE], work.small[LOWER])
    ]
    factor = work.small[FACTOR].copy()
    size = max(1, AT_A_TIME // normals)
    for first in range(0, count, size):
        block = out[first : first + size]
        _draw_and_fit(layout, work, kept[3], rng.standard_normal((len(block), normals)), block)
    work.columns[last], work.vectors[LENGTHS], work.small[X_TRIANGLE], work.small[LOWER] = kept
    _take_products(layout, work)
    refit(layout, work, factor)
    return out


@compiled
def _take_products(layout: Any, work: Any) -> None:
    compact()
    set_products(layout, work, layout.terms.shape[0] - 1)


@compiled
def _draw_and_fit(layout: Any, work: Any, lower: Any, normals: Any, out: Any) -> None:
    compact()
    last = layout.terms.shape[0] - 1
    for row in range(normals.shape[0]):
        _draw(layout, work, lower, normals[row])
        work.vectors[LENGTHS, last] = segment_dot(work.columns, last, last, (0, work.counts[N]))
        orthogonalise(layout, work, (0, layout.p), (X_FAMILY, X_TRIANGLE))
        set_products(layout, work, last)
        if minimise(layout, work) and work.vectors[NUMBERS, SIGMA2] > PERFECT:
            set_moments(layout, work)
            if is_identified(layout, work):
                report(layout, work, out[row])


@step
def _draw(layout: Any, work: Any, lower: Any, normals: Any) -> None:
    """Set the last column to Z Lambda b + e."""
    compact()
    y, n, used, first = work.columns[layout.terms.shape[0] - 1], work.counts[N], 0, 0
    for i in range(n):
        y[i] = normals[normals.shape[0] - n + i]
    for level in range(layout.ends.shape[0]):
        last = layout.ends[level]
        for j in range(work.counts[CLUSTERS + level]):
            start, stop = work.bounds[level, j], work.bounds[level, j + 1]
            for d in range(first, last):
                share = _effect(layout, work, lower, (d, first, last), normals[used:])
                for i in range(start, stop):
                    y[i] += share * work.columns[d, i]
            used += last - first
        first = last


@step
def _effect(layout: Any, work: Any, lower: Any, span: tuple[int, int, int], normals: Any) -> float:
    """The effect of column d of Z, as orthogonalised, in a cluster with these normals."""
    compact()
    d, first, last = span
    total = 0.0
    for e in range(d, last):
        if work.small[Z_TRIANGLE, d, e] != 0.0:
            effect, a = 0.0, layout.orders[RANDOM, e]
            for g in range(first, last):
                b = layout.orders[RANDOM, g]
                if b <= a:
                    effect += lower[a, b] * normals[_rank(layout, (g, first, last))]
            total += work.small[Z_TRIANGLE, d, e] * effect
    return total


@step
def _rank(layout: Any, span: tuple[int, int, int]) -> int:
    """The place of an effect among those of its level, in the order of the model."""
    compact()
    place = 0
    for g in range(span[1], span[2]):
        place += 1 if layout.orders[RANDOM, g] < layout.orders[RANDOM, span[0]] else 0
    return place

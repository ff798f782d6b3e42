"""The minimum of the criterion: Newton steps in a free Lambda, and the certificate that it is one.

The criterion is even in each column of Lambda, so a column of zeros is stationary whether it is best or not. What
decides is G, the derivative in D = Lambda Lambda': at a minimum D G = 0 and G is positive semi-definite. Where it is
not, its most negative eigenvalue is the direction in which to go on.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.kernels.compiled import compiled
from mcsim.kernels.criterion import DEGREES, EVALUATIONS, ROWS, SIGMA2, differentiate, evaluate
from mcsim.kernels.information import hessian, information
from mcsim.kernels.layout import Layout
from mcsim.kernels.small_matrix import cholesky, eigen, lower_factor, solve

Floats = npt.NDArray[np.float64]

_EVALUATIONS = 500
_STEPS = 60
_ROUNDS = 12
_CONVERGED = 1e-10  # |D G| of a cluster
_STALLED = 1e-6  # the same where rounding allows no less
_NEGATIVE = 1e-6  # an eigenvalue of G, relative to its largest term, that counts as negative
_SMALL = 1e-3  # an eigenvalue of D, times the mean cluster size, that is first tried as zero
PERFECT = 1e-12  # a residual variance, relative to that of the response, that rounding cannot tell from zero


class Search(NamedTuple):
    """Where a search stands, and room for its steps."""

    factor: Floats
    """(q, q) Lambda, lower triangle; below full rank with columns of exact zeros."""
    covariance: Floats
    """(q, q) D."""
    trial: Floats
    """(q, q) the Lambda tried."""
    raw: Floats
    """(q, q + 1) room for `lower_factor`."""
    vectors: Floats
    """(q, q) eigenvectors."""
    values: Floats
    """(q,) eigenvalues."""
    square: Floats
    """(q, q) room for `eigen`."""
    curvature: Floats
    """(k, k) second derivatives in D."""
    jacobian: Floats
    """(k, k) derivatives of the free elements of D in those of Lambda."""
    second: Floats
    """(k, k) second derivatives in Lambda."""
    damped: Floats
    """(k, k) their Cholesky factor."""
    step: Floats
    """(k,) the step in the free elements of Lambda."""
    slope: Floats
    """(k,) derivatives in them."""
    moments: Floats
    """(k + 1, k + 1) the information of variances."""
    targets: Floats
    """(k + 1,) right-hand sides."""


def new_search(layout: Layout) -> Search:
    """Room for the search of a model's minimum."""
    q, k = len(layout.z_family), len(layout.directions)
    square, wide = (q, q), (k, k)
    shapes = (square, square, square, (q, q + 1), square, (q,), square, wide, wide, wide, wide, (k,), (k,))
    return Search(*(np.zeros(shape) for shape in shapes), np.zeros((k + 1, k + 1)), np.zeros(k + 1))


@compiled
def minimise(layout: Any, state: Any, search: Any, clusters: int) -> bool:
    """Find the Lambda with the least criterion, for columns at unit root mean square; whether it is certified."""
    state.numbers[EVALUATIONS] = 0.0
    _start(layout, state, search)
    small = _SMALL * clusters / state.numbers[ROWS]
    for _ in range(_ROUNDS):
        if not _descend(layout, state, search, clusters):
            return False
        if _drop_small(search, small):
            continue
        if not _leave(layout, state, search):
            return True
        small *= 1e-3
    return False


@compiled
def _start(layout: Any, state: Any, search: Any) -> None:
    """Minimum norm quadratic unbiased estimates with D = I as prior guess, projected on covariance matrices.

    One step of scoring in the variances from there (Anderson 1973, Annals of Statistics 1(1), 135-141); exact where
    clusters are alike.
    """
    k, m, q = layout.directions.shape[0], layout.family.shape[0], layout.z_family.shape[0]
    for a in range(q):
        for b in range(q):
            search.factor[a, b] = search.covariance[a, b] = 1.0 if a == b else 0.0
    evaluate(layout, state, search.factor)
    differentiate(layout, state)
    information(layout, state, search.covariance, search.moments)
    targets, sigma2 = search.targets, state.numbers[SIGMA2]
    targets[k] = sigma2 * state.numbers[DEGREES]
    for u in range(k):
        targets[u] = sigma2 * state.blocks[u, m * m - 1]
        targets[k] -= targets[u] * search.covariance[layout.directions[u, 0], layout.directions[u, 1]]
    if not cholesky(search.moments, k + 1, 1e-10):
        return
    solve(search.moments, k + 1, targets)
    if not targets[k] > 0.0:
        return
    search.square[:] = 0.0
    for u in range(k):
        a, b = layout.directions[u, 0], layout.directions[u, 1]
        search.square[a, b] = search.square[b, a] = targets[u] / targets[k]
    eigen(search.square, search.vectors, search.values)
    _set_factor(search, 0.0)


@compiled
def _set_factor(search: Any, least: float) -> int:
    """Set Lambda from eigenvalues and -vectors of D, those below `least` taken as zero; returns how many are not."""
    q = search.values.shape[0]
    for b in range(q):
        size = math.sqrt(search.values[b]) if search.values[b] > least else 0.0
        for a in range(q):
            search.raw[a, b] = size * search.vectors[a, b]
    for a in range(q):
        search.raw[a, q] = 0.0
    return int(lower_factor(search.raw, search.factor))


@compiled
def _set_covariance(search: Any) -> None:
    q = search.factor.shape[0]
    for a in range(q):
        for b in range(a + 1):
            total = 0.0
            for d in range(b + 1):
                total += search.factor[a, d] * search.factor[b, d]
            search.covariance[a, b] = search.covariance[b, a] = total


@compiled
def _descend(layout: Any, state: Any, search: Any, clusters: int) -> bool:
    """Newton steps in the columns of Lambda that are not zero, until D G is zero."""
    before, best = math.inf, evaluate(layout, state, search.factor)
    for _ in range(_STEPS):
        _set_covariance(search)
        differentiate(layout, state)
        size = _stationarity(state, search) / clusters
        if size <= _CONVERGED or (size <= _STALLED and size > 0.5 * before):
            return True
        if not (math.isfinite(size) and state.numbers[SIGMA2] > PERFECT and state.numbers[EVALUATIONS] < _EVALUATIONS):
            return False
        before = size
        free = _newton(layout, state, search)
        best = _move(layout, state, search, (best, free))
        if not math.isfinite(best):
            return False
    return False


@compiled
def _stationarity(state: Any, search: Any) -> float:
    """The largest element of D G."""
    q, largest = search.covariance.shape[0], 0.0
    for a in range(q):
        for b in range(q):
            total = 0.0
            for d in range(q):
                total += search.covariance[a, d] * state.gradient[d, b]
            largest = max(largest, abs(total))
            if math.isnan(total):
                return math.nan
    return largest


@compiled
def _newton(layout: Any, state: Any, search: Any) -> int:
    """Set step and slope; the number of free elements of Lambda. Below positive curvature the Hessian is raised."""
    hessian(layout, state, search.curvature)
    free = _to_factor(layout, state, search)
    ridge = 0.0
    for _ in range(40):
        for i in range(free):
            for j in range(i + 1):
                search.damped[i, j] = search.second[i, j]
            search.damped[i, i] += ridge * (abs(search.second[i, i]) + 1e-12)
        if cholesky(search.damped, free, 1e-12):
            break
        ridge = max(1e-3, 4.0 * ridge)
    for i in range(free):
        search.step[i] = -search.slope[i]
    solve(search.damped, free, search.step)
    return free


@compiled
def _to_factor(layout: Any, state: Any, search: Any) -> int:
    """Set slope and second to the derivatives in the free elements of Lambda, those of its columns that are not zero.

    Element (a, b) of Lambda moves row and column a of D along column b of Lambda.
    """
    directions, factor, jacobian = layout.directions, search.factor, search.jacobian
    k, free = directions.shape[0], 0
    jacobian[:] = 0.0
    for t in range(k):
        a, b = directions[t, 0], directions[t, 1]
        if factor[b, b] == 0.0:
            continue
        search.slope[free] = 0.0
        for u in range(k):
            d, e = directions[u, 0], directions[u, 1]
            if d == a and e == a:
                jacobian[u, free] = 2.0 * factor[a, b]
            elif d == a or e == a:
                jacobian[u, free] = factor[e if d == a else d, b]
            search.slope[free] += jacobian[u, free] * state.gradient[d, e] * (1.0 if d == e else 2.0)
        free += 1
    _transform(search, k, free)
    i = 0
    for t in range(k):
        a, b = directions[t, 0], directions[t, 1]
        if factor[b, b] == 0.0:
            continue
        j = 0
        for s in range(t + 1):
            d, e = directions[s, 0], directions[s, 1]
            if factor[e, e] == 0.0:
                continue
            if e == b:
                search.second[i, j] += 2.0 * state.gradient[a, d]
            j += 1
        i += 1
    return free


@compiled
def _transform(search: Any, k: int, free: int) -> None:
    """Set the lower triangle of second to jacobian' curvature jacobian."""
    for i in range(free):
        for j in range(i + 1):
            total = 0.0
            for u in range(k):
                if search.jacobian[u, i] != 0.0:
                    for v in range(k):
                        total += search.jacobian[u, i] * search.curvature[u, v] * search.jacobian[v, j]
            search.second[i, j] = total


@compiled
def _move(layout: Any, state: Any, search: Any, at: tuple[float, int]) -> float:
    """Go along the step, less far while the criterion does not fall; the criterion there."""
    best, free = at
    promise = 0.0
    for i in range(free):
        promise += search.step[i] * search.slope[i]
    noise = 1e-12 * (abs(best) + state.numbers[DEGREES])
    share = 1.0
    for _ in range(40):
        i = 0
        search.trial[:] = search.factor
        for t in range(layout.directions.shape[0]):
            a, b = layout.directions[t, 0], layout.directions[t, 1]
            if search.factor[b, b] != 0.0:
                search.trial[a, b] += share * search.step[i]
                i += 1
        reached = evaluate(layout, state, search.trial)
        if reached <= best + 1e-4 * share * promise + noise:
            break
        share *= 0.5
    search.factor[:] = search.trial
    return float(reached)


@compiled
def _drop_small(search: Any, small: float) -> bool:
    """Set the eigenvalues of D below `small` to zero; whether that lowered its rank."""
    q, rank, left, least = search.factor.shape[0], 0, 0, math.inf
    for a in range(q):
        if search.factor[a, a] != 0.0:
            rank += 1
            least = min(least, search.factor[a, a] * search.factor[a, a])
    if not least < 1e3 * small:
        return False
    search.square[:] = search.covariance
    eigen(search.square, search.vectors, search.values)
    for a in range(q):
        left += 1 if search.values[a] > small else 0
    if left >= rank:
        return False
    _set_factor(search, small)
    return True


@compiled
def _leave(layout: Any, state: Any, search: Any) -> bool:
    """If G has a negative eigenvalue at a singular D, go on along its eigenvector; whether it has."""
    q = search.factor.shape[0]
    singular, scale = False, 0.0
    for a in range(q):
        singular = singular or search.factor[a, a] == 0.0
    if not singular:
        return False
    for a in range(q):
        for b in range(q):
            search.square[a, b] = state.gradient[a, b] if layout.correlated or a == b else 0.0
    for u in range(layout.directions.shape[0]):
        if layout.directions[u, 0] == layout.directions[u, 1]:
            scale = max(scale, state.traces[u])
    eigen(search.square, search.vectors, search.values)
    worst = 0
    for a in range(q):
        if search.values[a] < search.values[worst]:
            worst = a
    if search.values[worst] >= -_NEGATIVE * scale:
        return False
    _climb(layout, state, search, worst)
    return True


@compiled
def _climb(layout: Any, state: Any, search: Any, worst: int) -> None:
    """Add to D along an eigenvector of G as much as its curvature suggests."""
    q = search.factor.shape[0]
    hessian(layout, state, search.curvature)
    bend = 0.0
    k = layout.directions.shape[0]
    for u in range(k):
        for v in range(k):
            one = search.vectors[layout.directions[u, 0], worst] * search.vectors[layout.directions[u, 1], worst]
            two = search.vectors[layout.directions[v, 0], worst] * search.vectors[layout.directions[v, 1], worst]
            bend += one * two * search.curvature[u, v]
    share = -search.values[worst] / bend if bend > 0.0 else 1.0
    for a in range(q):
        for b in range(q):
            search.raw[a, b] = search.factor[a, b]
        search.raw[a, q] = math.sqrt(share) * search.vectors[a, worst]
    lower_factor(search.raw, search.factor)

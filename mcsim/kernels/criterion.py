"""The profiled criterion of a two-level model and its gradient, from the cross-products of its clusters.

Notation of Bates et al. (2015), J. Stat. Softw. 67(1), sec. 3: Sigma = sigma^2 D, D = Lambda Lambda', and per cluster
V = I + Z D Z'. The cluster index stands last in every array, so that the arithmetic on small matrices runs over
clusters side by side.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.kernels.compiled import compiled
from mcsim.kernels.lanes import LANES, add_scaled, dot, multiply, scale
from mcsim.kernels.layout import Layout
from mcsim.kernels.small_matrix import cholesky

Floats = npt.NDArray[np.float64]

DEGREES, ROWS, SIGMA2, CRITERION, EVALUATIONS = range(5)


class State(NamedTuple):
    """Everything an evaluation reads and writes; element (a, b) of a small matrix with w columns is row a w + b."""

    cross: Floats
    """(q c, J) Z'[Z | X | y]."""
    solved: Floats
    """(q c, J) inv(L) Lambda' Z'[Z | X | y], where L L' = Lambda' Z'Z Lambda + I."""
    root: Floats
    """(q q, J) L, lower triangle; its diagonal is that of inv(L)."""
    left: Floats
    """(q c, J) Z' inv(V) [Z | X | y]; of Z the lower triangle."""
    weights: Floats
    """(q (p + 1), J) Z' inv(V) X inv(R_X), and Z' inv(V) (y - X beta) / sigma."""
    inner: Floats
    """(q q, J) room for `information`."""
    spare: Floats
    """(2, J) ones; determinants of L L'."""
    root_x: Floats
    """(p + 1, p + 1) lower Cholesky factor of [X | y]' inv(V) [X | y]."""
    blocks: Floats
    """(k, (p + 1)^2) the sum over clusters of weights' U weights, for every direction U of D."""
    traces: Floats
    """(k,) the sum over clusters of tr(Z' inv(V) Z U)."""
    gradient: Floats
    """(q, q) G, the derivatives of the criterion in the elements of D."""
    numbers: Floats
    """(5,) degrees of freedom of sigma, rows, sigma^2, the criterion, and evaluations so far."""


def new_state(layout: Layout, clusters: int) -> State:
    """Room for the evaluations of a model with up to so many clusters."""
    q, m, c, k = len(layout.z_family), len(layout.family), len(layout.terms), len(layout.directions)
    j = -(-clusters // LANES) * LANES
    rows = (q * c, q * c, q * q, q * c, q * m, q * q, 2)
    small = ((m, m), (k, m * m), (k,), (q, q), (5,))
    state = State(*(np.zeros((r, j)) for r in rows), *(np.zeros(shape) for shape in small))
    state.spare[0] = 1.0
    return state


@compiled
def evaluate(layout: Any, state: Any, factor: Any) -> float:
    """The ML or REML criterion at Lambda = factor (q, q), for columns at unit root mean square; inf if it has none."""
    numbers, root_x = state.numbers, state.root_x
    numbers[EVALUATIONS] += 1.0
    q, c, p = factor.shape[0], layout.terms.shape[0], layout.fixed_order.shape[0]
    _apply_factor(state, factor, c)
    log_determinant = _factorise(state, q, c)
    for r in range(p + 1):
        for s in range(r + 1):
            total = numbers[ROWS] if r == s else 0.0
            for a in range(q):
                total -= dot(state.solved, a * c + layout.family[r], state.solved, a * c + layout.family[s])
            root_x[r, s] = total
    if not cholesky(root_x, p + 1, 0.0):
        numbers[CRITERION] = math.inf
        return math.inf
    if layout.reml:
        for r in range(p):
            log_determinant += 2.0 * math.log(root_x[r, r])
    degrees = numbers[DEGREES]
    numbers[SIGMA2] = root_x[p, p] * root_x[p, p] / degrees
    numbers[CRITERION] = log_determinant + degrees * (1.0 + math.log(2.0 * math.pi * numbers[SIGMA2]))
    return float(numbers[CRITERION])


@compiled
def _apply_factor(state: Any, factor: Any, c: int) -> None:
    """Set solved to Lambda' Z'[Z | X | y], and root to Lambda' Z'Z Lambda + I."""
    q = factor.shape[0]
    for a in range(q):
        for b in range(c):
            out = a * c + b
            scale(state.solved, out, factor[a, a], state.cross, out)
            for d in range(a + 1, q):
                if factor[d, a] != 0.0:
                    add_scaled(state.solved, out, factor[d, a], state.cross, d * c + b)
        for b in range(a + 1):
            out = a * q + b
            scale(state.root, out, 1.0 if a == b else 0.0, state.spare, 0)
            for d in range(b, q):
                if factor[d, b] != 0.0:
                    add_scaled(state.root, out, factor[d, b], state.solved, a * c + d)


@compiled
def _factorise(state: Any, q: int, c: int) -> float:
    """Replace root by its Cholesky factor L and solved by inv(L) solved; returns the sum of log |L L'|."""
    root, solved, determinant = state.root, state.solved, state.spare[1]
    clusters = root.shape[1]
    determinant[:] = 1.0
    for a in range(q):
        for b in range(a):
            for d in range(b):
                _subtract_product(root, (a * q + b, a * q + d, b * q + d))
            multiply(root, a * q + b, root, b * q + b)
        for b in range(a):
            _subtract_product(root, (a * q + a, a * q + b, a * q + b))
        for j in range(clusters):
            determinant[j] *= root[a * q + a, j]
            root[a * q + a, j] = 1.0 / math.sqrt(root[a * q + a, j])
        for b in range(c):
            for d in range(a):
                _subtract_product_of(solved, (a * c + b, d * c + b), root, a * q + d)
            multiply(solved, a * c + b, root, a * q + a)
    return _log_product(determinant)


@compiled
def _subtract_product(rows: Any, which: tuple[int, int, int]) -> None:
    out, a, b = which
    for j in range(rows.shape[1]):
        rows[out, j] -= rows[a, j] * rows[b, j]


@compiled
def _subtract_product_of(rows: Any, which: tuple[int, int], others: Any, b: int) -> None:
    out, a = which
    for j in range(rows.shape[1]):
        rows[out, j] -= rows[a, j] * others[b, j]


@compiled
def _log_product(values: Any) -> float:
    """The sum of the logarithms of numbers that are at least 1, with a logarithm only now and then."""
    total, product = 0.0, 1.0
    for value in values:
        product *= value
        if product > 1e150:
            total += math.log(product)
            product = 1.0
    return total + math.log(product)


@compiled
def differentiate(layout: Any, state: Any) -> None:
    """Set left, weights, blocks, traces and gradient at the Lambda of the last `evaluate`."""
    q, c, m = layout.z_family.shape[0], layout.terms.shape[0], layout.family.shape[0]
    left, solved = state.left, state.solved
    for a in range(q):
        for b in range(c):
            if b <= a or b >= q:
                scale(left, a * c + b, 1.0, state.cross, a * c + b)
                for d in range(q):
                    _subtract_product_from(left, a * c + b, solved, (d * c + a, d * c + b))
    _set_weights(layout, state)
    for k in range(layout.directions.shape[0]):
        a, b = layout.directions[k, 0], layout.directions[k, 1]
        for r in range(m):
            for s in range(r + 1):
                total = dot(state.weights, a * m + r, state.weights, b * m + s)
                if a != b:
                    total += dot(state.weights, b * m + r, state.weights, a * m + s)
                state.blocks[k, r * m + s] = state.blocks[k, s * m + r] = total
        state.traces[k] = (1.0 if a == b else 2.0) * dot(left, a * c + b, state.spare, 0)
        explained = state.blocks[k, m * m - 1]
        if layout.reml:
            for r in range(m - 1):
                explained += state.blocks[k, r * m + r]
        slope = (1.0 if a == b else 0.5) * (state.traces[k] - explained)
        state.gradient[a, b] = state.gradient[b, a] = slope


@compiled
def _subtract_product_from(out: Any, o: int, rows: Any, which: tuple[int, int]) -> None:
    a, b = which
    for j in range(out.shape[1]):
        out[o, j] -= rows[a, j] * rows[b, j]


@compiled
def _set_weights(layout: Any, state: Any) -> None:
    q, c, m = layout.z_family.shape[0], layout.terms.shape[0], layout.family.shape[0]
    weights, root_x = state.weights, state.root_x
    for a in range(q):
        for r in range(m):
            b = layout.family[r]
            source = b * c + a if a < b < q else a * c + b
            pivot = root_x[r, r] if r < m - 1 else math.sqrt(state.numbers[SIGMA2])
            scale(weights, a * m + r, 1.0 / pivot, state.left, source)
            for s in range(r):
                add_scaled(weights, a * m + r, -root_x[r, s] / pivot, weights, a * m + s)

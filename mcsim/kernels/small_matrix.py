"""Factors and solutions of matrices of a few rows, in place, without calls to LAPACK."""

import math
from typing import Any

from mcsim.kernels.compiled import compiled

_SWEEPS = 50


@compiled
def cholesky(a: Any, size: int, least: float) -> bool:
    """Replace the lower triangle of the leading block of a by its Cholesky factor.

    False, with a half done, if a pivot is not above `least` times the diagonal element it came from.
    """
    for i in range(size):
        for j in range(i + 1):
            total = a[i, j]
            for k in range(j):
                total -= a[i, k] * a[j, k]
            if j < i:
                a[i, j] = total / a[j, j]
            else:
                if not (total > least * a[i, i] and total > 0.0):
                    return False
                a[i, i] = math.sqrt(total)
    return True


@compiled
def solve(factor: Any, size: int, b: Any) -> None:
    """Replace b by the solution of factor factor' x = b."""
    for i in range(size):
        for k in range(i):
            b[i] -= factor[i, k] * b[k]
        b[i] /= factor[i, i]
    for i in range(size - 1, -1, -1):
        for k in range(i + 1, size):
            b[i] -= factor[k, i] * b[k]
        b[i] /= factor[i, i]


@compiled
def inverse(factor: Any, size: int, out: Any) -> None:
    """Set out to inv(factor factor')."""
    for j in range(size):
        for i in range(size):
            out[j, i] = 1.0 if i == j else 0.0
        solve(factor, size, out[j])
    for j in range(size):
        for i in range(j):
            out[i, j] = out[j, i] = 0.5 * (out[i, j] + out[j, i])


@compiled
def eigen(a: Any, vectors: Any, values: Any) -> None:
    """Eigenvalues, and eigenvectors as columns, of a symmetric matrix, which is destroyed; in no order.

    Cyclic Jacobi rotations (Golub & Van Loan 2013, Matrix Computations, sec. 8.5).
    """
    size = a.shape[0]
    for i in range(size):
        for j in range(size):
            vectors[i, j] = 1.0 if i == j else 0.0
    for _ in range(_SWEEPS):
        off = diagonal = 0.0
        for i in range(size):
            diagonal = max(diagonal, abs(a[i, i]))
            for j in range(i):
                off = max(off, abs(a[i, j]))
        if off <= 1e-16 * diagonal:
            break
        for i in range(size):
            for j in range(i):
                _rotate(a, vectors, i, j)
    for i in range(size):
        values[i] = a[i, i]


@compiled
def _rotate(a: Any, vectors: Any, i: int, j: int) -> None:
    """Make a[i, j] zero."""
    if a[i, j] == 0.0:
        return
    half = 0.5 * (a[j, j] - a[i, i]) / a[i, j]
    t = math.copysign(1.0, half) / (abs(half) + math.hypot(1.0, half))
    c = 1.0 / math.hypot(1.0, t)
    s = t * c
    for k in range(a.shape[0]):
        a[k, i], a[k, j] = c * a[k, i] - s * a[k, j], s * a[k, i] + c * a[k, j]
    for k in range(a.shape[0]):
        a[i, k], a[j, k] = c * a[i, k] - s * a[j, k], s * a[i, k] + c * a[j, k]
        vectors[k, i], vectors[k, j] = c * vectors[k, i] - s * vectors[k, j], s * vectors[k, i] + c * vectors[k, j]
    a[i, j] = a[j, i] = 0.0


@compiled
def lower_factor(raw: Any, out: Any) -> int:
    """Rotate the columns of raw (q, r), which is destroyed, into a lower triangle: out out' = raw raw'.

    Returns its rank. Below full rank, column i of out is exactly zero where row i adds nothing new; the others
    begin, with a positive number, on the diagonal.
    """
    size, rank = out.shape[0], 0
    for i in range(size):
        length = 0.0
        for j in range(raw.shape[1]):
            length = math.hypot(length, raw[i, j])
        for j in range(i):
            length = math.hypot(length, out[i, j])
        largest = rank
        for j in range(rank + 1, raw.shape[1]):
            if rank < raw.shape[1] and abs(raw[i, j]) > abs(raw[i, largest]):
                largest = j
        for k in range(size):
            out[k, i] = 0.0
        if rank >= raw.shape[1]:
            continue
        for j in range(rank, raw.shape[1]):
            if j != largest:
                _merge(raw, i, largest, j)
        if abs(raw[i, largest]) <= 1e-14 * length or length == 0.0:
            raw[i, largest] = 0.0
            continue
        sign = math.copysign(1.0, raw[i, largest])
        for k in range(i, size):
            out[k, i] = sign * raw[k, largest]
            raw[k, largest] = raw[k, rank]
        rank += 1
    return rank


@compiled
def _merge(raw: Any, i: int, keep: int, clear: int) -> None:
    """Rotate two columns so that row i of the second is zero."""
    if raw[i, clear] == 0.0:
        return
    length = math.hypot(raw[i, keep], raw[i, clear])
    c, s = raw[i, keep] / length, raw[i, clear] / length
    for k in range(i, raw.shape[0]):
        raw[k, keep], raw[k, clear] = c * raw[k, keep] + s * raw[k, clear], c * raw[k, clear] - s * raw[k, keep]
    raw[i, clear] = 0.0

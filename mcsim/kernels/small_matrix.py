"""Factors and solutions of matrices of a few rows; they stand in one array and are named by their place in it."""

import math
from typing import Any

from mcsim.kernels.compiled import compact, part, step
from mcsim.kernels.workspace import RAW, SQUARE, VALUES, VECTORS

_SWEEPS = 50


@step
def cholesky(small: Any, a: int, size: int, least: float) -> bool:
    """Replace the lower triangle of a matrix by its Cholesky factor.

    False, with a half done, if a pivot is not above `least` times the diagonal element it came from.
    """
    compact()
    for i in range(size):
        for j in range(i + 1):
            total = small[a, i, j]
            for k in range(j):
                total -= small[a, i, k] * small[a, j, k]
            if j < i:
                small[a, i, j] = total / small[a, j, j]
            elif total > 0.0 and total > least * small[a, i, i]:
                small[a, i, i] = math.sqrt(total)
            else:
                return False
    return True


@step
def solve(small: Any, factor: int, size: int, b: Any) -> None:
    """Replace b by the solution of factor factor' x = b."""
    compact()
    for i in range(size):
        for k in range(i):
            b[i] -= small[factor, i, k] * b[k]
        b[i] /= small[factor, i, i]
    for i in range(size - 1, -1, -1):
        for k in range(i + 1, size):
            b[i] -= small[factor, k, i] * b[k]
        b[i] /= small[factor, i, i]


@step
def invert(small: Any, factor: int, size: int, out: int) -> None:
    """Set a matrix to inv(factor factor')."""
    compact()
    for j in range(size):
        for i in range(size):
            small[out, j, i] = 1.0 if i == j else 0.0
        solve(small, factor, size, small[out, j])
    for j in range(size):
        for i in range(j):
            small[out, i, j] = small[out, j, i] = 0.5 * (small[out, i, j] + small[out, j, i])


@step
def eigen(small: Any, vectors: Any, size: int) -> None:
    """Eigenvalues of the symmetric matrix in SQUARE, which is destroyed, and eigenvectors as columns; in no order.

    Cyclic Jacobi rotations (Golub & Van Loan 2013, Matrix Computations, sec. 8.5).
    """
    compact()
    for i in range(size):
        for j in range(size):
            small[VECTORS, i, j] = 1.0 if i == j else 0.0
    for _ in range(_SWEEPS):
        off = diagonal = 0.0
        for i in range(size):
            diagonal = max(diagonal, abs(small[SQUARE, i, i]))
            for j in range(i):
                off = max(off, abs(small[SQUARE, i, j]))
        if off <= 1e-16 * diagonal:
            break
        for i in range(size):
            for j in range(i):
                _rotate(small, size, i, j)
    for i in range(size):
        vectors[VALUES, i] = small[SQUARE, i, i]


@part
def _rotate(small: Any, size: int, i: int, j: int) -> None:
    """Make element (i, j) of SQUARE zero."""
    if small[SQUARE, i, j] != 0.0:
        half = 0.5 * (small[SQUARE, j, j] - small[SQUARE, i, i]) / small[SQUARE, i, j]
        t = math.copysign(1.0, half) / (abs(half) + math.sqrt(1.0 + half * half))
        c = 1.0 / math.sqrt(1.0 + t * t)
        s = t * c
        for k in range(size):
            one, two = small[SQUARE, k, i], small[SQUARE, k, j]
            small[SQUARE, k, i], small[SQUARE, k, j] = c * one - s * two, s * one + c * two
        for k in range(size):
            one, two = small[SQUARE, i, k], small[SQUARE, j, k]
            small[SQUARE, i, k], small[SQUARE, j, k] = c * one - s * two, s * one + c * two
            one, two = small[VECTORS, k, i], small[VECTORS, k, j]
            small[VECTORS, k, i], small[VECTORS, k, j] = c * one - s * two, s * one + c * two
        small[SQUARE, i, j] = small[SQUARE, j, i] = 0.0


@step
def lower_factor(small: Any, out: int, size: int, width: int) -> int:
    """Rotate the columns of RAW (size, width), which is destroyed, into a lower triangle: out out' = RAW RAW'.

    Returns its rank. Below full rank, column i of out is exactly zero where row i adds nothing to those above; the
    other columns begin, with a positive number, on the diagonal.
    """
    compact()
    rank = 0
    for i in range(size):
        length = 0.0
        for j in range(i):
            length += small[out, i, j] * small[out, i, j]
        for j in range(rank + 1, width):
            _merge(small, size, i, (rank, j))
        for k in range(size):
            small[out, k, i] = 0.0
        if rank == width:
            continue
        pivot = small[RAW, i, rank]
        if abs(pivot) > 1e-14 * math.sqrt(length + pivot * pivot):
            for k in range(i, size):
                small[out, k, i] = math.copysign(1.0, pivot) * small[RAW, k, rank]
            rank += 1
        else:
            small[RAW, i, rank] = 0.0
    return rank


@part
def _merge(small: Any, size: int, i: int, pair: tuple[int, int]) -> None:
    """Rotate two columns of RAW so that row i of the second is zero."""
    keep, clear = pair
    if small[RAW, i, clear] != 0.0:
        length = math.hypot(small[RAW, i, keep], small[RAW, i, clear])
        c, s = small[RAW, i, keep] / length, small[RAW, i, clear] / length
        for k in range(i, size):
            one, two = small[RAW, k, keep], small[RAW, k, clear]
            small[RAW, k, keep], small[RAW, k, clear] = c * one + s * two, c * two - s * one
        small[RAW, i, clear] = 0.0

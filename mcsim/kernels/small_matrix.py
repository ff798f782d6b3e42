"""Factors and solutions of matrices of a few rows; they stand in one array and are named by their place in it."""

import math
from typing import Any

from mcsim.kernels.compiled import compact, part, step
from mcsim.kernels.workspace import COVARIANCE, FACTOR, LOWER, PIVOTS, RANK, RAW, SQUARE, VALUES, VECTORS

_SWEEPS = 50
_NOTHING = 1e-14  # what rounding leaves of a row


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
def lower_factor(small: Any, size: int) -> None:
    """Rotate the columns of RAW (size, size), which is destroyed, into a lower triangle: LOWER LOWER' = RAW RAW'.

    Column i is exactly zero where row i adds nothing to those above; the others begin, with a positive number, on the
    diagonal.
    """
    compact()
    rank = 0
    for i in range(size):
        length = 0.0
        for j in range(i):
            length += small[LOWER, i, j] * small[LOWER, i, j]
        for k in range(size):
            small[LOWER, k, i] = 0.0
        if rank == size:
            continue
        for j in range(rank + 1, size):
            _merge(small, size, i, (rank, j))
        pivot = small[RAW, i, rank]
        if abs(pivot) > _NOTHING * math.sqrt(length + pivot * pivot):
            for k in range(i, size):
                small[LOWER, k, i] = math.copysign(1.0, pivot) * small[RAW, k, rank]
            rank += 1


@step
def pivoted_factor(work: Any, size: int, width: int) -> None:
    """Rotate the columns of RAW (size, width), which is destroyed, into FACTOR, a lower triangle of some order of rows.

    The row with most left begins each column; sets PIVOTS and RANK. Columns after the rank are zero.
    """
    compact()
    small, pivots, first = work.small, work.places, 0.0
    work.counts[RANK] = 0
    for b in range(size):
        row, most = _largest_row(work, size, (b, width))
        first = max(first, most)
        for a in range(size):
            small[FACTOR, a, b] = 0.0
        if work.counts[RANK] < b or not most > _NOTHING * _NOTHING * first:
            continue
        for j in range(b + 1, width):
            _merge(small, size, row, (b, j))
        work.counts[RANK] = b + 1
        pivots[PIVOTS, b] = row
        sign = math.copysign(1.0, small[RAW, row, b])
        for a in range(size):
            if not _is_pivot(work, a, b):
                small[FACTOR, a, b] = sign * small[RAW, a, b]


@step
def set_covariance(small: Any, size: int) -> None:
    """Set COVARIANCE to FACTOR FACTOR'."""
    compact()
    for a in range(size):
        for b in range(a + 1):
            total = 0.0
            for d in range(size):
                total += small[FACTOR, a, d] * small[FACTOR, b, d]
            small[COVARIANCE, a, b] = small[COVARIANCE, b, a] = total


@part
def _largest_row(work: Any, size: int, columns: tuple[int, int]) -> tuple[int, float]:
    """The row of RAW, of those that are no pivots yet, with the largest sum of squares from one column to another."""
    row, most = 0, 0.0
    for a in range(size):
        total = 0.0
        for j in range(columns[0], columns[1]):
            total += work.small[RAW, a, j] * work.small[RAW, a, j]
        if total > most and not _is_pivot(work, a, columns[0]):
            row, most = a, total
    return row, most


@part
def _is_pivot(work: Any, a: int, b: int) -> bool:
    """Whether row a begins a column before b."""
    found = False
    for d in range(b):
        found = found or work.places[PIVOTS, d] == a
    return found


@part
def _merge(small: Any, size: int, i: int, pair: tuple[int, int]) -> None:
    """Rotate two columns of RAW so that row i of the second is zero."""
    keep, clear = pair
    if small[RAW, i, clear] != 0.0:
        length = math.hypot(small[RAW, i, keep], small[RAW, i, clear])
        c, s = small[RAW, i, keep] / length, small[RAW, i, clear] / length
        for k in range(size):
            one, two = small[RAW, k, keep], small[RAW, k, clear]
            small[RAW, k, keep], small[RAW, k, clear] = c * one + s * two, c * two - s * one
        small[RAW, i, clear] = 0.0

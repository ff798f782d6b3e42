"""Cluster-robust covariance matrices and Bell-McCaffrey degrees of freedom, from k x k matrices of every cluster.

With X = Q R, Q'Q = I, rows Q_j of cluster j and residuals e, the sandwich of Liang & Zeger (1986, Biometrika 73, 13-22)
is inv(R) (sum_j u_j u_j') inv(R)' with u_j = Q_j' A_j e_j. In CR0 A_j = I. In CR2 A_j is the symmetric inverse square
root of I - H_jj, H_jj = Q_j Q_j' (Bell & McCaffrey 2002, Survey Methodology 28, 169-181; Pustejovsky & Tipton 2018,
Journal of Business & Economic Statistics 36, 672-683, sec. 2, working model of independent errors of equal variance).
The eigenvectors of H_jj outside the span of Q_j have eigenvalue 0, so that A_j Q_j = Q_j G_j, with S_j = Q_j' Q_j and
G_j the symmetric inverse square root of I - S_j: u_j = G_j Q_j' e_j, and no n_j x n_j matrix is needed. Where I - H_jj
is singular the inverse is the generalised one: directions that only this cluster has are left out. In CR0 they are as
good as left out, because residuals along them are zero.

Effects of clusters that were taken out by demeaning change nothing: a column of ones within a cluster is orthogonal to
Q_j, and so A_j of the regression with a dummy variable for each cluster has the same product with Q_j.
"""

import math
from typing import Any

from mcsim.kernels.compiled import compiled
from mcsim.kernels.lanes import segment_dot
from mcsim.kernels.regression import (
    ALONE,
    ALONG,
    GROUPS,
    HELP,
    INVERSE,
    ROOTS,
    SCORE,
    SPREAD,
    SQUARES,
    TRACES,
)
from mcsim.kernels.small_matrix import eigen
from mcsim.kernels.workspace import SQUARE, VALUES, VECTORS

_DETERMINED = 1e-12  # an eigenvalue of I - S_j that is not above counts as zero


@compiled
def cluster_robust(room: Any, k: int, adjusted: bool, with_squares: bool) -> None:
    """Set SPREAD to CR0, or if adjusted to CR2; ALONE, TRACES and, if asked for, SQUARES of every coefficient."""
    small, vectors = room.small, room.vectors
    small[SPREAD] = 0.0
    room.forms[:] = 0.0
    for kind in (TRACES, SQUARES, ALONE):
        vectors[kind] = 0.0
    for g in range(room.counts[GROUPS]):
        rows = (room.bounds[g], room.bounds[g + 1])
        for a in range(k):
            vectors[SCORE, a] = segment_dot(room.columns, a, k, rows)
        _set_roots(room, k, rows)
        for c in range(k):
            _add_traces(room, k, c, with_squares)
        if adjusted:
            _adjust(small, vectors, k)
        _add_score(small, vectors, k)


@compiled
def _set_roots(room: Any, k: int, rows: tuple[int, int]) -> None:
    """Set VECTORS and VALUES to those of S_j, and ROOTS to the eigenvalues of G_j."""
    small, vectors = room.small, room.vectors
    for a in range(k):
        for b in range(a + 1):
            small[SQUARE, a, b] = small[SQUARE, b, a] = segment_dot(room.columns, a, b, rows)
    eigen(small, vectors, k)
    for i in range(k):
        rest = 1.0 - vectors[VALUES, i]
        vectors[ROOTS, i] = 1.0 / math.sqrt(rest) if rest > _DETERMINED else 0.0


@compiled
def _adjust(small: Any, vectors: Any, k: int) -> None:
    """Replace SCORE by G_j times it."""
    for i in range(k):
        total = 0.0
        for a in range(k):
            total += small[VECTORS, a, i] * vectors[SCORE, a]
        vectors[ALONG, i] = vectors[ROOTS, i] * total
    _to_columns(small, vectors, k, SCORE)


@compiled
def _to_columns(small: Any, vectors: Any, k: int, out: int) -> None:
    """Carry ALONG from the eigenvectors of S_j back to the columns of Q."""
    for a in range(k):
        vectors[out, a] = 0.0
        for i in range(k):
            vectors[out, a] += small[VECTORS, a, i] * vectors[ALONG, i]


@compiled
def _add_score(small: Any, vectors: Any, k: int) -> None:
    """Add v v' to SPREAD, v = inv(R) SCORE."""
    for a in range(k):
        vectors[HELP, a] = 0.0
        for b in range(a, k):
            vectors[HELP, a] += small[INVERSE, a, b] * vectors[SCORE, b]
    for a in range(k):
        for b in range(k):
            small[SPREAD, a, b] += vectors[HELP, a] * vectors[HELP, b]


@compiled
def _add_traces(room: Any, k: int, c: int, with_squares: bool) -> None:
    """Add what cluster j contributes to tr P and tr P P of coefficient c.

    Its variance is estimated by sum_j (g_j' e_j)^2, g_j = A_j Q_j a, a' the row of the coefficient in inv(R). If
    errors are independent with variance sigma^2 that has mean sigma^2 tr P and variance 2 sigma^4 tr P P, where P_jl =
    g_j' (I - H)_jl g_l (Pustejovsky & Tipton 2018, eq. 11). With w_j = Q_j' g_j = S_j G_j a, P_jj = g_j'g_j - w_j'w_j,
    which is a' S_j a without the directions left out, and P_jl = - w_j' w_l.
    """
    small, vectors, form = room.small, room.vectors, room.forms[c]
    own = 0.0
    for i in range(k):
        along = 0.0
        for a in range(c, k):
            along += small[VECTORS, a, i] * small[INVERSE, c, a]
        if vectors[ROOTS, i] > 0.0:
            own += vectors[VALUES, i] * along * along
        else:
            vectors[ALONE, c] += along * along
        vectors[ALONG, i] = vectors[VALUES, i] * vectors[ROOTS, i] * along
    vectors[TRACES, c] += own
    if with_squares:
        vectors[SQUARES, c] += own * own
        _to_columns(small, vectors, k, HELP)
        for a in range(k):
            for b in range(k):
                product = vectors[HELP, a] * vectors[HELP, b]
                vectors[SQUARES, c] += 2.0 * form[a, b] * product
                form[a, b] += product

"""The room that one replication after the other is fitted in, made once a block.

Arrays are few and have one place for each quantity, because compiling grows with the number of arrays that functions
pass on.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.kernels.lanes import padded
from mcsim.kernels.layout import Layout

Floats = npt.NDArray[np.float64]


def _at(place: int) -> Any:
    """A place as a number of numba's; for a plain int every function it is passed to would be compiled anew."""
    return np.int64(place)


# Matrices per cluster, of `Workspace.rows`; with w columns their element (a, b) is row a w + b.
CROSS = _at(0)  # (q, c) Z'[Z | X | y]
SOLVED = _at(1)  # (q, c) inv(L) Lambda' Z'[Z | X | y], where L L' = Lambda' Z'Z Lambda + I
LEFT = _at(2)  # (q, c) Z' inv(V) [Z | X | y], of Z the lower triangle; V = I + Z D Z', D = Lambda Lambda'
WEIGHTS = _at(3)  # (q, p + 1) Z' inv(V) X inv(R_X)' =: Q, and Z' inv(V) (y - X beta) / sigma =: e
ROOT = _at(4)  # (q, q) L, lower triangle, its diagonal inverted
INNER = _at(5)  # (q, q) room for second derivatives
SPARE = _at(6)  # ones; the determinant of L L'
_ROW_KINDS = 7

# Small matrices, of `Workspace.small`.
ROOT_X = _at(0)  # (p + 1, p + 1) lower Cholesky factor R_X' of [X | y]' inv(V) [X | y]
GRADIENT = _at(1)  # (q, q) G, derivatives of the criterion in the elements of D
FACTOR = _at(2)  # (q, q) Lambda, its columns a lower triangle once rows are in the order of PIVOTS
COVARIANCE = _at(3)  # (q, q) D
TRIAL = _at(4)  # (q, q) a Lambda that is tried
RAW = _at(5)  # (q, q + 1) columns to be made a triangle
VECTORS = _at(6)  # (q, q) eigenvectors
SQUARE = _at(7)  # (q, q) the matrix they are sought of
CURVATURE = _at(8)  # (k, k) second derivatives in the free elements of D
JACOBIAN = _at(9)  # (k, k) derivatives of the free elements of D in those of Lambda
SECOND = _at(10)  # (k, k) second derivatives in the free elements of Lambda
DAMPED = _at(11)  # (k, k) their Cholesky factor
MOMENTS = _at(12)  # (k + 1, k + 1) information of the (co)variances and sigma^2
INVERSE = _at(13)  # (k + 1, k + 1) its inverse
X_TRIANGLE = _at(14)  # (p + 1, p + 1) unit upper: the columns of X and y as given = as orthogonalised times this
Z_TRIANGLE = _at(15)  # (q, q) the same of Z
HALF = _at(16)  # (p, p) a square root of the covariance matrix of the fixed effects, over sigma^2
BASIS = _at(17)  # (q, q) random effects = this times those of the columns as scaled
LOWER = _at(18)  # (q, q) Lambda of the columns as given, lower triangle
BEST = _at(19)  # (q, q) the best Lambda so far
_SMALL_KINDS = 20

# Vectors, of `Workspace.vectors`.
TRACES = _at(0)  # (k,) sum over clusters of tr(Z' inv(V) Z U), of every direction U of D
VALUES = _at(1)  # (q,) eigenvalues
STEP = _at(2)  # (k,) a step in the free elements of Lambda
SLOPE = _at(3)  # (k,) derivatives in them
TARGETS = _at(4)  # (k + 1,) right-hand sides
LENGTHS = _at(5)  # (c,) squared lengths of the columns as orthogonalised
NUMBERS = _at(6)  # the numbers named below
_VECTOR_KINDS = 7

# Numbers, of `Workspace.vectors[NUMBERS]`.
DEGREES = _at(0)  # n - p under REML, n under ML
SIGMA2 = 1
CRITERION = _at(2)
EVALUATIONS = _at(3)
_NUMBERS = 4

# Counts, of `Workspace.counts`.
N = _at(0)  # rows without missing values
CLUSTERS = _at(1)  # clusters with such rows
RANK = _at(2)  # columns of Lambda that are not zero; they stand first
_COUNTS = 3

# Places, of `Workspace.places`.
PIVOTS = _at(0)  # (rank,) the row in which each column of Lambda begins
FREE_ROWS = _at(1)  # (k,) row of each free element of Lambda
FREE_COLUMNS = _at(2)  # (k,) and its column
_PLACE_KINDS = 3


class Workspace(NamedTuple):
    """Room for the fit of a model with p fixed effects, q random effects, k (co)variances and c columns."""

    columns: Floats
    """(c, n) the columns of `Layout.terms`, orthogonalised in place."""
    bounds: npt.NDArray[np.int64]
    """(J + 1,) where each cluster begins, and n."""
    counts: npt.NDArray[np.int64]
    """(3,) counts."""
    places: npt.NDArray[np.int64]
    """(3, .) lists of places."""
    rows: Floats
    """(7, ., J) small matrices of every cluster; the cluster stands last, so that arithmetic runs over clusters."""
    blocks: Floats
    """(k, p + 1, p + 1) sum over clusters of [Q | e]' U [Q | e], of every direction U of D."""
    small: Floats
    """(20, ., .) small matrices."""
    vectors: Floats
    """(7, .) vectors."""


def new_workspace(layout: Layout, starts: npt.NDArray[np.int64], n: int) -> Workspace:
    """Room for a model, for data sets with at most n rows in the clusters that begin at `starts`."""
    c, k, m, q = len(layout.terms), len(layout.directions), layout.p + 1, layout.q
    width = max(m, k + 1, q + 1)
    workspace = Workspace(
        np.empty((c, n)),
        np.zeros(len(starts), dtype=np.int64),
        np.zeros(_COUNTS, dtype=np.int64),
        np.zeros((_PLACE_KINDS, k), dtype=np.int64),
        np.zeros((_ROW_KINDS, max(q * c, 2), padded(len(starts) - 1))),
        np.zeros((k, m, m)),
        np.zeros((_SMALL_KINDS, width, width)),
        np.zeros((_VECTOR_KINDS, max(width, c, _NUMBERS))),
    )
    workspace.rows[SPARE, 0] = 1.0
    return workspace

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
SECOND_BLOCK = _at(20)  # (p, p) a second derivative of X' inv(V) X in D, whitened as Q is
OPTIMUM = _at(21)  # (q, q) the Lambda of the fit, while others are tried
ADJUSTMENT = _at(22)  # (p, p) what Kenward and Roger add to the covariance matrix of the fixed effects
WHITEN = _at(23)  # (p + 1, p + 1) [Q | e] = Z' inv(V) [X | y] times this
CROSSED = _at(24)  # (p + 1, p + 1) room for products
INSIDE = _at(25)  # (q, q) the Lambda of the last model on the near side of a limit
_SMALL_KINDS = 26

# Vectors, of `Workspace.vectors`.
TRACES = _at(0)  # (k,) sum over clusters of tr(Z' inv(V) Z U), of every direction U of D
VALUES = _at(1)  # (q,) eigenvalues
STEP = _at(2)  # (k,) a step in the free elements of Lambda
SLOPE = _at(3)  # (k,) derivatives in them
TARGETS = _at(4)  # (k + 1,) right-hand sides
LENGTHS = _at(5)  # (c,) squared lengths of the columns as orthogonalised
NUMBERS = _at(6)  # the numbers named below
HELD_LEFT = _at(7)  # (q,) or (p,) which parameter is held: see `held`
HELD_RIGHT = _at(8)  # (q,) or (p,)
_VECTOR_KINDS = 9

# Numbers, of `Workspace.vectors[NUMBERS]`.
DEGREES = _at(0)  # n - p under REML, n under ML
SIGMA2 = 1
CRITERION = _at(2)
EVALUATIONS = _at(3)
SQUARES = _at(4)  # the residual sum of squares
AIM = _at(5)  # the value at which a parameter is held
STIFFNESS = _at(6)  # of the penalty for being elsewhere
REACHED = _at(7)  # the value that it has
RISE = _at(8)  # the derivative of the least criterion in it
OWN_SHARE = _at(9)  # what second derivatives are made of, where there are several levels: see `information`
X_SHARE = _at(10)
Y_SHARE = _at(11)
_NUMBERS = 12

# Counts, of `Workspace.counts`.
N = _at(0)  # rows without missing values
RANK = _at(1)  # columns of Lambda that are not zero; they stand first
KIND = _at(2)  # which kind of parameter is held
CLUSTERS = _at(3)  # innermost clusters with such rows; after it those of the levels around them

# Kinds of parameters that are held, of `counts[KIND]`.
FREE = _at(0)  # none
FIXED_EFFECT = _at(1)
RESIDUAL = _at(2)  # sigma^2
COVARIANCE_ELEMENT = _at(3)  # an element of Sigma
CORRELATION = _at(4)

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
    """(levels, J + 1) where each cluster begins, and n in all places that are left."""
    counts: npt.NDArray[np.int64]
    """(3 + levels,) counts."""
    places: npt.NDArray[np.int64]
    """(3, .) lists of places."""
    rows: Floats
    """(7, ., J) small matrices of every cluster; the cluster stands last, so that arithmetic runs over clusters."""
    blocks: Floats
    """(k, p + 1, p + 1) sum over clusters of [Q | e]' U [Q | e], of every direction U of D."""
    small: Floats
    """(26, ., .) small matrices."""
    vectors: Floats
    """(9, .) vectors."""


class NestedWorkspace(NamedTuple):
    """Room for a model with several levels; the fields of `Workspace` but `rows`, and those of `nested`."""

    columns: Floats
    bounds: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]
    blocks: Floats
    small: Floats
    vectors: Floats
    products: Floats
    """(J, c, c) [Z | X | y]'[Z | X | y] of every innermost cluster."""
    jets: Floats
    """(levels + 1, 1 + k + k (k + 1) / 2, c, c) the same of a cluster of each level once what lies inside it is
    eliminated, its first and its second derivatives in D; last those of all data."""
    traces: Floats
    """(1 + k + k (k + 1) / 2,) log |V| and its derivatives."""
    passed: npt.NDArray[np.int64]
    """(levels + 1,) how many clusters of each level are eliminated."""
    room: Floats
    """(4 + 2 k, q + 1, c) for the elimination of one cluster."""


def new_workspace(layout: Layout, starts: npt.NDArray[np.int64], n: int) -> Workspace | NestedWorkspace:
    """Room for a model, for data sets with at most n rows in the clusters that begin at `starts` (levels, J + 1)."""
    c, k, m, q = len(layout.terms), len(layout.directions), layout.p + 1, layout.q
    width, jets = max(m, k + 1, q + 1), 1 + k + k * (k + 1) // 2
    common = {
        "columns": np.empty((c, n)),
        "bounds": np.zeros(starts.shape, dtype=np.int64),
        "counts": np.zeros(CLUSTERS + len(starts), dtype=np.int64),
        "places": np.zeros((_PLACE_KINDS, k), dtype=np.int64),
        "blocks": np.zeros((k, m, m)),
        "small": np.zeros((_SMALL_KINDS, width, width)),
        "vectors": np.zeros((_VECTOR_KINDS, max(width, c, _NUMBERS))),
    }
    if len(starts) > 1:
        return NestedWorkspace(
            products=np.zeros((starts.shape[1] - 1, c, c)),
            jets=np.zeros((len(starts) + 1, jets, c, c)),
            traces=np.zeros(jets),
            passed=np.zeros(len(starts) + 1, dtype=np.int64),
            room=np.zeros((4 + 2 * k, q + 1, c)),
            **common,
        )
    rows = np.zeros((_ROW_KINDS, max(q * c, 2), padded(starts.shape[1] - 1)))
    rows[SPARE, 0] = 1.0
    return Workspace(rows=rows, **common)

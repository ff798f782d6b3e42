"""What regressions are asked for, and the room that one after the other is fitted in, made once a block."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.kernels.workspace import SQUARE, VALUES, VECTORS

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# Small matrices, of `Room.small`, beside SQUARE and VECTORS, where `eigen` works.
TRIANGLE = 0  # (k + 1, k + 1) R: [X | y] = [Q | e] R, Q'Q = I; its last diagonal element is the length of e
INVERSE = 1  # (k, k) inv(R) of X alone
SPREAD = 2  # (k, k) the covariance matrix of the coefficients

# Vectors, of `Room.vectors`, beside VALUES.
LENGTHS = 0  # (p + 1,) of the columns as given
LEFT = 2  # (p + 1,) of what is left of them without the means of clusters
SCORE = 3  # (k,) u_j = Q_j' A_j e_j
ROOTS = 4  # (k,) eigenvalues of G_j
ALONG = 5  # (k,) in the directions of the eigenvectors of S_j
HELP = 6  # (k,) in between
TRACES = 7  # (k,) tr P of every coefficient
SQUARES = 8  # (k,) tr P P of every coefficient
ALONE = 9  # (k,) the share of every coefficient's row of inv(R), squared, that is left out of P

# Counts, of `Room.counts`.
N = 0  # rows without missing values
GROUPS = 1  # clusters with such rows
KEPT = 2  # k, the terms that have a coefficient
ABSORBED_MEANS = 3  # means that were taken out: one for each cluster, or none


class Design(NamedTuple):
    """What is fitted: the regression, the clusters of its rows, and the covariance matrix that is asked for."""

    terms: Integers
    """(p + 1, order) the predictors, then the response, each a product of the columns at these places."""
    starts: Integers
    """(1, J + 1), or (R, J + 1) where replications differ: where each cluster begins, and in all places that are left
    the number of rows. (0, n) where rows have no clusters."""
    within: bool
    """Whether every cluster has an intercept of its own."""
    covariance: int
    """A code of `mcsim.kernels.variants.COVARIANCES`."""
    df: int
    """A code of `mcsim.kernels.variants.DEGREES`."""


class Room(NamedTuple):
    """Room for regressions on p terms, of which k have a coefficient, in data sets with at most n rows."""

    columns: Floats
    """(p + 2, n) the terms and the response, orthogonalised in place; ones."""
    bounds: Integers
    """(J + 1,) where each cluster begins, and the number of rows."""
    counts: Integers
    """(4,) counts."""
    places: Integers
    """(p,) which of the p terms the k that have a coefficient are."""
    small: Floats
    """(8, p + 1, p + 1) small matrices."""
    vectors: Floats
    """(10, p + 1) vectors."""
    forms: Floats
    """(p, p, p) of every coefficient the sum of w_j w_j' over the clusters so far."""


def new_room(design: Design, n: int) -> Room:
    """Room for a regression, for data sets with at most n rows."""
    p = len(design.terms) - 1
    return Room(
        np.ones((p + 2, n)),
        np.zeros(design.starts.shape[1], dtype=np.int64),
        np.zeros(4, dtype=np.int64),
        np.zeros(p, dtype=np.int64),
        np.zeros((max(SQUARE, VECTORS, SPREAD) + 1, p + 1, p + 1)),
        np.zeros((max(ALONE, VALUES) + 1, p + 1)),
        np.zeros((p, p, p)),
    )

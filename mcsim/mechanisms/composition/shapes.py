"""Distributions as functions of a standard normal, g(z) = F^-1(Phi(z)), in the form that kernels evaluate.

Whatever a mechanism draws is a function of a standard normal of numpy's stream. A smooth function is tabulated once;
its error is at most 1e-10 standard deviations (1e-10 of the value itself where that is larger), but for mixtures of far
components, at the one place between them where hardly anything lies.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mcsim.kernels.recipe import DEGREE, REACH, SMOOTH, STEPS
from mcsim.model import Floats

TERMS = 120
"""Of the Hermite series of a function."""

_CELLS = 112  # the fewest of a smooth function; others have this many times a power of 2

_PRECISION = 1e-10
_MOST = 32 * _CELLS  # a far mixture takes a second to tabulate, and a table stays in the second cache
_POINTS = 8  # of Gauss-Legendre, in each cell


@dataclass(frozen=True, eq=False)
class Shape:
    """A function of a standard normal; `mean` and `sd` are its moments.

    Attributes
    ----------
    kind : int
        `SMOOTH` or `STEPS` of `mcsim.kernels.shapes`.
    table : array (cells, DEGREE + 1) or (2, m + 1)
        Coefficients; or thresholds, infinite in the last place, and values.
    mean, sd : float
        Moments of the values.
    """

    kind: int
    table: Floats
    mean: float
    sd: float

    @property
    def numbers(self) -> Floats:
        """The numbers that a kernel reads."""
        return self.table.ravel() if self.kind == SMOOTH else np.concatenate([self.table[0, :-1], self.table[1]])

    @property
    def pieces(self) -> int:
        """How many cells or thresholds it has."""
        return len(self.table) if self.kind == SMOOTH else self.table.shape[1] - 1

    @property
    def jumps(self) -> tuple[Floats, Floats]:
        """Where it jumps and by how much, (m,) each."""
        return (self.table[0, :-1], np.diff(self.table[1])) if self.kind == STEPS else (np.empty(0), np.empty(0))

    def __call__(self, z: Floats) -> Floats:
        """The values at standard normals (m,)."""
        from mcsim.kernels.shapes import bend

        values = np.array(z, dtype=np.float64)
        bend(np.array([self.kind, 0, self.pieces]), self.numbers, values)
        return values


def smooth(quantile: Callable[[Floats, Floats], Floats], mean: float, sd: float) -> Shape:
    """A continuous distribution, tabulated finely enough.

    Parameters
    ----------
    quantile : function
        Of two arrays, the probability below and that above; both, so that either tail has its digits.
    mean, sd : float
        Of the distribution.
    """
    from scipy.special import ndtr

    def exact(z: Floats) -> Floats:
        return quantile(ndtr(z), ndtr(-z))

    # Points of Chebyshev and Lobatto: neighbouring cells agree where they meet.
    nodes = 0.5 - 0.5 * np.cos(np.pi * np.arange(DEGREE + 1) / DEGREE)
    to_coefficients = np.linalg.inv(np.vander(nodes, increasing=True))
    between = (nodes[1:] + nodes[:-1]) / 2
    powers = np.vander(between, DEGREE + 1, increasing=True)
    cells = _CELLS
    while True:
        edges = np.arange(cells)[:, None]
        width = 2 * REACH / cells
        table = exact(np.clip(-REACH + width * (edges + nodes), -REACH, REACH)) @ to_coefficients.T
        truth = exact(-REACH + width * (edges + between))
        worst = np.max(np.abs(table @ powers.T - truth) / (sd + np.abs(truth - mean)))
        if worst <= _PRECISION or cells >= _MOST:
            return Shape(SMOOTH, np.ascontiguousarray(table), mean, sd)
        cells *= 2


def steps(thresholds: Floats, values: Floats) -> Shape:
    """A discrete distribution.

    Parameters
    ----------
    thresholds : array (m,)
        Ascending.
    values : array (m + 1,)
        The value below the first threshold, and above each.
    """
    shares = shares_between(thresholds)
    mean = float(shares @ values)
    sd = float(np.sqrt(shares @ (values - mean) ** 2))
    return Shape(STEPS, np.array([np.append(thresholds, np.inf), values], dtype=np.float64), mean, sd)


def shares_between(thresholds: Floats) -> Floats:
    """The probabilities of a standard normal below the first of ascending thresholds (m,), and above each, (m + 1,)."""
    from scipy.special import ndtr

    edges = np.concatenate([[-np.inf], thresholds, [np.inf]])
    # From the nearer tail, so that small probabilities have their digits.
    return np.asarray(
        np.where(edges[:-1] > 0, ndtr(-edges[:-1]) - ndtr(-edges[1:]), ndtr(edges[1:]) - ndtr(edges[:-1]))
    )


def hermite_series(shape: Shape | None) -> Floats:
    """The coefficients of the standardised function in orthonormal Hermite polynomials of degree 1, 2, ... (TERMS,).

    The correlation of two functions of standard normals that correlate by r is the sum of a_k b_k r^k (Mehler 1866).

    Parameters
    ----------
    shape : Shape or None
        None is the normal itself.
    """
    if shape is None:
        return np.asarray(np.eye(1, TERMS)[0])
    if shape.kind == STEPS:
        at, jumps = shape.jumps
        found = _projections(at, jumps * np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi))[:TERMS]
        return found / np.sqrt(np.arange(1, TERMS + 1)) / shape.sd
    z, weights = quadrature(shape)
    return _projections(z, weights * (shape(z) - shape.mean))[1:] / shape.sd


def quadrature(*shapes: Shape | None) -> tuple[Floats, Floats]:
    """Points (m,) and weights (m,) with which sums are expectations of functions of these shapes of one normal.

    They are exact piece by piece: no cell of a shape, and no jump, lies within a piece.
    """
    there = [shape for shape in shapes if shape is not None]
    cells = max([_CELLS, *(shape.pieces for shape in there if shape.kind == SMOOTH)])
    jumps = np.concatenate([np.empty(0), *(shape.jumps[0] for shape in there)])
    edges = np.union1d(np.linspace(-REACH, REACH, cells + 1), jumps[np.abs(jumps) < REACH])
    points, weights = np.polynomial.legendre.leggauss(_POINTS)
    half = np.diff(edges)[:, None] / 2
    z = edges[:-1, None] + half * (1 + points)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray(z.ravel()), np.asarray((half * weights * density).ravel())


def _projections(z: Floats, weights: Floats) -> Floats:
    """The weighted sums over points (m,) of orthonormal Hermite polynomials of degree 0 to TERMS, (TERMS + 1,)."""
    before, now, found = np.zeros_like(z), np.ones_like(z), []
    for k in range(TERMS + 1):
        found.append(float(now @ weights))
        before, now = now, (z * now - np.sqrt(k) * before) / np.sqrt(k + 1)
    return np.array(found)

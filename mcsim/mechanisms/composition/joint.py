"""Quantities that are drawn together: what their standard normals must correlate by, so that they do as stated.

A Gaussian copula, solved for the stated correlations: quantities are functions of correlated standard normals, and for
each pair the correlation of the normals is the one at which the quantities correlate as stated (Cario & Nelson 1997,
"NORmal To Anything"; with polynomials of degree three for functions it is the method of Vale & Maurelli 1983). Each
keeps its distribution, and with it its variance, exactly.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from mcsim.kernels.recipe import STEPS
from mcsim.mechanisms.composition.shapes import TERMS, Shape, hermite_series, quadrature
from mcsim.model import Floats

_NODES = 64  # of Gauss-Legendre, from independence to a correlation


class Pair(NamedTuple):
    """Two functions of standard normals, and how the correlation of these turns into theirs.

    Attributes
    ----------
    correlation : function
        That of the functions, for that of the normals.
    least, most : float
        The correlations that they can have.
    """

    correlation: Callable[[float], float]
    least: float
    most: float

    def normal(self, correlation: float) -> float:
        """That of the normals, for that of the functions; beyond reach, the nearest end."""
        from scipy.optimize import brentq

        if correlation == 0 or not self.correlation(-1.0) < correlation < self.correlation(1.0):
            return float(np.sign(correlation))
        return float(brentq(lambda r: self.correlation(r) - correlation, -1.0, 1.0, xtol=1e-14))


@cache
def pair(one: Shape | None, other: Shape | None) -> Pair:
    """Two functions of standard normals; None is the normal itself."""
    if one is None and other is None:
        return Pair(float, -1.0, 1.0)
    if one is not None and one.kind == STEPS:
        if other is not None and other.kind == STEPS:
            of_jumps = _by_jumps(one, other)
            return Pair(of_jumps, of_jumps(-1.0), of_jumps(1.0))
        one, other = other, one
    z, weights = quadrature(one, other)  # symmetric but for the jumps of the other
    second = weights * _standardised(other, z)
    least, most = float(_standardised(one, -z) @ second), float(_standardised(one, z) @ second)
    return Pair(_by_series(hermite_series(one) * hermite_series(other), least, most), least, most)


def _standardised(shape: Shape | None, z: Floats) -> Floats:
    return z if shape is None else (shape(z) - shape.mean) / shape.sd


def _by_series(products: Floats, least: float, most: float) -> Callable[[float], float]:
    """By the products of Hermite coefficients (TERMS,); what they leave out goes into one more power."""
    powers = np.arange(1, TERMS + 1)

    def correlation(normal: float) -> float:
        left_out = (most if normal > 0 else least) - float(products @ np.sign(normal) ** powers)
        return float(products @ normal**powers) + left_out * abs(normal) ** (TERMS + 1)

    return correlation


def _by_jumps(one: Shape, other: Shape) -> Callable[[float], float]:
    """Of two functions with steps, for which a series would be too long.

    The probability that two normals lie above s and t rises with their correlation by their density at (s, t) (Plackett
    1954); with the correlation sin(angle) the integrand is smooth (Drezner & Wesolowsky 1990).
    """
    (s, first), (t, second) = one.jumps, other.jumps
    s, t = s[:, None], t[None]
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)

    def correlation(normal: float) -> float:
        half, total = np.arcsin(normal) / 2, 0.0
        for angle, weight in zip(half * (1 + nodes), half * weights, strict=True):
            sine, cosine = np.sin(angle), np.cos(angle)
            density = np.exp(-((s - sine * t) ** 2 / cosine**2 + t**2) / 2) / (2 * np.pi)
            total += weight * float(first @ density @ second)
        return total / (one.sd * other.sd)

    return correlation


def semidefinite_cholesky(matrix: Floats) -> Floats:
    """The lower triangle L with L L' = matrix (k, k), which may be singular."""
    k = len(matrix)
    factor = np.zeros((k, k))
    for a in range(k):
        for b in range(a):
            rest = matrix[a, b] - factor[a, :b] @ factor[b, :b]
            factor[a, b] = rest / factor[b, b] if factor[b, b] > 0 else 0.0
        factor[a, a] = np.sqrt(max(0.0, matrix[a, a] - factor[a, :a] @ factor[a, :a]))
    return factor

"""Quantities that are drawn together: what their standard normals must correlate by, so that they do as stated.

A Gaussian copula, solved for the stated correlations: quantities are functions of correlated standard normals, and for
each pair the correlation of the normals is the one at which the quantities correlate as stated (Cario & Nelson 1997,
"NORmal To Anything"; with polynomials of degree three for functions it is the method of Vale & Maurelli 1983). Each
keeps its distribution, and with it its variance, exactly.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from mcsim.kernels.recipe import SMOOTH
from mcsim.mechanisms.composition.shapes import CELLS, Shape, hermite_series, quadrature
from mcsim.model import Floats


class Pair(NamedTuple):
    """Two functions of standard normals, and how the correlation of these turns into theirs.

    Attributes
    ----------
    products : array (TERMS,)
        Of their Hermite coefficients.
    least, most : float
        The correlations that they can have.
    """

    products: Floats
    least: float
    most: float

    def correlation(self, normal: float) -> float:
        """That of the functions, for that of the normals; what the series leaves out goes into one more power."""
        powers = np.arange(1, len(self.products) + 1)
        end = self.most if normal > 0 else self.least
        left_out = end - float(self.products @ np.sign(normal) ** powers)
        return float(self.products @ normal**powers) + left_out * abs(normal) ** (len(powers) + 1)

    def normal(self, correlation: float) -> float:
        """That of the normals, for that of the functions, which must be within reach."""
        from scipy.optimize import brentq

        if correlation in {self.least, self.most, 0.0}:
            return float(np.sign(correlation))
        return float(brentq(lambda r: self.correlation(r) - correlation, -1.0, 1.0, xtol=1e-14))


@cache
def pair(one: Shape | None, other: Shape | None) -> Pair:
    """Two functions of standard normals; None is the normal itself."""
    z, weights = quadrature(max([shape.pieces for shape in (one, other) if shape and shape.kind == SMOOTH] or [CELLS]))
    standard = [z if shape is None else (shape(z) - shape.mean) / shape.sd for shape in (one, other)]
    mirrored = -z if other is None else (other(-z) - other.mean) / other.sd
    most, least = float(weights @ (standard[0] * standard[1])), float(weights @ (standard[0] * mirrored))
    if one is None and other is None:
        least, most = -1.0, 1.0
    return Pair(hermite_series(one) * hermite_series(other), least, most)


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

"""What a mixed model is made of: quantities, and what clusters add to coefficients."""

from typing import NamedTuple

import numpy as np

from mcsim.kernels.recipe import REACH, STEPS
from mcsim.mechanisms.composition.shapes import Shape, quadrature, shares_between
from mcsim.model import Floats

_ENDS = 1e-4  # an expectation to which normals beyond 6 contribute this share is taken for infinite

INTERCEPT = ""
"""The column whose coefficient is the intercept."""


class Quantity(NamedTuple):
    """Something that has a value for every row (level 0), or for every cluster of a level.

    Attributes
    ----------
    name : str
        Of a random effect, of the residual, or of a part of a predictor.
    level : int
        0 rows, 1 the innermost clusters, 2 those of the level above, ...
    sd : float
        Its standard deviation; what is given or has values of its own (`coded`) has none to be scaled to.
    shape : Shape or None
        Its distribution, as a function of a standard normal; None is the normal itself.
    coded : bool
        Whether it takes the values of the shape as they are.
    column : str
        The column that it is part of; "" for a random effect and the residual.
    given : tuple of float
        Its values, in turn over clusters or over the rows of each cluster, if it is not drawn.
    weights : tuple of float
        How many rows each given value stands for, where that differs.
    of : str
        The quantity whose normals it has too; "" for normals of its own.
    hidden : bool
        Whether its values do not enter the column, only its normals.
    law : str
        The distribution as people write it; "" is normal.
    """

    name: str
    level: int
    sd: float = 1.0
    shape: Shape | None = None
    coded: bool = False
    column: str = ""
    given: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()
    of: str = ""
    hidden: bool = False
    law: str = ""

    @property
    def spread(self) -> float:
        """The standard deviation of its values."""
        return self.shape.sd if self.shape is not None and self.coded else self.sd

    @property
    def affine(self) -> tuple[float, float]:
        """The factor and the summand that turn values of the shape into its own."""
        if self.shape is None or self.coded:
            return 1.0, 0.0
        factor = self.sd / self.shape.sd
        return factor, -factor * self.shape.mean

    def values(self, z: Floats) -> Floats:
        """Its values at standard normals (m,)."""
        factor, summand = self.affine
        return self.sd * z if self.shape is None else summand + factor * self.shape(z)

    def expectation_of_exp(self, rate: float) -> float:
        """E exp(rate value); infinite where there is none, or where it hangs on values that hardly ever come."""
        if self.given:
            return float(np.average(np.exp(rate * np.array(self.given)), weights=self.weights or None))
        if self.shape is None:
            return float(np.exp((rate * self.sd) ** 2 / 2))
        z, weights = quadrature(self.shape)
        with np.errstate(over="ignore"):
            terms = weights * np.exp(rate * self.values(z))
        at_the_ends = terms[np.abs(z) > REACH - 1].sum()
        return float(terms.sum()) if at_the_ends < _ENDS * terms.sum() else np.inf

    def share_above(self, cut: Floats) -> Floats:
        """The probabilities of values above cuts (m,)."""
        from scipy.special import ndtr

        if self.given:
            above = np.array(self.given) > np.asarray(cut)[..., None]
            return np.asarray(np.average(above, axis=-1, weights=self.weights or None))
        if self.shape is not None and self.shape.kind == STEPS:
            (scale, summand), (edges, values) = self.affine, self.shape.table
            above = summand + scale * values > np.asarray(cut)[..., None]
            return np.asarray(above @ shares_between(edges[:-1]))
        low, high = np.full(np.shape(cut), -REACH), np.full(np.shape(cut), REACH)
        for _ in range(60):
            z = (low + high) / 2
            below = self.values(z) <= cut
            low, high = np.where(below, z, low), np.where(below, high, z)
        return np.asarray(ndtr(-(low + high) / 2))


class Add(NamedTuple):
    """What clusters add to a coefficient: weight times a random effect, a predictor of clusters, or a cluster mean.

    Attributes
    ----------
    to : str
        The column whose coefficient it is, or `INTERCEPT`.
    weight : float
        The factor.
    what : str
        A quantity that is no column, or a column, of which the value in the cluster's first row is taken.
    symbol : str
        The weight in a person's eyes; "" for a random effect, whose weight is 1.
    mean : bool
        Of a column: its mean in the cluster instead.
    """

    to: str
    weight: float
    what: str
    symbol: str = ""
    mean: bool = False

"""A mixed model as data: which quantities it has, how they hang together, how they add up to the outcome.

A mechanism family says in these words what its factors mean; `mcsim.mechanisms.composition.composed` simulates it.
"""

from collections.abc import Mapping
from typing import NamedTuple

from mcsim.mechanisms.composition.quantities import INTERCEPT, Add, Quantity
from mcsim.mechanisms.parts.residual_correlation import Independent, ResidualCorrelation
from mcsim.mechanisms.parts.residual_variance import Constant, ResidualVariance
from mcsim.mechanisms.parts.sizes import SizePattern


class Model(NamedTuple):
    """A mixed model.

    Attributes
    ----------
    outermost : int
        How many clusters the outermost level has.
    sizes : tuple of int or SizePattern
        How many members a cluster has, by level, the innermost first, whose members are rows.
    quantities : tuple of Quantity
        In the order of their normals in the stream; the residual, called e, is the last. Sizes of innermost clusters
        drawn in every replication are the first, called size.
    columns : tuple of str
        The predictors, in the order of a data set.
    covariances : mapping of (str, str) to float
        Of pairs of quantities that are not independent; of one with itself, its variance to the last bit.
    coefficients : mapping of str to float
        Of `INTERCEPT`, and of the columns that have one, in order.
    adds : tuple of Add
        What clusters add to them, in order.
    variance, correlation : ResidualVariance, ResidualCorrelation
        Of the residuals.
    gammas : mapping of str to str
        What people call the coefficient of a column; one that is not there has no constant part.
    symbols : mapping of str, or of (str, str), to str
        What people call the variance of a quantity (of a predictor: the SD), and a covariance.
    times : tuple of float
        When the rows of a cluster were taken, if that is of consequence for their correlation.
    alone : int
        How many of the clusters, the last ones, have one row whatever the sizes; where there is one level of clusters.
    """

    outermost: int
    sizes: tuple[int | SizePattern, ...]
    quantities: tuple[Quantity, ...]
    columns: tuple[str, ...]
    covariances: Mapping[tuple[str, str], float]
    coefficients: Mapping[str, float]
    adds: tuple[Add, ...]
    variance: ResidualVariance
    correlation: ResidualCorrelation
    gammas: Mapping[str, str]
    symbols: Mapping[str | tuple[str, str], str]
    times: tuple[float, ...] = ()
    alone: int = 0

    @property
    def rows(self) -> float:
        """The number of rows of a data set; where sizes are drawn, its mean."""
        units = float(self.outermost - self.alone)
        for size in reversed(self.sizes):
            units *= size if isinstance(size, int) else size.average(round(units))
        return units + self.alone

    def only(self, quantities: tuple[Quantity, ...], columns: tuple[str, ...]) -> "Model":
        """These quantities and the columns they make, without an outcome."""
        return self._replace(
            quantities=quantities,
            columns=columns,
            coefficients={INTERCEPT: 0.0},
            adds=(),
            variance=Constant(),
            correlation=Independent(),
        )

    def parts_of(self, column: str) -> tuple[Quantity, ...]:
        """The quantities that a column is the sum of."""
        return tuple(q for q in self.quantities if q.column == column and not q.hidden)

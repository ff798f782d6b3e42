"""A mixed model in the numbers from which kernels simulate data; nothing is compiled where these are imported."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

SMOOTH, STEPS = 1, 2
"""The kinds of a function of a standard normal."""

REACH, DEGREE = 7.0, 5
"""A smooth function is a polynomial of this degree on each of many equal cells, so far to either side."""

OWN, HELD = 0, 1
"""Where a column is: drawn in every replication, or held fixed."""

QUANTITY, FIRST_ROW, MEAN = 0, 1, 2
"""What clusters add to a coefficient: a quantity, the first row of a column, the mean of a column."""

EXPONENTIAL, SPLIT, VARYING = 0, 1, 2
"""What the residual standard deviation is multiplied by: a function of a column, one of two numbers, a quantity."""


class Recipe(NamedTuple):
    """A mixed model in numbers.

    Attributes
    ----------
    quantities : array (k, 5) of int64
        Of each its level (0 rows, 1 the innermost clusters, ...), whether it has normals of its own, its shape (a row
        of `shapes`, -1 none), the own column that it is part of (-1 none), and how many values it takes in turn, over
        clusters or over the rows of each cluster, if it is given and not drawn (else 0). The last is the residual.
    given : array (k, t)
        These values.
    factor : array (k, k)
        The lower triangle that mixes the normals of quantities; only those of one level have entries in common.
    affine : array (k, 2)
        The factor and the summand of a quantity that is bent.
    shapes : array (s, 3) of int64
        As `mcsim.kernels.shapes.bend` takes them.
    numbers : array
        What they refer to.
    columns : array (c, 2) of int64
        `OWN` or `HELD` and the row there, for columns 1, 2, ...
    coefficients : array (1 + c,)
        Of the intercept and of the columns.
    adds : array (a, 3) of int64
        What clusters add: to which coefficient, of which kind, and which quantity or column.
    weights : array (a,)
        The factors of these.
    spreads : array (m, 2) of int64
        What multiplies the residual standard deviation: its kind, and the column or quantity.
    spread_numbers : array (m, 3)
        Of `EXPONENTIAL` half the log-variance a unit, 0, and a factor; of `SPLIT` the cut, and the factors of values up
        to it and above.
    serial : array (p, 3 + b)
        How the residual at each place in a cluster depends on the places before: the weights of its own draw, of the
        residual just before, of its own draw for all residuals after, and of the b draws before. Beyond p the last
        row counts; none for independent residuals.
    """

    quantities: Integers
    given: Floats
    factor: Floats
    affine: Floats
    shapes: Integers
    numbers: Floats
    columns: Integers
    coefficients: Floats
    adds: Integers
    weights: Floats
    spreads: Integers
    spread_numbers: Floats
    serial: Floats

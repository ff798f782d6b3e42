"""Monotone functions of a standard normal, evaluated where kernels need them: smooth ones, and those with steps.

A smooth function is a polynomial of degree `DEGREE` on each of many equal cells from -`REACH` to `REACH`; beyond, a
normal is taken for the nearest end (once in 4e11 draws). A function with steps has one value below each threshold and
one above the last.
"""

from typing import Any

from mcsim.kernels.compiled import compiled
from mcsim.kernels.recipe import DEGREE, REACH, SMOOTH, STEPS


@compiled
def bend(shape: Any, numbers: Any, values: Any) -> None:
    """Replace standard normals (m,) by the values of a function.

    Parameters
    ----------
    shape : array (3,) of int64
        The kind, where its numbers begin, and how many cells or thresholds it has.
    numbers : array
        Of a smooth function the coefficients of each cell, of the lowest power first; of one with steps the
        thresholds in ascending order, then the values.
    values : array (m,)
        Overwritten.
    """
    kind, first, count = shape[0], shape[1], shape[2]
    if kind == SMOOTH:
        per_unit = count / (2.0 * REACH)
        for i in range(values.shape[0]):
            place = (min(max(values[i], -REACH), REACH) + REACH) * per_unit
            cell = min(int(place), count - 1)
            t = place - cell
            at = first + cell * (DEGREE + 1)
            total = numbers[at + DEGREE]
            for power in range(DEGREE - 1, -1, -1):
                total = total * t + numbers[at + power]
            values[i] = total
    elif kind == STEPS:
        for i in range(values.shape[0]):
            values[i] = numbers[first + count + steps_below(numbers, first, count, values[i])]


@compiled
def steps_below(numbers: Any, first: int, count: int, value: float) -> int:
    """How many of `count` thresholds, in ascending order from place `first` on, lie below a value."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if numbers[first + middle] < value:
            low = middle + 1
        else:
            high = middle
    return low

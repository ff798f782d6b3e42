"""Data of a mixed model put together from standard normals, one replication after the other.

A replication is a few quantities (predictors, random effects, residuals), each with a value for every row or for every
cluster of a level. Its standard normals stand in runs, one run a quantity in order, one normal a row or cluster. Within
a level quantities are mixed by a Cholesky factor and then bent into their distributions. Then, for row i in the
innermost cluster j, y_i = sum over columns c of b_cj x_ci, plus the residual; b_cj is a coefficient plus what clusters
add to it. The intercept is column 0.
"""

from typing import Any

import numpy as np

from mcsim.kernels.compiled import compiled
from mcsim.kernels.normals import fill_standard_normals
from mcsim.kernels.recipe import FIRST_ROW, QUANTITY, Recipe
from mcsim.kernels.residuals import column_of, correlate, spread
from mcsim.kernels.shapes import bend


@compiled
def put_values(recipe: Recipe, normals: Any, starts: Any, units: Any, values: Any) -> None:
    """Write the value of every quantity, (k, rows), from the normals of a replication; `units` counts each level's."""
    k, used = recipe.quantities.shape[0], 0
    runs = np.zeros(k, dtype=np.int64)
    for a in range(k):
        m, shape = units[recipe.quantities[a, 0]], recipe.quantities[a, 2]
        runs[a] = used
        used += m if recipe.quantities[a, 1] else 0
        if recipe.quantities[a, 4] > 0:
            _give(recipe, a, starts, values[a, :m])
            continue
        _mix(recipe, a, normals, runs, values[a, :m])
        if shape >= 0:
            bend(recipe.shapes[shape], recipe.numbers, values[a, :m])
            scale, summand = recipe.affine[a]
            if scale != 1.0 or summand != 0.0:
                for i in range(m):
                    values[a, i] = summand + scale * values[a, i]


@compiled
def _mix(recipe: Recipe, a: int, normals: Any, runs: Any, out: Any) -> None:
    """Write the normals of a quantity: its own, and those before that it correlates with."""
    out[:] = 0.0
    if recipe.quantities[a, 1]:
        own = recipe.factor[a, a]
        for i in range(out.shape[0]):
            out[i] = own * normals[runs[a] + i]
    for b in range(a):
        share = recipe.factor[a, b]
        if share != 0.0:
            for i in range(out.shape[0]):
                out[i] += share * normals[runs[b] + i]


@compiled
def _give(recipe: Recipe, a: int, starts: Any, values: Any) -> None:
    """Write the values of a quantity that is given."""
    count = recipe.quantities[a, 4]
    if recipe.quantities[a, 0] > 0:
        for j in range(values.shape[0]):
            values[j] = recipe.given[a, j % count]
        return
    for j in range(starts.shape[1] - 1):
        for i in range(starts[0, j], starts[0, j + 1]):
            values[i] = recipe.given[a, (i - starts[0, j]) % count]


@compiled
def put_columns(recipe: Recipe, starts: Any, values: Any, own: Any) -> None:
    """Write the own columns, (rows,) each: the sum of the quantities that are part of them."""
    n = starts[0, starts.shape[1] - 1]
    written = np.zeros(own.shape[0], dtype=np.bool_)
    for a in range(recipe.quantities.shape[0]):
        level, column = recipe.quantities[a, 0], recipe.quantities[a, 3]
        if column < 0:
            continue
        if not written[column]:
            own[column, :n] = 0.0
            written[column] = True
        if level == 0:
            for i in range(n):
                own[column, i] += values[a, i]
        else:
            for j in range(starts.shape[1] - 1):
                own[column, starts[level - 1, j] : starts[level - 1, j + 1]] += values[a, j]


@compiled
def put_outcome(recipe: Recipe, starts: Any, tables: Any, y: Any) -> None:
    """Write y (rows,) from tables = (values of quantities, own columns, held columns); residuals stay in the values."""
    values, own, held = tables
    e = recipe.quantities.shape[0] - 1
    n = starts[0, starts.shape[1] - 1]
    correlate(recipe.serial, starts, values[e])
    spread(recipe, starts, tables, values[e])
    coefficients = np.empty((recipe.coefficients.shape[0], starts.shape[1] - 1))
    for c in range(coefficients.shape[0]):
        coefficients[c] = recipe.coefficients[c]
    for a in range(recipe.adds.shape[0]):
        _add(recipe, a, starts, tables, coefficients[recipe.adds[a, 0]])
    for c in range(coefficients.shape[0]):
        column = column_of(recipe, own, held, c) if c > 0 else y
        for j in range(coefficients.shape[1]):
            out, x, slope = (
                y[starts[0, j] : starts[0, j + 1]],
                column[starts[0, j] : starts[0, j + 1]],
                coefficients[c, j],
            )
            if c == 0:
                out[:] = slope
            else:
                for i in range(out.shape[0]):
                    out[i] += slope * x[i]
    for i in range(n):
        y[i] += values[e, i]


@compiled
def _add(recipe: Recipe, a: int, starts: Any, tables: Any, coefficient: Any) -> None:
    """Add to a coefficient, (J,), what clusters bring."""
    values, own, held = tables
    kind, which, weight = recipe.adds[a, 1], recipe.adds[a, 2], recipe.weights[a]
    if kind == QUANTITY:
        level = recipe.quantities[which, 0]
        for j in range(coefficient.shape[0]):
            cluster = j if level == 1 else _cluster_of(starts[level - 1], starts[0, j])
            coefficient[j] += weight * values[which, cluster]
        return
    column = column_of(recipe, own, held, which)
    for j in range(coefficient.shape[0]):
        first, last = starts[0, j], starts[0, j + 1]
        if kind == FIRST_ROW:
            coefficient[j] += weight * column[first]
        else:
            total = 0.0
            for i in range(first, last):
                total += column[i]
            coefficient[j] += weight * (total / (last - first))


@compiled
def _cluster_of(starts: Any, row: int) -> int:
    """The cluster that a row lies in."""
    low, high = 0, starts.shape[0] - 1
    while high - low > 1:
        middle = (low + high) // 2
        if starts[middle] <= row:
            low = middle
        else:
            high = middle
    return low


@compiled
def put_dataset(recipe: Recipe, normals: Any, starts: Any, held: Any, room: Any) -> None:
    """Write one data set.

    Parameters
    ----------
    recipe : Recipe
        The model.
    normals : array (m,)
        The standard normals of its quantities.
    starts : array (levels, J + 1) of int64
        The row at which each cluster begins, those of the innermost level first, and n in all places that are left.
    held : array (h, n)
        The columns held fixed.
    room : tuple of array (k, n), array (1 + columns drawn, n), array (levels + 1,) of int64
        Overwritten: the values of quantities (of those of clusters, one for each cluster), y and the columns drawn, and
        the number of rows and of clusters on each level.
    """
    values, own, units = room
    count_units(starts, units)
    put_values(recipe, normals, starts, units, values)
    put_columns(recipe, starts, values, own[1:])
    put_outcome(recipe, starts, (values, own[1:], held), own[0])


@compiled
def put_datasets(recipe: Recipe, stream: Any, starts: Any, held: Any, own: Any) -> None:
    """Draw and write consecutive replications.

    Parameters
    ----------
    recipe : Recipe
        The model.
    stream : tuple of array (2,) of uint64, int
        The Philox key, and the first replication.
    starts : array (R or 1, levels, J + 1) of int64
        As in `put_dataset`, of each replication or of all.
    held : array (h, n)
        As in `put_dataset`.
    own : array (R, 1 + columns drawn, n)
        Overwritten.
    """
    key, first = stream
    values = np.empty((recipe.quantities.shape[0], own.shape[2]))
    units = np.empty(starts.shape[1] + 1, dtype=np.int64)
    normals = np.empty(recipe.quantities.shape[0] * own.shape[2])
    for r in range(own.shape[0]):
        of_rep = starts[r % starts.shape[0]]
        count = count_normals(recipe.quantities, of_rep)
        fill_standard_normals(key, first + r, normals[:count])
        put_dataset(recipe, normals[:count], of_rep, held, (values, own[r], units))


@compiled
def count_units(starts: Any, units: Any) -> None:
    """Write the number of rows, and of clusters of each level, (levels + 1,)."""
    units[0] = starts[0, starts.shape[1] - 1]
    for level in range(starts.shape[0]):
        units[level + 1] = 0
        while units[level + 1] < starts.shape[1] - 1 and starts[level, units[level + 1]] < units[0]:
            units[level + 1] += 1


@compiled
def count_normals(quantities: Any, starts: Any) -> int:
    """How many standard normals a replication takes."""
    units = np.empty(starts.shape[0] + 1, dtype=np.int64)
    count_units(starts, units)
    total = 0
    for a in range(quantities.shape[0]):
        total += units[quantities[a, 0]] if quantities[a, 1] else 0
    return total

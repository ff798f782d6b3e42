"""Data of mixed models against the textbook's matrices, from the same standard normals, for recipes made at random."""

from itertools import pairwise

import numpy as np
import pytest

from mcsim.kernels.mixed_data import count_normals, put_dataset, put_datasets
from mcsim.kernels.recipe import EXPONENTIAL, FIRST_ROW, HELD, MEAN, OWN, QUANTITY, SPLIT, VARYING, Recipe
from mcsim.kernels.shapes import DEGREE, REACH, SMOOTH, STEPS
from mcsim.streams import DATA, Streams

COLUMNS = 3  # the last is held fixed


def clusters_at_random(rng, levels):
    """Bounds by level, the innermost first: the rows where clusters begin, and the number of rows."""
    sizes, bounds = rng.integers(1, 5, size=rng.integers(2, 5)), []
    for _ in range(levels - 1):
        bounds = [np.concatenate([[0], np.cumsum(sizes)]), *bounds]
        sizes = rng.integers(1, 5, size=sizes.sum())
    rows = np.concatenate([[0], np.cumsum(sizes)])
    for level in range(len(bounds)):
        finer = bounds[level - 1] if level else rows
        bounds[level] = finer[bounds[level]]
    return [rows, *bounds]


def recipe_at_random(rng, levels):
    """Quantities of every level, bent and not, given and drawn, correlated within levels; the residual last."""
    smooth, values = rng.standard_normal((7, DEGREE + 1)), rng.standard_normal(4)
    thresholds = np.sort(rng.standard_normal(3))
    of_level = [*rng.integers(0, levels + 1, size=6), 0]
    k, drawn, shapes = len(of_level), rng.random(7) < 0.8, rng.integers(-1, 2, size=7)
    drawn[-1] = True
    quantities, given = np.zeros((k, 5), dtype=np.int64), rng.standard_normal((k, 3))
    factor = np.zeros((k, k))
    for a, level in enumerate(of_level):
        count = 0 if drawn[a] or rng.random() < 0.5 else rng.integers(1, 4)
        column = (0, 1, *rng.integers(-1, COLUMNS - 1, size=4), -1)[a]  # every column has a part
        quantities[a] = level, drawn[a], -1 if count else shapes[a], column, count
        for b in range(a + 1):
            if of_level[b] == level and drawn[b]:
                factor[a, b] = rng.standard_normal()
    adds, spreads = [], [(EXPONENTIAL, 1), (SPLIT, 3)]
    for _ in range(5):
        above = np.flatnonzero(np.array(of_level) > 0)
        kind = rng.choice([QUANTITY, FIRST_ROW, MEAN] if len(above) else [FIRST_ROW, MEAN])
        adds.append((rng.integers(0, COLUMNS + 1), kind, rng.choice(above) if kind == QUANTITY else rng.integers(1, 4)))
    if 1 in of_level:
        spreads.append((VARYING, of_level.index(1)))
    return Recipe(
        quantities=quantities,
        given=given,
        factor=factor,
        affine=rng.standard_normal((k, 2)),
        shapes=np.array([[SMOOTH, 0, 7], [STEPS, smooth.size, 3]]),
        numbers=np.concatenate([smooth.ravel(), thresholds, values]),
        columns=np.array([[OWN, 0], [OWN, 1], [HELD, 0]]),
        coefficients=rng.standard_normal(1 + COLUMNS),
        adds=np.array(adds, dtype=np.int64),
        weights=rng.standard_normal(5),
        spreads=np.array(spreads),
        spread_numbers=rng.standard_normal((len(spreads), 3)),
        serial=rng.standard_normal((rng.integers(1, 4), 5)) if rng.random() < 0.7 else np.empty((0, 3)),
    )


def bent(recipe, a, z):
    """A quantity as a function of its normals, in numpy's words."""
    shape = recipe.quantities[a, 2]
    if shape < 0:
        return z
    kind, first, count = recipe.shapes[shape]
    if kind == STEPS:
        values = recipe.numbers[first + count :][np.searchsorted(recipe.numbers[first : first + count], z)]
    else:
        place = (np.clip(z, -REACH, REACH) + REACH) * count / (2 * REACH)
        cell = np.minimum(place.astype(int), count - 1)
        table = recipe.numbers[first : first + count * (DEGREE + 1)].reshape(count, -1)
        values = np.sum(table[cell] * (place - cell)[:, None] ** np.arange(DEGREE + 1), axis=1)
    return recipe.affine[a, 1] + recipe.affine[a, 0] * values


def mixing(serial, size):
    """The matrix that makes the residuals of a cluster from its draws: (I - carried) e = (drawn) z."""
    carried, drawn = np.zeros((size, size)), np.eye(size)
    for i in range(size) if len(serial) else ():
        row = serial[min(i, len(serial) - 1)]
        drawn[i, i] = row[0]
        carried[i, i - 1] += row[1] if i else 0.0
        for lag in range(1, min(len(row) - 3, i) + 1):
            drawn[i, i - lag] += row[2 + lag]
        for before in range(i):
            drawn[i, before] += serial[min(before, len(serial) - 1)][2]
    return np.linalg.solve(np.eye(size) - carried, drawn)


def textbook(recipe, normals, bounds, held):
    """The columns y, x1, x2 by design matrices."""
    n, k = bounds[0][-1], len(recipe.quantities)
    designs = [np.eye(n)] + [np.repeat(np.eye(len(of_level) - 1), np.diff(of_level), axis=0) for of_level in bounds]
    units, draws, values = [design.shape[1] for design in designs], {}, []
    for a, (level, own, *_) in enumerate(recipe.quantities):
        draws[a], normals = np.split(normals, [units[level]]) if own else (np.zeros(units[level]), normals)
    for a, (level, _, _, _, count) in enumerate(recipe.quantities):
        z = sum(recipe.factor[a, b] * draws[b] for b in range(k) if recipe.quantities[b, 0] == level)
        turn = recipe.given[a, : max(count, 1)]
        in_turn = [np.resize(turn, m) for m in (np.diff(bounds[0]) if level == 0 else [units[level]])]
        values.append(np.concatenate(in_turn) if count else bent(recipe, a, z))
    rows = [designs[level] @ of for (level, *_), of in zip(recipe.quantities, values, strict=True)]
    x = [np.ones(n), np.zeros(n), np.zeros(n), held[0]]
    for a, (_, _, _, column, _) in enumerate(recipe.quantities):
        if column >= 0:
            x[1 + column] = x[1 + column] + rows[a]
    first = designs[1] @ np.array([np.eye(n)[start] for start in bounds[0][:-1]])
    mean = designs[1] @ (designs[1] / designs[1].sum(axis=0)).T
    slopes = np.outer(recipe.coefficients, np.ones(n))
    for (to, kind, which), weight in zip(recipe.adds, recipe.weights, strict=True):
        slopes[to] += weight * (rows[which] if kind == QUANTITY else (first if kind == FIRST_ROW else mean) @ x[which])
    e = np.concatenate([mixing(recipe.serial, b - a) @ values[-1][a:b] for a, b in pairwise(bounds[0])])
    for (kind, which), (one, two, three) in zip(recipe.spreads, recipe.spread_numbers, strict=True):
        factors = {EXPONENTIAL: lambda on, a=one, c=three: c * np.exp(a * on)}
        factors[SPLIT] = lambda on, a=one, b=two, c=three: np.where(on > a, c, b)
        e = e * (rows[which] if kind == VARYING else factors[kind](x[which]))
    return np.array([sum(b * column for b, column in zip(slopes, x, strict=True)) + e, x[1], x[2]])


def starts_of(bounds):
    starts = np.full((len(bounds), len(bounds[0])), bounds[0][-1])
    for level, of_level in enumerate(bounds):
        starts[level, : len(of_level)] = of_level
    return starts


@pytest.mark.parametrize("levels", [1, 2, 3])
@pytest.mark.parametrize("seed", range(25))
def test_a_data_set_is_that_of_the_textbook(seed, levels):
    rng = np.random.default_rng([seed, levels])
    bounds, recipe = clusters_at_random(rng, levels), recipe_at_random(rng, levels)
    starts, n = starts_of(bounds), bounds[0][-1]
    held, normals = rng.standard_normal((1, n)), rng.standard_normal(count_normals(recipe.quantities, starts))
    units = np.array([n, *(len(of_level) - 1 for of_level in bounds)])
    assert len(normals) == sum(units[level] for level, own, *_ in recipe.quantities if own)
    values, own = np.full((len(recipe.quantities), n), np.nan), np.full((3, n), np.nan)
    put_dataset(recipe, normals, starts, held, (values, own, np.empty(levels + 1, dtype=np.int64)))
    np.testing.assert_allclose(own, textbook(recipe, normals, bounds, held), rtol=1e-9, atol=1e-9)


def test_replications_have_their_own_clusters_and_the_normals_of_their_streams():
    rng = np.random.default_rng(4)
    recipe, streams = recipe_at_random(rng, 2), Streams(1, "c1", DATA, 7, 3)
    every = [[np.array([0, 1, 4, 6]), np.array([0, 4, 6])], [np.array([0, 3, 4, 5]), np.array([0, 4, 5])]]
    every.append([np.array([0, 2, 4, 8]), np.array([0, 4, 8])])
    starts, held = np.array([starts_of(bounds) for bounds in every]), rng.standard_normal((1, 8))
    own = np.zeros((3, 3, 8))
    put_datasets(recipe, (streams.key, streams.first), starts, held, own)
    for r, bounds in enumerate(every):
        normals = streams.generator(r).standard_normal(count_normals(recipe.quantities, starts[r]))
        n = bounds[0][-1]
        expected = textbook(recipe, normals, bounds, held[:, :n])
        np.testing.assert_allclose(own[r, :, :n], expected, rtol=1e-9, atol=1e-9)
        assert not own[r, :, n:].any()

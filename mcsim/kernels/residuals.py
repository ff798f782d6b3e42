"""Residuals whose draws depend on each other, and whose standard deviations differ."""

import math
from typing import Any

import numpy as np

from mcsim.kernels.compiled import compiled
from mcsim.kernels.recipe import EXPONENTIAL, OWN, VARYING, Recipe


@compiled
def correlate(serial: Any, starts: Any, e: Any) -> None:
    """Let the residuals of a cluster, given as independent draws, depend on those before; overwrites them."""
    places, band = serial.shape[0], serial.shape[1] - 3
    if places == 0:
        return
    draws = np.empty(e.shape[0])
    for j in range(starts.shape[1] - 1):
        first, last = starts[0, j], starts[0, j + 1]
        before = common = 0.0
        for i in range(first, last):
            draws[i] = e[i]
            row = serial[min(i - first, places - 1)]
            value = row[0] * draws[i] + row[1] * before + common
            for lag in range(1, min(band, i - first) + 1):
                value += row[2 + lag] * draws[i - lag]
            common += row[2] * draws[i]
            before = e[i] = value


@compiled
def spread(recipe: Recipe, starts: Any, tables: Any, e: Any) -> None:
    """Multiply the residuals by the standard deviations that columns and clusters give."""
    values, own, held = tables
    for s in range(recipe.spreads.shape[0]):
        kind, which = recipe.spreads[s]
        one, two, three = recipe.spread_numbers[s]
        if kind == VARYING:
            for j in range(starts.shape[1] - 1):
                for i in range(starts[0, j], starts[0, j + 1]):
                    e[i] *= values[which, j]
            continue
        column = column_of(recipe, own, held, which)
        for i in range(starts[0, starts.shape[1] - 1]):
            if kind == EXPONENTIAL:
                e[i] *= three * math.exp(one * column[i])
            else:
                e[i] *= three if column[i] > one else two


@compiled
def column_of(recipe: Recipe, own: Any, held: Any, c: int) -> Any:
    """The column in a place from 1 on, (rows,)."""
    place = recipe.columns[c - 1]
    return own[place[1]] if place[0] == OWN else held[place[1]]

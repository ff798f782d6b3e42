"""How the terms of a two-level model are laid out as columns, worked out once a block."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.kernels.columns import ABSENT

Integers = npt.NDArray[np.int64]

_PLACES: Any = np.arange(4)  # numba's integers: for a plain int functions would be compiled anew
X_FAMILY, Z_FAMILY, FIXED, RANDOM = _PLACES
"""The rows of `Layout.orders`."""


class ModelTerms(NamedTuple):
    """A two-level model; a column c >= 0 is ``own[:, c]``, c < 0 is ``shared[-c - 1]``.

    A term is the product of its columns; unused places hold `ABSENT`, and a term without columns is the constant 1.
    """

    response: int
    fixed: Integers
    """(p, order) the fixed effects."""
    random: Integers
    """(q, order) the random effects of the one grouping factor."""
    correlated: bool
    """Whether the random effects have a full covariance matrix, or (``||``) a diagonal one."""


class Layout(NamedTuple):
    """The columns [Z | X without what Z has | y] of a model, and where each of its terms went.

    A column that Z and X have in common stands once: the first `shared` columns. That saves its cross-products, and
    with correlated random effects Z may be transformed as X is, since any basis of its span gives the same model.
    """

    terms: Integers
    """(c, order) what the columns hold, as in `ModelTerms`."""
    orders: Integers
    """(4, c) in `X_FAMILY` the p columns of X, in the order they are orthogonalised in, and that of y; in `Z_FAMILY`
    the q columns of Z; in `FIXED` and `RANDOM` which fixed and random effects these are."""
    directions: Integers
    """(k, 2) row and column of each free element of the covariance matrix, lower triangle by column."""
    p: int
    q: int
    shared: int
    correlated: bool
    reml: bool


def lay_out(terms: ModelTerms, reml: bool) -> Layout:
    """Order the columns of a model: those of Z that are also in X first, the constant before all others."""
    width = max(terms.fixed.shape[1], terms.random.shape[1], 1)
    fixed, random = (_canonical(part, width) for part in (terms.fixed, terms.random))
    sharable = [t for t in random if t in fixed and (terms.correlated or _is_constant(t))]
    random_order = sorted(range(len(random)), key=lambda a: (random[a] not in sharable, not _is_constant(random[a])))
    place = {random[a]: at for at, a in enumerate(random_order) if random[a] in sharable}
    fixed_order = sorted(
        range(len(fixed)), key=lambda r: (place.get(fixed[r], len(random)), not _is_constant(fixed[r]))
    )
    p, q, shared = len(fixed), len(random), len(sharable)
    columns = [random[a] for a in random_order] + [fixed[r] for r in fixed_order[shared:]]
    columns.append((terms.response, *[ABSENT] * (width - 1)))
    orders = np.zeros((4, len(columns)), dtype=np.int64)
    orders[X_FAMILY, : p + 1] = [*range(shared), *range(q, len(columns))]
    orders[Z_FAMILY, :q] = range(q)
    orders[FIXED, :p] = fixed_order
    orders[RANDOM, :q] = random_order
    places = np.array(columns, dtype=np.int64)
    return Layout(places, orders, directions(q, terms.correlated), p, q, shared, bool(terms.correlated), bool(reml))


def directions(q: int, correlated: bool) -> Integers:
    """Row and column of each free element of a q x q covariance matrix, lower triangle by column: (k, 2)."""
    pairs = [(a, b) for b in range(q) for a in range(b, q) if correlated or a == b]
    return np.array(pairs, dtype=np.int64)


def _canonical(terms: Integers, width: int) -> list[tuple[int, ...]]:
    """Each term's columns in ascending order, which puts `ABSENT` last, so that x:z equals z:x."""
    return [tuple(sorted([*map(int, term), *[ABSENT] * (width - len(term))])) for term in terms]


def _is_constant(term: tuple[int, ...]) -> bool:
    return all(place == ABSENT for place in term)

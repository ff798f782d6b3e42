"""How the terms of a model are laid out as columns, worked out once a block."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.kernels.columns import ABSENT

Integers = npt.NDArray[np.int64]

_PLACES: Any = np.arange(4)  # numba's integers: for a plain int functions would be compiled anew
X_FAMILY, Z_FAMILY, FIXED, RANDOM = _PLACES
"""The rows of `Layout.orders`."""


class ModelTerms(NamedTuple):
    """A mixed model; a column c >= 0 is ``own[:, c]``, c < 0 is ``shared[-c - 1]``.

    A term is the product of its columns; unused places hold `ABSENT`, and a term without columns is the constant 1.
    """

    response: int
    fixed: Integers
    """(p, order) the fixed effects."""
    random: Integers
    """(q, order) the random effects."""
    blocks: Integers
    """(q,) the block of each: effects of one block have a full covariance matrix, those of different blocks none."""
    levels: Integers
    """(q,) the grouping factor of each, counted from the innermost; those of a block are equal."""


class Layout(NamedTuple):
    """The columns [Z | X without what Z has | y] of a model, and where each of its terms went.

    A column that Z and X have in common stands once: the first `shared` columns. That saves its cross-products, and
    within a block of random effects Z may be transformed as X is, since any basis of its span gives the same model.
    """

    terms: Integers
    """(c, order) what the columns hold, as in `ModelTerms`."""
    orders: Integers
    """(4, c) in `X_FAMILY` the p columns of X, in the order they are orthogonalised in, and that of y; in `Z_FAMILY`
    the q columns of Z; in `FIXED` and `RANDOM` which fixed and random effects these are."""
    directions: Integers
    """(k, 2) row and column of each free element of the covariance matrix, random effects in the order of Z."""
    reported: Integers
    """(k, 2) the same with random effects in the order of the model: by block, lower triangle by column."""
    blocks: Integers
    """(q,) the first column of Z in the block of each."""
    ends: Integers
    """(levels,) where the columns of each level end, those of the innermost first."""
    p: int
    q: int
    shared: int
    reml: bool


def lay_out(terms: ModelTerms, reml: bool) -> Layout:
    """Order the columns of a model: by level, blocks together; what Z and X share first, the constant before all."""
    width = max(terms.fixed.shape[1], terms.random.shape[1], 1)
    fixed, random = (_canonical(part, width) for part in (terms.fixed, terms.random))
    blocks, levels = terms.blocks.tolist(), terms.levels.tolist()
    common = _common_block(fixed, random, terms)
    sharable = [b == common and t in fixed for b, t in zip(blocks, random, strict=True)]
    random_order = sorted(
        range(len(random)),
        key=lambda a: (levels[a], blocks[a] != common, blocks[a], not sharable[a], not _is_constant(random[a])),
    )
    place = {random[a]: at for at, a in enumerate(random_order) if sharable[a]}
    fixed_order = sorted(
        range(len(fixed)), key=lambda r: (place.get(fixed[r], len(random)), not _is_constant(fixed[r]))
    )
    p, q, shared = len(fixed), len(random), sum(sharable)
    columns = [random[a] for a in random_order] + [fixed[r] for r in fixed_order[shared:]]
    columns.append((terms.response, *[ABSENT] * (width - 1)))
    orders = np.zeros((4, len(columns)), dtype=np.int64)
    orders[X_FAMILY, : p + 1] = [*range(shared), *range(q, len(columns))]
    orders[Z_FAMILY, :q] = range(q)
    orders[FIXED, :p] = fixed_order
    orders[RANDOM, :q] = random_order
    in_order = [blocks[a] for a in random_order]
    starts = [in_order.index(block) for block in in_order]
    return Layout(
        np.array(columns, dtype=np.int64),
        orders,
        directions(in_order),
        directions(blocks),
        np.array(starts, dtype=np.int64),
        np.searchsorted(sorted(levels), range(1, max(levels, default=0) + 2)).astype(np.int64),
        p,
        q,
        shared,
        bool(reml),
    )


def directions(blocks: Sequence[int]) -> Integers:
    """Row and column of each free element of a covariance matrix, by block, lower triangle by column: (k, 2).

    Parameters
    ----------
    blocks : sequence of int
        The block of each effect; those of one block stand together.
    """
    pairs = [(a, b) for b, block in enumerate(blocks) for a in range(b, len(blocks)) if blocks[a] == block]
    return np.array(pairs, dtype=np.int64).reshape(len(pairs), 2)


def _common_block(fixed: list[tuple[int, ...]], random: list[tuple[int, ...]], terms: ModelTerms) -> int:
    """The block whose columns Z shares with X: the one with most in common, or -1 where there are several levels."""
    if len(random) == 0 or terms.levels.any():
        return -1
    blocks: list[int] = terms.blocks.tolist()
    common = {block: [t for b, t in zip(blocks, random, strict=True) if b == block and t in fixed] for block in blocks}
    return max(common, key=lambda block: (len(common[block]), any(map(_is_constant, common[block]))))


def _canonical(terms: Integers, width: int) -> list[tuple[int, ...]]:
    """Each term's columns in ascending order, which puts `ABSENT` last, so that x:z equals z:x."""
    return [tuple(sorted([*map(int, term), *[ABSENT] * (width - len(term))])) for term in terms]


def _is_constant(term: tuple[int, ...]) -> bool:
    return all(place == ABSENT for place in term)

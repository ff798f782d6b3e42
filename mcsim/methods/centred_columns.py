"""A block of data sets with the columns that a formula has made: centred ones, and the means of clusters."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mcsim.centring import CENTRED, WITHIN, Centred, centred_columns
from mcsim.formula import Formula, RandomTerm, Term
from mcsim.methods.block_columns import column_of, numbers_of, present_rows
from mcsim.methods.levels import nested_levels
from mcsim.model import DatasetBlock

if TYPE_CHECKING:
    from mcsim.kernels.centring import Clusters


def with_centred_columns(block: DatasetBlock, formula: Formula) -> DatasetBlock:
    """The block with what `mcsim.centring` finds in a formula; the block itself if that is nothing.

    Means are over all rows that have a value of the column and of the grouping factor, be the others missing or not.
    A column made from a shared one is shared.

    Parameters
    ----------
    block : DatasetBlock
        Its grouping factors are shared.
    formula : Formula
        With a grouping factor if its columns are made from means of clusters.

    Raises
    ------
    DataError
        If a column that another is made from is not numeric, or a grouping factor is missing.
    """
    made = centred_columns(formula, (*block.names, *block.shared))
    if not made:
        return block
    clusters = _clusters(block, formula, made)
    own = tuple(column for column in made if column.column in block.names)
    shared = tuple(column for column in made if column.column in block.shared)
    if own:
        given = len(block.names)
        values = np.empty((len(block), given + len(own), block.values.shape[2]))
        values[:, :given], values[:, given:] = block.values, np.nan
        _make(values, block.names, own, clusters)
        block = replace(block, names=(*block.names, *(column.name for column in own)), values=values)
    if shared:
        sources = tuple(dict.fromkeys(column.column for column in shared))
        columns = np.full((1, len(sources) + len(shared), block.values.shape[2]), np.nan)
        for place, name in enumerate(sources):
            columns[0, place] = numbers_of(block, name, formula)
        _make(columns, sources, shared, clusters)
        names = [column.name for column in shared]
        block = replace(block, shared={**block.shared, **dict(zip(names, columns[0, len(sources) :], strict=True))})
    return block


def _clusters(block: DatasetBlock, formula: Formula, made: Sequence[Centred]) -> "dict[str, Clusters]":
    """The clusters of every grouping factor by its name, those of the innermost also by none; all rows as `CENTRED`."""
    from mcsim.kernels.centring import Clusters

    n = block.values.shape[2]
    found = {CENTRED: Clusters(np.arange(n)[None], np.array([[0, n]]))}
    if any(column.of_clusters for column in made):
        of_groups = {group: _of_group(block, formula, group) for group in formula.groups}
        # The innermost has most clusters; of as many, the first.
        found |= of_groups | {"": max(of_groups.values(), key=lambda clusters: clusters.starts.shape[1])}
    return found


def _of_group(block: DatasetBlock, formula: Formula, group: str) -> "Clusters":
    from mcsim.kernels.centring import Clusters

    labels = {name: _sortable(column_of(block, name, formula)) for name in formula.factors[group]}
    rows = present_rows(labels)
    if rows is not None:
        labels = {name: column[rows] for name, column in labels.items()}
    order, (level,) = nested_levels(replace(formula, random=(RandomTerm((Term(),), group),)), labels)
    rows = np.arange(block.values.shape[2]) if rows is None else rows
    return Clusters((rows if order is None else rows[order])[None], level.starts[None])


def _sortable(labels: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Labels, or numbers in their place where they may be anything; NaN where missing."""
    if labels.dtype.kind != "O":
        return labels
    import pandas as pd

    codes = pd.factorize(labels)[0]
    return np.where(codes < 0, np.nan, codes)


def _make(
    columns: npt.NDArray[np.float64],
    names: tuple[str, ...],
    made: Sequence[Centred],
    clusters: "dict[str, Clusters]",
) -> None:
    """Fill the places of (R, C, n) columns that follow those of `names`, one for each column to be made."""
    from mcsim.kernels.centring import set_centred

    plans: dict[str, list[list[int]]] = {}
    for place, column in enumerate(made, start=len(names)):
        plan = plans.setdefault(column.group if column.of_clusters else CENTRED, [])
        source, slot = names.index(column.column), 2 if column.kind in {WITHIN, CENTRED} else 1
        row = next((row for row in plan if row[0] == source and row[slot] < 0), None)
        if row is None:
            plan.append(row := [source, -1, -1])
        row[slot] = place
    for by, plan in plans.items():
        set_centred(columns, np.array(plan, dtype=np.int64), clusters[by])

"""A block of data sets with the columns that a formula has made: centred ones, and the means of clusters."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mcsim.centring import CENTRED, WITHIN, Centred, centred_columns
from mcsim.formula import Formula, RandomTerm, Term
from mcsim.methods.block_columns import column_of, numbers_of, present_rows
from mcsim.methods.block_method import alone
from mcsim.methods.levels import levels_of_each, nested_levels
from mcsim.model import Dataset, DatasetBlock

if TYPE_CHECKING:
    from mcsim.kernels.centring import Clusters


def with_centred_columns(block: DatasetBlock, formula: Formula) -> DatasetBlock | None:
    """The block with what `mcsim.centring` finds in a formula; the block itself if that is nothing.

    Means are over all rows that have a value of the column and of the grouping factor, be the others missing or not.
    A column made from a shared one is shared, if the rows of its clusters are.

    Parameters
    ----------
    block : DatasetBlock
        The data.
    formula : Formula
        With a grouping factor if its columns are made from means of clusters.

    Returns
    -------
    DatasetBlock or None
        None if the clusters differ between replications in such a way that each has to be sorted by itself; never for
        a data set `alone`.

    Raises
    ------
    DataError
        If a column that another is made from is not numeric, or a grouping factor is missing.
    """
    made = centred_columns(formula, (*block.names, *block.own_labels, *block.shared))
    if not made:
        return block
    clusters = _clusters(block, formula, made)
    if clusters is None:
        return None
    shared = tuple(column for column in made if _is_shared(column, block, formula))
    if shared:
        sources = tuple(dict.fromkeys(column.column for column in shared))
        columns = np.full((1, len(sources) + len(shared), block.values.shape[2]), np.nan)
        for place, name in enumerate(sources):
            columns[0, place] = numbers_of(block, name, formula)
        _make(columns, sources, shared, clusters)
        names = [column.name for column in shared]
        block = replace(block, shared={**block.shared, **dict(zip(names, columns[0, len(sources) :], strict=True))})
    own = tuple(column for column in made if column not in shared)
    return _with_own(block, formula, own, clusters) if own else block


def with_centred(dataset: Dataset, formula: Formula) -> Dataset:
    """One data set with what `mcsim.centring` finds in a formula; see `with_centred_columns`."""
    block = with_centred_columns(alone(dataset), formula)
    assert block is not None
    return block.dataset(0)


def _is_shared(column: Centred, block: DatasetBlock, formula: Formula) -> bool:
    labels = formula.grouping_columns if column.of_clusters else ()
    return block.rows is None and all(name in block.shared for name in (column.column, *labels))


def _with_own(
    block: DatasetBlock, formula: Formula, own: Sequence[Centred], clusters: "dict[str, Clusters]"
) -> DatasetBlock:
    """The block with columns that differ between replications, and with what they are made from in the same place."""
    sources = [name for name in dict.fromkeys(column.column for column in own) if name not in block.names]
    names, given = (*block.names, *sources), len(block.names)
    values = np.empty((len(block), len(names) + len(own), block.values.shape[2]))
    values[:, :given] = block.values
    for place, name in enumerate(sources, start=given):
        values[:, place] = numbers_of(block, name, formula)
    # Padding is not missing; rows without a cluster are, of which there are none where there is padding.
    values[:, len(names) :] = np.nan if block.rows is None else 0.0
    _make(values, names, own, clusters)
    names = (*names, *(column.name for column in own))
    shared = {name: column for name, column in block.shared.items() if name not in sources}
    labels = {name: column for name, column in block.own_labels.items() if name not in sources}
    return replace(block, names=names, values=values, shared=shared, own_labels=labels)


def _clusters(block: DatasetBlock, formula: Formula, made: Sequence[Centred]) -> "dict[str, Clusters] | None":
    """The clusters of every grouping factor by its name, those of the innermost also by none; all rows as `CENTRED`."""
    from mcsim.kernels.centring import Clusters

    n = block.values.shape[2]
    counts = np.array([n]) if block.rows is None else block.rows
    found = {CENTRED: Clusters(np.arange(n)[None], np.stack([np.zeros_like(counts), counts], axis=1))}
    if any(column.of_clusters for column in made):
        of_groups = {}
        for group in formula.groups:
            clusters = _of_group(block, formula, group)
            if clusters is None:
                return None
            of_groups[group] = clusters
        # The innermost has most clusters; of as many, the first.
        found |= of_groups | {"": max(of_groups.values(), key=lambda clusters: clusters.starts.shape[1])}
    return found


def _of_group(block: DatasetBlock, formula: Formula, group: str) -> "Clusters | None":
    from mcsim.kernels.centring import Clusters

    names, every = formula.factors[group], np.arange(block.values.shape[2])
    if any(name in block.names for name in names):
        return None
    labels = {name: column_of(block, name, formula) for name in names}
    of_group = replace(formula, random=(RandomTerm((Term(),), group),))
    if block.rows is not None or any(name in block.own_labels for name in names):
        levels = levels_of_each(of_group, labels, block.row_counts)
        return None if levels is None else Clusters(every[None], levels[0].starts)
    labels = {name: _sortable(column) for name, column in labels.items()}
    rows = present_rows(labels)
    if rows is not None:
        labels = {name: column[rows] for name, column in labels.items()}
    order, (level,) = nested_levels(of_group, labels)
    rows = every if rows is None else rows
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

"""The rules of a mechanism."""

import math
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from mcsim.centring import centred_columns
from mcsim.errors import FormulaError
from mcsim.formula import parse_formula, random_estimands, residual_estimand
from mcsim.keys import condition_key
from mcsim.model import Dataset, DatasetBlock, Mechanism
from mcsim.streams import DATA, DESIGN, Streams, generator, stream_key
from mcsim.terms import Formula
from mcsim.testing.rules import (
    FAR,
    GLOBAL_SEEDS,
    SEED,
    check_key,
    check_names,
    check_replications,
    kind,
    require,
    same,
    watched,
)

Columns = Mapping[str, npt.NDArray[Any]]


def check_mechanism(mechanism: Mechanism, *, seed: int = SEED, replications: int = 20) -> None:
    """Check a condition against the contract of `Mechanism`.

    Its columns, formula and truths are as promised; the same stream gives the same data and another replication
    other data; nothing is drawn from, or left in, a global generator; the block form equals the single form bit for
    bit.

    Parameters
    ----------
    mechanism : Mechanism
        A condition: a mechanism with every factor filled in.
    seed : int, optional
        The seed of the streams.
    replications : int, optional
        How many replications to draw, at least 2.

    Raises
    ------
    AssertionError
        If a rule is broken; the message is a sentence that names the rule and the place.
    """
    check_replications(replications)
    check_key(mechanism, condition_key)
    draws = Draws(mechanism, seed)
    formula = _check_promises(mechanism, draws.name)
    datasets = [draws.dataset(rep) for rep in range(replications)]
    for rep, dataset in enumerate(datasets):
        _check_dataset(mechanism, formula, dataset, f"{draws.name}.simulate, replication {rep}")
    _check_rows(mechanism, datasets, f"{draws.name}.simulate, replication 0")
    differ = not same(datasets[0].columns[formula.response], datasets[1].columns[formula.response])
    require(differ, f"{draws.name}.simulate: replications 0 and 1 have the same {formula.response}; draw it from rng")
    again = Draws(mechanism, seed, global_seed=GLOBAL_SEEDS[1])
    for rep in (replications - 1, 0):
        where = f"{draws.name}.simulate: drawn a second time from the same stream, replication {rep}"
        _check_same(again.dataset(rep).columns, datasets[rep].columns, where)
    if hasattr(mechanism, "simulate_block"):
        _check_block(draws, 0, datasets)
        _check_block(draws, 1, datasets[1:2])
        _check_block(draws, FAR, [draws.dataset(FAR), draws.dataset(FAR + 1)])


class Draws:
    """The data of a condition, drawn under watch.

    Parameters
    ----------
    mechanism : Mechanism
        The condition.
    seed : int
        The seed of its streams.
    global_seed : int, optional
        What the global generators are seeded with meanwhile.
    """

    def __init__(self, mechanism: Mechanism, seed: int, *, global_seed: int = GLOBAL_SEEDS[0]) -> None:
        self.mechanism, self.name, self.seed, self.global_seed = mechanism, type(mechanism).__name__, seed, global_seed
        self.condition = condition_key(mechanism)
        with watched(f"{self.name}.design", global_seed):
            design = mechanism.design(generator(stream_key(seed, self.condition, DESIGN), 0))
        self._design = () if design is None else (design,)

    def _streams(self, first: int, count: int) -> Streams:
        return Streams(self.seed, self.condition, DATA, first, count)

    def dataset(self, rep: int) -> Dataset:
        """One replication, in the single form."""
        where = f"{self.name}.simulate, replication {rep}"
        with watched(where, self.global_seed):
            dataset = self.mechanism.simulate(self._streams(rep, 1).generator(0), *self._design)
        require(isinstance(dataset, Dataset), f"{where}: it returns {kind(dataset)}; a Dataset is expected")
        return dataset

    def block(self, first: int, count: int) -> DatasetBlock:
        """Consecutive replications, in the block form."""
        where = f"{self.name}.simulate_block, replications {first} to {first + count - 1}"
        simulate_block: Callable[..., DatasetBlock] = self.mechanism.simulate_block  # type: ignore[attr-defined]
        with watched(where, self.global_seed):
            block = simulate_block(self._streams(first, count), *self._design)
        require(isinstance(block, DatasetBlock), f"{where}: it returns {kind(block)}; a DatasetBlock is expected")
        names, values = block.names, block.values
        check_names(names, f"{where}: names")
        is_floats = isinstance(values, np.ndarray) and values.dtype == np.float64 and values.flags.c_contiguous
        require(is_floats, f"{where}: its values are no contiguous array of float64")
        fits = values.ndim == 3 and values.shape[:2] == (count, len(names))
        require(fits, f"{where}: its values have shape {values.shape}; expected ({count}, {len(names)}, rows)")
        both = [name for name in (*names, *block.own_labels) if name in block.shared]
        require(not both, f"{where}: {', '.join(both)} cannot be both shared and of each replication")
        twice = [name for name in names if name in block.own_labels]
        require(not twice, f"{where}: {', '.join(twice)} cannot be both among names and own_labels")
        for name, labels in block.own_labels.items():
            _check_whole(labels, (count, values.shape[2]), f"{where}: own_labels of {name}")
        if block.rows is not None:
            _check_whole(block.rows, (count,), f"{where}: rows")
            least, most = int(block.rows.min()), int(block.rows.max())
            fits = 1 <= least <= most <= values.shape[2]
            require(fits, f"{where}: rows go from {least} to {most}; expected 1 to {values.shape[2]}")
        return block


def _check_whole(given: object, shape: tuple[int, ...], where: str) -> None:
    fits = isinstance(given, np.ndarray) and given.dtype == np.int64 and given.shape == shape
    require(fits, f"{where}: an array of int64 of shape {shape} is expected")


def _check_promises(mechanism: Mechanism, name: str) -> Formula:
    """Check columns, formula and truths against each other, and return the formula."""
    with watched(name, GLOBAL_SEEDS[0]):
        columns, text, truth = mechanism.columns(), mechanism.formula(), mechanism.truth()
    check_names(columns, f"{name}.columns")
    try:
        formula = parse_formula(text)
    except FormulaError as error:
        raise AssertionError(f"{name}.formula: it does not parse: {error}") from error
    made = [column.name for column in centred_columns(formula, columns)]
    there = f"is not among the columns ({', '.join(columns)})"
    require(formula.response not in made, f"{name}.formula: its response {formula.response} {there}")
    for column in [*(column for column in formula.columns if column not in made), *formula.grouping_columns]:
        require(column in columns, f"{name}.formula: {column} {there}")
    require(isinstance(truth, dict), f"{name}.truth: it returns {kind(truth)}; a dict is expected")
    promised = [term.label for term in formula.fixed]
    if formula.random:
        promised += [*random_estimands(formula.random), residual_estimand()]
    lacks = [estimand for estimand in promised if estimand not in truth]
    require(not lacks, f"{name}.truth: it lacks {', '.join(lacks)}, which the formula has; NaN where there is no truth")
    for estimand, value in truth.items():
        is_number = isinstance(value, Real) and not isinstance(value, bool) and not math.isinf(value)
        require(is_number, f"{name}.truth: {estimand} is {value!r}; a finite number or NaN is expected")
    return formula


def _check_dataset(mechanism: Mechanism, formula: Formula, dataset: Dataset, where: str) -> None:
    """Check names, shapes and types of a data set's columns and components."""
    promised, found = mechanism.columns(), dataset.columns
    lacks, extra = [c for c in promised if c not in found], [c for c in found if c not in promised]
    require(not lacks, f"{where}: it lacks the columns {', '.join(lacks)}, which columns() promises")
    require(not extra, f"{where}: it has the columns {', '.join(extra)}, which columns() does not promise")
    for name, values in found.items():
        is_column = isinstance(values, np.ndarray) and values.ndim == 1
        require(is_column, f"{where}: {name} is {kind(values)}; an array with one axis is expected")
    rows = {len(values) for values in found.values()}
    require(len(rows) == 1 and 0 not in rows, f"{where}: its columns have {sorted(rows)} rows; one length is expected")
    sources = {made.name: made.column for made in centred_columns(formula, promised)}
    for name in dict.fromkeys(sources.get(name, name) for name in formula.columns):
        require(found[name].dtype.kind in "biuf", f"{where}: {name} has type {found[name].dtype}, which is no number")
        require(not np.isinf(found[name]).any(), f"{where}: {name} has infinite values")
    for name, part in dataset.components.items():
        is_part = isinstance(part, Real) or (isinstance(part, np.ndarray) and part.shape == (min(rows),))
        require(is_part, f"{where}: component {name} is neither a number nor an array of one value a row")


def _check_rows(mechanism: Mechanism, datasets: Sequence[Dataset], where: str) -> None:
    """Check the number of rows foreseen; it is a mean where data sets, or those of another design, differ."""
    others = [Draws(mechanism, SEED + further).dataset(0) for further in (1, 2, 3)]
    rows = {len(column) for dataset in [*datasets, *others] for column in dataset.columns.values()}
    if hasattr(mechanism, "rows") and len(rows) == 1:
        require(rows == {mechanism.rows()}, f"{where}: it has {min(rows)} rows where rows() says {mechanism.rows()}")


def _check_same(found: Columns, expected: Columns, where: str) -> None:
    require(set(found) == set(expected), f"{where}: it has the columns {', '.join(found)}, not {', '.join(expected)}")
    for name in expected:
        difference = _difference(found[name], expected[name])
        require(not difference, f"{where}: {name} is not the same, bit for bit ({difference})")


def _difference(found: npt.NDArray[Any], expected: npt.NDArray[Any]) -> str:
    """Where two columns differ first, in words; empty if nowhere."""
    if same(found, expected):
        return ""
    if found.shape != expected.shape or found.dtype != expected.dtype:
        return f"{found.dtype} {found.shape} and {expected.dtype} {expected.shape}"
    row = next(i for i in range(len(found)) if not same(found[i : i + 1], expected[i : i + 1]))
    return f"row {row}: {found[row].item()!r} and {expected[row].item()!r}"


def _check_block(draws: Draws, first: int, datasets: list[Dataset]) -> None:
    """Check a block against the data sets of the same replications in the single form."""
    block = draws.block(first, len(datasets))
    for index, dataset in enumerate(datasets):
        where = f"{draws.name}.simulate_block against simulate, replication {first + index}"
        _check_same(block.dataset(index).columns, dataset.columns, where)

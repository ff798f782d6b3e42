"""The rules of a method."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mcsim.isolation import stack
from mcsim.keys import condition_key, method_key
from mcsim.model import QUANTITIES, Dataset, DatasetBlock, Estimates, Mechanism, Method, Status
from mcsim.streams import Streams, method_purpose
from mcsim.testing.mechanisms import Columns, Draws
from mcsim.testing.rules import (
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

_LABEL = "checked"
_LAST = 2**32


def check_method(method: Method, mechanism: Mechanism, *, seed: int = SEED, replications: int = 20) -> None:
    """Check an analysis, under one condition, against the contract of `Method`.

    It reports the estimands it promises, in order, with legal quantities and statuses; it leaves its data as they
    are; the same data and stream give the same estimates, whatever was fitted before; nothing is drawn from, or left
    in, a global generator; the block form equals the single form bit for bit.

    Parameters
    ----------
    method : Method
        The analysis with its options.
    mechanism : Mechanism
        A condition that it can analyse.
    seed, replications : int, optional
        As in `check_mechanism`.

    Raises
    ------
    AssertionError
        If a rule is broken; the message is a sentence that names the rule and the place.
    """
    check_replications(replications)
    check_key(method, lambda option: method_key(_LABEL, option))
    promised = _check_promises(method, mechanism)
    draws, fits = Draws(mechanism, seed), _Fits(method, mechanism, seed)
    datasets = [replace(draws.dataset(rep), formula=mechanism.formula()) for rep in range(replications)]
    singles = [fits.single(dataset, rep) for rep, dataset in enumerate(datasets)]
    for rep, estimates in enumerate(singles):
        _check_estimates(estimates, promised, 1, f"{fits.name}.fit, replication {rep}")
    again = _Fits(method, mechanism, seed, global_seed=GLOBAL_SEEDS[1])
    for rep in (replications - 1, 0):
        where = f"{fits.name}.fit: analysed a second time with the same data and stream, replication {rep}"
        _check_same(again.single(datasets[rep], rep), 0, singles[rep], where)
    block = _block(draws, datasets)
    if hasattr(method, "fit_block") and block is not None:
        _check_block(fits, block, 0, singles)
        _check_block(fits, block.slice(1, 2), 1, singles[1:2])


class _Fits:
    """The estimates of a method, made under watch."""

    def __init__(self, method: Method, mechanism: Mechanism, seed: int, *, global_seed: int = GLOBAL_SEEDS[0]) -> None:
        self.method, self.name, self.global_seed = method, type(method).__name__, global_seed
        purpose = method_purpose(method_key(_LABEL, method))
        self.streams = Streams(seed, condition_key(mechanism), purpose, 0, _LAST)

    def single(self, dataset: Dataset, rep: int) -> Estimates:
        """One replication, in the single form."""
        rng = self.streams.generator(rep)
        where = f"{self.name}.fit, replication {rep}"
        return self._call(lambda: self.method.fit(dataset, rng), dataset.columns, where)

    def block(self, block: DatasetBlock, first: int) -> Estimates:
        """Consecutive replications, in the block form."""
        streams = self.streams.slice(first, first + len(block))
        fit_block: Callable[[DatasetBlock, Streams], Estimates] = self.method.fit_block  # type: ignore[attr-defined]
        where = f"{self.name}.fit_block, replications {first} to {first + len(block) - 1}"
        columns: dict[str, Any] = {**block.shared, **block.own_labels, ", ".join(block.names): block.values}
        return self._call(lambda: fit_block(block, streams), columns, where)

    def _call(self, analyse: Callable[[], Estimates], columns: Columns, where: str) -> Estimates:
        before = {name: values.copy() for name, values in columns.items()}
        with watched(where, self.global_seed):
            estimates = analyse()
        kept = set(before) == set(columns) and all(same(columns[name], before[name]) for name in before)
        require(kept, f"{where}: it changes its data; the next method must see them as they were")
        require(isinstance(estimates, Estimates), f"{where}: it returns {kind(estimates)}; Estimates are expected")
        return estimates


def _check_promises(method: Method, mechanism: Mechanism) -> tuple[str, ...]:
    """Check that it can analyse the condition, and return its estimands."""
    name = type(method).__name__
    if hasattr(method, "misfits"):
        with watched(f"{name}.misfits", GLOBAL_SEEDS[0]):
            misfits = list(method.misfits(mechanism))
        require(not misfits, f"{name}.misfits: it cannot analyse {mechanism}: {'; '.join(map(str, misfits))}")
    with watched(f"{name}.estimands", GLOBAL_SEEDS[0]):
        promised = method.estimands(mechanism)
    check_names(promised, f"{name}.estimands")
    return promised


def _check_estimates(estimates: Estimates, promised: tuple[str, ...], count: int, where: str) -> None:
    """Check names, shapes, types, statuses, notes and quantities."""
    found = estimates.estimands
    require(found == promised, f"{where}: its estimands are {found}; estimands() promises {promised}")
    values, status = estimates.values, estimates.status
    shape = (count, len(promised))
    is_values = isinstance(values, np.ndarray) and values.dtype == np.float64 and values.shape == (*shape, 6)
    require(is_values, f"{where}: its values are no array of float64 of shape {(*shape, 6)}")
    is_status = isinstance(status, np.ndarray) and status.dtype == np.int8 and status.shape == shape
    require(is_status, f"{where}: its status is no array of int8 of shape {shape}")
    codes = sorted({int(code) for code in status.flat} - {int(code) for code in Status})
    require(not codes, f"{where}: status {codes} is none of {', '.join(f'{int(s)} ({s.label})' for s in Status)}")
    for place, note in estimates.notes.items():
        inside = len(place) == 2 and 0 <= place[0] < count and 0 <= place[1] < len(promised)
        require(
            inside and isinstance(note, str), f"{where}: the note {note!r} at {place} is no text on one of its rows"
        )
    for r in range(count):
        for k, estimand in enumerate(promised):
            fault = _row_fault(values[r, k], Status(int(status[r, k])), estimates.notes.get((r, k), ""))
            require(not fault, f"{where}: {estimand} {fault}")


def _row_fault(values: np.ndarray[Any, Any], status: Status, note: str) -> str:
    """What is wrong with a row, in words; empty if nothing."""
    row = dict(zip(QUANTITIES, values.tolist(), strict=True))
    given = {quantity: value for quantity, value in row.items() if not np.isnan(value)}
    if status in {Status.FAILED, Status.SKIPPED}:
        if given:
            return f"is {status.label}, yet has {', '.join(given)}"
        return "" if note or status is Status.SKIPPED else "is failed without a note that says why"
    if status is Status.NOT_CONVERGED:
        return ""
    rules = {
        f"is {status.label}, yet has no number": bool(given),
        "has an infinite estimate": not np.isinf(row["estimate"]),
        "has a std_error that is negative or infinite": not (row["std_error"] < 0 or np.isinf(row["std_error"])),
        "has a df of 0 or less": not row["df"] <= 0,
        "has a lower limit above the upper": not row["lower"] > row["upper"],
        "has a p_value outside 0 to 1": not (row["p_value"] < 0 or row["p_value"] > 1),
    }
    return next((fault for fault, holds in rules.items() if not holds), "")


def _check_same(found: Estimates, index: int, single: Estimates, where: str) -> None:
    """Check the replication at `index` against the estimates of the single form."""
    pairs = {
        "status": (found.status[index], single.status[0]),
        **{quantity: (found.values[index, :, q], single.values[0, :, q]) for q, quantity in enumerate(QUANTITIES)},
    }
    for what, (here, there) in pairs.items():
        for k, estimand in enumerate(single.estimands):
            agree = same(here[k : k + 1], there[k : k + 1])
            values = f"{here[k].item()!r} and {there[k].item()!r}"
            require(agree, f"{where}: {what} of {estimand} is not the same, bit for bit ({values})")
    notes = {k: note for (r, k), note in found.notes.items() if r == index}
    expected = {k: note for (_, k), note in single.notes.items()}
    require(notes == expected, f"{where}: the notes are not the same ({notes} and {expected})")


def _check_block(fits: _Fits, block: DatasetBlock, first: int, singles: Sequence[Estimates]) -> None:
    """Check the block form against the single form."""
    estimates = fits.block(block, first)
    where = f"{fits.name}.fit_block, replications {first} to {first + len(block) - 1}"
    _check_estimates(estimates, singles[0].estimands, len(block), where)
    for index, single in enumerate(singles):
        where = f"{fits.name}.fit_block against fit, replication {first + index}"
        _check_same(estimates, index, single, where)


def _block(draws: Draws, datasets: Sequence[Dataset]) -> DatasetBlock | None:
    """The data sets as one block; None if a block cannot hold them (texts that vary)."""
    if hasattr(draws.mechanism, "simulate_block"):
        return replace(draws.block(0, len(datasets)), formula=datasets[0].formula)
    return stack(datasets)

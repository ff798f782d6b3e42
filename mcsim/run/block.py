"""What happens to a replication: its data are simulated, and every method analyses them."""

import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from mcsim.isolation import (
    Failure,
    Remarks,
    accept,
    attempt,
    hand_out,
    hand_out_block,
    isolated,
    join,
    noted,
    own_copy,
    stack,
)
from mcsim.model import Dataset, DatasetBlock, Estimates, Mechanism, Method, Streams
from mcsim.plan import Block, rows_of
from mcsim.streams import DATA, DESIGN, method_purpose
from mcsim.study import Study

CHUNK_NUMBERS = 1_000_000
"""Simulated at a time (8 MB): memory stays flat however many replications a block has."""

_SHARE = 0.1
"""Of the time limit of one fit, what a call of a block form should take."""

Simulated = DatasetBlock | Sequence[Dataset | Failure]


class BlockResult(NamedTuple):
    """The estimates of a block, by method label."""

    estimates: dict[str, Estimates]
    seconds: dict[str, float]
    """What each method took, without the simulation."""
    repeated: tuple[str, ...]
    """Why block forms were given up for the single form, one line each."""


class Analysis(NamedTuple):
    """One method at work on a condition."""

    label: str
    method: Method
    promised: tuple[str, ...]
    streams: Streams
    seconds: float | None
    """The longest that one fit may take."""


class Condition(NamedTuple):
    """A condition about to be simulated."""

    mechanism: Mechanism
    formula: str
    design: tuple[object, ...]
    """What `design` drew, to be handed on; () if nothing is held fixed."""


def run_block(study: Study, block: Block, *, fit_timeout: float | None = None) -> BlockResult:
    """Simulate and analyse the replications of a block; a pure function of the study's seed and the block.

    Parameters
    ----------
    study : Study
        Gives the mechanism, the methods and the seed.
    block : Block
        The condition, the methods and the replications.
    fit_timeout : float, optional
        Seconds that one fit, or the simulation of one data set, may take; one that takes longer is failed.

    Returns
    -------
    BlockResult
        Of each method as many replications as the block has: what fails is a row too.
    """
    count, mechanism = block.replications, study.conditions[block.condition]
    streams = partial(Streams, study.seed, block.condition, first=block.first, count=count)
    analyses = [
        Analysis(
            label,
            study.methods[label],
            tuple(study.methods[label].estimands(mechanism)),
            streams(method_purpose(study.method_keys[label])),
            fit_timeout,
        )
        for label in block.methods
    ]
    condition = prepare(study, block.condition, fit_timeout)
    parts: dict[str, list[Estimates]] = {label: [] for label in block.methods}
    seconds = dict.fromkeys(block.methods, 0.0)
    repeated: dict[str, None] = {}
    for start, stop in _chunks(mechanism, count):
        data = _simulate(condition, streams(DATA).slice(start, stop), fit_timeout, repeated)
        if not isinstance(data, DatasetBlock) and any(hasattr(a.method, "fit_block") for a in analyses):
            data = stack(data) or data
        for analysis in analyses:
            began = time.perf_counter()
            part = analysis._replace(streams=analysis.streams.slice(start, stop))
            parts[analysis.label].append(_analyse(part, data, repeated))
            seconds[analysis.label] += time.perf_counter() - began
    return BlockResult({label: join(found) for label, found in parts.items()}, seconds, tuple(repeated))


def prepare(study: Study, key: str, seconds: float | None) -> Condition | Failure:
    """What the replications of a condition have in common.

    Parameters
    ----------
    study : Study
        Whose condition it is.
    key : str
        The condition's.
    seconds : float or None
        How long drawing the design may take.
    """
    mechanism = study.conditions[key]

    def prepared() -> Condition:
        design = mechanism.design(Streams(study.seed, key, DESIGN, first=0, count=1).generator(0))
        return Condition(mechanism, mechanism.formula(), () if design is None else (design,))

    return isolated(prepared, "simulate: ", seconds=seconds)


def _chunks(mechanism: Mechanism, count: int) -> Iterator[tuple[int, int]]:
    """Cut a block so that the data of a chunk take no more than `CHUNK_NUMBERS`, as far as that can be foreseen."""
    size = max(1, CHUNK_NUMBERS // (rows_of(mechanism) * max(1, len(mechanism.columns()))))
    return ((start, min(start + size, count)) for start in range(0, count, size))


def _simulate(
    condition: Condition | Failure, streams: Streams, seconds: float | None, repeated: dict[str, None]
) -> Simulated:
    """The data of consecutive replications, in the block form if there is one; what raises is a `Failure`."""
    if isinstance(condition, Failure):
        return [condition] * len(streams)
    mechanism, formula, design = condition
    if hasattr(mechanism, "simulate_block"):
        block = isolated(
            lambda: hand_out_block(mechanism.simulate_block(streams, *design), len(streams), formula),
            f"{type(mechanism).__name__}.simulate_block: ",
            seconds=seconds,
        )
        if not isinstance(block, Failure):
            return block
        repeated[block.note] = None
    return [simulate_one(condition, rng, seconds) for rng in streams]


def simulate_one(condition: Condition, rng: np.random.Generator, seconds: float | None) -> Dataset | Failure:
    """One data set as methods see it.

    Parameters
    ----------
    condition : Condition
        As `prepare` gives it.
    rng : numpy.random.Generator
        The replication's.
    seconds : float or None
        How long it may take.
    """
    mechanism, formula, design = condition
    return isolated(lambda: hand_out(mechanism.simulate(rng, *design), formula), "simulate: ", seconds=seconds)


def _analyse(analysis: Analysis, data: Simulated, repeated: dict[str, None]) -> Estimates:
    """What one method makes of the data, in the block form if there is one, else one data set at a time."""
    if not isinstance(data, DatasetBlock):
        return join([fit(analysis, dataset, index) for index, dataset in enumerate(data)])
    if not hasattr(analysis.method, "fit_block"):
        return _one_by_one(analysis, data)
    # The limit is that of one fit. How many fits a call may have to stay far below it is learned on the way: as block
    # form and single form agree bit for bit, that changes no result.
    parts: list[Estimates] = []
    start, size = 0, len(data) if analysis.seconds is None else 1
    while start < len(data):
        began = time.perf_counter()
        stop = min(start + size, len(data))
        part = analysis._replace(streams=analysis.streams.slice(start, stop))
        parts.append(_piece(part, data.slice(start, stop), repeated))
        if analysis.seconds is not None:
            each = (time.perf_counter() - began) / (stop - start)
            size = max(1, min(10 * size, int(_SHARE * analysis.seconds / each)))
        start = stop
    return join(parts)


def _piece(analysis: Analysis, data: DatasetBlock, repeated: dict[str, None]) -> Estimates:
    """One call of a block form; repeated one by one if it raises, takes too long, or has something to say."""
    label, promised, streams, seconds = analysis.label, analysis.promised, analysis.streams, analysis.seconds
    method: Any = analysis.method  # one with a block form
    remarks, what = Remarks(), f"{label}, fit_block: "
    found = isolated(
        lambda: accept(method.fit_block(data, streams), promised, len(data)), what, seconds=seconds, remarks=remarks
    )
    if not isinstance(found, Failure) and not remarks:
        return found
    repeated[found.note if isinstance(found, Failure) else f"{what}{remarks}"] = None
    return _one_by_one(analysis, data)


def _one_by_one(analysis: Analysis, data: DatasetBlock) -> Estimates:
    return join([fit(analysis, data.dataset(index), index) for index in range(len(data))])


def fit(analysis: Analysis, dataset: Dataset | Failure, index: int) -> Estimates:
    """What one method makes of one data set; if it fails, rows that say so.

    Parameters
    ----------
    analysis : Analysis
        The method at work.
    dataset : Dataset or Failure
        What was simulated.
    index : int
        Which of the streams of the analysis is the data set's.
    """
    remarks = Remarks()
    found = dataset if isinstance(dataset, Failure) else analyse(analysis, dataset, index, remarks)
    return rows_of_fit(found, analysis.promised, remarks)


def rows_of_fit(found: Estimates | Failure, promised: tuple[str, ...], remarks: Remarks) -> Estimates:
    """What is stored of one fit: what it returned or why it failed, and what it printed and warned of.

    Parameters
    ----------
    found : Estimates or Failure
        Of one replication.
    promised : tuple of str
        The estimands.
    remarks : Remarks
        What was heard meanwhile.
    """
    if isinstance(found, Failure):
        found = Estimates.failed(promised, found.note)
    return noted(found, str(remarks)) if remarks else found


def analyse(analysis: Analysis, dataset: Dataset, index: int, remarks: Remarks) -> Estimates | Failure:
    """What one method returns for one data set, if that is what it promised.

    Parameters
    ----------
    analysis : Analysis
        The method at work.
    dataset : Dataset
        What was simulated.
    index : int
        Which of the streams of the analysis is the data set's.
    remarks : Remarks
        Counts what the method prints and warns of.
    """
    label, method, promised, streams, seconds = analysis
    found = isolated(lambda: method.fit(own_copy(dataset), streams.generator(index)), seconds=seconds, remarks=remarks)
    if isinstance(found, Failure):
        return found
    return attempt(partial(accept, found, promised, 1), f"{label}: ")

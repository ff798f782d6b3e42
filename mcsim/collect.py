"""What stands at the end of a run, or of many that shared a study: a tidy folder and a performance table."""

import os
import time
from collections import Counter
from typing import TYPE_CHECKING

from mcsim.loading import refuse_while_loading
from mcsim.outcome import RunResult, damaged_files, mixed_versions, unusable
from mcsim.performance import performance
from mcsim.plan import block_sizes, blocks_to_do
from mcsim.store import Inventory, Record, Store, absolute
from mcsim.study import Study
from mcsim.threads import blas

if TYPE_CHECKING:
    from mcsim.store.blocks import Inspection


def take_stock(study: Study, store: Store, *, tidy: bool) -> "tuple[Inspection, list[str]]":
    """Look at what is there; files that are damaged at first sight are set aside.

    Parameters
    ----------
    study : Study
        As it stands.
    store : Store
        Its results.
    tidy : bool
        Whether to retire and restore files too.

    Returns
    -------
    Inspection
        What is whole.
    list of str
        What was wrong with the rest.
    """
    if tidy:
        found = store.inspect(store.tidy(study).kept)
    else:
        there = store.arrangement(study.conditions, study.method_keys.values())
        found = store.inspect(there.kept, there.restore)
    return found, damaged_files(store.set_aside(found.damaged))


def finish(study: Study, store: Store, *, leftovers: bool) -> Inventory:
    """Tidy up, and bring the performance table up to date.

    Parameters
    ----------
    study : Study
        As it stands.
    store : Store
        Its results.
    leftovers : bool
        Whether something was written meanwhile, by this run or others, so that killed ones may have left half a file.

    Returns
    -------
    Inventory
        What the folder holds.
    """
    kept = store.tidy(study).kept
    current = store.has_performance(kept)
    if leftovers or not current:
        store.remove_leftovers()
    if kept and not current:
        store.write_performance(study, performance(study, store), kept)
    return kept


def collect(study: Study, *, results: str | os.PathLike[str] = "results", replications: int | None = None) -> RunResult:
    """Bring the performance table up to date from what is there, as the last step of runs that share a study.

    Parameters
    ----------
    study : Study
        The one that they ran.
    results : path or str, optional
        The folder that holds a folder of results for each study, or a URI such as ``s3://bucket/prefix``.
    replications : int, optional
        Instead of the study's.

    Returns
    -------
    RunResult
        With what is `missing` of each condition. Where nothing has been run, nothing is written.

    Raises
    ------
    StudyError, ResultsError
        If the study or the folder cannot be used.
    StorageError
        If reading or writing fails.
    """
    began = time.perf_counter()
    refuse_while_loading("mcsim.collect")
    study = study if replications is None else study.with_replications(replications)
    store = Store(absolute(results), study.name)
    record = store.check(study)
    sizes = block_sizes(study, record)
    kept: Inventory = {}
    remarks: list[str] = []
    if record is not None:
        remarks += mixed_versions(store.begin(study, Record.of(study, sizes, blas())))
        remarks += take_stock(study, store, tidy=True)[1]
        kept = finish(study, store, leftovers=True)
    missing = Counter[str]()
    for block in blocks_to_do(study, kept, sizes):
        missing[block.condition] += block.replications * len(block.methods)
    return RunResult(
        study=study.name,
        store=store,
        conditions=len(study.conditions),
        methods=len(study.methods),
        replications=study.replications,
        simulated=0,
        seconds=time.perf_counter() - began,
        repeated=(),
        unusable=unusable(study, store, kept),
        missing=tuple(missing.items()),
        remarks=tuple(remarks),
    )

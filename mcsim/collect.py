"""What stands at the end of a run, or of many that shared a study: a tidy folder and a performance table."""

import os
import time
from collections import Counter
from pathlib import Path

from mcsim.loading import refuse_while_loading
from mcsim.outcome import RunResult, unusable
from mcsim.performance import performance
from mcsim.plan import block_sizes, blocks_to_do
from mcsim.store import Inventory, Record, Store
from mcsim.study import Study
from mcsim.threads import blas


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
        store.remove_leftovers(study.conditions)
    if kept and not current:
        store.write_performance(study, performance(study, store), kept)
    return kept


def collect(study: Study, *, results: str | os.PathLike[str] = "results", replications: int | None = None) -> RunResult:
    """Bring the performance table up to date from what is there, as the last step of runs that share a study.

    Parameters
    ----------
    study : Study
        The one that they ran.
    results : path, optional
        The folder that holds a folder of results for each study.
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
    store = Store(Path(results).absolute(), study.name)
    record = store.check(study)
    sizes = block_sizes(study, record)
    kept: Inventory = {}
    if record is not None:
        store.begin(study, Record.of(study, sizes, blas()))
        kept = finish(study, store, leftovers=True)
    missing = Counter[str]()
    for block in blocks_to_do(study, kept, sizes):
        missing[block.condition] += block.replications * len(block.methods)
    return RunResult(
        study=study.name,
        path=store.path,
        conditions=len(study.conditions),
        methods=len(study.methods),
        replications=study.replications,
        simulated=0,
        seconds=time.perf_counter() - began,
        repeated=(),
        unusable=unusable(study, store, kept),
        missing=tuple(missing.items()),
    )

"""`mcsim status`: how far the results are, from the results alone."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from mcsim.cli.common import add_results, add_study

if TYPE_CHECKING:
    from pathlib import Path

    from mcsim.store import Record, Store

_COLUMNS = ("done", "missing", "singular", "not_converged", "failed")


class _Progress(NamedTuple):
    """How far one condition is, in fits (replications x methods)."""

    condition: str
    counts: Counter[str]


def register(subparsers: Any) -> None:
    """Declare the verb's arguments."""
    parser = subparsers.add_parser("status", help="say how far the results are")
    add_study(parser)
    add_results(parser)


def run(args: argparse.Namespace) -> int:
    """Print how many fits are done, missing and failed under each condition, as of the last run."""
    from mcsim.outcome import size_text

    store = _store(args.study, args.results)
    record = store.record()
    if record is None:
        print(f"{store.path} has no results yet")
        return 0
    unreadable: list[str] = []
    conditions = list(_conditions(store, record, unreadable))
    total = sum((progress.counts for progress in conditions), Counter[str]())
    size = size_text(len(record.conditions), record.replications, len(record.methods))
    print(f"{record.name}, as it was last run: {size}, in fits")
    print("  ".join([f"{'condition':13}", *(f"{column:>13}" for column in _COLUMNS)]))
    for progress in [*conditions, _Progress("all", total)]:
        numbers = "  ".join(f"{progress.counts[column]:>13,}" for column in _COLUMNS)
        print(f"{progress.condition:13}  {numbers}  {record.conditions.get(progress.condition, '')}".rstrip())
    for line in unreadable:
        print(f"mcsim: {line}", file=sys.stderr)
    return 0


def _store(study: str, results: "Path | str") -> "Store":
    """The results of a study; its file is only loaded if they do not tell which they are."""
    from mcsim.store import Store
    from mcsim.store.finding import find_store

    found = find_store(results, study)
    if found is not None:
        return found
    from mcsim.loading import load_study

    return Store(results, load_study(study).name)


def _conditions(store: "Store", record: "Record", unreadable: list[str]) -> Iterator[_Progress]:
    from mcsim.errors import StorageError
    from mcsim.store import BlockName

    keys = [method["key"] for method in record.methods.values()]
    kept = store.arrangement(record.conditions, keys).kept
    wanted = record.replications * len(keys)
    for condition in record.conditions:
        counts: Counter[str] = Counter()
        for method, spans in kept.get(condition, {}).items():
            for span in spans:
                counts["done"] += max(0, min(span.last, record.replications) - span.first)
                try:
                    name = BlockName(condition, method, span)
                    for statuses in store.statuses([name], record.replications).values():
                        counts.update(statuses)
                except StorageError as error:
                    unreadable.append(str(error))
        counts["missing"] = wanted - counts["done"]
        yield _Progress(condition, counts)

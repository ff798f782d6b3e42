"""`mcsim status`: how far the results are, from the results alone."""

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcsim.cli.common import add_results, add_study, duration

if TYPE_CHECKING:
    from mcsim.standing import Standing
    from mcsim.store import Store

_WIDTH = 11
_COLUMNS = ("done", "missing", "singular", "not_converged", "failed", "rate", "left")
_EVERY = 5.0

_EXPLAINED = """counts are of fits; rate: fits a second on one core, without the simulation, from the block files; left:
core time for what is missing at that rate. --watch adds the rate of all workers together"""


def register(subparsers: Any) -> None:
    """Declare the verb's arguments."""
    parser = subparsers.add_parser("status", help="say how far the results are", epilog=_EXPLAINED)
    add_study(parser)
    parser.add_argument(
        "--watch",
        metavar="TIME",
        type=duration,
        nargs="?",
        const=_EVERY,
        help=f"look again every so often (default: {_EVERY:g} s) until nothing is missing",
    )
    add_results(parser)


def run(args: argparse.Namespace) -> int:
    """Print how many fits are done, missing and failed under each condition, as of the last run."""
    store = _store(args.study, args.results)
    if args.watch is None:
        _show(store)
        return 0
    began, first = time.monotonic(), None
    while True:
        if sys.stdout.isatty():
            print("\033[H\033[2J", end="")
        store.forget()
        total = _show(store)
        if total is not None:
            first = total.done if first is None else first
            _show_pace(total, first, time.monotonic() - began)
            if not total.missing:
                return 0
        sys.stdout.flush()
        time.sleep(args.watch)


def _show(store: "Store") -> "Standing | None":
    """The table; what stands in its last line."""
    from mcsim.outcome import size_text
    from mcsim.standing import standings, together

    record = store.record()
    if record is None:
        print(f"{store.path} has no results yet")
        return None
    conditions, unreadable = standings(store, record)
    total = together("all", conditions)
    size = size_text(len(record.conditions), record.replications, len(record.methods))
    print(f"{record.name}, as it was last run: {size}, in fits")
    print("  ".join([f"{'condition':13}", *(f"{column:>{_width(column)}}" for column in _COLUMNS)]))
    for standing in [*conditions, total]:
        print(f"{_line(standing)}  {record.conditions.get(standing.condition, '')}".rstrip())
    for line in unreadable:
        print(f"mcsim: {line}", file=sys.stderr)
    return total


def _line(standing: "Standing") -> str:
    from mcsim.progress import duration as lasting

    rate = (
        "" if standing.rate is None else f"{standing.rate:,.0f}/s" if standing.rate >= 10 else f"{standing.rate:.2g}/s"
    )
    left = "" if not standing.missing else "?" if standing.left is None else lasting(standing.left)
    counts = [standing.done, standing.missing, *(standing.statuses[word] for word in _COLUMNS[2:5])]
    cells = [*(f"{count:,}" for count in counts), rate, left]
    numbers = "  ".join(f"{cell:>{_width(column)}}" for cell, column in zip(cells, _COLUMNS, strict=True))
    return f"{standing.condition:13}  {numbers}"


def _width(column: str) -> int:
    return max(_WIDTH, len(column))


def _show_pace(total: "Standing", first: int, seconds: float) -> None:
    """What all workers together do while one watches."""
    from mcsim.progress import duration as lasting

    done = total.done - first
    if total.missing and done and seconds:
        left = lasting(total.missing * seconds / done)
        print(f"{time.strftime('%H:%M:%S')}: {done / seconds:,.0f} fits a second by all workers, {left} left")
    elif total.missing:
        print(f"{time.strftime('%H:%M:%S')}: nothing new so far")


def _store(study: str, results: "Path | str") -> "Store":
    """The results of a study; its file is only loaded if they do not tell which they are."""
    from mcsim.store import Store
    from mcsim.store.finding import find_store

    found = find_store(results, study)
    if found is not None:
        return found
    from mcsim.loading import load_study

    return Store(results, load_study(study).name)

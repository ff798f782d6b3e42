"""`mcsim failures`: the fits that failed, each with the command that replays it."""

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcsim.cli.common import add_results, add_study, whole_number

if TYPE_CHECKING:
    pass

_SHOWN = 50


def register(subparsers: Any) -> None:
    """Declare the verb's arguments."""
    parser = subparsers.add_parser(
        "failures",
        help="list the fits that failed",
        description="List the fits that failed: how many by condition, method and message, then each with the "
        "command that replays it.",
    )
    add_study(parser)
    parser.add_argument(
        "--limit",
        metavar="N",
        type=whole_number,
        default=_SHOWN,
        help=f"list no more than so many fits (default: {_SHOWN})",
    )
    add_results(parser)


def run(args: argparse.Namespace) -> int:
    """Print the table and the list."""
    from mcsim.failures import by_message, failed_fits
    from mcsim.loading import load_study
    from mcsim.standing import as_run
    from mcsim.store import Store

    study = load_study(args.study)
    store = Store(args.results, study.name)
    record = store.check(study)
    failed = failed_fits(as_run(study, store), store)
    if failed.empty:
        print(f"{study.name}: no fit failed" if record else f"{store.path} has no results yet")
        return 0
    print(f"{study.name}: {len(failed):,} failed fit{'s' * (len(failed) != 1)}\n")
    print(by_message(failed).to_string(index=False))
    print()
    for fit in failed.head(args.limit).itertuples():
        print(_command(args, fit))
    if len(failed) > args.limit:
        print(f"and {len(failed) - args.limit:,} more; --limit says how many to list")
    return 0


def _command(args: argparse.Namespace, fit: Any) -> str:
    """The command that replays a fit, as it can be typed."""
    words = ["mcsim", "replay", args.study, "--condition", fit.condition, "--rep", fit.rep, "--method", fit.method]
    if args.results != Path("results"):
        words += ["--results", args.results]
    return shlex.join(map(str, words))

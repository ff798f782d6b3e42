"""`mcsim collect`: after runs that shared a study, its performance table, and what is still missing."""

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mcsim.cli.common import add_results, add_study

if TYPE_CHECKING:
    from mcsim.outcome import RunResult
    from mcsim.study import Study

_SHOWN = 20

_EPILOG = """exit codes:
  0    everything is there
  3    everything is there, but a condition and method without a usable fit
  75   fits are missing; the table is that of what is there
"""


def register(subparsers: Any) -> None:
    """Declare the verb's arguments."""
    parser = subparsers.add_parser(
        "collect",
        help="bring the performance table up to date, and say what is missing",
        description="After the tasks of a batch array: bring the performance table up to date from what is there, "
        "and say what is missing. Nothing is simulated.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_study(parser)
    parser.add_argument("--replications", metavar="N", type=int, help="instead of the study's number")
    add_results(parser)


def run(args: argparse.Namespace) -> int:
    """Collect; print bias, RMSE and coverage, and what is missing."""
    from mcsim.collect import collect
    from mcsim.facts import factors_of
    from mcsim.loading import load_study
    from mcsim.report.table import summary

    study = load_study(args.study)
    result = collect(study, results=args.results, replications=args.replications)
    fits = result.conditions * result.methods * result.replications
    missing = sum(count for _, count in result.missing)
    if missing < fits:
        print(summary(result.performance, factors_of(study.conditions), command=f"mcsim performance {args.study}"))
        print()
    _, *remarks, place = result.lines()
    lacking = f"{missing:,} of {fits:,} fits are missing" if missing else "everything is there"
    print(f"{result.study}: {result.size}; {lacking}")
    for line in _missing(study, result):
        print(line)
    print(place)
    for remark in remarks:
        print(f"mcsim: {remark}", file=sys.stderr)
    return result.exit_code


def _missing(study: "Study", result: "RunResult") -> Iterator[str]:
    """How many fits each condition lacks."""
    each = result.methods * result.replications
    for key, count in result.missing[:_SHOWN]:
        yield f"  {key}  {count:,} of {each:,} missing  {study.conditions[key]}"
    if len(result.missing) > _SHOWN:
        yield f"  and {len(result.missing) - _SHOWN:,} conditions more"

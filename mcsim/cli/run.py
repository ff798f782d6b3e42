"""`mcsim run`: simulate and analyse what the results of a study lack, then show the outcome."""

import argparse
import signal
import sys
from typing import Any, NoReturn

from mcsim.cli.common import add_results, add_study


def register(subparsers: Any) -> None:
    """Declare the verb's arguments."""
    parser = subparsers.add_parser(
        "run",
        help="simulate and analyse what the results lack",
        description="Simulate and analyse what the results of a study lack; run again, and nothing is left to do. "
        "After a level, a method or replications were added, only what is missing is computed.",
    )
    add_study(parser)
    parser.add_argument(
        "--jobs", metavar="N", type=int, default=-1, help="processes; -1, the default, is one for each core"
    )
    parser.add_argument(
        "--replications",
        metavar="N",
        type=int,
        help="instead of the study's number; if more are stored, the first N are used",
    )
    parser.add_argument(
        "--strict", action="store_true", help="refuse to add rows to those of other versions (see study.json)"
    )
    add_results(parser)


def run(args: argparse.Namespace) -> int:
    """Run the study; print bias, RMSE and coverage, and where everything is."""
    from mcsim.keys import factors
    from mcsim.loading import load_study
    from mcsim.report.table import summary
    from mcsim.run import run as run_study

    signal.signal(signal.SIGTERM, _stop)
    study = load_study(args.study)
    result = run_study(study, jobs=args.jobs, results=args.results, replications=args.replications, strict=args.strict)
    described = {key: factors(mechanism) for key, mechanism in study.conditions.items()}
    print(summary(result.performance, described, command=f"mcsim performance {args.study}"))
    print()
    done, *remarks, place = result.lines()
    print(done, place, sep="\n")
    for remark in remarks:
        print(f"mcsim: {remark}", file=sys.stderr)
    return result.exit_code


def _stop(*_: object) -> NoReturn:
    """A scheduler asks to stop: as Ctrl-C."""
    raise KeyboardInterrupt

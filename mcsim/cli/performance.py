"""`mcsim performance`: the performance table of what has been run."""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mcsim.cli.common import add_results, add_study, command, say_if_partial
from mcsim.errors import ParameterError, ResultsError

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.performance import Scope
    from mcsim.study import Study

_SHOWN = ("bias", "empirical_se", "rmse", "coverage")
_SHOWN_BY_STATUS = ("bias", "coverage", "rejection")

_EPILOG = """examples:
  mcsim performance studies/article.py --measure coverage rejection --method REML
  mcsim performance studies/article.py --format csv > performance.csv

measures: bias, relative_bias, empirical_se, model_se, relative_error_model_se, mse, rmse, relative_precision,
  difference_bias, difference_mse, ci_width, coverage, coverage_all, bias_eliminated_coverage, rejection,
  rejection_all, convergence, singular, difference_coverage, difference_rejection
  relative_precision and difference_*: beside the study's reference method, over the replications that both have
  (csv and json: all; the other formats: a few, unless --measure says which)
"""


def register(subparsers: Any) -> None:
    """Declare the verb's arguments."""
    parser = subparsers.add_parser(
        "performance",
        help="show the performance table",
        description="Compute measures from the stored estimates, each with its Monte Carlo standard error.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_study(parser)
    for word in ("measure", "estimand", "method"):
        parser.add_argument(
            f"--{word}", metavar="NAME", nargs="+", action="extend", default=[], help=f"only these {word}s"
        )
    parser.add_argument("--by-status", action="store_true", help="also among ok and among singular fits alone")
    parser.add_argument(
        "--include-not-converged", action="store_true", help="take the numbers of fits that did not converge as usable"
    )
    parser.add_argument(
        "--format",
        metavar="FORMAT",
        default="table",
        help="table (default), markdown or latex: rounded by the Monte Carlo errors; csv or json: unrounded",
    )
    parser.add_argument(
        "--replications", metavar="N", type=int, help="only the first N (default: those of the last run)"
    )
    add_results(parser)


def run(args: argparse.Namespace) -> int:
    """Check what is asked for, compute it, print it."""
    from mcsim.loading import load_study
    from mcsim.performance import performance
    from mcsim.report.table import factors_of, performance_table
    from mcsim.store import Store

    study = load_study(args.study)
    _check(args, study)
    if args.replications is not None:
        study = study.with_replications(args.replications)
    store = Store(args.results, study.name)
    record = store.check(study)
    if record is not None and args.replications is None:
        study = study.with_replications(record.replications)
    frame = chosen = performance(study, store, scope=_scope(args))
    for word in ("estimand", "method"):
        if getattr(args, word):
            chosen = chosen[chosen[word].isin(getattr(args, word))]
    if chosen.empty:
        what = "no results of this study yet" if frame.empty else "no results of that estimand and method"
        raise ResultsError(f"{store.path} has {what}; results are made with: {command('run', args)}")
    print(performance_table(chosen, factors_of(study), measures=_scope(args).measures, format=args.format))
    _say_what_is_not_there(frame, study, args)
    say_if_partial(study, store, args)
    return 0


def _check(args: argparse.Namespace, study: "Study") -> None:
    """Refuse names that do not exist, all at once."""
    from mcsim.measures import MEASURES
    from mcsim.report.table import FORMATS

    estimands = dict.fromkeys(
        e for method in study.methods.values() for c in study.conditions.values() for e in method.estimands(c)
    )
    faults = [
        *_unknown("--measure", args.measure, list(MEASURES)),
        *_unknown("--estimand", args.estimand, list(estimands)),
        *_unknown("--method", args.method, list(study.methods)),
        *_unknown("--format", [args.format], FORMATS),
    ]
    if faults:
        raise ParameterError("mcsim performance", faults)


def _unknown(option: str, given: Sequence[str], known: Sequence[str]) -> list[str]:
    from mcsim.parameters import nearest

    return [
        f"{option}: given {name!r}{nearest(name, known)}; allowed: {', '.join(known)}"
        for name in given
        if name not in known
    ]


def _scope(args: argparse.Namespace) -> "Scope":
    from mcsim.measures import MEASURES
    from mcsim.performance import Scope

    usual = tuple(MEASURES) if args.format in {"csv", "json"} else _SHOWN_BY_STATUS if args.by_status else _SHOWN
    return Scope(
        measures=tuple(args.measure) or usual,
        by_status=args.by_status,
        not_converged_usable=args.include_not_converged,
    )


def _say_what_is_not_there(frame: "pd.DataFrame", study: "Study", args: argparse.Namespace) -> None:
    """Name, on stderr, conditions and methods that have no results."""
    there = set(zip(frame["condition"], frame["method"], strict=True))
    absent = [(key, label) for key in study.conditions for label in study.methods if (key, label) not in there]
    if absent:
        methods = ", ".join(dict.fromkeys(label for _, label in absent))
        conditions = len({key for key, _ in absent})
        print(
            f"mcsim: {conditions} of {len(study.conditions)} conditions have no results yet of {methods}; "
            f"make them with: {command('run', args)}",
            file=sys.stderr,
        )

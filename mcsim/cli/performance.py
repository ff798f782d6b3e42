"""`mcsim performance`: the performance table of what has been run."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from mcsim.cli.common import add_results, add_study, command, no_results, say_if_partial, unknown_names
from mcsim.errors import ParameterError

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.performance import Scope
    from mcsim.study import Study

_SHOWN = ("bias", "empirical_se", "rmse", "coverage")
_SHOWN_BY_STATUS = ("bias", "coverage", "rejection")

_EPILOG = """examples:
  mcsim performance studies/article.py --measure coverage rejection --method REML
  mcsim performance studies/article.py --measure bias coverage --estimand x --format latex > table.tex

measures: bias, relative_bias, empirical_se, model_se, relative_error_model_se, mse, rmse, relative_precision,
  difference_bias, difference_mse, ci_width, coverage, coverage_all, bias_eliminated_coverage, rejection,
  rejection_all, convergence, singular, difference_coverage, difference_rejection
  relative_precision and difference_*: beside the study's reference method, over the replications that both have
  (json: all; the other formats: a few, unless --measure says which)

markdown, latex, html and csv are a table for a paper: conditions in rows, methods side by side where a page is wide
enough, else in rows. latex needs the packages booktabs and, for a table of more than a page, longtable.
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
        help="table (default); markdown, latex, html or csv: a table for a paper; json: unrounded, for programs",
    )
    parser.add_argument(
        "--replications", metavar="N", type=int, help="only the first N (default: those of the last run)"
    )
    add_results(parser)


def run(args: argparse.Namespace) -> int:
    """Check what is asked for, compute it, print it."""
    from mcsim.loading import load_study
    from mcsim.performance import performance
    from mcsim.standing import as_run
    from mcsim.store import Store

    study = load_study(args.study)
    _check(args, study)
    store = Store(args.results, study.name)
    study = as_run(study, store, args.replications)
    frame = chosen = performance(study, store, scope=_scope(args))
    for word in ("estimand", "method"):
        if getattr(args, word):
            chosen = chosen[chosen[word].isin(getattr(args, word))]
    if chosen.empty:
        raise no_results(store, args, "this study yet" if frame.empty else "that estimand and method")
    print(_text(chosen, study, args))
    _say_what_is_not_there(frame, study, args)
    say_if_partial(study, store, args)
    return 0


def _text(frame: "pd.DataFrame", study: "Study", args: argparse.Namespace) -> str:
    """The table in the format that is asked for."""
    from mcsim.facts import factors_of
    from mcsim.report.paper_formats import formatted
    from mcsim.report.paper_table import paper_table
    from mcsim.report.table import json_table, performance_table

    factors, measures = factors_of(study.conditions), _scope(args).measures
    if args.format == "table":
        return performance_table(frame, factors, measures=measures)
    if args.format == "json":
        return json_table(frame, factors)
    table = paper_table(frame, factors, measures=measures)
    if args.include_not_converged:
        table = table._replace(notes=(*table.notes, "Fits that did not converge are used as they are."))
    return formatted(table, args.format)


def _check(args: argparse.Namespace, study: "Study") -> None:
    """Refuse names that do not exist, all at once."""
    from mcsim.measures import MEASURES
    from mcsim.report.escapes import FORMATS

    estimands = dict.fromkeys(
        e for method in study.methods.values() for c in study.conditions.values() for e in method.estimands(c)
    )
    faults = [
        *unknown_names("--measure", args.measure, list(MEASURES)),
        *unknown_names("--estimand", args.estimand, list(estimands)),
        *unknown_names("--method", args.method, list(study.methods)),
        *unknown_names("--format", [args.format], ["table", *FORMATS, "json"]),
    ]
    if faults:
        raise ParameterError("mcsim performance", faults)


def _scope(args: argparse.Namespace) -> "Scope":
    from mcsim.measures import MEASURES
    from mcsim.performance import Scope

    usual = tuple(MEASURES) if args.format == "json" else _SHOWN_BY_STATUS if args.by_status else _SHOWN
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

"""`mcsim chart`: one chart of what has been run, as a file."""

import argparse
from typing import Any

from mcsim.cli.common import add_results, add_study, no_results, say_if_partial

_EXAMPLES = """examples:
  mcsim chart studies/article.py performance --measure coverage --estimand x --x n_clusters --out coverage.pdf
  mcsim chart studies/article.py zip_plot --method REML OLS --where cluster_size=10 tau2=1,5

kinds:
"""


def register(subparsers: Any) -> None:
    """Declare the verb's arguments."""
    from mcsim.report.charts import KINDS

    wide = max(map(len, KINDS))
    parser = subparsers.add_parser(
        "chart",
        help="draw a chart of the results: coverage, bias, power, what is missing",
        description="Draw a chart and write it to a file. What is left open is chosen from the study.",
        epilog=_EXAMPLES + "\n".join(f"  {kind:{wide}}  {line}" for kind, line in KINDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_study(parser)
    parser.add_argument("kind", metavar="KIND", help="which chart; see below")
    parser.add_argument(
        "--out", metavar="FILE", help="*.svg, *.pdf, *.png, *.html or *.json (default: <study>-<kind>.svg, here)"
    )
    for word in ("measure", "estimand", "method"):
        parser.add_argument(f"--{word}", metavar="NAME", nargs="+", action="extend", help=f"only these {word}s")
    for word, place in {"x": "on the horizontal axis", "row": "in rows of panels", "column": "in columns"}.items():
        parser.add_argument(f"--{word}", metavar="FACTOR", help=f"the factor {place}")
    parser.add_argument(
        "--where",
        metavar="FACTOR=LEVEL",
        nargs="+",
        action="extend",
        type=_level,
        default=[],
        help="only the conditions with this level, or with one of these: FACTOR=LEVEL,LEVEL",
    )
    parser.add_argument("--power", metavar="P", type=float, help="the power to reach (default: 0.8)")
    parser.add_argument(
        "--replications", metavar="N", type=int, help="only the first N (default: those of the last run)"
    )
    add_results(parser)


def run(args: argparse.Namespace) -> int:
    """Draw the chart, write it, and say where."""
    from mcsim.loading import load_study
    from mcsim.report.charts.api import chart
    from mcsim.report.charts.files import check_chart_target, write_chart
    from mcsim.standing import as_run, has_results
    from mcsim.store import Store

    study = load_study(args.study)
    store = Store(args.results, study.name)
    study = as_run(study, store, args.replications)
    if not has_results(study, store):
        raise no_results(store, args)
    target = check_chart_target(args.out or f"{study.name}-{args.kind}.svg", store)
    write_chart(chart(study, args.kind, results=store, replications=args.replications, **_asked(args)), target)
    print(target)
    say_if_partial(study, store, args)
    return 0


def _asked(args: argparse.Namespace) -> dict[str, Any]:
    """The options that are given, as `mcsim.chart` takes them; levels of one factor given apart are put together."""
    where: dict[str, tuple[str, ...]] = {}
    for factor, level in args.where:
        where[factor] = (*where.get(factor, ()), level)
    names = ("measure", "estimand", "method", "x", "row", "column", "power")
    return {"where": where, **{name: getattr(args, name) for name in names if getattr(args, name) is not None}}


def _level(text: str) -> tuple[str, str]:
    factor, _, level = text.partition("=")
    if not (factor and level):
        raise argparse.ArgumentTypeError(f"given {text!r}; allowed: FACTOR=LEVEL or FACTOR=LEVEL,LEVEL")
    return factor, level

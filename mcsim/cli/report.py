"""`mcsim report`: the results of a study as one HTML file."""

import argparse
from typing import Any

from mcsim.cli.common import add_results, add_study, no_results, say_if_partial


def register(subparsers: Any) -> None:
    """Declare the verb's arguments."""
    parser = subparsers.add_parser(
        "report",
        help="write the report: one HTML file with charts, tables and everything known of the study",
        description="Write the report of a study: one HTML file that needs nothing else, to look at in a browser and "
        "to hand on. It says what the study is, what is missing, and how methods perform.",
    )
    add_study(parser)
    parser.add_argument(
        "--out", metavar="FILE", help="the file to write (default: report.html in the folder of the results)"
    )
    parser.add_argument("--power", metavar="SHARE", type=float, default=0.8, help="the power to reach (default: 0.8)")
    add_results(parser)


def run(args: argparse.Namespace) -> int:
    """Write the file, and say where it is."""
    from mcsim.loading import load_study
    from mcsim.report.page.writing import write_report
    from mcsim.standing import as_run, has_results
    from mcsim.store import Store

    study = load_study(args.study)
    store = Store(args.results, study.name)
    if not has_results(study, store):
        raise no_results(store, args)
    print(f"report in {write_report(study, store, out=args.out, power=args.power)}")
    ran = as_run(study, store)
    say_if_partial(study if study.replications > ran.replications else ran, store, args)
    return 0

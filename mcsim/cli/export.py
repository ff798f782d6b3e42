"""`mcsim export`: one sorted file of all estimates, with the factors of their conditions."""

import argparse
from typing import Any

from mcsim.cli.common import add_results, add_study, command, say_if_partial
from mcsim.errors import ResultsError


def register(subparsers: Any) -> None:
    """Declare the verb's arguments."""
    parser = subparsers.add_parser(
        "export",
        help="write all estimates to one file",
        description="Write one Parquet file: a row for each condition, method, replication and estimand, in the order "
        "of the study, with the factors as typed columns.",
    )
    add_study(parser)
    parser.add_argument("--out", metavar="FILE", required=True, help="the file to write, *.parquet")
    add_results(parser)


def run(args: argparse.Namespace) -> int:
    """Write the file, and say how many rows it has and whether replications are missing."""
    from mcsim.loading import load_study
    from mcsim.store import Store
    from mcsim.store.exporting import check_target, export

    study = load_study(args.study)
    store = Store(args.results, study.name)
    record = store.check(study)
    target = check_target(args.out, store)
    if record is None:
        raise ResultsError(f"{store.path} has no results of this study yet; they are made with: {command('run', args)}")
    study = study.with_replications(record.replications)
    rows = export(store, study, target)
    print(f"{rows:,} rows in {target}")
    say_if_partial(study, store, args)
    return 0

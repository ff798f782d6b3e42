"""`mcsim merge`: results of one study from several places, joined in one."""

import argparse
from typing import Any

_EPILOG = """example:
  mcsim merge results/article node1/results/article node2/results/article
"""


def register(subparsers: Any) -> None:
    """Declare the verb's arguments."""
    parser = subparsers.add_parser(
        "merge",
        help="join results of one study from several places",
        description="Copy to DEST the block files that SRC have and it has not. All are compared before anything is "
        "written, and SRC stay as they are.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("target", metavar="DEST", help="a study's folder of results, or where there is to be one")
    parser.add_argument("sources", metavar="SRC", nargs="+", help="folders of results of the same study")


def run(args: argparse.Namespace) -> int:
    """Merge, and say how many blocks came."""
    from mcsim.store import Store
    from mcsim.store.merging import merge

    target = Store.at(args.target)
    done = merge(target, [Store.at(source) for source in args.sources])
    print(f"{done.copied:,} block files copied to {target.path}; the replications of {done.there:,} were there")
    print("The performance table and what is still missing come with the next mcsim run of the study.")
    return 0

"""Arguments that several verbs share."""

import argparse
from pathlib import Path


def add_study(parser: argparse.ArgumentParser) -> None:
    """The study's file, as `args.study`."""
    parser.add_argument("study", metavar="STUDY", help="the study's file, such as studies/article.py")


def add_results(parser: argparse.ArgumentParser) -> None:
    """The root of all results, as `args.results`."""
    parser.add_argument(
        "--results",
        metavar="DIR",
        type=Path,
        default=Path("results"),
        help="the folder that holds a folder of results for each study (default: results)",
    )

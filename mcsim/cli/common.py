"""Arguments that several verbs share."""

import argparse
from pathlib import Path

from mcsim.durations import parse_duration


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


def duration(text: str) -> float:
    """The type of an option that is a length of time: seconds."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def whole_number(text: str) -> int:
    """The type of an option that is a whole number from 0."""
    if not text.isdecimal() or len(text) > 9:
        raise argparse.ArgumentTypeError(f"given {text!r}; allowed: a whole number from 0")
    return int(text)

"""Arguments that several verbs share."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcsim.durations import parse_duration
from mcsim.errors import ResultsError

if TYPE_CHECKING:
    from mcsim.store import Store
    from mcsim.study import Study

_RESULTS = Path("results")


def add_study(parser: argparse.ArgumentParser) -> None:
    """The study's file, as `args.study`."""
    parser.add_argument("study", metavar="STUDY", help="the study's file, such as studies/article.py")


def add_results(parser: argparse.ArgumentParser) -> None:
    """The root of all results, as `args.results`."""
    parser.add_argument(
        "--results",
        metavar="DIR",
        type=_path_or_uri,
        default=_RESULTS,
        help="the folder that holds a folder of results for each study (default: results); or a URI, such as "
        "s3://bucket/prefix",
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


def command(verb: str, args: argparse.Namespace) -> str:
    """Another verb on the same study and results, as a person would type it."""
    words = ["mcsim", verb, args.study]
    return shlex.join(words if args.results == _RESULTS else [*words, "--results", str(args.results)])


def no_results(store: "Store", args: argparse.Namespace, what: str = "this study yet") -> ResultsError:
    """What is said where results are asked for that are not there, with the command that makes them."""
    return ResultsError(f"{store.path} has no results of {what}; results are made with: {command('run', args)}")


def unknown_names(option: str, given: Sequence[str], known: Sequence[str]) -> list[str]:
    """A fault for each name that an option was given and that does not exist."""
    from mcsim.parameters import nearest

    return [
        f"{option}: given {name!r}{nearest(name, known)}; allowed: {', '.join(known)}"
        for name in given
        if name not in known
    ]


def say_if_partial(study: "Study", store: "Store", args: argparse.Namespace) -> None:
    """Say on stderr how many fits there are not yet, as while a run is under way."""
    from mcsim.plan import plan

    missing = sum(block.replications * len(block.methods) for block in plan(study, store))
    if missing:
        total = len(study.conditions) * len(study.methods) * study.replications
        print(
            f"mcsim: partial: {missing:,} of {total:,} fits are missing; a run computes them: {command('run', args)}",
            file=sys.stderr,
        )


def _path_or_uri(text: str) -> Path | str:
    return text if "://" in text else Path(text)

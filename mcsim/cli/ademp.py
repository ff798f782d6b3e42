"""`mcsim ademp`: the facts of a methods section, from the study and its results."""

import argparse
from pathlib import Path
from typing import Any

from mcsim.cli.common import add_results, add_study, say_if_partial, unknown_names
from mcsim.errors import ParameterError, StorageError


def register(subparsers: Any) -> None:
    """Declare the verb's arguments."""
    parser = subparsers.add_parser(
        "ademp",
        help="write the facts of a methods section",
        description="Write what a methods section states, as Markdown: aims, data-generating mechanisms, estimands, "
        "methods, performance measures (ADEMP), replications and the Monte Carlo standard errors they give, missing "
        "fits, software, seed, keys.",
    )
    add_study(parser)
    parser.add_argument(
        "--measure", metavar="NAME", nargs="+", action="extend", default=[], help="only these measures (default: all)"
    )
    parser.add_argument("--out", metavar="FILE", type=_file, help="the file to write (default: print)")
    add_results(parser)


def run(args: argparse.Namespace) -> int:
    """Gather the facts and write them."""
    from mcsim.loading import load_study
    from mcsim.measures import MEASURES
    from mcsim.report.ademp import ademp_of, evidence_of
    from mcsim.report.ademp_text import ademp_text
    from mcsim.standing import as_run
    from mcsim.store import Store

    study = load_study(args.study)
    if faults := unknown_names("--measure", args.measure, list(MEASURES)):
        raise ParameterError("mcsim ademp", faults)
    store = Store(args.results, study.name)
    evidence = evidence_of(study, store)
    text = ademp_text(ademp_of(study, evidence, measures=tuple(args.measure) or tuple(MEASURES)))
    if args.out is None:
        print(text)
    else:
        _write(args.out, text)
    if evidence is not None:
        say_if_partial(as_run(study, store), store, args)
    return 0


def _file(text: str) -> Path:
    """The type of an option that names a file to write."""
    path = Path(text)
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"given {text!r}; there is no folder {path.parent}")
    return path


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror or error}") from error
    print(f"Wrote {path}")

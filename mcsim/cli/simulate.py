"""`mcsim simulate`: one data set of a study as a file, with the unseen parts it was put together from."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcsim.cli.common import add_study
from mcsim.errors import McsimError, StorageError
from mcsim.loading import load_study
from mcsim.streams import DATA, DESIGN, generator, stream_key
from mcsim.study import MOST_REPLICATIONS, Study

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 10


def register(subparsers: Any) -> None:
    """Declare the verb's arguments."""
    parser = subparsers.add_parser("simulate", help="write one data set of a study to a file")
    add_study(parser)
    add_condition(parser)
    parser.add_argument(
        "--out", metavar="FILE", type=writable, required=True, help="the file to write, .csv or .parquet"
    )


def add_condition(parser: argparse.ArgumentParser) -> None:
    """Which data set, as `args.condition` and `args.rep`."""
    parser.add_argument(
        "--condition",
        metavar="KEY",
        help="the condition's key, or its beginning, as mcsim describe shows it; may be left out where there is one",
    )
    parser.add_argument("--rep", metavar="N", type=_rep, default=0, help="the replication, counted from 0 (default: 0)")


def run(args: argparse.Namespace) -> int:
    """Simulate and write."""
    study = load_study(args.study)
    key = find_condition(study, args.condition)
    frame = simulate(study, key, args.rep)
    write(frame, args.out)
    print(f"Wrote {args.out}: replication {args.rep} of {key}, {len(frame):,} rows, {', '.join(frame.columns)}")
    return 0


def simulate(study: Study, key: str, rep: int) -> "pd.DataFrame":
    """One data set with everything unseen in it: random effects, residuals and coefficients as columns."""
    import pandas as pd

    mechanism = study.conditions[key]
    design = mechanism.design(generator(stream_key(study.seed, key, DESIGN), 0))
    dataset = mechanism.simulate(generator(stream_key(study.seed, key, DATA), rep), design)
    columns = pd.DataFrame(dict(dataset.columns))
    return columns.assign(**{name: part for name, part in dataset.components.items() if name not in columns})


def write(frame: "pd.DataFrame", path: Path) -> None:
    """Write a table as CSV or Parquet, by its name.

    Raises
    ------
    StorageError
        If that fails.
    """
    try:
        if path.suffix == ".csv":
            frame.to_csv(path, index=False)
        else:
            frame.to_parquet(path, index=False)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror or error}") from error


def find_condition(study: Study, given: str | None) -> str:
    """The key of the condition that is meant: a whole key, or a beginning that only one has.

    Raises
    ------
    McsimError
        If no condition or several are meant.
    """
    meant = [key for key in study.conditions if key.startswith(given or "")]
    if len(meant) == 1:
        return meant[0]
    shown = "\n".join(f"  {key}  {study.conditions[key]}" for key in (meant or list(study.conditions))[:_SHOWN])
    rest = len(meant or study.conditions) - _SHOWN
    more = f"\n  and {rest:,} more; mcsim describe shows them all" if rest > 0 else ""
    said = f"given {given!r}, which {'several begin with' if meant else 'is none of them'}" if given else "none given"
    raise McsimError(f"--condition: {said}; allowed:\n{shown}{more}")


def _rep(text: str) -> int:
    if not text.isdecimal() or int(text) > MOST_REPLICATIONS:
        raise argparse.ArgumentTypeError(f"given {text!r}; allowed: a whole number from 0 to {MOST_REPLICATIONS}")
    return int(text)


def writable(text: str) -> Path:
    """The type of an option that names a table to write."""
    path = Path(text)
    if path.suffix not in {".csv", ".parquet"}:
        raise argparse.ArgumentTypeError(f"given {text!r}; allowed: a file named *.csv or *.parquet")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"given {text!r}; there is no folder {path.parent}")
    return path

"""`mcsim fit`: a mixed model fitted to a data file, as a summary or as JSON."""

import argparse
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcsim.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.fit import MixedModelFit

NOT_USABLE = 3


_EPILOG = """examples:
  mcsim fit sleepstudy.csv "reaction ~ days + (1 + days | subject)"
  mcsim fit sleepstudy.csv "reaction ~ days + (1 | subject)" --ml --json
  mcsim fit sleepstudy.csv "reaction ~ days + (1 + days | subject)" --df kenward_roger --intervals profile --scale sd

exit codes: 0 fitted (singular fits too), 2 bad input, 3 no usable fit (the status and the note say why)
"""


def register(subparsers: Any) -> None:
    """Declare the verb's arguments."""
    from mcsim.methods.linear_mixed_model import DF, INTERVALS

    parser = subparsers.add_parser(
        "fit",
        help="fit a mixed model to a data file",
        description="Fit a mixed model, as lme4 does, to the rows of a file; rows with a missing value are left out.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("data", metavar="DATA", type=Path, help="a .csv file with a header, or a .parquet file")
    parser.add_argument("formula", metavar="FORMULA", help='such as "y ~ x + (1 + x | cluster)"')
    parser.add_argument("--ml", action="store_true", help="maximum likelihood instead of REML")
    parser.add_argument("--df", choices=DF, default="normal", help="degrees of freedom of fixed effects")
    parser.add_argument("--intervals", choices=INTERVALS, default="wald", help="kind of the intervals")
    parser.add_argument(
        "--scale", choices=("variance", "sd"), default="variance", help="scale of intervals of variances"
    )
    parser.add_argument("--n-boot", type=int, default=1000, help="number of bootstrap fits (default: 1000)")
    parser.add_argument("--seed", type=int, default=1, help="what a bootstrap is drawn from (default: 1)")
    parser.add_argument("--level", type=float, default=0.95, help="confidence level of the intervals (default: 0.95)")
    parser.add_argument("--json", action="store_true", help="every quantity, as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Read, fit, print."""
    from mcsim.fit import FitOptions, fit
    from mcsim.formula import parse_formula, require_mixed

    require_mixed(parse_formula(args.formula))  # a bad formula is said before a large file is read
    options: FitOptions = {
        "reml": not args.ml,
        "df": args.df,
        "intervals": args.intervals,
        "scale": args.scale,
        "level": args.level,
        "n_boot": args.n_boot,
    }
    fitted = fit(args.formula, read(args.data), seed=args.seed, **options)
    print(json.dumps(as_json(fitted), indent=2, allow_nan=False) if args.json else fitted)
    return 0 if fitted.status in {"ok", "singular"} else NOT_USABLE


def read(path: Path) -> "pd.DataFrame":
    """The rows of a .csv or .parquet file.

    Raises
    ------
    DataError
        If the file cannot be read.
    """
    import pandas as pd

    if path.suffix not in {".csv", ".parquet"}:
        raise DataError(f"given {path}; allowed: a file named *.csv or *.parquet")
    if not path.is_file():
        raise DataError(f"given {path}, which {'is not a file' if path.exists() else 'does not exist'}")
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        # One look at a whole column decides on its type.
        return pd.read_csv(path, low_memory=False)
    except (OSError, ValueError) as error:  # pandas' and pyarrow's own errors and UnicodeDecodeError are ValueErrors
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise DataError(f"{path} cannot be read: {first}") from error


def as_json(fitted: "MixedModelFit") -> dict[str, Any]:
    """The quantities of a fit as JSON has them; NaN and infinite are null."""
    return {
        "criterion": _plain(fitted.criterion),
        "reml": fitted.reml,
        "sigma": _plain(fitted.sigma),
        "singular": fitted.singular,
        "status": fitted.status,
        "note": fitted.note,
        "n_obs": fitted.n_obs,
        "n_clusters": fitted.n_clusters,
        "groups": fitted.groups,
        "fixed": _rows(fitted.fixed),
        "random": _rows(fitted.random),
    }


def _rows(table: "pd.DataFrame") -> list[dict[str, Any]]:
    return [{str(name): _plain(value) for name, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    return float(value) if math.isfinite(value) else None

"""`mcsim new`: a commented study file that runs as it is."""

import argparse
from pathlib import Path
from typing import Any

from mcsim.errors import McsimError
from mcsim.study import NAME_ALLOWED, is_name

TEMPLATE = '''\
"""How well are the effects of a level-1 predictor estimated with few clusters?

Aims: say here what the study is to find out. This text is shown by `mcsim describe`.
"""

from mcsim import Study, grid
from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares

# Data-generating mechanisms. In a list the entries are levels, and every combination is a condition; anything else is
# held fixed. A factor that is not given takes its default; gamma10, gamma01, gamma11, slope_variance and covariance are
# then absent from the data and from the model. Grids add: grid(...) + grid(...).
conditions = grid(
    TwoLevel,
    n_clusters=[10, 30],
    cluster_size=[5, 20],
    tau2=[0.5, 1.0],  # variance of the intercepts
    slope_variance=0.25,  # variance of the slopes of x
    covariance=[0.0, 0.4],  # of intercepts and slopes
    sigma2=1.0,  # residual variance
    gamma00=0.0,  # intercept
    gamma10=0.3,  # effect of x
    where=lambda c: c.covariance**2 <= c.tau2 * c.slope_variance,  # drops combinations that cannot be
)

# Estimands. The truth of each is the value it was generated with; `mcsim describe` lists them.

# Methods, each under the label that stands in tables. Without a formula a method fits the model that generated the
# data; LinearMixedModel("y ~ x + (1 | cluster)") would leave the random slope out.
methods = {
    "REML": LinearMixedModel(),
    "ML": LinearMixedModel(reml=False),
    "OLS": OrdinaryLeastSquares(),
}

# Performance measures are all computed: bias, coverage, power and the rest, each with its Monte Carlo standard error.
# `mcsim plan --mcse 0.005` says how many replications a coverage needs.
study = Study(conditions=conditions, methods=methods, replications=500, seed=1)
'''


def register(subparsers: Any) -> None:
    """Declare the verb's arguments."""
    parser = subparsers.add_parser("new", help="write a commented study file that runs as it is")
    parser.add_argument("file", metavar="FILE", type=Path, help="the file to write, such as studies/mine.py")


def run(args: argparse.Namespace) -> int:
    """Write the template and say what to do next."""
    file: Path = args.file
    if file.suffix != ".py" or not is_name(file.stem):
        raise McsimError(f"given {str(file)!r}; allowed: a file *.py whose name without .py has {NAME_ALLOWED}")
    new_folders = [folder for folder in [file.parent, *file.parent.parents] if not folder.exists()]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(TEMPLATE)
    except FileExistsError as error:
        raise McsimError(f"{error.filename} is there already and is left as it is; give another name") from error
    except OSError as error:
        raise McsimError(f"{file} cannot be written: {error.strerror}") from error
    if new_folders:
        print(f"Made the folder {new_folders[0]}")
    print(f"Wrote {file}\nNext: mcsim describe {file}\n      mcsim run {file}")
    return 0

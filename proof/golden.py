"""How far mcsim is from R on the golden files: the largest difference of every quantity.

`python -m proof.golden` prints the table of docs/validation.md. A difference is absolute for criteria, relative to the
largest entry for covariance matrices, and else relative; where the reference is 0, absolute.
"""

import inspect
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import mcsim
from mcsim import Dataset, measures
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares
from mcsim.model import QUANTITIES

GOLDEN = Path(__file__).parents[1] / "tests" / "golden"
FLOOR = 1e-10  # less than that is rounding, and differs between machines

LME4, LMERTEST, PBKRTEST = "lme4 1.1-31", "lmerTest 3.1-3", "pbkrtest 0.5.2"
CLUBSANDWICH, RSIMSUM = "clubSandwich 0.5.8", "rsimsum at 6041ba7"


class Difference(NamedTuple):
    """A quantity of one data set: how far it is from the reference."""

    quantity: str
    reference: str
    size: float


def relative(ours: Any, theirs: Any) -> float:
    """The largest relative difference; absolute where the reference is 0."""
    a, b = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    return float(np.max(np.abs(a - b) / np.where(np.abs(b) > 1e-6, np.abs(b), 1.0)))


def of_matrices(ours: Any, theirs: Any) -> float:
    """The largest difference of two matrices, relative to the largest entry."""
    a, b = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    return float(np.max(np.abs(a - b)) / np.max(np.abs(b)))


def mixed_model(golden: dict[str, Any], frame: pd.DataFrame) -> Iterator[Difference]:
    """The fits of a data set, by REML and by ML."""
    for kind in ("reml", "ml"):
        expected, reml = golden[kind], kind == "reml"
        fixed = expected["fixed"]
        fit = mcsim.fit(golden["formula"], frame, reml=reml, df="satterthwaite")
        random = [row["covariance"] for row in expected["random"]]
        yield Difference("REML criterion, -2 log likelihood", LME4, abs(fit.criterion - expected["criterion"]))
        yield Difference("fixed effects", LME4, relative(fit.fixed.estimate, fixed["estimate"]))
        yield Difference("standard errors of fixed effects", LME4, relative(fit.fixed.std_error, fixed["std_error"]))
        yield Difference("variances and covariances", LME4, of_matrices(fit.random.covariance, random))
        yield Difference("Satterthwaite's df", LMERTEST, relative(fit.fixed.df, fixed["satterthwaite_df"]))
        if reml:
            adjusted, kenward = mcsim.fit(golden["formula"], frame, df="kenward_roger"), fixed["kenward_roger"]
            yield Difference("Kenward-Roger's df", PBKRTEST, relative(adjusted.fixed.df, kenward["df"]))
            errors = relative(adjusted.fixed.std_error, kenward["std_error"])
            yield Difference("Kenward-Roger's standard errors", PBKRTEST, errors)


def least_squares(golden: dict[str, Any], frame: pd.DataFrame) -> Iterator[Difference]:
    """Least squares on a data set, with every covariance matrix."""
    expected = golden["ols"]
    data = Dataset({name: frame[name].to_numpy() for name in frame})
    for covariance in ("CR0", "CR1", "CR1S", "CR2"):
        df = "bell_mccaffrey" if covariance == "CR2" else "residual"
        method = OrdinaryLeastSquares(golden["formula"], covariance=covariance, df=df, cluster=expected["cluster"])
        found = method.fit(data, np.random.default_rng()).values[0]
        errors = found[:, QUANTITIES.index("std_error")]
        yield Difference(
            "cluster-robust standard errors", CLUBSANDWICH, relative(errors, expected[covariance]["std_error"])
        )
        if covariance == "CR2" and "bell_mccaffrey_df" in expected[covariance]:
            degrees = found[:, QUANTITIES.index("df")]
            yield Difference(
                "Bell-McCaffrey's df", CLUBSANDWICH, relative(degrees, expected[covariance]["bell_mccaffrey_df"])
            )


RSIMSUM_NAMES = {
    "bias": "bias",
    "empirical_se": "empse",
    "model_se": "modelse",
    "relative_error_model_se": "relerror",
    "mse": "mse",
    "coverage": "cover",
    "bias_eliminated_coverage": "becover",
}
"""Our measures, and rsimsum's name of each."""

NORMAL_THEORY = {"empirical_se", "relative_error_model_se"}
"""Where the reference's Monte Carlo standard error assumes normal estimates, and ours does not."""


def of_measures(golden: dict[str, Any], frame: pd.DataFrame) -> Iterator[Difference]:
    """The measures of both methods of the file, and their Monte Carlo standard errors."""
    half = 1.959963984540054 * frame.std_error
    frame = frame.assign(lower=frame.estimate - half, upper=frame.estimate + half).dropna()
    for method, rows in frame.groupby("method"):
        given: dict[str, Any] = {name: rows[name].to_numpy() for name in ("estimate", "std_error", "lower", "upper")}
        given["truth"] = golden["truth"]
        for name, theirs in RSIMSUM_NAMES.items():
            measure, expected = measures.MEASURES[name], golden[method]["z"][theirs]
            wanted = inspect.signature(measure).parameters
            value, mcse = measure(**{name_: x for name_, x in given.items() if name_ in wanted})
            yield Difference("performance measures", RSIMSUM, relative(value, expected["value"]))
            if name not in NORMAL_THEORY:
                yield Difference("their Monte Carlo standard errors", RSIMSUM, relative(mcse, expected["mcse"]))


def differences() -> Iterator[Difference]:
    """Every quantity of every data set."""
    for path in sorted(GOLDEN.glob("*.json")):
        golden, frame = json.loads(path.read_text()), pd.read_csv(path.with_suffix(".csv"))
        if path.stem == "performance":
            yield from of_measures(golden, frame)
            continue
        yield from mixed_model(golden, frame)
        if "ols" in golden:
            yield from least_squares(golden, frame)


def profile_limits() -> tuple[int, int]:
    """How many profile limits there are, and how many are further than 1e-3 from those of lme4's confint."""
    sizes: list[float] = []
    for path in sorted(GOLDEN.glob("*.json")):
        golden = json.loads(path.read_text())
        if path.stem == "performance":
            continue
        frame = pd.read_csv(path.with_suffix(".csv"))
        data = Dataset({name: frame[name].to_numpy() for name in frame})
        found = LinearMixedModel(golden["formula"], intervals="profile", scale="sd").fit(data, np.random.default_rng())
        expected = golden["reml"]["profile_intervals"]
        for name, *theirs in zip(expected["names"], expected["lower"], expected["upper"], strict=True):
            ours = found.values[0, found.estimands.index(name), 3:5]
            sizes += [math.inf if x is None else relative(own, x) for own, x in zip(ours, theirs, strict=True)]
    return len(sizes), sum(not size <= 1e-3 for size in sizes)


def rounded_up(size: float) -> str:
    """The next power of ten."""
    return f"1e{math.ceil(math.log10(max(size, FLOOR)) - 1e-9):d}"


def summary() -> pd.DataFrame:
    """The largest difference of every quantity, one a row: quantity, reference, comparisons, largest."""
    frame = pd.DataFrame(differences())
    grouped = frame.groupby(["quantity", "reference"], sort=False)["size"]
    return grouped.agg(comparisons="size", largest="max").reset_index()


def markdown(frame: pd.DataFrame) -> str:
    """The summary as a table of a page."""
    lines = ["| quantity | reference | comparisons | largest difference |", "| --- | --- | ---: | ---: |"]
    lines += [
        f"| {row.quantity} | {row.reference} | {row.comparisons} | {rounded_up(row.largest)} |"
        for row in frame.itertuples()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(markdown(summary()))
    print("\nprofile limits; further than 1e-3 from lme4's confint:", *profile_limits())

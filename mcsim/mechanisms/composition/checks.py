"""What is wrong with the factors of a mechanism taken together, found in the model that they mean."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mcsim.mechanisms.composition.model import Model
from mcsim.mechanisms.composition.recipe import faults, longest
from mcsim.mechanisms.parts.distributions import Distribution
from mcsim.mechanisms.parts.sizes import DrawnSizes
from mcsim.parameters import nearest

if TYPE_CHECKING:
    from mcsim.mechanisms.composition.composed import Composed

_GIB = 2**30


def faults_of(mechanism: "Composed") -> list[str]:
    """Every fault, one line each: columns, residuals, covariances, sizes.

    Parameters
    ----------
    mechanism : Composed
        Its factors are possible one by one, and so is its model.
    """
    model = mechanism.model()
    if too_large := _memory_faults(mechanism, model):
        return too_large
    return [*_names(mechanism, model), *_residuals(model), *faults(model), *_held(mechanism, model)]


def predictor_faults(name: str, distribution: Distribution, sd: float, *, there: bool) -> Iterator[str]:
    """What is wrong with the distribution and the SD of a predictor, whose factors bear its name.

    Parameters
    ----------
    name : str
        The predictor.
    distribution : Distribution
        Its distribution.
    sd : float
        Its standard deviation.
    there : bool
        Whether it is in the model.
    """
    if not there and distribution.shape() is not None:
        given = f"{name}_distribution: given {distribution}, but there is no {name}"
        yield f"{given}; allowed: Normal(), or give an effect of {name}"
    if distribution.coded and sd != 1:
        yield f"{name}_sd: given {sd:g} with {distribution}, which is 0 and 1; allowed: leave {name}_sd out"


def _names(mechanism: "Composed", model: Model) -> Iterator[str]:
    columns, quantities = mechanism.columns(), [q.name for q in model.quantities]
    for name in dict.fromkeys([*columns, *quantities]):
        if max(columns.count(name), quantities.count(name)) < 2:
            continue
        yield f"covariates: given one called {name}, which the data or the model have anyway; allowed: another name"


def _residuals(model: Model) -> Iterator[str]:
    column = model.variance.column()
    parts = model.parts_of(column)
    if column and not parts:
        there = ", ".join(model.columns) or "none"
        yield (
            f"residual_variance: given {model.variance}, which depends on {column}; allowed: a predictor of this "
            f"condition ({there}){nearest(column, model.columns)}"
        )
    elif fault := model.variance.misfit(parts):
        yield f"residual_variance: {fault}"
    if fault := model.correlation.misfit(longest(model), model.times):
        yield f"residual_correlation: {fault}"


def _held(mechanism: "Composed", model: Model) -> Iterator[str]:
    size = model.sizes[0]
    fixed = getattr(mechanism, "predictors", "random") == "fixed"
    drawn = [q.name for q in model.quantities if q.column and not q.given]
    if fixed and drawn and isinstance(size, DrawnSizes) and size.drawn == "every replication":
        yield (
            "predictors: given 'fixed' with sizes drawn in every replication; allowed: 'random', or sizes drawn='once'"
        )
    for add in model.adds if fixed else ():
        if add.what in drawn and add.what not in model.columns:
            yield (
                f"predictors: given 'fixed' with an effect of {add.what}, which no column shows; allowed: 'random', or "
                "the effect of a mean in the data"
            )
    for one, other in model.covariances if fixed else ():
        if (one in drawn) != (other in drawn):
            yield (
                f"predictors: given 'fixed' with a correlation of {one} and {other}, which then would be a fixed bias; "
                "allowed: 'random'"
            )


def _memory_faults(mechanism: "Composed", model: Model) -> list[str]:
    needed, limit = 8 * model.rows * len(mechanism.columns()), memory() // 2
    if needed <= limit:
        return []
    fault = (
        f"data sets of {model.rows:,.0f} rows, {needed / _GIB:.4g} GiB each; allowed: at most half of this "
        f"machine's memory, {limit / _GIB:.4g} GiB"
    )
    return [fault]


def memory() -> int:
    """The machine's memory in bytes; 16 GiB where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 16 * _GIB

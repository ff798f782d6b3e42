"""The mixed model that the factors of `TwoLevel` mean."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mcsim.mechanisms.composition.model import Model
from mcsim.mechanisms.composition.quantities import INTERCEPT, Add, Quantity
from mcsim.mechanisms.parts.covariates import effects_of, quantities_of
from mcsim.mechanisms.parts.sizes import size_quantities

if TYPE_CHECKING:
    from mcsim.mechanisms.two_level import TwoLevel

SHARED = "x_shared"
"""The part of x that a cluster has in common."""

_SYMBOLS: dict[str | tuple[str, str], str] = {
    "u0": "tau2",
    "u1": "slope_variance",
    ("u0", "u1"): "covariance",
    (SHARED, "u0"): "endogeneity",
    ("size", "u0"): "informative_size",
    "e": "sigma2",
    "x": "x_sd",
    "z": "z_sd",
}


def model_of(two_level: "TwoLevel") -> Model:
    """Put the model together.

    Parameters
    ----------
    two_level : TwoLevel
        The condition.
    """
    of_rows, of_clusters = effects_of(two_level.covariates, 1), effects_of(two_level.covariates, 2)
    columns = tuple(name for name in two_level.columns() if name not in {"y", "cluster", "id"})
    of_x = {"x": two_level.gamma10 or 0.0} if two_level.has_x else {}
    given = {} if two_level.gamma10 is None else {"x": "gamma10"}
    return Model(
        outermost=two_level.n_clusters,
        sizes=(two_level.cluster_size,),
        quantities=tuple(_quantities(two_level)),
        columns=columns,
        covariances=dict(_covariances(two_level)),
        coefficients={INTERCEPT: two_level.gamma00, **of_x, **of_rows},
        adds=(
            *_adds(two_level),
            *(Add(INTERCEPT, effect, name, f"gamma_{name}") for name, effect in of_clusters.items()),
        ),
        variance=two_level.residual_variance,
        correlation=two_level.residual_correlation,
        gammas={INTERCEPT: "gamma00", **given, **{name: f"gamma_{name}" for name in of_rows}},
        symbols=_SYMBOLS,
    )


def _quantities(two_level: "TwoLevel") -> Iterator[Quantity]:
    yield from size_quantities(two_level.cluster_size)
    if two_level.has_z:
        yield two_level.z_distribution.predictor("z", 1, two_level.z_sd)
    yield from quantities_of(two_level.covariates, 2)
    shared, within = (two_level.x_sd * math.sqrt(share) for share in (two_level.x_icc, 1 - two_level.x_icc))
    if two_level.has_x and two_level.x_icc:
        yield two_level.x_distribution.predictor(SHARED, 1, shared, column="x")
    if two_level.has_x:
        yield two_level.x_distribution.predictor("x", 0, within)
    yield from quantities_of(two_level.covariates, 1)
    yield two_level.random_effects.effect("u0", 1, math.sqrt(two_level.tau2))
    if two_level.slope_variance is not None:
        yield two_level.random_effects.effect("u1", 1, math.sqrt(two_level.slope_variance))
    yield from two_level.residual_variance.quantities()
    yield two_level.residuals.effect("e", 0, math.sqrt(two_level.sigma2))


def _covariances(two_level: "TwoLevel") -> Iterator[tuple[tuple[str, str], float]]:
    tau, named = math.sqrt(two_level.tau2), {q.name: q for q in _quantities(two_level)}
    if two_level.covariance and two_level.slope_variance is not None:
        yield ("u0", "u0"), two_level.tau2
        yield ("u1", "u1"), two_level.slope_variance
        yield ("u0", "u1"), two_level.covariance
    if two_level.endogeneity:
        yield (SHARED, "u0"), two_level.endogeneity * named[SHARED].spread * tau
    if two_level.informative_size:
        yield ("size", "u0"), two_level.informative_size * named["size"].spread * tau
    if two_level.covariates:
        predictors = [q for q in named.values() if q.column and not q.of and q.name != SHARED]
        yield from two_level.covariates.covariances(predictors)


def _adds(two_level: "TwoLevel") -> Iterator[Add]:
    """What clusters add to the intercept and to the slope of x."""
    yield Add(INTERCEPT, 1.0, "u0")
    if two_level.gamma01 is not None:
        yield Add(INTERCEPT, two_level.gamma01, "z", "gamma01")
    if two_level.gamma10_between is not None:
        contextual = two_level.gamma10_between - (two_level.gamma10 or 0.0)
        observed = two_level.cluster_mean == "observed"
        yield Add(INTERCEPT, contextual, "x" if observed else SHARED, "(gamma10_between - gamma10)", mean=observed)
    if two_level.gamma11 is not None:
        yield Add("x", two_level.gamma11, "z", "gamma11")
    if two_level.slope_variance is not None:
        yield Add("x", 1.0, "u1")

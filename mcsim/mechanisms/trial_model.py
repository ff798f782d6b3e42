"""The mixed model that the factors of `Trial` mean."""

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from mcsim.mechanisms.composition.model import Model
from mcsim.mechanisms.composition.quantities import INTERCEPT, Add, Quantity
from mcsim.mechanisms.parts.covariates import effects_of, quantities_of
from mcsim.mechanisms.parts.sizes import DrawnSizes, GivenSizes, SizePattern, size_quantities
from mcsim.model import Floats

if TYPE_CHECKING:
    from mcsim.mechanisms.trial import Trial

_FINEST = 1000  # a share is taken as the nearest fraction with no larger denominator

_SYMBOLS: dict[str | tuple[str, str], str] = {
    "u0": "tau2",
    "u1": "slope_variance",
    ("u0", "u1"): "covariance",
    "e": "sigma2",
}


def model_of(trial: "Trial") -> Model:
    """Put the model together.

    Parameters
    ----------
    trial : Trial
        The condition.
    """
    of_rows, of_clusters = effects_of(trial.covariates, 1), effects_of(trial.covariates, 2)
    own = {} if _shifts_intercept(trial) else {"treatment": trial.gamma_treatment}
    alone = trial.n_controls or 0
    return Model(
        outermost=trial.n_clusters + alone,
        sizes=(trial.cluster_size,),
        quantities=tuple(_quantities(trial)),
        columns=tuple(name for name in trial.columns() if name not in {"y", "cluster", "id"}),
        covariances=dict(_covariances(trial)),
        coefficients={INTERCEPT: trial.gamma00, **own, **of_rows},
        adds=(*_adds(trial), *(Add(INTERCEPT, effect, name, f"gamma_{name}") for name, effect in of_clusters.items())),
        variance=trial.residual_variance,
        correlation=trial.residual_correlation,
        gammas={INTERCEPT: "gamma00", **{name: f"gamma_{name}" for name in (*own, *of_rows)}},
        symbols=_SYMBOLS,
        alone=alone,
    )


def rounded(share: float, count: int) -> int:
    """How many of so many a share is, halves rounded down.

    Parameters
    ----------
    share : float
        Between 0 and 1.
    count : int
        Of clusters or rows.
    """
    return math.ceil(_fraction(share) * count - Fraction(1, 2))


def _fraction(share: float) -> Fraction:
    return Fraction(share).limit_denominator(_FINEST)


def _shifts_intercept(trial: "Trial") -> bool:
    """Whether the treatment is the same for all rows of every cluster, and nothing else changes with it."""
    return trial.assignment == "clusters" and not trial.partially_nested


def _quantities(trial: "Trial") -> Iterator[Quantity]:
    yield from size_quantities(trial.cluster_size)
    yield _treatment(trial)
    for level in (2, 1):
        yield from quantities_of(trial.covariates, level)
    yield trial.random_effects.effect("u0", 1, math.sqrt(trial.tau2))
    if trial.slope_variance is not None:
        yield trial.random_effects.effect("u1", 1, math.sqrt(trial.slope_variance))
    yield from trial.residual_variance.quantities()
    yield trial.residuals.effect("e", 0, math.sqrt(trial.sigma2))


def _treatment(trial: "Trial") -> Quantity:
    """Who is treated, and how many rows that is."""
    size, clusters = trial.cluster_size, trial.n_clusters
    if trial.partially_nested:
        mean = size if isinstance(size, int) else size.average(clusters)
        level, alone = 1, trial.n_controls or 0
        values, rows = [1.0] * clusters + [0.0] * alone, [float(mean)] * clusters + [1.0] * alone
    elif trial.assignment == "within":
        level, values = 0, _spread(trial.treated)
        rows = _in_turn(_rows_at_places(size, clusters), len(values))
    elif isinstance(size, GivenSizes):
        level, rows = 1, list(map(float, size.sizes(clusters)))
        values = _spread_over_sizes(trial.treated, rows)
    else:
        level, values = 1, _spread(trial.treated)
        rows = [float(len(range(j, clusters, len(values)))) for j in range(min(clusters, len(values)))]
    return Quantity("treatment", level, column="treatment", given=tuple(values[: len(rows)]), weights=tuple(rows))


def _spread(share: float) -> list[float]:
    """Which in a row are treated, 0 or 1, until it begins anew: of the first k as many as the rounded share of k."""
    first = [rounded(share, k) for k in range(_fraction(share).denominator + 1)]
    return [float(one - other) for one, other in zip(first[1:], first[:-1], strict=True)]


def _spread_over_sizes(share: float, sizes: list[float]) -> list[float]:
    """The same over clusters from the smallest to the largest, so that arms do not differ in size."""
    values, pattern = np.empty(len(sizes)), _spread(share)
    values[np.argsort(sizes, kind="stable")] = np.resize(pattern, len(sizes))
    return [float(value) for value in values]


def _rows_at_places(size: int | SizePattern, clusters: int) -> Floats:
    """How many clusters have a first row, a second row, ..., or the probability that a cluster has one."""
    if isinstance(size, DrawnSizes):
        from scipy.special import ndtr

        return np.concatenate([[1.0], ndtr(-size.shape().jumps[0])])
    if isinstance(size, int):
        return np.full(size, float(clusters))
    assert isinstance(size, GivenSizes)
    sizes = np.array(size.sizes(clusters))
    return np.array([(sizes > i).sum() for i in range(sizes.max())], dtype=np.float64)


def _in_turn(rows: Floats, period: int) -> list[float]:
    """The same at places 1, 2, ..., period, taken in turn."""
    return [float(rows[i::period].sum()) for i in range(min(period, len(rows)))]


def _covariances(trial: "Trial") -> Iterator[tuple[tuple[str, str], float]]:
    if trial.covariance is not None and trial.slope_variance is not None:
        yield ("u0", "u0"), trial.tau2
        yield ("u1", "u1"), trial.slope_variance
        yield ("u0", "u1"), trial.covariance
    if trial.covariates:
        yield from trial.covariates.covariances(
            [q for q in _quantities(trial) if q.column and not q.given and not q.of]
        )


def _adds(trial: "Trial") -> Iterator[Add]:
    """What clusters add to the intercept and to the effect of the treatment."""
    yield Add("treatment" if trial.partially_nested else INTERCEPT, 1.0, "u0")
    if _shifts_intercept(trial):
        yield Add(INTERCEPT, trial.gamma_treatment, "treatment", "gamma_treatment")
    if trial.slope_variance is not None:
        yield Add("treatment", 1.0, "u1")

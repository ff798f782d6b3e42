"""The mixed model that the factors of `Trial` mean."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np

from mcsim.mechanisms.composition.model import Model
from mcsim.mechanisms.composition.quantities import INTERCEPT, Add, Quantity
from mcsim.mechanisms.parts.sizes import DrawnSizes, GivenSizes, SizePattern
from mcsim.parameters import kind, parameter
from mcsim.ranges import either, whole

if TYPE_CHECKING:
    from mcsim.mechanisms.trial import Trial

_FINEST = 1000  # a share is taken as the nearest fraction whose denominator is no larger

_SYMBOLS: dict[str | tuple[str, str], str] = {
    "u0": "tau2",
    "u1": "slope_variance",
    ("u0", "u1"): "covariance",
    "e": "sigma2",
}


@dataclass(frozen=True, kw_only=True)
class _ControlsFirst(GivenSizes):
    """Clusters of one row, then clusters of another pattern."""

    controls: int = parameter("clusters of one row", whole(least=1))
    rest: int | GivenSizes = parameter("sizes of the others", either(whole(least=1), kind(GivenSizes, "given sizes")))

    def sizes(self, clusters: int) -> tuple[int, ...]:
        """The sizes of so many clusters."""
        others = clusters - self.controls
        return (1,) * self.controls + ((self.rest,) * others if isinstance(self.rest, int) else self.rest.sizes(others))

    def average(self, clusters: int) -> float:
        """The mean size of so many clusters."""
        others = clusters - self.controls
        mean = self.rest if isinstance(self.rest, int) else self.rest.average(others)
        return (self.controls + others * mean) / clusters

    def longest(self) -> int:
        """The largest size."""
        return self.rest if isinstance(self.rest, int) else self.rest.longest()

    def meaning(self) -> str:
        """The pattern in words."""
        others = f"{self.rest} rows each" if isinstance(self.rest, int) else self.rest.meaning()
        return f"{self.controls} controls of one row each; then {others}"


def model_of(trial: "Trial") -> Model:
    """Put the model together.

    Parameters
    ----------
    trial : Trial
        The condition.
    """
    further = trial.covariates.effects() if trial.covariates else {}
    of_clusters = [name for name in further if name in trial.cluster_columns]
    of_rows = {name: effect for name, effect in further.items() if name not in of_clusters}
    return Model(
        outermost=trial.n_clusters + (trial.n_controls or 0),
        sizes=(_sizes(trial),),
        quantities=tuple(_quantities(trial)),
        columns=("treatment", *further),
        covariances=dict(_covariances(trial)),
        coefficients={INTERCEPT: trial.gamma00, "treatment": trial.gamma_treatment, **of_rows},
        adds=(*_adds(trial), *(Add(INTERCEPT, further[name], name, f"gamma_{name}") for name in of_clusters)),
        variance=trial.residual_variance,
        correlation=trial.residual_correlation,
        gammas={INTERCEPT: "gamma00", "treatment": "gamma_treatment", **{name: f"gamma_{name}" for name in of_rows}},
        symbols={**_SYMBOLS, "u1": "tau2"} if trial.partially_nested else _SYMBOLS,
    )


def _sizes(trial: "Trial") -> int | SizePattern:
    size = trial.cluster_size
    if trial.n_controls is None or isinstance(size, DrawnSizes):
        return size
    assert isinstance(size, int | GivenSizes)
    return _ControlsFirst(controls=trial.n_controls, rest=size)


def _quantities(trial: "Trial") -> Iterator[Quantity]:
    size, further = trial.cluster_size, trial.covariates.entries if trial.covariates else ()
    if isinstance(size, DrawnSizes) and size.drawn == "every replication":
        yield Quantity("size", 1, shape=size.shape(), coded=True)
    level, given = int(trial.assignment == "clusters"), allocation(trial)
    rows = _rows_of_each(trial, len(given))
    yield Quantity("treatment", level, given=given, weights=rows, column="treatment")
    for of_level in (2, 1):
        yield from (q for entry in further if entry.level == of_level for q in entry.quantities())
    if not trial.partially_nested:
        yield trial.random_effects.effect("u0", 1, math.sqrt(trial.tau2))
    slope = trial.tau2 if trial.partially_nested else trial.slope_variance
    if slope is not None:
        yield trial.random_effects.effect("u1", 1, math.sqrt(slope))
    yield from trial.residual_variance.quantities()
    yield trial.residuals.effect("e", 0, math.sqrt(trial.sigma2))


def allocation(trial: "Trial") -> tuple[float, ...]:
    """The treatment, 0 or 1, of every cluster, or of the persons of a cluster in turn.

    Parameters
    ----------
    trial : Trial
        The condition.
    """
    if trial.partially_nested:
        return (0.0,) * (trial.n_controls or 0) + (1.0,) * trial.n_clusters
    if trial.assignment == "clusters":
        count = round(trial.treated * trial.n_clusters)
        return (0.0,) * (trial.n_clusters - count) + (1.0,) * count
    share, size = Fraction(trial.treated).limit_denominator(_FINEST), trial.cluster_size
    longest = size if isinstance(size, int) else size.longest()
    # Of the first k persons the share is treated, rounded; after a denominator of persons the order begins anew.
    counts = [math.ceil(share * k - Fraction(1, 2)) for k in range(min(longest, share.denominator) + 1)]
    return tuple(float(later - earlier) for earlier, later in pairwise(counts))


def arms(trial: "Trial") -> tuple[float, float]:
    """How many rows are treated, and how many there are; where sizes are drawn, the means.

    Parameters
    ----------
    trial : Trial
        The condition.
    """
    given = np.array(allocation(trial))
    rows = np.array(_rows_of_each(trial, len(given)))
    return float(given @ rows), float(rows.sum())


def _rows_of_each(trial: "Trial", count: int) -> tuple[float, ...]:
    """How many rows each value of the allocation stands for; where sizes are drawn, the mean."""
    from scipy.special import ndtr

    clusters, size = trial.n_clusters + (trial.n_controls or 0), _sizes(trial)
    if trial.assignment == "clusters" and isinstance(size, DrawnSizes):
        return (size.mean,) * clusters
    if isinstance(size, DrawnSizes):  # how many clusters have a first person, a second, ...
        places = clusters * np.concatenate([[1.0], ndtr(-size.shape().table[0, :-1])])
    else:
        sizes = np.array(size.sizes(clusters) if isinstance(size, GivenSizes) else (size,) * clusters)
        if trial.assignment == "clusters":
            return tuple(map(float, sizes))
        places = np.array([float(np.count_nonzero(sizes > place)) for place in range(sizes.max())])
    return tuple(float(places[first::count].sum()) for first in range(count))


def _covariances(trial: "Trial") -> Iterator[tuple[tuple[str, str], float]]:
    if trial.covariance is not None and trial.slope_variance is not None:
        yield ("u0", "u0"), trial.tau2
        yield ("u1", "u1"), trial.slope_variance
        yield ("u0", "u1"), trial.covariance
    if trial.covariates and trial.covariates.correlation:
        for level in (1, 0):
            alike = [q for q in _quantities(trial) if q.level == level and q.column and not q.of and not q.given]
            for one, other in combinations(alike, 2):
                yield (one.name, other.name), trial.covariates.correlation * one.spread * other.spread


def _adds(trial: "Trial") -> Iterator[Add]:
    """What clusters add to the mean and to the effect of the treatment."""
    if not trial.partially_nested:
        yield Add(INTERCEPT, 1.0, "u0")
    if trial.partially_nested or trial.slope_variance is not None:
        yield Add("treatment", 1.0, "u1")

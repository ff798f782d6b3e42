"""The mixed model that the factors of `Growth` mean."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mcsim.mechanisms.composition.effects import LABEL
from mcsim.mechanisms.composition.model import Model
from mcsim.mechanisms.composition.quantities import INTERCEPT, Add, Quantity

if TYPE_CHECKING:
    from mcsim.mechanisms.growth import Growth

_EFFECTS = {LABEL: "u0", "time": "u1", "time2": "u2"}
_GAMMAS = {LABEL: ("gamma00", "gamma01"), "time": ("gamma10", "gamma11"), "time2": ("gamma20", "gamma21")}
"""The coefficient of a column, and by how much the treatment changes it."""

_SYMBOLS: dict[str | tuple[str, str], str] = {
    "u0": "tau2",
    "u1": "slope_variance",
    "u2": "quadratic_variance",
    ("u0", "u1"): "covariance",
    ("u0", "u2"): "intercept_quadratic_covariance",
    ("u1", "u2"): "slope_quadratic_covariance",
    "e": "sigma2",
}


def model_of(growth: "Growth") -> Model:
    """Put the model together.

    Parameters
    ----------
    growth : Growth
        The condition.
    """
    there = [label for label in _GAMMAS if label in growth.variances() or _given(growth, label) != (None, None)]
    return Model(
        outermost=growth.n_persons,
        sizes=(len(growth.times),),
        quantities=tuple(_quantities(growth)),
        columns=tuple(name for name in growth.columns() if name not in {"y", "person", "id"}),
        covariances=dict(_covariances(growth)),
        coefficients={_column(label): _given(growth, label)[0] or 0.0 for label in there},
        adds=tuple(_adds(growth)),
        variance=growth.residual_variance,
        correlation=growth.residual_correlation,
        gammas={_column(label): _GAMMAS[label][0] for label in there if _given(growth, label)[0] is not None},
        symbols=_SYMBOLS,
        times=growth.times,
    )


def _column(label: str) -> str:
    return INTERCEPT if label == LABEL else label


def _given(growth: "Growth", label: str) -> tuple[float | None, float | None]:
    """The coefficient of a column, and what the treatment adds to it."""
    own, change = (getattr(growth, factor) for factor in _GAMMAS[label])
    return own, change


def _quantities(growth: "Growth") -> Iterator[Quantity]:
    yield Quantity("time", 0, given=growth.times, column="time")
    if growth.has_time2:
        yield Quantity("time2", 0, given=tuple(time**2 for time in growth.times), column="time2")
    if growth.has_treatment:
        yield Quantity("treatment", 1, given=_allocation(growth), column="treatment")
    for label, variance in growth.variances().items():
        yield growth.random_effects.effect(_EFFECTS[label], 1, math.sqrt(variance))
    yield from growth.residual_variance.quantities()
    yield growth.residuals.effect("e", 0, math.sqrt(growth.sigma2))


def _allocation(growth: "Growth") -> tuple[float, ...]:
    """Who is treated, 0 or 1, up to where it begins anew."""
    persons = growth.n_persons
    count = round(growth.treated * persons)
    period = persons // math.gcd(persons, count)
    return tuple(float((j + 1) * count // persons - j * count // persons) for j in range(period))


def _covariances(growth: "Growth") -> Iterator[tuple[tuple[str, str], float]]:
    variances = growth.variances()
    for (later, earlier), covariance in growth.covariances().items():
        for label in (earlier, later):
            yield (_EFFECTS[label], _EFFECTS[label]), variances[label]
        yield (_EFFECTS[earlier], _EFFECTS[later]), covariance


def _adds(growth: "Growth") -> Iterator[Add]:
    """What persons add to the coefficients of the intercept, time and time2."""
    for label, effect in _EFFECTS.items():
        if (change := _given(growth, label)[1]) is not None:
            yield Add(_column(label), change, "treatment", _GAMMAS[label][1])
        if label in growth.variances():
            yield Add(_column(label), 1.0, effect)

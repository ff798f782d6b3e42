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
_TREATMENT = {INTERCEPT: "gamma01", "time": "gamma11", "time2": "gamma21"}
"""By how much the treatment changes the coefficient of a column."""

_SYMBOLS: dict[str | tuple[str, str], str] = {
    "u0": "tau2",
    "u1": "slope_variance",
    "u2": "quadratic_variance",
    ("u0", "u1"): "covariance",
    ("u0", "u2"): "intercept_quadratic_covariance",
    ("u1", "u2"): "slope_quadratic_covariance",
    "e": "sigma2",
    INTERCEPT: "gamma00",
    "time": "gamma10",
    "time2": "gamma20",
}


def model_of(growth: "Growth") -> Model:
    """Put the model together.

    Parameters
    ----------
    growth : Growth
        The condition.
    """
    fixed = growth.fixed_effects()
    return Model(
        outermost=growth.n_persons,
        sizes=(len(growth.times),),
        quantities=tuple(_quantities(growth)),
        columns=tuple(name for name in growth.columns() if name not in {"y", "person", "id"}),
        covariances=dict(_covariances(growth)),
        coefficients={INTERCEPT: growth.gamma00, **{name: fixed[name] for name in ("time", "time2") if name in fixed}},
        adds=tuple(_adds(growth)),
        variance=growth.residual_variance,
        correlation=growth.residual_correlation,
        symbols={key: symbol for key, symbol in _SYMBOLS.items() if getattr(growth, symbol) is not None},
        times=growth.times,
    )


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
        if covariance:
            for label in (earlier, later):
                yield (_EFFECTS[label], _EFFECTS[label]), variances[label]
            yield (_EFFECTS[earlier], _EFFECTS[later]), covariance


def _adds(growth: "Growth") -> Iterator[Add]:
    """What persons add to the coefficients of the intercept, time and time2."""
    for label, effect in _EFFECTS.items():
        column = INTERCEPT if label == LABEL else label
        change = getattr(growth, _TREATMENT[column])
        if change is not None:
            yield Add(column, change, "treatment", _TREATMENT[column])
        if label in growth.variances():
            yield Add(column, 1.0, effect)

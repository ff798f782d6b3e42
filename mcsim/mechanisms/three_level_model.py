"""The mixed model that the factors of `ThreeLevel` mean."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mcsim.mechanisms.composition.model import Model
from mcsim.mechanisms.composition.quantities import INTERCEPT, Add, Quantity
from mcsim.mechanisms.parts.sizes import size_quantities
from mcsim.mechanisms.parts.times import times_of

if TYPE_CHECKING:
    from mcsim.mechanisms.three_level import ThreeLevel

_SYMBOLS: dict[str | tuple[str, str], str] = {
    "v0": "tau2_school",
    "v1": "slope_variance_school",
    ("v0", "v1"): "covariance_school",
    "u0": "tau2",
    "u1": "slope_variance",
    ("u0", "u1"): "covariance",
    "e": "sigma2",
    "x": "x_sd",
    "z": "z_sd",
    "w": "w_sd",
}


def model_of(three_level: "ThreeLevel") -> Model:
    """Put the model together.

    Parameters
    ----------
    three_level : ThreeLevel
        The condition.
    """
    times = () if three_level.occasions is None else times_of(three_level.occasions)
    size = len(times) if three_level.classroom_size is None else three_level.classroom_size
    factors = {INTERCEPT: "gamma000", three_level.level_1: "gamma100", "z": "gamma010"}
    values = {column: getattr(three_level, factor) for column, factor in factors.items()}
    varying = [INTERCEPT, *([three_level.level_1] * three_level.has_slopes), *(["z"] * _has_varying_z(three_level))]
    return Model(
        outermost=three_level.n_schools,
        sizes=(size, three_level.school_size),
        quantities=tuple(_quantities(three_level, times)),
        columns=tuple(c for c in three_level.columns() if c not in {"y", *three_level.grouping_factors, "id"}),
        covariances=dict(_covariances(three_level)),
        coefficients={column: values[column] or 0.0 for column in varying},
        adds=tuple(_adds(three_level)),
        variance=three_level.residual_variance,
        correlation=three_level.residual_correlation,
        gammas={column: factors[column] for column in varying if values[column] is not None},
        symbols=_SYMBOLS,
        times=times,
    )


def _has_varying_z(three_level: "ThreeLevel") -> bool:
    """Whether schools change the coefficient of z; else it is a part of the intercept."""
    return three_level.gamma011 is not None


def _quantities(three_level: "ThreeLevel", times: tuple[float, ...]) -> Iterator[Quantity]:
    yield from size_quantities(three_level.classroom_size)
    for level, name in ((2, "w"), (1, "z"), (0, "x")):
        if name in three_level.drawn_predictors:
            distribution, sd = getattr(three_level, f"{name}_distribution"), getattr(three_level, f"{name}_sd")
            yield distribution.predictor(name, level, sd)
    if times:
        yield Quantity("time", 0, given=times, column="time")
    for level, letter, suffix in ((2, "v", "_school"), (1, "u", "")):
        distribution = getattr(three_level, f"random_effects{suffix}")
        for place, factor in enumerate(("tau2", "slope_variance")):
            variance = getattr(three_level, f"{factor}{suffix}")
            if variance is not None:
                yield distribution.effect(f"{letter}{place}", level, math.sqrt(variance))
    yield from three_level.residual_variance.quantities()
    yield three_level.residuals.effect("e", 0, math.sqrt(three_level.sigma2))


def _covariances(three_level: "ThreeLevel") -> Iterator[tuple[tuple[str, str], float]]:
    for letter, suffix in (("v", "_school"), ("u", "")):
        covariance = getattr(three_level, f"covariance{suffix}")
        if covariance is not None:
            for place, factor in enumerate(("tau2", "slope_variance")):
                yield (f"{letter}{place}", f"{letter}{place}"), getattr(three_level, f"{factor}{suffix}")
            yield (f"{letter}0", f"{letter}1"), covariance


def _adds(three_level: "ThreeLevel") -> Iterator[Add]:
    """What classrooms and schools add to the intercept, to the slope of x and to that of z."""
    x = three_level.level_1
    for to, column, factor in (
        (INTERCEPT, "z", "gamma010"),
        (INTERCEPT, "w", "gamma001"),
        (x, "z", "gamma110"),
        (x, "w", "gamma101"),
        ("z", "w", "gamma011"),
    ):
        is_own = factor == "gamma010" and _has_varying_z(three_level)
        if getattr(three_level, factor) is not None and not is_own:
            yield Add(to, getattr(three_level, factor), column, factor)
    yield Add(INTERCEPT, 1.0, "v0")
    yield Add(INTERCEPT, 1.0, "u0")
    if three_level.slope_variance_school is not None:
        yield Add(x, 1.0, "v1")
    if three_level.slope_variance is not None:
        yield Add(x, 1.0, "u1")

"""The likelihood ratio of each covariance: how much the least criterion rises where it is 0."""

import math
from typing import Any

from mcsim.kernels.certificate import settle
from mcsim.kernels.compiled import compact, compiled
from mcsim.kernels.limits import restore_optimum
from mcsim.kernels.profile import begin, element
from mcsim.kernels.workspace import (
    AIM,
    BASIS,
    COVARIANCE_ELEMENT,
    CRITERION,
    EVALUATIONS,
    FREE,
    HELD_LEFT,
    HELD_RIGHT,
    KIND,
    NUMBERS,
    REACHED,
    RISE,
    SIGMA2,
    STIFFNESS,
)

_AIMS = 100
_AT_ZERO = 1e-6  # a covariance, relative to its standard error


@compiled
def rises_without_covariance(layout: Any, work: Any, out: Any) -> None:
    """Write by how much the least criterion is higher where each covariance is 0, out (k,); NaN at variances.

    The covariance is drawn to 0 by aiming ever closer beyond it; the last step along the derivative is exact enough.
    """
    compact()
    numbers, small = work.vectors[NUMBERS], work.small
    least, sigma2 = begin(layout, work), numbers[SIGMA2]
    for t in range(layout.directions.shape[0]):
        a, b = layout.reported[t, 0], layout.reported[t, 1]
        out[t] = math.nan
        if a == b or math.isnan(least):
            continue
        work.counts[KIND] = COVARIANCE_ELEMENT
        for d in range(layout.q):
            work.vectors[HELD_LEFT, d], work.vectors[HELD_RIGHT, d] = small[BASIS, a, d], small[BASIS, b, d]
        restore_optimum(layout, work)
        error = element(layout, work, sigma2)[1]
        numbers[STIFFNESS], numbers[AIM] = 2.0 / (error * error), 0.0
        for _ in range(_AIMS):
            numbers[EVALUATIONS] = 0.0
            if not settle(layout, work):
                break
            if abs(numbers[REACHED]) <= _AT_ZERO * error:
                penalty = 0.5 * numbers[RISE] * numbers[RISE] / numbers[STIFFNESS]
                out[t] = numbers[CRITERION] - penalty - numbers[RISE] * numbers[REACHED] - least
                break
            numbers[AIM] -= 2.0 * numbers[REACHED]
    work.counts[KIND] = FREE

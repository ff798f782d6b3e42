"""The profiled criterion of a mixed model and its gradient.

Notation of Bates et al. (2015), J. Stat. Softw. 67(1), sec. 3: Sigma = sigma^2 D, D = Lambda Lambda', V = I + Z D Z'.
With nu degrees of freedom it is log |V| + nu log(2 pi sigma^2) + r^2 / sigma^2, under REML + log |R_X|^2, at the best
beta and sigma, or the best that a parameter held at a value leaves (see `held`).
"""

import math
from typing import Any

from mcsim.kernels.compiled import compact, step
from mcsim.kernels.held import add_gradient, hold
from mcsim.kernels.small_matrix import cholesky
from mcsim.kernels.structure import eliminate, set_first_derivatives
from mcsim.kernels.workspace import (
    CRITERION,
    DEGREES,
    EVALUATIONS,
    FREE,
    GRADIENT,
    KIND,
    NUMBERS,
    ROOT_X,
    SIGMA2,
    TRACES,
)


@step
def evaluate(layout: Any, work: Any, which: int) -> float:
    """The ML or REML criterion at the Lambda in a small matrix, for columns at unit root mean square.

    Infinite where [X | y]' inv(V) [X | y] is numerically singular.
    """
    compact()
    numbers, small, p = work.vectors[NUMBERS], work.small, layout.p
    numbers[EVALUATIONS] += 1.0
    log_determinant = eliminate(layout, work, which)
    if not cholesky(small, ROOT_X, p + 1, 0.0):
        numbers[CRITERION] = math.inf
        return math.inf
    if layout.reml:
        for r in range(p):
            log_determinant += 2.0 * math.log(small[ROOT_X, r, r])
    degrees = numbers[DEGREES]
    if work.counts[KIND] == FREE:
        numbers[SIGMA2] = small[ROOT_X, p, p] * small[ROOT_X, p, p] / degrees
        numbers[CRITERION] = log_determinant + degrees * (1.0 + math.log(2.0 * math.pi * numbers[SIGMA2]))
    else:
        numbers[CRITERION] = log_determinant + hold(layout, work, which)
    return float(numbers[CRITERION])


@step
def differentiate(layout: Any, work: Any) -> None:
    """Set blocks, TRACES and GRADIENT at the Lambda of the last `evaluate`, which is that in FACTOR."""
    compact()
    p, blocks, traces = layout.p, work.blocks, work.vectors[TRACES]
    set_first_derivatives(layout, work)
    for u in range(layout.directions.shape[0]):
        a, b = layout.directions[u, 0], layout.directions[u, 1]
        times = 1.0 if a == b else 2.0
        explained = blocks[u, p, p]
        if layout.reml:
            for r in range(p):
                explained += blocks[u, r, r]
        work.small[GRADIENT, a, b] = work.small[GRADIENT, b, a] = (traces[u] - explained) / times
    if work.counts[KIND] != FREE:
        add_gradient(layout, work)

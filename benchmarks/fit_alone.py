"""The fit alone: the kernel on a block of arrays beside each peer on the same data sets."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.fits import Distance, Fit, TimedFit, distance
from benchmarks.samples import Samples
from benchmarks.timing import OWN, Comparison, Contestant, compare, interleave, seconds_per_call

WORK = "the fit alone, from arrays"

_BLOCK = 500  # replications in a call of the kernel, as in a run

Fitter = Callable[[int], TimedFit]


class FitResults(NamedTuple):
    """The lines of the table, and each peer's distance from mcsim over all data sets."""

    comparisons: list[Comparison]
    distances: dict[str, Distance]


def kernel_call(samples: Samples) -> Callable[[], Any]:
    """The kernel, ready to fit every data set of `samples` by REML."""
    from mcsim.kernels.columns import ABSENT, Columns
    from mcsim.kernels.mixed_model import ModelTerms, fit_mixed_models

    one_and_x = np.array([[ABSENT], [1]])
    together = np.zeros(2, dtype=np.int64)
    terms = ModelTerms(response=0, fixed=one_and_x, random=one_and_x, blocks=together, levels=together)
    own = np.ascontiguousarray(np.stack([samples.y, samples.x], axis=1))
    starts = np.searchsorted(samples.cluster, np.arange(1, samples.cluster[-1] + 2))
    columns = Columns(own, np.empty((0, samples.cluster.size)))
    return lambda: fit_mixed_models(columns, starts, terms, True)


def kernel_fits(samples: Samples) -> list[Fit]:
    """The numbers of the kernel in the form that peers report."""
    fits = kernel_call(samples)()
    errors = np.sqrt(np.diagonal(fits.beta_cov, axis1=1, axis2=2))
    sigma: npt.NDArray[np.float64] = fits.covariance
    variances = np.stack([sigma[:, 0, 0], sigma[:, 1, 0], sigma[:, 1, 1], fits.sigma**2], axis=1)
    return [
        Fit(float(criterion), tuple(beta), tuple(error), tuple(variance))
        for criterion, beta, error, variance in zip(fits.criterion, fits.beta, errors, variances, strict=True)
    ]


def measure(samples: Samples, fitters: Mapping[str, Fitter], *, rounds: int) -> FitResults:
    """Time everyone on the same chunk of the data sets in each round."""
    chunk = len(samples.y) // rounds
    fitted: dict[str, dict[int, Fit]] = {name: {} for name in fitters}
    kernel_call(samples.part(0, 1))()  # compiles
    for fit in fitters.values():
        fit(0)  # imports

    def own(turn: int) -> dict[str, float]:
        block = samples.part(turn * chunk, chunk).repeated(_BLOCK // chunk)
        return {OWN: seconds_per_call(kernel_call(block)) / len(block.y)}

    def peer(name: str) -> Contestant:
        def contestant(turn: int) -> dict[str, float]:
            timed = {index: fitters[name](index) for index in range(turn * chunk, (turn + 1) * chunk)}
            fitted[name].update({index: one.fit for index, one in timed.items()})
            ways = next(iter(timed.values())).seconds
            return {way: float(np.mean([one.seconds[way] for one in timed.values()])) for way in ways}

        return contestant

    measured = interleave([own, *map(peer, fitters)], rounds)
    ours = kernel_fits(samples.part(0, chunk * rounds))
    distances = {name: distance(ours, [fits[i] for i in sorted(fits)]) for name, fits in fitted.items()}
    return FitResults(compare(WORK, measured), distances)

"""Small-sample inference beside R: Satterthwaite, Kenward-Roger and profile limits, fit included, on the same data."""

import time
from collections.abc import Callable, Mapping
from itertools import product
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.lme4 import Lme4
from benchmarks.samples import FORMULA, Samples
from benchmarks.timing import OWN, Comparison, Contestant, compare, interleave, seconds_per_call
from mcsim.methods import LinearMixedModel
from mcsim.model import QUANTITIES, DatasetBlock, Estimates
from mcsim.streams import Streams

_ROWS_OF_CONFINT = (2, 3, 4, 5, 0, 1)  # lme4 has the variance parameters first
_DF, _LOWER, _UPPER, _ERROR = (QUANTITIES.index(name) for name in ("df", "lower", "upper", "std_error"))


class Work(NamedTuple):
    """One kind of inference: our method, R's request, and our numbers in R's order."""

    title: str
    peer: str
    request: str
    method: LinearMixedModel
    numbers: Callable[[Estimates], npt.NDArray[np.float64]]


class InferenceResults(NamedTuple):
    """The lines of the table, and the largest difference of the numbers of each, relative to their size."""

    comparisons: list[Comparison]
    differences: dict[str, float]


WORKS: tuple[Work, ...] = (
    Work(
        "fit and Satterthwaite",
        "lmerTest `summary()`",
        "satterthwaite",
        LinearMixedModel(FORMULA, df="satterthwaite"),
        lambda found: found.values[:, :2, _DF],
    ),
    Work(
        "fit and Kenward-Roger",
        "pbkrtest by lmerTest `summary()`",
        "kenward_roger",
        LinearMixedModel(FORMULA, df="kenward_roger"),
        lambda found: found.values[:, :2, (_DF, _ERROR)].transpose(0, 2, 1).reshape(len(found), 4),
    ),
    Work(
        "fit and profile limits of every parameter",
        "lme4 `confint()`",
        "profile",
        LinearMixedModel(FORMULA, intervals="profile", scale="sd"),
        lambda found: (
            found.values[:, _ROWS_OF_CONFINT][:, :, (_LOWER, _UPPER)].transpose(0, 2, 1).reshape(len(found), 12)
        ),
    ),
)


def _analyse(method: LinearMixedModel, samples: Samples) -> Estimates:
    values = np.ascontiguousarray(np.stack([samples.y, samples.x], axis=1))
    block = DatasetBlock(("y", "x"), values, {"cluster": samples.cluster})
    return method.fit_block(block, Streams(1, "benchmark", "method", 0, len(values)))


def measure(samples: Samples, lme4: Lme4 | None, *, rounds: int) -> InferenceResults:
    """Time each kind of inference on the same data sets in turn; R's share of a round is two of them."""
    lines: list[Comparison] = []
    differences: dict[str, float] = {}
    for work in WORKS:
        _analyse(work.method, samples.part(0, 2))  # compiles
        theirs: dict[int, list[float]] = {}

        def own(turn: int, work: Work = work) -> dict[str, float]:
            block = samples.part(2 * turn, 2).repeated(50)
            return {OWN: seconds_per_call(lambda: _analyse(work.method, block)) / len(block.y)}

        def peer(turn: int, work: Work = work, theirs: dict[int, list[float]] = theirs) -> dict[str, float]:
            assert lme4 is not None
            timed = {index: lme4.infer(work.request, index) for index in (2 * turn, 2 * turn + 1)}
            theirs.update({index: numbers for index, (_, numbers) in timed.items()})
            return {work.peer: float(np.mean([seconds for seconds, _ in timed.values()]))}

        contestants: list[Contestant] = [own] if lme4 is None else [own, peer]
        measured = interleave(contestants, rounds)
        lines += compare(work.title, measured)
        if theirs:
            ours = work.numbers(_analyse(work.method, samples.part(0, 2 * rounds)))
            expected = np.array([theirs[index] for index in range(2 * rounds)])
            differences[work.peer] = float(np.max(np.abs(ours - expected) / _unit(work, expected)))
    return InferenceResults(lines, differences)


def _unit(work: Work, expected: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What differences are relative to: the numbers, or the length of an interval, one end of which may be near 0."""
    if work.request != "profile":
        return np.abs(expected)
    lower, upper = np.split(expected, 2, axis=1)
    return np.tile(upper - lower, 2)


DESIGNS: Mapping[str, tuple[int, int, int]] = MappingProxyType(
    {
        f"{clusters} clusters of 20, {p} fixed effects, {q} random effects": (clusters, p, q)
        for clusters, p, q in (*product((20,), (2, 4, 8), (1,)), *product((20,), (4,), (2, 3)), (5, 4, 2), (80, 4, 2))
    }
)


def growth() -> dict[str, dict[str, float]]:
    """Seconds a replication takes as designs grow, by design and kind of inference."""
    found: dict[str, dict[str, float]] = {}
    for title, (clusters, p, q) in DESIGNS.items():
        block, fixed = _drawn(clusters, p), " + ".join(["1", *(f"x{i}" for i in range(1, p))])
        formula = f"y ~ {fixed} + ({' + '.join(['1', *(f'x{i}' for i in range(1, q))])} | cluster)"
        streams = Streams(1, "benchmark", "method", 0, len(block))
        found[title] = {"fit": _seconds(LinearMixedModel(formula), block, streams)}
        for work in WORKS:
            options = {"df": work.method.df, "intervals": work.method.intervals, "scale": work.method.scale}
            found[title][work.request] = _seconds(LinearMixedModel(formula, **options), block, streams)
    return found


def _seconds(method: LinearMixedModel, block: DatasetBlock, streams: Streams) -> float:
    method.fit_block(block, streams)
    start = time.perf_counter()
    method.fit_block(block, streams)
    return (time.perf_counter() - start) / len(block)


def _drawn(clusters: int, p: int) -> DatasetBlock:
    """Fifty data sets in which all predictors have effects that vary."""
    rng, size = np.random.default_rng(1), 20
    cluster = np.repeat(np.arange(clusters), size)
    x = rng.standard_normal((50, p - 1, clusters * size))
    effects = 0.7 * rng.standard_normal((50, p, clusters))[:, :, cluster]
    y = effects[:, 0] + np.sum(effects[:, 1:] * x, axis=1) + rng.standard_normal((50, clusters * size))
    names = ("y", *(f"x{i}" for i in range(1, p)))
    return DatasetBlock(names, np.concatenate([y[:, None], x], axis=1), {"cluster": cluster})

"""A method whose estimates are taken for those of other estimands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mcsim.model import Dataset, Estimates, Mechanism, Method
from mcsim.parameters import Check, kind, nearest, parameter


def _names() -> Check:
    def canonical(value: Any) -> tuple[tuple[str, str], ...]:
        pairs = tuple(value.items()) if isinstance(value, Mapping) else value
        if not isinstance(pairs, tuple) or not pairs:
            raise ValueError
        for pair in pairs:
            if not (
                isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(name, str) and name for name in pair)
            ):
                raise ValueError
        if any(len({pair[end] for pair in pairs}) < len(pairs) for end in (0, 1)):
            raise ValueError
        return tuple(sorted(pairs))

    return Check("a dict of estimands, such as {'x': 'x_within'}, each name once", canonical)


@dataclass(frozen=True, kw_only=True)
class ReportedAs(Method):
    """Another method, some of whose estimates are held against the truths of other estimands.

    What a method calls ``x`` may be an estimate of the effect within clusters (`FixedEffects`, or ``y ~ x + x_mean``);
    with informative cluster sizes an intercept may be meant as that of the average row, not of the average cluster::

        ReportedAs(FixedEffects(), {"x": "x_within"})
        ReportedAs(OrdinaryLeastSquares(), {"(Intercept)": "(Intercept)_unit"})

    Parameters
    ----------
    method : Method
        Whose estimates they are.
    names : dict of str to str
        The estimands as the method names them, and as they are reported.
    """

    method: Method = parameter("the method whose estimates they are", kind(Method, "a method"), positional=True)
    names: tuple[tuple[str, str], ...] = parameter(
        "estimands as the method names them, and as they are reported", _names(), positional=True
    )

    def __str__(self) -> str:
        return f"ReportedAs({self.method}, {dict(self.names)})"

    @property
    def level(self) -> float:
        """The confidence level of its intervals."""
        return float(getattr(self.method, "level", 0.95))

    @property
    def formula(self) -> str | None:
        """The formula that it fits, as the method has it."""
        formula: str | None = getattr(self.method, "formula", None)
        return formula

    def estimands(self, condition: Mechanism) -> tuple[str, ...]:
        """Those of the method, renamed."""
        return self._renamed(self.method.estimands(condition))

    def misfits(self, condition: Mechanism) -> list[str]:
        """Those of the method; and names that it does not report, or reports already."""
        found: list[str] = self.method.misfits(condition) if hasattr(self.method, "misfits") else []
        if found:
            return list(found)
        reported, renamed = self.method.estimands(condition), self.estimands(condition)
        there = ", ".join(reported)
        lacking = [
            f"it reports no estimand {old!r}; it reports {there}" for old, _ in self.names if old not in reported
        ]
        truths = list(condition.truth())
        unknown = [
            f"there is no truth of the estimand {new!r} under this condition{nearest(new, truths)}"
            for _, new in self.names
            if new not in truths
        ]
        twice = dict.fromkeys(name for name in renamed if renamed.count(name) > 1)
        return [*lacking, *unknown, *(f"it would report the estimand {name!r} twice" for name in twice)]

    def fit(self, dataset: Dataset, rng: np.random.Generator) -> Estimates:
        """Analyse one data set."""
        return self._reported(self.method.fit(dataset, rng))

    @property
    def fit_block(self) -> Callable[..., Estimates]:
        """The method's block form, if it has one."""
        fit_block = self.method.fit_block  # type: ignore[attr-defined]
        return lambda block, streams: self._reported(fit_block(block, streams))

    def _reported(self, estimates: Estimates) -> Estimates:
        return replace(estimates, estimands=self._renamed(estimates.estimands))

    def _renamed(self, estimands: tuple[str, ...]) -> tuple[str, ...]:
        names = dict(self.names)
        return tuple(names.get(name, name) for name in estimands)

"""Which factor matters: how factors and their two-factor interactions share the variation of a measure over conditions.

Every factor, and every pair of factors, is a term: the conditions that agree in it have a mean in common. What a term
explains is what the fit gains when it joins all terms that do not contain it (type II; term A contains term B if the
conditions that agree in A agree in B): the sum of squares for means, for proportions the deviance of a logistic
regression, with the replications as the binomial counts.

Part of that is Monte Carlo error, and its expectation is known. The sum of squares of a term with the projection P is
too large by sum_i P_ii mcse_i^2 (df x mean mcse^2 in a balanced grid), a deviance by about df. The share of a term is
what is left, floored at 0, divided by the whole variation; the share of noise is the same expectation for all
conditions. In a balanced grid shares and noise add up to about 1 (a bit more where they are floored); else what terms
explain jointly belongs to none of them.

Where some conditions lack some factors, which ones are present is a term too, and a factor that follows from it has no
term of its own. Factors that never vary without each other are one term. A term without a degree of freedom of its own
cannot be told from others.
"""

import itertools
import math
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from mcsim.model import Floats
from mcsim.report.charts.levels import pattern_of
from mcsim.report.deviance import deviance

Pattern = tuple[int, ...]
"""Which conditions agree: a number for each, equal where they do."""

TIMES = " × "
PRESENT = "factors present"
HIGHER = "interactions of more factors"

_NOTHING = 1e-9  # a singular value, beside those of columns of zeros and ones


class Term(NamedTuple):
    """A factor or an interaction.

    Attributes
    ----------
    name : str
        Factors that vary together are joined by commas.
    before : array (conditions, k)
        An orthonormal basis of the terms that do not contain it.
    own : array (conditions, df)
        One of what it adds to them.
    """

    name: str
    before: Floats
    own: Floats


class Design(NamedTuple):
    """The terms of a set of conditions.

    Attributes
    ----------
    terms : tuple of Term
        Factors in their order, then interactions.
    all : array (conditions, k)
        An orthonormal basis of all terms.
    left_out : tuple of str
        Those that cannot be told from others.
    present : tuple of str
        The factors that some conditions lack, and those that follow from which ones are present.
    """

    terms: tuple[Term, ...]
    all: Floats
    left_out: tuple[str, ...]
    present: tuple[str, ...]


class Part(NamedTuple):
    """What a term explains.

    Attributes
    ----------
    name : str
        Of the term.
    df : int
        Its degrees of freedom.
    size : float
        Its sum of squares, or its deviance.
    expected : float
        The part of that which Monte Carlo error alone would be expected to make.
    share : float
        The rest, as a share of the whole; at least 0.
    partial : float
        Its size beside itself and what no term explains: partial eta squared, with all noise; NaN where terms explain
        everything.
    """

    name: str
    df: int
    size: float
    expected: float
    share: float
    partial: float


class Split(NamedTuple):
    """How variation is shared.

    Attributes
    ----------
    parts : tuple of Part
        In the order of the terms.
    higher : Part
        What no term explains: interactions of three factors and more.
    joint : float
        The share that terms explain jointly, so that it belongs to none; 0 in a balanced grid, negative where terms
        explain more together than each alone.
    noise : float
        The share that Monte Carlo error is expected to make; at most 1.
    total : float
        The sum of squares about the mean, or the deviance from one common proportion.
    """

    parts: tuple[Part, ...]
    higher: Part
    joint: float
    noise: float
    total: float


def design_of(factors: Mapping[str, Sequence[Hashable]]) -> Design:
    """The terms of some conditions.

    Parameters
    ----------
    factors : mapping of str to sequence
        The level of every condition, by factor; None where a condition lacks it. One of them varies.
    """
    named, present = _mains(factors)
    mains = {pattern: ", ".join(names) for pattern, names in named.items()}
    patterns = dict(mains)
    for first, second in itertools.combinations(mains, 2):
        if PRESENT in named[first] + named[second] and present.keys() & {*named[first], *named[second]}:
            continue  # a level says that the factor is present
        both = pattern_of(list(zip(first, second, strict=True)))
        patterns.setdefault(both, mains[first] + TIMES + mains[second])
    terms = [_term(name, pattern, patterns) for pattern, name in patterns.items()]
    return Design(
        terms=tuple(term for term in terms if term.own.shape[1]),
        all=_basis([_indicators(pattern) for pattern in patterns], len(next(iter(patterns)))),
        left_out=tuple(term.name for term in terms if not term.own.shape[1]),
        present=tuple(present),
    )


def _mains(factors: Mapping[str, Sequence[Hashable]]) -> tuple[dict[Pattern, list[str]], dict[str, None]]:
    """The factors of each pattern; and those that some conditions lack, or that follow from which ones are present."""
    varying = {name: pattern for name, levels in factors.items() if any(pattern := pattern_of(levels))}
    lacking = [name for name in varying if None in factors[name]]
    there = pattern_of(list(zip(*([level is None for level in factors[name]] for name in lacking), strict=True)))
    following = [name for name, pattern in varying.items() if lacking and _follows(pattern, there)]
    mains: dict[Pattern, list[str]] = {}
    for name, pattern in varying.items():
        if name in lacking:
            mains.setdefault(there, [PRESENT])
        if name not in following:
            mains.setdefault(pattern, []).append(name)
    return mains, dict.fromkeys([*lacking, *following])


def _follows(pattern: Pattern, given: Pattern) -> bool:
    """Whether conditions that agree in what is given agree in a pattern."""
    return len(set(zip(given, pattern, strict=True))) == len(set(given))


def _term(name: str, pattern: Pattern, patterns: Mapping[Pattern, str]) -> Term:
    others = [other for other in patterns if not _follows(pattern, other)]
    before = _basis([_indicators(other) for other in others], len(pattern))
    own = _indicators(pattern)
    return Term(name, before, _orthonormal(own - before @ (before.T @ own)))


def _indicators(pattern: Pattern) -> Floats:
    return np.eye(max(pattern) + 1)[list(pattern)]


def _basis(blocks: Sequence[Floats], n: int) -> Floats:
    """An orthonormal basis of a constant and some columns."""
    return _orthonormal(np.hstack([np.ones((n, 1)), *blocks]))


def _orthonormal(columns: Floats) -> Floats:
    left, singular, _ = np.linalg.svd(columns, full_matrices=False)
    basis: Floats = left[:, singular > _NOTHING]
    return basis


def split_means(design: Design, values: Floats, mcse: Floats) -> Split:
    """Share the sum of squares of some figures.

    Parameters
    ----------
    design : Design
        Of their conditions.
    values, mcse : array (conditions,)
        The figures, and their Monte Carlo standard errors.
    """
    noise = mcse**2
    parts = [
        (term, float(((term.own.T @ values) ** 2).sum()), float((term.own**2).sum(1) @ noise)) for term in design.terms
    ]
    fitted = (design.all**2).sum(1)
    left = float(((values - design.all @ (design.all.T @ values)) ** 2).sum())
    whole = Whole(
        total=float(((values - values.mean()) ** 2).sum()),
        noise=float(noise.sum() * (1 - 1 / len(values))),
        left=left,
        left_noise=float((1 - fitted) @ noise),
        left_df=len(values) - design.all.shape[1],
    )
    return _split(parts, whole)


def split_proportions(design: Design, shares: Floats, n: Floats) -> Split:
    """Share the deviance of some proportions.

    Parameters
    ----------
    design : Design
        Of their conditions.
    shares, n : array (conditions,)
        The proportions, and the number of replications behind each.
    """
    total = deviance(np.full((len(n), 1), len(n) ** -0.5), shares, n)
    left = deviance(design.all, shares, n)
    parts = []
    for term in design.terms:
        before = deviance(term.before, shares, n)
        size = before - deviance(np.hstack([term.before, term.own]), shares, n)
        parts.append((term, max(size, 0.0), float(term.own.shape[1])))
    df = len(n) - design.all.shape[1]
    return _split(parts, Whole(total=total, noise=len(n) - 1, left=left, left_noise=df, left_df=df))


class Whole(NamedTuple):
    """The variation of all conditions and of what no term explains, and what noise is expected to make of each."""

    total: float
    noise: float
    left: float
    left_noise: float
    left_df: int


def _split(parts: Sequence[tuple[Term, float, float]], whole: Whole) -> Split:
    def part(name: str, df: int, size: float, expected: float) -> Part:
        share = max(size - expected, 0.0) / whole.total if whole.total > 0 else 0.0
        told = whole.left_df and name != HIGHER and size + whole.left > 0
        partial = size / (size + whole.left) if told else math.nan
        return Part(name, df, size, expected, share, partial)

    return Split(
        parts=tuple(part(term.name, term.own.shape[1], size, expected) for term, size, expected in parts),
        higher=part(HIGHER, whole.left_df, whole.left, whole.left_noise),
        joint=1 - (sum(size for _, size, _ in parts) + whole.left) / whole.total if whole.total > 0 else 0.0,
        noise=min(whole.noise / whole.total, 1.0) if whole.total > 0 else 1.0,
        total=whole.total,
    )

"""Columns that a formula may name though the data do not have them, because they are made from one that is there.

``x_within`` is x minus the mean of its cluster, ``x_between`` that mean, ``x_mean`` the same numbers under another
name, and ``x_centred`` x minus the mean of all rows. The coefficient of x_between beside x_within is the effect
between clusters; that of x_mean beside x is the contextual effect, by which the effects between and within clusters
differ: two estimands, so two names (Enders & Tofighi 2007, Psychological Methods 12, 121-138).
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import NamedTuple

from mcsim.parameters import nearest
from mcsim.terms import Formula, RandomTerm

WITHIN, BETWEEN, MEAN, CENTRED = KINDS = ("within", "between", "mean", "centred")


class Centred(NamedTuple):
    """A column made from another."""

    name: str
    """As the formula has it."""
    column: str
    """What it is made from."""
    kind: str
    """One of `KINDS`."""
    group: str
    """The grouping factor whose clusters have the means; empty for the innermost one, and where no cluster counts."""

    @property
    def of_clusters(self) -> bool:
        """Whether clusters have a say in it."""
        return self.kind != CENTRED

    @property
    def constant(self) -> bool:
        """Whether it is constant within clusters."""
        return self.kind in {BETWEEN, MEAN}


def centred_columns(formula: Formula, given: Collection[str]) -> tuple[Centred, ...]:
    """The columns of a formula that are made from columns that are there.

    Parameters
    ----------
    formula : Formula
        Its grouping factors are those that a name may end in: ``x_between_school``.
    given : collection of str
        The columns that are there. One that bears the name of another to be made is taken as it is, and labels of
        clusters have no mean.
    """
    found = (_made(name, formula, given) for name in formula.columns if name not in given)
    return tuple(made for made in found if made)


def with_clusters(formula: Formula, cluster: str) -> Formula:
    """The formula with the column of a method's clusters as grouping factor, if it has no random effects."""
    return formula if formula.random else replace(formula, random=(RandomTerm((), cluster),))


def label_columns(formula: Formula, given: Collection[str]) -> tuple[str, ...]:
    """The columns that say whose means are needed: those of the grouping factors, or none if no means of clusters are.

    Parameters
    ----------
    formula : Formula
        The model, `with_clusters`.
    given : collection of str
        The columns that are there.
    """
    needed = any(made.of_clusters for made in centred_columns(formula, given))
    return formula.grouping_columns if needed else ()


def constant_terms(formula: Formula, given: Collection[str], of_clusters: Iterable[str]) -> list[str]:
    """The labels of the fixed effects that are constant within clusters, the intercept's among them.

    Parameters
    ----------
    formula : Formula
        The model.
    given : collection of str
        The columns that are there.
    of_clusters : iterable of str
        Those of them that are constant within clusters.
    """
    constant = {*of_clusters, *(made.name for made in centred_columns(formula, given) if made.constant)}
    return [term.label for term in formula.fixed if set(term.names) <= constant]


def absence(name: str, formula: Formula, given: Collection[str]) -> tuple[str, str]:
    """What to say of a column that is neither there nor made: from what it would be, and which is meant perhaps.

    Parameters
    ----------
    name : str
        As the formula has it.
    formula : Formula
        The model.
    given : collection of str
        The columns that are there.
    """
    if name not in formula.columns:
        return "", nearest(name, given)
    if not (sources := [made.column for made in _readings(name, formula)]):
        columns = [column for column in given if column not in formula.grouping_columns]
        return "", nearest(name, [*given, *(f"{column}_{kind}" for column in columns for kind in KINDS)])
    source = next((column for column in sources if column in given), sources[0])
    if source in given:
        return f", which is made from the grouping factor {source}", ""
    return f", which is made from {source}", nearest(source, given)


def _made(name: str, formula: Formula, given: Collection[str]) -> Centred | None:
    possible = set(given) - set(formula.grouping_columns)
    return next((made for made in _readings(name, formula) if made.column in possible), None)


def _readings(name: str, formula: Formula) -> list[Centred]:
    """What a name may stand for: a column and a kind, and perhaps a grouping factor."""
    ends = [(f"_{kind}", kind, "") for kind in KINDS]
    ends += [(f"_{kind}_{word}", kind, group) for kind in KINDS[:3] for word, group in _words(formula).items()]
    return [
        Centred(name, name.removesuffix(end), kind, group)
        for end, kind, group in ends
        if name.endswith(end) and name != end
    ]


def _words(formula: Formula) -> dict[str, str]:
    """The grouping factors by the word that a name may end in: that of ``classroom:school`` is classroom."""
    groups = formula.groups
    parts = {group: group.partition(":") for group in groups}
    return {inner: group for group, (inner, _, outer) in parts.items() if not outer or outer in groups}

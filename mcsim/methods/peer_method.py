"""What methods that hand each data set to another package have in common."""

import io
import warnings
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from mcsim.formula import Formula, parse_formula, random_estimands, residual_estimand
from mcsim.isolation import one_line
from mcsim.methods.centred_columns import with_centred
from mcsim.methods.design import Design, fault_of, read_design
from mcsim.model import Dataset, Estimates, Floats, Mechanism, Method, Status
from mcsim.packages import absent, require
from mcsim.parameters import absent_or, number, parameter, text


class Outcome(NamedTuple):
    """What a package says of one data set."""

    values: Floats | None
    """(k, 6) the `QUANTITIES` of the estimands; None if there is none."""
    status: Status
    note: str = ""

    @classmethod
    def failed(cls, note: str) -> "Outcome":
        """No estimates, and why."""
        return cls(None, Status.FAILED, note)


@dataclass(frozen=True, kw_only=True)
class PeerMethod(Method):
    """A method over a package that is imported only when a fit runs.

    The package sees the complete rows as matrices. Data that no package could use are a failed fit before it is
    called; its warnings and the errors that data can cause become notes and statuses, and nothing reaches the screen.
    """

    package: ClassVar[str]
    """The package it calls."""

    formula: str | None = parameter(
        "the model in lme4's notation; None: the one that generated the data", absent_or(text()), None, positional=True
    )
    level: float = parameter("confidence level of the intervals", number(above=0, below=1), 0.95)

    @abstractmethod
    def parsed(self, generating: str) -> Formula:
        """The model it fits to data that came from the formula `generating`."""

    def written(self, generating: str) -> Formula:
        """The formula as it was given, or that of the data."""
        return parse_formula(generating if self.formula is None else self.formula)

    @abstractmethod
    def unfit(self, condition: Mechanism) -> list[str]:
        """Why it cannot analyse a condition, its package being there; one line each."""

    @abstractmethod
    def analyse(self, design: Design) -> Outcome:
        """Have the package fit the model."""

    def labels(self, formula: Formula) -> tuple[str, ...]:
        """The estimands of a model; the fixed effects unless a method says otherwise."""
        return tuple(term.label for term in formula.fixed)

    def fault(self, design: Design) -> str:
        """Why the data cannot be used by any package; empty if they can."""
        return fault_of(design)

    def estimands(self, condition: Mechanism) -> tuple[str, ...]:
        """What is reported, as `LinearMixedModel` names and orders it.

        Raises
        ------
        FormulaError
            If the formula is outside the grammar or is not one for this method.
        """
        return self.labels(self.parsed(condition.formula()))

    def misfits(self, condition: Mechanism) -> list[str]:
        """Why a condition cannot be analysed: the package is not installed, or the model does not fit; one line each.

        Raises
        ------
        FormulaError
            If the formula is outside the grammar.
        """
        missing = absent(self.package)
        return [missing] if missing else self.unfit(condition)

    def fit(self, dataset: Dataset, rng: np.random.Generator) -> Estimates:
        """Analyse one data set.

        Parameters
        ----------
        dataset : Dataset
            Numeric columns (n,); a grouping factor may hold anything.
        rng : numpy.random.Generator
            Not drawn from.

        Raises
        ------
        DataError
            If a column is missing or is not numeric.
        FormulaError
            If the formula is outside the grammar, or is not one for this method.
        PackageError
            If the package is not installed.
        """
        del rng
        require(self.package)
        formula = self.parsed(dataset.formula)
        design = read_design(with_centred(dataset, self.written(dataset.formula)), formula)
        fault = self.fault(design)
        outcome = Outcome.failed(fault) if fault else self._attempt(design)
        said = "; ".join(filter(None, [outcome.note, design.left_out]))
        labels = self.labels(formula)
        if outcome.values is None:
            return Estimates.failed(labels, said)
        notes = {(0, k): said for k in range(len(labels))} if said else {}
        return Estimates(labels, outcome.values[None], np.full((1, len(labels)), outcome.status, dtype=np.int8), notes)

    def _attempt(self, design: Design) -> Outcome:
        """The outcome, with the warnings that came on the way in its note."""
        with _quiet() as warned:
            try:
                outcome = self.analyse(design)
            except (ValueError, ArithmeticError) as error:  # LinAlgError is a ValueError
                outcome = Outcome.failed(one_line(error))
        said = dict.fromkeys([outcome.note, *(str(warning.message).splitlines()[0] for warning in warned)])
        return outcome._replace(note="; ".join(filter(None, said)))


def mixed_labels(formula: Formula, *, residual: bool = True) -> tuple[str, ...]:
    """The fixed effects, the (co)variances of every term of random effects, and the residual variance if there is one.

    Parameters
    ----------
    formula : Formula
        The model.
    residual : bool, optional
        Whether it has a residual variance.
    """
    fixed = (term.label for term in formula.fixed)
    return (*fixed, *random_estimands(formula.random), *([residual_estimand()] if residual else []))


def variances_of(covariances: Sequence[Floats], design: Design) -> Floats:
    """The (co)variances of every term in the order of `mixed_labels`, (k,).

    Parameters
    ----------
    covariances : sequence of array (q, q)
        One a term of random effects.
    design : Design
        The model's matrices.
    """
    found = [np.empty(0)]
    for covariance, groups in zip(covariances, design.random, strict=True):
        q = len(covariance)
        columns, rows = np.triu_indices(q) if groups.correlated else (np.arange(q), np.arange(q))
        found.append(np.asarray(covariance)[rows, columns])
    return np.concatenate(found)


@contextmanager
def _quiet() -> Iterator[list[warnings.WarningMessage]]:
    """Warnings are gathered, whatever the filters say, and nothing is printed."""
    with (
        warnings.catch_warnings(record=True) as warned,
        np.errstate(all="ignore"),
        redirect_stdout(io.StringIO()),
    ):
        warnings.simplefilter("always")
        yield warned

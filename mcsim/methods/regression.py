"""What regressions on the fixed effects of a formula have in common: their options and what they report."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from mcsim.centring import constant_terms, label_columns, with_clusters
from mcsim.formula import Formula, RandomTerm, Term, parse_formula
from mcsim.kernels.variants import COVARIANCES, DEGREES
from mcsim.methods.block_columns import cluster_rows, column_faults, numeric_columns
from mcsim.methods.block_method import BlockMethod, Draws, Notes, joined, notes_of
from mcsim.methods.centred_columns import with_centred_columns
from mcsim.model import QUANTITIES, DatasetBlock, Estimates, Floats, Mechanism, Status
from mcsim.parameters import absent_or, nearest, number, parameter, text, word

if TYPE_CHECKING:
    from mcsim.kernels.least_squares import LeastSquaresFits


@dataclass(frozen=True, kw_only=True)
class Regression(BlockMethod):
    """Least squares on the fixed effects of a formula; a subclass says what becomes of the clusters' intercepts."""

    within: ClassVar[bool] = False
    """Whether every cluster has an intercept of its own."""

    formula: str | None = parameter(
        "the model in lme4's notation, random effects ignored; None: the one that generated the data",
        absent_or(text()),
        None,
        positional=True,
    )
    covariance: str = parameter("covariance matrix: classical or cluster-robust", word(*COVARIANCES), "classical")
    df: str = parameter("degrees of freedom of the t distribution", word(*DEGREES), "residual")
    cluster: str = parameter("the column that says which cluster a row is in", text(), "cluster")
    level: float = parameter("confidence level of the intervals", number(above=0, below=1), 0.95)

    def faults(self) -> list[str]:
        """What is wrong with the options taken together: Bell-McCaffrey degrees of freedom are those of CR2."""
        if self.df != "bell_mccaffrey" or self.covariance == "CR2":
            return []
        given = f"df: given 'bell_mccaffrey' with covariance {self.covariance!r}"
        return [f"{given}; allowed: 'residual', 'clusters', or give covariance='CR2' too"]

    def estimands(self, condition: Mechanism) -> tuple[str, ...]:
        """The fixed effects, as lme4 names them.

        Raises
        ------
        FormulaError
            If the formula is outside the grammar.
        """
        return _labels(self._parsed(condition.formula()))

    def misfits(self, condition: Mechanism) -> list[str]:
        """Why the regression cannot be fitted under a condition, one line each.

        Columns that it lacks, the clusters' among them if they are needed; clusters that are a column of values; too
        few clusters, where the condition says how many it has as `n_clusters`.

        Raises
        ------
        FormulaError
            If the formula is outside the grammar.
        """
        written, given = self._written(condition.formula()), condition.columns()
        labels = label_columns(written, given)
        others = [name for name in labels if name != self.cluster]
        missing = column_faults(written, condition, names=written.fixed_part.columns, labels=others)
        if not self._clustered and self.cluster not in labels:
            return missing
        if self.cluster not in given:
            groups = "".join(f"; write cluster={name!r}" for name in getattr(condition, "grouping_factors", ())[:1])
            there = f"there are {', '.join(given)}{nearest(self.cluster, given) or groups}"
            return [*missing, f"the clusters are the column {self.cluster}; {there}"]
        known = getattr(condition, "grouping_factors", (self.cluster,))
        if self.cluster not in known:
            factors = ", ".join(known)
            missing.append(f"the clusters are {self.cluster}, a column of values; grouping factors: {factors}")
        return [*missing, *self._too_few(written, condition)]

    def _too_few(self, formula: Formula, condition: Mechanism) -> list[str]:
        """What is wrong with the number of clusters, if the condition states it."""
        clusters = getattr(condition, "n_clusters", None)
        if not isinstance(clusters, int) or not self._clustered:
            return []
        constant = constant_terms(formula, condition.columns(), getattr(condition, "cluster_columns", ()))
        robust = self.covariance != "classical" and not self.within
        if robust and 2 <= clusters <= len(constant):
            effects, least = ", ".join(constant), f"{self.covariance} needs more than {len(constant)} clusters"
            return [f"{formula.text!r} has fixed effects of clusters ({effects}): {least}; given {clusters}"]
        return [] if clusters >= 2 else [f"{type(self).__name__} needs at least 2 clusters; given {clusters}"]

    @property
    def _clustered(self) -> bool:
        return self.within or self.covariance != "classical" or self.df != "residual"

    def _parsed(self, generating: str) -> Formula:
        return self._written(generating).fixed_part

    def _written(self, generating: str) -> Formula:
        """The formula with its random effects: they say whose means its columns are made from."""
        return with_clusters(parse_formula(generating if self.formula is None else self.formula), self.cluster)

    def analyse(self, block: DatasetBlock, draws: Draws) -> Estimates:
        """Analyse every replication of a block; see `fit_block`."""
        written = self._written(block.formula)
        formula = written.fixed_part
        estimands = _labels(formula)
        with_columns = with_centred_columns(block, written)
        fits = None if with_columns is None else self._fits(with_columns, formula)
        if fits is None:
            return joined([self.fit(block.dataset(rep), draws(rep)) for rep in range(len(block))], estimands)
        notes = notes_of(fits.reason, fits.n_obs, (block.row_counts, len(estimands)))
        status = _status(fits)
        return Estimates(estimands, _values(fits, status, self.level), status, _with_asides(fits, status, notes))

    def _fits(self, block: DatasetBlock, formula: Formula) -> "LeastSquaresFits | None":
        """The fits, or None where each data set has to be sorted by its clusters by itself."""
        from mcsim.kernels.columns import term_places
        from mcsim.kernels.least_squares import ClusterDesign, fit_least_squares

        clusters = None
        if self._clustered:
            data = cluster_rows(block, replace(formula, random=(RandomTerm((Term(),), self.cluster),)))
            if data is None:
                return None
            columns, places = data.columns, data.places
            codes = COVARIANCES.index(self.covariance), DEGREES.index(self.df)
            clusters = ClusterDesign(data.starts, self.within, *codes)
        else:
            columns, places = numeric_columns(block, formula)
        fixed = term_places([term.names for term in formula.fixed], places)
        return fit_least_squares(columns, places[formula.response], fixed, clusters=clusters, rows=block.rows)


def _labels(formula: Formula) -> tuple[str, ...]:
    return tuple(term.label for term in formula.fixed)


def _status(fits: "LeastSquaresFits") -> npt.NDArray[np.int8]:
    """(R, p) A replication that failed failed for every coefficient but those that there are none of."""
    from mcsim.kernels.reasons import ABSORBED, CONSTANT_WITHIN, NO_ROBUST_VARIANCE

    failed = (fits.reason != 0)[:, None] | (fits.asides == NO_ROBUST_VARIANCE)
    skipped = (fits.asides == ABSORBED) | (fits.asides == CONSTANT_WITHIN)
    status = np.where(skipped, Status.SKIPPED, np.where(failed, Status.FAILED, Status.OK))
    return status.astype(np.int8)


def _with_asides(fits: "LeastSquaresFits", status: npt.NDArray[np.int8], notes: Notes) -> Notes:
    """The notes, with what is to be said of single coefficients first; of a skipped one nothing else is."""
    from mcsim.kernels.reasons import REASONS

    found = dict(notes)
    for rep, k in np.argwhere(fits.asides != 0).tolist():
        of_all = "" if status[rep, k] == Status.SKIPPED else notes.get((rep, k), "")
        found[rep, k] = "; ".join(filter(None, [REASONS[fits.asides[rep, k]], of_all]))
    return found


def _values(fits: "LeastSquaresFits", status: npt.NDArray[np.int8], level: float) -> Floats:
    """The quantities of every coefficient, (R, p, 6)."""
    from scipy.special import stdtr, stdtrit

    values = np.full((*fits.beta.shape, len(QUANTITIES)), np.nan)
    if not fits.beta.shape[0]:
        return values
    std_error = np.sqrt(np.diagonal(fits.beta_cov, axis1=1, axis2=2))
    known, place = np.unique(fits.df, return_inverse=True)
    half_width = stdtrit(known, (1 + level) / 2)[place].reshape(std_error.shape) * std_error
    # A perfect fit has a standard error of 0: its p-value is 0, and that of a coefficient of 0 is undefined.
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = 2 * stdtr(fits.df, -np.abs(fits.beta / std_error))
    quantities = (fits.beta, std_error, fits.df, fits.beta - half_width, fits.beta + half_width, p_value)
    for q, quantity in enumerate(quantities):
        values[:, :, q] = np.where(status == Status.OK, quantity, np.nan)
    return values

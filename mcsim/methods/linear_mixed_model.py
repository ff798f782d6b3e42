"""The linear mixed model, fitted by REML or maximum likelihood, and what is inferred from it."""

from dataclasses import dataclass

import numpy as np

from mcsim.centring import constant_terms
from mcsim.errors import FormulaError
from mcsim.formula import Formula, parse_formula, random_estimands, require_mixed, residual_estimand
from mcsim.methods.block_columns import cluster_rows, column_faults
from mcsim.methods.block_method import BlockMethod, Draws, joined, notes_of
from mcsim.methods.centred_columns import with_centred_columns
from mcsim.methods.mixed_model import model_of
from mcsim.model import DatasetBlock, Estimates, Mechanism
from mcsim.parameters import absent_or, flag, number, parameter, text, whole, word
from mcsim.terms import Scale

DF = ("normal", "residual", "between_within", "satterthwaite", "kenward_roger")
INTERVALS = ("wald", "profile", "profile_reml", "bootstrap")


@dataclass(frozen=True, kw_only=True)
class LinearMixedModel(BlockMethod):
    """Fixed effects, and random effects of one grouping factor or of nested ones, as lme4 fits them.

    Reports the fixed effects, the variances and covariances of the random effects, and the residual variance. Standard
    errors of (co)variances come from the expected information (of the restricted likelihood, or under ML of the
    likelihood); their Wald intervals use the normal quantile and are not cut off at 0. Rows with a missing value are
    left out and counted in the note. A model that the data cannot tell anything about (linearly dependent predictors,
    too few clusters or rows, no residual variation) is a failed fit.

    Parameters
    ----------
    formula : str, optional
        The model; without one, the model that generated the data. Random effects may be correlated
        ``(1 + x | g)`` or not ``(1 + x || g)``, and grouping factors nested: ``(1 | school/classroom)``, or
        ``(1 | school) + (1 | classroom)`` where labels of classrooms do not recur. It may name ``x_within``,
        ``x_between``, ``x_mean`` and ``x_centred``, made from a column x (`mcsim.centring`).
    reml : bool, optional
        Restricted maximum likelihood, or maximum likelihood.
    df : str, optional
        Degrees of freedom of fixed effects, for t intervals and tests. ``normal``: none, the normal quantile.
        ``residual``: n - p. ``between_within``: by the level that an effect varies on, m_i - m_(i-1) - p_i as nlme has
        it (Pinheiro & Bates 2000, sec. 2.4.2), which gives the intercept those within clusters, where other programs
        give it those between; see `mcsim.methods.degrees_of_freedom`. ``satterthwaite``: Giesbrecht & Burns (1985),
        Fai & Cornelius (1996), from the observed information as lmerTest. ``kenward_roger``: Kenward & Roger (1997),
        with their covariance matrix of the fixed effects, from the expected information as pbkrtest; by REML only.
    intervals : str, optional
        ``wald``: estimate and standard error. ``profile``: profile likelihood of every parameter, from the ML deviance
        whatever `reml` says, as lme4's confint. ``profile_reml``: the same, but of the variance parameters from the
        REML criterion. ``bootstrap``: percentiles of `n_boot` fits to data drawn from the fitted model. A limit at
        the boundary (a standard deviation of 0, a correlation of 1), or one that was not found, is said in the note.
    tests : str, optional
        ``wald``; or ``likelihood_ratio``: of fixed effects by ML, and of the (co)variances by the criterion of the fit
        with the mixture of chi-squares at the boundary (Self & Liang 1987; Stram & Lee 1994), which is conservative in
        small samples. The intercept under a random slope of x is tested against ``(0 + x | g)``, which depends on
        where x is 0; see `mcsim.methods.likelihood_ratio`.
    scale : str, optional
        ``variance``; or ``sd`` for standard deviations, correlations and sigma.
    level : float, optional
        The confidence level of the intervals.
    n_boot : int, optional
        The number of bootstrap fits.
    """

    formula: str | None = parameter(
        "the model in lme4's notation; None: the one that generated the data", absent_or(text()), None, positional=True
    )
    reml: bool = parameter("restricted maximum likelihood (True) or maximum likelihood (False)", flag(), True)
    df: str = parameter("degrees of freedom of fixed effects", word(*DF), "normal")
    intervals: str = parameter("kind of the intervals", word(*INTERVALS), "wald")
    tests: str = parameter("kind of the tests", word("wald", "likelihood_ratio"), "wald")
    scale: Scale = parameter("variances, or standard deviations and correlations", word("variance", "sd"), "variance")
    level: float = parameter("confidence level of the intervals", number(above=0, below=1), 0.95)
    n_boot: int = parameter("number of bootstrap fits", whole(least=2), 1000)

    def faults(self) -> list[str]:
        """Kenward-Roger needs REML."""
        if self.df == "kenward_roger" and not self.reml:
            return ["df: given 'kenward_roger' with reml=False; allowed: reml=True, or df='satterthwaite'"]
        return []

    def estimands(self, condition: Mechanism) -> tuple[str, ...]:
        """The fixed effects, the (co)variances of the random effects in lme4's order, and the residual variance.

        Raises
        ------
        FormulaError
            If the formula is outside the grammar or has no random effects.
        """
        return self._estimands(self._parsed(condition.formula()))

    def misfits(self, condition: Mechanism) -> list[str]:
        """Why the model cannot be fitted under a condition, one line each.

        Columns that it lacks; no random effects; clusters or rows too few for the model, where the condition says how
        many it has as `n_clusters` and `cluster_size`.

        Raises
        ------
        FormulaError
            If the formula is outside the grammar.
        """
        parsed = parse_formula(condition.formula() if self.formula is None else self.formula)
        try:
            require_mixed(parsed)
        except FormulaError as error:
            return [str(error)]
        columns = column_faults(parsed, condition, names=parsed.columns, labels=parsed.grouping_columns)
        return [*columns, *_too_few(parsed, condition), *self._no_degrees(parsed, condition)]

    def _parsed(self, generating: str) -> Formula:
        return require_mixed(parse_formula(generating if self.formula is None else self.formula))

    def _estimands(self, formula: Formula) -> tuple[str, ...]:
        fixed = (term.label for term in formula.fixed)
        return (*fixed, *random_estimands(formula.random, self.scale), residual_estimand(self.scale))

    def _no_degrees(self, formula: Formula, condition: Mechanism) -> list[str]:
        """Whether degrees of freedom need more clusters than there are, if the condition states how many."""
        clusters = getattr(condition, "n_clusters", None)
        if self.df != "between_within" or not isinstance(clusters, int) or len(formula.groups) > 1:
            return []
        between = constant_terms(formula, condition.columns(), getattr(condition, "cluster_columns", ()))
        if len(between) < 2 or clusters > len(between):
            return []
        effects = f"the effects of clusters {', '.join(between)}"
        return [f"df 'between_within' of {effects} needs more than {len(between)} clusters; given {clusters}"]

    def analyse(self, block: DatasetBlock, draws: Draws) -> Estimates:
        """Analyse every replication of a block; see `fit_block`."""
        formula = self._parsed(block.formula)
        estimands = self._estimands(formula)
        with_columns = with_centred_columns(block, formula)
        data = None if with_columns is None else cluster_rows(with_columns, formula)
        if data is None:
            return joined([self.fit(block.dataset(rep), draws(rep)) for rep in range(len(block))], estimands)
        from mcsim.methods.inference import infer

        found = infer(model_of(formula, data.columns, data.places, data.levels), self, draws)
        fits = found.fits
        notes = notes_of(fits.reason, fits.n_obs, (block.row_counts, len(estimands)))
        for place, remark in found.remarks.items():
            notes[place] = "; ".join(filter(None, [notes.get(place, ""), remark]))
        status = np.repeat(fits.status[:, None], len(estimands), axis=1)
        return Estimates(estimands, found.values, status, notes)


def _too_few(formula: Formula, condition: Mechanism) -> list[str]:
    """What is wrong with the numbers of clusters and rows, if the condition states them."""
    clusters, size = getattr(condition, "n_clusters", None), getattr(condition, "cluster_size", None)
    if not isinstance(clusters, int):
        return []
    constant = constant_terms(formula, condition.columns(), getattr(condition, "cluster_columns", ()))
    if clusters <= len(constant):
        effects = ", ".join(constant)
        least = f"needs more than {len(constant)} clusters"
        return [f"{formula.text!r} has fixed effects of clusters ({effects}): {least}; given {clusters}"]
    effects_each = max(len(block) for bar in formula.random for block in bar.blocks)
    if isinstance(size, int) and size <= effects_each:
        return [f"{formula.text!r} needs cluster_size above {effects_each}, its random effects; given {size}"]
    return []

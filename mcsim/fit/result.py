"""What `mcsim.fit` returns: the quantities of one fit as attributes and tables."""

import math
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from mcsim.fit.modes import Effects, conditional_modes
from mcsim.formula import Formula, Term, covariance_names, random_estimands, residual_estimand
from mcsim.model import Floats, Status

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.fit.frame import ModelData
    from mcsim.methods.inference import Inference
    from mcsim.methods.linear_mixed_model import LinearMixedModel


class MixedModelFit:
    """A mixed model fitted to one data frame; printed, it is a summary.

    With p fixed effects, q random effects of J clusters and n complete rows.

    Attributes
    ----------
    formula : str
        The formula as it was given.
    reml : bool
        Whether it was fitted by restricted maximum likelihood.
    df, intervals, scale : str
        The degrees of freedom, the kind of the intervals, and the scale of those of variances.
    level : float
        The confidence level of the intervals.
    status : str
        ``ok``, ``singular``, ``not_converged`` or ``failed``; the numbers of a failed fit are NaN.
    singular : bool
        Whether the covariance matrix of the random effects has a rank below q.
    note : str
        Why the fit is not ok, and how many rows were left out.
    n_obs, n_clusters, n_left_out : int
        n, J (of the innermost level) and the number of rows with a missing value.
    groups : dict of str to int
        The number of clusters of each grouping factor, from the innermost to the outermost.
    criterion : float
        The REML criterion, or -2 log likelihood, as lme4 defines them.
    sigma : float
        The residual standard deviation.
    theta : array (q (q + 1) / 2,) or, under ``||``, (q,)
        The relative covariance factor, its lower triangle by column (Bates et al. 2015, eq. 4); of nested grouping
        factors that of the innermost first.
    beta : array (p,)
        The fixed effects.
    beta_covariance : array (p, p)
        Their covariance matrix.
    covariance : array (q, q)
        The covariance matrix of the random effects.
    variance_se : array (theta.size + 1,)
        Standard errors of the (co)variances, in the order of theta, and of the residual variance, from the expected
        information on the variance scale.
    """

    def __init__(self, formula: Formula, data: "ModelData", found: "Inference", method: "LinearMixedModel") -> None:
        fits = found.fits
        status = Status(int(fits.status[0]))
        self._parsed, self._data, self._values = formula, data, found.values[0]
        self.formula, self.reml, self.level = formula.text, method.reml, method.level
        self.df, self.intervals, self.scale = method.df, method.intervals, method.scale
        self.status, self.singular = status.label, status is Status.SINGULAR
        self.note = _note(
            int(fits.reason[0]), data, {k: said for (_, k), said in found.remarks.items()}, self._estimands
        )
        self.n_obs, self.n_clusters, self.n_left_out = len(data.rows), len(data.clusters[0]), data.left_out
        self.groups = {level.group: len(labels) for level, labels in zip(data.levels, data.clusters, strict=True)}
        self.criterion, self.sigma = float(fits.criterion[0]), float(fits.sigma[0])
        self.theta, self.beta, self.beta_covariance = fits.theta[0], fits.beta[0], found.beta_cov[0]
        self.covariance, self.variance_se = fits.covariance[0], fits.variance_se[0]

    @property
    def _estimands(self) -> list[str]:
        fixed = [term.label for term in self._parsed.fixed]
        return [*fixed, *random_estimands(self._parsed.random, self.scale), residual_estimand(self.scale)]

    @property
    def log_likelihood(self) -> float:
        """The log likelihood, restricted under REML."""
        return -self.criterion / 2

    @cached_property
    def fixed(self) -> "pd.DataFrame":
        """The fixed effects, one a row.

        Columns term, estimate, std_error, df, statistic, p_value, lower, upper; df is NaN for tests and intervals with
        the normal quantile.
        """
        import numpy as np
        import pandas as pd

        estimate, std_error, df, lower, upper, p_value = self._values[: len(self.beta)].T
        with np.errstate(divide="ignore", invalid="ignore"):
            statistic = estimate / std_error
        return pd.DataFrame(
            {
                "term": [term.label for term in self._parsed.fixed],
                "estimate": estimate,
                "std_error": std_error,
                "df": df,
                "statistic": statistic,
                "p_value": p_value,
                "lower": lower,
                "upper": upper,
            }
        )

    @cached_property
    def random(self) -> "pd.DataFrame":
        """The (co)variances, one a row: group by group variances, then covariances; the residual variance last.

        Columns group, term1, term2, covariance, sd_or_correlation, std_error (that of the covariance), lower and upper
        (of the covariance, or under the scale "sd" of the other); term2 is None on a variance, both terms are None on
        the row of the group Residual. A correlation is NaN where a variance is 0.
        """
        import numpy as np
        import pandas as pd

        from mcsim.methods.variance_scale import to_sd

        blocks = np.repeat(range(len(self._blocks)), [len(terms) for _, terms in self._blocks])
        names = [(bar.group, *pair) for bar in self._parsed.random for pair in covariance_names(bar)]
        variances = self._variances()
        both = np.column_stack([variances, to_sd(variances[None], blocks)[0], self.variance_se])
        limits = self._values[len(self.beta) :, 3:5]
        rows = [
            (group, earlier, None if later == earlier else later, *both[place], *limits[place])
            for place, (group, later, earlier) in enumerate(names)
        ]
        order = list(self.groups)
        rows.sort(key=lambda row: (order.index(row[0]), row[2] is not None))
        rows.append(("Residual", None, None, *both[-1], *limits[-1]))
        words, numbers = ["group", "term1", "term2"], ["covariance", "sd_or_correlation", "std_error", "lower", "upper"]
        # As objects first, or pandas would make NaN of None.
        return pd.DataFrame(rows, columns=[*words, *numbers], dtype=object).astype(dict.fromkeys(numbers, float))

    @property
    def _blocks(self) -> list[tuple[str, tuple[Term, ...]]]:
        """The group and the effects of each block, in the order of `covariance`."""
        return [(bar.group, terms) for bar in self._parsed.random for terms in bar.blocks]

    def _variances(self) -> Floats:
        """The (co)variances in the order of `theta`, and the residual variance."""
        import numpy as np

        from mcsim.kernels.layout import directions

        pairs = directions([place for place, (_, terms) in enumerate(self._blocks) for _ in terms])
        return np.append(self.covariance[pairs[:, 0], pairs[:, 1]], self.sigma**2)

    @property
    def blups(self) -> "pd.DataFrame | dict[str, pd.DataFrame]":
        """The conditional modes of the random effects, one cluster a row, one effect a column.

        With several grouping factors a table for each, by its name, the innermost first.
        """
        tables = self._modes[0]
        return tables if len(tables) > 1 else next(iter(tables.values()))

    @property
    def residuals(self) -> Floats:
        """(n,) the response less fixed effects and conditional modes, in the order of the complete rows."""
        import numpy as np

        return self._modes[1][np.argsort(self._data.rows)]

    @cached_property
    def _modes(self) -> "tuple[dict[str, pd.DataFrame], Floats]":
        effects = [self._effects(level.group) for level in self._data.levels]
        return conditional_modes(
            self._data, effects, self._data.values[0] - self._matrix(self._parsed.fixed) @ self.beta
        )

    def _matrix(self, terms: Iterable[Term]) -> Floats:
        """The model matrix of some terms, rows sorted by cluster."""
        import numpy as np

        column = dict(zip(self._data.names, self._data.values, strict=True))
        one = np.ones(self.n_obs)
        return np.stack([math.prod((column[name] for name in term.names), start=one) for term in terms], axis=1)

    def _effects(self, group: str) -> Effects:
        """The random effects of a grouping factor, and their part of Lambda."""
        import numpy as np

        from mcsim.kernels.layout import directions

        pairs = directions([place for place, (_, terms) in enumerate(self._blocks) for _ in terms])
        factor = np.zeros(self.covariance.shape)
        factor[pairs[:, 0], pairs[:, 1]] = self.theta
        owners = [(name, term) for name, terms in self._blocks for term in terms]
        here = [place for place, (name, _) in enumerate(owners) if name == group]
        terms = [owners[place][1] for place in here]
        return Effects([term.label for term in terms], self._matrix(terms), factor[np.ix_(here, here)])

    def __repr__(self) -> str:
        from mcsim.fit.summary import summary

        return summary(self)


def _note(reason: int, data: "ModelData", remarks: dict[int, str], estimands: list[str]) -> str:
    """Why a fit is not usable, how many rows it lacks, and what is to be known of its limits."""
    from mcsim.kernels.reasons import REASONS

    rows = data.left_out + len(data.rows)
    said = [REASONS[reason], f"{data.left_out} of {rows} rows left out: missing values" if data.left_out else ""]
    return "; ".join(filter(None, [*said, *(f"{estimands[k]}: {remark}" for k, remark in sorted(remarks.items()))]))

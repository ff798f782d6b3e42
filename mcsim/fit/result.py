"""What `mcsim.fit` returns: the quantities of one fit as attributes and tables."""

import math
from functools import cached_property
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from mcsim.formula import Formula, covariance_names, require_one_group
from mcsim.model import Floats, Status

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.fit.frame import ModelData
    from mcsim.kernels.mixed_model import MixedModelFits


class MixedModelFit:
    """A mixed model fitted to one data frame; printed, it is a summary.

    With p fixed effects, q random effects of J clusters and n complete rows.

    Attributes
    ----------
    formula : str
        The formula as it was given.
    reml : bool
        Whether it was fitted by restricted maximum likelihood.
    level : float
        The confidence level of the intervals.
    status : str
        ``ok``, ``singular``, ``not_converged`` or ``failed``; the numbers of a failed fit are NaN.
    singular : bool
        Whether the covariance matrix of the random effects has a rank below q.
    note : str
        Why the fit is not ok, and how many rows were left out.
    n_obs, n_clusters, n_left_out : int
        n, J and the number of rows with a missing value.
    criterion : float
        The REML criterion, or -2 log likelihood, as lme4 defines them.
    sigma : float
        The residual standard deviation.
    theta : array (q (q + 1) / 2,) or, under ``||``, (q,)
        The relative covariance factor, its lower triangle by column (Bates et al. 2015, eq. 4).
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

    def __init__(self, formula: Formula, data: "ModelData", fits: "MixedModelFits", reml: bool, level: float) -> None:
        from mcsim.kernels.reasons import REASONS

        status = Status(int(fits.status[0]))
        said = [REASONS[fits.reason[0]]]
        if data.left_out:
            said.append(f"{data.left_out} of {data.left_out + len(data.rows)} rows left out: missing values")
        self._parsed, self._bar, self._data = formula, require_one_group(formula), data
        self.formula, self.reml, self.level = formula.text, reml, level
        self.status, self.singular = status.label, status is Status.SINGULAR
        self.note = "; ".join(part for part in said if part)
        self.n_obs, self.n_clusters, self.n_left_out = len(data.rows), len(data.clusters), data.left_out
        self.criterion, self.sigma = float(fits.criterion[0]), float(fits.sigma[0])
        self.theta, self.beta, self.beta_covariance = fits.theta[0], fits.beta[0], fits.beta_cov[0]
        self.covariance, self.variance_se = fits.covariance[0], fits.variance_se[0]

    @property
    def log_likelihood(self) -> float:
        """The log likelihood, restricted under REML."""
        return -self.criterion / 2

    @cached_property
    def fixed(self) -> "pd.DataFrame":
        """The fixed effects, one a row.

        Columns term, estimate, std_error, df, statistic, p_value, lower, upper; intervals and p-values are Wald's
        with the normal quantile, so that df is NaN.
        """
        import numpy as np
        import pandas as pd

        std_error = np.sqrt(np.diagonal(self.beta_covariance))
        with np.errstate(divide="ignore", invalid="ignore"):
            statistic = self.beta / std_error
        half_width = NormalDist().inv_cdf((1 + self.level) / 2) * std_error
        return pd.DataFrame(
            {
                "term": [term.label for term in self._parsed.fixed],
                "estimate": self.beta,
                "std_error": std_error,
                "df": np.nan,
                "statistic": statistic,
                "p_value": [math.erfc(abs(z) / math.sqrt(2)) for z in statistic],
                "lower": self.beta - half_width,
                "upper": self.beta + half_width,
            }
        )

    @cached_property
    def random(self) -> "pd.DataFrame":
        """The (co)variances of the random effects, one a row: variances, covariances, the residual variance last.

        Columns group, term1, term2, covariance, sd_or_correlation, std_error (that of the covariance); term2 is None
        on a variance, both terms are None on the row of the group Residual. A correlation is NaN where a variance is
        0.
        """
        import numpy as np
        import pandas as pd

        bar = self._bar
        labels = [term.label for term in bar.terms]
        std_errors = dict(zip(covariance_names(bar), self.variance_se, strict=False))
        rows: list[tuple[Any, ...]] = []
        for (later, earlier), std_error in std_errors.items():
            a, b = labels.index(later), labels.index(earlier)
            value = self.covariance[a, b]
            if a == b:
                rows.append((bar.group, later, None, value, math.sqrt(value), std_error))
            else:
                product = math.sqrt(self.covariance[a, a]) * math.sqrt(self.covariance[b, b])
                correlation = np.clip(value / product, -1, 1) if product > 0 else np.nan
                rows.append((bar.group, earlier, later, value, correlation, std_error))
        rows.sort(key=lambda row: row[2] is not None)
        rows.append(("Residual", None, None, self.sigma**2, self.sigma, self.variance_se[-1]))
        words, numbers = ["group", "term1", "term2"], ["covariance", "sd_or_correlation", "std_error"]
        # As objects first, or pandas would make NaN of None.
        return pd.DataFrame(rows, columns=[*words, *numbers], dtype=object).astype(dict.fromkeys(numbers, float))

    @cached_property
    def blups(self) -> "pd.DataFrame":
        """The conditional modes of the random effects, one cluster a row, one effect a column.

        Solves (Lambda'Z'Z Lambda + I) u = Lambda'Z'(y - X beta) in every cluster; the modes are Lambda u (Bates et
        al. 2015, eq. 54 to 56).
        """
        import numpy as np
        import pandas as pd

        labels = [term.label for term in self._bar.terms]
        starts, factor = self._data.starts[:-1], self._factor()
        Z = self._matrix(self._bar.terms) @ factor
        crossed = np.add.reduceat(Z[:, :, None] * Z[:, None, :], starts) + np.eye(len(labels))
        right = np.add.reduceat(Z * self._marginal_residuals()[:, None], starts)
        u = np.linalg.solve(crossed, right[:, :, None])[:, :, 0]
        return pd.DataFrame(u @ factor.T, index=self._data.clusters, columns=labels)

    @cached_property
    def residuals(self) -> Floats:
        """(n,) the response less fixed effects and conditional modes, in the order of the complete rows."""
        import numpy as np

        modes = np.repeat(self.blups.to_numpy(), np.diff(self._data.starts), axis=0)
        varying: Floats = np.sum(self._matrix(self._bar.terms) * modes, axis=1)
        by_cluster: Floats = self._marginal_residuals() - varying
        return by_cluster[np.argsort(self._data.rows)]

    def _marginal_residuals(self) -> Floats:
        residuals: Floats = self._data.values[0] - self._matrix(self._parsed.fixed) @ self.beta
        return residuals

    def _matrix(self, terms: tuple[Any, ...]) -> Floats:
        """The model matrix of some terms, rows sorted by cluster."""
        import numpy as np

        column = dict(zip(self._parsed.columns, self._data.values, strict=True))
        one = np.ones(self.n_obs)
        return np.stack([math.prod((column[name] for name in term.names), start=one) for term in terms], axis=1)

    def _factor(self) -> Floats:
        """Lambda of one cluster, (q, q)."""
        import numpy as np

        labels = [term.label for term in self._bar.terms]
        factor = np.zeros((len(labels), len(labels)))
        for (row, column), value in zip(covariance_names(self._bar), self.theta, strict=True):
            factor[labels.index(row), labels.index(column)] = value
        return factor

    def __repr__(self) -> str:
        from mcsim.fit.summary import summary

        return summary(self)

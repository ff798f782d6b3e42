"""Generalized estimating equations: a marginal model with a robust covariance matrix, over statsmodels."""

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mcsim.centring import label_columns, with_clusters
from mcsim.formula import Formula
from mcsim.methods.block_columns import column_faults
from mcsim.methods.design import Design, Groups
from mcsim.methods.peer_method import Outcome, PeerMethod
from mcsim.methods.wald import wald
from mcsim.model import Mechanism, Status
from mcsim.parameters import parameter, text, word

_ALONE = 1e-10  # how close to 1 the leverage of a cluster may come
_TOLERANCE = 1e-10  # of the estimating equations, relative to the size of what they add up


@dataclass(frozen=True, kw_only=True)
class Gee(PeerMethod):
    """The fixed effects of a formula by generalized estimating equations, with a robust covariance matrix.

    Gaussian family, identity link (Liang & Zeger 1986, Biometrika 73, 13-22), fitted by statsmodels. Without a
    correction for small samples the standard errors are those of their sandwich and the intervals of the normal
    distribution. With that of Mancl & DeRouen (2001, Biometrics 57, 126-134, eq. 5: residuals of each cluster divided
    by I - H, as statsmodels' "bias_reduced") the intervals are of t with as many degrees of freedom as clusters less
    fixed effects, which Li & Redden (2015, Statistics in Medicine 34, 281-296) found to hold their level with few
    clusters; statsmodels itself would take the normal distribution.

    Parameters
    ----------
    formula : str, optional
        Its random effects are ignored; without one, the formula of the model that generated the data.
    cluster : str, optional
        The column whose values say which rows belong together; those of ``x_between`` are the formula's, if it has
        random effects.
    working : {"exchangeable", "independence"}, optional
        The working correlation of the rows of a cluster.
    small_sample : {"none", "mancl_derouen"}, optional
        The correction of the covariance matrix for small numbers of clusters.
    level : float, optional
        The confidence level of the intervals.
    """

    package: ClassVar[str] = "statsmodels"

    cluster: str = parameter("the column of clusters", text(), "cluster")
    working: str = parameter(
        "working correlation of the rows of a cluster", word("exchangeable", "independence"), "exchangeable"
    )
    small_sample: str = parameter("correction for few clusters", word("none", "mancl_derouen"), "none")

    def parsed(self, generating: str) -> Formula:
        """The fixed part of the formula, with the clusters as a term without random effects."""
        return with_clusters(self.written(generating).fixed_part, self.cluster)

    def written(self, generating: str) -> Formula:
        """The formula with its random effects, or with the clusters if it has none: whose means columns are made of."""
        return with_clusters(super().written(generating), self.cluster)

    def unfit(self, condition: Mechanism) -> list[str]:
        """The columns that are missing or group nothing, and clusters too few for t."""
        written = self.written(condition.formula())
        formula = written.fixed_part
        labels = dict.fromkeys([self.cluster, *label_columns(written, condition.columns())])
        faults = column_faults(written, condition, names=formula.columns, labels=labels)
        clusters = getattr(condition, "n_clusters", None)
        if isinstance(clusters, int) and (few := self._too_few(clusters, len(formula.fixed))):
            faults.append(few)
        return faults

    def _too_few(self, clusters: int, fixed: int) -> str:
        if self.small_sample == "none" or clusters > fixed:
            return ""
        return f"small_sample='mancl_derouen' needs more clusters than fixed effects ({fixed}); there are {clusters}"

    def analyse(self, design: Design) -> Outcome:
        """Fit by `statsmodels.genmod.generalized_estimating_equations.GEE`."""
        from statsmodels.genmod.generalized_estimating_equations import GEE

        (groups,), (_, p) = design.random, design.X.shape
        if few := self._too_few(groups.levels, p):
            return Outcome.failed(few)
        corrected = self.small_sample == "mancl_derouen"
        # Its own tolerance is absolute: 1e-6 whatever the units of y.
        tolerance = _TOLERANCE * float(np.linalg.norm(design.X) * np.linalg.norm(design.y))
        warnings.filterwarnings("ignore", category=FutureWarning)
        model = GEE(design.y, design.X, groups.codes, cov_struct=self._structure())
        fitted = model.fit(cov_type="bias_reduced" if corrected else "robust", ctol=tolerance)
        if fitted is None:
            return Outcome.failed("the estimating equations could not be solved")
        covariance = fitted.cov_robust_bc if corrected else fitted.cov_robust
        std_error = np.sqrt(np.diag(covariance))
        if not (np.isfinite(fitted.params).all() and np.isfinite(std_error).all()):
            return Outcome.failed("the estimates or their standard errors are not finite")
        if corrected and _alone(design, float(model.cov_struct.dep_params or 0)):
            return Outcome.failed("an effect rests on one cluster alone, so that its residuals cannot be corrected")
        values = wald(fitted.params, std_error, self.level, df=groups.levels - p if corrected else np.inf)
        if self.working == "exchangeable" and (impossible := _impossible(model.cov_struct.dep_params, groups)):
            return Outcome(values, Status.NOT_CONVERGED, impossible)
        return Outcome(values, Status.OK if fitted.converged else Status.NOT_CONVERGED)

    def _structure(self) -> Any:
        from statsmodels.genmod.cov_struct import Exchangeable, Independence

        return Exchangeable() if self.working == "exchangeable" else Independence()


def _impossible(correlation: float, groups: Groups) -> str:
    """What is wrong with an exchangeable correlation that the largest cluster cannot have; empty if nothing."""
    least = -1 / max(int(np.bincount(groups.codes).max()) - 1, 1)
    if least < correlation < 1:
        return ""
    return f"the working correlation, {correlation:.3g}, is not between {least:.3g} and 1"


def _alone(design: Design, correlation: float) -> bool:
    """Whether I - H is singular for a cluster: whether its share of the information on some effect is all there is."""
    (groups,), p = design.random, design.X.shape[1]
    shares = np.zeros((groups.levels, p, p))
    for j in range(groups.levels):
        X = design.X[groups.codes == j]
        total = X.sum(axis=0)
        # The inverse of an exchangeable correlation matrix of m rows is I - r / (1 + (m - 1) r) J, over 1 - r.
        shares[j] = X.T @ X - correlation / (1 + (len(X) - 1) * correlation) * np.outer(total, total)
    leverage = np.linalg.eigvals(np.linalg.solve(shares.sum(axis=0), shares)).real
    return bool(leverage.max() > 1 - _ALONE)

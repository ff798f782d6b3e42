"""The two-level linear mixed model once more, by statsmodels: a check of other methods."""

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mcsim.formula import Formula, require_mixed
from mcsim.methods.design import Design, Groups, perfect_fit
from mcsim.methods.linear_mixed_model import LinearMixedModel
from mcsim.methods.peer_method import Outcome, PeerMethod, mixed_labels, variances_of
from mcsim.methods.wald import estimates_alone, wald
from mcsim.model import Floats, Mechanism, Status
from mcsim.parameters import flag, parameter

_GRADIENT = 1e-8  # at which the optimiser stops; its own 1e-5 leaves variances off by 1e-3
_BOUNDARY = 1e-4  # of the relative covariance matrix: statsmodels stops near a variance of zero, not at it
_AGREE = 1e-6  # to which the fixed part must be what the variances imply, relative to the residuals

_ROUNDING = 1e-12  # what the normal equations lose of a large response
_INVERTED = 1e-10  # statsmodels inverts no eigenvalue of the relative covariance matrix below

_INFINITE = "statsmodels took a random-effect variance near zero for an infinite one (its issue 10239)"
_INCONSISTENT = "the fixed effects are not those of the variances it reports"


@dataclass(frozen=True, kw_only=True)
class StatsmodelsMixedLM(PeerMethod):
    """Fixed effects and random effects of one grouping factor, as `MixedLM` of statsmodels fits them.

    Reports the estimands of `LinearMixedModel`: fixed effects with standard errors and normal intervals, and
    (co)variances without, because those of statsmodels rest on a Hessian that fails near the boundary. Its standard
    errors of fixed effects take the covariance with the variance parameters into account, which on unbalanced data
    makes them up to a few percent other than lme4's. A fit is `singular` where a combination of the random effects
    (predictors at unit root mean square) has a standard deviation below a hundredth of the residual one. Rows with a
    missing value are left out and counted in the note.

    Where an estimated variance falls below 1e-10, statsmodels can take it for infinite, return exactly zero for the
    intercept and the effects of clusters, and say that it converged (its issue 10239). Such a fit is found out by
    solving for the fixed effects at the reported variances, and is `failed`.

    Parameters
    ----------
    formula : str, optional
        The model; without one, the model that generated the data.
    reml : bool, optional
        Restricted maximum likelihood, or maximum likelihood.
    level : float, optional
        The confidence level of the intervals.
    """

    package: ClassVar[str] = "statsmodels"

    reml: bool = parameter("restricted maximum likelihood (True) or maximum likelihood (False)", flag(), True)

    def parsed(self, generating: str) -> Formula:
        """The formula, which must have random effects."""
        return require_mixed(self.written(generating))

    def labels(self, formula: Formula) -> tuple[str, ...]:
        """The fixed effects, the (co)variances of the random effects and the residual variance."""
        return mixed_labels(formula)

    def unfit(self, condition: Mechanism) -> list[str]:
        """More than one grouping factor, or what `LinearMixedModel` could not fit either."""
        formula = self.written(condition.formula())
        if len(formula.random) > 1:
            groups = ", ".join(term.group for term in formula.random)
            return [f"{formula.text!r} has random effects of {groups}; statsmodels is given one; Mixedlm fits several"]
        return LinearMixedModel(formula=self.formula).misfits(condition)

    def analyse(self, design: Design) -> Outcome:
        """Fit by `statsmodels.regression.mixed_linear_model.MixedLM`."""
        groups, p = design.random[0], design.X.shape[1]
        fitted = self._fitted(design, groups)
        relative, beta = np.atleast_2d(fitted.cov_re_unscaled), np.asarray(fitted.fe_params)
        std_error = np.asarray(fitted.bse_fe)
        variances = np.append(variances_of([np.atleast_2d(fitted.cov_re)], design), fitted.scale)
        values = np.concatenate([wald(beta, std_error, self.level), estimates_alone(variances)])
        if not np.isfinite(values[:, 0]).all():
            return Outcome.failed("the estimates are not finite")
        if fault := perfect_fit(fitted.scale, design) or _wrong(beta, relative, design):
            return Outcome.failed(fault)
        if not np.isfinite(values[:p, 1]).all():
            return Outcome(values, Status.NOT_CONVERGED, "a standard error is not finite")
        if not fitted.converged:
            return Outcome(values, Status.NOT_CONVERGED)
        return Outcome(values, Status.SINGULAR if _is_singular(relative, groups) else Status.OK)

    def _fitted(self, design: Design, groups: Groups) -> Any:
        from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams

        p, q = design.X.shape[1], groups.Z.shape[1]
        independent = not groups.correlated and q > 1
        free = MixedLMParams.from_components(fe_params=np.ones(p), cov_re=np.eye(q)) if independent else None
        # The last of its optimisers, cg, does not keep covariances at zero.
        methods = ["bfgs", "lbfgs"] if independent else ["bfgs", "lbfgs", "cg"]
        warnings.filterwarnings("ignore", message="Keyword arguments have been passed")  # lbfgs knows no gtol
        model = MixedLM(design.y, design.X, groups.codes, exog_re=groups.Z)
        return model.fit(reml=self.reml, method=methods, free=free, gtol=_GRADIENT)


def _wrong(beta: Floats, relative: Floats, design: Design) -> str:
    """What is wrong with fixed effects (p,) at a relative covariance matrix (q, q); empty if nothing."""
    right = _fixed_effects(design, relative)
    residual = np.sqrt(np.mean((design.y - design.X @ right) ** 2))
    away = np.abs(beta - right) * np.sqrt(np.mean(design.X**2, axis=0))
    if np.all(away <= _AGREE * residual + _ROUNDING * np.abs(design.y).max()):
        return ""
    return "; ".join([*([_INFINITE] if np.linalg.eigvalsh(relative).min() < _INVERTED else []), _INCONSISTENT])


def _fixed_effects(design: Design, relative: Floats) -> Floats:
    """The generalised least squares estimates (p,) at a relative covariance matrix (q, q), which may be singular."""
    groups, p = design.random[0], design.X.shape[1]
    A: Floats = np.zeros((p, p))
    b: Floats = np.zeros(p)
    for j in range(groups.levels):
        rows = groups.codes == j
        X, y, Z = design.X[rows], design.y[rows], groups.Z[rows]
        # inv(I + Z D Z') = I - Z K Z', K = inv(I + D Z'Z) D
        K = np.linalg.solve(np.eye(len(relative)) + relative @ Z.T @ Z, relative)
        ZX = Z.T @ X
        A += X.T @ X - ZX.T @ K @ ZX
        b += X.T @ y - ZX.T @ K @ (Z.T @ y)
    return np.asarray(np.linalg.solve(A, b), dtype=np.float64)


def _is_singular(relative: Floats, groups: Groups) -> bool:
    scale = np.sqrt(np.mean(groups.Z**2, axis=0))
    return bool(np.linalg.eigvalsh(relative * np.outer(scale, scale)).min() < _BOUNDARY)

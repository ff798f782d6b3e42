"""Linear and generalized linear mixed models with nested and crossed grouping factors, over the package mixedlm."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mcsim.formula import Formula, require_mixed
from mcsim.isolation import one_line
from mcsim.methods.block_columns import column_faults
from mcsim.methods.design import Design, fault_of, perfect_fit
from mcsim.methods.peer_method import Outcome, PeerMethod, mixed_labels, variances_of
from mcsim.methods.wald import estimates_alone, wald
from mcsim.model import Floats, Mechanism, Status
from mcsim.parameters import flag, parameter, word

# What it would print, warn of or mend by dropping columns is judged here.
_CHECKS: dict[str, Any] = {
    "check_nlev_gtreq_5": "ignore",
    "check_scaleX": "ignore",
    "check_rankX": "stop",
    "check_conv": False,
    "check_singular": False,
}


@dataclass(frozen=True, kw_only=True)
class Mixedlm(PeerMethod):
    """A mixed model with any number of grouping factors, nested or crossed, as the package mixedlm fits it.

    A linear model (family "gaussian") by REML or maximum likelihood; a logistic model of responses 0 and 1
    ("binomial") or a log-linear model of counts ("poisson") by the Laplace approximation. Reports the fixed effects
    with standard errors and normal intervals, the (co)variances of the random effects and, in a linear model, the
    residual variance, both without standard errors. In generalized models standard errors take the variances as
    known. A fit is `singular` as in lme4: a standard deviation below 1e-4 of the residual one (of 1 in generalized
    models). Rows with a missing value are left out and counted in the note.

    Parameters
    ----------
    formula : str, optional
        The model, such as ``"y ~ x + (1 | school/classroom) + (1 | item)"``; without one, the model that generated
        the data.
    family : {"gaussian", "binomial", "poisson"}, optional
        The distribution of the response, with its canonical link.
    reml : bool, optional
        Restricted maximum likelihood, or maximum likelihood; of linear models only.
    level : float, optional
        The confidence level of the intervals.
    """

    package: ClassVar[str] = "mixedlm"

    family: str = parameter("distribution of the response", word("gaussian", "binomial", "poisson"), "gaussian")
    reml: bool = parameter("restricted maximum likelihood (True) or maximum likelihood (False)", flag(), True)

    def parsed(self, generating: str) -> Formula:
        """The formula, which must have random effects."""
        return require_mixed(self.written(generating))

    def labels(self, formula: Formula) -> tuple[str, ...]:
        """The fixed effects, the (co)variances of the random effects and, in a linear model, the residual variance."""
        return mixed_labels(formula, residual=self._linear)

    def unfit(self, condition: Mechanism) -> list[str]:
        """The columns that are missing or group nothing."""
        formula = self.parsed(condition.formula())
        return column_faults(formula, condition, names=formula.columns, labels=formula.grouping_columns)

    @property
    def _linear(self) -> bool:
        return self.family == "gaussian"

    def fault(self, design: Design) -> str:
        """Why the data cannot be used, a response that its family cannot have included."""
        return fault_of(design, residual=self._linear) or _RESPONSES[self.family](design.y)

    def analyse(self, design: Design) -> Outcome:
        """Fit by `mixedlm.lmer` or `mixedlm.glmer`."""
        from mixedlm.models.checks import ModelCheckError

        try:
            fitted = self._fitted(design)
        except (ModelCheckError, RuntimeError) as error:  # RuntimeError: its optimiser ended nowhere
            return Outcome.failed(one_line(error))
        std_error = np.sqrt(np.diag(fitted.vcov()))
        covariances = [term.cov for term in fitted.VarCorr().groups.values()]
        variances = np.append(variances_of(covariances, design), [fitted.sigma**2] if self._linear else [])
        values = np.concatenate([wald(fitted.beta, std_error, self.level), estimates_alone(variances)])
        if not (np.isfinite(values[:, 0]).all() and np.isfinite(std_error).all()):
            return Outcome.failed("the estimates or their standard errors are not finite")
        if self._linear and (fault := perfect_fit(fitted.sigma**2, design)):
            return Outcome.failed(fault)
        if not fitted.converged:
            return Outcome(values, Status.NOT_CONVERGED, fitted.message)
        return Outcome(values, Status.SINGULAR if fitted.isSingular() else Status.OK)

    def _fitted(self, design: Design) -> Any:
        import mixedlm
        import pandas as pd

        text, columns = _as_mixedlm(design)
        frame = pd.DataFrame(columns)
        if self._linear:
            return mixedlm.lmer(text, frame, REML=self.reml, control=mixedlm.lmerControl(**_CHECKS))
        families = {"binomial": mixedlm.families.Binomial, "poisson": mixedlm.families.Poisson}
        control = mixedlm.glmerControl(**_CHECKS)
        return mixedlm.glmer(text, frame, family=families[self.family](), control=control)


def _as_mixedlm(design: Design) -> tuple[str, dict[str, Any]]:
    """The model in mixedlm's notation and the columns it names.

    Every column of the matrices has a name of its own and every term its own grouping factor, so that nothing depends
    on how the package names, orders or expands terms.
    """
    columns: dict[str, Any] = {"y": design.y}
    terms = [_named("x", design.X, columns)]
    for k, groups in enumerate(design.random):
        columns[f"g{k}"] = groups.codes
        bar = "|" if groups.correlated else "||"
        terms.append(f"({_named(f'z{k}_', groups.Z, columns)} {bar} g{k})")
    return f"y ~ {' + '.join(terms)}", columns


def _named(prefix: str, matrix: Floats, columns: dict[str, Any]) -> str:
    """Name the columns of a matrix, and add them up without an intercept."""
    names = [f"{prefix}{j}" for j in range(matrix.shape[1])]
    columns.update(zip(names, matrix.T, strict=True))
    return " + ".join(["0", *names])


def _any_number(y: Floats) -> str:
    del y
    return ""


def _zeros_and_ones(y: Floats) -> str:
    other = y[(y != 0) & (y != 1)]
    if other.size:
        return f"a binomial response is 0 or 1; it holds {other[0]:g}"
    return "the response is the same in every row" if np.ptp(y) == 0 else ""


def _counts(y: Floats) -> str:
    other = y[(y < 0) | (y != np.floor(y))]
    if other.size:
        return f"a Poisson response is a count; it holds {other[0]:g}"
    return "the response is 0 in every row" if not y.any() else ""


_RESPONSES = {"gaussian": _any_number, "binomial": _zeros_and_ones, "poisson": _counts}

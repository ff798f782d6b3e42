"""The Python peers: each fits one data set, timed as its user calls it."""

import time
import warnings
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType

import numpy as np

from benchmarks.fits import Fit, PeerAbsentError, TimedFit
from benchmarks.samples import FORMULA, Samples


def peer_version(package: str) -> str:
    """'mixedlm 1.3.0'; raises `PeerAbsentError` where it is not installed."""
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        raise PeerAbsentError(f"{package} is not here (make bench installs it)") from None


def fit_mixedlm(samples: Samples, index: int) -> TimedFit:
    """Fit with mixedlm: `lmer()` on a data frame, and again with the formula parsed beforehand."""
    import mixedlm
    import pandas as pd

    frame = pd.DataFrame({"y": samples.y[index], "x": samples.x[index], "cluster": samples.cluster})
    start = time.perf_counter()
    result = mixedlm.lmer(FORMULA, frame)
    whole = time.perf_counter() - start

    terms = mixedlm.lFormula(FORMULA, frame)
    start = time.perf_counter()
    deviance = mixedlm.mkLmerDevfun(terms)
    mixedlm.mkLmerMod(deviance, mixedlm.optimizeLmer(deviance))
    parsed = time.perf_counter() - start

    covariance = result.VarCorr().groups["cluster"].cov
    fit = Fit(
        float(result.REMLcrit()),
        tuple(result.fixef().values()),
        tuple(np.sqrt(np.diag(result.vcov()))),
        (covariance[0, 0], covariance[1, 0], covariance[1, 1], result.sigma**2),
    )
    return TimedFit({"mixedlm `lmer()`": whole, "mixedlm, formula parsed beforehand": parsed}, fit)


def fit_statsmodels(samples: Samples, index: int) -> TimedFit:
    """Fit with statsmodels' MixedLM from arrays."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    x = np.column_stack([np.ones(samples.cluster.size), samples.x[index]])
    with warnings.catch_warnings():
        # It warns of every optimiser that fails before another succeeds.
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        result = MixedLM(samples.y[index], x, groups=samples.cluster, exog_re=x).fit(reml=True)
        whole = time.perf_counter() - start
    covariance = np.asarray(result.cov_re)
    fit = Fit(
        -2 * result.llf,
        tuple(result.fe_params),
        tuple(result.bse_fe),
        (covariance[0, 0], covariance[1, 0], covariance[1, 1], result.scale),
    )
    return TimedFit({"statsmodels `MixedLM`": whole}, fit)


PEERS: Mapping[str, Callable[[Samples, int], TimedFit]] = MappingProxyType(
    {"mixedlm": fit_mixedlm, "statsmodels": fit_statsmodels}
)

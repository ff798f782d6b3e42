"""How mechanisms are stated by effect sizes."""

import math
from importlib import import_module
from typing import Any

from mcsim.errors import ParameterError
from mcsim.parameters import nearest, plain_text, shown

STANDARDIZERS = ("total", "within", "between")
"""The variance whose square root is the unit of a standardized mean difference."""


class ByEffectSizes:
    """A mechanism stated by effect sizes, as an attribute of the one it is derived from: loaded when it is asked for.

    Parameters
    ----------
    file, name : str
        Where in `mcsim.mechanisms` it is, and what it is called.
    """

    def __init__(self, file: str, name: str) -> None:
        self._file, self._name = file, name

    def __get__(self, instance: object, owner: type) -> Any:
        return getattr(import_module(f"mcsim.mechanisms.{self._file}"), self._name)


def mean_difference(d: float, *, tau2: float, sigma2: float, standardizer: str = "total") -> float:
    """The difference of two arms' means that is a standardized difference, Cohen's d, in clustered data.

    Parameters
    ----------
    d : float
        In standard deviations within an arm.
    tau2, sigma2 : float
        Variances between and within clusters of an arm.
    standardizer : str, optional
        Whose standard deviation is the unit: ``total``, ``within`` (clusters) or ``between`` (clusters); the effect
        sizes delta_T, delta_W and delta_B of Hedges (2007), Effect sizes in cluster-randomized designs, Journal of
        Educational and Behavioral Statistics 32, 341-370.

    Returns
    -------
    float
        d times the square root of tau2 + sigma2, sigma2 or tau2.

    Raises
    ------
    ParameterError
        If there is no such standardizer, or its variance is 0.
    """
    variances = dict(zip(STANDARDIZERS, (tau2 + sigma2, sigma2, tau2), strict=True))
    if standardizer not in variances:
        allowed = ", ".join(map(repr, STANDARDIZERS)) + nearest(str(standardizer), STANDARDIZERS)
        raise ParameterError(
            "mean_difference", [f"standardizer: given {shown(standardizer)}; allowed: one of {allowed}"]
        )
    if not variances[standardizer] > 0:
        fault = f"standardizer: given {standardizer!r}, a variance of {plain_text(variances[standardizer])}"
        raise ParameterError("mean_difference", [f"{fault}; allowed: one whose variance is above 0"])
    return d * math.sqrt(variances[standardizer])

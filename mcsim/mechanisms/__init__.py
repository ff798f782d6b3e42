"""Data-generating mechanisms, one file a family, and the parts they take; each name is loaded when it is asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcsim.mechanisms.missing_data import incomplete
    from mcsim.mechanisms.parts.covariates import Categorical, Covariate, Covariates
    from mcsim.mechanisms.parts.distributions import (
        Binary,
        ChiSquare,
        LogNormal,
        Mixture,
        Normal,
        SkewNormal,
        Student,
        Uniform,
    )
    from mcsim.mechanisms.parts.missing import MAR, MCAR, MNAR, Dropout
    from mcsim.mechanisms.parts.residual_correlation import AR1, CompoundSymmetric, Independent, Toeplitz
    from mcsim.mechanisms.parts.residual_variance import Constant, Groups, LogLinear, VaryingBetweenClusters
    from mcsim.mechanisms.parts.sizes import LogNormalSizes, NegativeBinomial, Sizes, SmallClusters
    from mcsim.mechanisms.two_level import TwoLevel

_HOMES = {
    "missing_data": ("incomplete",),
    "parts.covariates": ("Categorical", "Covariate", "Covariates"),
    "parts.distributions": (
        "Binary",
        "ChiSquare",
        "LogNormal",
        "Mixture",
        "Normal",
        "SkewNormal",
        "Student",
        "Uniform",
    ),
    "parts.missing": ("MAR", "MCAR", "MNAR", "Dropout"),
    "parts.residual_correlation": ("AR1", "CompoundSymmetric", "Independent", "Toeplitz"),
    "parts.residual_variance": ("Constant", "Groups", "LogLinear", "VaryingBetweenClusters"),
    "parts.sizes": ("LogNormalSizes", "NegativeBinomial", "Sizes", "SmallClusters"),
    "two_level": ("TwoLevel",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AR1",
    "MAR",
    "MCAR",
    "MNAR",
    "Binary",
    "Categorical",
    "ChiSquare",
    "CompoundSymmetric",
    "Constant",
    "Covariate",
    "Covariates",
    "Dropout",
    "Groups",
    "Independent",
    "LogLinear",
    "LogNormal",
    "LogNormalSizes",
    "Mixture",
    "NegativeBinomial",
    "Normal",
    "Sizes",
    "SkewNormal",
    "SmallClusters",
    "Student",
    "Toeplitz",
    "TwoLevel",
    "Uniform",
    "VaryingBetweenClusters",
    "incomplete",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"mcsim.mechanisms.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

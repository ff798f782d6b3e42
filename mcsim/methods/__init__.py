"""Analyses of a data set, one file a family; each name is loaded when it is asked for."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcsim.methods.fixed_effects import FixedEffects
    from mcsim.methods.gee import Gee
    from mcsim.methods.linear_mixed_model import LinearMixedModel
    from mcsim.methods.mixedlm import Mixedlm
    from mcsim.methods.ordinary_least_squares import OrdinaryLeastSquares
    from mcsim.methods.reported_as import ReportedAs
    from mcsim.methods.statsmodels_mixedlm import StatsmodelsMixedLM

_HOME = {
    "FixedEffects": "fixed_effects",
    "Gee": "gee",
    "LinearMixedModel": "linear_mixed_model",
    "Mixedlm": "mixedlm",
    "OrdinaryLeastSquares": "ordinary_least_squares",
    "ReportedAs": "reported_as",
    "StatsmodelsMixedLM": "statsmodels_mixedlm",
}

__all__ = [
    "FixedEffects",
    "Gee",
    "LinearMixedModel",
    "Mixedlm",
    "OrdinaryLeastSquares",
    "ReportedAs",
    "StatsmodelsMixedLM",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)

"""Monte Carlo simulation studies of multilevel (mixed-effects) models."""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "collect": ("collect",),
    "errors": (
        "DataError",
        "FormulaError",
        "McsimError",
        "ParameterError",
        "ResultsError",
        "StorageError",
        "Stopped",
        "StudyError",
    ),
    "fit": ("fit",),
    "grid": ("grid",),
    "loading": ("load_study",),
    "model": ("Dataset", "DatasetBlock", "Estimates", "Mechanism", "Method", "Status"),
    "parameters": ("Parameters", "parameter"),
    "performance": ("performance",),
    "report.charts.api": ("chart",),
    "report.page.writing": ("write_report",),
    "results": ("Results", "load"),
    "run": ("run",),
    "study": ("Study",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = list(_HOME)


class _Package(ModuleType):
    """Names are loaded when first asked for: `mcsim --help` must not wait for numpy."""

    def __getattr__(self, name: str) -> Any:
        if name not in _HOME:
            raise AttributeError(f"module 'mcsim' has no attribute {name!r}")
        value = getattr(importlib.import_module(f"mcsim.{_HOME[name]}"), name)
        setattr(self, name, value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        # Importing mcsim.run binds the module to `run`; here the name stays with the function.
        if isinstance(value, ModuleType) and _HOME.get(name) == name:
            value = getattr(value, name)
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_HOME})


sys.modules[__name__].__class__ = _Package

if TYPE_CHECKING:  # what `_HOMES` says, for type checkers
    from mcsim.collect import collect as collect
    from mcsim.errors import (
        DataError as DataError,
        FormulaError as FormulaError,
        McsimError as McsimError,
        ParameterError as ParameterError,
        ResultsError as ResultsError,
        Stopped as Stopped,
        StorageError as StorageError,
        StudyError as StudyError,
    )
    from mcsim.fit import fit as fit
    from mcsim.grid import grid as grid
    from mcsim.loading import load_study as load_study
    from mcsim.model import (
        Dataset as Dataset,
        DatasetBlock as DatasetBlock,
        Estimates as Estimates,
        Mechanism as Mechanism,
        Method as Method,
        Status as Status,
    )
    from mcsim.parameters import Parameters as Parameters, parameter as parameter
    from mcsim.performance import performance as performance
    from mcsim.report.charts.api import chart as chart
    from mcsim.report.page.writing import write_report as write_report
    from mcsim.results import Results as Results, load as load
    from mcsim.run import run as run
    from mcsim.study import Study as Study

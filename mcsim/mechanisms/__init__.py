"""Data-generating mechanisms, one file a family, and the parts they take, one file a kind.

A name is looked for in these files when it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcsim.mechanisms.growth import *  # noqa: F403
    from mcsim.mechanisms.missing_data import incomplete as incomplete
    from mcsim.mechanisms.parts.covariates import *  # noqa: F403
    from mcsim.mechanisms.parts.distributions import *  # noqa: F403
    from mcsim.mechanisms.parts.missing import *  # noqa: F403
    from mcsim.mechanisms.parts.residual_correlation import *  # noqa: F403
    from mcsim.mechanisms.parts.residual_variance import *  # noqa: F403
    from mcsim.mechanisms.parts.sizes import *  # noqa: F403
    from mcsim.mechanisms.parts.times import *  # noqa: F403
    from mcsim.mechanisms.three_level import *  # noqa: F403
    from mcsim.mechanisms.trial import *  # noqa: F403
    from mcsim.mechanisms.trial_effect_sizes import *  # noqa: F403
    from mcsim.mechanisms.two_level import *  # noqa: F403
    from mcsim.mechanisms.two_level_effect_sizes import *  # noqa: F403

_FILES = (
    "two_level",
    "two_level_effect_sizes",
    "three_level",
    "growth",
    "trial",
    "trial_effect_sizes",
    "parts.sizes",
    "parts.times",
    "parts.distributions",
    "parts.residual_variance",
    "parts.residual_correlation",
    "parts.covariates",
    "parts.missing",
)


def _defined_in(file: str) -> dict[str, Any]:
    """The classes of frozen values that a file defines itself."""
    from mcsim.parameters import Parameters

    module = import_module(f"{__name__}.{file}")
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Parameters) and value.__module__ == module.__name__
    }


def __getattr__(name: str) -> Any:
    if name == "incomplete":
        return import_module(f"{__name__}.missing_data").incomplete
    if name == "__all__":
        return __dir__()
    for file in () if name.startswith("_") else _FILES:
        if name in (found := _defined_in(file)):
            globals()[name] = found[name]
            return found[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(["incomplete", *(name for file in _FILES for name in _defined_in(file))])

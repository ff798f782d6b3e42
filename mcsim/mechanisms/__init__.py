"""Data-generating mechanisms, one file a family; each name is loaded when it is asked for."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcsim.mechanisms.two_level import TwoLevel

__all__ = ["TwoLevel"]


def __getattr__(name: str) -> Any:
    if name == "TwoLevel":
        from mcsim.mechanisms.two_level import TwoLevel

        return TwoLevel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

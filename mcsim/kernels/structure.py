"""What depends on whether there are clusters within clusters; all else is written once, in terms of these functions.

Which of the two forms runs is decided by the type of the workspace when a caller is compiled, so that a model of one
level neither waits for the other form to be compiled nor asks at run time. A function that is declared here has no body
of its own: compiled callers get one of the two forms at the end, and nobody else may call it.
"""

from collections.abc import Callable
from typing import Any

from numba.extending import overload

from mcsim.kernels import clusters, nested

_overload: Any = overload
Function = Callable[..., Any]


def _either(declared: Function) -> Callable[[Function], Function]:
    """Say which form of a function is compiled, by the types of its arguments."""
    options = {"nogil": True, "error_model": "numpy", "_nrt": False}
    chosen: Callable[[Function], Function] = _overload(declared, jit_options=options, strict=False, inline="always")
    return chosen


def _has_levels(work: Any) -> bool:
    return "jets" in work.fields


def set_products(layout: Any, work: Any, first: int) -> None:
    """Take the cross-products of the columns from `first` on, at unit root mean square."""
    raise NotImplementedError


def eliminate(layout: Any, work: Any, which: int) -> float:
    """Set the lower triangle of ROOT_X to [X | y]' inv(V) [X | y] at the Lambda in a small matrix; returns log |V|."""
    raise NotImplementedError


def set_first_derivatives(layout: Any, work: Any) -> None:
    """Set blocks and TRACES at the Lambda of the last `evaluate`."""
    raise NotImplementedError


def set_inner(layout: Any, work: Any, own: float, shares: tuple[float, float]) -> None:
    """Say what `trace_second` sums: M = own Z' inv(V) Z + the first share of Q Q' + the second of e e'."""
    raise NotImplementedError


def trace_second(layout: Any, work: Any, u: int, v: int) -> float:
    """The trace of Z' inv(V) Z U M U' for two directions of D."""
    raise NotImplementedError


def set_second_block(layout: Any, work: Any, u: int, v: int) -> None:
    """Set SECOND_BLOCK to Q' U Z' inv(V) Z U' Q, symmetrised, for two directions of D."""
    raise NotImplementedError


@_either(set_products)
def _set_products(layout: Any, work: Any, first: int) -> Any:
    del layout, first
    if _has_levels(work):
        return lambda layout, work, first: nested.cross_nested(layout, work, first)
    return lambda layout, work, first: clusters.cross_clusters(layout, work, first)


@_either(eliminate)
def _eliminate(layout: Any, work: Any, which: int) -> Any:
    del layout, which
    if _has_levels(work):
        return lambda layout, work, which: nested.eliminate_nested(layout, work, which)
    return lambda layout, work, which: clusters.eliminate_clusters(layout, work, which)


@_either(set_first_derivatives)
def _set_first_derivatives(layout: Any, work: Any) -> Any:
    del layout
    if _has_levels(work):
        return lambda layout, work: nested.differentiate_nested(layout, work)
    return lambda layout, work: clusters.differentiate_clusters(layout, work)


@_either(set_inner)
def _set_inner(layout: Any, work: Any, own: float, shares: Any) -> Any:
    del layout, own, shares
    if _has_levels(work):
        return lambda layout, work, own, shares: nested.set_inner_nested(layout, work, own, shares)
    return lambda layout, work, own, shares: clusters.set_inner_clusters(layout, work, own, shares)


@_either(trace_second)
def _trace_second(layout: Any, work: Any, u: int, v: int) -> Any:
    del layout, u, v
    if _has_levels(work):
        return lambda layout, work, u, v: nested.trace_nested(layout, work, u, v)
    return lambda layout, work, u, v: clusters.trace_clusters(layout, work, u, v)


@_either(set_second_block)
def _set_second_block(layout: Any, work: Any, u: int, v: int) -> Any:
    del layout, u, v
    if _has_levels(work):
        return lambda layout, work, u, v: nested.set_second_nested(layout, work, u, v)
    return lambda layout, work, u, v: clusters.set_second_clusters(layout, work, u, v)

"""The one way a kernel is compiled: cached on disk, without the interpreter's lock, exact arithmetic (no fastmath)."""

import hashlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit, types
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., Any])

_njit: Any = partial(njit, nogil=True, error_model="numpy")  # x / 0 is infinite or NaN, and never an exception
_intrinsic: Callable[[Any], Any] = intrinsic


def compiled(function: Function) -> Function:
    """Compile a kernel on its first call, or load it from the cache if no kernel's source has changed since.

    numba looks only at the file a function stands in, so a function would keep calling what another file held when
    it was compiled; here the source of the whole folder decides.
    """
    return _cached(function)


def step(function: Function) -> Function:
    """Compile a function that only kernels call, and that makes no arrays.

    That saves what it would take to call it from Python, and to count who holds an array.
    """
    return _cached(function, no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)


def part(function: Function) -> Function:
    """Compile a function as part of its callers.

    numba optimises a function again in everything that calls it, so a tall tree of functions takes long to compile.
    """
    return cast("Function", _njit(inline="always")(function))


@_intrinsic
def compact(typing_context: Any) -> Any:
    """Have the function that this stands in compiled to little code: loops as they are, neither unrolled nor doubled.

    That takes a third of the time to compile and, since rows are worked on eight elements at once anyway, costs
    nothing when it runs.
    """
    del typing_context

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        del signature, args
        builder.function.attributes.add("optsize")
        return context.get_dummy_value()

    return types.void(), build


def _cached(function: Function, **options: Any) -> Function:
    dispatcher = _njit(cache=True, **options)(function)
    # numba offers no public way to say what a cache depends on.
    dispatcher._cache._cache_file._source_stamp = _sources()  # noqa: SLF001
    return cast("Function", dispatcher)


@cache
def _sources() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()

"""The one way a kernel is compiled: cached on disk, without the interpreter's lock, exact arithmetic (no fastmath)."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a kernel on its first call, or load it from the cache if no kernel's source has changed since.

    numba looks only at the file a function stands in, so a function would keep calling what another file held when
    it was compiled; here the source of the whole folder decides.
    """
    return _cached(njit(cache=True, nogil=True)(function))


def step(function: Function) -> Function:
    """Compile a function that only kernels call; that saves what it would take to call it from Python."""
    return _cached(njit(cache=True, nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function))


def part(function: Function) -> Function:
    """Compile a function as part of its callers.

    numba optimises a function again in everything that calls it, so a tall tree of functions takes most of a minute.
    """
    return cast("Function", njit(inline="always", nogil=True)(function))


def _cached(dispatcher: Any) -> Any:
    index = dispatcher._cache._cache_file  # noqa: SLF001 numba offers no public way to say what a cache depends on
    index._source_stamp = _sources()  # noqa: SLF001
    return dispatcher


@cache
def _sources() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()

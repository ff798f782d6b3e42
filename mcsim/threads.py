"""One thread for linear algebra: with two, the last bits of a result differ from those with one."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "RAYON_NUM_THREADS",
)
"""Of the environment: how many threads the libraries that know them start with."""


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """One thread within, for libraries already loaded (by call) and for those loaded meanwhile (by environment)."""
    before = {name: os.environ.get(name) for name in VARIABLES}
    os.environ.update(dict.fromkeys(VARIABLES, "1"))
    try:
        with controller().limit(limits=1):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def one_thread_for_good() -> None:
    """One thread from now on, in a process that does nothing but work."""
    from threadpoolctl import threadpool_limits

    os.environ.update(dict.fromkeys(VARIABLES, "1"))
    threadpool_limits(limits=1)


def controller() -> Any:
    """What sets the threads of the libraries loaded by now."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def blas() -> list[str]:
    """The linear algebra libraries loaded, with version and the kernel chosen for this processor."""
    from threadpoolctl import threadpool_info

    found = {
        " ".join(str(library[word]) for word in ("internal_api", "version", "architecture") if library.get(word))
        for library in threadpool_info()
        if library.get("user_api") == "blas"
    }
    return sorted(found)

"""One thread for linear algebra: with two, the last bits of a result differ from those with one."""

import contextlib
import os
from collections.abc import Iterator

_BLAS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """One thread within, for libraries already loaded (by call) and those loaded meanwhile (by the environment)."""
    from threadpoolctl import ThreadpoolController

    before = {name: os.environ.get(name) for name in _BLAS}
    os.environ.update(dict.fromkeys(_BLAS, "1"))
    try:
        with ThreadpoolController().limit(limits=1):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def blas() -> list[str]:
    """The linear algebra libraries loaded, with version and the kernel chosen for this processor."""
    from threadpoolctl import threadpool_info

    found = {
        " ".join(str(library[word]) for word in ("internal_api", "version", "architecture") if library.get(word))
        for library in threadpool_info()
        if library.get("user_api") == "blas"
    }
    return sorted(found)

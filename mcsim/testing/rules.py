"""What both suites share: saying what is broken, watching a call, comparing bit for bit."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from mcsim.parameters import Parameters, given_fields

SEED = 20230913
GLOBAL_SEEDS = (2730481951, 3094718265)  # such as nobody would choose
FAR = 2**32 + 1000
"""A second range of replications begins here, so that a block form that forgets where it begins is found out."""


def require(holds: object, sentence: str) -> None:
    """Raise an AssertionError with the sentence unless it holds, also under ``python -O``."""
    if not holds:
        raise AssertionError(sentence)


def kind(value: object) -> str:
    """A value's type, for a message."""
    return f"a value of type {type(value).__name__}"


@contextmanager
def watched(where: str, global_seed: int) -> Iterator[None]:
    """Call something of the author's: an error says where it arose, and the global generators must stay as they are.

    They are seeded with `global_seed` for the call, so that calls under two seeds agree only if nothing is drawn from
    them, and put back afterwards.
    """
    kept = random.getstate(), np.random.get_state()  # noqa: NPY002 (what is watched is the old global generator)
    random.seed(global_seed)
    np.random.seed(global_seed)  # noqa: NPY002
    planted = _global_states()
    try:
        yield
    except Exception as error:
        raise AssertionError(f"{where}: it raises {type(error).__name__}: {error}") from error
    else:
        moved = [name for name, state in _global_states().items() if state != planted[name]]
        require(not moved, f"{where}: it draws from or seeds the global generator of {' and '.join(moved)}; use rng")
    finally:
        random.setstate(kept[0])
        np.random.set_state(kept[1])  # noqa: NPY002


def _global_states() -> dict[str, Any]:
    _, words, *rest = np.random.get_state()  # noqa: NPY002
    return {"random": random.getstate(), "numpy.random": (bytes(np.asarray(words).data), *rest)}


def same(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> bool:
    """Whether two arrays have one type, one shape and the same bits; NaN is NaN whatever its bits."""
    if a.shape != b.shape or a.dtype.kind != b.dtype.kind:
        return False
    if a.dtype.kind not in "biuf":
        return bool(a.tolist() == b.tolist())
    if a.dtype != b.dtype:
        return False
    if a.dtype.kind == "f":
        missing = np.isnan(a)
        if not np.array_equal(missing, np.isnan(b)):
            return False
        a, b = np.where(missing, 0, a), np.where(missing, 0, b)
    return a.tobytes() == b.tobytes()


def check_replications(replications: int) -> None:
    """Two replications are the least that can be compared.

    Raises
    ------
    ValueError
        If there are fewer.
    """
    if replications < 2:
        raise ValueError(f"replications: given {replications}; allowed: 2 or more")


def check_names(names: object, where: str) -> None:
    """Require a tuple of different, non-empty strings."""
    is_tuple = isinstance(names, tuple) and all(isinstance(name, str) and name for name in names)
    require(is_tuple, f"{where}: it returns {names!r}; a tuple of names is expected")
    if isinstance(names, tuple):
        require(names, f"{where}: it returns no name at all")
        require(len(set(names)) == len(names), f"{where}: a name stands twice in {', '.join(names)}")


def check_key(parameters: Parameters, key: Callable[[Any], str]) -> None:
    """Require that a value made anew from its fields is equal and has the same key."""
    cls = type(parameters)
    given = {field.name: getattr(parameters, field.name) for field in given_fields(cls)}
    made = cls(**given)
    agree = made == parameters and key(made) == key(parameters)
    require(agree, f"{cls.__name__}: made anew from its fields it is another value, so its key cannot stand for it")

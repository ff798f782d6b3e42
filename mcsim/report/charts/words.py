"""Names as they stand on charts, and what is said where a chart cannot be drawn."""

from collections.abc import Iterable

from mcsim.errors import ParameterError

BETWEEN = "\t"
"""Stands between two names in the orders of a drawing; a name holds none."""

_ABBREVIATIONS = {"se": "SE", "mse": "MSE", "rmse": "RMSE", "ci": "CI"}
_PERCENT = {"relative_error_model_se", "relative_precision"}


def measure_title(measure: str) -> str:
    """The name of a measure in words, with its unit: ``relative error of model SE (%)``."""
    words = " ".join(_ABBREVIATIONS.get(word, word) for word in measure.split("_"))
    words = words.replace("relative error model SE", "relative error of model SE")
    words = words.replace("bias eliminated", "bias-eliminated")
    if words.endswith(" all"):
        words = f"{words.removesuffix(' all')}, missing fits as misses"
    if words.startswith("difference "):
        words = f"difference in {words.removeprefix('difference ')}"
    return f"{words} (%)" if measure in _PERCENT else words


def of_estimand(measure: str, estimand: str) -> str:
    """What an axis shows: ``coverage of x``."""
    title, _, unit = measure_title(measure).partition(" (")
    return f"{title} of {estimand}" + (f" ({unit}" if unit else "")


def too_many(what: str, *, given: str, most: int, factors: Iterable[str], methods: bool = True) -> ParameterError:
    """What is said where more would stand on a chart than can be read.

    Parameters
    ----------
    what : str
        What is too many: ``rows``.
    given : str
        How many there are, and of what.
    most : int
        How many can be read.
    factors : iterable of str
        Those that vary, of which some could be held.
    methods : bool
        Whether fewer methods would help.
    """
    narrow = f"hold factors by --where FACTOR=LEVEL ({', '.join(factors)})" + (", or choose by --method" * methods)
    return ParameterError("chart", [f"{what}: given {given}; allowed: at most {most}; {narrow}"])

"""Texts made harmless in each format of a table, with the minus sign and the dash that its printers use."""

import html
import re

from mcsim.rounding import ABSENT

FORMATS = ("markdown", "latex", "html", "csv")
"""The formats of a table for a paper."""

_MARKDOWN = str.maketrans({character: "\\" + character for character in "\\`*_|<>[]~#&$^{}"})
_LATEX = str.maketrans(
    {character: "\\" + character for character in "&%$#_{}"}
    | {
        "\\": r"\textbackslash{}",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "|": r"\textbar{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "'": r"\textquotesingle{}",
        "`": r"\textasciigrave{}",
        '"': r"\texttt{\char34}",  # \textquotedbl asks for another font encoding
        "[": "{[}",  # after a line break it would begin that break's optional argument
        "]": "{]}",
    }
)
_MINUS = {"markdown": "\N{MINUS SIGN}", "latex": "$-$", "html": "\N{MINUS SIGN}", "csv": "-"}
_DASH = {"markdown": "\N{EN DASH}", "latex": "--", "html": "\N{EN DASH}", "csv": ABSENT}
_NEGATIVE = re.compile(r"(?<![\w.])-(?=[\d.])")


def escaped(text: str, format: str) -> str:  # noqa: A002 (the word of the command line)
    """A name or a sentence in one of `FORMATS`, on one line.

    Parameters
    ----------
    text : str
        Any.
    format : str
        In CSV a text stands as it is.
    """
    return text if format == "csv" else _translated(" ".join(text.split()), format)


def figure(text: str, format: str) -> str:  # noqa: A002
    """A number, a value with its error, or `ABSENT`, in one of `FORMATS`.

    Parameters
    ----------
    text : str
        Such as ``-0.012 (0.005)`` or ``0 [-0.004, 0.004]``.
    format : str
        Which of the formats.
    """
    if text == ABSENT:
        return _DASH[format]
    return _MINUS[format].join(_translated(piece, format) for piece in _NEGATIVE.split(text))


def _translated(text: str, format: str) -> str:  # noqa: A002
    if format == "latex":
        return text.translate(_LATEX).replace("--", "-{}-").replace("--", "-{}-")  # no ligature to a dash
    if format == "html":
        return html.escape(text)
    return text.translate(_MARKDOWN) if format == "markdown" else text

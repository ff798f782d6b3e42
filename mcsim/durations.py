"""Lengths of time as people and batch systems write them: 4h, 3h50m, 90m, 30, 04:00:00, 1-00:00:00."""

import re

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_NUMBER = r"\d+(?:\.\d+)?"
_WITH_UNITS = re.compile("".join(rf"(?:({_NUMBER}) ?{unit} ?)?" for unit in _UNITS), re.ASCII)
_SECONDS = re.compile(_NUMBER, re.ASCII)
_CLOCK = re.compile(r"(?:(\d{1,4})-)?(\d{1,4}):([0-5]\d):([0-5]\d)", re.ASCII)

ALLOWED = "such as 4h, 3h50m, 90m, 1d12h, 04:00:00 or 1-00:00:00 (days-hours:minutes:seconds), or a number of seconds"
LONGEST = 1000 * _UNITS["d"]


def parse_duration(text: str) -> float:
    """How many seconds a length of time has.

    Parameters
    ----------
    text : str
        Numbers with the units d, h, m and s, the longest first; or hours:minutes:seconds, with days- before it; or
        seconds alone.

    Returns
    -------
    float
        Above 0, and at most 1,000 days.

    Raises
    ------
    ValueError
        If it is none of these; the message says what was given and what is allowed.
    """
    said = text.strip()
    if not said or len(said) > 40:
        raise ValueError(f"given {text[:40]!r}; allowed: a length of time {ALLOWED}")
    if clock := _CLOCK.fullmatch(said):
        parts: tuple[str | None, ...] = clock.groups()
    elif _SECONDS.fullmatch(said):
        parts = (None, None, None, said)
    elif units := _WITH_UNITS.fullmatch(said.lower()):
        parts = units.groups()
    else:
        raise ValueError(f"given {text!r}; allowed: a length of time {ALLOWED}")
    seconds = sum(float(part or 0) * unit for part, unit in zip(parts, _UNITS.values(), strict=True))
    if not 0 < seconds <= LONGEST:
        raise ValueError(f"given {text!r}; allowed: more than 0 and at most {LONGEST / _UNITS['d']:,.0f} days")
    return seconds


def clock_text(seconds: float) -> str:
    """Seconds, rounded up to whole ones, as days-hours:minutes:seconds, which every Slurm takes."""
    whole = -int(-seconds // 1)
    days, rest = divmod(whole, 86400)
    return f"{days}-{rest // 3600:02d}:{rest % 3600 // 60:02d}:{rest % 60:02d}"

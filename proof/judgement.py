"""What a check says: a line with both figures, and whether they agree."""

import math
from typing import NamedTuple


class Judgement(NamedTuple):
    """One figure of ours beside one that is known."""

    what: str
    ours: float
    known: float
    agrees: bool
    rule: str

    def __str__(self) -> str:
        verdict = "agrees" if self.agrees else "DIFFERS"
        return f"{verdict:8} {self.what:58} {self.ours:12.6g} {self.known:12.6g}   {self.rule}"


def within(what: str, ours: float, known: float, tolerance: float) -> Judgement:
    """Agreement to an absolute tolerance (half a unit of the last printed digit, say)."""
    return Judgement(what, ours, known, abs(ours - known) <= tolerance, f"within {tolerance:.2g}")


def share(what: str, ours: float, known: float, replications: int) -> Judgement:
    """An observed share beside its probability: at most 3.2 standard errors apart."""
    z = (ours - known) / math.sqrt(known * (1 - known) / replications)
    return Judgement(what, ours, known, abs(z) <= 3.2, f"|z| <= 3.2, z = {z:+.2f}")


def shares(what: str, ours: tuple[float, int], known: tuple[float, int]) -> Judgement:
    """Two observed shares, each with its number of trials: at most 3.2 standard errors apart."""
    (p, n), (q, m) = ours, known
    pooled = (p * n + q * m) / (n + m)
    z = (p - q) / math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return Judgement(what, p, q, abs(z) <= 3.2, f"|z| <= 3.2, z = {z:+.2f}")

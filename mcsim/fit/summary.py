"""The printed form of a fit."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mcsim.formula import residual_estimand

if TYPE_CHECKING:
    from mcsim.fit.result import MixedModelFit

_MOST_DECIMALS = 8
_MOST_DIGITS = 12


def summary(fit: "MixedModelFit") -> str:
    """The fit in the order of lme4's summary: criterion, residuals, random effects, fixed effects."""
    notes = [fit.note, "the covariance matrix of the random effects has not full rank" if fit.singular else ""]
    note = "; ".join(part for part in notes if part)
    head = [
        f"Linear mixed model fitted by {'REML' if fit.reml else 'maximum likelihood'}",
        f"Formula: {fit.formula}",
        f"Data: {fit.n_obs} rows in {_clusters(fit)}",
        f"Status: {fit.status}" + (f" ({note})" if note else ""),
    ]
    if math.isnan(fit.criterion):
        return "\n".join(head)
    name = "REML criterion" if fit.reml else "-2 log likelihood"
    head.append(f"{name}: {fit.criterion:.1f}")
    blocks = ["\n".join(head), _residuals(fit), _random_effects(fit), _fixed_effects(fit)]
    if (fit.df, fit.intervals, fit.scale) != ("normal", "wald", "variance"):
        blocks.append(_intervals(fit))
    return "\n\n".join(blocks)


def _clusters(fit: "MixedModelFit") -> str:
    if len(fit.groups) == 1:
        return f"{fit.n_clusters} clusters ({next(iter(fit.groups))})"
    return ", ".join(f"{count} clusters of {group}" for group, count in fit.groups.items())


def _intervals(fit: "MixedModelFit") -> str:
    """The limits of every parameter, by the name of its estimand."""
    shown = _notation([*fit.fixed.lower, *fit.fixed.upper, *fit.random.lower, *fit.random.upper])
    limits = [
        *zip(fit.fixed.lower, fit.fixed.upper, strict=True),
        *zip(fit.random.lower, fit.random.upper, strict=True),
    ]
    joint, alone = ("cor", "sd") if fit.scale == "sd" else ("cov", "var")
    names = list(fit.fixed.term)
    for group, first, second in zip(fit.random.group, fit.random.term1, fit.random.term2, strict=True):
        name = f"{alone}_{first}|{group}" if second is None else f"{joint}_{second}.{first}|{group}"
        names.append(residual_estimand(fit.scale) if first is None else name)
    cells = [
        [name, *("" if math.isnan(limit) else shown(limit) for limit in pair)]
        for name, pair in zip(names, limits, strict=True)
    ]
    return _table(f"Intervals ({100 * fit.level:g} %, {fit.intervals})", ["term", "lower", "upper"], cells)


def _residuals(fit: "MixedModelFit") -> str:
    import numpy as np

    quantiles = np.quantile(fit.residuals / fit.sigma, [0, 0.25, 0.5, 0.75, 1])
    return _table("Scaled residuals", ["min", "25 %", "median", "75 %", "max"], [[f"{q:.4f}" for q in quantiles]])


def _random_effects(fit: "MixedModelFit") -> str:
    variances = fit.random[fit.random.term2.isna()]
    correlations = fit.random[fit.random.term2.notna()]
    known = {(row.group, row.term1, row.term2): f"{row.sd_or_correlation:.2f}" for row in correlations.itertuples()}
    shown = _notation([*variances.covariance, *variances.sd_or_correlation])
    rows: list[list[str]] = []
    seen: dict[str, list[str]] = {}
    for row in variances.itertuples():
        group, term = str(row.group), str(row.term1 or "")
        before = seen.setdefault(group, [])
        words = ["" if before else group, term]
        numbers = [shown(row.covariance), shown(row.sd_or_correlation)]
        rows.append([*words, *numbers, *(known.get((group, other, term), "") for other in before if known)])
        before.append(term)
    most = max(len(terms) for terms in seen.values())
    header = ["group", "term", "variance", "SD", *["correlation", *[""] * (most - 2)] * bool(known)]
    return _table("Random effects", header, [row[: len(header)] for row in rows])


def _fixed_effects(fit: "MixedModelFit") -> str:
    shown = _notation(list(fit.fixed.std_error))
    rows = []
    for row in fit.fixed.itertuples():
        degrees = [] if fit.df == "normal" else [f"{row.df:.2f}"]
        numbers = [shown(row.estimate), shown(row.std_error), *degrees, f"{row.statistic:.3f}"]
        rows.append([str(row.term), *numbers, _p_value(row.p_value)])
    header = ["z"] if fit.df == "normal" else ["df", "t"]
    return _table("Fixed effects", ["term", "estimate", "std. error", *header, "p"], rows)


def _p_value(p: Any) -> str:
    return "< 2e-16" if p < 2e-16 else f"{p:.3g}"


def _notation(numbers: list[float]) -> Callable[[Any], str]:
    """As many decimals as show four digits of the smallest number that is not 0, or else five digits of each number."""
    sizes = [abs(number) for number in numbers if number and math.isfinite(number)]
    decimals = max(0, 3 - math.floor(math.log10(min(sizes, default=1.0))))
    whole = 1 + max(0, math.floor(math.log10(max(sizes, default=1.0))))
    # One number of decimals for all is readable only where the numbers are of similar and moderate size.
    if decimals <= _MOST_DECIMALS and whole + decimals <= _MOST_DIGITS:
        return lambda number: f"{number:.{decimals}f}"
    return lambda number: f"{number:#.5g}".rstrip(".")


def _table(title: str, header: list[str], rows: list[list[str]]) -> str:
    """Columns under a title, words to the left and numbers to the right."""
    lines = [header, *([*row, *[""] * (len(header) - len(row))] for row in rows)]
    columns = []
    for column in zip(*lines, strict=True):
        width = max(map(len, column))
        words = column[0] in {"group", "term"}
        columns.append([cell.ljust(width) if words else cell.rjust(width) for cell in column])
    return "\n".join([title, *(("  " + "  ".join(line)).rstrip() for line in zip(*columns, strict=True))])

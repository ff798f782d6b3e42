"""The generating equation of a mixed model in symbols and numbers, for people."""

from collections.abc import Iterator
from itertools import groupby

from mcsim.mechanisms.composition.model import Model
from mcsim.mechanisms.composition.quantities import Add, Quantity
from mcsim.mechanisms.parts.residual_correlation import Independent
from mcsim.mechanisms.parts.residual_variance import Constant
from mcsim.parameters import plain_text

_LETTERS = "ijklm"
_FEW, _RUNS = 12, 3  # so many given values are shown, or runs of them


def equation(model: Model, *, fixed: bool) -> tuple[str, ...]:
    """The lines of level 1, level 2 and the distributions.

    Parameters
    ----------
    model : Model
        The model.
    fixed : bool
        Whether predictors are drawn once and held fixed.

    Returns
    -------
    tuple of str
        Such as ``level 2: b0_j = gamma00 + gamma01 z_j + u0_j = 2 + 0.3 z_j + u0_j``.
    """
    return tuple(_lines(model, fixed))


def _lines(model: Model, fixed: bool) -> Iterator[str]:
    rows, clusters = _subscript(model, 0), _subscript(model, 1)
    terms = [f"b{c}_{clusters} {_predictor(model, column)}".strip() for c, column in enumerate(model.coefficients)]
    yield f"level 1: y_{rows} = {' + '.join(terms)} + e_{rows}"
    for c, column in enumerate(model.coefficients):
        yield f"level 2: b{c}_{clusters} = {_coefficient(model, column)}"
    if effects := list(_random_effects(model)):
        yield f"random effects: {', '.join(effects)}"
    yield f"residuals: {'; '.join(_residuals(model))}"
    drawn = "once, the same in every replication" if fixed else "in every replication"
    if predictors := list(_predictors(model)):
        yield f"predictors: {', '.join(predictors)}, drawn {drawn}"
    if given := [q for q in model.quantities if q.given]:
        yield f"given: {', '.join(_given(model, q) for q in given)}"
    if others := list(_correlations(model)):
        yield f"correlations (Gaussian copula, solved for them): {', '.join(others)}"
    for level, size in enumerate(model.sizes, 1):
        if not isinstance(size, int):
            yield f"sizes of clusters{f' of level {level + 1}' if len(model.sizes) > 1 else ''}: {size.meaning()}"
    if model.alone:
        yield f"clusters of one row: the last {model.alone}"


def _subscript(model: Model, level: int) -> str:
    return _LETTERS[level : len(model.sizes) + 1]


def _predictor(model: Model, column: str) -> str:
    """A column of level 1; nothing for the intercept."""
    levels = [q.level for q in model.parts_of(column)]
    return f"{column}_{_subscript(model, min(levels))}" if column else ""


def _named(model: Model, q: Quantity) -> str:
    return f"{q.name}_{_subscript(model, q.level)}"


def _coefficient(model: Model, column: str) -> str:
    """What a coefficient of level 1 is, in symbols and, where these have numbers, in numbers."""
    symbols, numbers = [], []
    if column in model.gammas:
        symbols.append(model.gammas[column])
        numbers.append(plain_text(model.coefficients[column]))
    for add in sorted((add for add in model.adds if add.to == column), key=lambda add: not add.symbol):
        what = _added(model, add)
        symbols.append(f"{add.symbol} {what}".strip())
        numbers.append(f"{plain_text(add.weight)} {what}" if add.symbol else what)
    in_symbols, in_numbers = (" + ".join(words).replace("+ -", "- ") or "0" for words in (symbols, numbers))
    return in_symbols if in_symbols == in_numbers else f"{in_symbols} = {in_numbers}"


def _added(model: Model, add: Add) -> str:
    if add.mean:
        return f"mean({add.what})_{_subscript(model, 1)}"
    level = next((q.level for q in model.quantities if add.what in {q.name, q.column}), 1)
    return f"{add.what}_{_subscript(model, level)}"


def _random_effects(model: Model) -> Iterator[str]:
    """The effects of each level: together if they have a covariance, else one by one."""
    named = {add.what for add in model.adds}
    effects = [q for q in model.quantities if q.name in named and not q.column]
    for level in dict.fromkeys(q.level for q in effects):
        of_level = [q for q in effects if q.level == level]
        pairs = [(a.name, b.name) for a in of_level for b in of_level if a.name != b.name]
        if any(pair in model.covariances for pair in pairs):
            yield _jointly(model, of_level)
        else:
            yield ", ".join(_distributed(model, q) for q in of_level) + (", independent" if len(of_level) > 1 else "")


def _jointly(model: Model, effects: list[Quantity]) -> str:
    def entry(one: Quantity, other: Quantity) -> tuple[str, str]:
        if one.name == other.name:
            return _variance(model, one)
        pair = (one.name, other.name) if (one.name, other.name) in model.covariances else (other.name, one.name)
        return model.symbols.get(pair, "0"), plain_text(model.covariances.get(pair, 0.0))

    matrices = ("; ".join(", ".join(entry(a, b)[k] for b in effects) for a in effects) for k in (0, 1))
    names, matrix = ", ".join(_named(model, q) for q in effects), " = ".join(f"[{entries}]" for entries in matrices)
    law = _law(effects[0])
    if law == "N":
        return f"({names}) ~ N(0, {matrix})"
    return f"({names}) ~ {law}, mean 0, covariance matrix {matrix} (Gaussian copula, solved for it)"


def _variance(model: Model, q: Quantity) -> tuple[str, str]:
    """Its symbol and its number; what is given to the last bit is shown, not the square of a root of it."""
    exact = model.covariances.get((q.name, q.name), float(f"{q.sd**2:.6g}"))
    return model.symbols.get(q.name, ""), plain_text(exact)


def _distributed(model: Model, q: Quantity) -> str:
    symbol, number = _variance(model, q)
    variance = f"{symbol} = {number}" if symbol else number
    law = _law(q)
    return f"{_named(model, q)} ~ " + (f"N(0, {variance})" if law == "N" else f"{law}, mean 0, variance {variance}")


def _law(q: Quantity) -> str:
    return q.law or "N"


def _residuals(model: Model) -> Iterator[str]:
    yield _distributed(model, model.quantities[-1])
    if model.variance != Constant():
        yield f"variance {model.variance.meaning()}"
    if model.correlation != Independent():
        yield model.correlation.meaning()


def _predictors(model: Model) -> Iterator[str]:
    drawn = (q for q in model.quantities if q.column and not q.given and not q.of)
    for q in sorted(drawn, key=lambda q: model.columns.index(q.column)):
        parts = model.parts_of(q.column)
        whole = f" (part of {q.column})" if len(parts) > 1 else ""
        if q.coded:
            yield f"{_named(model, q)} ~ {q.law}{whole}"
        elif q.law:
            yield f"{_named(model, q)} ~ {q.law}, mean 0, SD {_sd(model, q)}{whole}"
        else:
            sd = _sd(model, q)
            squared = " = ".join(f"{part}^2" for part in sd.split(" = "))
            yield f"{_named(model, q)} ~ N(0, {squared}){whole}"


def _sd(model: Model, q: Quantity) -> str:
    number = plain_text(float(f"{q.sd:.6g}"))
    alone = len(model.parts_of(q.column)) == 1
    return f"{model.symbols[q.name]} = {number}" if q.name in model.symbols and alone else number


def _given(model: Model, q: Quantity) -> str:
    """The values of a quantity that is given; those in long runs by how often each comes."""
    runs = [(plain_text(value), len(list(run))) for value, run in groupby(q.given)]
    if len(runs) <= _RUNS < len(q.given):
        return f"{_named(model, q)} = {', '.join(f'{value} ({count} times)' for value, count in runs)}"
    values = ", ".join(plain_text(value) for value in q.given[:_FEW]) + (", ..." if len(q.given) > _FEW else "")
    return f"{_named(model, q)} = {values} in turn"


def _correlations(model: Model) -> Iterator[str]:
    named = {q.name: q for q in model.quantities}
    effects = {add.what for add in model.adds}
    for (one, other), covariance in model.covariances.items():
        a, b = named[one], named[other]
        if one == other or (
            one in effects and other in effects and not a.column and not b.column and a.level == b.level
        ):
            continue
        symbol = f"{model.symbols[one, other]} = " if (one, other) in model.symbols else ""
        yield f"{_named(model, a)} and {_named(model, b)} {symbol}{covariance / (a.spread * b.spread):.6g}"

"""From a mixed model in words to the numbers that the kernel takes."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from mcsim.kernels.recipe import FIRST_ROW, HELD, MEAN, OWN, QUANTITY, Recipe
from mcsim.mechanisms.composition.joint import pair, semidefinite_cholesky
from mcsim.mechanisms.composition.model import Model
from mcsim.mechanisms.composition.quantities import INTERCEPT, Add, Quantity
from mcsim.model import Floats

Integers = npt.NDArray[np.int64]

_NEGATIVE = 1e-9  # an eigenvalue of a correlation matrix no further below 0 is rounding


def recipe(model: Model, held: Sequence[str]) -> Recipe:
    """The recipe of a replication.

    Parameters
    ----------
    model : Model
        The model.
    held : sequence of str
        The columns that are held fixed; what they are made from is not drawn.
    """
    kept = [q for q in model.quantities if not (q.column and q.column in held)]
    own = [column for column in model.columns if column not in held]
    place = {q.name: a for a, q in enumerate(kept)}
    columns = _used(model)
    slot = {INTERCEPT: 0, **{column: c for c, column in enumerate(columns, 1)}}
    shapes = [q.shape for q in kept if q.shape is not None]
    firsts = np.cumsum([0, *(shape.numbers.size for shape in shapes)])
    spreads = model.variance.spreads(model.parts_of(model.variance.column()))
    return Recipe(
        quantities=_quantities(kept, own),
        given=_given(kept),
        factor=factor(model, kept),
        affine=np.array([q.affine for q in kept]),
        shapes=_table(((shape.kind, at, shape.pieces) for shape, at in zip(shapes, firsts, strict=False)), 3),
        numbers=np.concatenate([*(shape.numbers for shape in shapes), np.zeros(1)]),
        columns=_table(((HELD, held.index(c)) if c in held else (OWN, own.index(c)) for c in columns), 2),
        coefficients=np.array([model.coefficients.get(column, 0.0) for column in slot]),
        adds=_table((_added(add, slot, place) for add in model.adds), 3),
        weights=np.array([add.weight for add in model.adds], dtype=np.float64),
        spreads=_table(((s.kind, slot[s.on] if s.on in slot else place[s.on]) for s in spreads), 2),
        spread_numbers=np.array([s.numbers for s in spreads], dtype=np.float64).reshape(-1, 3),
        serial=model.correlation.serial(longest(model), model.times),
    )


def _quantities(kept: Sequence[Quantity], own: Sequence[str]) -> Integers:
    shapes = np.cumsum([q.shape is not None for q in kept]) - 1
    rows = (
        (
            q.level,
            not q.given and not q.of,
            shapes[a] if q.shape is not None else -1,
            own.index(q.column) if q.column and not q.hidden else -1,
            len(q.given),
        )
        for a, q in enumerate(kept)
    )
    return _table(rows, 5)


def _added(add: Add, slot: Mapping[str, int], place: Mapping[str, int]) -> tuple[int, int, int]:
    if add.what in slot:
        return slot[add.to], MEAN if add.mean else FIRST_ROW, slot[add.what]
    return slot[add.to], QUANTITY, place[add.what]


def longest(model: Model) -> int:
    """The largest number of rows that an innermost cluster may have."""
    size = model.sizes[0]
    return size if isinstance(size, int) else size.longest()


def factor(model: Model, kept: Sequence[Quantity]) -> Floats:
    """The lower triangle that mixes standard normals, (k, k); the SD of a quantity that is not bent is in it."""
    place = {q.name: a for a, q in enumerate(kept)}
    found = semidefinite_cholesky(_covariances_of_normals(model, kept))
    for a, q in enumerate(kept):
        if q.of:
            found[a] = found[place[q.of]]
    return found


def faults(model: Model) -> list[str]:
    """Why quantities cannot have the covariances that the model states, one line each."""
    named, found = {q.name: q for q in model.quantities}, []
    for (one, other), covariance in model.covariances.items():
        a, b = named[one], named[other]
        if one == other or (a.shape is None and b.shape is None) or not a.spread * b.spread > 0:
            continue
        correlation, reach = covariance / (a.spread * b.spread), pair(a.shape, b.shape)
        if not reach.least - _NEGATIVE <= correlation <= reach.most + _NEGATIVE:
            found.append(
                f"{model.symbols.get((one, other), 'correlation')} of {one} and {other}: given a correlation of "
                f"{correlation:.4g}; allowed with these distributions: "
                f"{reach.least:.4g} to {reach.most:.4g}"
            )
    if found or sum(one != other for one, other in model.covariances) < 2:
        return found  # one correlation that is within reach is possible
    matrix = _covariances_of_normals(model, model.quantities)
    scale = np.sqrt(np.where(np.diag(matrix) > 0, np.diag(matrix), 1.0))
    smallest = float(np.linalg.eigvalsh(matrix / np.outer(scale, scale))[0])
    if smallest >= -_NEGATIVE:
        return []
    names = ", ".join(dict.fromkeys(name for both in model.covariances for name in both))
    fault = (
        f"correlations of {names}: they cannot hold together, a matrix that is not positive semi-definite (smallest "
        f"eigenvalue {smallest:.4g}); allowed: smaller ones"
    )
    return [fault]


def _covariances_of_normals(model: Model, kept: Sequence[Quantity]) -> Floats:
    """Of normals that are not bent in the units of their quantities, of others standardised."""
    place = {q.name: a for a, q in enumerate(kept)}
    matrix = np.diag([1.0 if q.shape is not None or q.given else q.sd**2 for q in kept])
    for (one, other), covariance in model.covariances.items():
        if one in place and other in place:
            a, b = place[one], place[other]
            matrix[a, b] = matrix[b, a] = _of_normals(kept[a], kept[b], covariance)
    return matrix


def _of_normals(one: Quantity, other: Quantity, covariance: float) -> float:
    if one.shape is None and other.shape is None:
        return covariance
    if one == other:
        return 1.0
    size = one.spread * other.spread
    if size == 0:
        return 0.0
    reach = pair(one.shape, other.shape)
    correlation = reach.normal(min(max(covariance / size, reach.least), reach.most))
    return correlation * float(np.prod([q.sd for q in (one, other) if q.shape is None]))


def _used(model: Model) -> list[str]:
    """The columns that something refers to."""
    named = {*model.coefficients, *(add.to for add in model.adds), *(add.what for add in model.adds)}
    return [column for column in model.columns if column in named or column == model.variance.column()]


def _given(kept: Sequence[Quantity]) -> Floats:
    values = np.zeros((len(kept), max(1, *(len(q.given) for q in kept))))
    for row, q in zip(values, kept, strict=True):
        row[: len(q.given)] = q.given
    return values


def _table(rows: Iterable[Sequence[int]], width: int) -> Integers:
    return np.array(list(rows), dtype=np.int64).reshape(-1, width)

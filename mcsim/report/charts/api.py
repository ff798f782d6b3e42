"""A chart of a study from its results, for Python and the command line."""

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from mcsim.errors import ParameterError, ResultsError
from mcsim.parameters import shown
from mcsim.report.charts import chart_of
from mcsim.report.charts.levels import level_texts
from mcsim.report.charts.request import Request, unknown
from mcsim.report.charts.tables import Tables, tables_of
from mcsim.rounding import word
from mcsim.standing import as_run, has_results
from mcsim.store import Store
from mcsim.study import Study

if TYPE_CHECKING:
    from mcsim.report.charts.style import AnyChart

Names = str | Iterable[str]


class Asked(TypedDict, total=False):
    """What a chart is to show: the words of `mcsim chart`."""

    measure: Names
    estimand: Names
    method: Names
    x: str | None
    row: str | None
    column: str | None
    where: Mapping[str, Any]
    power: float
    replications: int | None


_MANY = {"measure": "measures", "estimand": "estimands", "method": "methods"}


def chart(
    study: Study, kind: str, *, results: Store | str | os.PathLike[str] = "results", **asked: Unpack[Asked]
) -> "AnyChart":
    """Draw a chart of what has been run; a notebook shows it, and ``chart.save`` writes it.

    Parameters
    ----------
    study : Study
        As it was run.
    kind : str
        One of those that ``mcsim chart --help`` lists: ``"performance"``, ``"zip_plot"``...
    results : path or Store
        The folder that holds the results of all studies, or a store.
    **asked
        What to show; the chart chooses what is left open. `measure`, `estimand` and `method`: one name, or several.
        `x`, `row`, `column`: the factors on the horizontal axis and in rows and columns of panels. `where`: a mapping
        from a factor to the level, or levels, to keep. `power`: the power to reach (.8). `replications`: only the
        first so many (those of the last run).

    Returns
    -------
    altair chart
        With its data.

    Raises
    ------
    ParameterError
        If there is no such kind, the study has no such name, or nothing can be drawn; it names every fault.
    ResultsError
        If nothing has been run, or the results belong to another seed.
    """
    faults = list(unknown("word", list(asked), list(Asked.__annotations__)))
    if not isinstance(study, Study):
        faults.append(f"study: given {shown(study)}; allowed: a Study, as mcsim.load_study gives")
    if faults:
        raise ParameterError("chart", faults)
    store = results if isinstance(results, Store) else Store(results, study.name)
    study = as_run(study, store, asked.get("replications"))
    if not has_results(study, store):
        raise ResultsError(f"{store.path} has no results of this study yet; mcsim.run(study) makes them")
    tables = tables_of(study, store)
    return chart_of(tables, kind, _request(tables, asked))


def _request(tables: Tables, asked: Mapping[str, Any]) -> Request:
    given = {name: value for name, value in asked.items() if name != "replications"}
    for name, attribute in _MANY.items():
        if name in given:
            given[attribute] = _several(given.pop(name))
    given["where"] = {name: _levels(tables, name, levels) for name, levels in given.get("where", {}).items()}
    return Request(**given)


def _levels(tables: Tables, factor: str, given: Any) -> tuple[str, ...]:
    """Levels as their texts, whether they are given as values, as texts, or as texts with commas between them."""
    texts = level_texts(values.get(factor) for values in tables.factors.values())
    found: list[str] = []
    for level in _several(given):
        if isinstance(level, str):
            found += [level] if level in texts.values() else level.split(",")
        else:
            found.append(texts.get(level, word(level)))
    return tuple(found)


def _several(given: Any) -> tuple[Any, ...]:
    """One or several, as several."""
    return tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else (given,)

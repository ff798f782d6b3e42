"""Stored results as pandas tables, for a notebook: without the study's file, and read when they are asked for."""

import os
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mcsim.errors import ParameterError, ResultsError
from mcsim.facts import listed
from mcsim.markup import html_paragraphs, html_section, html_table
from mcsim.measures import MEASURES
from mcsim.model import QUANTITIES, Status
from mcsim.outcome import size_text
from mcsim.parameters import nearest, shown
from mcsim.standing import standings, together
from mcsim.store import Record, Store, absolute
from mcsim.store.finding import stores_in

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.performance.table import PerformanceTable

_COLUMNS = ("rep", "method", "estimand", *QUANTITIES, "status", "note")
_WORDS = ("method", "estimand", "status", "note")
_OWN = ("study", "condition", "mechanism")

Chosen = Collection[Any] | str | float | None
"""One value or several."""


class Results:
    """The results of one study as tables; see `load`.

    Parameters
    ----------
    store : Store
        Where they lie.
    record : Record
        The plan that they follow.
    """

    def __init__(self, store: Store, record: Record) -> None:
        self._store = store
        self.record = record

    @property
    def name(self) -> str:
        """The name of the study."""
        return self.record.name

    @property
    def methods(self) -> dict[str, str]:
        """Every method with its options, by label."""
        return {label: method["method"] for label, method in self.record.methods.items()}

    @property
    def versions(self) -> dict[str, str]:
        """The versions of the first run; `record.provenance` has those of later ones too."""
        return dict(self.record.provenance[0]["versions"])

    @cached_property
    def conditions(self) -> "pd.DataFrame":
        """One row per condition: condition (its key), mechanism, and a typed column for each factor."""
        return self._store.conditions().drop(columns="study").astype({"mechanism": "category"})

    @cached_property
    def performance(self) -> "PerformanceTable":
        """The stored performance table: one row per condition, method, estimand and measure, with the factors.

        A `UserWarning` says so if it was not computed from the estimates that are there now.

        Raises
        ------
        ResultsError
            If there is none, as while the first run is under way.
        """
        from mcsim.performance.table import PerformanceTable

        kept = self._store.arrangement(self.record.conditions, [m["key"] for m in self.record.methods.values()]).kept
        frame = self._store.performance()
        orders = {"condition": self.record.conditions, "method": self.record.methods, "measure": MEASURES}
        types = {
            name: _word_type(frame[name], orders.get(name, ())) for name in (*orders, "estimand", "study", "mechanism")
        }
        if self._store.has_performance(kept):
            types |= {str(name): dtype for name, dtype in self.conditions.dtypes.items() if name not in _OWN}
        else:
            said = f"the performance table of {self.name} is not of all estimates that are there now"
            warnings.warn(f"{said}; {self._collect}", stacklevel=3)
        return PerformanceTable(frame.astype(types).sort_values("measure", kind="stable", ignore_index=True))

    @property
    def _collect(self) -> str:
        return f"`mcsim collect {self.record.file}` brings it up to date" if self.record.file else "run the study again"

    def estimates(
        self,
        *,
        condition: Chosen = None,
        method: Chosen = None,
        estimand: Chosen = None,
        columns: Chosen = None,
        **factors: Chosen,
    ) -> "pd.DataFrame":
        """The estimates, one row per condition, replication, method and estimand; only what is asked for is read.

        Parameters
        ----------
        condition : str or collection of str, optional
            Keys of conditions; all by default, as for the others.
        method, estimand : str or collection of str, optional
            Labels of methods, names of estimands.
        columns : str or collection of str, optional
            Those to read beside condition.
        **factors : value or collection of values
            Levels of factors, such as ``n_clusters=[10, 20]``; ``slope_variance=None`` where the factor is absent.

        Returns
        -------
        DataFrame
            condition, method, estimand and status are categorical. What has not been run has no rows.

        Raises
        ------
        ParameterError
            If a name or a level does not exist; it says which there are.
        StorageError
            If a file is damaged.
        """
        faults = [
            *_unknown("condition", condition, list(self.record.conditions)),
            *_unknown("method", method, list(self.methods)),
            *_unknown("columns", columns, _COLUMNS),
            *self._unknown_levels(factors),
        ]
        if faults:
            raise ParameterError("estimates", faults)
        keys = [key for key in self._having(factors) if condition is None or key in _several(condition)]
        labels = list(self.methods) if method is None else _several(method)
        self._check_estimands(keys, labels, estimand)
        wanted = None if estimand is None else [str(name) for name in _several(estimand)]
        read = list(_COLUMNS) if columns is None else [str(name) for name in _several(columns)]
        parts = [
            self._store.read_estimates(
                key, self.record.replications, columns=read, method=label, estimands=wanted
            ).assign(condition=key)
            for key in keys or [""]
            for label in labels
        ]
        return _joined(parts, ["condition", *read])

    def _check_estimands(self, keys: Collection[str], labels: Collection[str], estimand: Chosen) -> None:
        """Refuse an estimand that no method reports under these conditions, as far as they have been run."""
        if estimand is None:
            return
        known: dict[str, None] = {}
        for key in keys:
            for label in labels:
                rows = self._store.read_estimates(key, 1, columns=["estimand"], method=label)
                known |= dict.fromkeys(rows["estimand"])
        if known and (faults := list(_unknown("estimand", estimand, known))):
            raise ParameterError("estimates", faults)

    def _unknown_levels(self, factors: Mapping[str, Chosen]) -> Iterator[str]:
        names = [name for name in self.conditions.columns if name not in _OWN]
        for name, given in factors.items():
            if name not in names:
                yield f"{name} is not a factor{nearest(name, names)} (there are {', '.join(names)})"
                continue
            levels = [_level(value) for value in self.conditions[name].drop_duplicates()]
            for value in _several(given):
                if value not in levels:
                    yield f"{name}: given {shown(value)}; allowed: {listed(levels)}"

    def _having(self, factors: Mapping[str, Chosen]) -> list[str]:
        """The conditions with these levels."""
        frame = self.conditions
        for name, given in factors.items():
            wanted = _several(given)
            frame = frame[[_level(value) in wanted for value in frame[name]]]
        return list(frame["condition"])

    def __repr__(self) -> str:
        return f"Results of {self.name}: {self._size}"

    @property
    def _size(self) -> str:
        return size_text(len(self.record.conditions), self.record.replications, len(self.methods))

    def _repr_html_(self) -> str:
        """The facts, and how far the run is, for a notebook."""
        total = together("all", standings(self._store, self.record)[0])
        facts = [
            ("size", self._size),
            ("fits", f"{total.done:,}" + (f"; {total.missing:,} are missing" if total.missing else "")),
            ("seed", self.record.seed),
            ("methods", ", ".join(f"{label}: {options}" for label, options in self.methods.items())),
            ("versions", ", ".join(f"{name} {version}" for name, version in self.versions.items())),
            ("tables", "conditions, performance, estimates()"),
        ]
        return html_section(f"Results of {self.name}", html_paragraphs(self.record.aims), html_table((), facts))


def load(results: str | os.PathLike[str]) -> Results:
    """The stored results of a study, without its file.

    Parameters
    ----------
    results : path or str
        The study's folder, such as ``results/article``, or a URI; or a folder that holds the results of one study only.

    Returns
    -------
    Results
        With `conditions`, `performance` and `estimates()` as pandas tables, and `record`: name, seed, replications.

    Raises
    ------
    ResultsError
        If there are no results, or those of several studies, whose names it says.
    """
    where = str(absolute(results))
    store = Store.at(where)
    store.place.check()
    record = store.record()
    if record is not None:
        return Results(store, record)
    within = list(stores_in(where))
    if not within:
        close = nearest(store.name, [other.name for other, _ in stores_in(store.root)])
        raise ResultsError(f"{results} holds no results{close}; allowed: the folder of a study that has been run")
    if len(within) > 1:
        names = ", ".join(sorted(store.name for store, _ in within))
        raise ResultsError(f"{results} holds results of several studies; allowed: the folder of one of them ({names})")
    return Results(*within[0])


def _joined(parts: "Sequence[pd.DataFrame]", columns: Sequence[str]) -> "pd.DataFrame":
    """The rows of all parts; words are categorical over all of them, in order of appearance."""
    import pandas as pd

    orders = {"status": [status.label for status in Status]}
    words = [name for name in ("condition", *_WORDS) if name in columns]
    found = {name: [word for part in parts for word in part[name].dropna().unique()] for name in words}
    types = {name: _word_type(found[name], orders.get(name, ())) for name in words}
    return pd.concat([part.astype(types) for part in parts], ignore_index=True)[list(columns)]


def _word_type(values: Iterable[str], order: Collection[str] = ()) -> "pd.CategoricalDtype":
    """The type of a column of words: those of the order that occur, then the others as they appear."""
    import pandas as pd

    found = dict.fromkeys(values)
    return pd.CategoricalDtype([*(word for word in order if word in found), *(w for w in found if w not in order)])


def _unknown(what: str, given: Chosen, known: Collection[str]) -> Iterator[str]:
    """A fault for each name that does not exist."""
    for name in [] if given is None else _several(given):
        if name not in known:
            close = nearest(str(name), known)
            yield f"{what}: given {shown(name)}{close}; allowed: {listed(list(known))}"


def _several(given: Chosen) -> list[Any]:
    return list(given) if isinstance(given, Collection) and not isinstance(given, str) else [given]


def _level(value: Any) -> Any:
    """A level as it is given: None where the factor is absent."""
    import pandas as pd

    return None if pd.isna(value) else value

"""The report of a study, written."""

import os
import shlex
from pathlib import Path

from mcsim.errors import ParameterError, ResultsError
from mcsim.report.ademp import ademp_of, evidence_from
from mcsim.report.charts.request import POWER
from mcsim.report.charts.tables import tables_of
from mcsim.report.page import rendered
from mcsim.report.page.attention import most_failing, slowest
from mcsim.report.page.content import content_of
from mcsim.report.page.sections import Findings, sections_of
from mcsim.standing import as_run, has_results, standings, together
from mcsim.store import Record, Store
from mcsim.store.exporting import check_target
from mcsim.store.local import whole_file
from mcsim.study import Study


def write_report(
    study: Study,
    results: Store | str | os.PathLike[str] = "results",
    *,
    out: str | os.PathLike[str] | None = None,
    power: float = POWER,
) -> Path:
    """Write the report of what has been run: one HTML file with charts, tables and the facts of the study.

    Parameters
    ----------
    study : Study
        As it was run.
    results : path or Store, optional
        The folder that holds the results of all studies, or a store.
    out : path, optional
        The file; by default ``report.html`` in the folder of the study's results, or ``<study>-report.html`` here where
        they lie on an object store.
    power : float, optional
        The power to reach, above 0 and below 1.

    Returns
    -------
    Path
        The file, which is there whole or not at all.

    Raises
    ------
    ParameterError
        If the power is impossible.
    ResultsError
        If nothing has been run, the results belong to another seed, or the file cannot be one.
    StorageError
        If a file is damaged, or the report cannot be written.
    """
    if not 0 < power < 1:
        raise ParameterError("report", [f"power: given {power:g}; allowed: a number above 0, below 1"])
    store = results if isinstance(results, Store) else Store(results, study.name)
    record = store.check(study)
    if record is None or not has_results(study, store):
        raise ResultsError(f"{store.path} has no results of this study yet; mcsim.run(study) makes them")
    target = _target(store, study.name, out)
    text = _page(study, store, record, power)
    with whole_file(target) as stream:
        stream.write(text.encode())
    return target


def _target(store: Store, name: str, out: str | os.PathLike[str] | None) -> Path:
    if out is not None:
        return check_target(os.fspath(out), store, what="report", suffixes=(".html",), inside=True)
    return store.path / "report.html" if isinstance(store.path, Path) else Path(f"{name}-report.html")


def _page(study: Study, store: Store, record: Record, power: float) -> str:
    asked, study = study.replications, as_run(study, store)
    tables = tables_of(study, store)
    facts = ademp_of(study, evidence_from(study, store, record=record, tables=tables))
    words = _words(study, store)
    # How far the study is as it stands: a condition may have joined it since it was run.
    stands, unreadable = standings(store, Record.of(study, record.block_sizes, []))
    findings = Findings(
        total=together("all", stands),
        failing=most_failing(study, store, tables.statuses, words),
        slowest=slowest(study, stands, words),
        remarks=[*unreadable, *_more_asked(asked, record)],
    )
    content = content_of(tables, study.name, command=words, power=power)
    sections = sections_of(facts, findings)
    more = {"run": shlex.join(["mcsim", "run", *words]), "means": _means(content["means"], store)}
    return rendered({**sections, **more}, content)


def _more_asked(asked: int, record: Record) -> list[str]:
    """That the study asks for more replications than were last run, if it does."""
    if asked <= record.replications:
        return []
    return [f"The study asks for {asked:,} replications of each condition; {record.replications:,} were run"]


def _words(study: Study, store: Store) -> list[str]:
    """The study and its results as they stand on a command line given where this one was."""
    file = study.source or Path(f"{study.name}.py")
    root = store.path.parent if isinstance(store.path, Path) else str(store.path).rpartition("/")[0]
    given = [] if root == Path("results").absolute() or root == Path("results") else ["--results", _short(root)]
    return [_short(file), *given]


def _short(path: Path | str) -> str:
    """A path below the working folder without that folder."""
    if isinstance(path, Path) and path.is_absolute() and path.is_relative_to(Path.cwd()):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def _means(means: bool, store: Store) -> str:
    if not means:
        return ""
    return (
        "The performance table has too many rows for a page. Shown are means over all conditions with one level of a "
        f"factor; every figure is in {store.path}/performance, and mcsim chart draws any of them."
    )

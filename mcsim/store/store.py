"""The results of one study on disk."""

import contextlib
import dataclasses
import hashlib
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import mcsim
from mcsim.errors import ResultsError, StorageError
from mcsim.measures import MEASURES
from mcsim.model import Estimates
from mcsim.store import files, layout
from mcsim.store.layout import Arrangement, BlockName, Inventory
from mcsim.store.performance_files import PerformanceFiles
from mcsim.store.record import Record, read_record
from mcsim.study import Study

if TYPE_CHECKING:
    import pandas as pd

_ATTEMPTS = 5


class Store:
    """The results of one study: the only thing that knows how they lie on disk.

    Parameters
    ----------
    root : path
        The folder that holds the results of all studies.
    name : str
        The study's.
    """

    def __init__(self, root: Path | str, name: str) -> None:
        self.root = Path(root)
        self.name = name
        self.path = self.root / name
        self._estimates = self.path / layout.ESTIMATES
        self._retired = self.path / layout.RETIRED
        self._performance = PerformanceFiles(self.path / layout.PERFORMANCE)
        self._record: Record | None = None

    # Before a run

    def record(self) -> Record | None:
        """The plan of the last run; None if there has been none.

        Raises
        ------
        ResultsError
            If it is damaged, or lost while there are estimates.
        """
        if self._record is not None:
            return self._record
        self._record = record = read_record(self.path / layout.RECORD)
        if record is None and layout.scan(self._estimates):
            raise ResultsError(
                f"{self.path} holds estimates but no {layout.RECORD}, so nobody knows their seed; "
                "put back a copy of it, or move the folder away to start over"
            )
        return record

    def check(self, study: Study) -> Record | None:
        """The record, if the folder is one that this study may use.

        Raises
        ------
        ResultsError
            If it is not a folder, is damaged, or belongs to another seed.
        """
        for folder in (self.root, self.path):
            if folder.exists() and not folder.is_dir():
                raise ResultsError(f"the results folder {folder} is a file; give a folder")
        record = self.record()
        if record is not None and record.seed != study.seed:
            raise ResultsError(
                f"{self.path} holds results of seed {record.seed}, but the study has seed {study.seed}; a results "
                "folder belongs to one seed: take the former seed, or another --results folder or name="
            )
        return record

    def begin(self, study: Study, record: Record) -> None:
        """Make the folder, see that it can be written to, and write down the plan.

        Raises
        ------
        ResultsError
            If the folder cannot be used; nothing has been simulated yet.
        """
        from mcsim.store.factors import conditions_table
        from mcsim.store.parquet import write_plain

        self.check(study)
        conditions = self.path / layout.CONDITIONS
        try:
            self._estimates.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._estimates):
                pass
            if self._record != record or not conditions.exists():
                record.write(self.path / layout.RECORD)
                table = conditions_table(study)
                files.write_atomically(conditions, lambda stream: write_plain(stream, table))
        except OSError as error:
            raise ResultsError(f"cannot write to the results folder {self.path}: {error.strerror}") from error
        except StorageError as error:
            raise ResultsError(str(error)) from error
        self._record = record

    # Block files

    def arrangement(self, conditions: Collection[str], methods: Collection[str]) -> Arrangement:
        """Which block files make up the study with these keys, from the names of the files alone."""
        with files.storage_errors("list", self.path):
            live, retired = layout.scan(self._estimates), layout.scan(self._retired)
        return layout.arrange(set(conditions), set(methods), live, retired)

    def tidy(self, study: Study) -> Arrangement:
        """Move what no longer belongs to the study to retired/, and back what belongs again.

        Returns
        -------
        Arrangement
            What moved; `kept` is now what the folder holds.
        """
        arrangement = self.arrangement(study.conditions, study.method_keys.values())
        for name in arrangement.retire:
            files.move(name.under(self._estimates), name.under(self._retired))
        for name in arrangement.restore:
            files.move(name.under(self._retired), name.under(self._estimates))
        for condition in {name.condition for name in arrangement.retire}:
            with contextlib.suppress(OSError):  # still in use: by stray files, or another runner
                (self._estimates / f"condition={condition}").rmdir()
        return arrangement

    def remove_leftovers(self, conditions: Iterable[str]) -> None:
        """Remove what killed processes left half written, at the top and under the given conditions."""
        for folder in (self.path, *(self._estimates / f"condition={condition}" for condition in conditions)):
            files.remove_leftovers(folder)

    def write_block(self, study: Study, name: BlockName, estimates: Estimates, *, label: str, seconds: float) -> None:
        """Publish the estimates of a block, all of them or none.

        Parameters
        ----------
        study : Study
            Whose they are.
        name : BlockName
            Which they are.
        estimates : Estimates
            As many replications as the name says.
        label : str
            The method's.
        seconds : float
            What they cost, for the file's metadata.

        Raises
        ------
        StorageError
            If that fails.
        """
        from mcsim.store import parquet, schema

        identity = {**_identity(study.seed, name), "study": study.name, "label": label, "mcsim": mcsim.__version__}
        facts = schema.facts_of(estimates, identity, seconds)
        table = schema.estimates_table(estimates, label, name.span.first)
        path = name.under(self._estimates)
        files.write_atomically(path, lambda stream: parquet.write_estimates(stream, table, facts))

    def read_estimates(
        self,
        condition: str,
        replications: int | None = None,
        *,
        columns: list[str] | None = None,
        method: str | None = None,
        estimands: Collection[str] | None = None,
    ) -> "pd.DataFrame":
        """The estimates of one condition, by the methods of the last run.

        Parameters
        ----------
        condition : str
            Its key.
        replications : int, optional
            Only the first so many; all by default.
        columns : list of str, optional
            Those to read; all by default.
        method : str, optional
            The label of the only method to read; all by default.
        estimands : collection of str, optional
            Those to read; all by default.

        Returns
        -------
        pandas.DataFrame
            By method, replication and estimand; words are categorical. Empty if the condition has not been run.

        Raises
        ------
        StorageError
            If a file is damaged.
        """
        from mcsim.store.parquet import Wanted, read_estimates

        limit = sys.maxsize if replications is None else replications
        for attempt in range(_ATTEMPTS):
            try:
                return read_estimates(self._blocks(condition, limit, method), Wanted(limit, columns, estimands))
            except FileNotFoundError as error:  # another runner tidied up between listing and reading
                if attempt == _ATTEMPTS - 1:
                    raise StorageError(f"cannot read {error.filename}: it is gone") from error
        raise AssertionError

    def _blocks(self, condition: str, replications: int, label: str | None) -> dict[str, dict[str, str | int]]:
        """The files to read for a condition, and what each must say of itself."""
        record = self.record()
        if record is None:
            return {}
        held = layout.spans_in(self._estimates, condition)
        names = [
            BlockName(condition, method["key"], span)
            for name, method in record.methods.items()
            if label in (None, name)
            for span in layout.disjoint(held.get(method["key"], ()))
            if span.first < replications
        ]
        return {str(name.under(self._estimates)): _identity(record.seed, name) for name in names}

    def statuses(self, names: Iterable[BlockName], replications: int) -> dict[tuple[str, str], Counter[str]]:
        """How many of the first replications have a row of each status, by (condition key, method key)."""
        from mcsim.store.parquet import count_statuses

        record, counts = self.record(), dict[tuple[str, str], Counter[str]]()
        for name in names:
            if record is not None and name.span.first < replications:
                said = _identity(record.seed, name)
                with contextlib.suppress(FileNotFoundError):
                    found = count_statuses(str(name.under(self._estimates)), said, replications)
                    counts.setdefault((name.condition, name.method), Counter()).update(found)
        return counts

    # The performance table

    def has_performance(self, kept: Inventory) -> bool:
        """Whether the performance table was computed from these block files and the plan as it stands."""
        return self._performance.is_current(self._inputs(kept))

    def write_performance(self, study: Study, table: "pd.DataFrame", kept: Inventory) -> None:
        """Store the performance table, one folder a measure, with the factors of each condition.

        Parameters
        ----------
        study : Study
            Whose conditions give the factors.
        table : pandas.DataFrame
            Columns condition, method, estimand, measure, value, mcse, lower, upper, n_used, n_missing.
        kept : Inventory
            The block files that it was computed from.
        """
        self._performance.write(study, table, self._inputs(kept))

    def performance(self, measures: Collection[str] | None = None) -> "pd.DataFrame":
        """The stored performance table with its factors.

        Parameters
        ----------
        measures : collection of str, optional
            Those to read; all by default.

        Raises
        ------
        ResultsError
            If there is none.
        StorageError
            If a file is damaged.
        """
        return self._performance.read(measures)

    def _inputs(self, kept: Inventory) -> str:
        record = self.record()
        plan = dataclasses.asdict(record) if record else None
        files_of = {condition: dict(kept[condition]) for condition in sorted(kept)}
        content = json.dumps([plan, list(MEASURES), files_of], sort_keys=True)
        return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()


def _identity(seed: int, name: BlockName) -> dict[str, str | int]:
    """What a block file must say of itself to be the one that its name says."""
    condition, method, (first, last) = name
    return {"seed": seed, "condition": condition, "method": method, "first": first, "last": last}

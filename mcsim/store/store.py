"""The results of one study, wherever they lie."""

import hashlib
import json
import os
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import mcsim
from mcsim.errors import StorageError
from mcsim.measures import MEASURES
from mcsim.model import Estimates
from mcsim.store import layout
from mcsim.store.layout import Arrangement, BlockName, Facts, Inventory
from mcsim.store.performance_files import PerformanceFiles
from mcsim.store.study_folder import StudyFolder
from mcsim.study import Study

if TYPE_CHECKING:
    import pandas as pd

    from mcsim.store.blocks import Damage, Inspection

_ATTEMPTS = 5


class Store(StudyFolder):
    """The results of one study: the only thing that knows how they lie on disk.

    Parameters
    ----------
    root : path or str
        The folder that holds the results of all studies, or a URI such as ``s3://bucket/prefix``.
    name : str
        The study's.
    """

    def __init__(self, root: str | os.PathLike[str], name: str) -> None:
        super().__init__(root, name)
        self._performance = PerformanceFiles(self.place)

    # Block files

    def arrangement(self, conditions: Collection[str], methods: Collection[str]) -> Arrangement:
        """Which block files make up the study with these keys, from the names of the files alone."""
        live, retired = (layout.inventory(self.place.names(folder)) for folder in (layout.ESTIMATES, layout.RETIRED))
        return layout.arrange(set(conditions), set(methods), live, retired)

    def tidy(self, study: Study) -> Arrangement:
        """Move what no longer belongs to the study to retired/, and back what belongs again.

        Returns
        -------
        Arrangement
            What moved; `kept` is now what the folder holds.
        """
        return self.tidy_keys(study.conditions, study.method_keys.values())

    def tidy_keys(self, conditions: Collection[str], methods: Collection[str]) -> Arrangement:
        """As `tidy`, by the keys of conditions and methods."""
        arrangement = self.arrangement(conditions, methods)
        for name in arrangement.retire:
            self.place.move(name.under(layout.ESTIMATES), name.under(layout.RETIRED))
        for name in arrangement.restore:
            self.place.move(name.under(layout.RETIRED), name.under(layout.ESTIMATES))
        return arrangement

    def inspect(self, kept: Inventory, retired: Collection[BlockName] = ()) -> "Inspection":
        """Look at size and footer of block files; nothing is moved.

        Parameters
        ----------
        kept : Inventory
            Which.
        retired : collection of BlockName, optional
            Those of them that still lie in retired/.

        Returns
        -------
        Inspection
            The files that are what their names say, how many replications of them failed, and the damaged ones.
        """
        from mcsim.store.blocks import Inspection, inspect

        record = self.record()
        return Inspection({}, {}, ()) if record is None else inspect(self.place, kept, record.seed, retired)

    def set_aside(self, damaged: "Iterable[Damage]") -> list[str]:
        """Move damaged files to damaged/, where nobody reads them.

        Returns
        -------
        list of str
            What is wrong with each, and where it is now; a line for each file.
        """
        said = []
        there = set(self.place.names(layout.DAMAGED))
        for file, why in damaged:
            name, count = file.removeprefix(f"{layout.ESTIMATES}/").removeprefix(f"{layout.RETIRED}/"), 2
            target = name
            while target in there:
                target, count = f"{name}.{count}", count + 1
            there.add(target)
            self.place.move(file, f"{layout.DAMAGED}/{target}")
            said.append(f"{file}: {why}; moved to {self.place.where(f'{layout.DAMAGED}/{target}')}")
        return said

    def remove_leftovers(self) -> None:
        """Remove what killed processes of this machine left half written."""
        self.place.remove_leftovers()

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
        from mcsim.store import blocks, parquet, schema

        own = {"study": study.name, "label": label, "mcsim": mcsim.__version__}
        facts = schema.facts_of(estimates, {**blocks.identity(study.seed, name), **own}, seconds)
        table = schema.estimates_table(estimates, label, name.span.first)
        self.place.publish(name.under(layout.ESTIMATES), parquet.estimates_bytes(table, facts))

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
        from mcsim.store.blocks import Wanted, read_estimates

        limit = sys.maxsize if replications is None else replications
        wanted = Wanted(limit, columns, estimands)
        for attempt in range(_ATTEMPTS):
            try:
                return read_estimates(self.place, self._blocks(condition, limit, method), wanted)
            except FileNotFoundError as error:  # another runner tidied up between listing and reading
                if attempt == _ATTEMPTS - 1:
                    raise StorageError(f"cannot read {error.filename or error}: it is gone") from error
        raise AssertionError

    def _blocks(self, condition: str, replications: int, label: str | None) -> dict[str, dict[str, str | int]]:
        """The files to read for a condition, and what each must say of itself."""
        from mcsim.store.blocks import identity

        record = self.record()
        if record is None:
            return {}
        folder = f"condition={condition}"
        files = (f"{folder}/{name}" for name in self.place.names(f"{layout.ESTIMATES}/{folder}"))
        held = layout.inventory(files).get(condition, {})
        names = [
            BlockName(condition, method["key"], span)
            for name, method in record.methods.items()
            if label in (None, name)
            for span in layout.disjoint(held.get(method["key"], ()))
            if span.first < replications
        ]
        return {name.under(layout.ESTIMATES): identity(record.seed, name) for name in names}

    def statuses(
        self, names: Iterable[BlockName], replications: int, known: Mapping[BlockName, Facts] = MappingProxyType({})
    ) -> dict[tuple[str, str], Counter[str]]:
        """How many of the first replications have a row of each status, by (condition key, method key).

        Parameters
        ----------
        names : iterable of BlockName
            The blocks to count.
        replications : int
            Those from the first that count.
        known : mapping of BlockName to Facts, optional
            What blocks have said of themselves already; they are not asked again.
        """
        from mcsim.store.blocks import count_statuses, identity

        record, counts = self.record(), dict[tuple[str, str], Counter[str]]()
        for name in names:
            if record is not None and name.span.first < replications:
                if name in known and name.span.last <= replications:
                    found = Counter(known[name].replications)
                else:
                    said = identity(record.seed, name)
                    try:
                        found = count_statuses(self.place, name.under(layout.ESTIMATES), said, replications)
                    except FileNotFoundError:  # another runner has moved it
                        continue
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
        files_of = {condition: dict(kept[condition]) for condition in sorted(kept)}
        inputs: list[Any] = [record.plan() if record else None, mcsim.__version__, list(MEASURES), files_of]
        return hashlib.blake2b(json.dumps(inputs, sort_keys=True).encode(), digest_size=16).hexdigest()

"""The folder of a study's results: whether it can be used, and the plan in it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Self

from mcsim.errors import ResultsError, StorageError
from mcsim.store import layout
from mcsim.store.places import is_remote, local_path, place_of, split
from mcsim.store.record import LostRecordError, Record, read_record
from mcsim.study import Study

if TYPE_CHECKING:
    import pandas as pd


class StudyFolder:
    """The folder that holds the results of one study, and the plan that they follow.

    Parameters
    ----------
    root : path or str
        The folder that holds the results of all studies, or a URI such as ``s3://bucket/prefix``.
    name : str
        The study's.
    """

    def __init__(self, root: str | os.PathLike[str], name: str) -> None:
        self.root: Path | str = str(root) if is_remote(root) else local_path(root)
        self.name = name
        self.place = place_of(root, name)
        self._record: Record | None = None

    @classmethod
    def at(cls, folder: str) -> Self:
        """The results in a study's own folder, which the name of the study ends."""
        return cls(*split(folder))

    @property
    def path(self) -> Path | str:
        """The study's folder; elsewhere than on this machine, its address."""
        return self.place.where() if isinstance(self.root, str) else self.root / self.name

    def forget(self) -> None:
        """Read the plan anew when it is next asked for; another run may have changed it."""
        self._record = None

    def record(self) -> Record | None:
        """The plan of the last run; None if there has been none.

        Raises
        ------
        LostRecordError
            If it is damaged, or lost while there are estimates.
        ResultsError
            If it cannot be read.
        """
        if self._record is not None:
            return self._record
        self._record = record = read_record(self.place)
        if record is None and layout.inventory(self.place.names(layout.ESTIMATES)):
            raise LostRecordError(f"{self.path} holds estimates but no {layout.RECORD}")
        return record

    def check(self, study: Study) -> Record | None:
        """The record, if the folder is one that this study may use.

        Raises
        ------
        ResultsError
            If it is not a folder, is damaged, or belongs to another seed.
        """
        self.place.check()
        record = self.record()
        if record is not None and record.seed != study.seed:
            raise ResultsError(
                f"{self.path} holds results of seed {record.seed}, but the study has seed {study.seed}; a results "
                "folder belongs to one seed: take the former seed, or another --results folder or name="
            )
        return record

    def conditions(self) -> "pd.DataFrame":
        """The conditions of the last run: study, condition (its key), mechanism, and a typed column for each factor.

        Raises
        ------
        ResultsError
            If there has been none.
        StorageError
            If the file is damaged.
        """
        from mcsim.store.factors import read_conditions
        from mcsim.store.parquet import plain_rows

        where = self.place.where(layout.CONDITIONS)
        try:
            return read_conditions(plain_rows(self.place.read(layout.CONDITIONS), where), where)
        except FileNotFoundError as error:
            raise ResultsError(f"there is no {where}; run the study first") from error

    def begin(self, study: Study, record: Record, *, strict: bool = False) -> list[str]:
        """Make the folder, see that it can be written to, and write down the plan.

        Parameters
        ----------
        study : Study
            About to be run.
        record : Record
            Its plan, with the versions it is run under.
        strict : bool, optional
            Refuse to add rows to those of other versions.

        Returns
        -------
        list of str
            How the versions differ from those that the results have rows of; see `Record.differences`.

        Raises
        ------
        ResultsError
            If the folder cannot be used; nothing has been simulated yet.
        """
        from mcsim.store.factors import conditions_table
        from mcsim.store.parquet import plain_bytes

        before = self.check(study)
        differences = before.differences(record) if before else []
        if strict and differences:
            raise ResultsError(
                f"{self.path} has rows of other versions ({', '.join(differences)}); take those again, another "
                "--results folder, or go on without --strict: rows may differ in the last digits"
            )
        record = record.after(before)
        self.place.prepare()
        try:
            if before != record or not self.place.exists(layout.CONDITIONS):
                record.write(self.place)
                self.place.publish(layout.CONDITIONS, plain_bytes(conditions_table(study)))
        except StorageError as error:
            raise ResultsError(str(error)) from error
        self._record = record
        return differences

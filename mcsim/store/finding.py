"""The results that a study file has made, without loading it."""

import contextlib
import os
from pathlib import PurePath

from mcsim.errors import ResultsError
from mcsim.store.places import place_of
from mcsim.store.record import read_record
from mcsim.store.store import Store


def find_store(results: str | os.PathLike[str], study_file: str) -> Store | None:
    """The results of a study whose file has this name, as their records say; None if there are none.

    Parameters
    ----------
    results : path or str
        The folder that holds the results of all studies, or a URI.
    study_file : str
        The study's file.

    Raises
    ------
    ResultsError
        If the folder cannot be used, or the record in the folder of the file's name is damaged.
    """
    file = PurePath(study_file)
    root = place_of(results)
    root.check()
    own = Store(results, file.stem)
    record = read_record(own.place)
    if record is not None and record.file == file.name:
        return own
    for name in root.folders():
        with contextlib.suppress(ResultsError):  # damaged, but perhaps another study's
            other = Store(results, name)
            record = read_record(other.place)
            if record is not None and record.file == file.name:
                return other
    return None

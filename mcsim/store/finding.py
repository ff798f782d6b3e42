"""The results that a study file has made, without loading it."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import PurePath

from mcsim.errors import ResultsError
from mcsim.store.places import place_of
from mcsim.store.record import Record, read_record
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
    return next((other for other, record in stores_in(results) if record.file == file.name), None)


def stores_in(results: str | os.PathLike[str]) -> Iterator[tuple[Store, Record]]:
    """The results of every study in a folder of results, with their records; those with a damaged one left out.

    Parameters
    ----------
    results : path or str
        The folder that holds the results of all studies, or a URI.
    """
    for name in place_of(results).folders():
        record = None
        with contextlib.suppress(ResultsError):
            store = Store(results, name)
            record = read_record(store.place)
        if record is not None:
            yield store, record

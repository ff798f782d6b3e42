"""The performance table on disk: a folder a measure, and a mark that says what it was computed from."""

import contextlib
import json
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mcsim.errors import ResultsError
from mcsim.store import files
from mcsim.study import Study

if TYPE_CHECKING:
    import pandas as pd

_MARK = "_inputs.json"  # readers of the folder pass over names that begin with an underscore


class PerformanceFiles:
    """A folder with ``measure=<name>/part.parquet`` for each measure.

    Parameters
    ----------
    folder : Path
        Need not be there yet.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def is_current(self, inputs: str) -> bool:
        """Whether the table is there, whole, and was computed from these inputs."""
        try:
            mark = json.loads((self._folder / _MARK).read_bytes())
            return mark["inputs"] == inputs and all(self._file(measure).exists() for measure in mark["measures"])
        except (OSError, ValueError, KeyError, TypeError):
            return False  # it is computed again

    def write(self, study: Study, table: "pd.DataFrame", inputs: str) -> None:
        """Replace the table; killed on the way, it is known not to be current."""
        from mcsim.store.factors import performance_tables
        from mcsim.store.parquet import write_plain

        mark = self._folder / _MARK
        with files.storage_errors("remove", mark):
            mark.unlink(missing_ok=True)
        written = {}
        for measure, rows in performance_tables(study, table):
            written[measure] = self._file(measure)
            files.write_atomically(written[measure], partial(write_plain, table=rows))
        for path in set(self._files()) - set(written.values()):
            with files.storage_errors("remove", path):
                path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # a stray file lies in it
                path.parent.rmdir()
        files.write_json(mark, {"inputs": inputs, "measures": sorted(written)})

    def read(self, measures: Collection[str] | None) -> "pd.DataFrame":
        """The table of some measures, or all; see `Store.performance`."""
        from mcsim.store.factors import read_performance

        there = {path.parent.name.removeprefix("measure="): path for path in self._files()}
        wanted = [(name, path) for name, path in there.items() if measures is None or name in measures]
        if not wanted:
            raise ResultsError(f"{self._folder} holds no performance table; run the study first")
        return read_performance(wanted)

    def _file(self, measure: str) -> Path:
        return self._folder / f"measure={measure}" / "part.parquet"

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("measure=*/part.parquet"))

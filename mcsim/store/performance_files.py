"""The performance table on disk: a folder a measure, and a mark that says what it was computed from."""

import json
import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from mcsim.errors import ResultsError, StorageError
from mcsim.store.failpoints import passing
from mcsim.store.layout import PERFORMANCE
from mcsim.store.places import Place, each, write_json
from mcsim.study import Study

if TYPE_CHECKING:
    import pandas as pd

_MARK = f"{PERFORMANCE}/_inputs.json"  # readers of the folder pass over names that begin with an underscore
_PART = re.compile(r"measure=([^/]+)/part\.parquet")


class PerformanceFiles:
    """A folder with ``measure=<name>/part.parquet`` for each measure.

    Parameters
    ----------
    place : Place
        The study's folder.
    """

    def __init__(self, place: Place) -> None:
        self._place = place

    def files(self) -> dict[str, str]:
        """The file of each measure that there is, in order."""
        found = (_PART.fullmatch(name) for name in sorted(self._place.names(PERFORMANCE)))
        return {match[1]: f"{PERFORMANCE}/{match[0]}" for match in found if match}

    def is_current(self, inputs: str) -> bool:
        """Whether the table is there, whole, and was computed from these inputs."""
        try:
            mark = json.loads(self._place.read(_MARK))
            return mark["inputs"] == inputs and set(mark["measures"]) <= self.files().keys()
        except (OSError, StorageError, ValueError, LookupError, TypeError):
            return False  # it is computed again

    def write(self, study: Study, table: "pd.DataFrame", inputs: str) -> None:
        """Replace the table; killed on the way, it is known not to be current."""
        from mcsim.store.factors import performance_tables
        from mcsim.store.parquet import plain_bytes

        self._place.remove(_MARK)
        passing("performance-outdated")
        written = {}
        for measure, rows in performance_tables(study, table):
            written[measure] = f"{PERFORMANCE}/measure={measure}/part.parquet"
            self._place.publish(written[measure], plain_bytes(rows))
        for file in set(self.files().values()) - set(written.values()):
            self._place.remove(file)
        passing("performance-written")
        write_json(self._place, _MARK, {"inputs": inputs, "measures": sorted(written)})

    def read(self, measures: Collection[str] | None) -> "pd.DataFrame":
        """The table of some measures, or all; see `Store.performance`."""
        from mcsim.store.factors import read_performance
        from mcsim.store.parquet import plain_rows

        wanted = {name: file for name, file in self.files().items() if measures is None or name in measures}
        folder = self._place.where(PERFORMANCE)
        if not wanted:
            raise ResultsError(f"{folder} holds no performance table; run the study first")
        tables = each(
            self._place, lambda file: plain_rows(self._place.read(file), self._place.where(file)), wanted.values()
        )
        return read_performance(dict(zip(wanted, tables, strict=True)), folder)

"""Tables with the factors of conditions: a typed column for every factor, text where a level is no number."""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from mcsim.keys import factors
from mcsim.parameters import plain_text
from mcsim.store.parquet import damage
from mcsim.store.schema import PERFORMANCE_SCHEMA
from mcsim.study import Study

if TYPE_CHECKING:
    import pandas as pd

_OWN = {"study", "condition", "mechanism"}
_OF_PERFORMANCE = {"measure", *PERFORMANCE_SCHEMA.names}


def conditions_table(study: Study, beside: Collection[str] = _OF_PERFORMANCE) -> pa.Table:
    """One row per condition: study, condition (its key), mechanism, and its factors.

    A factor that a mechanism does not have, or that is absent, is null. One whose name another column has is called
    ``factor_<name>``.

    Parameters
    ----------
    study : Study
        Whose conditions they are.
    beside : collection of str, optional
        The columns that stand in one table with them: those of the performance table by default.
    """
    rows = [factors(mechanism) for mechanism in study.conditions.values()]
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns: dict[str, pa.Array] = {
        "study": pa.array([study.name] * len(rows), pa.string()),
        "condition": pa.array(list(study.conditions), pa.string()),
        "mechanism": pa.array([type(m).__name__ for m in study.conditions.values()], pa.string()),
    }
    for name in names:
        column = f"factor_{name}" if name in _OWN or name in beside else name
        columns[column] = _typed([row.get(name) for row in rows])
    return pa.table(columns)


def _typed(values: list[Any]) -> pa.Array:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {int} and all(value is None or abs(value) < 2**63 for value in values):
        return pa.array(values, pa.int64())
    if kinds <= {int, float}:
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    return pa.array([None if value is None else plain_text(value) for value in values], pa.string())


def performance_tables(study: Study, table: "pd.DataFrame") -> Iterator[tuple[str, pa.Table]]:
    """The performance table of each measure, its rows followed by the factors of their condition."""
    conditions = conditions_table(study)
    place = {key: row for row, key in enumerate(study.conditions)}
    whole = pa.Table.from_pandas(
        table[PERFORMANCE_SCHEMA.names], schema=PERFORMANCE_SCHEMA, preserve_index=False, nthreads=1, safe=True
    )
    of_rows = conditions.take(pa.array([place[key] for key in table["condition"]], pa.int64()))
    for name in conditions.column_names:
        if name != "condition":
            whole = whole.append_column(name, of_rows[name])
    for measure, rows in table.groupby("measure", sort=False, observed=True).indices.items():
        yield str(measure), whole.take(pa.array(rows))


def read_conditions(table: pa.Table, where: str) -> "pd.DataFrame":
    """The table of conditions; whole numbers and flags stay what they are where some are absent.

    Parameters
    ----------
    table : pyarrow.Table
        As `conditions_table` gives it.
    where : str
        Its file, as it is shown to people.
    """
    import pandas as pd

    kept = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    with damage(where):
        columns = {
            name: table[name].to_pandas(types_mapper=kept.get if table[name].null_count else None)
            for name in table.column_names
        }
        return pd.DataFrame(columns)


def read_performance(parts: Mapping[str, pa.Table], where: str) -> "pd.DataFrame":
    """The performance table of several measures, `measure` a column after `estimand`.

    Parameters
    ----------
    parts : mapping of str to pyarrow.Table
        The stored table of each measure.
    where : str
        Their folder, as it is shown to people.
    """
    with damage(where):
        named = []
        for measure, rows in parts.items():
            place = rows.column_names.index("estimand") + 1
            named.append(rows.add_column(place, "measure", pa.array([measure] * rows.num_rows, pa.string())))
        frame: pd.DataFrame = pa.concat_tables(named).to_pandas(use_threads=False)
    return frame

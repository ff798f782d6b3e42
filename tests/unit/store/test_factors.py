"""Tables with factors: conditions, and the performance table."""

import dataclasses

import pandas as pd
import pyarrow.parquet as pq
import pytest
from fakes import Plain, first_condition, study_of
from storing import NAN, begin

from mcsim.errors import ResultsError
from mcsim.measures import MEASURES
from mcsim.parameters import Parameters
from mcsim.store import Span, Store


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sizes(Parameters):
    """A value with fields of its own."""

    largest: int = 5


@dataclasses.dataclass(frozen=True, kw_only=True)
class Many(Plain):
    """Factors of every kind, one with the name of another column."""

    count: int = 1
    share: float | None = None
    kind: str = "flat"
    sizes: Sizes = Sizes()
    flag: bool = False
    value: float = 2.5
    mixed: int | str = 1


def test_conditions_have_a_typed_column_for_every_factor(tmp_path):
    study = study_of(Many, count=[1, 2], share=[None, 0.5], mixed=[3, "all"], flag=[True])
    store = Store(tmp_path, study.name)
    begin(store, study)
    table = pq.ParquetFile(store.path / "conditions.parquet").read()
    types = {field.name: str(field.type) for field in table.schema}
    assert types == {
        "study": "string", "condition": "string", "mechanism": "string", "mean": "double", "rows_each": "int64",
        "count": "int64", "share": "double", "kind": "string", "sizes": "string", "flag": "bool",
        "factor_value": "double", "mixed": "string",
    }  # fmt: skip
    assert table.column("condition").to_pylist() == list(study.conditions)
    assert set(table.column("mixed").to_pylist()) == {"3", "all"}
    assert set(table.column("share").to_pylist()) == {None, 0.5}


def figures(study, *measures):
    """A performance table with one row a measure."""
    row = {"condition": first_condition(study), "method": "A", "estimand": "x", "value": 0.1, "mcse": NAN}
    counts = {"lower": NAN, "upper": NAN, "n_used": 4, "n_missing": 0}
    return pd.DataFrame([{**row, **counts, "measure": measure} for measure in measures])


def test_the_performance_table_is_a_folder_a_measure_with_the_factors(store, study):
    store.write_performance(study, figures(study, "bias", "rmse"), {})
    read = store.performance()
    assert list(read["measure"]) == ["bias", "rmse"]
    assert list(read["mean"]) == [0.0, 0.0]
    assert list(store.performance(["rmse"])["measure"]) == ["rmse"]
    plain = pd.read_parquet(store.path / "performance")
    assert set(plain["measure"].astype(str)) == {"bias", "rmse"}
    store.write_performance(study, figures(study, "bias"), {})
    assert list(store.performance()["measure"]) == ["bias"]


def test_the_performance_table_knows_what_it_was_computed_from(store, study):
    kept = {first_condition(study): {study.method_keys["A"]: (Span(0, 2),)}}
    assert not store.has_performance(kept)
    store.write_performance(study, figures(study, "bias"), kept)
    assert store.has_performance(kept)
    assert not store.has_performance({})
    begin(store, study.with_replications(9))
    assert not store.has_performance(kept)
    begin(store, study)
    assert store.has_performance(kept)
    (store.path / "performance" / "measure=bias" / "part.parquet").unlink()
    assert not store.has_performance(kept)


def test_a_performance_table_without_a_measure_that_there_is_now_is_not_current(store, study, monkeypatch):
    store.write_performance(study, figures(study, "bias"), {})
    assert store.has_performance({})
    monkeypatch.setitem(MEASURES, "added", MEASURES["bias"])
    assert not store.has_performance({})


def test_without_a_run_there_is_no_performance_table(store):
    with pytest.raises(ResultsError, match="holds no performance table; run the study first"):
        store.performance()

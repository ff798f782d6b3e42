"""A study with missing data through the command line, with a mechanism of its own."""

import re
import sys
from pathlib import Path

import pandas as pd
import pytest

from mcsim import load_study
from mcsim.cli.main import main

PAGE = (Path(__file__).parents[2] / "docs" / "missing-data.md").read_text()
(WAVES,) = re.findall(r"```python\n# waves.py\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture(autouse=True)
def inside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    Path("mine.py").write_text(WAVES)


def test_it_runs_and_every_replication_can_be_replayed(capsys):
    assert main(["run", "mine.py", "--replications", "20", "--jobs", "1"]) == 0
    frame = pd.read_parquet("results/mine/estimates")
    counted = frame[frame["note"].notna()].groupby("condition", observed=True)["note"].agg(set)
    complete, incomplete = load_study("mine.py").conditions
    assert set(counted.index) == {incomplete}
    assert all(re.fullmatch(r"\d+ of 200 rows left out: missing values", note) for note in counted[incomplete])
    assert (frame["status"] == "failed").sum() == 0
    for condition in (complete, incomplete):
        assert main(["replay", "mine.py", "--condition", condition, "--rep", "7"]) == 0
    assert capsys.readouterr().out.count("  as stored, bit for bit") == 2


def test_describe_says_what_goes_missing(capsys):
    assert main(["describe", "mine.py"]) == 0
    shown = capsys.readouterr().out
    assert "IncompleteGrowth  missing  -, Dropout(rate=0.4, strength=1)  which values go missing; None: none" in shown
    words = "0.4 of the clusters drop out of y by the last occasion, hazard constant, rather where the last y seen is"
    assert words in shown


def test_keys_are_made_from_the_source_of_the_class_that_is_given():
    before = list(load_study("mine.py").conditions)
    Path("mine.py").write_text(WAVES.replace("0.5 + 0.5 *", "0.5 + 0.4 *"))
    changed = list(load_study("mine.py").conditions)
    assert not set(before) & set(changed)
    Path("mine.py").write_text(WAVES.replace("replications=1000", "replications=10"))
    assert list(load_study("mine.py").conditions) == before


def test_a_pattern_that_does_not_fit_is_one_message(capsys):
    Path("mine.py").write_text(WAVES.replace("Dropout(rate=0.4, strength=1)", 'Dropout(rate=0.4, of="tim")'))
    assert main(["run", "mine.py"]) == 2
    said = capsys.readouterr().err
    assert (
        "missing: given Dropout(rate=0.4, of=tim), but there is no column tim; allowed: one of y, time, person" in said
    )
    assert "did you mean time?" in said

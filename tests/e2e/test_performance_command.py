"""`mcsim performance`: what it shows, what it refuses, what it says is not there."""

import csv
import io
import json
import os
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mcsim import load_study, performance, run
from mcsim.cli.main import main
from mcsim.errors import ResultsError
from mcsim.measures import MEASURES
from mcsim.performance import Scope

STUDY = '''"""Does a mean find a mean?"""
from dataclasses import dataclass
import numpy as np
from mcsim import Dataset, Estimates, Mechanism, Method, Status, Study, grid, parameter
from mcsim.parameters import number, whole

@dataclass(frozen=True, kw_only=True)
class Normal(Mechanism):
    n: int = parameter("number of rows", whole(least=2))
    mean: float = parameter("the mean", number(), default=0.5)

    def columns(self):
        return ("y",)

    def formula(self):
        return "y ~ 1"

    def truth(self):
        return {"mean": self.mean}

    def simulate(self, rng, design=None):
        return Dataset({"y": self.mean + rng.standard_normal(self.n)})

@dataclass(frozen=True, kw_only=True)
class Mean(Method):
    level: float = 0.95
    fails_above: float = 9.0

    def estimands(self, condition):
        return ("mean",)

    def fit(self, dataset, rng):
        y = dataset.columns["y"]
        estimate, error = y.mean(), y.std(ddof=1) / len(y) ** 0.5
        if estimate > self.fails_above:
            return Estimates.of({"mean": {}}, status=Status.FAILED, note="too high")
        half = {0.95: 1.96, 0.9: 1.645}[self.level] * error
        return Estimates.of({"mean": {"estimate": estimate, "std_error": error, "lower": estimate - half,
                                      "upper": estimate + half}},
                            status=Status.SINGULAR if estimate < 0.2 else Status.OK)

study = Study(
    conditions=grid(Normal, n=[10, 40]),
    methods={"mean": Mean(), "fussy": Mean(fails_above=0.7)},
    replications=60,
    seed=11,
)
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the study and its results."""
    place = tmp_path_factory.mktemp("performance")
    (place / "mine.py").write_text(STUDY)
    run(load_study(place / "mine.py"), results=place / "results", progress=False)
    return place


@pytest.fixture(autouse=True)
def _outside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(os, "environ", os.environ.copy())


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["performance", "mine.py", *words]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    return output.out


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["performance", *words]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    return output.err


def test_a_table_has_the_varying_factor_and_values_with_their_errors(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys).split("\n")
    assert lines[0].split() == ["n", "estimand", "method", "bias", "empirical_se", "rmse", "coverage", "missing"]
    assert lines[2].split()[:3] == ["10", "mean", "mean"]


def test_json_has_every_measure_unrounded_and_agrees_with_numpy(capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(shown(capsys, "--format", "json"))
    assert len(rows) == 2 * 2 * len(MEASURES)
    stored = pd.read_parquet("results/mine/estimates")
    condition = rows[0]["condition"]
    of_mean = stored[(stored["condition"] == condition) & (stored["method"] == "mean")]
    values = {row["measure"]: row for row in rows if row["condition"] == condition and row["method"] == "mean"}
    assert values["bias"]["value"] == pytest.approx(of_mean["estimate"].mean() - 0.5, rel=1e-12)
    covered = (of_mean["lower"] <= 0.5) & (of_mean["upper"] >= 0.5)
    assert values["coverage"]["value"] == covered.mean()
    assert values["singular"]["value"] == (of_mean["status"] == "singular").mean()


def test_missing_fits_are_counted_in_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    records = json.loads(shown(capsys, "--format", "json", "--method", "fussy", "--measure", "bias", "coverage_all"))
    stored = pd.read_parquet("results/mine/estimates")
    for record in records:
        of_fussy = stored[(stored["condition"] == record["condition"]) & (stored["method"] == "fussy")]
        failed = int((of_fussy["status"] == "failed").sum())
        assert failed > 0
        assert (record["n_used"], record["n_missing"]) == (60 - failed, failed)


def test_measures_are_given_together_or_one_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    together = shown(capsys, "--measure", "coverage", "bias")
    assert shown(capsys, "--measure", "coverage", "--measure", "bias") == together
    assert together.split("\n")[0].split()[-3:] == ["coverage", "bias", "missing"]


def test_by_status_adds_rows_of_ok_and_singular_fits(capsys: pytest.CaptureFixture[str]) -> None:
    records = json.loads(shown(capsys, "--format", "json", "--by-status", "--measure", "bias", "--method", "mean"))
    used = {r["status"]: r["n_used"] for r in records if r["condition"] == records[0]["condition"]}
    assert used["ok"] + used["singular"] == used["all"] == 60


def test_fewer_replications_are_the_first_ones(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--format", "json", "--measure", "bias", "--method", "mean", "--replications", "20")
    record = json.loads(shown(capsys, *words))[0]
    stored = pd.read_parquet("results/mine/estimates")
    first = stored[(stored["condition"] == record["condition"]) & (stored["method"] == "mean") & (stored["rep"] < 20)]
    assert record["n_used"] == 20
    assert record["value"] == pytest.approx(first["estimate"].mean() - 0.5, rel=1e-12)


def test_markdown_latex_html_and_csv_are_a_table_for_a_paper(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--measure", "bias", "coverage", "--format")
    assert "mean: Bias |" in shown(capsys, *words, "markdown")
    assert r"& \multicolumn{2}{c}{mean} & \multicolumn{2}{c}{fussy} \\" in shown(capsys, *words, "latex")
    assert 'scope="colgroup" colspan="2">fussy</th>' in shown(capsys, *words, "html")
    rows = list(csv.DictReader(io.StringIO(shown(capsys, *words, "csv"))))
    assert list(rows[0]) == ["n", "mean: Bias", "mean: Coverage", "fussy: Bias", "fussy: Coverage"]
    assert [row["n"] for row in rows] == ["10", "40"]
    assert all(re.fullmatch(r"-?\d\.\d+ \(0\.\d+\)", row["mean: Bias"]) for row in rows)


@pytest.mark.parametrize("format_", ["table", "markdown", "latex", "html", "csv", "json"])
def test_every_format_takes_every_option(format_: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "--by-status", "--include-not-converged", "--replications", "30", "--format", format_)
    assert all(word in text for word in ("singular", "fussy", "40"))


def test_a_table_for_a_paper_says_if_fits_that_did_not_converge_are_used(capsys: pytest.CaptureFixture[str]) -> None:
    said = "Fits that did not converge are used as they are."
    assert said in shown(capsys, "--format", "markdown", "--include-not-converged")
    assert said not in shown(capsys, "--format", "markdown")


def test_unknown_names_are_refused_all_at_once_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    message = refused(
        capsys, "mine.py", "--measure", "covrage", "--estimand", "maen", "--method", "fusy", "--format", "tabel"
    )
    assert "4 faults" in message
    for near in ("coverage", "mean", "fussy", "table"):
        assert f"did you mean {near}?" in message
    assert "allowed: table, markdown, latex, html, csv, json" in message


def test_replications_must_be_a_positive_whole_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert "given 0" in refused(capsys, "mine.py", "--replications", "0")


def test_without_results_it_prints_the_command_that_makes_them(capsys: pytest.CaptureFixture[str]) -> None:
    message = refused(capsys, "mine.py", "--results", "else where")
    assert "has no results of this study yet" in message
    assert "mcsim run mine.py --results 'else where'" in message
    assert not Path("else where").exists()


def test_a_condition_added_since_is_named_and_the_rest_is_shown(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = folder / "more"
    other.mkdir()
    (other / "mine.py").write_text(STUDY.replace("[10, 40]", "[10, 40, 90]"))
    assert main(["performance", "more/mine.py", "--measure", "bias"]) == 0
    output = capsys.readouterr()
    assert "1 of 3 conditions have no results yet of mean, fussy" in output.err
    assert "mcsim run more/mine.py" in output.err
    assert [line.split()[0] for line in output.out.split("\n")[2:6]] == ["10", "fussy", "40", "fussy"]


def test_a_method_whose_options_have_changed_shows_none_of_its_former_results(folder: Path) -> None:
    other = folder / "changed"
    other.mkdir()
    (other / "mine.py").write_text(STUDY.replace('"mean": Mean()', '"mean": Mean(level=0.9)'))
    table = performance(load_study(other / "mine.py"), folder / "results")
    assert set(table["method"]) == {"fussy"}


def test_results_of_another_seed_are_refused(folder: Path) -> None:
    other = folder / "seed"
    other.mkdir()
    (other / "mine.py").write_text(STUDY.replace("seed=11", "seed=12"))
    with pytest.raises(ResultsError, match="11"):
        performance(load_study(other / "mine.py"), folder / "results")


def test_the_python_function_gives_a_frame_in_the_order_of_the_study(folder: Path) -> None:
    study = load_study(folder / "mine.py")
    table = performance(study, folder / "results", scope=Scope(measures=("bias", "rmse")))
    assert list(table.columns) == [
        "condition",
        "method",
        "estimand",
        "measure",
        "value",
        "mcse",
        "lower",
        "upper",
        "n_used",
        "n_missing",
    ]
    assert table["condition"].drop_duplicates().tolist() == list(study.conditions)
    assert table["method"].tolist() == ["mean", "mean", "fussy", "fussy"] * 2
    assert np.isfinite(table["mcse"]).all()

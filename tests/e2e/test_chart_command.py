"""`mcsim chart`: what it draws, what it refuses, what it says is not there."""

import json
from pathlib import Path

import pytest
import study_texts

from mcsim import load_study, run
from mcsim.cli.main import main
from mcsim.report.charts import KINDS

REPORTS = '"estimate": y.mean(), "std_error": 0.4, "lower": y.mean() - 0.8, "upper": y.mean() + 0.8, "p_value": 0.01'
PLAN = """conditions=grid(Normal, mean=[0.5, 1.0, 2.0]), methods={"average": Average()}, replications=20, seed=3"""


def text(plan=PLAN):
    return study_texts.average_study(plan, first='y = dataset.columns["y"]', reports=REPORTS)


@pytest.fixture
def folder(standing):
    """A folder with a study and its results."""
    (standing / "mine.py").write_text(text())
    run(load_study("mine.py"), progress=False)
    return standing


def drawn(capsys, *words):
    """What the command says on stdout and stderr."""
    assert main(["chart", "mine.py", *words]) == 0
    return tuple(capsys.readouterr())


def refused(capsys, *words):
    assert main(["chart", *words]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    return output.err


@pytest.mark.parametrize("suffix", ["svg", "pdf", "png", "html", "json"])
def test_a_chart_is_written_in_the_format_of_its_name(suffix, folder, capsys) -> None:
    assert drawn(capsys, "zip_plot", "--out", f"fig.{suffix}") == (f"fig.{suffix}\n", "")
    assert Path(f"fig.{suffix}").stat().st_size > 1000


def test_without_a_name_it_is_called_by_study_and_kind(folder, capsys) -> None:
    assert drawn(capsys, "missingness") == ("mine-missingness.svg\n", "")
    assert "60 fits; none is missing" in Path("mine-missingness.svg").read_text()


def test_it_shows_what_is_asked_for(folder, capsys) -> None:
    drawn(capsys, "performance", "--measure", "bias", "--where", "mean=0.5", "mean=2", "--out", "fig.json")
    rows = json.loads(Path("fig.json").read_text())["datasets"]["figures"]
    assert [(row["measure"], row["x"]) for row in rows] == [("bias", "0.5"), ("bias", "2")]
    drawn(capsys, "performance", "--where", "mean=0.5,2", "--replications", "5", "--out", "fig.json")
    rows = json.loads(Path("fig.json").read_text())["datasets"]["figures"]
    assert [(row["x"], row["n_used"]) for row in rows] == [("0.5", 5), ("2", 5)]


def test_every_wrong_name_is_said_at_once(folder, capsys) -> None:
    words = (
        "zip_plt",
        "--measure",
        "covrage",
        "--estimand",
        "maen",
        "--method",
        "averge",
        "--x",
        "meen",
        "--power",
        "2",
    )
    message = refused(capsys, "mine.py", *words, "--where", "mean=7", "mode=1")
    assert "chart has 8 faults" in message
    for near in ("zip_plot", "coverage", "mean", "average"):
        assert f"did you mean {near}?" in message
    assert "where mean: given '7'; allowed: 0.5, 1, 2" in message
    assert list(folder.glob("mine-*")) == []


def test_a_place_that_cannot_be_written_to_is_refused(folder, capsys) -> None:
    assert "there is no folder figures; make it first" in refused(
        capsys, "mine.py", "performance", "--out", "figures/fig.svg"
    )
    assert "does not end in .svg or .pdf" in refused(capsys, "mine.py", "performance", "--out", "fig.jpg")


def test_a_level_needs_a_factor(folder, capsys) -> None:
    assert "given 'mean'; allowed: FACTOR=LEVEL" in refused(capsys, "mine.py", "performance", "--where", "mean")


def test_without_results_it_prints_the_command_that_makes_them(folder, capsys) -> None:
    message = refused(capsys, "mine.py", "performance", "--results", "else where")
    assert (
        "has no results of this study yet; results are made with: mcsim run mine.py --results 'else where'" in message
    )
    assert not Path("else where").exists()


def test_partial_results_are_drawn_and_what_is_missing_is_said(folder, capsys) -> None:
    (folder / "mine.py").write_text(text(PLAN.replace("[0.5, 1.0, 2.0]", "[0.5, 1.0, 2.0, 4.0]")))
    out, err = drawn(capsys, "missingness")
    assert "partial: 20 of 80 fits are missing; a run computes them: mcsim run mine.py" in err
    assert "20 not run yet" in Path(out.strip()).read_text()


def test_help_lists_every_kind_with_its_line(capsys) -> None:
    assert main(["chart", "--help"]) == 0
    shown = capsys.readouterr().out
    assert all(kind in shown and line in shown for kind, line in KINDS.items())

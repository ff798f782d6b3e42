"""`mcsim report`: the file it writes, what it refuses, and that results are what they were beside it."""

from pathlib import Path

import pandas as pd
import pytest
from study_texts import average_study

import mcsim
from mcsim import load_study, run
from mcsim.cli.main import main

REPORTS = '"estimate": y.mean(), "std_error": 0.4, "lower": y.mean() - 0.8, "upper": y.mean() + 0.8'
PLAN = """conditions=grid(Normal, mean=[0.0, 1.0]), methods={"average": Average()}, replications=10, seed=3"""


def text(plan=PLAN):
    return average_study(plan, first='y = dataset.columns["y"]', reports=REPORTS)


@pytest.fixture
def folder(standing):
    """A folder with a study and its results."""
    (standing / "mine.py").write_text(text())
    run(load_study("mine.py"), progress=False)
    return standing


def said(capsys, *words, code=0):
    """What a command says on stdout and stderr."""
    assert main([*words]) == code
    return tuple(capsys.readouterr())


def test_it_writes_the_report_beside_the_results_and_says_where(folder, capsys) -> None:
    assert said(capsys, "report", "mine.py") == ("report in results/mine/report.html\n", "")
    assert Path("results/mine/report.html").read_text().startswith("<!DOCTYPE html>")


def test_it_writes_where_it_is_told_to(folder, capsys) -> None:
    assert said(capsys, "report", "mine.py", "--out", "out.html") == ("report in out.html\n", "")
    assert not Path("results/mine/report.html").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--out", "report.pdf"], "cannot write the report to 'report.pdf': its name does not end in .html"),
        (["--out", "new/report.html"], "there is no folder new; make it first"),
        (["--out", "folder.html"], "it is a folder"),
        (["--power", "80"], "power: given 80; allowed: a number above 0, below 1"),
        (["--power", "most"], "argument --power: invalid float value: 'most'"),
        (["--ouput", "a.html"], "did you mean --out?"),
    ],
)
def test_what_it_refuses(folder, capsys, words, message) -> None:
    Path("folder.html").mkdir()
    out, err = said(capsys, "report", "mine.py", *words, code=2)
    assert (out, message in err, "Traceback" in err) == ("", True, False)
    assert not Path("results/mine/report.html").exists()


def test_without_results_it_prints_the_command_that_makes_them(standing, capsys) -> None:
    (standing / "mine.py").write_text(text())
    out, err = said(capsys, "report", "mine.py", "--results", "else where", code=2)
    assert out == ""
    assert "has no results of this study yet; results are made with: mcsim run mine.py --results 'else where'" in err
    assert [path.name for path in standing.iterdir()] == ["mine.py"]


def test_partial_results_are_reported_and_page_and_command_say_how_far_they_are(folder, capsys) -> None:
    Path("mine.py").write_text(text(PLAN.replace("[0.0, 1.0]", "[0.0, 1.0, 2.0, 4.0]")))
    out, err = said(capsys, "report", "mine.py")
    assert out == "report in results/mine/report.html\n"
    assert "partial: 20 of 40 fits are missing; a run computes them: mcsim run mine.py" in err
    page = Path("results/mine/report.html").read_text()
    assert "<strong>Partial results.</strong> 20 of 40 fits are there, 50 %." in page
    assert "<code>mcsim run mine.py</code>" in page


def test_commands_on_the_page_name_the_results_where_they_lie(folder, capsys) -> None:
    Path("results").rename("else where")
    said(capsys, "report", "mine.py", "--results", "else where")
    page = Path("else where/mine/report.html").read_text()
    assert "--rep 0 --results &#39;else where&#39;</code>" in page


def test_a_report_disturbs_nothing_that_reads_or_adds_to_the_results(folder, capsys) -> None:
    counted = said(capsys, "verify", "mine.py")
    before = mcsim.load("results/mine").estimates()
    said(capsys, "report", "mine.py")
    assert said(capsys, "verify", "mine.py") == counted
    pd.testing.assert_frame_equal(mcsim.load("results/mine").estimates(), before)
    assert "missing" not in said(capsys, "status", "mine.py")[1]
    said(capsys, "collect", "mine.py")
    assert said(capsys, "export", "mine.py", "--out", "all.parquet")[0] == "20 rows in all.parquet\n"
    assert "nothing to do" in "".join(said(capsys, "run", "mine.py", "--jobs", "1"))
    said(capsys, "run", "mine.py", "--jobs", "1", "--replications", "15")
    assert Path("results/mine/report.html").exists()
    assert said(capsys, "verify", "mine.py")[1] == ""
    assert not Path("results/mine/damaged").exists()


def test_a_report_is_no_part_of_results_that_are_merged(folder, capsys) -> None:
    said(capsys, "run", "mine.py", "--jobs", "1", "--replications", "30", "--results", "more")
    said(capsys, "report", "mine.py", "--results", "more")
    said(capsys, "merge", "results/mine", "more/mine")
    assert not Path("results/mine/report.html").exists()
    said(capsys, "report", "mine.py")
    page = Path("results/mine/report.html").read_bytes()
    said(capsys, "merge", "results/mine", "more/mine")
    assert Path("results/mine/report.html").read_bytes() == page
    assert "nothing to do" in "".join(said(capsys, "run", "mine.py", "--jobs", "1", "--replications", "30"))

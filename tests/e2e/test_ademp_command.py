"""`mcsim ademp`: the facts of a methods section."""

from pathlib import Path

import pytest
from study_texts import average_study

from mcsim import load_study, run
from mcsim.cli.main import main

STUDY = average_study('conditions=grid(Normal, mean=[0.0, 1.0]), methods={"A": Average()}, replications=5, seed=1')


@pytest.fixture(autouse=True)
def study(standing):
    """Each test stands in a folder with a study."""
    (standing / "mine.py").write_text(STUDY)
    return load_study("mine.py")


def test_before_a_run_it_states_the_plan_and_marks_what_is_expected(capsys):
    assert main(["ademp", "mine.py"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("# mine\n\n## Aims\n\nA mean.\n\n## Data-generating mechanisms")
    assert "Expected before any run" in out
    assert (err, Path("results").exists()) == ("", False)


def test_after_a_run_it_states_what_came_of_it(study, capsys):
    run(study, progress=False)
    assert main(["ademp", "mine.py", "--measure", "bias", "rmse"]) == 0
    out, err = capsys.readouterr()
    assert "Of 10 fits, all ended ok; none is missing." in out
    assert "The largest Monte Carlo standard errors" in out
    assert "coverage" not in out
    assert err == ""


def test_a_partial_run_is_stated_and_said_on_stderr(study, capsys):
    run(study, progress=False)
    next(Path("results/mine/estimates").rglob("*.parquet")).unlink()
    assert main(["ademp", "mine.py"]) == 0
    out, err = capsys.readouterr()
    assert "Of 5 of 10 planned fits" in out
    assert "partial: 5 of 10 fits are missing; a run computes them: mcsim run mine.py" in err


def test_it_writes_a_file(capsys):
    assert main(["ademp", "mine.py", "--out", "methods.md"]) == 0
    assert capsys.readouterr().out == "Wrote methods.md\n"
    assert Path("methods.md").read_text(encoding="utf-8").startswith("# mine\n")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--measure", "bais"], 2, "--measure: given 'bais'; did you mean bias?; allowed: bias, "),
        (["--out", "nowhere/methods.md"], 2, "argument --out: given 'nowhere/methods.md'; there is no folder nowhere"),
        (["--out", "folder"], 74, "folder cannot be written: Is a directory"),
        (["--results", "mine.py"], 2, "is a file; give a folder"),
    ],
)
def test_what_it_refuses(words, code, said, capsys):
    Path("folder").mkdir()
    assert main(["ademp", "mine.py", *words]) == code
    out, err = capsys.readouterr()
    assert said in err
    assert out == ""


def test_results_of_another_seed_are_refused(study, capsys):
    run(study, progress=False)
    Path("mine.py").write_text(STUDY.replace("seed=1", "seed=2"))
    assert main(["ademp", "mine.py"]) == 2
    assert "holds results of seed 1, but the study has seed 2" in capsys.readouterr().err

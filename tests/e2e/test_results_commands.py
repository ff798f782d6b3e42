"""mcsim verify, export and merge: what they write, say and refuse."""

import re

import pandas as pd
import pytest
from study_texts import average_study

from mcsim.cli.main import main

STUDY = average_study(
    'conditions=grid(Normal, mean=[0, 1.5]), methods={"a": Average()}, replications=120, seed=1',
)


@pytest.fixture(autouse=True)
def here(standing):
    """Each test stands in a folder with the study."""
    (standing / "mine.py").write_text(STUDY)
    return standing


@pytest.fixture
def run_already(here, capsys):
    """The study has been run."""
    assert main(["run", "mine.py", "--jobs", "1"]) == 0
    capsys.readouterr()
    return here / "results" / "mine"


def test_verify_of_what_is_whole_says_so(run_already, capsys):
    assert main(["verify", "mine.py"]) == 0
    assert capsys.readouterr().out == "25 files of results/mine are whole\n"


def test_verify_names_what_is_damaged_and_what_to_run(run_already, capsys):
    block = min((run_already / "estimates").rglob("*.parquet"))
    block.write_bytes(block.read_bytes()[:-1])
    assert main(["verify", "mine.py"]) == 3
    said = capsys.readouterr()
    aside = f"results/mine/damaged/{block.parent.name}/{block.name}"
    file = f"estimates/{block.parent.name}/{block.name}"
    assert said.out == f"{file}: it does not end as a Parquet file does; moved to {aside}\n"
    assert said.err == "mcsim: what was set aside is computed again by: mcsim run mine.py\n"
    assert main(["plan", "mine.py"]) == 0
    assert "100 replications, 100 fits: file missing" in capsys.readouterr().out


def test_a_block_that_is_cut_is_planned_again_before_anything_is_verified(run_already, capsys):
    block = min((run_already / "estimates").rglob("*.parquet"))
    block.write_bytes(block.read_bytes()[:-1])
    assert main(["plan", "mine.py"]) == 0
    assert "100 replications, 100 fits: file missing" in capsys.readouterr().out
    assert block.exists()


def test_export_writes_one_table_with_the_factors(run_already, capsys):
    assert main(["export", "mine.py", "--out", "all.parquet"]) == 0
    assert capsys.readouterr() == ("240 rows in all.parquet\n", "")
    table = pd.read_parquet("all.parquet")
    assert list(table.columns[:5]) == ["condition", "mechanism", "mean", "rep", "method"]
    assert table.groupby("mean", sort=False)["rep"].agg(["min", "max", "count"]).to_dict("index") == {
        0.0: {"min": 0, "max": 119, "count": 120},
        1.5: {"min": 0, "max": 119, "count": 120},
    }


def test_export_is_of_the_replications_of_the_last_run(run_already, capsys):
    assert main(["run", "mine.py", "--jobs", "1", "--replications", "20"]) == 0
    assert main(["export", "mine.py", "--out", "all.parquet"]) == 0
    assert len(pd.read_parquet("all.parquet")) == 40


def test_merge_joins_results_of_two_places(run_already, here, capsys):
    assert main(["run", "mine.py", "--jobs", "1", "--replications", "220", "--results", "more"]) == 0
    capsys.readouterr()
    assert main(["merge", "results/mine", "more/mine"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"4 block files copied to {run_already}; the replications of 2 were there\n")
    assert main(["run", "mine.py", "--jobs", "1", "--replications", "220"]) == 0
    assert "nothing to do" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["verify", "none.py"], "there is no such file"),
        (["export", "mine.py", "--out", "all.parquet"], "has no results of this study yet; they are made with"),
        (["export", "mine.py", "--out", "mine.py"], "its name does not end in .parquet"),
        (["export", "mine.py"], "the following arguments are required: --out"),
        (["merge", "results/mine", "elsewhere/mine"], "elsewhere/mine holds no results"),
        (["merge", "results/mine", "mine.py"], "mine.py is a file; give a folder"),
        (["merge", "mine.py", "results/mine"], "holds no results|is a file; give a folder"),
        (["run", "mine.py", "--results", "s4://bucket"], "cannot use the results folder s4://bucket"),
        (["status", "mine.py", "--results", "s4://bucket"], "cannot use the results folder s4://bucket"),
        (["plan", "mine.py", "--results", "a\0b"], "cannot use the results folder"),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_is_written(words, said, here, capsys):
    assert main(words) == 2
    assert re.search(said, capsys.readouterr().err)
    assert [path.name for path in here.iterdir()] == ["mine.py"]


def test_verify_of_a_study_that_was_never_run_says_so(here, capsys):
    assert main(["verify", "mine.py"]) == 0
    assert capsys.readouterr().out == "results/mine has no results yet\n"
    assert [path.name for path in here.iterdir()] == ["mine.py"]

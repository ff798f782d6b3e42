"""mcsim run --shard and mcsim collect, as users call them."""

import os
import re
import subprocess
import sys

import pandas as pd
import pytest
from commands import rows
from study_texts import average_study

from mcsim.cli.main import main

STUDY = average_study(
    'conditions=grid(Normal, mean=[0, 1, 2]), methods={"mean": Average()}, replications=220, seed=1',
    aims="How well does a mean do?",
)


@pytest.fixture(autouse=True)
def here(standing):
    """Each test stands in a folder with the study and leaves the process as it was."""
    (standing / "mine.py").write_text(STUDY)
    return standing


def share(shard, *words):
    return main(["run", "mine.py", "--jobs", "1", "--shard", shard, *words])


def test_shares_and_then_collecting_are_a_run(capsys):
    assert [share("1/2"), share("2/2")] == [0, 0]
    out = capsys.readouterr().out
    assert re.search(
        r"mine: 3 conditions x 220 .*; share 1 of 2: simulated \d+ replications in .* s in 5 blocks$",
        out,
        re.MULTILINE,
    )
    assert "bias" not in out
    assert main(["collect", "mine.py"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"bias +rmse +coverage", out)
    assert "mine: 3 conditions x 220 replications x 1 method; everything is there\nresults in results/mine\n" in out
    assert main(["run", "mine.py", "--jobs", "1", "--results", "one"]) == 0
    pd.testing.assert_frame_equal(rows(), rows(results="one"), check_exact=True)


def test_collecting_too_early_says_what_is_missing_and_75(capsys):
    share("1/3")
    capsys.readouterr()
    assert main(["collect", "mine.py"]) == 75
    out = capsys.readouterr().out
    assert re.search(r"bias +rmse +coverage", out)
    total = int(re.search(r"; (\d+) of 660 fits are missing", out)[1])
    each = re.findall(r"^  c[0-9a-f]{12}  (\d+) of 220 missing  Normal\(", out, re.MULTILINE)
    assert sum(map(int, each)) == total == 660 - len(rows())


def test_collecting_nothing_says_that_everything_is_missing_and_writes_nothing(here, capsys):
    assert main(["collect", "mine.py"]) == 75
    assert "660 of 660 fits are missing" in capsys.readouterr().out
    assert not (here / "results").exists()


def test_many_conditions_are_not_all_listed(here, capsys):
    (here / "mine.py").write_text(STUDY.replace("mean=[0, 1, 2]", "mean=[*range(25)]"))
    assert main(["collect", "mine.py"]) == 75
    assert "  and 5 conditions more\n" in capsys.readouterr().out


@pytest.mark.parametrize("shard", ["0/50", "51/50", "3/0", "a/b", "auto", "auto/5", ""])
def test_an_impossible_share_is_one_message_and_exit_code_2(shard, here, capsys):
    assert share(shard) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"mcsim: run: shard: given {shard!r}")
    assert not (here / "results").exists()


def test_the_command_is_also_a_module_of_this_python(here):
    done = subprocess.run(
        [sys.executable, "-m", "mcsim.cli", "run", "mine.py", "--jobs", "1", "--shard", "auto"],
        env={**os.environ, "SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_MAX": "2"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "share 1 of 3: simulated" in done.stdout
    assert subprocess.run([sys.executable, "-m", "mcsim.cli", "rnu"], capture_output=True, check=False).returncode == 2

"""mcsim run, plan and status, as users call them."""

import os
import re
import subprocess
import sys

import pandas as pd
import pytest
from study_texts import NORMAL

from mcsim.cli.main import main

STUDY = (
    '"""How well does a mean do?"""\n'
    + NORMAL
    + """
@dataclass(frozen=True, kw_only=True)
class Average(Method):
    shift: float = 0.0

    def estimands(self, condition):
        return ("mean",)

    def fit(self, dataset, rng):
        FIT
        y = dataset.columns["y"]
        se = y.std(ddof=1) / 5 ** 0.5
        estimate = y.mean() + self.shift
        return Estimates.of({"mean": {"estimate": estimate, "std_error": se,
                                      "lower": estimate - 2 * se, "upper": estimate + 2 * se}})

study = Study(conditions=grid(Normal, mean=[0, 1, 2]), methods={"mean": Average()}, replications=120, seed=1)
"""
)


@pytest.fixture(autouse=True)
def here(standing):
    """Each test stands in an empty folder and leaves the process as it was."""
    return standing


def put(folder, **changes):
    """Write the study with some of its text changed."""
    text = STUDY.replace("FIT", changes.pop("fit", "pass"))
    for old, new in changes.pop("replace", {}).items():
        assert old in text
        text = text.replace(old, new)
    (folder / "mine.py").write_text(text)


def rows(folder="results"):
    frame = pd.read_parquet(f"{folder}/mine/estimates").astype({"condition": str})
    return frame.sort_values(["condition", "method", "rep"], ignore_index=True)


def command(*words):
    return [sys.executable, "-c", "import sys; from mcsim.cli.main import main; sys.exit(main())", *words]


def test_a_run_ends_with_the_summary_and_the_path(here, capsys):
    put(here)
    assert main(["run", "mine.py", "--jobs", "1"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"bias +rmse +coverage", out)
    assert "mine: 3 conditions x 120 replications x 1 method; simulated 360 replications in" in out
    assert out.endswith("results in results/mine\n")
    assert len(rows()) == 360


def test_running_again_does_nothing_and_more_is_only_what_is_missing(here, capsys):
    put(here)
    main(["run", "mine.py", "--jobs", "1"])
    assert main(["run", "mine.py", "--jobs", "1"]) == 0
    assert "; nothing to do\n" in capsys.readouterr().out
    put(here, replace={"mean=[0, 1, 2]": "mean=[0, 1, 2, 3]", "replications=120": "replications=130"})
    assert main(["run", "mine.py", "--jobs", "1"]) == 0
    assert "simulated 160 replications" in capsys.readouterr().out
    assert main(["run", "mine.py", "--jobs", "1", "--replications", "50"]) == 0
    assert "4 conditions x 50 replications x 1 method; nothing to do" in capsys.readouterr().out
    assert len(rows()) == 4 * 130


def test_any_number_of_jobs_gives_the_same_bits(here):
    put(here)
    assert main(["run", "mine.py", "--jobs", "1", "--results", "one"]) == 0
    assert main(["run", "mine.py", "--jobs", "2", "--results", "two"]) == 0
    pd.testing.assert_frame_equal(rows("one"), rows("two"), check_exact=True)


def test_changed_code_of_the_study_is_another_method(here, capsys):
    put(here)
    main(["run", "mine.py", "--jobs", "1"])
    put(here, fit="dataset.columns['y'] + 0")
    assert main(["plan", "mine.py"]) == 0
    out = capsys.readouterr().out
    assert "would simulate 360 replications and do 360 fits" in out
    assert "6 files no longer belong to the study and would move to results/mine/retired" in out


def test_a_method_that_fails_costs_its_rows_and_says_so_by_exit_code(here, capsys):
    put(
        here, fit="raise ValueError('not today')", replace={'{"mean": Average()}': '{"good": Good(), "bad": Average()}'}
    )
    good = "@dataclass(frozen=True, kw_only=True)\nclass Good(Average):\n    def fit(self, dataset, rng):\n"
    text = (here / "mine.py").read_text()
    made = good + '        return Estimates.of({"mean": {"estimate": 1.0}})\n\nstudy = '
    (here / "mine.py").write_text(text.replace("study = ", made))
    assert main(["run", "mine.py", "--jobs", "1"]) == 3
    assert re.search(r"mcsim: no usable fit: bad under c[0-9a-f]{12}", capsys.readouterr().err)
    stored = rows()
    assert set(stored[stored["method"] == "bad"]["note"]) == {"ValueError: not today"}
    assert set(stored[stored["method"] == "good"]["status"]) == {"ok"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--jobs", "0"], "mcsim: run: jobs: given 0; allowed: a whole number from 1, or -1 for all cores"),
        (["--replications", "0"], "mcsim: Study: replications: given 0; allowed: a whole number from 1 to 999999999"),
        (["--results", "mine.py"], "the results folder .*mine.py is a file; give a folder"),
        (["--results", "/proc/none"], "cannot write .*No such file or directory"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2_and_nothing_is_written(words, message, here, capsys):
    put(here)
    assert main(["run", "mine.py", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.search(message, captured.err)
    assert sorted(path.name for path in here.iterdir()) in (["mine.py"], ["__pycache__", "mine.py"])


def test_another_seed_is_refused_with_both(here, capsys):
    put(here)
    main(["run", "mine.py", "--jobs", "1"])
    put(here, replace={"seed=1": "seed=2"})
    assert main(["run", "mine.py", "--jobs", "1"]) == 2
    assert "holds results of seed 1, but the study has seed 2" in capsys.readouterr().err


def test_the_plan_says_what_would_run_and_why_and_writes_nothing(here, capsys):
    put(here)
    assert main(["plan", "mine.py", "--mcse", "0.005"]) == 0
    out = capsys.readouterr().out
    assert "A run of mine would simulate 360 replications and do 360 fits:" in out
    assert "360 replications, 360 fits: new condition" in out
    assert re.search(r"c[0-9a-f]{12} +0-99  mean: new condition", out)
    assert "a coverage near .95 needs 1,900 replications" in out
    assert "any coverage, or a power near .5, needs 10,000 replications" in out
    assert not (here / "results").exists()
    main(["run", "mine.py", "--jobs", "1"])
    capsys.readouterr()
    main(["plan", "mine.py"])
    assert capsys.readouterr().out == "Nothing to do: mine has all 120 replications of every condition and method.\n"
    main(["plan", "mine.py", "--replications", "150"])
    assert "90 replications, 90 fits: replications 120 -> 150" in capsys.readouterr().out


@pytest.mark.parametrize("mcse", ["0", "-1", "0.5", "nan", "inf"])
def test_an_impossible_precision_is_refused(mcse, here, capsys):
    put(here)
    assert main(["plan", "mine.py", "--mcse", mcse]) == 2
    assert "allowed: a number above 0, below 0.5" in capsys.readouterr().err


def test_the_status_comes_from_the_results_alone(here, capsys):
    put(here)
    assert main(["status", "mine.py"]) == 0
    assert capsys.readouterr().out == "results/mine has no results yet\n"
    main(["run", "mine.py", "--jobs", "1"])
    next((here / "results" / "mine" / "estimates").glob("*/*-000000100-*.parquet")).unlink()
    capsys.readouterr()
    (here / "mine.py").unlink()
    assert main(["status", "mine.py"]) == 0
    out = capsys.readouterr().out
    assert "mine, as it was last run: 3 conditions x 120 replications x 1 method, in fits" in out
    assert re.search(r"all +340 +20 +0 +0 +0 +[0-9,]+/s +0 s\n", out)
    assert re.search(r"c[0-9a-f]{12} +100 +20 +0 +0 +0 +[0-9,]+/s +0 s  Normal\(", out)


def test_the_status_finds_the_results_of_a_study_with_a_name_of_its_own_beside_damaged_ones(here, capsys):
    put(here, replace={"seed=1": 'seed=1, name="other name"'})
    main(["run", "mine.py", "--jobs", "1"])
    (here / "results" / "a").mkdir()
    (here / "results" / "a" / "study.json").write_text("{")
    capsys.readouterr()
    assert main(["status", "mine.py"]) == 0
    assert capsys.readouterr().out.startswith("other name, as it was last run")


def test_the_status_shows_what_failed_and_what_cannot_be_read(here, capsys):
    put(here, fit="raise ValueError")
    main(["run", "mine.py", "--jobs", "1"])
    broken = next((here / "results" / "mine" / "estimates").glob("*/*-000000100-*.parquet"))
    broken.write_bytes(b"broken")
    capsys.readouterr()
    assert main(["status", "mine.py"]) == 0
    captured = capsys.readouterr()
    assert re.search(r"all +340 +20 +0 +0 +340 +[0-9,]+/s +0 s\n", captured.out)
    assert f"mcsim: cannot read {os.path.relpath(broken, here)}" in captured.err


def test_the_status_of_fewer_replications_than_are_stored_counts_only_those(here, capsys):
    put(here, fit="raise ValueError")
    main(["run", "mine.py", "--jobs", "1"])
    main(["run", "mine.py", "--jobs", "1", "--replications", "30"])
    capsys.readouterr()
    assert main(["status", "mine.py"]) == 0
    assert re.search(r"all +90 +0 +0 +0 +90 +[0-9,]+/s\n", capsys.readouterr().out)


def test_the_status_is_watched_until_nothing_is_missing(here):
    put(here, fit="import time; time.sleep(0.01)")
    runner = subprocess.Popen(command("run", "mine.py", "--jobs", "1"), stdout=subprocess.DEVNULL)
    watched = subprocess.run(command("status", "mine.py", "--watch", "0.3"), check=True, capture_output=True, text=True)
    assert runner.wait() == 0
    assert watched.stderr == ""
    assert len(re.findall("^all ", watched.stdout, re.MULTILINE)) >= 3
    assert re.search(r"fits a second by all workers, \d+ s left", watched.stdout)
    assert re.search(r"all +360 +0 ", watched.stdout.splitlines()[-1])


def test_a_log_gets_lines_and_no_bar(here):
    put(here)
    done = subprocess.run(command("run", "mine.py", "--jobs", "1"), check=True, capture_output=True, text=True)
    assert done.stderr == ""

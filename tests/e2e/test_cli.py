"""The command line: verbs, help, exit codes, and what new, describe and simulate write."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mcsim import Stopped, StorageError, __version__, load_study
from mcsim.cli import describe
from mcsim.cli.main import VERBS, main

STUDY = '''"""Do few clusters do?"""
from dataclasses import dataclass
from mcsim import Estimates, Method, Study, grid
from mcsim.mechanisms import TwoLevel

@dataclass(frozen=True, kw_only=True)
class Average(Method):
    def estimands(self, condition):
        return ("(Intercept)",)

    def fit(self, dataset, rng):
        return Estimates.of({"(Intercept)": {"estimate": dataset.columns["y"].mean()}})

study = Study(
    conditions=grid(TwoLevel, n_clusters=[5, 10], cluster_size=4, tau2=2, gamma10=0.5, gamma01=0.25, slope_variance=1,
                    covariance=0.5, predictors=["random", "fixed"]),
    methods={"mean": Average()},
    replications=10,
    seed=1,
)
'''


@pytest.fixture(autouse=True)
def outside(standing):
    """Each test stands in an empty folder and leaves the process as it was."""


@pytest.fixture
def study(standing):
    file = standing / "mine.py"
    file.write_text(STUDY)
    return load_study(file)


def mcsim(*words, **options):
    """The command as users call it, in a process of its own."""
    command = [sys.executable, "-c", "import sys; from mcsim.cli.main import main; sys.exit(main())", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_help_loads_nothing_heavy():
    done = mcsim("--help")
    assert done.returncode == 0
    assert all(verb in done.stdout for verb in VERBS)
    loaded = mcsim("--version", env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"}).stderr
    assert "argparse" in loaded
    assert not any(heavy in loaded for heavy in ("numpy", "pandas", "pyarrow", "scipy", "numba", "joblib"))


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_takes_debug(verb, capsys):
    assert main([verb, "--help"]) == 0
    assert "--debug" in capsys.readouterr().out


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"mcsim {__version__}\n"


def test_one_thread_whatever_the_environment_says(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "8")
    main(["--version"])
    assert os.environ["OPENBLAS_NUM_THREADS"] == os.environ["OMP_NUM_THREADS"] == os.environ["NUMBA_NUM_THREADS"] == "1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "mcsim: which verb? There are new, describe"),
        (["rnu"], "mcsim: there is no verb 'rnu'; did you mean run?"),
        (["describe"], "mcsim describe: the following arguments are required: STUDY\nSee mcsim describe --help\n"),
        (["simulate", "mine.py", "--cond", "c", "--out", "x.csv"], "unrecognized arguments: --cond c"),
        (["describe", "mine.py", "--colour"], "unrecognized arguments: --colour"),
        (["simulate", "mine.py", "--out", "x.xlsx"], "--out: given 'x.xlsx'; allowed: a file named *.csv or *.parquet"),
        (["simulate", "mine.py", "--rep", "-1", "--out", "x.csv"], "--rep: given '-1'; allowed: a whole number from 0"),
        (["simulate", "mine.py", "--rep", "1.5", "--out", "x.csv"], "--rep: given '1.5'; allowed: a whole number"),
        (["simulate", "mine.py"], "the following arguments are required: --out"),
    ],
)
@pytest.mark.usefixtures("study")
def test_words_that_are_refused(words, said, capsys):
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert (out, "Traceback" in err) == ("", False)


@pytest.mark.parametrize(
    "outcome",
    [
        (Stopped("stopped after 3 blocks"), 75, "mcsim: stopped after 3 blocks\n"),
        (StorageError("disk full"), 74, "mcsim: disk full\n"),
        (KeyboardInterrupt(), 130, "mcsim: interrupted\n"),
        (ZeroDivisionError("division by zero\nmore"), 70, "mcsim: unexpected ZeroDivisionError: division by zero\n"),
    ],
)
@pytest.mark.usefixtures("study")
def test_every_error_has_a_message_and_an_exit_code(outcome, capsys, monkeypatch):
    error, code, said = outcome

    def fails(_):
        raise error

    monkeypatch.setattr(describe, "run", fails)
    assert main(["describe", "mine.py"]) == code
    assert capsys.readouterr().err.startswith(said)
    assert main(["describe", "mine.py", "--debug"]) == code
    err = capsys.readouterr().err
    assert err.startswith("Traceback")
    assert said in err


@pytest.mark.usefixtures("study")
def test_a_reader_that_goes_away_is_no_error():
    mcsim_describe = f'"{sys.executable}" -c "import sys; from mcsim.cli.main import main; sys.exit(main())" describe'
    done = subprocess.run(
        ["bash", "-c", f"{mcsim_describe} mine.py | true; echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout in {"141\n", "0\n"}
    assert done.stderr == ""


def test_new_writes_a_study_that_can_be_described(capsys):
    assert main(["new", "studies/first.py"]) == 0
    assert capsys.readouterr().out.startswith("Made the folder studies\nWrote studies/first.py\n")
    assert main(["describe", "studies/first.py"]) == 0
    assert "How well are the effects" in capsys.readouterr().out


def test_new_never_overwrites(capsys):
    Path("mine.py").write_text("precious")
    assert main(["new", "mine.py"]) == 2
    assert "mine.py is there already and is left as it is" in capsys.readouterr().err
    assert Path("mine.py").read_text() == "precious"


@pytest.mark.parametrize("name", ["mine.txt", "mine", ".py", "été.py", "x" * 81 + ".py"])
def test_new_refuses_a_name_that_no_study_can_have(name, capsys):
    assert main(["new", name]) == 2
    assert "allowed: a file *.py whose name without .py has 1 to 80 letters" in capsys.readouterr().err
    assert list(Path().iterdir()) == []


def test_new_says_where_it_cannot_write(capsys):
    Path("file").write_text("")
    assert main(["new", "file/mine.py"]) == 2
    assert capsys.readouterr().err.startswith("mcsim: file")


def test_describe_says_everything_a_run_would_do(study, capsys):
    assert main(["describe", "mine.py"]) == 0
    out = capsys.readouterr().out
    assert all(key in out for key in [*study.conditions, *study.method_keys.values()])
    for said in [
        "Study mine",
        "Do few clusters do?",
        "n_clusters      5, 10          number of clusters",
        "Conditions: 4",
        "y ~ 1 + x + z + (1 + x | cluster)   (4 conditions",
        "(Intercept)  0      mean",
        "mean (reference)",
        "10 of each condition, seed 1",
        "40 data sets, 40 fits",
        "Drawn once and held fixed over replications (2 conditions, such as",
    ]:
        assert said in out


def test_describe_shows_the_raw_parameters_that_follow_from_effect_sizes(capsys):
    shares = "TwoLevel.from_effect_sizes, icc=[0.1, 0.2], r2_within=0.1, n_clusters=5, cluster_size=4"
    methods = "{'REML': LinearMixedModel()}"
    Path("mine.py").write_text(
        "from mcsim import Study, grid\nfrom mcsim.mechanisms import TwoLevel\n"
        "from mcsim.methods import LinearMixedModel\n"
        f"study = Study(conditions=grid({shares}), methods={methods}, replications=1, seed=1)\n"
    )
    assert main(["describe", "mine.py"]) == 0
    sections = dict(text.split("\n", 1) for text in capsys.readouterr().out.split("\n\n"))
    head, first, second = (line.split() for line in sections["Parameters that follow from the factors"].splitlines())
    assert head == ["key", "tau2", "sigma2", "gamma10"]
    assert first[1:] == ["0.1", "0.81", "0.3"]
    assert second[1:] == ["0.2", "0.72", "0.282843"]
    assert sections["Conditions: 2"].split()[:2] == ["key", "icc"]


@pytest.mark.parametrize(("name", "conditions"), [("article.py", 66), ("few_clusters.py", 3), ("maas_hox_2005.py", 27)])
def test_describe_shows_the_projects_own_studies(name, conditions, capsys):
    assert main(["describe", str(Path(__file__).parents[2] / "studies" / name)]) == 0
    out = capsys.readouterr().out
    assert f"Conditions: {conditions}" in out


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("predictors", ["random", "fixed"])
def test_simulate_writes_every_component(study, suffix, predictors):
    key = next(key for key, c in study.conditions.items() if c.n_clusters == 10 and c.predictors == predictors)
    assert main(["simulate", "mine.py", "--condition", key, "--rep", "3", "--out", f"data{suffix}"]) == 0
    read = pd.read_csv if suffix == ".csv" else pd.read_parquet
    data = read(f"data{suffix}")
    assert list(data.columns[:5]) == ["y", "x", "z", "cluster", "id"]
    assert {"u0", "u1", "e", "gamma00", "gamma10", "gamma01"} <= set(data.columns)
    assert len(data) == 40
    rebuilt = data.gamma00 + data.gamma01 * data.z + data.u0 + (data.gamma10 + data.u1) * data.x + data.e
    np.testing.assert_allclose(data.y, rebuilt, rtol=1e-12, atol=1e-12)
    assert data.groupby("cluster")[["u0", "u1", "z"]].nunique().eq(1).all(axis=None)


def test_fixed_predictors_are_the_same_in_every_replication(study):
    for predictors, same in [("fixed", True), ("random", False)]:
        key = next(key for key, c in study.conditions.items() if c.predictors == predictors)
        for rep in ("0", "1"):
            main(["simulate", "mine.py", "--condition", key, "--rep", rep, "--out", f"{rep}.csv"])
        first, second = pd.read_csv("0.csv"), pd.read_csv("1.csv")
        assert first.x.equals(second.x) is same
        assert not first.y.equals(second.y)


def test_the_beginning_of_a_key_is_enough(study, capsys):
    key = next(iter(study.conditions))
    short = next(key[:n] for n in range(1, 14) if sum(k.startswith(key[:n]) for k in study.conditions) == 1)
    assert main(["simulate", "mine.py", "--condition", short, "--out", "data.csv"]) == 0
    assert key in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--condition", "nonsense"], "--condition: given 'nonsense', which is none of them; allowed:"),
        (["--condition", "c"], "--condition: given 'c', which several begin with; allowed:"),
        ([], "--condition: none given; allowed:"),
    ],
)
def test_an_unknown_condition_lists_the_known_ones(study, given, said, capsys):
    assert main(["simulate", "mine.py", *given, "--out", "data.csv"]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert all(f"{key}  {condition}" in err for key, condition in study.conditions.items())
    assert not Path("data.csv").exists()


def test_a_single_condition_need_not_be_named(tmp_path):
    (tmp_path / "one.py").write_text(STUDY.replace("[5, 10]", "5").replace('["random", "fixed"]', '"random"'))
    assert main(["simulate", "one.py", "--out", "data.csv"]) == 0


def test_simulate_says_where_it_cannot_write(study, capsys):
    key = next(iter(study.conditions))
    assert main(["simulate", "mine.py", "--condition", key, "--out", "nowhere/data.csv"]) == 2
    assert "argument --out: given 'nowhere/data.csv'; there is no folder nowhere" in capsys.readouterr().err
    Path("taken.csv").mkdir()
    assert main(["simulate", "mine.py", "--condition", key, "--out", "taken.csv"]) == 74
    assert "taken.csv cannot be written: Is a directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "mine.py", "--job", "2"], "mcsim run: unrecognized arguments: --job 2; did you mean --jobs?\n"),
        (["run", "mine.py", "--fit-timout=3"], "unrecognized arguments: --fit-timout=3; did you mean --fit-timeout?\n"),
        (["status", "mine.py", "--qqq"], "mcsim status: unrecognized arguments: --qqq\nSee mcsim status --help\n"),
        (["run", "mine.py", "other.py"], "mcsim run: unrecognized arguments: other.py\n"),
        (["--verson"], "mcsim: unrecognized arguments: --verson; did you mean --version?\n"),
    ],
)
def test_a_mistyped_option_is_named_with_the_nearest_one(words, said, capsys):
    assert main(words) == 2
    assert said in capsys.readouterr().err

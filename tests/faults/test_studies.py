"""Studies and arguments that cannot be run, and odd ones that can; the numbers are those of docs/faults.md."""

import os
import time

import pytest
from commands import command, rows

from mcsim.cli.main import main

HEAD = """from mcsim import Study, grid
from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares
"""


def put(folder, conditions, *, methods='{"REML": LinearMixedModel()}', more="replications=3, seed=1"):
    """Write a study; `conditions` are the arguments of its grid."""
    text = f"{HEAD}study = Study(conditions=grid(TwoLevel, {conditions}), methods={methods}, {more})\n"
    (folder / "mine.py").write_text(text)


def refused(words, capsys):
    """What is said: one message, exit code 2, soon, nothing written, no traceback."""
    capsys.readouterr()
    began = time.monotonic()
    assert main(words) == 2
    assert time.monotonic() - began < 10
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert not os.path.exists("results")  # noqa: PTH110
    return err


PLAIN = "n_clusters=4, cluster_size=3, tau2=1.0"
SLOPE = f"{PLAIN}, gamma10=0.0, slope_variance=1.0"

REFUSED = {
    "35-factor": ({"conditions": "n_cluster=4, cluster_size=3"}, "did you mean n_clusters?"),
    "35-option": ({"conditions": PLAIN, "methods": '{"REML": LinearMixedModel(rml=True)}'}, "did you mean reml?"),
    "35-word": ({"conditions": PLAIN, "methods": '{"REML": LinearMixedModel(df="kenward")}'}, "one of 'normal'"),
    "35-reference": (
        {"conditions": PLAIN, "more": 'replications=3, seed=1, reference="REM"'},
        "reference: given 'REM'",
    ),
    "35-many": (
        {"conditions": "n_clusters=range(2, 1002), cluster_size=range(1, 1001), tau2=[i / 1000 for i in range(1000)]"},
        "about 1e+09 combinations; allowed: at most 1,000,000",
    ),
    "36-twice": ({"conditions": "n_clusters=4, cluster_size=3, tau2=[0.1, 1e-1]"}, "0.1"),
    "36-whole": ({"conditions": "n_clusters=[4, 4.0], cluster_size=3, tau2=1"}, "4"),
    "37-nan": ({"conditions": "n_clusters=4, cluster_size=3, tau2=float('nan')"}, "tau2: given nan"),
    "37-inf": ({"conditions": "n_clusters=4, cluster_size=3, tau2=float('inf')"}, "tau2: given inf"),
    "38-matrix": (
        {"conditions": f"{SLOPE}, covariance=[0.5, 2.0]"},
        "eigenvalue",
    ),
    "39-none": ({"conditions": "n_clusters=0, cluster_size=3, tau2=1.0"}, "n_clusters: given 0"),
    "39-one": ({"conditions": "n_clusters=3, cluster_size=1, tau2=1.0"}, "cluster_size above 1"),
    "39-few": ({"conditions": "n_clusters=2, cluster_size=3, tau2=1.0, gamma01=0.5"}, "more than 2 clusters"),
    "42-up": ({"conditions": PLAIN, "more": 'replications=3, seed=1, name="../../x"'}, "name: given '../../x'"),
    "42-absolute": ({"conditions": PLAIN, "more": 'replications=3, seed=1, name="/tmp/x"'}, "name: given '/tmp/x'"),
    "42-nul": ({"conditions": PLAIN, "more": 'replications=3, seed=1, name="a\\0b"'}, "name: given"),
    "42-long": ({"conditions": PLAIN, "more": 'replications=3, seed=1, name="x" * 300'}, "name: given"),
    "seed": ({"conditions": PLAIN, "more": "replications=3, seed=-1"}, "seed: given -1"),
    "replications": ({"conditions": PLAIN, "more": "replications=2.5, seed=1"}, "replications: given 2.5"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("verb", ["run", "plan", "describe"])
def test_35_to_42_a_study_that_cannot_run_is_refused_with_what_is_allowed(verb, name, standing, capsys):
    given, said = REFUSED[name]
    put(standing, **given)
    assert said in refused([verb, "mine.py"], capsys)


ARGUMENTS = [
    ["--jobs", "0"],
    ["--jobs", "x"],
    ["--jobs", "-3"],
    ["--replications", "0"],
    ["--replications", "1.5"],
    ["--fit-timeout", "0"],
    ["--fit-timeout", "soon"],
    ["--fit-timeout", "-1"],
    ["--fit-timeout", "nan"],
    ["--stop-after", "3x"],
    ["--stop-after", "1e9h"],
    ["--max-failures", "2"],
    ["--max-failures", "-0.1"],
    ["--max-failures", "nan"],
    ["--max-failures", "many"],
    ["--shard", "0/3"],
    ["--shard", "4/3"],
    ["--shard", "a/b"],
    ["--shard", "1/0"],
    ["--shard", "auto"],
    ["--shard", ""],
    ["--engine", "ray"],
    ["--engine"],
    ["--results"],
    ["--results", "nowhere/at/all"],
    ["--results", "mine.py"],
    ["--results", "ftp2://x/y"],
    ["--results", "/dev/null/x"],
    ["--unknown"],
    ["extra"],
]


@pytest.mark.parametrize("words", ARGUMENTS, ids=" ".join)
def test_arguments_of_run_that_make_no_sense_are_refused(words, standing, capsys):
    put(standing, PLAIN)
    assert refused(["run", "mine.py", *words], capsys).startswith("mcsim")


@pytest.mark.parametrize(
    "words",
    [
        ["replay", "mine.py", "--condition", "zzz"],
        ["replay", "mine.py", "--rep", "-1"],
        ["replay", "mine.py", "--rep", "9" * 30],
        ["replay", "nowhere.py"],
        ["failures", "mine.py", "--limit", "-1"],
        ["failures", "nowhere.py"],
        ["status", "mine.py", "--watch", "0"],
        ["status", "nowhere.py"],
        ["verify", "nowhere.py"],
        ["export", "mine.py"],
        ["export", "mine.py", "--out", "nowhere/x.parquet"],
        ["export", "mine.py", "--out", "x.txt"],
        ["merge", "dest"],
        ["merge", "dest", "nowhere"],
        ["collect", "nowhere.py"],
        ["submit", "mine.py", "--array", "0", "--time", "1h", "--cpus", "1"],
        ["submit", "mine.py", "--array", "4", "--time", "0", "--cpus", "1", "--dry-run"],
        ["submit", "mine.py", "--array", "4", "--time", "1h", "--cpus", "1", "--partition", "a b", "--dry-run"],
    ],
    ids=" ".join,
)
def test_arguments_of_other_verbs_that_make_no_sense_are_refused(words, standing, capsys):
    put(standing, PLAIN)
    assert refused(words, capsys).startswith("mcsim")


@pytest.mark.parametrize(
    "conditions",
    [
        "n_clusters=4, cluster_size=3, tau2=5e-324",
        "n_clusters=4, cluster_size=3, tau2=1e308",
        "n_clusters=4, cluster_size=3, tau2=1.0, gamma00=1e308",
        "n_clusters=4, cluster_size=3, tau2=1.0, sigma2=5e-324",
        "n_clusters=3, cluster_size=2, tau2=1.0",
        "n_clusters=2, cluster_size=2, tau2=1.0",
        "n_clusters=2, cluster_size=3, tau2=0.0",
        f"{SLOPE}, covariance=[1.0, -1.0]",
        "n_clusters=4, cluster_size=3, tau2=0.0, gamma10=0.0, slope_variance=0.0, covariance=0.0",
    ],
)
def test_37_38_39_what_is_odd_but_possible_is_run_and_every_row_is_there(conditions, standing):
    put(standing, conditions, methods='{"REML": LinearMixedModel(df="satterthwaite"), "OLS": OrdinaryLeastSquares()}')
    code, _, said = command("run", "mine.py", "--jobs", "1", folder=standing)
    assert code in (0, 3)
    assert "Traceback" not in said
    frame = rows(standing)
    assert set(frame["rep"]) == {0, 1, 2}
    assert frame.groupby(["condition", "method", "rep"]).size().ge(1).all()
    assert set(frame["status"]) <= {"ok", "singular", "not_converged", "failed"}
    assert frame.loc[frame["status"].isin(["failed", "not_converged"]), "note"].notna().all()


def test_49_every_replication_replayed_alone_is_bit_for_bit_what_is_stored(standing, capsys):
    put(
        standing,
        "n_clusters=[4, 6], cluster_size=3, tau2=[0.0, 1.0], gamma10=0.1, slope_variance=0.2",
        methods='{"REML": LinearMixedModel(df="kenward_roger", intervals="profile"), "OLS": OrdinaryLeastSquares()}',
    )
    assert main(["run", "mine.py", "--jobs", "1"]) == 0
    for condition in rows(standing)["condition"].unique():
        for rep in range(3):
            capsys.readouterr()
            assert main(["replay", "mine.py", "--condition", condition, "--rep", str(rep), "--debug"]) == 0
            assert capsys.readouterr().out.count("  as stored, bit for bit") == 2

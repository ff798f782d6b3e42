"""What a bad study gets: exit code 2, one message that says what was given and what is allowed, nothing written."""

import sys
from pathlib import Path

import pytest

from mcsim.cli.main import main

HEAD = """
from mcsim import Study, grid
from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares

CLUSTERS = dict(n_clusters=10, cluster_size=5)
SLOPE = dict(**CLUSTERS, gamma10=1)
"""

PLAN = {
    "conditions": "grid(TwoLevel, **CLUSTERS)",
    "methods": '{"REML": LinearMixedModel()}',
    "replications": "10",
    "seed": "1",
}

WHOLE_CLUSTERS = "allowed: a whole number from 2 to 1000000000"
WHOLE_SIZE = "allowed: a whole number from 1 to 1000000000"
ZERO_OR_MORE = "allowed: a finite number, at least 0"
ABOVE_ZERO = "allowed: a finite number, above 0"
REPLICATIONS = "allowed: a whole number from 1 to 999999999"
SEED = "allowed: a whole number from 0 to 9223372036854775807"
NAME = "allowed: 1 to 80 letters, digits, dots, underscores, blanks and hyphens, a letter or digit first"


@pytest.fixture(autouse=True)
def outside(tmp_path, monkeypatch):
    """Each test stands in an empty folder and leaves the import path as it was."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.fixture
def refused(capsys):
    """The message that running a study file gives, after checking all that every refusal has in common."""

    def refused(study="mine.py"):
        before = sorted(Path().rglob("*"))
        assert main(["run", study, "--results", "results"]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("mcsim: ")
        assert "Traceback" not in err
        assert sorted(Path().rglob("*")) == before
        return err

    return refused


def write(*, before="", after="", **changes):
    """A study file, good but for the changes."""
    plan = ", ".join(f"{word}={value}" for word, value in {**PLAN, **changes}.items() if value)
    Path("mine.py").write_text(f"{HEAD}\n{before}\nstudy = Study({plan})\n{after}\n")


FACTORS = [
    ("n_cluster=10, cluster_size=5", "n_cluster is not one of its factors; did you mean n_clusters?"),
    ("n_cluster=10, cluster_size=5", "n_clusters not given; required"),
    ("n_clusters=10", "cluster_size not given; required"),
    ("**CLUSTERS, colour='red'", "colour is not one of its factors (it has n_clusters, cluster_size, tau2"),
    ("n_clusters=[1, 10], cluster_size=5", f"n_clusters: given 1; {WHOLE_CLUSTERS}"),
    ("n_clusters=0, cluster_size=5", f"n_clusters: given 0; {WHOLE_CLUSTERS}"),
    ("n_clusters=-3, cluster_size=5", f"n_clusters: given -3; {WHOLE_CLUSTERS}"),
    ("n_clusters=10.5, cluster_size=5", f"n_clusters: given 10.5; {WHOLE_CLUSTERS}"),
    ("n_clusters='ten', cluster_size=5", f"n_clusters: given 'ten'; {WHOLE_CLUSTERS}"),
    ("n_clusters=True, cluster_size=5", f"n_clusters: given True; {WHOLE_CLUSTERS}"),
    ("n_clusters=None, cluster_size=5", f"n_clusters: given None; {WHOLE_CLUSTERS}"),
    ("n_clusters=10, cluster_size=0", f"cluster_size: given 0; {WHOLE_SIZE}"),
    ("n_clusters=10, cluster_size=2.5", f"cluster_size: given 2.5; {WHOLE_SIZE}"),
    ("n_clusters=10**8, cluster_size=10**8", "data sets of 10,000,000,000,000,000 rows"),
    ("**CLUSTERS, tau2=-1", f"tau2: given -1; {ZERO_OR_MORE}"),
    ("**CLUSTERS, tau2=float('nan')", f"tau2: given nan; {ZERO_OR_MORE}"),
    ("**CLUSTERS, tau2=float('inf')", f"tau2: given inf; {ZERO_OR_MORE}"),
    ("**CLUSTERS, tau2='big'", f"tau2: given 'big'; {ZERO_OR_MORE}"),
    ("**CLUSTERS, tau2=10**400", "tau2: given 1000000"),
    ("**CLUSTERS, sigma2=0", f"sigma2: given 0; {ABOVE_ZERO}"),
    ("**CLUSTERS, sigma2=-0.5", f"sigma2: given -0.5; {ABOVE_ZERO}"),
    ("**CLUSTERS, gamma00=False", "gamma00: given False; allowed: a finite number"),
    ("**CLUSTERS, gamma10='0.3'", "gamma10: given '0.3'; allowed: None or a finite number"),
    ("**SLOPE, x_sd=0", f"x_sd: given 0; {ABOVE_ZERO}"),
    ("**SLOPE, slope_variance=-1", "slope_variance: given -1; allowed: None or a finite number, at least 0"),
    ("**SLOPE, predictors='once'", "predictors: given 'once'; allowed: one of 'random', 'fixed'"),
    ("**SLOPE, covariance=0.5", "covariance: given 0.5 without a slope_variance"),
    ("**SLOPE, tau2={1, 2}", f"tau2: given {{1, 2}}; {ZERO_OR_MORE}"),
    ("**CLUSTERS, tau2=[0.1, 1e-1]", "tau2 has a level twice: 0.1 and 0.1"),
    ("n_clusters=[10, 20, 10.0], cluster_size=5", "n_clusters has a level twice: 10 and 10"),
    ("n_clusters=[], cluster_size=5", "n_clusters has no levels: given an empty list; allowed: at least one level"),
    ("**CLUSTERS, where=lambda c: False", "where drops all of its 1 combinations; at least one must stay"),
    ("**CLUSTERS, where=lambda c: 1 / c.tau2", "where raised ZeroDivisionError"),
    ("**CLUSTERS, where=lambda c: c.tau > 0", "where raised AttributeError: tau is not a factor; did you mean tau2?"),
    ("n_clusters=range(2, 10**9), cluster_size=5", "combinations; allowed: at most 1,000,000"),
]


@pytest.mark.parametrize(("factors", "said"), FACTORS)
def test_an_impossible_grid(factors, said, refused):
    write(conditions=f"grid(TwoLevel, {factors})")
    assert said in refused()


def test_a_covariance_too_large_names_its_conditions(refused):
    factors = "n_clusters=[10, 20], cluster_size=5, tau2=[1, 9], slope_variance=1.0, covariance=[0, 2], gamma10=1"
    write(conditions=f"grid(TwoLevel, {factors})")
    said = refused()
    assert "covariance: given 2 with tau2 1 and slope_variance 1, a covariance matrix that is not positive" in said
    assert "(at n_clusters=10, tau2=1, covariance=2; n_clusters=20, tau2=1, covariance=2)" in said


PLANS = [
    ({"replications": "0"}, f"replications: given 0; {REPLICATIONS}"),
    ({"replications": "-5"}, f"replications: given -5; {REPLICATIONS}"),
    ({"replications": "2.5"}, f"replications: given 2.5; {REPLICATIONS}"),
    ({"replications": "True"}, f"replications: given True; {REPLICATIONS}"),
    ({"replications": "'many'"}, f"replications: given 'many'; {REPLICATIONS}"),
    ({"replications": ""}, "replications not given; required: a whole number"),
    ({"replicatons": "10"}, "replicatons is not a keyword of Study; did you mean replications?"),
    ({"seed": "-1"}, f"seed: given -1; {SEED}"),
    ({"seed": "0.5"}, f"seed: given 0.5; {SEED}"),
    ({"seed": "2**63"}, f"seed: given 9223372036854775808; {SEED}"),
    ({"seed": "None"}, f"seed: given None; {SEED}"),
    ({"seed": ""}, "seed not given; required: a whole number"),
    ({"conditions": "[]"}, "conditions: given []; allowed: grid(...)"),
    ({"conditions": "TwoLevel(**CLUSTERS)"}, "allowed: grid(...), or several added up with +"),
    ({"conditions": "grid(TwoLevel(**CLUSTERS))"}, "write the class, grid(TwoLevel, ...)"),
    ({"conditions": "grid('TwoLevel')"}, "given 'TwoLevel'; allowed: a Mechanism class"),
    ({"conditions": "grid(TwoLevel, **CLUSTERS) + 3"}, "raised TypeError: unsupported operand"),
    (
        {"conditions": "grid(TwoLevel, **CLUSTERS) + grid(TwoLevel, **CLUSTERS, tau2=0.0)"},
        "the grids give the same condition more than once (at TwoLevel(n_clusters=10, cluster_size=5))",
    ),
    ({"methods": "{}"}, "methods: given none; allowed: at least one"),
    ({"methods": "[LinearMixedModel()]"}, "allowed: a dict such as"),
    ({"methods": '{"REML": LinearMixedModel}'}, "'REML' is the class LinearMixedModel; write LinearMixedModel()"),
    ({"methods": '{"REML": "REML"}'}, "'REML' is 'REML'; allowed: a Method such as LinearMixedModel()"),
    ({"methods": '{"a/b": LinearMixedModel()}'}, f"a method's label: given 'a/b'; {NAME}"),
    ({"methods": "{1: LinearMixedModel()}"}, f"a method's label: given 1; {NAME}"),
    ({"methods": '{"REML": LinearMixedModel(level=1)}'}, "LinearMixedModel: level: given 1; allowed: a finite number"),
    ({"methods": '{"REML": LinearMixedModel(level=95)}'}, "level: given 95; allowed: a finite number"),
    ({"methods": '{"REML": LinearMixedModel(rml=True)}'}, "rml is not one of its fields; did you mean reml?"),
    ({"methods": '{"REML": LinearMixedModel(reml=1)}'}, "reml: given 1; allowed: True or False"),
    ({"methods": '{"REML": LinearMixedModel("y ~ x + (1 | cluster)")}'}, "method 'REML'"),
    ({"methods": '{"REML": LinearMixedModel("y ~ 1 + (1 | school)")}'}, "school"),
    ({"methods": '{"REML": LinearMixedModel("y ~ log(x) + (1 | cluster)")}'}, "log(x)"),
    ({"methods": '{"REML": LinearMixedModel("y ~ 1")}'}, "random"),
    ({"methods": '{"REML": LinearMixedModel("y ~ 1 + (1 | cluster) + (1 | id)")}'}, "id"),
    ({"methods": '{"OLS": OrdinaryLeastSquares("y ~ x")}'}, "method 'OLS'"),
    ({"reference": '"ML"'}, "reference: given 'ML'; allowed: the label of a method ('REML')"),
    ({"name": '"../../x"'}, f"name: given '../../x'; {NAME}"),
    ({"name": '""'}, f"name: given ''; {NAME}"),
    ({"name": '"x" * 300'}, NAME),
]


@pytest.mark.parametrize(("changes", "said"), PLANS)
def test_an_impossible_plan(changes, said, refused):
    write(**changes)
    assert said in refused()


def test_every_fault_is_said_at_once_with_the_line_of_the_study(refused):
    write(
        conditions="grid(TwoLevel, n_clusters=[1, 10], cluster_size=5, tau2=[-1, 1])",
        methods='{"?": LinearMixedModel("y ~ x + (1 | cluster)")}',
        replications="0",
        seed="-1",
    )
    said = refused()
    assert said.startswith("mcsim: mine.py, line 10 has ")
    for fault in ["given 1; ", "given -1; allowed: a finite", "given '?'", "method '?'", "replications", "seed"]:
        assert fault in said


FILES = [
    ("x = 1", "mine.py: the file binds no study; allowed: one, as in study = Study(...)"),
    ("x = (1,", "mine.py, line 1: does not parse: '(' was never closed"),
    ("import nonexistent", "mine.py, line 1: raised ModuleNotFoundError: No module named 'nonexistent'"),
    ("from mcsim.methods import LinearMixdModel", "raised ImportError: cannot import name 'LinearMixdModel'"),
    ("\n\n1 / 0", "mine.py, line 3: raised ZeroDivisionError: division by zero"),
    ("raise SystemExit", "mine.py, line 1: the file calls exit (None) while it is loaded"),
    ("import sys\nsys.exit('no')", "mine.py, line 2: the file calls exit ('no') while it is loaded"),
]


@pytest.mark.parametrize(("text", "said"), FILES)
def test_a_file_that_is_no_study(text, said, refused):
    Path("mine.py").write_text(text)
    assert said in refused()


def test_a_file_with_several_studies(refused):
    write(after="other = study.with_replications(5)")
    assert "mine.py: the file binds several studies: study, other; allowed: one" in refused()


def test_a_file_that_is_not_there(refused):
    write()
    assert "min.py: there is no such file; did you mean mine.py?" in refused("min.py")
    assert "nowhere/mine.py: there is no folder" in refused("nowhere/mine.py")


def test_a_folder_instead_of_a_file(refused):
    Path("studies").mkdir()
    assert "studies: is a folder; give the study's file" in refused("studies")


@pytest.mark.parametrize("verb", ["describe", "plan", "status", "performance", "simulate"])
def test_every_verb_refuses_alike(verb, capsys):
    Path("mine.py").write_text("1 / 0")
    options = ["--out", "data.csv"] if verb == "simulate" else []
    assert main([verb, "mine.py", *options]) == 2
    assert capsys.readouterr().err == "mcsim: mine.py, line 1: raised ZeroDivisionError: division by zero\n"
    assert [path.name for path in Path().iterdir()] == ["mine.py"]


@pytest.mark.parametrize(
    ("package", "method"), [("statsmodels", "Gee"), ("statsmodels", "StatsmodelsMixedLM"), ("mixedlm", "Mixedlm")]
)
def test_a_package_that_is_not_installed(package, method, refused, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    write(before=f"from mcsim.methods import {method}", methods=f'{{"M": {method}()}}')
    said = f"the package {package} is not installed; this brings it: pip install 'mcsim[{package}]'"
    assert f"method 'M': {said}" in refused()

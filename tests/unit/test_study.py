"""A study: one frozen value, checked whole when it is built."""

import subprocess
import sys
from dataclasses import FrozenInstanceError, dataclass
from types import ModuleType

import numpy as np
import pytest

from mcsim import Estimates, FormulaError, Method, Study, StudyError, grid
from mcsim.keys import condition_key, method_key
from mcsim.mechanisms import TwoLevel
from mcsim.parameters import shown


@dataclass(frozen=True, kw_only=True)
class Average(Method):
    def estimands(self, condition):
        del condition
        return ("(Intercept)",)

    def fit(self, dataset, rng):
        del rng
        return Estimates.of({"(Intercept)": {"estimate": float(np.mean(dataset.columns["y"]))}})


@dataclass(frozen=True, kw_only=True)
class NeedsX(Average):
    def misfits(self, condition):
        return [] if "x" in condition.columns() else ["x is not a column of the data"]


@dataclass(frozen=True, kw_only=True)
class BadFormula(Average):
    def misfits(self, condition):
        raise FormulaError(f"y ~~ x: not a formula, for {condition.columns()[0]}")


@dataclass(frozen=True, kw_only=True)
class AnswersWithLetters(Average):
    def misfits(self, condition):
        return condition and "no"


@dataclass(frozen=True, kw_only=True)
class AnswersWithNothing(Average):
    def misfits(self, condition):
        del condition


@dataclass(frozen=True, kw_only=True)
class AnswersWithNumbers(Average):
    def misfits(self, condition):
        return [1] if condition else []


@dataclass(frozen=True, kw_only=True)
class Raises(Average):
    def misfits(self, condition):
        raise TypeError(f"no length for {condition.columns()[0]}")


@dataclass(frozen=True, kw_only=True)
class YieldsAndRaises(Average):
    def misfits(self, condition):
        yield "a line"
        raise TypeError(f"no length for {condition.columns()[0]}")


PLAN = {
    "conditions": grid(TwoLevel, n_clusters=[5, 10], cluster_size=4),
    "methods": {"mean": Average(), "again": Average()},
    "replications": 100,
    "seed": 7,
}


def faults_of(**changes):
    """What building the plan with these changes complains of."""
    with pytest.raises(StudyError) as caught:
        Study(**{**PLAN, **changes})
    return caught.value.faults


def fault_of(**changes):
    """The one thing it complains of."""
    (fault,) = faults_of(**changes)
    return fault


def test_conditions_and_methods_are_known_by_their_keys():
    study = Study(**PLAN)
    assert list(study.conditions.values()) == [TwoLevel(n_clusters=n, cluster_size=4) for n in (5, 10)]
    assert list(study.conditions) == [condition_key(mechanism) for mechanism in study.conditions.values()]
    assert study.method_keys == {label: method_key(label, Average()) for label in ("mean", "again")}


def test_the_first_method_is_the_reference_unless_one_is_named():
    assert Study(**PLAN).reference == "mean"
    assert Study(**PLAN, reference="again").reference == "again"
    assert fault_of(reference="men") == (
        "reference: given 'men'; allowed: the label of a method ('mean', 'again'); did you mean mean?"
    )


def test_a_study_is_frozen():
    study = Study(**PLAN)
    with pytest.raises(FrozenInstanceError):
        study.seed = 8
    with pytest.raises(TypeError):
        study.conditions["c000000000000"] = None
    assert len({study, study}) == 1


def test_replications_can_be_overridden_in_a_copy():
    study = Study(**PLAN)
    assert study.with_replications(5).replications == 5
    assert study.replications == 100
    with pytest.raises(StudyError, match="replications: given 0"):
        study.with_replications(0)


@pytest.mark.parametrize("given", [0, -1, 2.5, True, "100", None, float("nan"), float("inf"), 10**9, [100]])
def test_replications_are_a_whole_number(given):
    assert f"replications: given {given!r}; allowed: a whole number from 1 to 999999999" in fault_of(replications=given)


@pytest.mark.parametrize("given", [-1, 0.5, True, "7", 2**63, float("nan")])
def test_the_seed_is_a_whole_number(given):
    assert f"seed: given {given!r}; allowed: a whole number from 0 to 9223372036854775807" in fault_of(seed=given)


@pytest.mark.parametrize("given", [0, 2**63 - 1, np.int64(7), 7.0])
def test_every_whole_seed_is_kept_exactly(given):
    assert Study(**{**PLAN, "seed": given}).seed == int(given)


@pytest.mark.parametrize("name", ["a", "A.b_c-d 9", "x" * 80])
def test_good_names(name):
    assert Study(**PLAN, name=name).name == name


SCRIPT = """
from mcsim import Study, grid
from mcsim.mechanisms import TwoLevel
from mcsim.methods import OrdinaryLeastSquares

plan = dict(conditions=grid(TwoLevel, n_clusters=5, cluster_size=4), replications=1, seed=1)
print(Study(**plan, methods={"OLS": OrdinaryLeastSquares()}).name)
"""


def test_a_study_built_in_a_running_script_has_the_scripts_name(tmp_path):
    (tmp_path / "b.py").write_text(SCRIPT)
    done = subprocess.run([sys.executable, "b.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "b\n"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("/a folder/my study.py", "my study"),
        ("b.py", "b"),
        ("étude.py", "study"),  # no legal name
        ("/package/__main__.py", "study"),  # python -m package
        ("/bin/pytest", "study"),  # an installed command, not a study's script
        (None, "study"),
    ],
)
def test_the_default_name_is_the_running_scripts_stem_if_that_is_a_name(file, name, monkeypatch):
    main = ModuleType("__main__")
    main.__file__ = file
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert Study(**PLAN).name == name
    assert Study(**PLAN, name="own").name == "own"


def test_a_notebook_has_no_script_to_be_named_after(monkeypatch):
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    assert Study(**PLAN).name == "study"


@pytest.mark.parametrize("name", ["", "../../x", "/etc", "a/b", "a\0b", ".hidden", "x" * 81, "étude", "a\n", 3, b"a"])
def test_bad_names_and_labels(name):
    assert f"name: given {shown(name)}; allowed: 1 to 80 letters" in fault_of(name=name)
    assert f"a method's label: given {shown(name)}; allowed: 1 to 80 letters" in fault_of(methods={name: Average()})


@pytest.mark.parametrize(
    ("methods", "said"),
    [
        ({}, "methods: given none; allowed: at least one"),
        ([Average()], "allowed: a dict such as"),
        ({"a": Average}, "'a' is the class Average; write Average()"),
        ({"a": "mean"}, "'a' is 'mean'; allowed: a Method"),
        ({"a": None}, "'a' is None; allowed: a Method"),
    ],
)
def test_methods_are_a_dict_of_methods(methods, said):
    assert said in fault_of(methods=methods)


@pytest.mark.parametrize("given", [None, {}, [TwoLevel(n_clusters=2, cluster_size=2)], TwoLevel])
def test_conditions_are_a_grid(given):
    assert "allowed: grid(...), or several added up with +" in fault_of(conditions=given)


def test_unknown_and_missing_keywords_are_named():
    with pytest.raises(StudyError) as caught:
        Study(replicatons=10)
    assert [fault.partition(" (")[0] for fault in caught.value.faults] == [
        "replicatons is not a keyword of Study; did you mean replications?",
        "conditions not given; required: grid(...)",
        'methods not given; required: a dict such as {"REML": LinearMixedModel()}',
        "replications not given; required: a whole number from 1 to 999999999",
        "seed not given; required: a whole number from 0 to 9223372036854775807",
    ]


def test_a_condition_given_by_two_grids_is_a_fault():
    twice = grid(TwoLevel, n_clusters=[5, 6], cluster_size=4) + grid(TwoLevel, n_clusters=5.0, cluster_size=4, tau2=0)
    fault = fault_of(conditions=twice)
    assert fault == (
        "conditions: the grids give the same condition more than once (at TwoLevel(n_clusters=5, cluster_size=4))"
    )


def test_a_method_that_cannot_analyse_a_condition_is_a_fault_with_its_conditions():
    conditions = grid(TwoLevel, n_clusters=[5, 6], cluster_size=4, gamma10=[None, 1])
    fault = fault_of(conditions=conditions, methods={"slope": NeedsX()})
    assert fault == (
        "method 'slope': x is not a column of the data (at n_clusters=5, gamma10=None; n_clusters=6, gamma10=None)"
    )


def test_a_formula_that_does_not_parse_is_a_fault():
    assert fault_of(methods={"slope": BadFormula()}).startswith("method 'slope': y ~~ x: not a formula, for y")


@pytest.mark.parametrize(
    ("method", "said"),
    [
        (AnswersWithLetters(), "returned 'no'; allowed: a list of lines"),
        (AnswersWithNothing(), "returned None; allowed: a list of lines"),
        (AnswersWithNumbers(), "returned [1]; allowed: a list of lines"),
        (Raises(), "raised TypeError: no length for y"),
        (YieldsAndRaises(), "raised TypeError: no length for y"),
    ],
)
def test_misfits_that_answer_with_no_list_or_fail_are_one_fault(method, said):
    assert fault_of(methods={"x": method}) == (
        f"method 'x': misfits(condition) {said} (at n_clusters=5; n_clusters=10)"
    )


def test_every_fault_is_listed_at_once():
    faults = faults_of(
        conditions=grid(TwoLevel, n_clusters=[0, 5], cluster_size=4, tau2=-1, sigma2=0),
        methods={"/": Average, "b": NeedsX()},
        replications=0,
        seed=-1,
        name="",
    )
    text = "\n".join(faults)
    for said in ["n_clusters: given 0", "tau2: given -1", "sigma2: given 0", "given '/'", "write Average()"]:
        assert said in text
    for said in ["replications: given 0", "seed: given -1", "name: given ''"]:
        assert said in text


def test_ten_thousand_conditions_are_a_study():
    conditions = grid(TwoLevel, n_clusters=range(2, 102), cluster_size=range(1, 101), tau2=1)
    study = Study(**{**PLAN, "conditions": conditions})
    assert len(study.conditions) == 10_000


def test_another_seed_gives_the_same_plan_without_a_file():
    other = Study(**PLAN).with_seed(99)
    assert other.seed == 99
    assert other.source is None
    with pytest.raises(StudyError, match="seed: given -1"):
        Study(**PLAN).with_seed(-1)

"""Study files: what is loaded, under which name, and what is said of a file that is no study."""

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from mcsim import StudyError, load_study

GOOD = '''"""Do few clusters do?

More of the aims.
"""
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
    conditions=grid(TwoLevel, n_clusters=5, cluster_size=4), methods={"mean": Average()}, replications=10, seed=1
)
'''


@pytest.fixture(autouse=True)
def import_path(monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.fixture
def load(tmp_path):
    def load(text, name="mine.py"):
        file = tmp_path / name
        file.write_text(text)
        return load_study(file)

    return load


def fault(load, text, name="mine.py"):
    with pytest.raises(StudyError) as caught:
        load(text, name)
    return str(caught.value)


def test_the_docstring_is_the_aims_and_the_stem_is_the_name(load, tmp_path):
    study = load(GOOD)
    assert study.aims == "Do few clusters do?\n\nMore of the aims."
    assert study.name == "mine"
    assert study.source == tmp_path / "mine.py"


def test_a_name_of_its_own_comes_first(load):
    assert load(GOOD.replace("seed=1", "seed=1, name='other'")).name == "other"


def test_the_loaded_files_stem_comes_before_the_running_scripts(load, monkeypatch):
    main = ModuleType("__main__")
    main.__file__ = "script.py"
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert load(GOOD).name == "mine"


def test_a_relative_path_becomes_absolute(load, tmp_path, monkeypatch):
    load(GOOD)
    monkeypatch.chdir(tmp_path)
    assert load_study("mine.py").source == tmp_path / "mine.py"


def test_the_file_runs_under_a_private_module_name(load):
    cls = type(load(GOOD).methods["mean"])
    assert cls.__module__.startswith("_mcsim_study_")
    assert getattr(sys.modules[cls.__module__], "Average") is cls  # noqa: B009


def test_its_folder_comes_last_on_the_import_path_once(load, tmp_path):
    before = list(sys.path)
    (tmp_path / "helping.py").write_text("COUNT = 12\n")
    (tmp_path / "json.py").write_text("raise RuntimeError('hides the library')\n")
    text = GOOD.replace("from dataclasses", "import json\nfrom helping import COUNT\nfrom dataclasses")
    assert load(text.replace("replications=10", "replications=COUNT")).replications == 12
    load(GOOD, "other.py")
    assert sys.path == [*before, str(tmp_path)]


def test_what_a_file_prints_goes_to_stderr(load, capsys):
    load(GOOD + "print('hello')\n")
    out, err = capsys.readouterr()
    assert (out, err) == ("", "hello\n")


def test_loading_again_sees_the_file_as_it_is_now(load):
    load(GOOD)
    assert load(GOOD.replace("seed=1", "seed=2")).seed == 2


def test_one_study_under_two_names_is_one(load):
    assert load(GOOD + "same = study\n").seed == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\n", "mine.py: the file binds no study; allowed: one"),
        (GOOD + "import copy\nsecond = copy.copy(study)\n", "binds several studies: study, second; allowed: one"),
        ("import sys\n\nsys.exit(3)\n", "mine.py, line 3: the file calls exit (3) while it is loaded"),
        ("x = (1,\n\ny = 2\n", "mine.py, line 1: does not parse: '(' was never closed"),
        ("\n\n1 / 0\n", "mine.py, line 3: raised ZeroDivisionError: division by zero"),
        ("class Boom(BaseException): ...\n\nraise Boom('all')\n", "mine.py, line 3: raised Boom: all"),
        ("def f():\n    return {}['a']\n\nf()\n", "mine.py, line 2: raised KeyError: 'a'"),
        ("import nonexistent_module\n", "mine.py, line 1: raised ModuleNotFoundError: No module named"),
        ("from mcsim import grd\n", "mine.py, line 1: raised ImportError: cannot import name 'grd'"),
        (GOOD.replace("seed=1", "seed=-1"), "mine.py, line 17: seed: given -1; allowed"),
        (
            "from mcsim.mechanisms import TwoLevel\nTwoLevel(n_clusters=1, cluster_size=0)\n",
            "mine.py, line 2 has 2 faults:\n  - TwoLevel: n_clusters: given 1; allowed:",
        ),
        (
            GOOD + "import mcsim\nmcsim.run(study)\n",
            "mine.py, line 21: calls mcsim.run while it is loaded; put the call",
        ),
        ("x = '\0'\n", "does not parse: source code string cannot contain null bytes"),
    ],
)
def test_a_file_that_is_no_study(load, text, said):
    assert said in fault(load, text)


def test_an_error_in_a_helper_names_the_line_that_imports_it(load, tmp_path):
    (tmp_path / "broken_helper.py").write_text("x = = 1\n")
    said = fault(load, "\nimport broken_helper\n")
    assert "broken_helper.py, line 1: does not parse: invalid syntax: x = = 1" in said


def test_a_file_that_is_not_utf_8(tmp_path):
    (tmp_path / "mine.py").write_bytes(b"x = '\xff'\n")
    with pytest.raises(StudyError, match=r"mine\.py: cannot be read: "):
        load_study(tmp_path / "mine.py")


def test_a_stem_that_is_no_name(load):
    assert "rename the file or give name=" in fault(load, GOOD, "étude.py")
    assert load(GOOD.replace("seed=1", "seed=1, name='etude'"), "étude.py").name == "etude"


def test_a_file_that_does_not_exist_offers_the_nearest(load, tmp_path):
    load(GOOD)
    with pytest.raises(StudyError, match=r"min\.py: there is no such file; did you mean mine\.py\?"):
        load_study(tmp_path / "min.py")
    with pytest.raises(StudyError, match="there is no folder"):
        load_study(tmp_path / "nowhere" / "mine.py")


def test_a_folder_is_refused_with_what_it_holds(load, tmp_path):
    load(GOOD)
    with pytest.raises(StudyError, match=r"is a folder; give the study's file \(it holds mine\.py\)"):
        load_study(tmp_path)


def test_only_python_files_are_run(load, tmp_path):
    with pytest.raises(StudyError, match=r"given a file named data\.csv; allowed: a Python file"):
        load("y,x\n1,2\n", "data.csv")
    assert not (tmp_path / "data.py").exists()


def test_ctrl_c_passes(load):
    with pytest.raises(KeyboardInterrupt):
        load("raise KeyboardInterrupt\n")


def test_a_failed_file_leaves_no_module_behind(load):
    before = set(sys.modules)
    fault(load, "1 / 0\n")
    assert set(sys.modules) == before


def test_the_error_keeps_its_cause_for_a_traceback(load):
    with pytest.raises(StudyError) as caught:
        load("1 / 0\n")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_path_may_have_blanks_and_letters_of_any_language(tmp_path):
    folder = tmp_path / "été 2024"
    folder.mkdir()
    Path(folder / "my study.py").write_text(GOOD)
    assert load_study(os.fspath(folder / "my study.py")).name == "my study"

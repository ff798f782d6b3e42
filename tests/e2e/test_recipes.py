"""What the recipe of a method says of itself; that its blocks run as they are written, tests/docs shows."""

import re
import sys
from pathlib import Path

import pytest

from mcsim import load_study
from mcsim.cli.main import main
from mcsim.testing import check_method

PAGE = (Path(__file__).parents[2] / "docs" / "add-a-method.md").read_text()
STUDY, _, MISFITS, BLOCK_FORM = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture(autouse=True)
def inside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    Path("mine.py").write_text(STUDY)


def class_of(text):
    return re.search(r"@dataclass.*?(?=\n\n\nstudy = |\Z)", text, flags=re.DOTALL)[0]


def test_the_class_has_about_twenty_lines():
    assert len(class_of(STUDY).strip().splitlines()) <= 21


def test_the_block_form_of_the_page_returns_what_the_single_form_returns():
    single = load_study("mine.py")
    Path("mine.py").write_text(STUDY.replace(class_of(STUDY), BLOCK_FORM.rstrip()))
    blocked = load_study("mine.py")
    assert hasattr(blocked.methods["means"], "fit_block")
    # Another source, another key.
    assert blocked.method_keys["means"] != single.method_keys["means"]
    assert blocked.method_keys["REML"] == single.method_keys["REML"]
    for condition in blocked.conditions.values():
        check_method(blocked.methods["means"], condition)


def test_the_misfit_of_the_page_is_one_message(capsys):
    method = MISFITS.partition("\n")[2]
    refusing = STUDY.replace("    def fit(self", f"{method}\n    def fit(self").replace("[5, 10, 30]", "[2, 10]")
    Path("mine.py").write_text(refusing)
    assert main(["run", "mine.py"]) == 2
    assert "method 'means': needs more than 2 clusters" in capsys.readouterr().err


def test_the_option_of_the_page_is_refused_as_it_says(capsys):
    Path("mine.py").write_text(STUDY.replace("ClusterMeans()", "ClusterMeans(level=95)"))
    assert main(["run", "mine.py"]) == 2
    assert "level: given 95; allowed: a finite number, above 0, below 1" in capsys.readouterr().err

"""What the recipe of a chart promises of its file once it is in the package. Its blocks run in test_code_blocks."""

import base64
import gzip
import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest
from pages import ROOT

import mcsim
from mcsim.cli.main import main
from mcsim.report import charts
from mcsim.report.page import ready

PAGE = (ROOT / "docs" / "add-a-chart.md").read_text()
FILE = re.search(r"```python\n# running_bias.py\n(.*?)```", PAGE, flags=re.DOTALL)[1]
STUDY = """
from mcsim import Study, grid
from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares

study = Study(conditions=grid(TwoLevel, n_clusters=[5, 8], cluster_size=4),
              methods={"REML": LinearMixedModel(), "OLS": OrdinaryLeastSquares()}, replications=30, seed=1)
"""


@pytest.fixture
def there(standing, monkeypatch):
    """The file of the recipe in the package, with its two lines, and a study that has been run."""
    Path("running_bias.py").write_text(FILE)
    name = "mcsim.report.charts.running_bias"
    spec = importlib.util.spec_from_file_location(name, "running_bias.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setitem(sys.modules, name, module)
    for place, line in (
        (charts.KINDS, r'"running_bias": "(.*?)"'),
        (ready.BY, r'"running_bias": \("(\w+)", "(\w+)"\)'),
    ):
        (given,) = re.findall(line, PAGE)
        monkeypatch.setitem(place, "running_bias", given)
    Path("mine.py").write_text(STUDY)
    assert main(["run", "mine.py", "--jobs", "1"]) == 0
    return standing


@pytest.mark.usefixtures("there")
def test_the_command_line_draws_the_kind_and_names_it_in_its_help(capsys):
    assert main(["chart", "mine.py", "running_bias", "--out", "bias.svg"]) == 0
    assert "bias of (Intercept)" in Path("bias.svg").read_text()
    assert main(["chart", "--help"]) == 0
    assert "bias over the first replications" in capsys.readouterr().out
    assert main(["chart", "mine.py", "running_bias", "--measure", "rmse"]) == 2
    assert "has no use for it" in capsys.readouterr().err


@pytest.mark.usefixtures("there")
def test_the_page_has_the_kind_drawn_up_for_every_choice_of_what_it_depends_on():
    page = mcsim.write_report(mcsim.load_study("mine.py")).read_text()
    packed = re.search(r'id="content">([^<]*)<', page)[1]
    content = json.loads(gzip.decompress(base64.b64decode(packed)))
    assert "running_bias" in {chart["kind"] for chart in content["charts"]}
    drawings = content["ready"]["running_bias"]
    assert len(drawings) == len(content["estimands"]) * len(content["conditions"])
    assert all("template" in drawing for drawing in drawings.values())

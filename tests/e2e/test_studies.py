"""Every study of the repository, run with a few replications: it can be read, simulated and analysed.

What they find is compared in tests/statistics. Those of which there are pictures run in tests/docs/test_pictures.py.
"""

import re
import subprocess

import pandas as pd
import pytest
from pages import ROOT

from mcsim.cli.main import main

STUDIES = sorted(path.stem for path in (ROOT / "studies").glob("*.py"))
PICTURED = {"article", "few_clusters", "maas_hox_2005"}


@pytest.mark.parametrize("name", STUDIES)
@pytest.mark.usefixtures("standing")
def test_describe_shows_a_study_of_the_repository_with_its_aims(name, capsys):
    assert main(["describe", str(ROOT / "studies" / f"{name}.py")]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"Study {name}\n")
    assert re.search(r"\nAims\n  \w.*\?\n", out)
    assert re.search(r"\nConditions: \d+\n", out)


@pytest.mark.parametrize("name", sorted({*STUDIES} - PICTURED))
def test_a_study_runs_with_two_replications_and_every_fit_is_usable(name, standing):
    study = str(ROOT / "studies" / f"{name}.py")
    assert main(["run", study, "--replications", "2", "--jobs", "1"]) == 0
    status = pd.read_parquet(standing / "results" / name / "estimates", columns=["status"]).status
    assert set(status) <= {"ok", "singular", "skipped"}


def test_make_studies_runs_and_reports_them_all():
    said = subprocess.run(["make", "-n", "studies"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for verb in ("run", "report"):
        assert re.findall(rf"mcsim {verb} studies/(\w+)\.py", said) == STUDIES

"""What tests of faults compare with."""

import sys
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
from running import rows, run

sys.path.append(str(Path(__file__).parent))

from undisturbed import STUDY, files, study

from mcsim.cli.main import main


class Undisturbed(NamedTuple):
    """A run that nothing disturbed."""

    rows: pd.DataFrame
    files: list[str]


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """The rows and the files of a run that nothing disturbed."""
    root = tmp_path_factory.mktemp("undisturbed")
    run(study(), root)
    return Undisturbed(rows(root), files(root))


@pytest.fixture
def finished(tmp_path):
    """The results of a finished run, to be damaged."""
    run(study(), tmp_path / "results")
    return tmp_path / "results"


@pytest.fixture
def as_if_undisturbed(undisturbed):
    """Check that running again brings exactly the rows and files of an undisturbed run, and those set aside."""

    def check(root, *more_files):
        result = run(study(), root)
        pd.testing.assert_frame_equal(rows(root), undisturbed.rows, check_exact=True)
        assert files(root) == sorted([*undisturbed.files, *more_files])
        return result

    return check


@pytest.fixture
def mine(standing):
    """A study file whose study has been run, and the folder with its results."""
    (standing / "mine.py").write_text(STUDY)
    assert main(["run", "mine.py", "--jobs", "1"]) == 0
    return standing / "results" / "mine"

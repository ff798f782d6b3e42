"""The results of a study file, found without loading it."""

import json
import shutil

import pytest

from mcsim.errors import ResultsError
from mcsim.store import Store
from mcsim.store.finding import find_store


@pytest.fixture
def recorded(store):
    """A store that was made with the file mine.py."""
    file = store.path / "study.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "file": "mine.py"}))
    return Store(store.root, store.name)


def test_results_are_found_under_any_name_by_the_file_that_made_them(recorded):
    assert find_store(recorded.root, "somewhere/mine.py").path == recorded.path
    assert find_store(recorded.root, "other.py") is None
    own = recorded.root / "mine"
    shutil.move(recorded.path, own)
    assert find_store(recorded.root, "mine.py").path == own


def test_a_damaged_record_of_another_study_does_not_matter_and_that_of_its_own_does(recorded):
    for name, found in (("another", True), ("mine", False)):
        (recorded.root / name).mkdir()
        (recorded.root / name / "study.json").write_text("{")
        if found:
            assert find_store(recorded.root, "mine.py").path == recorded.path
        else:
            with pytest.raises(ResultsError, match="is damaged"):
                find_store(recorded.root, "mine.py")


def test_a_root_that_is_not_there_has_none_and_one_that_is_a_file_is_refused(tmp_path):
    assert find_store(tmp_path / "none", "mine.py") is None
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsError, match="is a file; give a folder"):
        find_store(tmp_path / "file", "mine.py")

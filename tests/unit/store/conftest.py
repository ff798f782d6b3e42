"""A study and its store at the beginning of a run."""

import pytest
from fakes import Mean, study_of
from storing import begin

from mcsim.store import Store


@pytest.fixture
def study():
    return study_of(mean=[0.0], methods={"A": Mean(), "B": Mean(shift=1.0)}, replications=4)


@pytest.fixture
def store(study, tmp_path):
    """A store at the beginning of a run."""
    store = Store(tmp_path / "results", study.name)
    begin(store, study)
    return store

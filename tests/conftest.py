"""What tests of every kind stand on."""

import os
import sys

import pytest


@pytest.fixture
def standing(tmp_path, monkeypatch):
    """Stand in an empty folder; afterwards the process is as it was."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(os, "environ", os.environ.copy())
    return tmp_path

"""Packages that need not be there."""

import sys

import pytest

from mcsim.errors import McsimError
from mcsim.packages import absent, require


def test_a_package_that_is_there_is_no_fault_and_is_not_imported(monkeypatch):
    monkeypatch.delitem(sys.modules, "this", raising=False)
    assert absent("this") == ""
    require("this")
    assert "this" not in sys.modules


def test_one_that_is_not_there_is_named_with_the_command_that_brings_it():
    said = "the package nowhere_here is not installed; this brings it: pip install 'mcsim[nowhere_here]'"
    assert absent("nowhere_here") == said
    with pytest.raises(McsimError) as raised:
        require("nowhere_here")
    assert str(raised.value) == said
    assert raised.value.exit_code == 2


def test_an_extra_may_have_another_name():
    assert absent("nowhere_here", extra="far").endswith("pip install 'mcsim[far]'")

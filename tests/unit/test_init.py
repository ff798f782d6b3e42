"""The names of the package: there when asked for, and functions even where a module has the same name."""

import importlib
import subprocess
import sys

import pytest

import mcsim


@pytest.mark.parametrize("name", mcsim.__all__)
def test_every_name_is_there(name):
    assert getattr(mcsim, name).__name__ == name


@pytest.mark.parametrize("name", ["collect", "fit", "grid", "performance", "run"])
def test_importing_a_module_does_not_hide_the_function_of_its_name(name):
    importlib.import_module(f"mcsim.{name}")
    assert callable(getattr(mcsim, name))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'mcsim' has no attribute 'nonsense'"):
        mcsim.nonsense  # noqa: B018
    assert set(mcsim.__all__) <= set(dir(mcsim))


def test_importing_the_package_loads_nothing_heavy():
    loaded = "import sys, mcsim; print([name for name in ('numpy', 'pandas', 'numba') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

"""What a call leaves behind in a process is noted or put back."""

import os
import random
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from mcsim.isolation import Remarks
from mcsim.isolation.containment import contained


def state():
    return {
        "python": random.getstate(),
        "numpy": np.random.get_state()[1].tolist(),  # noqa: NPY002 (methods use it)
        "environ": dict(os.environ),
        "folder": Path.cwd(),
        "filters": list(warnings.filters),
        "show": warnings.showwarning,
        "errors": np.geterr(),
        "streams": (sys.stdout, sys.stderr),
        "threads": [pool["num_threads"] for pool in threadpool_info()],
    }


@pytest.mark.parametrize(
    "change",
    [
        lambda: random.seed(1),
        lambda: np.random.seed(1),  # noqa: NPY002
        lambda: os.environ.update(MCSIM_TEST="1"),
        lambda: os.environ.pop("PATH"),
        lambda: os.chdir("/"),
        lambda: warnings.simplefilter("error"),
        lambda: np.seterr(all="raise"),
        lambda: setattr(sys, "stdout", None),
        lambda: threadpool_limits(3),
    ],
)
def test_what_is_changed_is_as_before(change):
    before = state()
    with contained(Remarks()):
        change()
        assert state() != before
    assert state() == before


def test_it_is_put_back_after_an_error_too():
    before = state()

    def call():
        random.seed(1)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"), contained(Remarks()):
        call()
    assert state() == before


def test_warnings_and_prints_are_counted_and_the_first_is_kept():
    remarks = Remarks()
    with contained(remarks):
        for number in range(3):
            warnings.warn(f"beware of {number}\nand more", RuntimeWarning, stacklevel=1)
        print("\n  hello\nworld")  # noqa: T201
        print("!", file=sys.stderr)  # noqa: T201
    assert str(remarks) == "3 warnings: RuntimeWarning: beware of 0; printed 17 characters: hello"


def test_silence_is_no_remark():
    remarks = Remarks()
    with contained(remarks):
        pass
    assert not remarks


def test_what_concerns_the_writer_of_the_code_is_no_remark():
    remarks = Remarks()
    with contained(remarks):
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    assert not remarks


def test_the_memory_of_remarks_is_bounded():
    remarks = Remarks()
    with contained(remarks):
        for _ in range(1000):
            print("x" * 10_000)  # noqa: T201
    assert len(str(remarks)) < 200
    assert len(remarks.printed) <= 200

"""The system's Chromium, for tests of the report."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

_CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start it; without one the test is skipped, but not at the gate."""
    if _CHROMIUM is None:
        assert "CI" not in os.environ, "the gate needs a browser"
        pytest.skip("no Chromium here")
    with sync_playwright() as playwright:
        # A container's root may not use the sandbox.
        yield playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])

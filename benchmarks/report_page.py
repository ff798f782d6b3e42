"""The report of a large study: seconds to write it and to open it, and its size. Its tables are made, not simulated."""

import itertools
import shutil
import statistics
import tempfile
import time
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import jinja2.meta
import numpy as np
import pandas as pd

from mcsim.measures import MEASURES, Z95
from mcsim.report.charts.request import POWER
from mcsim.report.charts.tables import Tables
from mcsim.report.page import rendered
from mcsim.report.page.content import content_of

_FACTORS = {
    "n_clusters": (5, 10, 20, 50, 100),
    "cluster_size": (2, 5, 10, 20, 50),
    "tau2": (0.1, 0.5, 1.0, 2.0, 4.0),
    "sigma2": (1.0, 3.0),
    "gamma10": (0.1, 0.5),
}
_METHODS, _ESTIMANDS, _REPLICATIONS = 5, 20, 1000
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


class Report(NamedTuple):
    """What was measured: of how many figures; seconds to write and to open, NaN where no browser is; megabytes."""

    figures: int
    writing: float
    opening: float
    size: float


def measure(*, quick: bool) -> Report:
    """Write the report of 500 conditions, 5 methods and 20 estimands, and open it in a browser; quick: of 50."""
    tables = large_tables(50 if quick else 500)
    began = time.perf_counter()
    page = rendered(_wordless(), content_of(tables, "large", command=["large.py"], power=POWER))
    writing = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        path.write_text(page, encoding="utf-8")
        return Report(len(tables.figures), writing, _opening(path), path.stat().st_size / 1e6)


def large_tables(conditions: int) -> Tables:
    """The tables of a study with so many conditions, of numbers drawn at random; no estimates lie behind them."""
    levels = itertools.islice(itertools.product(*_FACTORS.values()), conditions)
    factors = {f"c{place:012x}": dict(zip(_FACTORS, of, strict=True)) for place, of in enumerate(levels)}
    words = {
        "condition": list(factors),
        "method": [f"method {place}" for place in range(_METHODS)],
        "estimand": [f"x{place}" for place in range(_ESTIMANDS)],
        "measure": list(MEASURES),
    }
    frame = pd.MultiIndex.from_product(words.values(), names=list(words)).to_frame(index=False)
    value = np.random.default_rng(1).uniform(0.8, 1.0, len(frame))
    mcse = np.sqrt(value * (1 - value) / _REPLICATIONS)
    limits = {"lower": value - Z95 * mcse, "upper": value + Z95 * mcse}
    return Tables(
        figures=frame.assign(value=value, mcse=mcse, **limits, n_used=_REPLICATIONS, n_missing=0),
        factors=factors,
        truths={key: dict.fromkeys(words["estimand"], 1.0) for key in factors},
        levels=dict.fromkeys(words["method"], 0.95),
        statuses={(key, label): {"ok": _REPLICATIONS} for key in factors for label in words["method"]},
        replications=_REPLICATIONS,
        estimates=lambda _condition, _method, _estimand: None,
    )


def _wordless() -> dict[str, str]:
    """Nothing for every name that the page's template has for words; what stands there costs no time."""
    template = resources.files("mcsim.report.page").joinpath("page.html").read_text(encoding="utf-8")
    names = jinja2.meta.find_undeclared_variables(jinja2.Environment(autoescape=True).parse(template))
    return dict.fromkeys(names - {"style", "content", "library", "script"}, "")


def _opening(page: Path, *, repeats: int = 5) -> float:
    """Median seconds until the first chart of performance is drawn; NaN without playwright or a browser."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return float("nan")
    chromium = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if chromium is None:
        return float("nan")
    times = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for _ in range(repeats):
            tab = browser.new_page()
            began = time.perf_counter()
            tab.goto(page.as_uri())
            tab.wait_for_selector("[data-chart] svg")
            times.append(time.perf_counter() - began)
            tab.close()
    return statistics.median(times)

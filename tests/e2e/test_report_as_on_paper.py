"""What the page draws from its own figures is what the code for paper draws of the same request."""

from urllib.parse import urlencode

import browsing
import pytest
from commands import command

from mcsim import load_study
from mcsim.errors import ParameterError
from mcsim.report.charts import drawn_by
from mcsim.report.charts.request import Request
from mcsim.report.charts.tables import tables_of
from mcsim.store import Store

STUDY = '''"""A grid that is not full factorial: a slope, and with it x, is there under some conditions only."""
from dataclasses import dataclass

import numpy as np

from mcsim import Estimates, Method, Study, grid
from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares


@dataclass(frozen=True, kw_only=True)
class SlopeOfMany(Method):
    """The slope of y on x where there are 8 clusters or more; elsewhere the mean alone."""

    def estimands(self, condition):
        return ("(Intercept)", "x") if condition.gamma10 is not None and condition.n_clusters >= 8 else ("(Intercept)",)

    def fit(self, dataset, rng):
        y = dataset.columns["y"]
        found = {"(Intercept)": {"estimate": y.mean(), "std_error": y.std() / 3, "lower": -1.0, "upper": 1.0}}
        if "x" in dataset.columns and len(np.unique(dataset.columns["cluster"])) >= 8:
            slope = np.polyfit(dataset.columns["x"], y, 1)[0]
            limits = {"lower": slope - 0.3, "upper": slope + 0.3, "p_value": 0.01 + abs(slope) / 50}
            found["x"] = {"estimate": slope, "std_error": 0.2, **limits}
        return Estimates.of(found)


study = Study(
    conditions=grid(TwoLevel, n_clusters=[5, 8], cluster_size=5, tau2=[0.1, 0.5])
    + grid(
        TwoLevel,
        n_clusters=[5, 8, 12],
        cluster_size=[5, 9],
        tau2=[0.1, 0.5],
        gamma10=[0.0, 0.3],
        slope_variance=[0.1, None],
        where=lambda c: (c.n_clusters, c.cluster_size) != (12, 9) and not (c.tau2 == 0.5 and c.gamma10 == 0.0),
    ),
    methods={"REML": LinearMixedModel(), "many": SlopeOfMany(), "plain OLS": OrdinaryLeastSquares()},
    replications=12,
    seed=3,
)
'''
NUMBERS = ("value", "lower", "upper", "reference", "band_lower", "band_upper")
PLACES = {
    "performance": ("x", "row", "column", "rest"),
    "nested_loop": ("start", "end", "levels", "factor", "level"),
    "heat_map": ("x", "y", "panel", "column", "off"),
    "lollipop": ("measure", "y", "title", "levels", "head"),
}
"""The kinds drawn from figures, and the fields that say where a row stands."""

ASKED = {
    "by default": {},
    "another measure": {"measure": "bias"},
    "an estimand that all conditions have": {"estimand": "(Intercept)"},
    "factors placed": {"x": "tau2", "row": "n_clusters"},
    "a factor held": {"where": {"n_clusters": "5"}},
    "a factor held, a method left out": {"where": {"n_clusters": "8"}, "method": ["REML", "plain OLS"]},
    "an absent factor held": {"where": {"slope_variance": "-"}, "method": ["many"]},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    (folder / "mine.py").write_text(STUDY)
    assert command("run", "mine.py", "--jobs", "1", folder=folder)[0] == 0
    assert command("report", "mine.py", folder=folder)[0] == 0
    return folder


@pytest.fixture(scope="module")
def tables(folder):
    study = load_study(folder / "mine.py")
    return tables_of(study, Store(folder / "results", study.name))


@pytest.fixture(scope="module")
def page(folder):
    with browsing.chromium() as browser:
        page = browser.new_page()
        page.goto((folder / "results" / "mine" / "report.html").as_uri())
        yield page


def rows_on_page(page, kind, asked, methods):
    """The rows of every table of a chart on the page, None if it says why not; the address says what is picked."""
    words = {name: value for name, value in asked.items() if isinstance(value, str)}
    words |= {f"only:{factor}": level for factor, level in asked.get("where", {}).items()}
    if "method" in asked:
        words["methods"] = ",".join(str(methods.index(label)) for label in asked["method"])
    page.evaluate("words => { location.hash = words }", "view&" + urlencode({"chart": kind, **words}))
    page.reload()
    page.wait_for_function("kind => document.querySelector('[data-chart]').dataset.drawn === kind", arg=kind)
    target = page.locator("[data-chart]")
    if not target.locator("svg").count():
        assert "too many to read" in target.text_content()
        return None
    return target.evaluate("one => one.drawnRows")


def rows_on_paper(tables, kind, asked):
    """The same of the code for paper; None if there is too much to read."""
    module = drawn_by(kind)
    unused = getattr(module, "UNUSED", ())
    places = {name: asked[name] for name in ("x", "row", "column") if name in asked and name not in unused}
    request = Request(
        measures=(asked["measure"],) if "measure" in asked and kind != "lollipop" else (),
        estimands=(asked["estimand"],) if "estimand" in asked else (),
        methods=tuple(asked.get("method", ())),
        where={factor: (level,) for factor, level in asked.get("where", {}).items()},
        **places if kind != "nested_loop" else {},
    )
    try:
        return module.what(tables, request).data
    except ParameterError as error:
        if "allowed: at most" not in str(error):
            raise
        return None


def by_place(rows, kind):
    """The numbers of every row by where it stands and whose it is; None and a field that is not there are one."""
    fields = ("condition", "method", "shown", "n_used", "missing", *PLACES[kind])
    found = {tuple(row.get(name) for name in fields): [row.get(name) for name in NUMBERS] for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("kind", PLACES)
def test_the_page_draws_the_rows_that_paper_draws_or_refuses_too(page, tables, kind, asked):
    on_paper, on_page = rows_on_paper(tables, kind, asked), rows_on_page(page, kind, asked, list(tables.levels))
    if on_paper is None:
        assert on_page is None
        return
    assert on_page.keys() == on_paper.keys()
    for name, rows in on_paper.items():
        places, numbers = by_place(rows, kind), by_place(on_page[name], kind)
        assert numbers.keys() == places.keys()
        for place, of_row in places.items():
            # The page has six digits of a value and its error; limits are made of both.
            size = max((abs(number) for number in of_row if number is not None), default=0.0)
            expected = [n if n is None else pytest.approx(n, abs=1e-5 * max(1.0, size)) for n in of_row]
            assert numbers[place] == expected

"""The report in a real browser: it opens without a network or an error, and does what its fields say."""

import csv
from pathlib import Path

import browsing
import pytest
from commands import command

STUDY = '''"""Do the intervals of a mixed model hold with <few> clusters & a slope?"""
from mcsim import Study, grid
from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares

study = Study(
    conditions=grid(
        TwoLevel, n_clusters=[6, 12], cluster_size=[5, 10], tau2=[0.1, 0.5], gamma10=0.3, slope_variance=0.1
    ),
    methods={"REML": LinearMixedModel(), "OLS": OrdinaryLeastSquares()},
    replications=40,
    seed=3,
)
'''
PICTURES = Path(__file__).parents[2] / "build" / "screenshots"
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    (folder / "mine.py").write_text(STUDY)
    assert command("run", "mine.py", "--jobs", "1", folder=folder)[0] == 0
    assert command("report", "mine.py", folder=folder)[0] == 0
    return folder / "results" / "mine" / "report.html"


@pytest.fixture(scope="module")
def browser():
    with browsing.chromium() as started:
        yield started


@pytest.fixture
def page(browser, report):
    """The report, opened; nothing but the file is asked for, and nothing may be said on the console."""
    context = browser.new_context(viewport=DESK, offline=True, accept_downloads=True)
    said, asked = [], []
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    page.wait_for_selector("[data-chart] svg")
    yield page
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    context.close()


def field(page, name):
    return page.locator(f"form.picks select[name={name}]")


def axis(page):
    return page.locator("[data-chart] svg .role-axis-title text").all_text_contents()


def column(page, title):
    heads = [head.strip() for head in page.locator("[data-table] th").all_text_contents()]
    return page.locator(f"[data-table] tbody td:nth-child({heads.index(title) + 1})").all_text_contents()


def test_another_measure_and_estimand_are_drawn_and_tabled(page):
    assert "coverage of x" in axis(page)
    field(page, "measure").select_option("bias")
    field(page, "estimand").select_option("(Intercept)")
    page.wait_for_function("document.querySelector('[data-chart] svg').textContent.includes('bias of (Intercept)')")
    assert len(column(page, "value (MCSE)")) == 16


def test_a_factor_is_put_on_the_axis_and_another_held(page):
    field(page, "x").select_option("tau2")
    page.wait_for_function("document.querySelector('[data-chart] svg').textContent.includes('tau2')")
    assert "tau2" in axis(page)
    page.get_by_text("Only some levels").click()
    page.locator("select[name=hold][data-factor=n_clusters]").select_option("12")
    assert len(column(page, "value (MCSE)")) == 8


def test_a_view_is_kept_in_the_address(page):
    field(page, "measure").select_option("rmse")
    page.reload()
    page.wait_for_selector("[data-chart] svg")
    assert field(page, "measure").input_value() == "rmse"
    assert "RMSE of x" in axis(page)


def test_the_table_is_sorted_by_a_head_both_ways(page):
    page.get_by_role("button", name="value (MCSE)").click()
    rising = [float(text.split()[0]) for text in column(page, "value (MCSE)")]
    page.get_by_role("button", name="value (MCSE)").click()
    falling = [float(text.split()[0]) for text in column(page, "value (MCSE)")]
    assert rising == sorted(rising)
    assert falling == sorted(rising, reverse=True)
    assert page.locator("th[aria-sort=descending]").count() == 1


def test_the_table_is_filtered_by_words(page):
    page.get_by_label("Filter").fill("ols 12")
    assert set(column(page, "method")) == {"OLS"}
    assert set(column(page, "n_clusters")) == {"12"}


def test_the_csv_holds_the_rows_that_are_shown_unrounded(page, tmp_path):
    page.get_by_label("Filter").fill("reml")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    download.value.save_as(tmp_path / "figures.csv")
    with (tmp_path / "figures.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 8
    assert {row["method"] for row in rows} == {"REML"}
    assert {row["measure"] for row in rows} == {"coverage"}
    assert all(0 < float(row["mcse"]) < 0.2 for row in rows if row["mcse"])


def test_every_kind_of_chart_is_drawn(page):
    for kind in page.locator("select[name=chart] option").evaluate_all("all => all.map(one => one.value)"):
        field(page, "chart").select_option(kind)
        page.wait_for_function("kind => document.querySelector('[data-chart]').dataset.drawn === kind", arg=kind)
        assert page.locator("[data-chart] svg .role-mark").count() > 0, kind


def test_the_table_is_of_what_is_drawn(page):
    heading = page.locator("[data-heading]")
    page.locator("form.picks [name=method][value=OLS]").uncheck()
    assert len(column(page, "value (MCSE)")) == 8
    assert heading.text_content() == "coverage of x"
    field(page, "chart").select_option("power_curve")
    assert heading.text_content() == "rejection of x"
    assert len(column(page, "value (MCSE)")) == 8
    field(page, "chart").select_option("zip_plot")
    assert heading.text_content() == "coverage of x"
    assert len(column(page, "value (MCSE)")) == 1, "one condition and method"


def test_a_method_that_is_not_picked_is_on_no_chart(page):
    page.locator("form.picks [name=method][value=OLS]").uncheck()
    for kind in page.locator("select[name=chart] option").evaluate_all("all => all.map(one => one.value)"):
        field(page, "chart").select_option(kind)
        page.wait_for_function("kind => document.querySelector('[data-chart]').dataset.drawn === kind", arg=kind)
        assert "OLS" not in page.locator("[data-chart]").text_content(), kind
        assert "--method REML" in page.locator("[data-command]").text_content()


def test_without_a_mouse_a_chart_is_picked_and_the_table_sorted(page):
    field(page, "chart").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "measure"
    page.keyboard.press("ArrowUp")
    page.wait_for_function("!document.querySelector('[data-chart] svg').textContent.includes('coverage of x')")
    page.get_by_role("button", name="method").focus()
    page.keyboard.press("Enter")
    assert page.locator("th[aria-sort=ascending]").count() == 1


def test_words_of_the_study_are_shown_as_they_are(page):
    assert (
        page.locator("#aims p").text_content()
        == "Do the intervals of a mixed model hold with <few> clusters & a slope?"
    )


@pytest.mark.parametrize(("name", "viewport", "scheme"), [("desk", DESK, "light"), ("phone", PHONE, "dark")])
def test_nothing_runs_out_of_the_page(browser, report, name, viewport, scheme):
    context = browser.new_context(viewport=viewport, color_scheme=scheme)
    page = context.new_page()
    page.goto(report.as_uri())
    page.wait_for_selector("[data-chart] svg")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"report-{name}.png", full_page=True)
    context.close()


def test_in_print_fields_are_left_out_and_charts_are_dark_on_white(browser, report):
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(report.as_uri())
    page.wait_for_selector("[data-chart] svg")
    page.emulate_media(media="print")
    assert page.locator("form.picks").is_hidden()
    ink = page.locator("[data-chart] svg .role-axis-title text").first.evaluate("one => getComputedStyle(one).fill")
    assert ink == "rgb(27, 27, 27)"
    context.close()

"""Charts as files."""

import json
import re
import struct

import charting
import pytest

from mcsim.errors import ResultsError, StorageError
from mcsim.report.charts import chart_of, files, style
from mcsim.report.charts.request import Request
from mcsim.store import Store

FACTORS = {"c1": {"n": 10}, "c2": {"n": 20}}


@pytest.fixture(scope="module")
def chart():
    tables = charting.tables(charting.measured(FACTORS, ("A", "</script><b>")), factors=FACTORS)
    return chart_of(tables, "performance", Request())


def written(chart, folder, suffix):
    target = folder / f"fig{suffix}"
    files.write_chart(chart, target)
    assert [path.name for path in folder.iterdir()] == [target.name]
    return target.read_bytes()


def test_svg_keeps_its_words_as_text_in_the_font_that_was_measured(chart, tmp_path) -> None:
    text = written(chart, tmp_path, ".svg").decode()
    assert re.search(r"<text[^>]*>coverage of x</text>", text)
    assert {font.partition(",")[0] for font in re.findall('font-family="([^"]*)"', text)} == {"'Liberation Sans'"}
    assert style.FONT.startswith("'Liberation Sans'")


def test_pdf_has_the_size_of_the_svg_and_its_font_within(chart, tmp_path) -> None:
    width = float(re.search(rb'width="(\d+)"', written(chart, tmp_path, ".svg"))[1])
    (tmp_path / "fig.svg").unlink()
    content = written(chart, tmp_path, ".pdf")
    assert content.startswith(b"%PDF")
    assert b"LiberationSans" in content
    points = float(re.search(rb"/MediaBox \[\S+ \S+ (\S+) ", content)[1])
    assert points == pytest.approx(width * 72 / 96, abs=1)


def test_png_has_300_pixels_an_inch(chart, tmp_path) -> None:
    width = float(re.search(rb'width="(\d+)"', written(chart, tmp_path, ".svg"))[1])
    (tmp_path / "fig.svg").unlink()
    content = written(chart, tmp_path, ".png")
    assert struct.unpack(">I", content[16:20])[0] == pytest.approx(width / 96 * 300, abs=4)
    place = content.index(b"pHYs") + 4
    assert struct.unpack(">I", content[place : place + 4])[0] * 0.0254 == pytest.approx(300, abs=0.1)


def test_html_stands_alone_and_no_name_can_leave_its_place(chart, tmp_path) -> None:
    text = written(chart, tmp_path, ".html").decode()
    assert text.count("</script>") == 2
    page = text.replace(files.javascript(), "", 1)
    assert len(page) < 10_000
    assert re.findall(r"\b(?:src|href)=|url\(|@import", page) == []
    assert set(re.findall(r"https?://[^\s\"']+", page)) == {chart.to_dict()["$schema"]}
    assert len(text) < 1_100_000


def test_json_is_the_specification_with_its_data(chart, tmp_path) -> None:
    specification = json.loads(written(chart, tmp_path, ".json"))
    assert specification == chart.to_dict()
    assert len(specification["datasets"]["figures"]) == 4


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("fig.bmp", "its name does not end in .svg or .pdf or .png or .html or .json"),
        ("fig", "its name does not end in"),
        ("folder.svg", "it is a folder"),
        ("none/fig.svg", "there is no folder"),
        ("s3://bucket/fig.svg", "it is not a file of this machine"),
        ("results/mine/fig.svg", "holds the results"),
    ],
)
def test_what_cannot_be_written_is_refused(name, fault, standing) -> None:
    (standing / "folder.svg").mkdir()
    (standing / "results" / "mine").mkdir(parents=True)
    with pytest.raises(ResultsError, match=f"cannot write the chart to .*{fault}"):
        files.check_chart_target(name, Store("results", "mine"))


def test_a_file_is_there_whole_or_as_it_was(chart, tmp_path, monkeypatch) -> None:
    (tmp_path / "fig.svg").write_text("before")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        files.write_chart(chart, tmp_path / "fig.svg")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("fig.svg", "before")]


def test_a_value_in_a_script_cannot_end_it() -> None:
    text = files.script_safe({"name": "</script><!--\u2028"})
    assert "<" not in text
    assert json.loads(text) == {"name": "</script><!--\u2028"}

"""The report, written: where, whole, and beside results that it does not disturb."""

from pathlib import Path

import pytest
from fakes import Mean, study_of
from running import run

from mcsim.errors import ParameterError, ResultsError, StorageError
from mcsim.report.page import writing
from mcsim.report.page.writing import write_report
from mcsim.store import Store


@pytest.fixture
def study(tmp_path):
    """A study whose results lie in tmp_path/results."""
    made = study_of(methods={"A": Mean(), "B": Mean(shift=0.5)})
    run(made, tmp_path / "results")
    return made


def test_it_lies_with_the_results_unless_a_place_is_given(study, tmp_path) -> None:
    assert write_report(study, tmp_path / "results") == tmp_path / "results" / "study" / "report.html"
    assert write_report(study, tmp_path / "results", out=tmp_path / "mine.html") == tmp_path / "mine.html"
    inside = tmp_path / "results" / "study" / "other.html"
    assert write_report(study, Store(tmp_path / "results", "study"), out=inside) == inside
    assert inside.read_bytes() == (tmp_path / "mine.html").read_bytes()


def test_the_same_results_make_the_same_file(study, tmp_path) -> None:
    first = write_report(study, tmp_path / "results").read_bytes()
    assert write_report(study, tmp_path / "results").read_bytes() == first


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("page.htm", "its name does not end in .html"),
        ("folder.html", "it is a folder"),
        ("none/page.html", "there is no folder"),
        ("s3://bucket/page.html", "not a file of this machine"),
    ],
)
def test_a_place_that_cannot_be_is_refused(study, tmp_path, monkeypatch, out, said) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.html").mkdir()
    with pytest.raises(ResultsError, match=said):
        write_report(study, "results", out=out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.html", "results"]


@pytest.mark.parametrize("power", [0.0, 1.0, -1.0, float("nan")])
def test_an_impossible_power_is_refused(study, tmp_path, power) -> None:
    with pytest.raises(ParameterError, match="allowed: a number above 0, below 1"):
        write_report(study, tmp_path / "results", power=power)


def test_without_results_it_says_so_and_writes_nothing(tmp_path) -> None:
    with pytest.raises(ResultsError, match="has no results of this study yet"):
        write_report(study_of(), tmp_path / "results")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("failing", ["content_of", "rendered", "os.replace"])
def test_an_error_on_the_way_leaves_the_former_file(study, tmp_path, monkeypatch, failing) -> None:
    former = write_report(study, tmp_path / "results").read_bytes()

    def fail(*_args, **_options):
        raise OSError(28, "No space left on device")

    if failing == "os.replace":
        monkeypatch.setattr(Path, "replace", fail)
    else:
        monkeypatch.setattr(writing, failing, fail)
    with pytest.raises((OSError, StorageError)):
        write_report(study, tmp_path / "results")
    folder = tmp_path / "results" / "study"
    assert (folder / "report.html").read_bytes() == former
    assert [path.name for path in folder.iterdir() if "report" in path.name] == ["report.html"]


def test_partial_results_are_drawn_and_the_page_says_how_far_they_are(tmp_path) -> None:
    run(study_of(mean=[0.0]), tmp_path / "results")
    text = write_report(study_of(mean=[0.0, 1.0]), tmp_path / "results").read_text()
    assert "6 of 12 fits are there, 50 %." in text
    assert "Of 6 of 12 planned fits, all ended ok; none is missing." in text


def test_where_there_are_means_the_page_says_so_and_where_the_figures_are(study, tmp_path, monkeypatch) -> None:
    assert "has too many rows for a page" not in write_report(study, tmp_path / "results").read_text()
    monkeypatch.setattr("mcsim.report.page.content.MOST_ROWS", 3)
    text = write_report(study, tmp_path / "results").read_text()
    assert "has too many rows for a page" in text
    assert f"{tmp_path}/results/study/performance" in text


def test_a_study_that_asks_for_more_replications_than_were_run_says_so(study, tmp_path) -> None:
    more = study.with_replications(2 * study.replications)
    page = write_report(more, tmp_path / "results").read_text(encoding="utf-8")
    assert f"asks for {more.replications:,} replications of each condition; {study.replications} were run." in page

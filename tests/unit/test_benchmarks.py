"""The benchmarks measure what they say; how long it takes is no matter here."""

import math
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mcsim
from benchmarks import fit_alone, growth, markdown, parts, pipeline, report_page, timing
from benchmarks.designs import nothing, random_slope
from benchmarks.fits import Fit, PeerAbsentError, TimedFit, distance
from benchmarks.lme4 import Lme4
from benchmarks.peers import peer_version
from benchmarks.samples import FORMULA, draw, write
from mcsim.measures import MEASURES


def test_the_kernel_call_that_is_timed_fits_the_model_that_the_peers_fit() -> None:
    samples = draw(1)
    fitted = mcsim.fit(FORMULA, pd.DataFrame({"y": samples.y[0], "x": samples.x[0], "cluster": samples.cluster}))
    timed = fit_alone.kernel_fits(samples)[0]
    assert timed.criterion == pytest.approx(fitted.criterion, rel=1e-12)
    assert timed.variances[3] == pytest.approx(fitted.sigma**2, rel=1e-9)


def test_data_sets_are_written_with_every_digit(tmp_path: Path) -> None:
    samples = draw(2)
    write(samples, tmp_path)
    y, x, cluster = np.loadtxt(tmp_path / "1.csv", delimiter=",", skiprows=1, unpack=True)
    assert np.array_equal(y, samples.y[1])
    assert np.array_equal(x, samples.x[1])
    assert np.array_equal(cluster, samples.cluster)


def test_contestants_take_turns_and_ratios_are_within_rounds() -> None:
    turns = []

    def contestant(name: str, seconds: float) -> timing.Contestant:
        def measure(turn: int) -> dict[str, float]:
            turns.append((turn, name))
            return {name: seconds * (turn + 1)}

        return measure

    measured = timing.interleave([contestant("mcsim", 1.0), contestant("peer", 5.0)], rounds=2)
    assert turns == [(0, "mcsim"), (0, "peer"), (1, "peer"), (1, "mcsim")]
    [line] = timing.compare("work", measured)
    assert line.ratios == (5.0, 5.0)


def test_fits_are_compared_number_by_number() -> None:
    ours = Fit(10.0, (1.0,), (0.5,), (2.0, 1.0))
    theirs = Fit(10.5, (1.1,), (0.5,), (2.0, 1.5))
    assert distance([ours], [theirs]) == pytest.approx((0.1, 0.0, 0.5, 0.5, 0.5))


def test_every_peer_is_timed_on_the_data_that_mcsim_fits() -> None:
    samples = draw(4)
    asked = []

    def fitter(index: int) -> TimedFit:
        asked.append(index)
        return TimedFit({"peer": 1.0}, fit_alone.kernel_fits(samples)[index])

    results = fit_alone.measure(samples, {"peer": fitter}, rounds=2)
    assert asked == [0, 0, 1, 2, 3]  # one to warm up
    assert results.distances["peer"].criterion_above == 0


@pytest.mark.parametrize("design", [random_slope, nothing])
def test_the_timed_studies_run(design: pipeline.Design) -> None:
    assert pipeline.seconds_per_replication(design, 3) > 0


def test_the_work_of_a_worker_runs() -> None:
    growth.work(random_slope(3))


def test_every_part_is_timed_beside_the_plain_design(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "MORE", {})
    monkeypatch.setattr(parts, "DESIGNS", {name: parts.DESIGNS[name] for name in ("predictors fixed", "x Uniform()")})
    lines = parts.measure(replications=3, rounds=2)
    assert [line.peer for line in lines] == ["predictors fixed", "x Uniform()"]
    assert all(line.ratio > 0 and len(line.ratios) == 2 for line in lines)
    assert markdown.parts(lines).splitlines()[2].startswith("| predictors fixed | ")


def test_the_report_that_is_timed_is_one_of_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)  # no browser
    monkeypatch.setattr("mcsim.report.page.content.MOST_ROWS", 3_000)
    monkeypatch.setattr(report_page, "_ESTIMANDS", 2)
    tables = report_page.large_tables(18)
    assert len(tables.figures) == 18 * 5 * 2 * len(MEASURES)
    measured = report_page.measure(quick=True)
    assert 0.9 < measured.size < 5
    assert math.isnan(measured.opening)
    assert "not measured" in markdown.report(measured)


def test_an_absent_peer_names_what_brings_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(PeerAbsentError, match="r-base-core r-cran-lme4 r-cran-lmertest r-cran-pbkrtest"):
        Lme4(tmp_path, 1)
    with pytest.raises(PeerAbsentError, match="make bench"):
        peer_version("a-package-that-is-not-there")


@pytest.mark.parametrize(("seconds", "text"), [(3.82e-5, "38.2 us"), (0.00421, "4.21 ms"), (1.05, "1.05 s")])
def test_durations_have_three_digits(seconds: float, text: str) -> None:
    assert markdown.duration(seconds) == text

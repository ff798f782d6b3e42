"""What a notebook shows of a study and of estimates."""

from pathlib import Path

from mcsim import Study, grid
from mcsim.mechanisms import TwoLevel
from mcsim.methods import OrdinaryLeastSquares
from mcsim.model import Estimates, Status


def test_a_notebook_shows_aims_factors_estimands_methods_replications_and_seed():
    study = Study(
        conditions=grid(TwoLevel, n_clusters=[5, 10], cluster_size=4),
        methods={"A": OrdinaryLeastSquares(), "B": OrdinaryLeastSquares("y ~ 1")},
        replications=1000,
        seed=3,
        reference="B",
    ).of_file(Path("mine.py"), "Is <a> & b\nright?")
    html = study._repr_html_()
    for said in (
        "<h4>Study mine</h4><p>Is &lt;a&gt; &amp; b right?</p>",
        "2 conditions x 1,000 replications x 2 methods, seed 3",
        ">5, 10</td>",
        ">number of clusters</td>",
        ">(Intercept)</td>",
        ">B (reference)</td>",
        study.method_keys["A"],
    ):
        assert said in html


def test_a_notebook_shows_estimates_with_status_and_note_every_text_harmless():
    html = Estimates.of({"x<b>": {"estimate": 1 / 3}}, status=Status.FAILED, note="a & b")._repr_html_()
    for said in ("x&lt;b&gt;</td>", ">0.3333</td>", ">failed</td>", ">a &amp; b</td>", ">-</td>"):
        assert said in html


def test_a_notebook_shows_many_replications_cut_with_how_many_rows_there_are():
    html = Estimates.failed(["x", "z"], "no", replications=1000)._repr_html_()
    assert "of 2,000 rows" in html
    assert html.count("<tr>") == 61

"""The distribution of estimates."""

import charting
import numpy as np
import pytest

from mcsim.errors import ParameterError
from mcsim.model import Status
from mcsim.report.charts import estimates
from mcsim.report.charts.request import Request

FACTORS = {"c1": {"n": 10}, "c2": {"n": 20}}
NORMAL = 1 + 0.1 * np.random.default_rng(0).standard_normal(2000)


def what(values=NORMAL, *, estimand="x", methods=("A",), status=None, **asked):
    rows = charting.measured(FACTORS, methods, estimand=estimand)
    reported = charting.reported(values, status=status)
    tables = charting.tables(rows, factors=FACTORS, truths={key: {estimand: 1.0} for key in FACTORS})
    return estimates.what(tables._replace(estimates=lambda *_: reported), Request(**asked))


def ridge(drawing):
    """Places and heights of the first ridge."""
    rows = [row for row in drawing.data["figures"] if "density" in row and row["column"] == "n = 10"]
    return np.array([row["value"] for row in rows]), np.array([row["density"] for row in rows])


def summary(drawing):
    return next(row for row in drawing.data["figures"] if "mean" in row)


def test_the_ridge_is_the_density_with_its_highest_point_at_1() -> None:
    value, density = ridge(what())
    assert density.max() == pytest.approx(1.0, abs=1e-4)
    expected = np.exp(-(((value - 1) / 0.1) ** 2) / 2)
    assert np.abs(density - expected).max() < 0.12


def test_the_ridge_ends_where_the_estimates_do() -> None:
    value, _ = ridge(what())
    assert value.min() >= NORMAL.min() - 1e-4
    assert value.max() <= NORMAL.max() + 1e-4


def test_a_variance_has_no_density_below_0_and_loses_none_at_0() -> None:
    values = np.abs(NORMAL - 1)
    reflected, plain = (ridge(what(values, estimand=name)) for name in ("var_x|cluster", "x"))
    assert reflected[0].min() >= 0
    assert reflected[1][0] > 0.9  # the half normal is highest at 0
    assert plain[1][0] < 0.8


def test_estimates_below_the_boundary_show_that_there_is_none() -> None:
    value, _ = ridge(what(NORMAL - 1, estimand="var_x|cluster"))
    assert value.min() < -0.2


def test_what_occurs_again_and_again_is_a_spike_with_its_share_and_no_density() -> None:
    drawing = what([*NORMAL[:700], *np.zeros(300)], estimand="var_x|cluster")
    (spike, _) = [row for row in drawing.data["figures"] if "spike" in row]
    assert (spike["spike"], spike["share"]) == (0.0, 0.3)
    assert summary(drawing)["said"] == "30.0% at 0"
    assert ridge(drawing)[0].min() > 0.5


def test_the_mean_has_its_monte_carlo_interval() -> None:
    row = summary(what())
    error = NORMAL.std(ddof=1) / np.sqrt(2000)
    assert row["mean"] == pytest.approx(NORMAL.mean(), rel=1e-4)
    assert row["upper"] - row["lower"] == pytest.approx(2 * 1.96 * error, rel=0.01)
    assert (row["truth"], row["n_used"]) == (1.0, 2000)


def test_singular_and_missing_fits_are_said() -> None:
    row = summary(what(NORMAL[:4], status=[Status.OK, Status.OK, Status.SINGULAR, Status.FAILED]))
    assert row["said"] == "33.3% singular, 25.0% missing"


@pytest.mark.parametrize("values", [[1.0], [1.0, 1.0, 1.0], [1.0, np.inf, 1.1], [1.0, 2.0]])
def test_few_or_equal_or_infinite_estimates_can_be_drawn(values) -> None:
    drawing = what(values)
    assert np.isfinite([row["density"] for row in drawing.data["figures"] if "density" in row]).all()
    assert "undefined" not in charting.svg(estimates.draw(drawing))


def test_without_usable_estimates_it_is_refused() -> None:
    with pytest.raises(ParameterError, match="no usable estimate of x"):
        what([charting.NAN, charting.NAN])


def test_a_row_for_each_method_and_a_column_for_each_condition() -> None:
    drawing = what(methods=("A <&> 'b'", "B"))
    assert drawing.orders["row"] == ["A <&> 'b'", "B"]
    assert drawing.orders["column"] == ["n = 10", "n = 20"]
    assert "A &lt;&amp;&gt; 'b'" in charting.svg(estimates.draw(drawing))


def test_what_is_said_stands_at_the_end_of_a_panel_however_wide() -> None:
    text = next(layer for layer in estimates.draw(what()).to_dict()["spec"]["layer"] if layer["mark"]["type"] == "text")
    assert text["encoding"]["x"] == {"value": "width"}

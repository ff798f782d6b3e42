"""Performance tables for the eye and for programs."""

import json
import math
import re

import numpy as np
import pandas as pd

from mcsim.report.table import json_table, performance_table, summary

COLUMNS = ["condition", "method", "estimand", "measure", "value", "mcse", "lower", "upper", "n_used", "n_missing"]
NAN = math.nan
MEASURES = ("bias", "rmse", "coverage")


def frame_of(conditions: list[str], *, n_missing: int = 0) -> pd.DataFrame:
    """Two methods, two estimands, three measures; one coverage is 1, OLS does not report the variance."""
    rng = np.random.default_rng(0)
    rows = []
    for condition in conditions:
        for method in ("REML", "OLS"):
            for estimand in ("(Intercept)", "var_(Intercept)|cluster")[: 2 if method == "REML" else 1]:
                for measure in MEASURES:
                    value, mcse = rng.uniform(-0.1, 0.9), rng.uniform(0.004, 0.02)
                    row = [condition, method, estimand, measure, value, mcse, value - 2 * mcse, value + 2 * mcse]
                    if measure == "coverage" and method == "OLS":
                        row[4:] = [1.0, NAN, 0.9962, 1.0]
                    rows.append([*row, 1000 - n_missing, n_missing if method == "REML" else 0])
    return pd.DataFrame(rows, columns=COLUMNS)


FACTORS = {
    "c1": {"n_clusters": 10, "tau2": 1.0, "slope_variance": None, "sigma2": 3.0},
    "c2": {"n_clusters": 20, "tau2": 1.0, "slope_variance": 0.5, "sigma2": 3.0},
}
FRAME = frame_of(["c1", "c2"], n_missing=32)


def test_a_table_has_the_factors_that_vary_then_estimand_method_measures_and_what_is_missing() -> None:
    header = performance_table(FRAME, FACTORS).split("\n")[0].split()
    assert header == ["n_clusters", "slope_variance", "estimand", "method", *MEASURES, "missing"]


def test_a_table_reads_well() -> None:
    rows = [
        ["c1", "REML", "(Intercept)", "bias", -0.0123, 0.0051, NAN, NAN, 968, 32],
        ["c1", "REML", "(Intercept)", "coverage", 0.9482, 0.0071, NAN, NAN, 968, 32],
        ["c1", "REML", "var_residual", "bias", 0.2, 0.013, NAN, NAN, 968, 32],
        ["c1", "REML", "var_residual", "coverage", NAN, NAN, NAN, NAN, 0, 0],
        ["c1", "OLS", "(Intercept)", "bias", -0.0119, 0.0052, NAN, NAN, 1000, 0],
        ["c1", "OLS", "(Intercept)", "coverage", 1.0, NAN, 0.996173, 1.0, 1000, 0],
        ["c2", "REML", "(Intercept)", "bias", 0.0004, 0.0048, NAN, NAN, 1000, 0],
        ["c2", "REML", "(Intercept)", "coverage", 0.951, 0.0068, NAN, NAN, 1000, 0],
    ]
    expected = """\
n_clusters  slope_variance  estimand      method            bias       coverage  missing
----------  --------------  ------------  ------  --------------  -------------  -------
        10               -  (Intercept)   REML    -0.012 (0.005)  0.948 (0.007)     3.2%
                                          OLS     -0.012 (0.005)  1 [0.9962, 1]       0%
                            var_residual  REML     0.200 (0.013)              -     3.2%
        20             0.5  (Intercept)   REML     0.000 (0.005)  0.951 (0.007)       0%

value (Monte Carlo standard error); missing: largest share of replications that a figure lacks
[lower, upper]: 95 % score interval of a proportion of 0 or 1, or a difference with all pairs alike
-: a factor that is absent, or a value that does not exist"""
    assert performance_table(pd.DataFrame(rows, columns=COLUMNS), FACTORS) == expected


def test_measures_stand_in_the_order_asked_for_and_no_others() -> None:
    header = performance_table(FRAME, FACTORS, measures=["coverage", "bias"]).split("\n")[0].split()
    assert header[-3:] == ["coverage", "bias", "missing"]


def test_the_share_missing_is_that_of_the_measures_shown() -> None:
    frame = FRAME.copy()
    frame.loc[frame["measure"] == "rmse", ["n_used", "n_missing"]] = [500, 500]
    assert "50.0%" in performance_table(frame, FACTORS)
    assert "50.0%" not in performance_table(frame, FACTORS, measures=["bias"])


def test_a_table_too_wide_has_its_factors_above_each_condition_and_its_measures_in_parts() -> None:
    text = performance_table(FRAME, FACTORS, width=95)
    assert "c1: n_clusters 10\n" in text
    assert "c2: n_clusters 20, slope_variance 0.5\n" in text
    assert max(len(line) for line in text.split("\n\n")[0].split("\n")) <= 95
    parts = performance_table(FRAME, FACTORS, width=80).split("\n\n")
    assert [set(MEASURES) & set(part.split("\n")[0].split()) for part in parts[:2]] == [{"bias", "rmse"}, {"coverage"}]


def test_by_status_shows_the_status_and_how_many_fits_it_has() -> None:
    frame = FRAME.assign(status="all")
    part = FRAME[FRAME["method"] == "REML"].assign(status="singular", n_used=17)
    text = performance_table(pd.concat([frame, part]), FACTORS, measures=["bias"])
    assert text.split("\n")[0].split()[3:6] == ["method", "status", "n_used"]
    assert re.search(r"REML +all +968.*\n +REML +singular +17 ", text)


def test_a_single_condition_needs_no_factors() -> None:
    text = performance_table(frame_of(["c1"]), FACTORS)
    assert text.split("\n")[0].split()[0] == "estimand"


def test_json_is_long_unrounded_and_null_where_there_is_no_number() -> None:
    frame = FRAME.copy()
    frame.loc[0, "upper"] = math.inf
    records = json.loads(json_table(frame, FACTORS))
    assert [record["value"] for record in records] == frame["value"].tolist()
    assert list(records[0]) == ["condition", *FACTORS["c1"], *COLUMNS[1:]]
    assert records[0]["upper"] is None
    assert records[0]["n_clusters"] == 10
    assert records[0]["slope_variance"] is None
    assert [r["mcse"] for r in records if r["measure"] == "coverage" and r["method"] == "OLS"] == [None, None]


def test_a_factor_with_the_name_of_a_column_is_told_apart() -> None:
    record = json.loads(json_table(FRAME, {"c1": {"value": 3}, "c2": {"value": 4}}))[0]
    assert list(record)[:3] == ["condition", "factor_value", "method"]
    assert (record["factor_value"], record["value"]) == (3, FRAME["value"][0])


def test_a_short_summary_shows_bias_rmse_and_coverage_of_everything() -> None:
    text = summary(FRAME, FACTORS, command="mcsim performance mine.py")
    assert text == performance_table(FRAME, FACTORS, measures=MEASURES)
    assert "Shown" not in text


def test_a_long_summary_shows_evenly_spaced_conditions_and_says_how_to_see_all() -> None:
    keys = [f"c{number}" for number in range(100)]
    factors = {key: {"n_clusters": number} for number, key in enumerate(keys)}
    text = summary(frame_of(keys), factors, command="mcsim performance mine.py", rows=12)
    assert "Shown: 4 of 100 conditions, evenly spaced. All of them: mcsim performance mine.py" in text
    assert re.findall(r"^ +(\d+)  \(", text, flags=re.MULTILINE) == ["0", "33", "66", "99"]


def test_a_summary_shows_one_condition_at_least() -> None:
    text = summary(FRAME, FACTORS, command="mcsim performance mine.py", rows=1)
    assert "Shown: 1 of 2 conditions" in text


def test_an_empty_table_is_still_one() -> None:
    assert performance_table(FRAME.iloc[:0], FACTORS).startswith("estimand")
    assert json.loads(json_table(FRAME.iloc[:0], FACTORS)) == []

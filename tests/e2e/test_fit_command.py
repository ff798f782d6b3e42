"""`mcsim fit`: agreement with lme4 through the JSON, the printed form, and what bad input gets."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mcsim.cli.main import main

GOLDEN = Path(__file__).parents[1] / "golden"
REFERENCES = sorted(path for path in GOLDEN.glob("*.json") if "reml" in json.loads(path.read_text()))
FORMULA = "y ~ x + (1 | cluster)"


@pytest.fixture
def data(tmp_path):
    """A file of 6 clusters of 5 rows, and its frame."""
    rng = np.random.default_rng(1)
    cluster = np.repeat([f"school {j}" for j in range(6)], 5)
    frame = pd.DataFrame({"y": rng.standard_normal(30), "x": rng.standard_normal(30), "cluster": cluster})
    frame["y"] += np.repeat(rng.standard_normal(6), 5)
    path = tmp_path / "data.csv"
    frame.to_csv(path, index=False)
    return path, frame


@pytest.fixture
def fit(capsys):
    """Run the command: exit code, stdout and stderr."""

    def fit(*words):
        code = main(["fit", *map(str, words)])
        return code, *capsys.readouterr()

    return fit


def refuse_constant(name):
    raise AssertionError(f"{name} is not JSON")


def parsed(text):
    return json.loads(text, parse_constant=refuse_constant)


def numbers(rows, name):
    return np.array([row[name] for row in rows], dtype=float)


@pytest.mark.parametrize("estimator", ["reml", "ml"])
@pytest.mark.parametrize("path", REFERENCES, ids=lambda path: path.stem)
def test_the_json_of_every_reference_data_set_agrees_with_lme4(path, estimator, fit):
    reference = json.loads(path.read_text())
    words = [path.with_suffix(".csv"), reference["formula"], "--json", *["--ml"] * (estimator == "ml")]
    code, out, err = fit(*words)
    found, lme4 = parsed(out), reference[estimator]
    assert (code, err) == (0, "")
    assert found["criterion"] == pytest.approx(lme4["criterion"], abs=1e-6)
    assert found["sigma"] == pytest.approx(lme4["sigma"], rel=1e-5)
    assert found["reml"] == (estimator == "reml")
    assert found["singular"] == lme4["singular"]
    assert found["status"] == ("singular" if lme4["singular"] else "ok")
    assert found["n_obs"] == reference["rows"]
    assert [row["term"] for row in found["fixed"]] == lme4["fixed"]["names"]
    close = {"rtol": 1e-5, "atol": 1e-6}
    np.testing.assert_allclose(numbers(found["fixed"], "estimate"), lme4["fixed"]["estimate"], **close)
    np.testing.assert_allclose(numbers(found["fixed"], "std_error"), lme4["fixed"]["std_error"], **close)
    words = ["group", "term1", "term2"]
    expected = [[row["group"].removesuffix(".1"), row["term1"], row["term2"]] for row in lme4["random"]]
    assert [[row[w] for w in words] for row in found["random"]] == expected
    np.testing.assert_allclose(numbers(found["random"], "covariance"), numbers(lme4["random"], "covariance"), **close)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dyestuff", [1432.7513, 707.6149]),
        ("dyestuff2", [1.919689, 3.985538]),
        ("sleepstudy", [288.7826, 14.78206, 46.67847, 77.18554]),
        ("singular_slope", [0.214984, 0.048971, 0.077189, 0.150653]),
    ],
)
def test_standard_errors_of_variances_are_those_of_the_expected_information(name, expected, fit):
    formula = json.loads((GOLDEN / f"{name}.json").read_text())["formula"]
    _, out, _ = fit(GOLDEN / f"{name}.csv", formula, "--json")
    np.testing.assert_allclose(numbers(parsed(out)["random"], "std_error"), expected, rtol=2e-5)


def test_the_json_has_these_members_and_no_others(data, fit):
    _, out, _ = fit(data[0], FORMULA, "--json")
    found = parsed(out)
    assert list(found) == [
        *(
            "criterion",
            "reml",
            "sigma",
            "singular",
            "status",
            "note",
            "n_obs",
            "n_clusters",
            "groups",
            "fixed",
            "random",
        ),
    ]
    assert (found["n_obs"], found["n_clusters"], found["note"]) == (30, 6, "")
    for row in found["fixed"]:
        assert list(row) == ["term", "estimate", "std_error", "df", "statistic", "p_value", "lower", "upper"]
        assert row["df"] is None
    for row in found["random"]:
        words = ["group", "term1", "term2", "covariance", "sd_or_correlation", "std_error", "lower", "upper"]
        assert list(row) == words


def test_the_confidence_level_is_an_option(data, fit):
    narrow, wide = (parsed(fit(data[0], FORMULA, "--json", "--level", level)[1])["fixed"][1] for level in (0.5, 0.99))
    assert wide["lower"] < narrow["lower"] < narrow["estimate"] < narrow["upper"] < wide["upper"]


def test_a_correlation_with_a_variance_of_zero_is_null(tmp_path, fit):
    frame = pd.DataFrame({"y": [0.0, 1, 3, 2] * 5, "x": [0.0, 1, 2, 3] * 5, "g": np.repeat(list("abcde"), 4)})
    frame.to_csv(tmp_path / "data.csv")
    code, out, _ = fit(tmp_path / "data.csv", "y ~ x + (1 + x | g)", "--json")
    found = parsed(out)
    assert (code, found["status"], found["singular"]) == (0, "singular", True)
    assert [row["covariance"] for row in found["random"][:3]] == [0, 0, 0]
    assert found["random"][2]["sd_or_correlation"] is None


def test_without_json_it_prints_a_summary(data, fit):
    code, out, err = fit(data[0], FORMULA)
    assert (code, err) == (0, "")
    assert out.startswith("Linear mixed model fitted by REML\nFormula: y ~ x + (1 | cluster)\nData: 30 rows in 6")
    assert "Random effects\n" in out
    assert "Fixed effects\n" in out


@pytest.mark.parametrize(
    ("scale_y", "scale_x"), [(1e-6, 1), (1, 1e7), (1e-6, 1e7), (1e9, 1)], ids=["small y", "wide x", "both", "large y"]
)
def test_numbers_of_any_size_are_printed_with_five_digits(scale_y, scale_x, data, tmp_path, fit):
    path = tmp_path / "scaled.csv"
    data[1].assign(y=data[1].y * scale_y, x=data[1].x * scale_x).to_csv(path, index=False)
    found = parsed(fit(path, FORMULA, "--json")[1])
    lines = [line.split() for line in fit(path, FORMULA)[1].splitlines()]
    fixed = [line for line in lines if line[:1] in (["(Intercept)"], ["x"])]
    random = [line for line in lines if line[:1] in (["cluster"], ["Residual"])]
    expected = [[row["estimate"], row["std_error"]] for row in found["fixed"]]
    np.testing.assert_allclose([[float(cell) for cell in line[1:3]] for line in fixed], expected, rtol=1e-4)
    expected = [[row["covariance"], row["sd_or_correlation"]] for row in found["random"]]
    np.testing.assert_allclose([[float(cell) for cell in line[-2:]] for line in random], expected, rtol=1e-4)
    assert all(len(cell) <= 11 and not cell.endswith(".") for line in [*fixed, *random] for cell in line[1:])


def test_numbers_of_ordinary_size_are_printed_with_the_same_decimals(data, fit):
    lines = [line.split() for line in fit(data[0], FORMULA)[1].splitlines()]
    (slope,) = (line for line in lines if line[:1] == ["x"])
    assert [len(cell.partition(".")[2]) for cell in slope[1:4]] == [4, 4, 3]
    assert not any("e" in cell for cell in slope[1:4])


def test_parquet_gives_what_csv_gives(data, tmp_path, fit):
    path, frame = data
    frame.to_parquet(tmp_path / "data.parquet")
    assert fit(tmp_path / "data.parquet", FORMULA, "--json") == fit(path, FORMULA, "--json")


def test_rows_with_a_missing_value_are_left_out_and_counted(data, tmp_path, fit):
    frame = data[1].assign(cluster=data[1].cluster.where(data[1].index != 4))
    frame.loc[7, "y"] = np.nan
    frame.to_csv(tmp_path / "holes.csv", index=False, na_rep="NA")
    _, out, _ = fit(tmp_path / "holes.csv", FORMULA, "--json")
    assert parsed(out)["n_obs"] == 28
    assert parsed(out)["note"] == "2 of 30 rows left out: missing values"


def test_a_fit_that_failed_prints_its_json_with_nulls_and_exits_3(data, tmp_path, fit):
    data[1].assign(w=data[1].x * 2).to_csv(tmp_path / "dependent.csv")
    code, out, err = fit(tmp_path / "dependent.csv", "y ~ x + w + (1 | cluster)", "--json")
    found = parsed(out)
    assert (code, err) == (3, "")
    assert (found["status"], found["singular"]) == ("failed", False)
    assert found["note"] == "the fixed effects are linearly dependent"
    assert (found["criterion"], found["sigma"]) == (None, None)
    assert [row["term"] for row in found["fixed"]] == ["(Intercept)", "x", "w"]
    assert {row["estimate"] for row in found["fixed"]} == {None}
    assert {row["covariance"] for row in found["random"]} == {None}


def test_a_fit_that_failed_says_so_and_exits_3(data, tmp_path, fit):
    data[1].assign(y=1.0).to_csv(tmp_path / "constant.csv")
    code, out, _ = fit(tmp_path / "constant.csv", FORMULA)
    assert code == 3
    assert "Status: failed (" in out


BAD = [
    (["y ~ x + (1 | school)"], "there is no column school; there are y, x, cluster"),
    (["y ~ xx + (1 | cluster)"], "there is no column xx; there are y, x, cluster; did you mean x?"),
    (["y ~ cluster + (1 | x)"], "the column cluster is not numeric: row 1 holds 'school 0'"),
    (["y ~ x"], "a mixed model needs random effects, such as + (1 | cluster)\n  y ~ x\n       ^\n"),
    (["y ~ x | cluster"], "a bar stands in parentheses: write + (terms | group)\n  y ~ x | cluster\n        ^\n"),
    (["y ~ log(x) + (1 | cluster)"], "function calls are not supported: log(...)"),
    ([""], "the formula is empty"),
    ([FORMULA, "--level", "95"], "fit: level: given 95.0; allowed: a finite number, above 0, below 1"),
    ([FORMULA, "--level", "nan"], "fit: level: given nan; allowed"),
]


@pytest.mark.parametrize(("words", "said"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_bad_words_are_refused(words, said, data, fit):
    code, out, err = fit(data[0], *words)
    assert (code, out) == (2, "")
    assert err.startswith(f"mcsim: {said}")


FILES = [
    ("x,y\n", "there is no column cluster; there are x, y"),
    ("y,x,cluster\n", "there are no rows"),
    ("y,x,cluster\n1,2,a\n2,1,a\n3,4,a\n", "the grouping factor cluster has one cluster, a; needed: at least two"),
    ("y,x,cluster\n1,,a\n2,,b\n", "no row is complete: each of the 2 rows has a missing value"),
    ("y,x,cluster\n1,low,a\n2,high,b\n", "the column x is not numeric: row 1 holds 'low'"),
    ("y,x,cluster\n1,2,a\n2,,a\n2,oops,b\n2,4,b\n", "the column x is not numeric: row 3 holds 'oops'"),
    ("y,x,cluster\n1,inf,a\n2,3,b\n", "the column x is infinite in row 1; allowed: finite numbers"),
    ("", "data.csv cannot be read: No columns to parse"),
    ("y,x,cluster\n1,2,a\n1,2,3,4,5\n", "data.csv cannot be read: Error tokenizing data"),
    ("y;x;cluster\n1;2;a\n", "there is no column y; there are y;x;cluster"),
]


@pytest.mark.parametrize(("content", "said"), FILES)
def test_a_file_that_cannot_be_used_is_refused(content, said, tmp_path, monkeypatch, fit):
    monkeypatch.chdir(tmp_path)
    Path("data.csv").write_text(content)
    code, out, err = fit("data.csv", FORMULA)
    assert (code, out) == (2, "")
    assert err.startswith(f"mcsim: {said}")
    assert "Traceback" not in err


def test_a_file_that_is_no_text_or_no_parquet_is_refused(tmp_path, monkeypatch, fit):
    monkeypatch.chdir(tmp_path)
    for name in ("data.csv", "data.parquet"):
        Path(name).write_bytes(b"\xff\xfe\x00 not this \x89")
        code, _, err = fit(name, FORMULA)
        assert code == 2
        assert err.startswith(f"mcsim: {name} cannot be read: ")


def test_a_path_that_is_no_file_is_refused(tmp_path, monkeypatch, fit):
    monkeypatch.chdir(tmp_path)
    Path("folder.csv").mkdir()
    assert fit("missing.csv", FORMULA) == (2, "", "mcsim: given missing.csv, which does not exist\n")
    assert fit("folder.csv", FORMULA) == (2, "", "mcsim: given folder.csv, which is not a file\n")
    assert fit("data.xlsx", FORMULA)[2] == "mcsim: given data.xlsx; allowed: a file named *.csv or *.parquet\n"


def test_a_bad_formula_is_said_before_the_file_is_read(fit):
    _, _, err = fit("missing.csv", "y ~ (x")
    assert err.startswith("mcsim: expected an operator or a closing parenthesis")

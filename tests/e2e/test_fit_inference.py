"""`mcsim fit` with degrees of freedom, intervals and scale, against R; nested factors; what bad input is told."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mcsim
from mcsim.cli.main import main
from mcsim.errors import ParameterError

GOLDEN = Path(__file__).parents[1] / "golden"
SLEEP = [str(GOLDEN / "sleepstudy.csv"), "reaction ~ days + (1 + days | subject)"]


def fit(capsys, *words):
    code = main(["fit", *map(str, words)])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_json_has_kenward_roger_and_profile_limits_as_r_has_them(capsys):
    code, out, _ = fit(capsys, *SLEEP, "--df", "kenward_roger", "--intervals", "profile", "--scale", "sd", "--json")
    found, golden = json.loads(out), json.loads((GOLDEN / "sleepstudy.json").read_text())["reml"]
    assert code == 0
    expected = golden["fixed"]["kenward_roger"]
    np.testing.assert_allclose([row["df"] for row in found["fixed"]], expected["df"], rtol=1e-5)
    np.testing.assert_allclose([row["p_value"] for row in found["fixed"]], expected["p"], rtol=1e-3)
    limits = golden["profile_intervals"]
    lower = dict(zip(limits["names"], limits["lower"], strict=True))
    upper = dict(zip(limits["names"], limits["upper"], strict=True))
    for row in found["random"]:
        name = "sigma" if row["term1"] is None else f"sd_{row['term1']}|subject"
        name = f"cor_{row['term2']}.{row['term1']}|subject" if row["term2"] else name
        assert (row["lower"], row["upper"]) == pytest.approx((lower[name], upper[name]), rel=1e-3)


def test_the_summary_shows_degrees_of_freedom_and_intervals(capsys):
    _, out, _ = fit(capsys, *SLEEP, "--df", "satterthwaite", "--intervals", "profile_reml", "--scale", "sd")
    assert "term         estimate  std. error     df       t" in out
    assert "Intervals (95 %, profile_reml)" in out
    assert "cor_days.(Intercept)|subject" in out


def test_nested_grouping_factors_are_printed_from_the_inside_out(capsys):
    code, out, _ = fit(capsys, GOLDEN / "three_level.csv", "y ~ x + (1 | school/classroom)")
    assert code == 0
    assert "Data: 360 rows in 60 clusters of classroom:school, 15 clusters of school" in out
    assert out.index("classroom:school  (Intercept)") < out.index("school            (Intercept)")


def test_a_limit_at_the_boundary_is_said_in_the_status(capsys):
    _, out, _ = fit(capsys, GOLDEN / "dyestuff2.csv", "y ~ 1 + (1 | batch)", "--intervals", "profile")
    assert "var_(Intercept)|batch: lower limit at the boundary" in out


def test_a_bootstrap_depends_on_its_seed_alone(capsys):
    words = [*SLEEP, "--intervals", "bootstrap", "--n-boot", "50", "--json"]
    first, second, other = (fit(capsys, *words, *more)[1] for more in ([], [], ["--seed", "2"]))
    assert first == second != other


def test_slash_and_separate_bars_are_the_same_model():
    frame = pd.read_csv(GOLDEN / "three_level.csv")
    slash, bars = (
        mcsim.fit(f"y ~ x + {bar}", frame) for bar in ("(1 | school/classroom)", "(1 | school) + (1 | classroom)")
    )
    assert slash.criterion == pytest.approx(bars.criterion, abs=1e-9)
    assert set(slash.blups) == {"school", "classroom:school"}
    assert set(bars.blups) == {"school", "classroom"}
    np.testing.assert_allclose(slash.residuals, bars.residuals, atol=1e-6)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--df", "kenward_roger", "--ml"], "df: given 'kenward_roger' with reml=False"),
        (["--df", "kenward"], "argument --df: invalid choice: 'kenward'"),
        (["--intervals", "bootstrap", "--n-boot", "1"], "n_boot: given 1; allowed: a whole number from 2"),
        (["--scale", "sds"], "argument --scale: invalid choice: 'sds'"),
    ],
)
def test_bad_options_are_one_message_and_code_2(words, said, capsys):
    try:
        code, out, err = fit(capsys, *SLEEP, *words)
    except SystemExit as left:
        code, (out, err) = left.code, capsys.readouterr()
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_crossed_factors_are_code_2_with_the_way_out(tmp_path, capsys):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"y": rng.standard_normal(24), "rater": np.repeat(range(4), 6), "item": np.tile(range(6), 4)})
    frame.to_csv(tmp_path / "crossed.csv", index=False)
    code, _, err = fit(capsys, tmp_path / "crossed.csv", "y ~ 1 + (1 | rater) + (1 | item)")
    assert code == 2
    assert "rater and item are crossed" in err
    assert "use the method Mixedlm" in err


def test_an_unknown_option_of_fit_is_one_message():
    with pytest.raises(ParameterError, match="interval is unknown"):
        mcsim.fit("y ~ 1 + (1 | g)", pd.DataFrame({"y": [1.0, 2, 3, 5], "g": [1, 1, 2, 2]}), interval="profile")

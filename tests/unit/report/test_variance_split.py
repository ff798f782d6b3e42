"""How factors share the variation of figures: against statsmodels, against known truths."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

from mcsim.report.deviance import deviance
from mcsim.report.variance_split import PRESENT, design_of, split_means, split_proportions

FULL = pd.DataFrame(itertools.product((1, 2, 3), (1, 2), (5, 10, 50)), columns=["a", "b", "c"])
GAPS = FULL.drop(index=[3, 12]).reset_index(drop=True)
TERMS = {"a": "C(a)", "b": "C(b)", "c": "C(c)"}


def factors(frame: pd.DataFrame) -> dict[str, list[object]]:
    return {name: frame[name].tolist() for name in frame}


def sizes(split) -> dict[str, float]:
    return {part.name: part.size for part in split.parts}


def in_statsmodels(term: str) -> str:
    return ":".join(TERMS[name] for name in term.split(" × "))


@pytest.mark.parametrize("grid", [FULL, GAPS], ids=["full", "with gaps"])
def test_sums_of_squares_are_those_of_type_2_in_statsmodels(grid: pd.DataFrame) -> None:
    y = np.random.default_rng(1).normal(size=len(grid)) + 0.5 * grid["a"].to_numpy()
    split = split_means(design_of(factors(grid)), y, np.full(len(grid), 0.1))
    fit = smf.ols("y ~ (C(a) + C(b) + C(c))**2", grid.assign(y=y)).fit()
    table = sm.stats.anova_lm(fit, typ=2)
    for part in split.parts:
        assert part.size == pytest.approx(table.loc[in_statsmodels(part.name), "sum_sq"])
        assert part.df == table.loc[in_statsmodels(part.name), "df"]
        assert part.partial == pytest.approx(part.size / (part.size + fit.ssr))
    assert split.higher.size == pytest.approx(fit.ssr)
    assert split.higher.df == fit.df_resid


@pytest.mark.parametrize("grid", [FULL, GAPS], ids=["full", "with gaps"])
def test_deviances_are_those_of_nested_logistic_regressions_in_statsmodels(grid: pd.DataFrame) -> None:
    rng = np.random.default_rng(2)
    n = rng.integers(800, 1000, len(grid))
    yes = rng.binomial(n, 1 / (1 + np.exp(-(1 + 0.2 * grid["a"] - 0.05 * grid["b"] * grid["c"]))))
    split = split_proportions(design_of(factors(grid)), yes / n, n.astype(float))

    def fitted(terms: str) -> float:
        frame = grid.assign(yes=yes, no=n - yes)
        return sm.GLM.from_formula(f"yes + no ~ {terms}", frame, family=sm.families.Binomial()).fit().deviance

    assert split.total == pytest.approx(fitted("1"))
    assert split.higher.size == pytest.approx(fitted("(C(a) + C(b) + C(c))**2"))
    assert sizes(split)["a"] == pytest.approx(fitted("C(b) * C(c)") - fitted("C(a) + C(b) * C(c)"), abs=1e-5)
    without = fitted("C(a) * C(b) + C(b) * C(c)")
    assert sizes(split)["a × c"] == pytest.approx(without - fitted("(C(a) + C(b) + C(c))**2"), abs=1e-5)


def test_proportions_of_1_at_a_whole_level_have_a_finite_deviance() -> None:
    shares = np.where(FULL["a"] == 3, 1.0, 0.9)
    split = split_proportions(design_of(factors(FULL)), shares, np.full(len(FULL), 1000.0))
    assert sizes(split)["a"] == pytest.approx(split.total, rel=1e-6)
    assert sizes(split)["b"] == pytest.approx(0, abs=1e-4)


def test_a_proportion_that_is_the_same_everywhere_has_no_deviance() -> None:
    split = split_proportions(design_of(factors(FULL)), np.ones(len(FULL)), np.full(len(FULL), 1000.0))
    assert split.total == pytest.approx(0, abs=1e-6)
    assert all(part.share == 0 for part in split.parts)
    assert split.noise == 1


def test_figures_that_do_not_differ_leave_everything_to_noise() -> None:
    split = split_means(design_of(factors(FULL)), np.full(len(FULL), 0.25), np.full(len(FULL), 0.1))
    assert (split.noise, split.joint) == (1, 0)
    assert all(part.share == 0 for part in split.parts)


def test_in_a_balanced_grid_noise_is_df_times_the_mean_squared_mcse() -> None:
    mcse = np.linspace(0.1, 0.2, len(FULL))
    split = split_means(design_of(factors(FULL)), np.arange(18.0), mcse)
    for part in split.parts:
        assert part.expected == pytest.approx(part.df * (mcse**2).mean())
    assert split.joint == pytest.approx(0)


def test_of_pure_noise_the_corrected_sizes_are_0_on_average_and_its_share_is_1() -> None:
    rng, design = np.random.default_rng(3), design_of(factors(GAPS))
    mcse = rng.uniform(0.05, 0.2, len(GAPS))
    means = [split_means(design, rng.normal(0, mcse), mcse) for _ in range(2000)]
    n = np.full(len(GAPS), 1000.0)
    shares = [split_proportions(design, rng.binomial(1000, 0.9, len(GAPS)) / 1000, n) for _ in range(500)]
    for splits in (means, shares):
        for place in range(len(design.terms)):
            excess = np.array([split.parts[place].size - split.parts[place].expected for split in splits])
            assert abs(excess.mean()) < 4 * excess.std() / math.sqrt(len(splits))
        assert np.mean([split.noise for split in splits]) > 0.85


def test_an_effect_has_its_share_whatever_the_noise() -> None:
    rng, design = np.random.default_rng(4), design_of(factors(FULL))
    mcse = np.full(len(FULL), 0.2)
    effect = np.where(FULL["b"] == 1, -0.3, 0.3)
    splits = [split_means(design, effect + rng.normal(0, mcse), mcse) for _ in range(1000)]
    corrected = np.array([sizes(split)["b"] - split.parts[1].expected for split in splits])
    assert abs(corrected.mean() - 18 * 0.3**2) < 4 * corrected.std() / math.sqrt(1000)
    wanted = 18 * 0.3**2 / (18 * 0.3**2 + 17 * 0.2**2)
    assert np.mean([split.parts[1].share for split in splits]) == pytest.approx(wanted, abs=0.05)
    assert np.mean([split.noise for split in splits]) == pytest.approx(1 - wanted, abs=0.05)


def test_factors_that_vary_together_are_one_term() -> None:
    frame = FULL.assign(d=FULL["a"] * 2, e="fixed")
    assert [term.name for term in design_of(factors(frame)).terms][:3] == ["a, d", "b", "c"]


def test_which_factors_are_present_is_a_term_and_a_level_tells_what_it_adds() -> None:
    slope = [None, None, 1.0, 3.0, 1.0, 3.0] * 2
    frame = {"n": [10] * 6 + [20] * 6, "slope": slope, "cov": [None, None, 0.0, 0.0, 1.0, 1.0] * 2}
    frame["gamma"] = [4.0 if level is None else 5.0 for level in slope]
    frame["tau2"] = [1.0, 5.0] + [1.0] * 4 + [1.0, 5.0] + [1.0] * 4
    design = design_of(frame)
    assert design.present == ("slope", "cov", "gamma")
    df = {term.name: term.own.shape[1] for term in design.terms}
    assert df["n"] == df[PRESENT] == df["slope"] == df["cov"] == df["slope × cov"] == 1
    assert not any(PRESENT in name and "slope" in name for name in df)
    present = np.array([level is not None for level in slope], dtype=float)
    split = split_means(design, present, np.full(12, 0.01))
    explained = {part.name: part.size for part in split.parts}
    assert explained[PRESENT] > 0
    assert explained["slope"] == pytest.approx(0, abs=1e-20)


def test_an_interaction_that_follows_from_the_factors_is_left_out_and_named() -> None:
    design = design_of({"a": [1, 1, 2, 3], "b": [1, 2, 1, 3]})
    assert design.left_out == ("a × b",)
    assert [term.name for term in design.terms] == ["a", "b"]


def test_a_deviance_is_that_of_the_common_proportion_for_a_constant() -> None:
    shares, n = np.array([0.2, 0.6]), np.array([100.0, 300.0])
    wanted = 2 * sum(
        of * (share * math.log(share / 0.5) + (1 - share) * math.log((1 - share) / 0.5))
        for share, of in zip(shares, n, strict=True)
    )
    assert deviance(np.full((2, 1), 2**-0.5), shares, n) == pytest.approx(wanted)

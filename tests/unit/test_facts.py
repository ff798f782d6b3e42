"""The facts of a study as plain rows."""

import math

from fakes import Held, Mean, Plain, study_of

from mcsim import Study, facts, grid
from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares

STUDY = Study(
    conditions=grid(TwoLevel, n_clusters=[5, 10], cluster_size=4, tau2=[0.5, 1])
    + grid(TwoLevel, n_clusters=[5, 10], cluster_size=4, gamma10=[0.2], tau2=1),
    methods={"REML": LinearMixedModel(), "OLS": OrdinaryLeastSquares("y ~ 1", covariance="CR2")},
    replications=2,
    seed=1,
)


def test_factors_have_their_levels_in_order_and_their_meaning_and_those_at_their_default_are_left_out():
    found = {row.name: row for row in facts.factor_levels(STUDY.conditions)}
    assert list(found) == ["n_clusters", "cluster_size", "tau2", "gamma10"]
    assert found["tau2"].levels == (0.5, 1)
    assert found["gamma10"].levels == (None, 0.2)
    assert found["n_clusters"].meaning == "number of clusters"
    assert {row.mechanism for row in found.values()} == {"TwoLevel"}


def test_every_condition_has_its_mechanism_and_all_its_factors():
    values = facts.factors_of(STUDY.conditions)
    assert list(values) == list(STUDY.conditions)
    assert [row["n_clusters"] for row in values.values()] == [5, 5, 10, 10, 5, 10]
    assert {row["mechanism"] for row in values.values()} == {"TwoLevel"}
    assert facts.varying(values) == ["n_clusters", "tau2", "gamma10"]


def test_what_follows_from_factors_is_no_factor_and_is_told_of_the_conditions_that_have_it():
    common = {"n_clusters": 5, "cluster_size": 4}
    study = Study(
        conditions=grid(TwoLevel, **common) + grid(TwoLevel.from_effect_sizes, icc=[0.1, 0.2], r2_within=0.1, **common),
        methods={"REML": LinearMixedModel()},
        replications=2,
        seed=1,
    )
    plain, *stated = study.conditions
    raw = facts.following(study.conditions)
    assert list(raw) == stated
    assert {name: [row[name] for row in raw.values()] for name in raw[stated[0]]} == {
        "tau2": [0.1, 0.2],
        "sigma2": [0.81, 0.72],
        "gamma10": [0.3, 0.282842712474619],
    }
    factors = facts.factors_of(study.conditions)
    assert "tau2" in factors[plain]
    assert not {"tau2", "sigma2", "gamma10"} & set(factors[stated[0]])
    of_shares = [row.name for row in facts.factor_levels(study.conditions) if row.mechanism == "TwoLevelByEffectSizes"]
    assert of_shares == ["n_clusters", "cluster_size", "icc", "r2_within"]


def test_a_factor_that_a_mechanism_lacks_varies():
    assert facts.varying({"a": {"n": 1, "m": None}, "b": {"n": 1, "k": 2}}) == ["k"]
    assert facts.varying({"a": {"n": math.nan}, "b": {"n": math.nan}}) == []


def test_factors_that_follow_from_those_before_do_not_tell_conditions_apart():
    rows = [(5, 1, 0.1, 1), (5, 2, 0.2, 2), (10, 1, 0.1, 2), (10, 2, 0.2, 3)]
    values = {str(place): dict(zip("abcd", row, strict=True)) for place, row in enumerate(rows)}
    assert facts.varying(values) == ["a", "b", "c", "d"]
    assert facts.telling(values) == ("a", "b")
    assert facts.telling(values, ["c"]) == ("a",)
    assert facts.telling({"one": {"n": math.nan}, "two": {"n": math.nan}}) == ()


def test_levels_that_follow_from_those_of_placed_factors_are_determined():
    values = {"one": {"a": 1, "b": 2, "c": 1}, "two": {"a": 1, "b": 3, "c": 1}, "three": {"a": 2, "b": 2}}
    assert facts.undetermined(values, ["a", "b", "c"], []) == ["a", "b", "c"]
    assert facts.undetermined(values, ["a", "b", "c"], ["a"]) == ["b"]


def test_models_hold_their_conditions_and_the_equation_of_the_first():
    first, second = facts.models(STUDY.conditions)
    assert (first.formula, second.formula) == ("y ~ 1 + (1 | cluster)", "y ~ 1 + x + (1 | cluster)")
    assert (*first.conditions, *second.conditions) == tuple(STUDY.conditions)
    assert first.equation == STUDY.conditions[first.conditions[0]].equation()


def test_a_mechanism_without_an_equation_has_no_lines():
    assert facts.models(study_of(Plain).conditions)[0].equation == ()


def test_estimands_have_the_truths_of_their_model_and_the_methods_that_report_them():
    rows = {(row.model, row.name): row for row in facts.estimands(STUDY.conditions, STUDY.methods)}
    variance = rows["y ~ 1 + (1 | cluster)", "var_(Intercept)|cluster"]
    assert (variance.truths, variance.methods) == ((0.5, 1), ("REML",))
    assert rows["y ~ 1 + x + (1 | cluster)", "x"].truths == (0.2,)
    assert rows["y ~ 1 + (1 | cluster)", "(Intercept)"].methods == ("REML", "OLS")


def test_an_estimand_without_a_truth_has_one_nan():
    spread = facts.estimands(study_of(Plain).conditions, {"A": Mean()})[1]
    assert spread.name == "spread"
    assert len(spread.truths) == 1
    assert math.isnan(spread.truths[0])


def test_methods_have_options_the_formula_they_fit_and_what_is_at_its_default():
    reml, ols = facts.analyses(STUDY.methods)
    assert (reml.options, reml.formula) == ("LinearMixedModel()", "")
    assert "reml=True" in reml.defaults
    assert ols.formula == "y ~ 1"
    assert "covariance" not in ols.defaults
    assert facts.analyses({"A": Mean()})[0].formula is None


def test_conditions_with_something_held_fixed_are_known():
    assert facts.fixed_designs(study_of(Held).conditions, 7) == list(study_of(Held).conditions)
    assert facts.fixed_designs(STUDY.conditions, 1) == []


def test_a_long_list_is_cut_and_counted():
    assert facts.listed([1, None, 0.5]) == "1, -, 0.5"
    assert facts.listed(range(15)).endswith("10, 11 and 3 more")
    assert (facts.counted(1, "condition"), facts.counted(1000, "fit")) == ("1 condition", "1,000 fits")

"""Grids: levels, combinations, what is dropped and what is refused before anything is enumerated."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest

from mcsim import Dataset, Mechanism, Parameters, grid, parameter
from mcsim.grid import Faults
from mcsim.mechanisms import TwoLevel
from mcsim.parameters import number


@dataclass(frozen=True, kw_only=True)
class Pattern(Parameters):
    spread: float = parameter("spread of the sizes", number(least=0), 0.0)


@dataclass(frozen=True, kw_only=True)
class Sample(Mechanism):
    mean: float = parameter("mean", number(least=-10))
    sd: float = parameter("standard deviation", number(above=0), 1.0)
    sizes: Pattern = Pattern()

    def columns(self):
        return ("y",)

    def formula(self):
        return "y ~ 1"

    def truth(self):
        return {"mean": self.mean}

    def simulate(self, rng, design=None):
        del design
        return Dataset({"y": rng.normal(self.mean, self.sd, size=10)})


def made(conditions):
    """The mechanisms of a grid without faults."""
    faults = Faults()
    mechanisms = [mechanism for mechanism, _ in conditions.conditions(faults)]
    assert faults.lines() == []
    return mechanisms


def faults_of(conditions):
    """The faults of a grid, and nothing else of it."""
    faults = Faults()
    for _ in conditions.conditions(faults):
        pass
    return faults.lines()


def test_every_combination_is_a_condition_the_last_factor_fastest():
    assert made(grid(Sample, mean=[0, 1], sd=[1, 2])) == [
        Sample(mean=0, sd=1),
        Sample(mean=0, sd=2),
        Sample(mean=1, sd=1),
        Sample(mean=1, sd=2),
    ]


@pytest.mark.parametrize("levels", [[1, 2], (1, 2), range(1, 3), np.array([1, 2]), np.array([1.0, 2.0])])
def test_the_entries_of_a_list_tuple_range_or_array_are_levels(levels):
    assert made(grid(Sample, mean=levels)) == [Sample(mean=1), Sample(mean=2)]


@pytest.mark.parametrize("value", [1, np.int64(1), np.array(1.0)])
def test_anything_else_is_fixed(value):
    assert made(grid(Sample, mean=value)) == [Sample(mean=1)]


@pytest.mark.parametrize("level", [float("nan"), float("inf"), None, "one", [1, 2]])
def test_an_impossible_level_among_others_is_named(level):
    (fault,) = faults_of(grid(Sample, mean=[0, level]))
    assert fault.startswith(f"Sample: mean: given {level!r}; allowed: a finite number, at least -10")


@pytest.mark.parametrize("level", [10**400, 10**5000, "x" * 500, ["x"] * 500], ids=range(4))
def test_a_long_value_is_shown_in_part(level):
    (fault,) = faults_of(grid(Sample, mean=[0, level]))
    assert fault.startswith("Sample: mean: given ")
    assert len(fault) < 400


def test_a_frozen_value_is_a_level_like_any_number():
    conditions = made(grid(Sample, mean=0, sizes=[Pattern(spread=0), Pattern(spread=0.5)]))
    assert [c.sizes.spread for c in conditions] == [0, 0.5]


def test_grids_add():
    assert made(grid(Sample, mean=1) + grid(TwoLevel, n_clusters=5, cluster_size=2)) == [
        Sample(mean=1),
        TwoLevel(n_clusters=5, cluster_size=2),
    ]


def test_nothing_is_evaluated_before_the_study_is_built():
    def raises(_):
        raise AssertionError

    grid(Sample, mean=[1, "two"], nonsense=3, where=raises)


def test_where_sees_raw_values_and_defaults_and_drops_before_validation():
    seen = []

    def keep(c):
        seen.append((c.mean, c.sd, c.sizes))
        return c.sd > 0

    assert made(grid(Sample, mean=1, sd=[-1, 2], where=keep)) == [Sample(mean=1, sd=2)]
    assert seen == [(1, -1, Pattern()), (1, 2, Pattern())]


def test_where_sees_absent_factors_as_none():
    conditions = grid(TwoLevel, n_clusters=5, cluster_size=2, tau2=[0, 1], where=lambda c: c.gamma10 is None and c.tau2)
    assert len(made(conditions)) == 1


def test_effect_sizes_are_factors_beside_every_other_factor():
    conditions = made(
        grid(TwoLevel.from_effect_sizes, icc=[0, 0.1], r2_within=[None, 0.2], n_clusters=[5, 9], cluster_size=2)
    )
    assert [(c.icc, c.r2_within, c.n_clusters) for c in conditions] == list(product([0, 0.1], [None, 0.2], [5, 9]))
    assert {(c.tau2, c.gamma10 is None) for c in conditions} == set(product([0, 0.1], [True, False]))
    (fault,) = faults_of(grid(TwoLevel.from_effect_sizes, icc=0.1, tau2=1, n_clusters=5, cluster_size=2))
    assert fault.startswith("grid(TwoLevelByEffectSizes): tau2 is not one of its factors")
    (fault,) = faults_of(grid(TwoLevel.from_effect_sizes, icc=[0, 0.1], r2_between=0.1, n_clusters=5, cluster_size=2))
    assert fault.endswith("or give an icc above 0 (at icc=0)")


def test_where_that_raises_is_a_fault_that_says_so():
    (fault,) = faults_of(grid(Sample, mean=[0, 1], where=lambda c: 1 / c.mean))
    assert fault == "grid(Sample): where raised ZeroDivisionError: division by zero"
    (fault,) = faults_of(grid(Sample, mean=[0, 1], where=lambda c: c.meen))
    assert "meen is not a factor; did you mean mean?" in fault


def test_where_that_drops_everything_is_a_fault():
    (fault,) = faults_of(grid(Sample, mean=[0, 1], where=lambda _: False))
    assert "where drops all of its 2 combinations" in fault


def test_an_impossible_level_is_named_once_with_how_many_conditions():
    (fault,) = faults_of(grid(Sample, mean=range(5), sd=[1, -1]))
    assert fault == (
        "Sample: sd: given -1; allowed: a finite number, above 0 "
        "(5 conditions, such as mean=0, sd=-1; mean=1, sd=-1; mean=2, sd=-1)"
    )


def test_every_fault_of_every_part_is_named():
    faults = faults_of(grid(Sample, mean=[-11, 0], sd=0) + grid(Sample, meen=1, sd=[]) + grid(Sample))
    assert [fault.partition(" (")[0] for fault in faults] == [
        "Sample: mean: given -11; allowed: a finite number, at least -10 (at mean=-11)".partition(" (")[0],
        "Sample: sd: given 0; allowed: a finite number, above 0",
        "grid(Sample): meen is not one of its factors; did you mean mean?",
        "grid(Sample): mean not given; required",
        "grid(Sample): sd has no levels: given an empty list; allowed: at least one level",
        "grid(Sample): mean not given; required",
    ][:5]


@pytest.mark.parametrize("levels", [[1, 1.0], [0.1, 1e-1], [0, -0.0], [np.float64(2), 2], range(0)])
def test_levels_must_differ_and_be_there(levels):
    (fault,) = faults_of(grid(Sample, mean=levels))
    assert "mean has a level twice" in fault or "mean has no levels" in fault


@pytest.mark.parametrize("levels", [range(10**9), range(10**30)])
def test_a_vast_grid_is_refused_before_anything_is_enumerated(levels):
    (fault,) = faults_of(grid(Sample, mean=levels, sd=[1, 2, 3]))
    assert "combinations; allowed: at most 1,000,000" in fault


def test_a_vast_grid_says_how_many_conditions_it_would_have():
    assert "about 3e+09 combinations" in faults_of(grid(Sample, mean=range(10**9), sd=[1, 2, 3]))[0]
    assert "2,000,000 combinations" in faults_of(grid(Sample, mean=range(2_000_000)))[0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Sample(mean=1), "write the class, grid(Sample, ...)"),
        ("TwoLevel", "given 'TwoLevel'; allowed: a Mechanism class"),
        (int, "given <class 'int'>; allowed: a Mechanism class"),
        (Mechanism, "it lacks columns, formula, simulate, truth"),
    ],
)
def test_only_a_mechanism_class_can_be_varied(given, said):
    (fault,) = faults_of(grid(given, mean=1))
    assert said in fault


def test_a_class_that_is_no_dataclass_is_told_what_it_needs():
    class Bare(Sample):
        extra: float = parameter("a field without @dataclass", number(), 1.0)

    (fault,) = faults_of(grid(Bare, mean=1))
    assert "Bare needs @dataclass(frozen=True, kw_only=True) above it" in fault


def test_where_must_be_a_function():
    (fault,) = faults_of(grid(Sample, mean=1, where="mean > 0"))
    assert "where: given 'mean > 0'; allowed: a function" in fault


def test_beyond_twenty_faults_only_the_number_is_said():
    faults = faults_of(grid(Sample, mean=range(-60, -10)))
    assert len(faults) == 21
    assert faults[-1] == "and 30 more"


def test_an_impossible_covariance_names_its_conditions():
    (fault,) = faults_of(
        grid(TwoLevel, n_clusters=[5, 10], cluster_size=2, tau2=[1, 9], slope_variance=1, covariance=[0, 2])
    )
    assert "not positive semi-definite" in fault
    assert "(at n_clusters=5, tau2=1, covariance=2; n_clusters=10, tau2=1, covariance=2)" in fault

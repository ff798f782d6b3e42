"""Any mechanism with missing data: what the wrapper takes over, what it changes, and that both forms agree."""

import copy
import pickle
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from fakes import Blocked, Held, Plain, Ragged

from mcsim import Dataset, DatasetBlock, Mechanism, Study, grid
from mcsim.errors import ParameterError, StudyError
from mcsim.keys import condition_key
from mcsim.mechanisms import MAR, MCAR, MNAR, Dropout, Growth, NegativeBinomial, ThreeLevel, Times, TwoLevel, incomplete
from mcsim.methods import LinearMixedModel
from mcsim.streams import DATA, DESIGN, Streams
from mcsim.testing import check_mechanism

SMALL = {"n_clusters": 6, "cluster_size": 5, "gamma10": 0.5}
PATTERNS = [
    MCAR(rate=0.23),
    MCAR(rate=0.23, of="x"),
    MAR(rate=0.23),
    MAR(rate=0.23, of="x", on="y", strength=-2),
    MAR(rate=0.23, on="y"),
    MAR(rate=0.23, on="id"),
    MNAR(rate=0.23),
    MNAR(rate=0.23, of="x"),
    Dropout(rate=0.4),
    Dropout(rate=0.4, shape=2, strength=1),
    Dropout(rate=0.4, of="x", strength=-1),
]


@dataclass(frozen=True, kw_only=True)
class Waves(Mechanism):
    """Rows sorted by occasion, persons named by words, y missing here and there: as a study's author may write it."""

    grouping_factors: ClassVar[tuple[str, ...]] = ("person",)
    persons: int = 5

    def columns(self):
        return ("y", "x", "person", "wave")

    def formula(self):
        return "y ~ wave + (1 | person)"

    def truth(self):
        return {"(Intercept)": 0.0, "wave": 0.0, "var_(Intercept)|person": 0.0, "var_residual": 1.0}

    def simulate(self, rng):
        person, wave = np.tile([f"p{i}" for i in range(self.persons)], 4), np.repeat(np.arange(4), self.persons)
        y, x = rng.standard_normal((2, len(wave)))
        return Dataset({"y": np.where(x > 1.5, np.nan, y), "x": x, "person": person, "wave": wave})


@dataclass(frozen=True, kw_only=True)
class Pupils(Mechanism):
    """Pupils in classrooms in schools, all of whose numbers are drawn; y is missing at times."""

    grouping_factors: ClassVar[tuple[str, ...]] = ("classroom", "school")
    anew: bool = False

    @property
    def drawn(self):
        return Ragged(missing=0.1, anew=self.anew)

    def columns(self):
        return self.drawn.columns()

    def formula(self):
        return self.drawn.formula()

    def truth(self):
        return self.drawn.truth()

    def simulate(self, rng):
        return self.drawn.simulate(rng)

    def simulate_block(self, streams):
        return self.drawn.simulate_block(streams)


def streams(count=20, purpose=DATA):
    return Streams(7, "c0123456789ab", purpose, 0, count)


def simulated(mechanism, index=0):
    design = mechanism.design(streams(purpose=DESIGN).generator(0))
    given = () if design is None else (design,)
    return mechanism.simulate(streams().generator(index), *given).columns


def is_in_order(columns, name="y", group="cluster"):
    """Whether nothing is seen after a value that is missing, cluster by cluster."""
    for label in np.unique(columns[group]):
        gone = np.isnan(columns[name][columns[group] == label])
        if (gone[:-1] & ~gone[1:]).any():
            return False
    return True


@pytest.mark.parametrize("design", [{}, {"predictors": "fixed"}, {"cluster_size": NegativeBinomial(mean=5, cv=0.6)}])
@pytest.mark.parametrize("pattern", PATTERNS, ids=str)
def test_every_pattern_keeps_the_contract_in_both_forms(pattern, design):
    check_mechanism(incomplete(TwoLevel)(**{**SMALL, "slope_variance": 1, **design}, missing=pattern), replications=5)


@pytest.mark.parametrize("pattern", PATTERNS, ids=str)
def test_every_pattern_keeps_the_contract_with_classes_of_a_study(pattern):
    if "id" not in str(pattern):
        check_mechanism(incomplete(Waves)(missing=pattern), replications=5)

    for anew in (False, True):
        check_mechanism(incomplete(Pupils)(missing=pattern, anew=anew), replications=5)


OTHERS = [
    (Growth, {"n_persons": 6, "occasions": Times(0, 1, 3, 6), "gamma10": 0.5}, "person"),
    (ThreeLevel, {"n_schools": 3, "school_size": 2, "classroom_size": 4, "gamma100": 0.5}, "classroom"),
    (ThreeLevel, {"n_schools": 3, "school_size": 2, "occasions": Times(0, 1, 2), "gamma100": 0.5}, "student"),
]


@pytest.mark.parametrize(("mechanism", "factors", "group"), OTHERS)
@pytest.mark.parametrize("pattern", [MCAR(rate=0.23), MAR(rate=0.4, on="y"), Dropout(rate=0.4, strength=1)], ids=str)
def test_every_family_keeps_the_contract_and_its_innermost_clusters_drop_out(mechanism, factors, group, pattern):
    condition = incomplete(mechanism)(**factors, missing=pattern)
    check_mechanism(condition, replications=5)
    columns = simulated(condition)
    assert np.isnan(columns["y"]).any()
    assert is_in_order(columns, "y", group) or not isinstance(pattern, Dropout)


def test_a_value_that_is_left_is_the_one_of_the_complete_data():
    for predictors in ("random", "fixed"):
        complete = TwoLevel(**SMALL, predictors=predictors)
        for pattern in PATTERNS:
            found, before = simulated(incomplete(TwoLevel)(**vars(complete), missing=pattern)), simulated(complete)
            gone = np.isnan(found[pattern.of])
            assert gone.any(), pattern
            assert found[pattern.of].dtype == np.float64
            for name, values in before.items():
                kept = ~gone if name == pattern.of else slice(None)
                np.testing.assert_array_equal(found[name][kept], values[kept])


def test_without_missing_data_everything_but_the_key_is_that_of_the_mechanism():
    complete, none = TwoLevel(**SMALL), incomplete(TwoLevel)(**SMALL)
    for name in ("columns", "formula", "truth", "rows", "equation"):
        assert getattr(none, name)() == getattr(complete, name)()
    for name, values in simulated(complete).items():
        assert simulated(none)[name].tobytes() == values.tobytes()
    block, other = complete.simulate_block(streams()), none.simulate_block(streams())
    assert block.values.tobytes() == other.values.tobytes()
    assert condition_key(complete) != condition_key(none)


def test_a_block_keeps_what_the_mechanism_gave_it():
    bank = np.arange(40.0).reshape(2, 1, 20)

    class Bank(Blocked):
        def simulate_block(self, streams):
            return DatasetBlock(("y",), bank, {"id": np.arange(20)})

    block = incomplete(Bank)(missing=MCAR(rate=0.5)).simulate_block(streams(2))
    assert np.isnan(block.values).sum() == 20
    assert not np.isnan(bank).any()


def test_a_shared_column_with_holes_becomes_one_of_each_replication():
    mechanism = incomplete(TwoLevel)(**SMALL, predictors="fixed", missing=MCAR(rate=0.2, of="x"))
    design = mechanism.design(streams(purpose=DESIGN).generator(0))
    block = mechanism.simulate_block(streams(3), design)
    assert (block.names, set(block.shared)) == (("y", "x"), {"cluster", "id"})
    assert not np.isnan(design["x"]).any()
    assert len({np.isnan(block.values[rep, 1]).tobytes() for rep in range(3)}) == 3


def test_there_is_a_block_form_if_and_only_if_the_mechanism_has_one():
    assert hasattr(incomplete(TwoLevel)(**SMALL), "simulate_block")
    assert hasattr(incomplete(Blocked)(), "simulate_block")
    assert not hasattr(incomplete(Plain)(), "simulate_block")


def test_a_design_of_a_study_s_own_class_is_handed_on():
    complete, found = simulated(Held()), simulated(incomplete(Held)(missing=MCAR(rate=0.5, of="x")))
    assert np.isnan(found["x"]).sum() == 2
    np.testing.assert_array_equal(found["y"], complete["y"])


@pytest.mark.parametrize("strength", [0, 2])
def test_whoever_drops_out_stays_out_however_rows_stand(strength):
    pattern = Dropout(rate=0.5, strength=strength, of="x")
    for index in range(20):
        assert is_in_order(simulated(incomplete(Waves)(missing=pattern), index), "x", "person")
        sizes = NegativeBinomial(mean=5, cv=0.6)
        drawn = incomplete(TwoLevel)(**{**SMALL, "cluster_size": sizes}, missing=pattern)
        assert is_in_order(simulated(drawn, index), "x")


def test_what_was_missing_before_stays_missing_and_does_not_count():
    complete, found = simulated(Waves()), simulated(incomplete(Waves)(missing=MCAR(rate=0.5)))
    before = np.isnan(complete["y"])
    assert 0 < before.sum() < 10
    assert np.isnan(found["y"][before]).all()
    added = np.isnan(found["y"]).sum() - before.sum()
    assert added in {(~before).sum() // 2, -(-(~before).sum() // 2)}


def test_the_class_is_made_once_and_its_values_can_be_copied():
    assert incomplete(TwoLevel) is incomplete(TwoLevel)
    assert incomplete(TwoLevel).__name__ == "IncompleteTwoLevel"
    value = incomplete(TwoLevel)(**SMALL, missing=MAR(rate=0.2))
    unpickled = pickle.loads(pickle.dumps(value))  # noqa: S301 (made in this line)
    for other in (unpickled, copy.copy(value), copy.deepcopy(value), replace(value)):
        assert other == value
        assert type(other) is type(value)
        assert condition_key(other) == condition_key(value)


def test_keys_follow_from_the_pattern_and_change_with_no_release():
    keys = {condition_key(incomplete(TwoLevel)(**SMALL, missing=pattern)) for pattern in [None, *PATTERNS]}
    assert len(keys) == 1 + len(PATTERNS)
    assert condition_key(incomplete(TwoLevel)(**SMALL, missing=MCAR(rate=0.2))) == "c9c5e7e747147"
    assert condition_key(incomplete(TwoLevel)(**SMALL, missing=Dropout(rate=0.2, shape=2))) == "c5a4e82ee7d9d"
    same = [MCAR(rate=0.5, of="y"), MCAR(rate=np.float64(0.5))]
    assert len({condition_key(incomplete(TwoLevel)(**SMALL, missing=pattern)) for pattern in same}) == 1


def test_one_grid_crosses_patterns_with_other_factors():
    study = Study(
        conditions=grid(incomplete(TwoLevel), **{**SMALL, "n_clusters": [6, 8]}, missing=[None, *PATTERNS]),
        methods={"REML": LinearMixedModel()},
        replications=2,
        seed=1,
    )
    assert len(study.conditions) == 2 * (1 + len(PATTERNS))


def test_a_pattern_that_fits_no_condition_is_a_fault_of_the_study():
    with pytest.raises(StudyError) as caught:
        Study(
            conditions=grid(incomplete(TwoLevel), **SMALL, missing=[MCAR(rate=0.1, of="z"), MCAR]),
            methods={"REML": LinearMixedModel()},
            replications=2,
            seed=1,
        )
    assert "IncompleteTwoLevel: missing: given MCAR(rate=0.1, of=z), but there is no column z" in str(caught.value)
    kinds = "MCAR(rate, of), MAR(rate, of, on, strength), MNAR(rate, of, strength), Dropout(rate, of, shape, strength)"
    assert f"allowed: None or a pattern of missing data: {kinds}" in str(caught.value)


def test_what_is_no_mechanism_class_is_refused():
    def said(given):
        with pytest.raises(ParameterError) as caught:
            incomplete(given)
        return str(caught.value)

    class Bare(Plain):
        more: float = 0.0

    known = "allowed: a Mechanism class such as TwoLevel"
    assert said(5) == f"incomplete: given 5; {known}"
    assert said(MCAR).endswith(known)
    assert "write the class, incomplete(Plain), and its factors in grid" in said(Plain())
    assert said(incomplete(Plain)).startswith("incomplete: IncompletePlain has a factor missing already")
    assert said(Bare) == "incomplete: Bare needs @dataclass(frozen=True, kw_only=True) above it"

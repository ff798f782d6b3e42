"""Keys: names made from content, the same on every machine and for ever."""

import textwrap
from dataclasses import dataclass

import numpy as np
import pytest

from mcsim import Dataset, Estimates, Mechanism, Method, Parameters, load_study, parameter
from mcsim.keys import canonical_text, condition_key, factors, method_key
from mcsim.mechanisms import TwoLevel
from mcsim.parameters import number, word


@dataclass(frozen=True, kw_only=True)
class Normal(Parameters):
    sd: float = parameter("standard deviation", number(above=0), 1.0)


@dataclass(frozen=True, kw_only=True)
class Sample(Mechanism):
    mean: float = parameter("mean", number(), 0.0)
    noise: Normal = Normal()

    def columns(self):
        return ("y",)

    def formula(self):
        return "y ~ 1"

    def truth(self):
        return {"mean": self.mean}

    def simulate(self, rng, design=None):
        del design
        return Dataset({"y": rng.normal(self.mean, size=10)})


@dataclass(frozen=True, kw_only=True)
class Average(Method):
    kind: str = parameter("kind of mean", word("mean", "median"), "mean")

    def estimands(self, condition):
        del condition
        return ("mean",)

    def fit(self, dataset, rng):
        del rng
        return Estimates.of({"mean": {"estimate": float(np.mean(dataset.columns["y"]))}})


def test_a_key_is_a_letter_and_twelve_hex_digits():
    assert condition_key(Sample()).startswith("c")
    assert method_key("mean", Average()).startswith("m")
    assert all(len(key) == 13 for key in (condition_key(Sample()), method_key("mean", Average())))


def test_keys_never_change_with_a_release():
    tutorial = TwoLevel(n_clusters=20, cluster_size=50, tau2=5, slope_variance=3, covariance=1, sigma2=3, gamma10=5)
    assert condition_key(TwoLevel(n_clusters=10, cluster_size=5)) == "ceaed0a181aaa"
    assert condition_key(tutorial) == "c2c6ea884c22c"


@pytest.mark.parametrize("zero", [0, 0.0, -0.0, np.float64(0), np.int64(0), np.float32(0)])
def test_every_zero_is_one_value(zero):
    assert canonical_text(zero) == "0"
    assert condition_key(Sample(mean=zero)) == condition_key(Sample())


@pytest.mark.parametrize(
    ("one", "other"), [(1, 1.0), (0.1, 1e-1), (10**17, 1e17), (2**53, float(2**53)), (3, np.int8(3))]
)
def test_a_number_has_one_text_however_it_is_written(one, other):
    assert canonical_text(one) == canonical_text(other)


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, "1"), (0.1, 0.1 + 1e-16 * 2), (0, None), (2**53 + 1, 2**53)])
def test_different_values_have_different_texts(one, other):
    assert canonical_text(one) != canonical_text(other)


@pytest.mark.parametrize("value", [5e-324, 1e308, 10**400])
def test_extreme_numbers_have_a_text(value):
    assert canonical_text(value) == canonical_text(value)


def test_a_factor_at_its_default_changes_no_key():
    assert condition_key(Sample(mean=0.0, noise=Normal(sd=1.0))) == condition_key(Sample())
    assert condition_key(Sample(mean=1)) != condition_key(Sample())


def test_a_factor_added_later_changes_no_key():
    before = condition_key(Sample(mean=2))

    @dataclass(frozen=True, kw_only=True)
    class Later(Sample):
        added: float = parameter("added in a later release", number(), 7.0)

    Later.__name__ = "Sample"
    assert condition_key(Later(mean=2)) == before
    assert condition_key(Later(mean=2, added=8)) != before


def test_a_version_enters_the_key():
    before = method_key("mean", Average())

    class Better(Average):
        version = 2

    Better.__name__ = "Average"
    assert method_key("mean", Better()) != before


def test_the_fields_of_a_frozen_value_enter_the_key():
    assert condition_key(Sample(noise=Normal(sd=2))) == condition_key(Sample(noise=Normal(sd=2.0)))
    assert condition_key(Sample(noise=Normal(sd=2))) != condition_key(Sample(noise=Normal(sd=3)))


def test_label_and_options_enter_a_methods_key():
    keys = {method_key("a", Average()), method_key("b", Average()), method_key("a", Average(kind="median"))}
    assert len(keys) == 3


def test_factors_are_what_stands_in_tables():
    assert factors(Sample(mean=2, noise=Normal(sd=3))) == {"mean": 2.0, "noise": "Normal(sd=3)"}
    assert factors(TwoLevel(n_clusters=20.0, cluster_size=5))["n_clusters"] == 20
    assert factors(TwoLevel(n_clusters=20, cluster_size=5))["gamma10"] is None


STUDY = textwrap.dedent(
    """
    from dataclasses import dataclass
    import math, json
    from mcsim import Estimates, Method, Study, grid
    from mcsim.mechanisms import TwoLevel

    SHRINK = 0.5
    UNRELATED = 1

    def scaled(value):
        return inner(value)

    def inner(value):
        return SHRINK * value

    @dataclass(frozen=True, kw_only=True)
    class Shrunken(Method):
        def estimands(self, condition):
            return ("(Intercept)",)

        def fit(self, dataset, rng):
            return Estimates.of({"(Intercept)": {"estimate": scaled(math.fsum(dataset.columns["y"]))}})

    study = Study(
        conditions=grid(TwoLevel, n_clusters=5, cluster_size=4),
        methods={"shrunken": Shrunken()},
        replications=10,
        seed=1,
    )
    """
)


def key_of(folder, text):
    file = folder / "own.py"
    file.write_text(text)
    return load_study(file).method_keys["shrunken"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("math.fsum", "sum"),
        ("return inner(value)", "return inner(value) + 1"),
        ("return SHRINK * value", "return SHRINK + value"),
        ("SHRINK = 0.5", "SHRINK = 0.6"),
        ("@dataclass(frozen=True, kw_only=True)", "@dataclass(frozen=True, kw_only=True, repr=False)"),
        ("import math, json", "import cmath as math, json"),
    ],
    ids=["the class", "a function it names", "a function that one names", "a constant", "a decorator", "an import"],
)
def test_changed_code_of_a_studys_own_class_gives_a_new_key(tmp_path, before, after):
    assert before in STUDY
    assert key_of(tmp_path, STUDY.replace(before, after)) != key_of(tmp_path, STUDY)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("UNRELATED = 1", "UNRELATED = 2\n\n"),
        ("import math, json", "import math, json, random"),
        ("replications=10", "replications=20"),
    ],
    ids=["what it does not name", "another import on the line", "the plan"],
)
def test_other_changes_of_the_file_keep_the_key(tmp_path, before, after):
    assert before in STUDY
    assert key_of(tmp_path, STUDY.replace(before, after)) == key_of(tmp_path, STUDY)


def test_the_place_of_the_file_does_not_enter_the_key(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    assert key_of(tmp_path, STUDY) == key_of(tmp_path / "elsewhere", STUDY)

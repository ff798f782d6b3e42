"""Small mechanisms and methods for tests of everything that runs them."""

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mcsim import Dataset, DatasetBlock, Estimates, Mechanism, Method, Status, Study, grid


@dataclass(frozen=True, kw_only=True)
class Plain(Mechanism):
    """y ~ N(mean, 1), one data set at a time, as a person would write it."""

    mean: float = 0.0
    rows_each: int = 4

    def columns(self):
        return ("y", "id")

    def formula(self):
        return "y ~ 1"

    def truth(self):
        return {"mean": self.mean}

    def simulate(self, rng, design=None):
        return Dataset({"y": self.mean + rng.standard_normal(self.rows_each), "id": np.arange(self.rows_each)})


@dataclass(frozen=True, kw_only=True)
class Blocked(Plain):
    """The same with a block form."""

    def rows(self):
        return self.rows_each

    def simulate_block(self, streams):
        y = np.array([[self.mean + rng.standard_normal(self.rows_each)] for rng in streams])
        return DatasetBlock(("y",), y, {"id": np.arange(self.rows_each)})


@dataclass(frozen=True, kw_only=True)
class Held(Plain):
    """With x drawn once per condition."""

    def columns(self):
        return ("y", "x")

    def design(self, rng):
        return rng.standard_normal(self.rows_each)

    def simulate(self, rng, design=None):
        return Dataset({"y": design + rng.standard_normal(self.rows_each), "x": design})


@dataclass(frozen=True, kw_only=True)
class Ragged(Mechanism):
    """Pupils in classrooms in schools, numbers and sizes of all drawn in every replication; y is missing at times."""

    n_schools: int = 4
    missing: float = 0.0
    anew: bool = False  # whether labels of classrooms begin anew in every school
    beyond: ClassVar[float] = 0.0  # stands in the padding of a block, where nobody should look

    def columns(self):
        return ("y", "x", "z", "classroom", "school", "id")

    def formula(self):
        return "y ~ x + z + (1 + x | school)"

    def truth(self):
        names = ["(Intercept)", "x", "z", "var_(Intercept)|school", "cov_x.(Intercept)|school", "var_x|school"]
        return dict.fromkeys([*names, "var_residual"], 0.5)

    def rows(self):
        return round(self.n_schools * 2.5 * 3.5)

    def simulate(self, rng, design=None):
        sizes = [rng.integers(1, 7, count) for count in rng.integers(1, 5, self.n_schools)]
        numbers = [np.arange(len(of_school)) for of_school in sizes] if self.anew else np.arange(sum(map(len, sizes)))
        classroom = np.repeat(np.concatenate(numbers) if self.anew else numbers, np.concatenate(sizes))
        school = np.repeat(np.arange(self.n_schools), [of_school.sum() for of_school in sizes])
        x, e, lost = rng.standard_normal(len(school)), rng.standard_normal(len(school)), rng.random(len(school))
        z, u0, u1 = rng.standard_normal((3, self.n_schools))[:, school]
        y = np.where(lost < self.missing, np.nan, z + u0 + (1 + u1) * x + e)
        labels = {"classroom": classroom, "school": school, "id": np.arange(1, len(school) + 1)}
        return Dataset({"y": y, "x": x, "z": z, **labels})

    def simulate_block(self, streams):
        datasets = [self.simulate(rng).columns for rng in streams]
        rows = np.array([len(columns["y"]) for columns in datasets])

        def filled(name, value):
            return np.array(
                [np.pad(one[name], (0, rows.max() - len(one[name])), constant_values=value) for one in datasets]
            )

        values = np.stack([filled(name, self.beyond) for name in ("y", "x", "z")], axis=1)
        labels = {name: filled(name, -1 if self.beyond else 0) for name in ("classroom", "school")}
        return DatasetBlock(("y", "x", "z"), values, {"id": np.arange(1, rows.max() + 1)}, "", rows, labels)


@dataclass(frozen=True, kw_only=True)
class Fragile(Plain):
    """Raises in every third replication or so."""

    def simulate(self, rng, design=None):
        if rng.random() < 1 / 3:
            raise ValueError("no data today")
        return super().simulate(rng, design)


@dataclass(frozen=True, kw_only=True)
class Mean(Method):
    """The mean of y, its standard error, and a draw from the method's own stream as p-value."""

    shift: float = 0.0

    def estimands(self, condition):
        return ("mean", "spread")

    def fit(self, dataset, rng):
        return Estimates.of(self._rows(dataset, rng.random()))

    def _rows(self, dataset, drawn):
        y = dataset.columns["y"]
        estimate, std_error = y.mean() + self.shift, y.std(ddof=1) / len(y) ** 0.5
        interval = {"lower": estimate - 2 * std_error, "upper": estimate + 2 * std_error}
        return {
            "mean": {"estimate": estimate, "std_error": std_error, "p_value": drawn, **interval},
            "spread": {"estimate": y.std(ddof=1)},
        }


@dataclass(frozen=True, kw_only=True)
class MeanBlock(Mean):
    """The same with a block form."""

    def fit_block(self, block, streams):
        rows = [self.fit(block.dataset(i), rng) for i, rng in enumerate(streams)]
        values = np.concatenate([row.values for row in rows])
        return Estimates(rows[0].estimands, values, np.zeros(values.shape[:2], dtype=np.int8))


@dataclass(frozen=True, kw_only=True)
class Returns(Mean):
    """Whatever `result(dataset)` makes of the usual estimates."""

    def fit(self, dataset, rng):
        return self.result(super().fit(dataset, rng), dataset)

    def result(self, estimates, dataset):
        return estimates


def method(result):
    """A method whose answer is result(usual estimates, dataset)."""
    made = dataclass(frozen=True, kw_only=True)(
        type("Made", (Returns,), {"result": staticmethod(result), "__module__": __name__})
    )
    return made()


def study_of(mechanism=Plain, *, methods=None, replications=6, seed=7, **factors):
    """A study of one mechanism."""
    return Study(
        conditions=grid(mechanism, **(factors or {"mean": [0.0, 1.0]})),
        methods=methods or {"A": Mean()},
        replications=replications,
        seed=seed,
    )


def first_condition(study):
    return next(iter(study.conditions))


def replaced(estimates, **changes):
    return dataclasses.replace(estimates, **changes)


__all__ = [
    "Blocked",
    "Held",
    "Mean",
    "MeanBlock",
    "Plain",
    "Ragged",
    "Status",
    "first_condition",
    "method",
    "replaced",
    "study_of",
]

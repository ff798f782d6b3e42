"""Parts of study files that several tests write."""

NORMAL = """from dataclasses import dataclass
from mcsim import Dataset, Estimates, Mechanism, Method, Study, grid

@dataclass(frozen=True, kw_only=True)
class Normal(Mechanism):
    mean: float = 0.0

    def columns(self):
        return ("y",)

    def formula(self):
        return "y ~ 1"

    def truth(self):
        return {"mean": self.mean}

    def simulate(self, rng, design=None):
        return Dataset({"y": self.mean + rng.standard_normal(5)})

"""


def average_study(plan, *, first="pass", reports='"estimate": dataset.columns["y"].mean()', more="", aims="A mean."):
    """A study file with a method Average, which reports the mean of y.

    `plan` is what Study is called with; `first` is what the method does before, `reports` what it says of the mean,
    `more` stands between the method and the study.
    """
    before = "\n".join(f"        {line}" for line in first.splitlines())
    return f'''"""{aims}"""
import os, time
{NORMAL}
@dataclass(frozen=True, kw_only=True)
class Average(Method):
    def estimands(self, condition):
        return ("mean",)

    def fit(self, dataset, rng):
{before}
        return Estimates.of({{"mean": {{{reports}}}}})

{more}
study = Study({plan})
'''


DRAWN = '"estimate": dataset.columns["y"].mean(), "p_value": rng.random()'
"""What Average reports if it is to draw from its own stream too."""

STUBBORN = """
from mcsim import limits
with limits.within(0.2):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
"""
"""Work that no alarm can end."""

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

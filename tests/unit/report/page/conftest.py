"""A tiny study that has been run: with words that HTML and LaTeX take for their own, and with fits that fail."""

import pytest
from study_texts import average_study

from mcsim import load_study, run
from mcsim.store import Store

WORDS = """
@dataclass(frozen=True, kw_only=True)
class Shaped(Normal):
    shape: str = "flat"
"""
PLAN = """conditions=grid(Shaped, mean=[0.5, 1.0], shape=["</script><b>&", 'a_b 50% $x$ "q"']),
    methods={"plain": Average(), "fails at times": Failing()},
    replications=12,
    seed=3,
"""
AIMS = r"Does <script>alert(1)</script> & \\textbf{50 %} of $\\tau^2$ survive?"
AFTER = (
    WORDS
    + """
@dataclass(frozen=True, kw_only=True)
class Failing(Average):
    def fit(self, dataset, rng):
        if dataset.columns["y"].mean() > 0.9:
            raise ValueError("<i>no</i>")
        return super().fit(dataset, rng)
"""
)
TEXT = average_study(
    PLAN,
    first='y = dataset.columns["y"]',
    reports='"estimate": y.mean(), "std_error": 0.4, "lower": y.mean() - 0.8, "upper": y.mean() + 0.8, "p_value": 0.01',
    more=AFTER,
    aims=AIMS,
)


@pytest.fixture(scope="session")
def ran(tmp_path_factory):
    """The study, loaded, and its store: in folders with a blank in their names."""
    folder = tmp_path_factory.mktemp("a study")
    file = folder / "my study.py"
    file.write_text(TEXT)
    study = load_study(file)
    run(study, results=folder / "some results", progress=False)
    return study, Store(folder / "some results", study.name)

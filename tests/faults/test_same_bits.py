"""Any number of workers, size of blocks, engine, shares and interruptions give the same bits (46 of docs/faults.md)."""

import json

import pytest
from commands import blocks, command, digest, finish, is_whole, start, wait_for_blocks

STUDY = '''"""Two conditions, a block form, a single form and a bootstrap that draws from its own stream."""
import time
from dataclasses import dataclass
from mcsim import Estimates, Method, Study, grid
from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares

@dataclass(frozen=True, kw_only=True)
class Slow(Method):
    """The mean of y, in its own time."""

    def estimands(self, condition):
        return ("(Intercept)",)

    def fit(self, dataset, rng):
        time.sleep(0.004)
        estimate = dataset.columns["y"].mean()
        return Estimates.of({"(Intercept)": {"estimate": estimate, "p_value": rng.random()}})

study = Study(
    conditions=grid(TwoLevel, n_clusters=[4, 8], cluster_size=5, tau2=0.5, gamma10=0.2, slope_variance=0.1),
    methods={
        "REML": LinearMixedModel(df="satterthwaite"),
        "bootstrap": LinearMixedModel(intervals="bootstrap", n_boot=20),
        "OLS": OrdinaryLeastSquares(covariance="CR2", df="bell_mccaffrey"),
        "slow": Slow(),
    },
    replications=60,
    seed=5,
)
'''


@pytest.fixture
def here(tmp_path):
    (tmp_path / "mine.py").write_text(STUDY)
    return tmp_path


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """Where one worker has run the study, undisturbed."""
    folder = tmp_path_factory.mktemp("expected")
    (folder / "mine.py").write_text(STUDY)
    assert command("run", "mine.py", "--jobs", "1", folder=folder)[0] == 0
    return folder


def with_blocks_of(folder, size, expected):
    """Have the study's record say that blocks are of this size, as if it had been chosen at the first run."""
    content = json.loads((expected / "results" / "mine" / "study.json").read_text())
    content["block_sizes"] = dict.fromkeys(content["block_sizes"], size)
    (folder / "results" / "mine").mkdir(parents=True)
    (folder / "results" / "mine" / "study.json").write_text(json.dumps(content))


@pytest.mark.parametrize(("jobs", "size"), [("1", 7), ("1", 1000), ("2", 25), ("2", 1000), ("4", 7), ("4", 25)])
def test_46_workers_and_block_sizes_change_no_bit(jobs, size, here, expected):
    with_blocks_of(here, size, expected)
    assert command("run", "mine.py", "--jobs", jobs, folder=here)[0] == 0
    assert len(blocks(here)) == 2 * 4 * -(-60 // size)
    is_whole(here, digest(expected))


@pytest.mark.parametrize(("jobs", "size"), [("1", 25), ("4", 7)])
def test_46_a_run_killed_and_resumed_with_other_workers_changes_no_bit(jobs, size, here, expected):
    with_blocks_of(here, size, expected)
    process = start("run", "mine.py", "--jobs", jobs, folder=here)
    wait_for_blocks(here, 6, process)
    process.kill()
    finish(process)
    assert command("run", "mine.py", "--jobs", "2", folder=here)[0] == 0
    is_whole(here, digest(expected))


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_46_dask_changes_no_bit(jobs, here, expected):
    with_blocks_of(here, 7, expected)
    assert command("run", "mine.py", "--engine", "dask", "--jobs", jobs, folder=here)[0] == 0
    is_whole(here, digest(expected))


@pytest.mark.parametrize("count", [1, 3])
def test_46_shares_change_no_bit_however_many(count, here, expected):
    for index in range(1, count + 1):
        assert command("run", "mine.py", "--shard", f"{index}/{count}", folder=here)[0] == 0
    is_whole(here, digest(expected))


def test_46_a_time_limit_that_nothing_exceeds_changes_no_bit(here, expected):
    assert command("run", "mine.py", "--fit-timeout", "60", folder=here)[0] == 0
    is_whole(here, digest(expected))

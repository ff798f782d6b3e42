"""Runs on a Dask cluster whose workers and scheduler are killed; 3, 14, 15 and 46 of the faults."""

import signal
import sys
import time

import pytest
from commands import blocks, command, digest_of_a_run, finish, goes_on, is_whole, lives, rows, start, wait_for_blocks
from study_texts import DRAWN, average_study

pytest.importorskip("distributed", reason="needs pip install 'mcsim[dask]'")
from dask_processes import Dask, children_of, words_of

_DEADLY = """@dataclass(frozen=True, kw_only=True)
class Deadly(Average):
    def fit(self, dataset, rng):
        estimates = super().fit(dataset, rng)
        if dataset.columns["y"].mean() > 1.1:
            END
        return estimates
"""
STUDY = average_study(
    'conditions=grid(Normal, mean=[0, 1, 2]), methods={"a": Average()}, replications=350, seed=1',
    first="time.sleep(0.003)",
    reports=DRAWN,
    more=_DEADLY,
)
BLOCKS = 12
DEADLY = {
    'grid(Normal, mean=[0, 1, 2]), methods={"a": Average()}, replications=350': (
        'grid(Normal, mean=[0]), methods={"a": Average(), "d": Deadly()}, replications=120'
    )
}


@pytest.fixture
def here(tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "mine.py").write_text(STUDY)
    return folder


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The hash of the rows of a run on this machine."""
    return digest_of_a_run(tmp_path_factory.mktemp("undisturbed"), STUDY)


@pytest.fixture
def dask(tmp_path):
    """A scheduler and two workers."""
    folder = tmp_path / "dask"
    folder.mkdir()
    found = Dask(folder)
    try:
        found.worker()
        found.worker()
        yield found
    finally:
        found.down()


def begin(folder, dask, blocks_first=2):
    """A run on the cluster, and some blocks of it."""
    process = start("run", "mine.py", "--engine", "dask", "--scheduler", dask.address, folder=folder)
    wait_for_blocks(folder, blocks_first, process)
    return process


def test_46_two_workers_elsewhere_give_the_bits_of_one_machine(here, dask, undisturbed):
    process = begin(here, dask)
    assert finish(process) == (0, "")
    is_whole(here, undisturbed)


def test_46_workers_of_this_machine_give_them_too(here, undisturbed):
    code, out, said = command("run", "mine.py", "--engine", "dask", "--jobs", "2", folder=here)
    assert (code, said) == (0, "")
    assert "results in results/mine" in out
    is_whole(here, undisturbed)


def test_3_a_worker_that_is_killed_now_and_then_delays_and_no_more(here, dask, undisturbed):
    process = begin(here, dask, 1)
    killed = 0
    for turn in range(3):
        killed += dask.kill_worker(dask.workers[turn % 2])
        time.sleep(0.5)
    assert killed >= 2
    assert finish(process) == (0, "")
    is_whole(here, undisturbed)


def test_3_all_workers_may_be_killed_for_good_if_others_come(here, dask, undisturbed):
    process = begin(here, dask)
    for worker in list(dask.workers):
        dask.kill_nanny(worker)
    count = len(blocks(here))
    assert count < BLOCKS
    time.sleep(2)
    assert process.poll() is None
    dask.worker()
    assert finish(process) == (0, "")
    is_whole(here, undisturbed)


def test_3_a_scheduler_that_is_killed_ends_the_run_with_75_and_another_run_goes_on(here, dask, undisturbed):
    process = begin(here, dask)
    began = time.monotonic()
    dask.scheduler.kill()
    code, said = finish(process)
    assert code == 75
    assert said == "mcsim: the Dask scheduler is gone; finished blocks are kept: run again to continue\n"
    assert time.monotonic() - began < 15
    assert 2 <= len(blocks(here)) < BLOCKS
    goes_on(here, undisturbed)


def test_3_a_scheduler_that_is_not_there_is_refused_before_anything_is_written(here):
    code, out, said = command("run", "mine.py", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:1", folder=here)
    assert (code, out) == (2, "")
    assert said == "mcsim: run: scheduler: given 'tcp://127.0.0.1:1', where nobody answers: Connection refused\n"
    assert not (here / "results").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--scheduler", "tcp://h:1"], "run: scheduler: given 'tcp://h:1'; needs engine='dask'"),
        (["--cluster", "x.yaml"], "run: cluster: given 'x.yaml'; needs engine='dask'"),
        (["--engine", "dask", "--cluster", "x.yaml"], "run: cluster: x.yaml cannot be read: No such file or directory"),
        (
            ["--engine", "dask", "--scheduler", "here"],
            "run: scheduler: given 'here'; allowed: an address such as tcp://",
        ),
        (["--engine", "dusk"], "run: engine: given 'dusk'; allowed: one of 'loky', 'dask'"),
    ],
)
def test_a_cluster_that_cannot_be_is_one_message(words, said, here):
    code, out, err = command("run", "mine.py", *words, folder=here)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err
    assert not (here / "results").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_4_5_a_run_asked_to_stop_says_75_within_ten_seconds(number, here, dask, undisturbed):
    process = begin(here, dask)
    began = time.monotonic()
    process.send_signal(number)
    code, said = finish(process)
    assert code == 75
    assert time.monotonic() - began < 10
    assert "run again to continue" in said
    assert "Traceback" not in said
    goes_on(here, undisturbed)


def test_5_a_scheduler_that_does_not_answer_keeps_no_run_from_stopping(here, dask):
    process = begin(here, dask)
    dask.scheduler.send_signal(signal.SIGSTOP)
    time.sleep(3)
    assert process.poll() is None
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    code, said = finish(process)
    assert code == 75
    assert "run again to continue" in said
    assert time.monotonic() - began < 13


@pytest.mark.skipif(sys.platform != "linux", reason="workers outlive a killed parent where Linux's prctl is not")
def test_6_after_a_runner_is_killed_nothing_of_its_own_cluster_lives(here):
    process = start("run", "mine.py", "--engine", "dask", "--jobs", "2", folder=here)
    wait_for_blocks(here, 1, process)
    children = _descendants(process.pid)
    assert len(children) >= 4  # two workers and a process beside each
    process.kill()
    finish(process)
    deadline = time.monotonic() + 5
    while any(lives(pid) for pid in children):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _descendants(pid):
    """All but loky's trackers, which clean up and end a little later."""
    children = [child for child in children_of(pid) if b"resource_tracker" not in words_of(child)]
    return [*children, *(pid for child in children for pid in _descendants(child))]


@pytest.mark.parametrize("end", ["os._exit(3)", "os.kill(os.getpid(), 11)"])
def test_15_a_replication_that_always_kills_its_process_is_cornered_and_never_hangs(end, here, dask):
    text = STUDY.replace("END", end)
    for old, new in DEADLY.items():
        assert old in text
        text = text.replace(old, new)
    (here / "mine.py").write_text(text)
    process = begin(here, dask, 1)
    assert finish(process)[0] == 0
    found = rows(here)
    assert len(found) == 2 * 120
    failed = found[found["status"] == "failed"]
    assert set(failed["method"]) == {"d"}  # two of them
    means = found[found["method"] == "a"].set_index("rep")["estimate"]
    assert list(failed["rep"]) == list(means.index[means > 1.1])
    assert failed["note"].str.startswith("killed its worker").all()
    assert "distributed.scheduler - ERROR" not in dask.log()  # Dask's own workers have not noticed


def test_14_a_fit_that_hangs_is_ended_by_its_time_limit(here, dask):
    text = STUDY.replace("END", "time.sleep(600)")
    for old, new in DEADLY.items():
        text = text.replace(old, new)
    (here / "mine.py").write_text(text)
    words = ["--engine", "dask", "--scheduler", dask.address, "--fit-timeout", "0.3"]
    code, _, said = command("run", "mine.py", *words, folder=here)
    assert code == 0, said
    found = rows(here)
    assert len(found) == 2 * 120
    failed = found[found["status"] == "failed"]
    assert len(failed) == 2
    assert failed["note"].str.startswith("timeout").all()

"""Workers of a Dask cluster: every item comes back, with its receipt or with how its process ended."""

import logging
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from study_texts import STUBBORN

from mcsim import packages
from mcsim.engines import Cause, Done, Lost
from mcsim.engines.dask import DaskEngine
from mcsim.errors import PackageError, ParameterError, StorageError

pytest.importorskip("distributed", reason="needs pip install 'mcsim[dask]'")
from mcsim.engines import dask_cluster
from mcsim.engines.dask_cluster import DaskCluster

# Work for processes is imported by name, so it is work that every process knows.
INVERSE = (1).__truediv__

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed")


@contextmanager
def opened(work, jobs=1):
    engine = DaskEngine(work, DaskCluster.of(jobs=jobs))
    try:
        yield engine
    finally:
        engine.close(kill=True)


def fed(engine, items):
    """What becomes of the items, fed as there is room."""
    found, todo, busy = [], list(items), 0
    while todo or busy:
        while todo and busy < engine.capacity:
            engine.submit(todo.pop(0))
            busy += 1
        outcomes = engine.wait(30)
        busy -= len(outcomes)
        found += outcomes
    return found


@pytest.fixture(scope="module")
def evaluating():
    """Two workers that evaluate what they are sent."""
    with opened(eval, 2) as engine:
        yield engine


def test_every_item_comes_back_with_its_receipt(evaluating):
    items = [f"{k} + 1" for k in range(30)]
    found = fed(evaluating, items)
    assert sorted(found) == sorted(Done(item, eval(item)) for item in items)  # noqa: S307


def test_the_work_is_done_in_as_many_processes_as_there_are_workers_and_not_in_the_workers(evaluating):
    found = fed(
        evaluating,
        ["(__import__('time').sleep(0.2), os.getpid(), os.getppid())[1:]".replace("os.", "__import__('os').")] * 8,
    )
    children, workers = ({done.receipt[k] for done in found} for k in (0, 1))
    assert len(children) == len(workers) == 2
    assert os.getpid() not in children | workers


def test_there_is_an_item_at_work_and_one_waiting_for_each_worker(evaluating):
    assert evaluating.capacity == 4


def test_plain_values_go_there_and_back_as_they_are(evaluating):
    [done] = fed(evaluating, ["(1, 'a', None, (2.5, ()), __import__('mcsim.engines').engines.Cause.KILLED.value)"])
    assert done.receipt == (1, "a", None, (2.5, ()), "killed")
    assert type(done.receipt) is tuple


def test_workers_have_one_thread(evaluating):
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS")
    found = fed(evaluating, [f"__import__('os').environ[{name!r}]" for name in names])
    assert [done.receipt for done in found] == ["1"] * 3


@pytest.mark.parametrize(
    ("code", "cause", "reason"),
    [
        ("__import__('os').kill(__import__('os').getpid(), 9)", Cause.KILLED, "SIGKILL"),
        ("__import__('os').kill(__import__('os').getpid(), 11)", Cause.CRASHED, "SIGSEGV"),
        ("__import__('os')._exit(3)", Cause.CRASHED, "3"),
    ],
)
def test_an_item_that_kills_its_process_is_lost_alone(evaluating, code, cause, reason):
    found = fed(evaluating, ["1", code, "2", "3"])
    [lost] = [outcome for outcome in found if isinstance(outcome, Lost)]
    assert (lost.item, lost.cause) == (code, cause)
    assert reason in lost.reason
    assert len(found) == 4


def test_the_watchdog_ends_what_an_alarm_cannot():
    with opened(exec) as engine:
        [lost] = fed(engine, [STUBBORN])
    assert lost.cause is Cause.TIMEOUT


def test_waiting_ends_when_the_time_is_up(evaluating):
    assert evaluating.wait(0.01) == []
    evaluating.submit("__import__('time').sleep(0.3)")
    assert evaluating.wait(0) == []
    assert len(evaluating.wait(30)) == 1


def test_an_error_of_the_work_comes_back_as_what_it_is():
    with opened(INVERSE) as engine, pytest.raises(ZeroDivisionError):
        fed(engine, [1, 0])


def test_an_error_of_the_work_is_not_taken_for_one_of_the_cluster():
    with opened(exec) as engine, pytest.raises(TimeoutError, match="mine"):
        fed(engine, ["raise TimeoutError('mine')"])


def test_an_error_of_ours_keeps_its_exit_code():
    with opened(exec) as engine, pytest.raises(StorageError, match="disk full") as caught:
        fed(engine, ["from mcsim.errors import *; raise StorageError('disk full')"])
    assert caught.value.exit_code == 74


def test_closing_kills_what_is_not_wanted_any_more(capfd):
    began = time.monotonic()
    with opened(time.sleep, 2) as engine:
        for _ in range(4):
            engine.submit(60)
        engine.wait(1)
    assert time.monotonic() - began < 10
    time.sleep(0.5)
    assert capfd.readouterr().err == ""


def test_closing_puts_logs_back_as_they_were():
    before = logging.getLogger("distributed").level
    with opened(len):
        assert not logging.getLogger("distributed").isEnabledFor(logging.CRITICAL)
    assert logging.getLogger("distributed").level == before


# Which cluster


def refusal(**asked):
    with pytest.raises(ParameterError) as caught:
        DaskCluster.of(jobs=1, **asked)
    return str(caught.value)


@pytest.mark.parametrize(
    "address", ["", "host", "host:8786", "tcp://host", "http://host:1", "tcp://a b:1", "tcp://h:x", "tcp:///:1"]
)
def test_an_address_has_a_protocol_a_host_and_a_port(address):
    assert refusal(scheduler=address) == (
        f"run: scheduler: given {address!r}; allowed: an address such as tcp://host:8786"
    )


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:1", "tcp://[::1]:1", "tcp://127.0.0.1:99999", "tcp://no.such.host.invalid:1"]
)
def test_an_address_where_nobody_answers_is_refused(address):
    assert f"run: scheduler: given {address!r}, where nobody answers: " in refusal(scheduler=address)


@pytest.mark.parametrize(
    ("says", "said"),
    [
        (b"", "which does not answer within 0.2 s"),
        (b"SSH-2.0-OpenSSH_9.2", "where something answers that is no Dask scheduler"),
    ],
)
def test_somebody_else_at_an_address_is_not_waited_for(says, said, monkeypatch):
    monkeypatch.setattr(dask_cluster, "_PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as threads:
        peer = threads.submit(server.accept)
        threads.submit(lambda: peer.result()[0].sendall(says))
        message = refusal(scheduler=f"tcp://127.0.0.1:{server.getsockname()[1]}")
        peer.result()[0].close()
    assert said in message


def test_a_cluster_file_names_its_kind_the_jobs_and_what_they_ask_for(tmp_path):
    file = tmp_path / "slurm.yaml"
    file.write_text("kind: slurm\njobs: 10\ncores: 4\nmemory: 8GB\nqueue: long\n")
    place = DaskCluster.of(jobs=1, cluster=file)
    assert (place.kind, place.jobs) == ("slurm", 10)
    assert place.settings == {"cores": 4, "memory": "8GB", "queue": "long"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no settings; allowed: lines such as kind: slurm, jobs: 10, cores: 4"),
        ("- 1", "holds no settings"),
        ("1: 2", "holds no settings"),
        ("kind: [", "is no YAML: "),
        ("kind: !!python/object/apply:os.system [reboot]", "is no YAML: "),
        ("jobs: 1", "kind: given None; allowed: slurm, pbs, sge, lsf, oar, htcondor"),
        ("kind: slrum\njobs: 1", "kind: given 'slrum'; did you mean slurm?; allowed: slurm, pbs"),
        ("kind: [slurm]\njobs: 1", "kind: given ['slurm']; did you mean slurm?; allowed: slurm"),
        ("kind: slurm", "jobs: given None; allowed: a whole number from 1"),
        ("kind: slurm\njobs: 0", "jobs: given 0; allowed"),
        ("kind: slurm\njobs: 1.5", "jobs: given 1.5; allowed"),
        ("kind: slurm\njobs: yes", "jobs: given True; allowed"),
    ],
)
def test_a_cluster_file_that_says_something_else_is_one_message(text, said, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    message = refusal(cluster=file)
    assert said in message
    assert message.startswith(f"run: cluster: {file}")
    assert "\n" not in message


def test_a_cluster_file_that_cannot_be_read_is_one_message(tmp_path):
    assert "none.yaml cannot be read: No such file" in refusal(cluster=tmp_path / "none.yaml")
    assert "cannot be read: Is a directory" in refusal(cluster=tmp_path)
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\xff")
    assert "bytes.yaml cannot be read" in refusal(cluster=tmp_path / "bytes.yaml")


@pytest.mark.parametrize("settings", ["colour: red", "memory: 8GB", "cores: 2\nmemory: much"])
def test_settings_that_dask_jobqueue_refuses_are_one_message(settings, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(f"kind: slurm\njobs: 1\n{settings}\n")
    with pytest.raises(
        ParameterError, match="run: cluster: SLURMCluster of dask-jobqueue does not take its settings: "
    ):
        DaskEngine(len, DaskCluster.of(jobs=1, cluster=file))


def test_a_scheduler_and_a_cluster_file_exclude_each_other(tmp_path):
    assert "allowed: one of them" in refusal(scheduler="tcp://127.0.0.1:1", cluster=tmp_path)


def test_without_the_package_the_command_that_brings_it_is_named(monkeypatch):
    monkeypatch.setattr(packages, "find_spec", lambda _: None)
    with pytest.raises(PackageError, match=r"pip install 'mcsim\[dask\]'"):
        DaskCluster.of(jobs=1)

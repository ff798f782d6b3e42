"""What large studies cost: many conditions, a hundred million rows, more than one worker."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.designs import many_estimands
from benchmarks.growth import Memory
from mcsim import Estimates, Study, load_study, performance, run
from mcsim.plan import plan
from mcsim.progress import Step
from mcsim.store import BlockName, Record, Span, Store

_MANY = '''"""Ten thousand conditions whose work is free."""
from benchmarks.designs import many_conditions

study = many_conditions({conditions})
'''

_BUSY = '''"""Work for several workers: twenty blocks of two seconds or so."""
from benchmarks.designs import profiles

study = profiles({replications})
'''

_ESTIMANDS = 5


class Scale(NamedTuple):
    """What was measured; seconds, MiB, and how many times as fast two workers are as one."""

    conditions: int
    planning: float
    status: float
    rows: int
    performance: float
    memory: float
    loky: float
    dask: float


def measure(*, quick: bool) -> Scale:
    """Everything in turn; the memory in a process of its own."""
    conditions, replications = (1_000, 20_000) if quick else (10_000, 1_000_000)
    planning, status = _many_conditions(conditions)
    command = [sys.executable, "-m", "benchmarks.scale", str(replications)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    rows, seconds, memory = json.loads(answer.stdout)
    fits = 2_000 if quick else 5_000
    return Scale(conditions, planning, status, rows, seconds, memory, _speed_up(fits, "loky"), _speed_up(fits, "dask"))


@contextmanager
def _study_file(text: str, **values: int) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "study.py"
        path.write_text(text.format(**values))
        yield path


def _many_conditions(conditions: int) -> tuple[float, float]:
    """Seconds of `mcsim plan` and of `mcsim status` of a study that has been run."""
    with _study_file(_MANY, conditions=conditions) as path:
        command = [str(Path(sys.executable).parent / "mcsim")]
        _seconds([*command, "run", path.name], path.parent)
        planning = _seconds([*command, "plan", path.name], path.parent)
        return planning, _seconds([*command, "status", path.name], path.parent)


def _seconds(command: list[str], folder: Path) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    return time.perf_counter() - began


def _speed_up(replications: int, engine: str) -> float:
    """How many times as many replications a second two workers do as one, from the first receipt to the last."""
    with _study_file(_BUSY, replications=replications) as path:
        study = load_study(path)
        one, two = (_pace(study, path.parent / str(jobs), jobs=jobs, engine=engine) for jobs in (1, 2))
    return two / one


def _pace(study: Study, results: Path, **options: Any) -> float:
    moments: list[tuple[float, int]] = []

    @contextmanager
    def noting(total: int) -> Iterator[Any]:
        del total

        def advance(step: Step) -> None:
            moments.append((time.perf_counter(), step.replications))

        yield advance

    run(study, results=results, progress=noting, **options)
    return sum(done for _, done in moments[1:]) / (moments[-1][0] - moments[0][0])


def _fill(store: Store, study: Study) -> int:
    """Store numbers for every replication; how many rows that makes."""
    rng, rows = np.random.default_rng(1), 0
    store.begin(study, Record.of(study, dict.fromkeys(study.conditions, 5_000), []))
    [(label, method)] = study.methods.items()
    for block in plan(study, store):
        estimands = tuple(method.estimands(study.conditions[block.condition]))
        values = rng.standard_normal((block.replications, len(estimands), 6))
        found = Estimates(estimands, values, np.zeros(values.shape[:2], np.int8))
        name = BlockName(block.condition, study.method_keys[label], Span(block.first, block.last))
        store.write_block(study, name, found, label=label, seconds=0.0)
        rows += values.shape[0] * values.shape[1]
    return rows


def main() -> None:
    """Store rows, then compute the performance table; print rows, seconds and peak memory."""
    study = many_estimands(int(sys.argv[1]), _ESTIMANDS)
    with tempfile.TemporaryDirectory() as results:
        store = Store(results, study.name)
        rows = _fill(store, study)
        memory, began = Memory(), time.perf_counter()
        performance(study, store)
        sys.stdout.write(json.dumps([rows, time.perf_counter() - began, memory.above()]))


if __name__ == "__main__":
    main()

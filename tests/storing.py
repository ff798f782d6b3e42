"""A store with something in it, for tests of what reads and writes results."""

import numpy as np
from fakes import first_condition

from mcsim import Estimates, Status
from mcsim.store import BlockName, Record, Span

NAN = float("nan")


def begin(store, study, sizes=None):
    store.begin(study, Record.of(study, sizes or dict.fromkeys(study.conditions, 100), ["openblas"]))


def estimates(replications=2):
    values = np.arange(replications * 12, dtype=float).reshape(replications, 2, 6)
    values[:, :, 2] = NAN
    status = np.zeros((replications, 2), dtype=np.int8)
    status[0, 1] = Status.FAILED
    return Estimates(("x", "var_x|cluster"), values, status, {(0, 1): "ValueError: no"})


def write(store, study, label="A", first=0, last=2):
    name = BlockName(first_condition(study), study.method_keys[label], Span(first, last))
    store.write_block(study, name, estimates(last - first), label=label, seconds=0.5)
    return store.path / name.under("estimates")


def files(store):
    return sorted(str(path.relative_to(store.path)) for path in store.path.rglob("*") if path.is_file())

"""A small study, run to its end or killed on the way, and what is there afterwards; for tests of faults."""

import os
import subprocess
import sys
from pathlib import Path

from fakes import Mean, study_of
from running import run
from study_texts import average_study

TESTS = Path(__file__).parents[1]

_RUN = """
import sys
sys.path.insert(0, sys.argv[1])
sys.path.insert(0, sys.argv[1] + "/faults")
import mcsim
from undisturbed import study
try:
    mcsim.run(study(), results=sys.argv[2], progress=False)
except mcsim.McsimError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


STUDY = average_study(
    'conditions=grid(Normal, mean=[0, 1]), methods={"a": Average()}, replications=150, seed=1',
)
"""The text of such a study as a file."""


def study(**changed):
    """Two conditions by two methods, two blocks each; it has no file, so a run computes in its own process."""
    plan = {"mean": [0.0, 1.0], "methods": {"A": Mean(), "B": Mean(shift=1.0)}, "replications": 150, **changed}
    return study_of(**plan)


def run_in_a_process(results, **options):
    """A run that may be killed, as `subprocess.run` with these options returns it."""
    environment = {**os.environ, **options.pop("env", {})}
    command = [sys.executable, "-c", _RUN, TESTS, results]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120, **options)


def killed_at(step, results):
    """A run that is killed at a step; whether it got there."""
    return run_in_a_process(results, env={"MCSIM_FAILPOINT": step}).returncode == -9


def files(results):
    """Every file by its name, hidden ones too, without what depends on time."""
    folder = Path(results) / "study"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def blocks(results):
    return sorted((Path(results) / "study" / "estimates").rglob("*.parquet"))


def content(folder):
    """The bytes of every file."""
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


__all__ = ["STUDY", "blocks", "content", "files", "killed_at", "run", "run_in_a_process", "study"]

"""The command line as a process of its own, and what it leaves in a folder: for tests that kill and interrupt."""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd

_COMMAND = [sys.executable, "-c", "import sys; from mcsim.cli.main import main; sys.exit(main())"]


def start(*words, folder, **environ):
    """Begin a command; its stdout is thrown away, its stderr kept."""
    return subprocess.Popen(
        [*_COMMAND, *map(str, words)],
        cwd=folder,
        env={**os.environ, **environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process, *, seconds=120):
    """Wait for its end; its exit code and what it said on stderr."""
    _, said = process.communicate(timeout=seconds)
    return process.returncode, said


def command(*words, folder, seconds=120, **environ):
    """A command from beginning to end: exit code, stdout, stderr."""
    done = subprocess.run(
        [*_COMMAND, *map(str, words)],
        cwd=folder,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def rows(folder=".", *, results="results"):
    """Every stored row of the study mine.py, in one order."""
    frame = pd.read_parquet(Path(folder) / results / "mine" / "estimates").astype({"condition": str})
    return frame.sort_values(["condition", "method", "rep", "estimand"], ignore_index=True)


def digest(folder):
    """One hash of every stored row."""
    frame = rows(folder)
    values = pd.util.hash_pandas_object(frame[sorted(frame.columns)], index=False)
    return hashlib.blake2b(values.to_numpy().tobytes()).hexdigest()


def blocks(folder):
    """The block files."""
    return sorted((Path(folder) / "results" / "mine" / "estimates").rglob("*.parquet"))


def digest_of_a_run(folder, text):
    """The hash of the rows of a study, given as text, that has been run and not disturbed."""
    (folder / "mine.py").write_text(text)
    assert command("run", "mine.py", "--jobs", "2", folder=folder)[0] == 0
    return digest(folder)


def is_whole(folder, expected):
    """Every row is there once, with the hash of an undisturbed run, and nothing is left over."""
    assert not rows(folder).duplicated(["condition", "method", "rep", "estimand"]).any()
    assert digest(folder) == expected
    assert strays(folder) == []


def goes_on(folder, expected):
    """Another run, on this machine, does the rest."""
    code, _, said = command("run", "mine.py", "--jobs", "2", folder=folder)
    assert (code, said) == (0, "")
    is_whole(folder, expected)


def strays(folder):
    """Files that should not be there: hidden or temporary ones."""
    return [path.name for path in (Path(folder) / "results").rglob(".*")]


def wait_for_blocks(folder, count, process, *, seconds=60):
    """Until so many blocks are there, with the process still at work."""
    deadline = time.monotonic() + seconds
    while len(blocks(folder)) < count:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)


def workers_of(process):
    """The process ids of a run's workers."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    found = []
    for pid in children.read_text().split():
        text = Path(f"/proc/{pid}/cmdline").read_bytes()
        if b"popen_loky" in text:
            found.append(int(pid))
    return found


def lives(pid):
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

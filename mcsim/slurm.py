"""Slurm's sbatch, called: scripts in, job ids out."""

import re
import shutil
import subprocess
from pathlib import Path

from mcsim.errors import McsimError, StorageError

_SECONDS = 120
_ID = re.compile(r"(\d+)(?:;.*)?", re.ASCII)


def require_sbatch() -> None:
    """Refuse to go on where jobs cannot be submitted.

    Raises
    ------
    McsimError
        If there is no sbatch.
    """
    if shutil.which("sbatch") is None:
        raise McsimError(
            "there is no sbatch on this machine, so it cannot submit to Slurm; log in where there is one, or look at "
            "the script with --dry-run. PBS, SGE and LSF: an array of your own whose tasks call mcsim run --shard auto"
        )


def check_setup(lines: str) -> None:
    """Refuse lines of shell that do not end by themselves, as an open quote would go on into the command.

    Raises
    ------
    McsimError
        With what bash says of them.
    """
    if lines and shutil.which("bash"):
        done = subprocess.run(["bash", "-n"], input=lines, capture_output=True, text=True, check=False)
        if said := done.stderr.strip():
            raise McsimError(f"--setup: given {lines!r}, of which bash says: {said.splitlines()[0]}")


def sbatch(script: Path, *, after: str | None = None) -> str:
    """Submit a script.

    Parameters
    ----------
    script : Path
        The file.
    after : str, optional
        The id of a job that has to end before, whatever becomes of it.

    Returns
    -------
    str
        The id of the job.

    Raises
    ------
    McsimError
        If sbatch refuses, with what it says.
    StorageError
        If it does not answer, or with something else than an id: whether the job was submitted is not known.
    """
    # The name begins with a folder, so it is never taken for an option.
    command = ["sbatch", "--parsable", *([f"--dependency=afterany:{after}"] if after else []), str(script.absolute())]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise StorageError(
            f"sbatch has not answered within {_SECONDS} s; see with squeue whether a job is there"
        ) from error
    except OSError as error:
        raise McsimError(f"sbatch cannot be called: {error.strerror}") from error
    said = done.stderr.strip()
    if done.returncode:
        raise McsimError(f"sbatch refused: {said or f'exit code {done.returncode}'}")
    answer = done.stdout.strip().splitlines()
    job = _ID.fullmatch(answer[-1]) if answer else None
    if job is None:
        raise StorageError(f"sbatch gave no job id but {done.stdout.strip()!r} {said}".rstrip())
    return job[1]

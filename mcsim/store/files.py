"""Files that are there or not: written whole under another name, flushed, then renamed."""

import contextlib
import json
import os
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from mcsim.errors import StorageError

_TEMPORARY = re.compile(r"\..+\.(?P<host>[^/]+?)\.(?P<pid>\d+)\.tmp")


def write_atomically(path: Path, write: Callable[[BinaryIO], Any]) -> None:
    """Make `path` hold what `write` puts into a stream; nobody ever sees half of it.

    Raises
    ------
    StorageError
        If that fails; `path` is then as it was before.
    """
    temporary = path.with_name(f".{path.name}.{_host()}.{os.getpid()}.tmp")
    with storage_errors("write", path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as stream:
                write(stream)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise


def write_json(path: Path, content: Any) -> None:
    """Make `path` hold the content as canonical JSON; a file that holds it already is left alone."""
    text = canonical_json(content).encode()
    try:
        if path.read_bytes() == text:
            return
    except FileNotFoundError:
        pass
    write_atomically(path, lambda stream: stream.write(text))


def canonical_json(content: Any) -> str:
    """One text for one content; indented, so that two can be compared with diff."""
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


@contextlib.contextmanager
def storage_errors(verb: str, path: Path) -> Iterator[None]:
    """What the operating system refuses becomes a `StorageError` that names the file."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"cannot {verb} {path}: {error.strerror or error}") from error


def move(source: Path, target: Path) -> None:
    """Rename a file into another folder; that another runner was quicker is no fault."""
    with storage_errors("move", source):
        target.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            source.replace(target)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files that processes of this machine left behind when they were killed."""
    for entry in folder.glob(".*.tmp"):
        left = _TEMPORARY.fullmatch(entry.name)
        if left and left["host"] == _host() and not _lives(int(left["pid"])):
            with storage_errors("remove", entry):
                entry.unlink(missing_ok=True)


def _host() -> str:
    return socket.gethostname() or "localhost"


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

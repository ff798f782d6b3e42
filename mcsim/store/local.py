"""Files of this machine that are there or not: written whole under another name, flushed, then renamed."""

import contextlib
import os
import re
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from mcsim.errors import ResultsError, StorageError
from mcsim.store.failpoints import passing

_TEMPORARY = re.compile(r"\..+\.(?P<host>[^/]+?)\.(?P<pid>\d+)\.tmp")
_DEEPEST = 4  # a link to a folder above itself would go on for ever
_ATTEMPTS = 5


class Local:
    """A folder of a file system that this machine has mounted; see `Place`.

    Parameters
    ----------
    root : Path
        The folder that holds the results of all studies.
    inside : str
        The folder in it; "" is the root itself.
    """

    at_once = 1

    def __init__(self, root: Path, inside: str = "") -> None:
        self._root = root
        self.folder = root / inside

    def where(self, name: str = "") -> str:
        """The path."""
        return str(self.folder / name)

    def check(self) -> None:
        """Refuse a file where a folder should be, and what cannot be a path."""
        for folder in (self._root, self.folder):
            try:
                if not stat.S_ISDIR(folder.stat().st_mode):
                    raise ResultsError(f"the results folder {folder} is a file; give a folder")
            except (FileNotFoundError, NotADirectoryError):
                pass
            except (OSError, ValueError) as error:
                raise ResultsError(f"cannot use the results folder {str(folder)!r}: {_said(error)}") from error

    def prepare(self) -> None:
        """Make the folder, and write a file that has no name."""
        try:
            if not self._root.parent.is_dir():
                lacking = f"there is no folder {self._root.parent}; make it first"
                raise ResultsError(f"cannot make the results folder {self._root}: {lacking}")
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder):
                pass
        except (OSError, ValueError) as error:
            raise ResultsError(f"cannot write to the results folder {self.folder}: {_said(error)}") from error

    def names(self, folder: str = "") -> list[str]:
        """Every file below a folder."""
        with storage_errors("list", self.folder / folder):
            return list(_names(self.folder / folder, "", 1))

    def folders(self) -> list[str]:
        """The folders directly in this one."""
        with storage_errors("list", self.folder), contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return sorted(entry.name for entry in self.folder.iterdir() if entry.is_dir())
        return []

    def exists(self, name: str) -> bool:
        """Whether there is a file."""
        with storage_errors("find", self.folder / name):
            return (self.folder / name).is_file()

    def read(self, name: str) -> bytes:
        """The whole file."""
        with storage_errors("read", self.folder / name):
            return (self.folder / name).read_bytes()

    def tail(self, name: str, count: int) -> tuple[bytes, int]:
        """The last bytes and the size."""
        path = os.fspath(self.folder / name)
        with storage_errors("read", path), open(path, "rb", buffering=0) as stream:  # noqa: PTH123 (10,000 times)
            size = os.fstat(stream.fileno()).st_size
            stream.seek(max(0, size - count))
            return stream.read(), size

    def publish(self, name: str, content: Any) -> None:
        """Write the bytes under another name in the same folder, then rename."""
        view = memoryview(content)
        with whole_file(self.folder / name) as stream:
            stream.write(view[: len(view) // 2])
            stream.flush()
            passing("half-written")
            stream.write(view[len(view) // 2 :])

    def move(self, source: str, target: str) -> None:
        """Rename; the folder that is empty then goes too."""
        with storage_errors("move", self.folder / source), contextlib.suppress(FileNotFoundError):
            passing("before-move")
            path = self.folder / target
            path.parent.mkdir(parents=True, exist_ok=True)
            (self.folder / source).replace(path)
            passing("after-move")
        self._drop_empty((self.folder / source).parent)

    def remove(self, name: str) -> None:
        """Remove a file; the folder that is empty then goes too."""
        with storage_errors("remove", self.folder / name):
            (self.folder / name).unlink(missing_ok=True)
        self._drop_empty((self.folder / name).parent)

    def _drop_empty(self, folder: Path) -> None:
        if folder != self.folder:
            with contextlib.suppress(OSError):  # still in use: by other files, stray ones, or another runner
                folder.rmdir()

    def remove_leftovers(self) -> None:
        """Remove the temporary files of processes of this machine that are gone."""
        for name in self.names():
            left = _TEMPORARY.fullmatch(name.rpartition("/")[2])
            if left and left["host"] == _host() and not _lives(int(left["pid"])):
                self.remove(name)


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A stream whose content becomes the file when the block ends well; nobody ever sees half of it.

    The file is renamed, not linked: every file system can do so, and of two runners that write the same block the
    second replaces the first with the same rows.

    Raises
    ------
    StorageError
        If that fails; the file is then as it was before.
    """
    temporary = path.with_name(f".{path.name}.{_host()}.{os.getpid()}.tmp")
    with storage_errors("write", path):
        passing("before-temporary")
        try:
            with _opened(temporary) as stream:
                yield stream
                stream.flush()
                passing("before-fsync")
                os.fsync(stream.fileno())
            passing("before-publish")
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        _flush_folder(path.parent)
        passing("after-publish")


def _opened(temporary: Path) -> BinaryIO:
    """A new file; its folder is made, and made again if another runner has just removed it as empty."""
    for _ in range(_ATTEMPTS):
        temporary.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            return temporary.open("wb")
    return temporary.open("wb")


def _flush_folder(folder: Path) -> None:
    """Have the new name outlast a power failure, where the file system can promise that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def storage_errors(verb: str, path: Path | str) -> Iterator[None]:
    """What the operating system refuses becomes a `StorageError` that names the file.

    Reading what is not there raises FileNotFoundError.
    """
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        if verb == "read":
            raise FileNotFoundError(error.errno, error.strerror, str(path)) from error
        raise StorageError(f"cannot {verb} {path}: {_said(error)}") from error
    except OSError as error:
        raise StorageError(f"cannot {verb} {path}: {_said(error)}") from error


def _names(folder: Path | str, within: str, depth: int) -> Iterator[str]:
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if not entry.is_dir():
            yield within + entry.name
        elif depth < _DEEPEST:
            yield from _names(entry.path, f"{within}{entry.name}/", depth + 1)


def _said(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


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

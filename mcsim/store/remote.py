"""Files of an object store, or of any file system that pyarrow or fsspec reaches by a URI.

An object is put whole by one request and never renamed, so that nobody sees half of it; to move is to copy and remove.
"""

import contextlib
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from mcsim.errors import McsimError, ResultsError, StorageError
from mcsim.store.failpoints import passing

_BUCKETS = {"abfs", "gcs", "s3"}
"""The kinds of file system whose topmost folder is a bucket, which has to be there."""

_AWS = re.compile(r"AWS Error (\w+) during (\w+) operation: (.*?)(?: \(Request ID: .*)?\Z", re.DOTALL)
_CREDENTIALS = {"ACCESS_DENIED", "INVALID_ACCESS_KEY_ID", "INVALID_SIGNATURE", "SIGNATURE_DOES_NOT_MATCH", "UNKNOWN"}


class _Connection(NamedTuple):
    """A file system of pyarrow's, and the path that a URI means there."""

    system: Any
    path: str


class Remote:
    """A prefix of an object store; see `Place`.

    Parameters
    ----------
    uri : str
        The folder that holds the results of all studies: ``s3://bucket/prefix``, with ``?endpoint_override=...`` and
        other options of pyarrow, or any URI that fsspec knows.
    inside : str
        The folder in it; "" is the root itself.
    """

    at_once = 16

    def __init__(self, uri: str, inside: str = "") -> None:
        self._uri = uri
        self._inside = inside

    def where(self, name: str = "") -> str:
        """The address, without password and options."""
        return "/".join(part for part in (_shown(self._uri).rstrip("/"), self._inside, name) if part)

    def check(self) -> None:
        """Connect, once a process."""
        _connect(self._uri)

    def prepare(self) -> None:
        """Put an object and remove it."""
        self.check()
        try:
            self.publish(".mcsim", b"written to see whether it can be")
            self.remove(".mcsim")
        except StorageError as error:
            raise ResultsError(f"cannot write to the results folder {self.where()}: {error}") from error

    def names(self, folder: str = "") -> list[str]:
        """Every object below a prefix: one request for a thousand."""
        system, path = self._at(folder)
        with self._errors("list", folder):
            found = system.get_file_info(_selector(path, recursive=True))
        return [info.path[len(path) + 1 :] for info in found if info.is_file]

    def folders(self) -> list[str]:
        """The prefixes directly below this one."""
        system, path = self._at("")
        with self._errors("list", ""):
            found = system.get_file_info(_selector(path, recursive=False))
        return sorted(info.base_name for info in found if not info.is_file)

    def exists(self, name: str) -> bool:
        """Whether there is an object."""
        system, path = self._at(name)
        with self._errors("find", name):
            return bool(system.get_file_info(path).is_file)

    def read(self, name: str) -> bytes:
        """The whole object."""
        system, path = self._at(name)
        with self._errors("read", name), system.open_input_file(path) as stream:
            return bytes(stream.read())

    def tail(self, name: str, count: int) -> tuple[bytes, int]:
        """The last bytes and the size."""
        system, path = self._at(name)
        with self._errors("read", name), system.open_input_file(path) as stream:
            size = int(stream.size())
            return bytes(stream.read_at(min(size, count), max(0, size - count))), size

    def publish(self, name: str, content: Any) -> None:
        """Put the bytes by one request."""
        system, path = self._at(name)
        passing("before-publish")
        with self._errors("write", name):
            try:
                _put(system, path, content)
            except FileNotFoundError:  # a file system that wants its folders made
                system.create_dir(path.rpartition("/")[0], recursive=True)
                _put(system, path, content)
        passing("after-publish")

    def move(self, source: str, target: str) -> None:
        """Copy, then remove; killed in between, both are there, and moving again ends it."""
        if not self.exists(source):
            return
        system, path = self._at(target)
        passing("before-move")
        with self._errors("move", source):
            try:
                system.copy_file(self._at(source).path, path)
            except FileNotFoundError:
                system.create_dir(path.rpartition("/")[0], recursive=True)
                system.copy_file(self._at(source).path, path)
        passing("half-moved")
        self.remove(source)
        passing("after-move")

    def remove(self, name: str) -> None:
        """Remove an object."""
        system, path = self._at(name)
        with self._errors("remove", name), contextlib.suppress(FileNotFoundError):
            system.delete_file(path)

    def remove_leftovers(self) -> None:
        """There are none: what was not put whole was not put."""

    def _at(self, name: str) -> _Connection:
        system, path = _connect(self._uri)
        return _Connection(system, "/".join(part for part in (path, self._inside, name) if part))

    @contextlib.contextmanager
    def _errors(self, verb: str, name: str) -> Iterator[None]:
        try:
            yield
        except McsimError:
            raise
        except Exception as error:  # each file system of fsspec raises what its library raises
            if verb == "read" and isinstance(error, FileNotFoundError):
                raise
            raise StorageError(f"cannot {verb} {self.where(name)}: {_said(error)}") from error


@lru_cache(maxsize=8)
def _connect(uri: str) -> _Connection:
    """The file system that a URI names, its bucket there.

    Raises
    ------
    ResultsError
        If the scheme is unknown, what it needs is not installed, or the bucket cannot be had.
    """
    from pyarrow.lib import ArrowException

    try:
        system, path = _file_system(uri)
        if system.type_name in _BUCKETS:
            bucket = path.partition("/")[0]
            if not bucket:
                raise ResultsError(f"cannot use the results folder {_shown(uri)}: it names no bucket")
            if system.get_file_info(bucket).type.name == "NotFound":
                raise ResultsError(f"cannot use the results folder {_shown(uri)}: there is no bucket {bucket}")
    except (ArrowException, ImportError, OSError, ValueError) as error:
        said = _said(error).replace(uri, _shown(uri))
        raise ResultsError(f"cannot use the results folder {_shown(uri)}: {said}") from error
    return _Connection(system, path.rstrip("/"))


def _file_system(uri: str) -> tuple[Any, str]:
    from pyarrow import fs
    from pyarrow.lib import ArrowInvalid

    try:
        # allow_delayed_open: a small object is put by one request, where it would otherwise take three.
        query = "&" if "?" in uri else "?"
        found, path = fs.FileSystem.from_uri(f"{uri}{query}allow_delayed_open=true" if uri.startswith("s3:") else uri)
    except ArrowInvalid as error:
        if "Unrecognized filesystem type" not in str(error):
            raise
        scheme = uri.partition("://")[0]
        try:
            from fsspec.core import url_to_fs
        except ImportError:
            raise ImportError(f"pyarrow does not know {scheme}://; fsspec may, and is not installed") from None
        system, path = url_to_fs(uri)
        return fs.PyFileSystem(fs.FSSpecHandler(system)), path
    return found, path


def _selector(path: str, *, recursive: bool) -> Any:
    from pyarrow.fs import FileSelector

    return FileSelector(path, recursive=recursive, allow_not_found=True)


def _put(system: Any, path: str, content: Any) -> None:
    with system.open_output_stream(path) as stream:
        stream.write(content)


def _shown(uri: str) -> str:
    """A URI without password and options."""
    return re.sub(r"://[^/@]*@", "://", uri.partition("?")[0])


def _said(error: Exception) -> str:
    """The one line that a person can use of what a file system says."""
    found = _AWS.search(str(error))
    if not found:
        return str(error).partition("\n")[0] or type(error).__name__
    code, doing, words = found.groups()
    hint = "; credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or from AWS_PROFILE"
    return f"{words.strip().rstrip('.') or code} ({code} during {doing}){hint if code in _CREDENTIALS else ''}"

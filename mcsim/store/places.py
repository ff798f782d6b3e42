"""Where files can lie: a folder of this machine, or a prefix of an object store; the store works on either alike."""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Place(Protocol):
    """A folder of files. Names in it are relative, with "/" between folders; folders are there while they hold a file.

    Every method raises `StorageError` if the system refuses, unless it says otherwise.
    """

    at_once: int
    """How many requests are worth sending at the same time."""

    def where(self, name: str = "") -> str:
        """A file, or the place itself, as it is shown to people; without passwords."""

    def check(self) -> None:
        """See that there is, or can be, a folder here; nothing is written.

        Raises
        ------
        ResultsError
            If not.
        """

    def prepare(self) -> None:
        """Make the folder, and see that files can be written to it.

        Raises
        ------
        ResultsError
            If not.
        """

    def names(self, folder: str = "") -> list[str]:
        """Every file in a folder, in folders of it too, relative to it; none if there is no such folder."""

    def folders(self) -> list[str]:
        """The names of the folders in this one, in order."""

    def exists(self, name: str) -> bool:
        """Whether there is a file of this name."""

    def read(self, name: str) -> bytes:
        """The content of a file.

        Raises
        ------
        FileNotFoundError
            If there is none.
        """

    def tail(self, name: str, count: int) -> tuple[bytes, int]:
        """The last bytes of a file, all if it has fewer; and its size.

        Raises
        ------
        FileNotFoundError
            If there is none.
        """

    def publish(self, name: str, content: Any) -> None:
        """Make a file hold these bytes; whoever reads finds the former file or the new one, whole, at any moment."""

    def move(self, source: str, target: str) -> None:
        """Give a file another name; that another runner was quicker is no fault."""

    def remove(self, name: str) -> None:
        """Remove a file; that there is none is no fault."""

    def remove_leftovers(self) -> None:
        """Remove what processes of this machine were writing when they were killed."""


def is_remote(results: str | os.PathLike[str]) -> bool:
    """Whether results lie on an object store or another file system named by a URI, not in a folder of this machine."""
    return isinstance(results, str) and "://" in results and not results.startswith("file://")


def absolute(results: str | os.PathLike[str]) -> str | Path:
    """The same wherever the process goes: an absolute path, or the URI as it is."""
    return str(results) if is_remote(results) else local_path(results).absolute()


def local_path(results: str | os.PathLike[str]) -> Path:
    """The path of a folder of this machine, which may be given as ``file://``."""
    if isinstance(results, str) and results.startswith("file://"):
        from urllib.parse import unquote, urlsplit

        return Path(unquote(urlsplit(results).path))
    return Path(results)


def split(folder: str) -> tuple[str | Path, str]:
    """The folder of all results, and the name of the study whose folder in it this is."""
    if is_remote(folder):
        address, mark, options = folder.partition("?")
        root, _, name = address.rstrip("/").rpartition("/")
        return f"{root}{mark}{options}", name
    path = Path(os.path.abspath(local_path(folder)))  # noqa: PTH100 (`absolute` keeps a last "..")
    return path.parent, path.name


def place_of(results: str | os.PathLike[str], inside: str = "") -> Place:
    """The place of a folder of results, or of a folder in it.

    Parameters
    ----------
    results : path or str
        A folder, or a URI such as ``s3://bucket/prefix``.
    inside : str, optional
        The name of the folder in it.
    """
    if is_remote(results):
        from mcsim.store.remote import Remote

        return Remote(str(results), inside)
    from mcsim.store.local import Local

    return Local(local_path(results), inside)


def each(place: Place, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """What `work` makes of every item, in order; where requests take long, many are under way at a time."""
    if place.at_once == 1:
        yield from map(work, items)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(place.at_once) as pool:
        yield from pool.map(work, items)


def write_json(place: Place, name: str, content: Any) -> None:
    """Make a file hold the content as canonical JSON; one that holds it already is left alone."""
    text = canonical_json(content).encode()
    try:
        if place.read(name) == text:
            return
    except FileNotFoundError:
        pass
    place.publish(name, text)


def canonical_json(content: Any) -> str:
    """One text for one content; indented, so that two can be compared with diff."""
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

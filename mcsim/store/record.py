"""study.json: the plan as data, and what must not change between runs (the seed, the block sizes)."""

import dataclasses
import json
import platform
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import mcsim
from mcsim.errors import ResultsError
from mcsim.methods.peer_method import PeerMethod
from mcsim.store.files import write_json
from mcsim.study import Study

VERSION = 1
_LIBRARIES = ("joblib", "numba", "numpy", "pandas", "pyarrow", "scipy")


@dataclasses.dataclass(frozen=True)
class Record:
    """What study.json says of a results folder.

    Attributes
    ----------
    file : str or None
        The name of the study's file.
    methods : mapping of str to mapping
        By label: `key`, and `method` as text.
    conditions : mapping of str to str
        By key: the condition as text.
    block_sizes : mapping of str to int
        By condition key, those of retired conditions included.
    environment : mapping
        The versions that the last run used, those of packages that its methods call included.
    """

    name: str
    file: str | None
    aims: str
    seed: int
    replications: int
    reference: str
    methods: Mapping[str, Mapping[str, str]]
    conditions: Mapping[str, str]
    block_sizes: Mapping[str, int]
    environment: Mapping[str, Any]

    @classmethod
    def of(cls, study: Study, block_sizes: Mapping[str, int], blas: list[str]) -> Self:
        """The record of a study as it stands."""
        called = {method.package for method in study.methods.values() if isinstance(method, PeerMethod)}
        libraries = {library: version(library) for library in [*_LIBRARIES, *sorted(called)]}
        return cls(
            name=study.name,
            file=study.source.name if study.source else None,
            aims=study.aims,
            seed=study.seed,
            replications=study.replications,
            reference=study.reference,
            methods={label: {"key": study.method_keys[label], "method": str(m)} for label, m in study.methods.items()},
            conditions={key: str(mechanism) for key, mechanism in study.conditions.items()},
            block_sizes=dict(sorted(block_sizes.items())),
            environment={
                "mcsim": mcsim.__version__,
                "python": platform.python_version(),
                "platform": f"{sys.platform} {platform.machine()}",
                **libraries,
                "blas": blas,
            },
        )

    def write(self, path: Path) -> None:
        """Write it, unless the file says so already."""
        write_json(path, {"schema": VERSION, **dataclasses.asdict(self)})


def read_record(path: Path) -> Record | None:
    """The record in a file; None if there is no file.

    Raises
    ------
    ResultsError
        If the file is damaged or of another schema.
    """
    try:
        content = json.loads(path.read_bytes())
        schema = content.pop("schema")
        if schema != VERSION:
            raise ResultsError(f"{path} has schema {schema!r}; this mcsim {mcsim.__version__} reads schema {VERSION}")
        return Record(**content)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ResultsError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ResultsError(
            f"{path} is damaged ({error}), and without it nobody knows the seed of these results; "
            "put back a copy of it, or move the folder away to start over"
        ) from error

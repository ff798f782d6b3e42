"""study.json: the plan as data, and what must not change between runs (the seed, the block sizes)."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any, Self

import mcsim
from mcsim.errors import ResultsError, StorageError
from mcsim.store.layout import RECORD
from mcsim.store.places import Place, write_json
from mcsim.store.provenance import Provenance, differences, joined, provenance_of
from mcsim.study import Study

VERSION = 2
"""Of the whole results folder: a folder of a later one is refused, one of version 1 is read and written anew."""


class LostRecordError(ResultsError):
    """study.json is damaged, or gone while there are estimates.

    Parameters
    ----------
    what : str
        Which of the two, in one clause.
    """

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}, so nobody knows the seed of these results; put back a copy of it, have `mcsim verify` make it "
            "again from the study and the block files, or move the folder away to start over"
        )


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
    provenance : sequence of mapping
        Where the rows come from: of the first run, and of later ones what was new with them.
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
    provenance: Sequence[Provenance]

    @classmethod
    def of(cls, study: Study, block_sizes: Mapping[str, int], blas: list[str]) -> Self:
        """The record of a study as it stands."""
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
            provenance=[provenance_of(study, blas)],
        )

    def after(self, before: "Record | None") -> "Record":
        """This record with the provenance of what was there before."""
        if before is None:
            return self
        return dataclasses.replace(self, provenance=joined(before.provenance, self.provenance))

    def differences(self, other: "Record") -> list[str]:
        """What is not the same in the latest provenance of another record as in any of this one's.

        Returns
        -------
        list of str
            Such as ``"numpy 2.0.1 -> 2.1.0"``; empty if rows of both are the same to the last bit.
        """
        return differences(self.provenance, other.provenance[-1])

    def plan(self) -> dict[str, Any]:
        """Everything but the provenance, on which no result depends."""
        return {name: value for name, value in dataclasses.asdict(self).items() if name != "provenance"}

    def write(self, place: Place) -> None:
        """Write it, unless the file says so already."""
        write_json(place, RECORD, {"schema": VERSION, **dataclasses.asdict(self)})


def read_record(place: Place) -> Record | None:
    """The record of a results folder; None if there is no file.

    Raises
    ------
    LostRecordError
        If the file is damaged.
    ResultsError
        If it is of another schema.
    """
    file = place.where(RECORD)
    try:
        content = json.loads(place.read(RECORD))
        schema = content.pop("schema")
        if schema not in (1, VERSION):
            raise ResultsError(
                f"{file} has schema {schema!r}; this mcsim {mcsim.__version__} reads schema {VERSION} and earlier"
            )
        return _checked(Record(**(_of_version_1(content) if schema == 1 else content)))
    except FileNotFoundError:
        return None
    except StorageError as error:
        raise ResultsError(str(error)) from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise LostRecordError(f"{file} is damaged ({error})") from error


def _checked(record: Record) -> Record:
    """Refuse what is JSON and no record."""
    keys = [method["key"] for method in record.methods.values()]
    sizes = list(record.block_sizes.values())
    whole = [record.seed >= 0, record.replications > 0, *(size > 0 for size in sizes), record.provenance[0]["versions"]]
    if not (all(whole) and all(isinstance(text, str) for text in (record.name, *keys, *record.conditions.values()))):
        raise ValueError("a value that cannot be")
    return record


def _of_version_1(content: dict[str, Any]) -> dict[str, Any]:
    """Version 1 had the versions of the last run alone, machine and commit not among them."""
    versions = dict(content.pop("environment"))
    one = {"platform": versions.pop("platform"), "blas": versions.pop("blas"), "versions": versions}
    return {**content, "provenance": [one]}

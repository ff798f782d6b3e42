"""Fits that failed: how many a run may have, which they are, and what they say."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from mcsim.model import Status
from mcsim.store import Facts, Store
from mcsim.study import Study

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class Allowance:
    """How many of a study's fits may fail before a run should stop.

    Attributes
    ----------
    fits : int
        Conditions x replications x methods.
    share : float or None
        The share of them that may fail; None is all.
    failed : int
        How many have.
    """

    fits: int
    share: float | None
    failed: int = 0

    @classmethod
    def of(cls, study: Study, facts: Iterable[Facts], share: float | None) -> Self:
        """The allowance of a run, with the failures that are stored already.

        Parameters
        ----------
        study : Study
            What is run.
        facts : iterable of Facts
            What the block files that are there say of themselves.
        share : float or None
            Of the fits.
        """
        fits = len(study.conditions) * study.replications * len(study.methods)
        return cls(fits, share, sum(block.replications[Status.FAILED.label] for block in facts))

    def spend(self, failed: int) -> None:
        """Count further failures."""
        self.failed += failed

    @property
    def exceeded(self) -> bool:
        """Whether more have failed than may."""
        return self.share is not None and self.failed > self.share * self.fits


def failed_fits(study: Study, store: Store) -> "pd.DataFrame":
    """The fits that failed, one row each: condition (its key), method, rep, note.

    Parameters
    ----------
    study : Study
        Whose.
    store : Store
        Where its results are.

    Raises
    ------
    StorageError
        If a file is damaged.
    """
    import pandas as pd

    found = []
    for condition in _conditions_with_failures(study, store):
        rows = store.read_estimates(condition, study.replications, columns=["rep", "method", "status", "note"])
        failed = rows[rows["status"] == Status.FAILED.label].drop_duplicates(["method", "rep"])
        found.append(failed.astype({"method": str, "note": str}).assign(condition=condition))
    table = pd.concat(found) if found else pd.DataFrame(columns=["condition", "method", "rep", "note"])
    return table[["condition", "method", "rep", "note"]].reset_index(drop=True)


def _conditions_with_failures(study: Study, store: Store) -> list[str]:
    """From the footers of the block files."""
    found = store.inspect(store.arrangement(study.conditions, study.method_keys.values()).kept)
    failing = {name.condition for name, facts in found.facts.items() if facts.replications[Status.FAILED.label]}
    return [condition for condition in study.conditions if condition in failing]


def by_message(failed: "pd.DataFrame") -> "pd.DataFrame":
    """How many fits failed by condition, method and message, the most first, and the first replication of each.

    Parameters
    ----------
    failed : pandas.DataFrame
        As `failed_fits` gives it.
    """
    groups = failed.groupby(["condition", "method", "note"], sort=False)["rep"]
    table = groups.agg(fits="size", first_rep="min").reset_index()
    return table.sort_values("fits", ascending=False, kind="stable", ignore_index=True)

"""Which figures of a study are computed, and which fits count for them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mcsim.errors import ParameterError
from mcsim.measures import MEASURES
from mcsim.model import Status
from mcsim.parameters import nearest


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Which figures are computed.

    Attributes
    ----------
    measures : tuple of str
        Names from `MEASURES`; all by default.
    by_status : bool
        Also among the fits of each usable status alone. Such figures are selected by outcome: coverage among
        non-singular fits may be far from that of all. They show where the whole comes from and never replace it.
    not_converged_usable : bool
        Take the numbers of fits that did not converge as they are, instead of counting them as missing.

    Raises
    ------
    ParameterError
        If a measure is unknown.
    """

    measures: tuple[str, ...] = tuple(MEASURES)
    by_status: bool = False
    not_converged_usable: bool = False

    def __post_init__(self) -> None:
        faults = [
            f"measure: given {name!r}{nearest(name, MEASURES)}; allowed: {', '.join(MEASURES)}"
            for name in self.measures
            if name not in MEASURES
        ]
        if faults:
            raise ParameterError("performance", faults)

    @property
    def usable(self) -> tuple[Status, ...]:
        """The statuses of a fit whose numbers count."""
        converged = (Status.OK, Status.SINGULAR)
        return (*converged, Status.NOT_CONVERGED) if self.not_converged_usable else converged

    def is_usable(self, status: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
        """Which fits count, by their status codes."""
        return np.array([code in self.usable for code in Status])[status]

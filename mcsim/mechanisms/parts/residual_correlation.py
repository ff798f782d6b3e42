"""How the residuals of a cluster, in the order of its rows, correlate with each other.

Independent draws of the stated distribution and variance are mixed, so that variances and correlations are as stated
and sums of draws are nearer to normal than a draw. To add a structure, write a class here.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from mcsim.model import Floats
from mcsim.parameters import Listing, Parameters, kind, number, parameter, several

_SETTLED = 1e-15


@dataclass(frozen=True, kw_only=True)
class ResidualCorrelation(Parameters, ABC):
    """Base of structures."""

    @abstractmethod
    def serial(self, longest: int, times: tuple[float, ...]) -> Floats:
        """How the residual at each place in a cluster depends on what came before.

        Parameters
        ----------
        longest : int
            The largest number of rows that a cluster may have.
        times : tuple of float
            When rows were taken; empty: at equal distances.

        Returns
        -------
        array (p, 3 + b)
            `serial` of `mcsim.kernels.recipe.Recipe`.
        """

    @abstractmethod
    def meaning(self) -> str:
        """The structure in words."""

    def misfit(self, longest: int, times: tuple[float, ...]) -> str:
        """Why clusters of this size cannot have it; empty if they can."""
        del longest, times
        return ""


@dataclass(frozen=True, kw_only=True)
class Independent(ResidualCorrelation):
    """Independent residuals."""

    def serial(self, longest: int, times: tuple[float, ...]) -> Floats:
        """Nothing depends on anything."""
        del longest, times
        return np.empty((0, 3))

    def meaning(self) -> str:
        """The structure in words."""
        return "residuals are independent"


@dataclass(frozen=True, kw_only=True)
class AR1(ResidualCorrelation):
    """First-order autoregression: the correlation of two rows is rho to the power of their distance in time."""

    rho: float = parameter("correlation of neighbouring rows", number(above=-1, below=1), positional=True)

    def serial(self, longest: int, times: tuple[float, ...]) -> Floats:
        """What is left of the row before, and a draw that restores the variance."""
        del longest
        distances = np.diff(times) if times else np.ones(1)
        carried = self.rho**distances
        rows = [np.sqrt(1 - carried**2), carried, np.zeros(len(carried))]
        return np.concatenate([[[1.0, 0.0, 0.0]], np.transpose(rows)])

    def misfit(self, longest: int, times: tuple[float, ...]) -> str:
        """A negative rho has no power that is no whole number."""
        del longest
        if self.rho >= 0 or all(distance == int(distance) for distance in np.diff(times)):
            return ""
        given = f"{self}: given for the times {', '.join(f'{time:g}' for time in times)}"
        return f"{given}; allowed: a rho of 0 or more, or times that are whole numbers apart"

    def meaning(self) -> str:
        """The structure in words."""
        return f"the correlation of residuals is {self.rho:g} to the power of their distance in time"


@dataclass(frozen=True, kw_only=True)
class CompoundSymmetric(ResidualCorrelation):
    """Compound symmetry: any two rows of a cluster have the same correlation."""

    rho: float = parameter("correlation of any two rows of a cluster", number(above=-1, below=1), positional=True)

    def serial(self, longest: int, times: tuple[float, ...]) -> Floats:
        """Every draw enters all later rows of its cluster alike: the Cholesky factor of the matrix."""
        del times
        rows, shared = np.zeros((longest, 3)), 0.0
        for row in rows:
            row[0] = math.sqrt(1 - shared)
            row[2] = (self.rho - shared) / row[0]
            shared += row[2] ** 2
        return rows

    def misfit(self, longest: int, times: tuple[float, ...]) -> str:
        """A negative correlation may not be too strong for so many rows."""
        del times
        if longest < 2 or self.rho > -1 / (longest - 1):
            return ""
        least = -1 / (longest - 1)
        return f"{self}: given for clusters of up to {longest} rows; allowed: a rho above {least:.4g}"

    def meaning(self) -> str:
        """The structure in words."""
        return f"any two residuals of a cluster correlate by {self.rho:g}"


@dataclass(frozen=True, kw_only=True, init=False)
class Toeplitz(Listing, ResidualCorrelation):
    """Toeplitz: a correlation for each distance in rows, 0 for larger ones."""

    entries: tuple[float, ...] = parameter(
        "correlations of rows 1, 2, ... places apart", several(number(above=-1, below=1))
    )

    def serial(self, longest: int, times: tuple[float, ...]) -> Floats:
        """The rows of the matrix's Cholesky factor, which has no more diagonals than it has, until they settle."""
        del times
        band = min(len(self.entries), longest - 1)
        wanted = np.array([1.0, *self.entries[:band]])
        rows = np.zeros((longest, 3 + band))
        for i, row in enumerate(rows):
            factor = np.zeros(band + 1)  # by lag
            for lag in range(min(band, i), 0, -1):
                before = rows[i - lag]
                further = range(lag + 1, min(band, i) + 1)
                shared = sum((factor[m] * _entry(before, m - lag) for m in further), start=0.0)
                factor[lag] = (wanted[lag] - shared) / before[0]
            left = 1.0 - float(factor @ factor)
            row[0], row[3:] = math.sqrt(max(left, 0.0)), factor[1:]
            if i > band and np.abs(row - rows[i - 1]).max() < _SETTLED:
                return rows[: i + 1]
        return rows

    def misfit(self, longest: int, times: tuple[float, ...]) -> str:
        """The matrix must be positive definite."""
        del times
        band = np.zeros((min(len(self.entries), longest - 1) + 1, longest))
        band[:, :] = np.array([1.0, *self.entries])[: len(band), None]
        from scipy.linalg import eigvals_banded

        smallest = float(eigvals_banded(band, lower=True, select="i", select_range=(0, 0))[0])
        if smallest > 1e-10:
            return ""
        return (
            f"{self}: given for clusters of up to {longest} rows, a correlation matrix that is not positive definite "
            f"(smallest eigenvalue {smallest:.4g}); allowed: correlations that fall off more evenly"
        )

    def meaning(self) -> str:
        """The structure in words."""
        lags = ", ".join(f"{value:g}" for value in self.entries)
        return f"residuals 1, 2, ... rows apart correlate by {lags}, those further apart not at all"


def correlation_structure() -> Any:
    """The field of a mechanism that says how its residuals correlate."""
    check = kind(ResidualCorrelation, "a structure of residual correlations")
    return parameter("how the residuals of a cluster correlate, in the order of its rows", check, Independent())


def _entry(row: Floats, lag: int) -> float:
    """The weight of a draw `lag` rows before, in a row of `serial`."""
    return float(row[0] if lag == 0 else row[2 + lag])

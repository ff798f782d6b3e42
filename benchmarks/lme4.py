"""lme4 in an R process of its own that answers one request after another."""

import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.fits import Fit, PeerAbsentError, TimedFit

PACKAGES = "r-base-core r-cran-lme4 r-cran-lmertest r-cran-pbkrtest"


class Lme4:
    """A running R process that knows the CSV data sets of a folder; a context manager."""

    def __init__(self, folder: Path, count: int) -> None:
        rscript = shutil.which("Rscript")
        if rscript is None:
            raise PeerAbsentError(f"lme4: Rscript is not here (Debian: apt-get install {PACKAGES})")
        self._process = subprocess.Popen(
            [rscript, "--vanilla", str(Path(__file__).with_suffix(".R")), str(folder), str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        words = self._line().split()
        if words[:1] != ["lme4"]:
            raise PeerAbsentError(f"lme4: R is here but lme4 does not load (Debian: apt-get install {PACKAGES})")
        self.version = f"R {words[2]}.{words[3]}, lme4 {words[1]}"

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def _ask(self, request: str) -> list[float]:
        assert self._process.stdin is not None
        self._process.stdin.write(request + "\n")
        self._process.stdin.flush()
        answer = self._line().split()
        if not answer:
            _, errors = self._process.communicate()
            raise RuntimeError(f"lme4 stopped at {request!r}: {errors}")
        return [float(word) for word in answer]

    def fit(self, index: int) -> TimedFit:
        """Fit data set `index`."""
        whole, parsed, *numbers = self._ask(f"fit {index}")
        fit = Fit(numbers[0], tuple(numbers[1:3]), tuple(numbers[3:5]), tuple(numbers[5:9]))
        return TimedFit({"lme4 `lmer()`": whole, "lme4, formula parsed beforehand": parsed}, fit)

    def infer(self, kind: str, index: int) -> tuple[float, list[float]]:
        """Fit data set `index` and infer from it; the seconds, and the numbers."""
        seconds, *numbers = self._ask(f"{kind} {index}")
        return seconds, numbers

    def pipeline(self, count: int) -> float:
        """Seconds per replication of simulate, fit and summary."""
        return self._ask(f"pipeline {count}")[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

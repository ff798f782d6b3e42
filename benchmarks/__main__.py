"""Measure everything in one run; print markdown and write it to benchmarks/results/DATE.md."""

import argparse
import contextlib
import datetime as dt
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

# One core each: set before numpy and R are started.
os.environ.update(
    {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA", "RAYON", "VECLIB_MAXIMUM")}
)

from benchmarks import commands, fit_alone, growth, inference, markdown, parts, pipeline, report_page, scale
from benchmarks.fits import PeerAbsentError
from benchmarks.lme4 import Lme4
from benchmarks.peers import PEERS, peer_version
from benchmarks.samples import Samples, draw, write

RESULTS = Path(__file__).parent / "results"


class Page:
    """What has been measured so far; every part is printed as soon as it is there."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def add(self, part: str) -> None:
        """Print a part and keep it."""
        self.parts.append(part)
        print(part, flush=True)

    def write(self, path: Path) -> None:
        """Write all parts."""
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(self.parts))


def python_peers(page: Page, samples: Samples) -> dict[str, fit_alone.Fitter]:
    """The Python peers that are installed; the page names the others and what would bring them."""
    found: dict[str, fit_alone.Fitter] = {}
    for name, fit in PEERS.items():
        try:
            page.add(f"- {peer_version(name)}")
        except PeerAbsentError as absent:
            page.add(f"- not measured: {absent}")
        else:
            found[name] = lambda index, fit=fit: fit(samples, index)  # type: ignore[misc]
    return found


@contextlib.contextmanager
def running_lme4(page: Page, samples: Samples) -> Iterator[Lme4 | None]:
    """A running lme4, or None where there is none; the page says which."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        write(samples, Path(name))
        lme4 = None
        try:
            lme4 = stack.enter_context(Lme4(Path(name), len(samples.y)))
            page.add(f"- {lme4.version}")
        except PeerAbsentError as absent:
            page.add(f"- not measured: {absent}")
        yield lme4


def measure(page: Page, *, quick: bool) -> None:
    """Every part in turn."""
    rounds = 3 if quick else 7
    samples = draw(10 * rounds)
    page.add(f"Measured {dt.datetime.now().astimezone():%Y-%m-%d} on {markdown.machine()}; beside it:\n")
    peers = python_peers(page, samples)
    with running_lme4(page, samples) as lme4:
        fitters = peers if lme4 is None else {"lme4": lme4.fit, **peers}
        page.add("\n20 clusters of 50, random slope, REML. Medians of ratios on the same data, taken in turn.\n")
        lines, each = pipeline.measure(lme4, replications=2_000 if quick else 20_000, rounds=rounds)
        fits = fit_alone.measure(samples, fitters, rounds=rounds)
        inferred = inference.measure(samples, lme4, rounds=rounds)
    page.add(markdown.comparisons([*lines, *fits.comparisons, *inferred.comparisons]))
    page.add("Largest relative differences between the peers' numbers and ours on those data sets:\n")
    page.add(markdown.distances(fits.distances))
    page.add("The same of degrees of freedom, adjusted standard errors and profile limits (lme4's by a spline):\n")
    page.add(markdown.differences(inferred.differences))
    nothing = pipeline.overhead(replications=20_000 if quick else 200_000, rounds=rounds)
    page.add(
        markdown.waits(
            {
                "a replication, from simulation to Parquet": each,
                "a replication whose mechanism and method do nothing": nothing,
                **commands.measure(),
            }
        )
    )
    page.add("Simulating and fitting the plain design with another part, beside the plain design in the same round:\n")
    page.add(markdown.parts(parts.measure(replications=500, rounds=rounds)))
    page.add("Growth of inference, fit included, a replication:\n")
    page.add(markdown.inference_growth(inference.growth()))
    page.add("Growth; each run in a process of its own, peak memory above what imports and compilation take:\n")
    page.add(markdown.growth([growth.measure(size) for size in growth.sizes(quick=quick)]))
    page.add("Large studies; memory above what imports take:\n")
    page.add(markdown.scale(scale.measure(quick=quick)))
    page.add("The report of a large study, whose table has too many rows for a page, so that it shows means:\n")
    page.add(markdown.report(report_page.measure(quick=quick)))


def main() -> None:
    """Parse the options and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and no run of a million replications")
    options = parser.parse_args()
    page = Page()
    measure(page, quick=options.quick)
    path = RESULTS / f"{dt.datetime.now().astimezone():%Y-%m-%d}.md"
    page.write(path)
    print(f"written to {path}")


if __name__ == "__main__":
    main()

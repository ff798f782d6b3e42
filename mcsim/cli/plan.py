"""`mcsim plan`: what a run would compute, and why; how many replications a precision needs."""

import argparse
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mcsim.cli.common import add_results, add_study
from mcsim.errors import ParameterError

if TYPE_CHECKING:
    from mcsim.plan import Block
    from mcsim.store import Store
    from mcsim.study import Study

_SHOWN = 20
_NOMINAL, _WORST = 0.95, 0.5


def register(subparsers: Any) -> None:
    """Declare the verb's arguments."""
    parser = subparsers.add_parser("plan", help="say what a run would compute, and why")
    add_study(parser)
    parser.add_argument("--replications", metavar="N", type=int, help="instead of the study's number")
    parser.add_argument(
        "--mcse",
        metavar="SE",
        type=float,
        help="say how many replications give a coverage, or any proportion, this Monte Carlo standard error",
    )
    add_results(parser)


def run(args: argparse.Namespace) -> int:
    """Print the plan; nothing is written."""
    from mcsim.loading import load_study
    from mcsim.plan import plan
    from mcsim.store import Store

    needed = [] if args.mcse is None else list(_precision(args.mcse))
    study = load_study(args.study)
    if args.replications is not None:
        study = study.with_replications(args.replications)
    store = Store(args.results, study.name)
    blocks = plan(study, store)
    print("\n".join([*_blocks(study, blocks), *_moves(study, store), *needed]))
    return 0


def _precision(mcse: float) -> Iterator[str]:
    """How many replications n = p (1 - p) / mcse^2 are."""
    if not 0 < mcse < _WORST:
        raise ParameterError("mcsim plan", [f"--mcse: given {mcse:g}; allowed: a number above 0, below {_WORST:g}"])
    yield f"For a Monte Carlo standard error of {mcse:g}:"
    for share, meaning in ((_NOMINAL, "a coverage near .95"), (_WORST, "any coverage, or a power near .5,")):
        # Rounded first, for .05 * .95 / .005**2 is 1900.0000000000002 in floating point.
        count = math.ceil(round(share * (1 - share) / mcse**2, 6))
        yield f"  {meaning} needs {count:,} replications"


def _blocks(study: "Study", blocks: Sequence["Block"]) -> Iterator[str]:
    """What is to be done, first summed up by reason, then block by block."""
    if not blocks:
        yield f"Nothing to do: {study.name} has all {study.replications:,} replications of every condition and method."
        return
    replications, fits = Counter[str](), Counter[str]()
    for block in blocks:
        replications[block.reason] += block.replications
        fits[block.reason] += block.replications * len(block.methods)
    total = f"{replications.total():,} replications and do {fits.total():,} fits"
    yield f"A run of {study.name} would simulate {total}:"
    yield from (f"  {replications[reason]:,} replications, {fits[reason]:,} fits: {reason}" for reason in replications)
    yield ""
    for block in blocks[:_SHOWN]:
        span = f"{block.first}-{block.last - 1}"
        yield f"  {block.condition}  {span:>15}  {', '.join(block.methods)}: {block.reason}"
    if len(blocks) > _SHOWN:
        yield f"  and {len(blocks) - _SHOWN:,} blocks more"


def _moves(study: "Study", store: "Store") -> Iterator[str]:
    """What would move to retired/ and back."""
    arrangement = store.arrangement(study.conditions, study.method_keys.values())
    if arrangement.retire:
        yield f"{len(arrangement.retire):,} files no longer belong to the study and would move to {store.path}/retired"
    if arrangement.restore:
        yield f"{len(arrangement.restore):,} files belong to it again and would come back from {store.path}/retired"

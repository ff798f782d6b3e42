"""`mcsim verify`: read every file of the results whole, and set aside what is damaged."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from mcsim.cli.common import add_results, add_study, command

if TYPE_CHECKING:
    from mcsim.store import Store
    from mcsim.study import Study

SET_ASIDE = 3
"""The exit code if something was damaged."""


def register(subparsers: Any) -> None:
    """Declare the verb's arguments."""
    parser = subparsers.add_parser(
        "verify",
        help="check every file of the results",
        description="Read every file of the results whole: checksums, columns, rows. What is damaged moves to the "
        "folder damaged/ beside it, and the next run computes it again; a damaged study.json is made anew.",
        epilog="exit codes: 0 if all is whole, 3 if something was set aside",
    )
    add_study(parser)
    add_results(parser)


def run(args: argparse.Namespace) -> int:
    """Print a line for each damaged file, and what to run next."""
    from mcsim.loading import load_study
    from mcsim.store import Store
    from mcsim.store.verification import verify_blocks, verify_others

    study = load_study(args.study)
    store = Store(args.results, study.name)
    said = _restored(study, store)
    record = store.check(study)
    if record is None:
        print(f"{store.path} has no results yet")
        return 0
    found = [*verify_blocks(store.place, record.seed, study), *verify_others(store.place, record)]
    said += store.set_aside(damage for damage in found if damage)
    for line in said:
        print(line)
    if not said:
        print(f"{len(found):,} files of {store.path} are whole")
        return 0
    print(f"mcsim: what was set aside is computed again by: {command('run', args)}", file=sys.stderr)
    return SET_ASIDE


def _restored(study: "Study", store: "Store") -> list[str]:
    """Make study.json anew if it is damaged or lost; a line that says so."""
    from mcsim.plan import block_sizes
    from mcsim.store import LostRecordError, Record
    from mcsim.store.verification import restore_record
    from mcsim.threads import blas

    store.place.check()
    try:
        store.record()
    except LostRecordError as error:
        return restore_record(store, Record.of(study, block_sizes(study, None), blas()), error)
    return []

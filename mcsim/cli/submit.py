"""`mcsim submit`: what the results of a study lack, as an array of Slurm jobs and one that collects."""

import argparse
import contextlib
import itertools
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mcsim.cli.common import add_results, add_study, duration
from mcsim.errors import McsimError, ResultsError, StorageError

if TYPE_CHECKING:
    from mcsim.batch import Resources
    from mcsim.plan import Block
    from mcsim.store import Store
    from mcsim.study import Study

SUBMITTED, LOGS = "submitted", "logs"

_EPILOG = """examples:
  mcsim submit studies/article.py --array 50 --time 4h --cpus 4 --dry-run
  mcsim submit studies/article.py --array 50 --time 4h --cpus 4 --mem 8G --partition long --setup "module load python"

Each task takes its share of what is missing and stops before its time limit; a last job collects. Whatever tasks did
not do, or lost, submitting again does. Other batch systems: see docs/cluster.md.
"""


class _Scripts(NamedTuple):
    run: str
    collect: str


def register(subparsers: Any) -> None:
    """Declare the verb's arguments."""
    parser = subparsers.add_parser(
        "submit",
        help="submit what is missing as an array of Slurm jobs",
        description="Submit what the results lack as an array of Slurm jobs, and a job after them that collects.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_study(parser)
    parser.add_argument("--array", metavar="N", type=int, required=True, help="tasks; never more than missing blocks")
    parser.add_argument("--time", metavar="TIME", type=duration, required=True, help="time limit of a task, such as 4h")
    parser.add_argument("--cpus", metavar="N", type=int, default=1, help="processors, and processes, of a task (1)")
    parser.add_argument("--mem", metavar="SIZE", help="memory of a task, such as 8G")
    parser.add_argument("--partition", metavar="NAME", help="as sbatch takes it")
    parser.add_argument("--account", metavar="NAME", help="as sbatch takes it")
    parser.add_argument(
        "--setup",
        metavar="SHELL",
        action="append",
        default=[],
        help='a line before mcsim, such as "module load python"',
    )
    parser.add_argument(
        "--stop-before",
        metavar="TIME",
        type=duration,
        help="how long before the time limit a task begins nothing new (default: 5m, at most a tenth of the limit)",
    )
    parser.add_argument("--dry-run", action="store_true", help="print the scripts; write and submit nothing")
    add_results(parser)


def run(args: argparse.Namespace) -> int:
    """Write the scripts and submit them, or print them."""
    from mcsim.batch import Resources
    from mcsim.loading import load_study
    from mcsim.outcome import shown_path
    from mcsim.plan import plan
    from mcsim.slurm import check_setup, require_sbatch
    from mcsim.store import Store, absolute

    resources = Resources(
        time=args.time,
        stop_before=args.stop_before,
        cpus=args.cpus,
        memory=args.mem,
        partition=args.partition,
        account=args.account,
        setup=tuple(args.setup),
    )
    check_setup("\n".join(args.setup))
    study = load_study(args.study)
    store = Store(absolute(args.results), study.name)
    blocks = plan(study, store)
    tasks = min(args.array, len(blocks)) if blocks else args.array
    scripts = _scripts(study, store, resources, tasks=tasks)
    if not blocks:
        print(f"Nothing to submit: {study.name} has all {study.replications:,} replications of every condition.")
        return 0
    if args.dry_run:
        print(f"{scripts.run}\n# after it, with --dependency=afterany:\n\n{scripts.collect}", end="")
        return 0
    require_sbatch()
    folder = _folder(store)
    array, collect = _submit(folder, scripts)
    print(f"{_todo(study, blocks)}: {tasks:,} tasks as job {array}; job {collect} collects")
    print(f"scripts in {shown_path(folder / SUBMITTED)}, logs in {shown_path(folder / LOGS)}")
    return 0


def _scripts(study: "Study", store: "Store", resources: "Resources", *, tasks: int) -> _Scripts:
    """Both scripts; everything in them is an absolute path, since a job may begin anywhere."""
    from mcsim.batch import array_script, collect_script

    logs, common = str(_folder(store) / LOGS), [str(study.source), "--results", str(store.root)]
    mcsim = [sys.executable, "-m", "mcsim.cli"]
    stop = f"{resources.time - resources.margin:.0f}"
    run = [*mcsim, "run", *common, "--shard", "auto", "--jobs", str(resources.cpus), "--stop-after", stop]
    return _Scripts(
        array_script(study.name, logs, run, resources, tasks=tasks),
        collect_script(f"{study.name}-collect", logs, [*mcsim, "collect", *common], resources),
    )


def _folder(store: "Store") -> Path:
    """Where scripts and logs go: with the results, or where those are on no disk, where they would be by default."""
    return store.path if isinstance(store.path, Path) else Path("results").absolute() / store.name


def _submit(folder: Path, scripts: _Scripts) -> tuple[str, str]:
    """Write the scripts and submit them; the ids of the array and of the job that collects."""
    from mcsim.slurm import sbatch

    with _undone_if_refused(folder) as made:
        files = [_write(made / f"{name}.sbatch", text) for name, text in scripts._asdict().items()]
        array = sbatch(files[0])
    try:
        return array, sbatch(files[1], after=array)
    except McsimError as error:
        raise StorageError(
            f"the array is submitted as job {array}, but not the job that collects: {error}\n"
            "When the array has ended: mcsim collect"
        ) from error


@contextlib.contextmanager
def _undone_if_refused(folder: Path) -> Iterator[Path]:
    """A new folder for scripts, beside one for logs; with what was made for them it is gone again if that fails."""
    wanted = [folder.parent, folder, folder / LOGS, folder / SUBMITTED]
    made = [place for place in wanted if not place.exists()]
    try:
        for place in made:
            place.mkdir(exist_ok=True)
        made.append(_numbered(folder / SUBMITTED))
    except OSError as error:
        raise ResultsError(f"cannot write to the results folder {folder}: {error.strerror}") from error
    try:
        yield made[-1]
    except McsimError:
        for file in made[-1].iterdir():
            file.unlink()
        for place in reversed(made):
            with contextlib.suppress(OSError):  # another process has put something there
                place.rmdir()
        raise


def _numbered(folder: Path) -> Path:
    """A folder in it that is nobody else's: 001, 002, ..."""
    for number in itertools.count(1):
        with contextlib.suppress(FileExistsError):
            made = folder / f"{number:03d}"
            made.mkdir()
            return made
    raise AssertionError


def _write(file: Path, text: str) -> Path:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"cannot write {file}: {error.strerror}") from error
    return file


def _todo(study: "Study", blocks: "Sequence[Block]") -> str:
    fits = sum(block.replications * len(block.methods) for block in blocks)
    return f"{study.name}: {fits:,} fits in {len(blocks):,} block{'s' * (len(blocks) != 1)} are missing"

"""`mcsim run`: simulate and analyse what the results of a study lack, then show the outcome."""

import argparse
import signal
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from mcsim.cli.common import add_results, add_study, duration

if TYPE_CHECKING:
    from mcsim.outcome import RunResult
    from mcsim.study import Study

_OPTIONS = (
    "jobs",
    "replications",
    "shard",
    "fit_timeout",
    "stop_after",
    "max_failures",
    "retry_failed",
    "strict",
    "engine",
    "scheduler",
    "cluster",
)


def register(subparsers: Any) -> None:
    """Declare the verb's arguments."""
    parser = subparsers.add_parser(
        "run",
        help="simulate and analyse what the results lack",
        description="Simulate and analyse what the results of a study lack; run again, and nothing is left to do. "
        "After a level, a method or replications were added, only what is missing is computed.",
    )
    add_study(parser)
    parser.add_argument(
        "--jobs", metavar="N", type=int, default=-1, help="worker processes; -1, the default, is one for each core"
    )
    parser.add_argument(
        "--replications",
        metavar="N",
        type=int,
        help="instead of the study's number; if more are stored, the first N are used",
    )
    parser.add_argument(
        "--shard",
        metavar="I/N",
        help="only this share of what is missing, such as 3/50; auto within a Slurm, SGE, LSF or PBS array "
        "(auto/50 where the system does not tell how many tasks there are). mcsim collect makes the tables afterwards",
    )
    _add_limits(parser)
    parser.add_argument(
        "--strict", action="store_true", help="refuse to add rows to those of other versions (see study.json)"
    )
    add_results(parser)


def _add_limits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fit-timeout",
        metavar="TIME",
        type=duration,
        help="how long one fit may take, such as 30 or 2m; one that takes longer is failed",
    )
    parser.add_argument(
        "--stop-after",
        metavar="TIME",
        type=duration,
        help="begin with nothing more after so long, such as 3h50m; exit code 75, and running again continues",
    )
    parser.add_argument(
        "--max-failures",
        metavar="SHARE",
        type=float,
        help="stop when more than this share of the fits has failed, such as 0.05; exit code 3",
    )
    parser.add_argument(
        "--retry-failed", action="store_true", help="compute failed replications again, from the same streams"
    )
    parser.add_argument(
        "--engine",
        metavar="NAME",
        default="loky",
        help="where the work is done: loky (default), processes of this machine; or dask, a Dask cluster",
    )
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="of a Dask cluster that is there, such as tcp://host:8786"
    )
    parser.add_argument(
        "--cluster", metavar="FILE", help="a YAML file of batch jobs that dask-jobqueue is to begin as workers"
    )


def run(args: argparse.Namespace) -> int:
    """Run the study; print bias, RMSE and coverage, and where everything is."""
    from mcsim.loading import load_study
    from mcsim.run import run as run_study

    signal.signal(signal.SIGTERM, _stop)
    study = load_study(args.study)
    result = run_study(study, results=args.results, **{name: getattr(args, name) for name in _OPTIONS})
    if result.shard:
        print(*result.lines(), sep="\n")
        return result.exit_code
    _show(args.study, study, result)
    return result.exit_code


def _show(path: str, study: "Study", result: "RunResult") -> None:
    from mcsim.facts import factors_of
    from mcsim.report.table import summary

    print(summary(result.performance, factors_of(study.conditions), command=f"mcsim performance {path}"))
    print()
    done, *remarks, place = result.lines()
    print(done, place, sep="\n")
    for remark in remarks:
        print(f"mcsim: {remark}", file=sys.stderr)
    if result.too_many_failures:
        from mcsim.failures import by_message, failed_fits

        failed = by_message(failed_fits(study, result.store))
        print(failed.to_string(index=False), file=sys.stderr)


def _stop(*_: object) -> NoReturn:
    """A scheduler asks to stop: as Ctrl-C."""
    raise KeyboardInterrupt

"""The command `mcsim`: finds the verb, loads its file and no other, and turns errors into messages and exit codes."""

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

from mcsim import __version__
from mcsim.errors import McsimError, first_line
from mcsim.threads import VARIABLES

VERBS = {
    "new": "write a commented study file that runs as it is",
    "describe": "say what a study will do: conditions, estimands, methods, number of fits",
    "simulate": "write one data set of a study to a file, with all that is unseen in it",
    "fit": "fit a mixed model to a data file",
    "plan": "say what a run would compute, and why",
    "run": "simulate and analyse what the results lack",
    "submit": "submit what is missing as an array of Slurm jobs",
    "collect": "bring the performance table up to date after such jobs, and say what is missing",
    "status": "say how far the results are",
    "replay": "simulate and analyse one replication again, alone",
    "failures": "list the fits that failed, each with the command that replays it",
    "verify": "check every file of the results, and set aside what is damaged",
    "export": "write all estimates to one file",
    "merge": "join results of one study from several places",
    "performance": "show the performance table: bias, coverage, power, each with its Monte Carlo error",
    "report": "write the report: one HTML page with charts, tables and the facts of the study",
    "chart": "draw a chart of the results: coverage, bias, power, what is missing",
    "ademp": "write the facts of a methods section: aims, mechanisms, estimands, methods, measures",
}
"""Every verb, with its line of help; `mcsim.cli.<verb>` has `register(subparsers)` and `run(args) -> int`."""

INTERNAL_ERROR = 70
INTERRUPTED = 130
BROKEN_PIPE = 141

_EPILOG = """exit codes:
  0    done
  2    bad input; nothing was written
  3    done, but: a condition and method without a usable fit, more failures than allowed, a replay that
       differs from what is stored, or damaged files that were set aside
  70   an error in mcsim, or in a study's own code; --debug shows where
  74   an input/output error on the way; what was finished is kept
  75   stopped early; running again continues
  130  interrupted, with nothing to continue
"""


class Parser(argparse.ArgumentParser):
    """Takes no abbreviated options, and says what was wrong in one line and where to read on."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **settings})

    def error(self, message: str) -> NoReturn:
        """Print the message and exit with 2."""
        self.exit(McsimError.exit_code, f"{self.prog}: {message}\nSee {self.prog} --help\n")

    def refuse(self, unknown: Sequence[str]) -> NoReturn:
        """Say which arguments it does not take, and which option may have been meant."""
        from mcsim.parameters import nearest

        options = [word for word in self._option_string_actions if word.startswith("--")]
        meant = next((nearest(word.partition("=")[0], options) for word in unknown if word.startswith("-")), "")
        self.error(f"unrecognized arguments: {' '.join(unknown)}{meant}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    # One thread everywhere, or the last bits would depend on the machine's cores; read when numpy is imported.
    os.environ.update(dict.fromkeys((*VARIABLES, "NUMBA_NUM_THREADS"), "1"))
    words = list(sys.argv[1:] if argv is None else argv)
    verb = next((word for word in words if not word.startswith("-")), "")
    debug = "--debug" in words
    try:
        try:
            code = _run(words, verb)
        except SystemExit as stop:  # argparse: --help, --version, words it refuses
            code = int(stop.code or 0)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone (| head). Python flushes stdout once more at exit, and must find somewhere to write.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = BROKEN_PIPE
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 (the last stop: a message and an exit code)
        if debug:
            traceback.print_exception(error)
        message, code = _outcome(error)
        print(f"mcsim: {message}", file=sys.stderr)
    return code


def _run(words: Sequence[str], verb: str) -> int:
    parser = Parser(
        prog="mcsim",
        description="Monte Carlo simulation studies of multilevel (mixed-effects) models.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"mcsim {__version__}")
    subparsers = parser.add_subparsers(title="verbs", metavar="VERB")
    module = importlib.import_module(f"mcsim.cli.{verb}") if verb in VERBS else None
    for name, line in VERBS.items():
        if module and name == verb:
            module.register(subparsers)
            subparsers.choices[verb].add_argument("--debug", action="store_true", help="show the traceback of an error")
        else:
            subparsers.add_parser(name, help=line)
    if verb and not module:
        from mcsim.parameters import nearest

        parser.error(f"there is no verb {verb!r}{nearest(verb, VERBS)} (there are {', '.join(VERBS)})")
    args, unknown = parser.parse_known_args(words)
    if unknown:
        (subparsers.choices[verb] if module else parser).refuse(unknown)
    if not module:
        parser.error(f"which verb? There are {', '.join(VERBS)}")
    return int(module.run(args))


def _outcome(error: BaseException) -> tuple[str, int]:
    """What to say of an error, and the exit code."""
    if isinstance(error, McsimError):
        return str(error), error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", INTERRUPTED
    said = f"unexpected {type(error).__name__}: {first_line(str(error))}"
    return f"{said}\nAdd --debug to see where it was raised.", INTERNAL_ERROR

"""Study files: a path in, the study it binds out."""

import contextlib
import hashlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from mcsim.errors import McsimError, ParameterError, StudyError
from mcsim.keys import STUDY_MODULE, STUDY_SOURCE
from mcsim.parameters import nearest
from mcsim.study import Study

_loading: list[str] = []
"""The files being loaded at this moment, the innermost last."""


def refuse_while_loading(what: str) -> None:
    """Raise if a study file calls this while it is being loaded: every worker that loads the file would do so too.

    Raises
    ------
    StudyError
        With what to write instead.
    """
    if _loading:
        fault = f'calls {what} while it is loaded; put the call under `if __name__ == "__main__":`'
        raise StudyError(_loading[-1], [fault])


def load_study(path: str | os.PathLike[str]) -> Study:
    """The study that a Python file binds.

    The file runs under a private module name, with its folder last on the import path, so that it can neither
    hide a module nor be hidden by one. What it prints goes to stderr.

    Parameters
    ----------
    path : path
        The study's file.

    Returns
    -------
    Study
        With `source` the absolute path, `aims` the file's docstring, and the file's stem as `name` unless it gives one.

    Raises
    ------
    StudyError
        If there is no such file, or it does not parse, raises, exits, or binds no study or several.
    """
    file = Path(path).absolute()
    module = _module(str(path), file)
    _execute(str(path), module)
    studies = {id(value): name for name, value in vars(module).items() if isinstance(value, Study)}
    if len(studies) != 1:
        given = f"binds several studies: {', '.join(studies.values())}" if studies else "binds no study"
        raise StudyError(str(path), [f"the file {given}; allowed: one, as in study = Study(...)"])
    study: Study = getattr(module, next(iter(studies.values())))
    try:
        return study.of_file(file, (module.__doc__ or "").strip())
    except StudyError as error:
        raise StudyError(str(path), error.faults) from None


def _module(shown: str, file: Path) -> ModuleType:
    """A module for the file, registered under a name of its own, with the file's text, not yet executed."""
    if file.is_dir():
        inside = ", ".join(sorted(p.name for p in file.glob("*.py"))[:5])
        raise StudyError(shown, [f"is a folder; give the study's file{f' (it holds {inside})' if inside else ''}"])
    if not file.exists():
        close = nearest(file.name, [p.name for p in file.parent.glob("*.py")]) if file.parent.is_dir() else ""
        lacking = f"there is no such file{close}" if file.parent.is_dir() else f"there is no folder {file.parent}"
        raise StudyError(shown, [lacking])
    if file.suffix != ".py":
        raise StudyError(shown, [f"given a file named {file.name}; allowed: a Python file, *.py"])
    try:
        text = importlib.util.decode_source(file.read_bytes())
    except (OSError, UnicodeError, SyntaxError) as error:
        raise StudyError(shown, [f"cannot be read: {error}"]) from error
    module = ModuleType(STUDY_MODULE + hashlib.blake2b(os.fsencode(file), digest_size=6).hexdigest())
    module.__file__ = str(file)
    setattr(module, STUDY_SOURCE, text)
    return module


def _execute(shown: str, module: ModuleType) -> None:
    """Run the file; whatever goes wrong becomes a `StudyError` that names the line in the file."""
    file = str(module.__file__)
    folder = str(Path(file).parent)
    if folder not in sys.path:
        sys.path.append(folder)
    sys.modules[module.__name__] = module
    _loading.append(shown)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            code = compile(vars(module)[STUDY_SOURCE], file, "exec", dont_inherit=True)
            exec(code, vars(module))  # noqa: S102 (a study is a program; running it is what loading means)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        del sys.modules[module.__name__]
        raise _failure(shown, file, error) from error
    finally:
        _loading.pop()


def _failure(shown: str, file: str, error: BaseException) -> StudyError:
    """What went wrong while the file ran, and where in it."""
    if isinstance(error, SyntaxError):
        where = shown if error.filename in {file, None} else error.filename
        fault = f"does not parse: {error.msg}: {error.text or ''}"
        return StudyError(f"{where}, line {error.lineno or 1}", [fault.strip().removesuffix(":")])
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return StudyError(f"{shown}, line {lines[-1]}" if lines else shown, _faults(error))


def _faults(error: BaseException) -> Sequence[str]:
    if isinstance(error, StudyError):
        return error.faults
    if isinstance(error, ParameterError):
        return [f"{error.owner}: {fault}" for fault in error.faults]
    if isinstance(error, McsimError):
        return [str(error)]
    if isinstance(error, SystemExit):
        return [f"the file calls exit ({error.code!r}) while it is loaded; allowed: a file that only binds a Study"]
    return [f"raised {type(error).__name__}: {error}"]

"""Where rows come from: versions, machine, commit. It is written down; nothing but a warning depends on it."""

import contextlib
import hashlib
import os
import platform
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mcsim
from mcsim.methods.peer_method import PeerMethod
from mcsim.study import Study

Provenance = Mapping[str, Any]
"""versions, platform, blas; machine (host, processor, cores); git (commit, dirty) and study_file, None if unknown."""

MOST = 20
"""So many are kept: the first, and the latest of the others."""

_LIBRARIES = ("joblib", "llvmlite", "numba", "numpy", "pandas", "pyarrow", "scipy")
_GIT_SECONDS = 10


def provenance_of(study: Study, blas: Sequence[str]) -> Provenance:
    """Where rows come from that this process computes.

    Parameters
    ----------
    study : Study
        Its methods say which packages they call, its file in which repository it lies.
    blas : sequence of str
        The linear algebra libraries, with version and the kernel chosen for this processor.
    """
    called = {method.package for method in study.methods.values() if isinstance(method, PeerMethod)}
    libraries = {library: version(library) for library in [*_LIBRARIES, *sorted(called)]}
    return {
        "versions": {"mcsim": mcsim.__version__, "python": platform.python_version(), **libraries},
        "platform": f"{sys.platform} {platform.machine()}",
        "blas": list(blas),
        "machine": {"host": socket.gethostname(), "processor": _processor(), "cores": os.cpu_count()},
        "git": _git(study.source.parent) if study.source else None,
        "study_file": _digest(study.source) if study.source else None,
    }


def joined(before: Sequence[Provenance], now: Sequence[Provenance]) -> list[Provenance]:
    """Those there were, and what is new among those of now; two machines of one kind are not two."""
    found = list(before)
    for one in now:
        if all(_kind(one) != _kind(other) for other in found):
            found.append(one)
    return found if len(found) <= MOST else [found[0], *found[1 - MOST :]]


def differences(before: Sequence[Provenance], now: Provenance) -> list[str]:
    """What may change the last digits of rows computed now beside those that are there, one entry for each version.

    Returns
    -------
    list of str
        Such as ``"numpy 2.0.1 -> 2.1.0"``; empty if everything is as it was.
    """
    found: dict[str, None] = {}
    for one in before:
        old, new = one.get("versions", {}), now.get("versions", {})
        for name in old:
            if name in new and old[name] != new[name]:
                found[f"{name} {old[name]} -> {new[name]}"] = None
        if one.get("platform") != now.get("platform"):
            found[f"{one.get('platform')} -> {now.get('platform')}"] = None
        # More may be loaded at one time than at another; then those loaded both times are the same.
        was, is_now = set(one.get("blas", ())), set(now.get("blas", ()))
        if not (was <= is_now or is_now <= was):
            found[f"{', '.join(sorted(was - is_now))} -> {', '.join(sorted(is_now - was))}"] = None
    return list(found)


def _kind(one: Provenance) -> dict[str, Any]:
    """What tells one provenance from another: not the name and the size of the machine."""
    return {**one, "machine": (one.get("machine") or {}).get("processor")}


def _processor() -> str:
    """The name of the processor, as far as the system tells it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _git(folder: Path) -> Mapping[str, Any] | None:
    """The commit of the repository that a folder lies in, and whether tracked files differ from it."""
    # A hook of git runs with variables that name another repository.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        said = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=True,
            timeout=_GIT_SECONDS,
            env=environment,
            stdin=subprocess.DEVNULL,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None  # no git, no repository, or none with a commit
    return {"commit": said.removesuffix("-dirty"), "dirty": said.endswith("-dirty")}


def _digest(path: Path) -> str | None:
    with contextlib.suppress(OSError):
        return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    return None

"""Packages that mcsim works without, and that only what needs them imports."""

from importlib.util import find_spec

from mcsim.errors import PackageError


def absent(package: str) -> str:
    """What is missing and how to get it, in one line; empty if the package is installed. It is not imported.

    Parameters
    ----------
    package : str
        Its name, which is also that of the extra of mcsim that brings it.
    """
    if find_spec(package) is not None:
        return ""
    return f"the package {package} is not installed; this brings it: pip install 'mcsim[{package}]'"


def require(package: str) -> None:
    """Refuse to go on without a package.

    Raises
    ------
    PackageError
        If it is not installed.
    """
    if said := absent(package):
        raise PackageError(said)

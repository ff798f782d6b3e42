"""Packages that mcsim works without, and that only what needs them imports."""

from importlib.util import find_spec

from mcsim.errors import PackageError


def absent(package: str, *, extra: str = "") -> str:
    """What is missing and how to get it, in one line; empty if the package is installed. It is not imported.

    Parameters
    ----------
    package : str
        Its name.
    extra : str, optional
        The extra of mcsim that brings it, if that has another name.
    """
    if find_spec(package) is not None:
        return ""
    return f"the package {package} is not installed; this brings it: pip install 'mcsim[{extra or package}]'"


def require(package: str, *, extra: str = "") -> None:
    """Refuse to go on without a package; see `absent`.

    Raises
    ------
    PackageError
        If it is not installed.
    """
    if said := absent(package, extra=extra):
        raise PackageError(said)

"""Factors of mechanisms and options of methods: their table and their signature, from the fields themselves."""

import dataclasses
import inspect
from typing import Any

from sphinx.application import Sphinx

from mcsim.model import Mechanism
from mcsim.parameters import REQUIRED, Parameters


def _fields(thing: Any) -> list[dataclasses.Field[Any]]:
    """The described fields of a class of parameters; none of anything else."""
    if not (inspect.isclass(thing) and issubclass(thing, Parameters)):
        return []
    return [field for field in dataclasses.fields(thing) if "check" in field.metadata]


def _add_table(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Append the table of fields to a class's docstring."""
    del app, what, name, options
    if not (fields := _fields(thing)):
        return
    title = "Factors" if issubclass(thing, Mechanism) else "Options"
    lines += ["", f".. rubric:: {title}", "", ".. list-table::", "   :header-rows: 1", "   :class: fields", ""]
    for name_, default, meaning, allowed in [("name", "default", "meaning", "allowed"), *map(_row, fields)]:
        lines += [f"   * - {name_}", f"     - {default}", f"     - {meaning}", f"     - {allowed}"]
    lines.append("")


def _row(field: dataclasses.Field[Any]) -> tuple[str, str, str, str]:
    default = "required" if field.default is REQUIRED else f"``{field.default!r}``"
    return (
        f"``{field.name}``",
        default,
        _escaped(field.metadata["description"]),
        _escaped(field.metadata["check"].allowed),
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("*", "\\*").replace("`", "\\`").replace("|", "\\|")


def _sign(app: Sphinx, what: str, name: str, thing: Any, *rest: Any) -> tuple[str, str] | None:
    """The fields as the signature: the checked constructor takes anything, so that it can name what is wrong."""
    del app, what, name, rest
    if not _fields(thing):
        return None
    parameters = [
        p.replace(annotation=inspect.Parameter.empty)
        for p in list(inspect.signature(thing.__init__).parameters.values())[1:]
    ]
    return str(inspect.Signature(parameters)), ""


def setup(app: Sphinx) -> dict[str, bool]:
    """Listen to autodoc, after numpydoc."""
    app.connect("autodoc-process-docstring", _add_table, priority=900)
    app.connect("autodoc-process-signature", _sign)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

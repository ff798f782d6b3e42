"""The report: one HTML file that needs nothing else."""

import base64
import gzip
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from mcsim.report.charts.files import javascript

_SCRIPTS = ("data.js", "picks.js", "charts.js", "nested.js", "kinds.js", "draw.js", "table.js", "main.js")


def rendered(facts: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    """The page.

    Parameters
    ----------
    facts : mapping of str to object
        What stands on it in words, by the names of the template.
    content : mapping of str to object
        What its script works on.
    """
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string(_read("page.html"))
    return template.render(
        **facts,
        style=_trusted(_read("page.css")),
        content=_zipped(content),
        library=_trusted(javascript()),
        script=_trusted("\n".join(_read(name) for name in _SCRIPTS)),
    )


def _read(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")


def _zipped(content: Mapping[str, Any]) -> str:
    """JSON, compressed, in base64: nothing in it ends the script, and the same content gives the same text."""
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def _trusted(text: str) -> Markup:
    return Markup(text)  # noqa: S704 (our own files)

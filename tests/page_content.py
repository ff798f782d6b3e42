"""What the page packs, unpacked as its script (data.js) does it; and the words of a page that says nothing."""

import base64
from importlib import resources

import jinja2.meta
import numpy as np

_MADE_BY_RENDERED = {"style", "content", "library", "script"}


def wordless():
    """Nothing for every name that the page's template has for what stands on it in words."""
    template = resources.files("mcsim.report.page").joinpath("page.html").read_text(encoding="utf-8")
    names = jinja2.meta.find_undeclared_variables(jinja2.Environment(autoescape=True).parse(template))
    return dict.fromkeys(names - _MADE_BY_RENDERED, "")


def column_of(column, length):
    """The values of a packed column."""
    if "at" in column:
        return [column["words"][place] for place in _numbers(column["at"], "u1")]
    if "at2" in column:
        return [column["words"][place] for place in _numbers(column["at2"], "<u2")]
    if "words" in column:
        return column["words"] * length
    step = (column["upper"] - column["lower"]) / 65534
    return [None if code == 65535 else column["lower"] + step * code for code in _numbers(column["data"], "<u2")]


def rows_of(tables):
    """The rows of packed tables."""
    rows = []
    for table in tables:
        columns = {name: column_of(column, table["length"]) for name, column in table["columns"].items()}
        rows += [{name: values[place] for name, values in columns.items()} for place in range(table["length"])]
    return rows


def _numbers(text, kind):
    return np.frombuffer(base64.b64decode(text), kind).tolist()

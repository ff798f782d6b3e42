"""A table for a paper written by pandas: LaTeX (booktabs), HTML, Markdown, CSV."""

import re
from itertools import groupby
from operator import attrgetter
from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler

from mcsim.report.escapes import escaped, figure
from mcsim.report.paper_table import PaperTable

PAGE = 40
"""A LaTeX table of more rows runs over several pages."""

_GAPS = "border-left: .5em solid transparent; border-right: .5em solid transparent"  # between rules side by side
_STYLE: list[Any] = [
    {"selector": "", "props": "border-spacing: 0; border-top: 2px solid; border-bottom: 2px solid"},
    {"selector": "caption", "props": "text-align: left; font-style: italic; padding-bottom: .5em"},
    {"selector": "th, td", "props": "padding: .2em .7em; font-weight: normal; white-space: nowrap"},
    {"selector": "thead tr:last-child th", "props": "border-bottom: 1px solid"},
    {"selector": "th[scope=colgroup]", "props": f"text-align: center; border-bottom: 1px solid; {_GAPS}"},
]


def formatted(table: PaperTable, format: str) -> str:  # noqa: A002 (the word of the command line)
    """A table in one of the formats of `mcsim.report.escapes`.

    Parameters
    ----------
    table : PaperTable
        From `paper_table`.
    format : str
        "latex" needs the package booktabs, and longtable for more than `PAGE` rows. "html" is a whole page. In
        "markdown" and "csv" headings that span columns stand before each: ``REML: Bias``. "csv" has neither caption
        nor notes.

    Returns
    -------
    str
        Without a final newline.
    """
    return {"latex": _latex, "html": _html, "markdown": _markdown, "csv": _csv}[format](table).rstrip("\n")


def _cells(table: PaperTable, format: str) -> list[list[str]]:  # noqa: A002
    """The cells as they stand in a format; in CSV none is left blank."""
    write = [escaped if column.kind == "name" else figure for column in table.columns]
    body = table.rows if format == "csv" else table.sparse()
    return [[put(cell, format) for put, cell in zip(write, row, strict=True)] for row in body]


def _styled(table: PaperTable, heads: list[tuple[str, str]], format: str) -> Styler:  # noqa: A002
    """The table as pandas' writers take it; headings that span columns in a row of their own."""
    spanning = any(group for group, _ in heads)
    columns = pd.MultiIndex.from_tuples(heads) if spanning else pd.Index([label for _, label in heads])
    frame = pd.DataFrame(_cells(table, format), columns=columns, dtype=object)
    return Styler(frame, cell_ids=False, uuid="performance").hide(axis="index")


def _latex(table: PaperTable) -> str:
    heads = []
    for column in table.columns:
        label = escaped(column.label, "latex")
        over = label if column.kind == "name" else f"\\multicolumn{{1}}{{c}}{{{label}}}"
        heads.append((escaped(column.group, "latex"), over))
    if rules := _rules(table):
        heads[0] = (heads[0][0], f"{rules} {heads[0][1]}")  # they stand above the second row of headings
    is_long = len(table.rows) > PAGE
    text = _styled(table, heads, "latex").to_latex(
        hrules=True,
        column_format="".join("l" if column.kind == "name" else "r" for column in table.columns),
        multicol_align="c",
        caption=escaped(table.caption, "latex"),
        environment="longtable" if is_long else None,
        position_float=None if is_long else "centering",
    )
    note = r"\emph{Note.} " + " ".join(escaped(sentence, "latex") for sentence in table.notes)
    needed = "% needs \\usepackage{booktabs}" + (r" and \usepackage{longtable}" if is_long else "")
    if is_long:
        return f"{needed}\n{text}\\noindent {note}"
    return f"{needed}\n{text}".replace(
        r"\end{table}", f"\n\\smallskip\n\\parbox{{\\linewidth}}{{{note}}}\n\\end{{table}}"
    )


def _rules(table: PaperTable) -> str:
    """A rule below each heading that spans columns."""
    rules, first = [], 1
    for group, columns in groupby(table.columns, attrgetter("group")):
        last = first + len(list(columns)) - 1
        rules += [f"\\cmidrule(lr){{{first}-{last}}}"] if group else []
        first = last + 1
    return "".join(rules)


def _html(table: PaperTable) -> str:
    heads = [(escaped(column.group, "html"), escaped(column.label, "html")) for column in table.columns]
    sides: list[Any] = [
        {"selector": f".col{place}", "props": f"text-align: {'left' if column.kind == 'name' else 'right'}"}
        for place, column in enumerate(table.columns)
    ]
    styler = _styled(table, heads, "html").set_caption(escaped(table.caption, "html"))
    page = styler.set_table_styles(sides).set_table_styles(_STYLE, overwrite=False).to_html(doctype_html=True)
    note = " ".join(escaped(sentence, "html") for sentence in table.notes)
    return _scoped(page, table.places).replace("</table>", f"</table>\n<p><em>Note.</em> {note}</p>")


def _scoped(page: str, places: int) -> str:
    """Headings that say what they head, of columns and of rows; a heading of nothing is none."""
    page = re.sub(r"<th ([^>]*)></th>", r"<td \1></td>", page)
    page = re.sub(r'<th class="([^"]*)" (colspan="\d+")>', r'<th class="\1" scope="colgroup" \2>', page)
    page = re.sub(r'<th class="([^"]*)" >', r'<th class="\1" scope="col">', page)
    own = "|".join(map(str, range(places)))
    return re.sub(rf'<td class="(data row\d+ col(?:{own}))" >(.+)</td>', r'<th class="\1" scope="row">\2</th>', page)


def _markdown(table: PaperTable) -> str:
    sides = ["left" if column.kind == "name" else "right" for column in table.columns]
    frame = pd.DataFrame(_cells(table, "markdown"), columns=_single_heads(table, "markdown"))
    text = frame.to_markdown(index=False, disable_numparse=True, colalign=sides)
    note = " ".join(escaped(sentence, "markdown") for sentence in table.notes)
    return f"*{escaped(table.caption, 'markdown')}*\n\n{text}\n\n*Note.* {note}"


def _csv(table: PaperTable) -> str:
    frame = pd.DataFrame(_cells(table, "csv"), columns=_single_heads(table, "csv"))
    return frame.to_csv(index=False, lineterminator="\n")


def _single_heads(table: PaperTable, format: str) -> list[str]:  # noqa: A002
    return [escaped(f"{c.group}: {c.label}" if c.group else c.label, format) for c in table.columns]

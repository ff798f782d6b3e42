"""Plain rows as HTML, for what a notebook shows of a value."""

from collections.abc import Iterable, Sequence
from html import escape

ROWS = 60
"""So many rows of a table are shown; of a longer one a line says how many there are."""


def html_table(head: Sequence[str], rows: Iterable[Sequence[object]], *, total: int | None = None) -> str:
    """A table with a header row, every text made harmless.

    Parameters
    ----------
    head : sequence of str
        The names of the columns; none for a table without a header row.
    rows : iterable of sequence
        As many cells each as there are names; the first `ROWS` are shown.
    total : int, optional
        How many rows there are, if they are not all given.

    Returns
    -------
    str
        ``<table>...</table>``, and a paragraph below it if rows are left out.
    """
    body = [_row("td", row) for row in rows]
    count = len(body) if total is None else total
    shown = "".join(body[:ROWS])
    titles = f"<thead>{_row('th', head)}</thead>" if head else ""
    table = f"<table>{titles}<tbody>{shown}</tbody></table>"
    return table if count <= ROWS else f"{table}<p>Shown: {ROWS} of {count:,} rows.</p>"


def html_section(title: str, *parts: str) -> str:
    """A heading above parts that are HTML already."""
    return f"<h4>{escape(title)}</h4>" + "".join(parts)


def html_paragraphs(text: str) -> str:
    """A text, a paragraph for each of its own."""
    return "".join(f"<p>{escape(' '.join(part.split()))}</p>" for part in text.split("\n\n") if part.strip())


def _row(cell: str, texts: Sequence[object]) -> str:
    mark = f'{cell} style="text-align: left"' + ' scope="col"' * (cell == "th")  # notebooks would align to the right
    return "<tr>" + "".join(f"<{mark}>{escape(str(text))}</{cell}>" for text in texts) + "</tr>"

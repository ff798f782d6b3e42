"""Charts as files: for a paper (SVG, PDF, PNG), for a browser (HTML) and for other programs (JSON).

No browser and no network is needed. The renderer brings the font that `style.FONT` begins with, so a figure is the same
on every machine. A pixel of a chart is 1/96 inch.
"""

import functools
import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcsim.store import Store
from mcsim.store.exporting import check_target
from mcsim.store.local import whole_file

if TYPE_CHECKING:
    from mcsim.report.charts.style import AnyChart

PNG_PPI = 300
"""Pixels per inch of a PNG, as journals ask for: a chart 560 wide becomes 1750 pixels, 5.8 inches in print."""

_SCALE = 72 / 96  # a pixel is 1/72 inch to the renderer of PDF and PNG

_SIZE = re.compile(r'\b(width|height)="([\d.]+)"')

_SNIPPET = "window.vegaEmbed = vegaEmbed; window.vega = vega;"

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<script>{script}</script>
</head>
<body>
<div id="chart"></div>
<script>
vegaEmbed("#chart", {spec}, {{actions: {{export: true, source: false, compiled: false, editor: false}}}});
</script>
</body>
</html>
"""


def check_chart_target(target: str, store: Store) -> Path:
    """The file to write a chart to, if it is one that may be written.

    Raises
    ------
    ResultsError
        If its name ends in none of `WRITERS`, or it is no file in a folder that is there and holds no results.
    """
    return check_target(target, store, what="chart", suffixes=tuple(WRITERS))


def write_chart(chart: "AnyChart", target: Path) -> None:
    """Write a chart, in the format that the file's name ends in; the file is there whole or not at all.

    Parameters
    ----------
    chart : altair chart
        With its data.
    target : Path
        It ends in one of `WRITERS`.

    Raises
    ------
    StorageError
        If it cannot be written; the file is then as it was before.
    """
    content = WRITERS[target.suffix](chart.to_dict(validate=False), target.stem)
    with whole_file(target) as stream:
        stream.write(content)


@functools.cache
def javascript() -> str:
    """The script that draws charts in a browser, 0.9 MB, without a network; it defines ``vegaEmbed`` and ``vega``."""
    import vl_convert

    return str(vl_convert.javascript_bundle(_SNIPPET, vl_version=_version()))


def script_safe(value: Any) -> str:
    """A value as JSON that may stand in a script element: no text in it can end the element."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", r"\u003c").replace("\u2028", r"\u2028").replace("\u2029", r"\u2029")


def _version() -> str:
    """The version of Vega-Lite that charts are written in."""
    import altair as alt

    return ".".join(alt.SCHEMA_VERSION.split(".")[:2])


def _svg(spec: dict[str, Any], _: str) -> bytes:
    import vl_convert

    return str(vl_convert.vegalite_to_svg(spec, vl_version=_version())).encode()


def _pdf(spec: dict[str, Any], name: str) -> bytes:
    import vl_convert

    def scaled(size: re.Match[str]) -> str:
        return f'{size[1]}="{float(size[2]) * _SCALE:g}"'

    root, rest = _svg(spec, name).decode().split(">", 1)
    return bytes(vl_convert.svg_to_pdf(f"{re.sub(_SIZE, scaled, root)}>{rest}"))


def _png(spec: dict[str, Any], _: str) -> bytes:
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(spec, vl_version=_version(), scale=_SCALE, ppi=PNG_PPI))


def _html(spec: dict[str, Any], name: str) -> bytes:
    return _PAGE.format(title=html.escape(name), script=javascript(), spec=script_safe(spec)).encode()


def _json(spec: dict[str, Any], _: str) -> bytes:
    return (json.dumps(spec, allow_nan=False) + "\n").encode()


WRITERS: dict[str, Callable[[dict[str, Any], str], bytes]] = {
    ".svg": _svg,
    ".pdf": _pdf,
    ".png": _png,
    ".html": _html,
    ".json": _json,
}
"""What makes the content of a file, by the end of its name."""

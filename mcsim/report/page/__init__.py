"""The report: one HTML file that needs nothing else."""

import json
from importlib import resources
from typing import Any

from mcsim.measures import MEASURES
from mcsim.report.charts import KINDS, drawn_by
from mcsim.report.charts.figures import default_estimand
from mcsim.report.charts.performance import MOST_LINES
from mcsim.report.charts import style
from mcsim.report.charts.request import Request
from mcsim.report.charts.tables import Tables
from mcsim.report.charts.words import measure_title, of_estimand
from mcsim.report.page.figures import conditions_of, factors_of, figures_of
from mcsim.report.page.templates import template


def page(tables: Tables, name: str, power: float) -> str:
    import jinja2
    import vl_convert

    env = jinja2.Environment(autoescape=True)
    read = lambda n: resources.files(__name__).joinpath(n).read_text(encoding="utf-8")
    from markupsafe import Markup
    content = content_of(tables, name, power)
    return env.from_string(read("page.html")).render(
        name=name, version="0", style=Markup(read("page.css")),
        content=Markup(json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False).replace("</", "<\\/").replace("<!--", "<\\!--")),
        library=Markup(vl_convert.javascript_bundle()), script=Markup("\n".join(read(n) for n in ("data.js","picks.js","charts.js","kinds.js","table.js","main.js"))))


def content_of(tables: Tables, name: str, power: float) -> dict[str, Any]:
    lists = {
        "condition": list(tables.factors),
        "method": list(tables.levels),
        "estimand": list(dict.fromkeys(tables.figures["estimand"])),
        "measure": [m for m in MEASURES if m in set(tables.figures["measure"])],
    }
    factors = factors_of(tables)
    drawing = drawn_by("performance").what(tables, Request())
    return {
        "name": name,
        "conditions": conditions_of(tables, factors),
        "factors": factors,
        "numeric": [n for n in factors],
        "methods": lists["method"], "estimands": lists["estimand"], "measures": lists["measure"],
        "titles": {m: measure_title(m) for m in lists["measure"]},
        "axes": {m: of_estimand(m, "⟦estimand⟧") for m in lists["measure"]},
        "defaults": {"measure": "coverage", "estimand": default_estimand(tables)},
        "charts": [{"kind": "performance", "title": "performance", "caption": "x", "picks": ["measure", "estimand", "x", "row", "column"]}],
        "most_lines": MOST_LINES,
        "marks": style.marks(lists["method"], {l: i for i, l in enumerate(lists["method"])}),
        "templates": {"performance": template("performance", drawing, {}), "performance below": template("performance", drawing, {"method": MOST_LINES + 1})},
        "figures": figures_of(tables, lists, power),
    }

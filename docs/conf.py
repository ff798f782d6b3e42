"""The documentation site: `make site` writes it to site/. Nothing is fetched, neither at build time nor by a reader."""

import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_extensions")]

from parts import write_page  # noqa: E402 (found by the path above)

write_page(HERE / "api" / "parts.md")

project = "mcsim"
author = "the mcsim developers"
version = release = tomllib.loads((HERE.parent / "pyproject.toml").read_text())["project"]["version"]
copyright = author  # noqa: A001 (Sphinx's name for it)

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "fields",
    "mathml",
    "names",
    "outside",
]
exclude_patterns = ["_extensions", "_templates"]
templates_path = ["_templates"]
nitpicky = True
smartquotes = False  # what is quoted is code
# A measure cites by number what stands in the list of its module, which Sphinx cannot see.
suppress_warnings = ["ref.citation"]

# A notebook is stored with its outputs, so that a Git host shows them too and the site needs no kernel;
# tests/docs/test_tour.py runs it and compares every output.
nb_execution_mode = "off"
myst_enable_extensions = ["colon_fence", "dollarmath", "attrs_block"]
myst_heading_anchors = 4  # the anchors that a Git host gives to headings

autosummary_generate = True
autodoc_typehints = "none"  # numpydoc's sections say what types are, with shapes and units
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

html_theme = "pydata_sphinx_theme"
html_title = "mcsim"
html_sidebars = {"tutorial": []}  # its headings stand on the other side
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_context = {"default_mode": "auto"}
html_show_sphinx = False
html_theme_options = {
    "navbar_align": "left",
    "navbar_persistent": ["search-button"],
    "navbar_end": ["theme-switcher"],
    "header_links_before_dropdown": 6,
    "show_prev_next": True,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


def _tidy(app: Any, _: Exception | None) -> None:
    """Remove the copy of the notebook that myst-nb leaves beside the site, for downloads that no page offers."""
    shutil.rmtree(Path(app.outdir).parent / "jupyter_execute", ignore_errors=True)


def setup(app: Any) -> None:
    """Listen to the end of a build."""
    app.connect("build-finished", _tidy)

"""Pages that lie outside docs/: links to them, and their own links, lead to the right page of the site."""

import posixpath
import re
from pathlib import Path

from sphinx.application import Sphinx

PAGES = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""What a page of the repository is on the site."""

_LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(#[^)\s]*)?\)")


def _relative(text: str, folder: str, page: str) -> str:
    """The links of a text that lies in a folder of the repository, as links of a page of docs/."""

    def moved(link: re.Match[str]) -> str:
        target, anchor = link[1], link[2] or ""
        if not target:
            return link[0]
        path = posixpath.normpath(posixpath.join(folder, target))
        path = f"docs/{PAGES[path]}" if path in PAGES else path
        return f"]({posixpath.relpath(path, posixpath.dirname('docs/' + page) or '.')}{anchor})"

    return _LINK.sub(moved, text)


def _read(app: Sphinx, docname: str, content: list[str]) -> None:
    """Put in the page that a page of the site stands for, and turn links to the repository's pages."""
    for source, page in PAGES.items():
        if page == f"{docname}.md" and page != "index.md":
            text = (Path(app.srcdir).parent / source).read_text(encoding="utf-8")
            content[0] = _relative(text, ".", page)
            return
    if Path(app.env.doc2path(docname)).suffix == ".md":
        content[0] = _relative(content[0], posixpath.dirname(f"docs/{docname}"), f"{docname}.md")


def setup(app: Sphinx) -> dict[str, bool]:
    """Listen to pages being read."""
    app.connect("source-read", _read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

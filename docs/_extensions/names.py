"""What docstrings put between backticks: a link where it is documented here, else code."""

from collections.abc import Sequence
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def _name(
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, options: Any = None, content: Sequence[str] = ()
) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """The default role: a reference that may lead nowhere."""
    del name, lineno, options, content
    env = inliner.document.settings.env
    context = {key: env.ref_context.get(key) for key in ("py:module", "py:class")}
    literal = nodes.literal(rawtext, text, classes=["code"])
    return [pending_xref(rawtext, literal, refdomain="", reftype="mcsim-name", reftarget=text, **context)], []


def _resolve(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.Element) -> nodes.Node | None:
    """A documented object of that name, within the class or module that speaks of it; else the text alone."""
    if node["reftype"] != "mcsim-name":
        return None
    target = node["reftarget"].removesuffix("()")
    python = env.domains.python_domain
    found = python.resolve_xref(env, node["refdoc"], app.builder, "obj", target, node, content) if target else None
    return found or content


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the role and make it the default one."""
    app.add_role("mcsim-name", _name)
    app.config.default_role = "mcsim-name"
    app.connect("missing-reference", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

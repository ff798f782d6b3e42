"""The notebook runs, and its stored outputs are what it gives.

After a change: `.venv/bin/python tests/docs/test_tour.py` runs it and stores the outputs.
"""

import os
import tempfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "tour.ipynb"


def executed(folder):
    """The notebook with the outputs that it gives in a folder of its own."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
    client = NotebookClient(notebook, kernel_name="python3", timeout=120, record_timing=False)
    return client.execute(cwd=str(folder), env=environ)


def texts(notebook):
    """What each cell of code prints or shows, as a reader sees it: text, or HTML where there is any."""
    return ["".join(map(_shown, cell.outputs)) for cell in notebook.cells if cell.cell_type == "code"]


def _shown(out):
    data = out.get("data", {})
    return out.get("text", "") or data.get("text/html") or data.get("text/plain", "")


def shown_as(notebook):
    """The kinds of what cells show, in order: HTML, pictures, text."""
    return [kind for cell in notebook.cells for out in cell.get("outputs", ()) for kind in sorted(out.get("data", ()))]


@pytest.mark.filterwarnings("default")  # those of Jupyter's own event loop
def test_the_notebook_gives_the_outputs_that_are_stored_in_it(tmp_path):
    stored, again = nbformat.read(NOTEBOOK, as_version=4), executed(tmp_path)
    assert any(texts(stored))
    assert texts(again) == texts(stored)
    assert shown_as(again) == shown_as(stored)
    assert "image/svg+xml" in shown_as(stored)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        nbformat.write(executed(folder), NOTEBOOK)

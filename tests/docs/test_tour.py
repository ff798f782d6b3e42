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
    """What each cell of code prints or shows, as text."""
    return [
        "".join(out.get("text", "") or out.get("data", {}).get("text/plain", "") for out in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


@pytest.mark.filterwarnings("default")  # those of Jupyter's own event loop
def test_the_notebook_gives_the_outputs_that_are_stored_in_it(tmp_path):
    stored = texts(nbformat.read(NOTEBOOK, as_version=4))
    assert any(stored)
    assert texts(executed(tmp_path)) == stored


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        nbformat.write(executed(folder), NOTEBOOK)

"""Draws the pictures of README and the pages again, each by the command that its page gives: `make pictures`.

A page shows ``_static/charts/NAME.svg`` and says which `mcsim chart` writes ``NAME.svg``; that one is run. A
study that the page writes out is run here; of the others, which are those of the repository, the results are taken.
"""

import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import NamedTuple

from mcsim.cli.main import main

ROOT = Path(__file__).parents[1]
CHARTS = ROOT / "docs" / "_static" / "charts"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

_SHOWN = re.compile(r"!\[[^]]*\]\((?:docs/)?_static/charts/([\w-]+)\.svg\)")
_COMMAND = re.compile(r"(?:^|`)mcsim (chart (?:.*\\\n)*[^`\n]*) --out ([\w-]+)\.svg(?:`|$)", flags=re.MULTILINE)
_STUDY = re.compile(r"^```python\n# (studies/\w+\.py)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)


class Picture(NamedTuple):
    """A picture of a page.

    Attributes
    ----------
    name : str
        Of its file, without the ending.
    words : list of str
        The command that draws it, without where results and file lie.
    text : str or None
        The study, if the page writes it out; the last time, if it does so more than once.
    """

    name: str
    words: list[str]
    text: str | None


def pictures() -> list[Picture]:
    """Every picture that a page shows and gives the command for."""
    found = []
    for page in PAGES:
        markdown = page.read_text(encoding="utf-8")
        commands = {name: shlex.split(words.replace("\\\n", " ")) for words, name in _COMMAND.findall(markdown)}
        studies = dict(_STUDY.findall(markdown))
        shown = dict.fromkeys(name for name in _SHOWN.findall(markdown) if name in commands)
        found += [Picture(name, commands[name], studies.get(commands[name][1])) for name in shown]
    return found


@contextmanager
def standing_by(text: str | None, file: str, *options: str, results: Path) -> Iterator[Path]:
    """Where the command of a picture can be given: a folder with the page's study, which is run, or this repository.

    Parameters
    ----------
    text, file : str
        The study, and the name of its file; None if it is one of the repository.
    *options : str
        Of the run.
    results : Path
        Where results of the repository's studies lie.

    Yields
    ------
    Path
        Where the results of the study lie.
    """
    if text is None:
        with chdir(ROOT):
            yield results
        return
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        Path(file).parent.mkdir()
        Path(file).write_text(text, encoding="utf-8")
        if code := main(["run", file, *options]):
            sys.exit(code)
        yield Path("results")


def draw(picture: Picture, results: Path, folder: Path) -> Path:
    """Draw a picture into a folder, and say which file it is; SystemExit if it cannot be drawn."""
    target = folder / f"{picture.name}.svg"
    if code := main([*picture.words, "--results", str(results), "--out", str(target)]):
        sys.exit(code)
    return target


if __name__ == "__main__":
    for one in pictures():
        with standing_by(one.text, one.words[1], results=Path(sys.argv[1]).resolve()) as where:
            draw(one, where, CHARTS)

"""Draws the pictures of README and the pages again, each by the command that the page gives: `make pictures`.

A page shows ``_static/charts/NAME.svg`` and says which `mcsim chart` writes ``NAME.svg``; that is the one that is run. It
takes the results of the studies of this repository; the study of README is run here.
"""

import re
import shlex
import sys
import tempfile
from contextlib import chdir
from pathlib import Path
from typing import NamedTuple

from mcsim.cli.main import main

ROOT = Path(__file__).parents[1]
CHARTS = ROOT / "docs" / "_static" / "charts"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

_SHOWN = re.compile(r"!\[[^]]*\]\((?:docs/)?_static/charts/([\w-]+)\.svg\)")
_COMMAND = re.compile(r"(?:^|`)mcsim (chart (?:.*\\\n)*[^`\n]*) --out ([\w-]+)\.svg(?:`|$)", flags=re.MULTILINE)


class Picture(NamedTuple):
    """A picture of a page: its name, and the words of the command that draws it, without where results and file lie."""

    name: str
    words: list[str]


def pictures() -> list[Picture]:
    """Every picture that a page shows, with the command that the same page gives for it, once."""
    found: dict[str, Picture] = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        commands = {name: shlex.split(words.replace("\\\n", " ")) for words, name in _COMMAND.findall(text)}
        found |= {name: Picture(name, commands[name]) for name in _SHOWN.findall(text) if name in commands}
    return list(found.values())


def draw(picture: Picture, results: Path, folder: Path) -> Path:
    """Draw a picture into a folder.

    Parameters
    ----------
    picture : Picture
        Its study is found from the current folder.
    results : Path
        Where the results of its study lie.
    folder : Path
        Where to write it.

    Raises
    ------
    SystemExit
        If it cannot be drawn; the command has said why.
    """
    target = folder / f"{picture.name}.svg"
    if code := main([*picture.words, "--results", str(results), "--out", str(target)]):
        sys.exit(code)
    return target


def study_of_readme() -> tuple[str, str]:
    """The name and the text of the file that README shows."""
    ((name, text),) = re.findall(r"```python\n# (\S+)\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    return name, text


def draw_all(results: Path) -> None:
    """Draw every picture from these results, and those of README's study from its own."""
    name, text = study_of_readme()
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        Path(name).parent.mkdir()
        Path(name).write_text(text)
        if main(["run", name]):
            sys.exit(1)
        for picture in pictures():
            if picture.words[1] == name:
                draw(picture, Path("results"), CHARTS)
    with chdir(ROOT):
        for picture in pictures():
            if picture.words[1] != name:
                draw(picture, results, CHARTS)


if __name__ == "__main__":
    draw_all(Path(sys.argv[1]).resolve())

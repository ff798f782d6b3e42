"""The pictures of README and the pages are what the commands beside them draw.

The studies run with a few replications here: what is compared is every word of a picture, and not its figures.
"""

import importlib.util
import re
import sys
from contextlib import chdir

import pytest
from pages import ROOT

from mcsim.cli.main import main

_SPEC = importlib.util.spec_from_file_location("pictures", ROOT / "docs" / "pictures.py")
drawn = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(drawn)

PICTURES = {picture.name: picture for picture in drawn.pictures()}
FEW = ("--replications", "4", "--jobs", "1")

_OF_RESULTS = re.compile(r"×|interactions|shared by")
"""Which effects of factors are large enough to be named depends on the figures."""


def words(svg):
    """Every text of a picture that is no figure of a result: titles, panels, levels of factors, names."""
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    return {text for text in texts if (not re.search(r"\d", text) or " = " in text) and not _OF_RESULTS.search(text)}


def with_all(command):
    """The words of a command without its number of replications."""
    at = command.index("--replications") if "--replications" in command else len(command)
    return [*command[:at], *command[at + 2 :]]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The results of those studies of the repository of which there are pictures."""
    folder, path = tmp_path_factory.mktemp("pictures"), [*sys.path]
    for study in {picture.words[1] for picture in PICTURES.values() if picture.text is None}:
        with chdir(ROOT):
            assert main(["run", study, *FEW, "--results", str(folder)]) in {0, 3}
    sys.path[:] = path
    return folder


def test_every_picture_that_is_kept_is_shown_and_every_one_that_is_shown_has_its_command():
    assert {path.stem for path in drawn.CHARTS.iterdir()} == set(PICTURES)
    shown = {name for page in drawn.PAGES for name in re.findall(r"_static/charts/([\w-]+)\.svg\)", page.read_text())}
    assert shown == set(PICTURES)
    assert len(drawn.pictures()) == len(PICTURES), "two commands for one picture"


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_white_and_small(name):
    svg = (drawn.CHARTS / f"{name}.svg").read_text()
    assert re.match(r'<svg [^>]*><rect width="\d+" height="\d+" fill="white"/>', svg)
    assert len(svg.encode()) < 100_000


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.usefixtures("standing")
def test_the_command_draws_a_picture_with_the_same_words(results, tmp_path, name):
    picture = PICTURES[name]._replace(words=with_all(PICTURES[name].words))
    with drawn.standing_by(picture.text, picture.words[1], *FEW, results=results) as where:
        again = drawn.draw(picture, where, tmp_path)
    assert words(again.read_text()) == words((drawn.CHARTS / f"{name}.svg").read_text())

"""Every code block of README, CONTRIBUTING and docs does what it shows: `pages` says how each is run."""

import sys

import pytest
from pages import PAGES, ROOT, Session, blocks, within_an_array

from mcsim.measures import MEASURES

WHOLE = {"docs/coming-from-r.md", "docs/reading-the-report.md", "docs/tutorial.md"}
"""Pages whose studies run with all their replications, since their outcome is shown."""

MINE = """
from mcsim import Study, grid
from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel

study = Study(conditions=grid(TwoLevel, n_clusters=[5, 8], cluster_size=4),
              methods={"REML": LinearMixedModel()}, replications=20, seed=1)
"""
"""The study of the reader, for pages that speak of one."""


def name_of(page):
    return str(page.relative_to(ROOT))


@pytest.fixture
def alone(standing, monkeypatch):
    """A folder with a study of the reader's; what a page loads and adds to mcsim is gone afterwards."""
    (standing / "studies").mkdir()
    (standing / "studies" / "mine.py").write_text(MINE)
    (standing / "results").mkdir()
    monkeypatch.syspath_prepend(str(standing))
    modules, known = set(sys.modules), dict(MEASURES)
    yield standing
    MEASURES.clear()
    MEASURES.update(known)
    for name in set(sys.modules) - modules:
        if str(standing) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=name_of)
@pytest.mark.usefixtures("alone")
def test_every_code_block_does_what_it_shows(page, monkeypatch):
    session = Session(page, whole=name_of(page) in WHOLE)
    monkeypatch.setitem(sys.modules, "page", session.module)
    with within_an_array():
        session.follow_all()


def test_there_are_pages_with_blocks_in_every_language_that_is_run():
    assert {block.language for page in PAGES for block in blocks(page)} >= {"python", "bash", "r", "yaml", "text"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```python\nassert 1 == 2, 'no'\n```", "no"),
        ("```bash\nmcsim nonsense\n```", "ends with 2"),
        ("```bash\nmcsim --help # ends with 2\n```", "ends with 0"),
        ("```bash\nmake no-such-target\n```", "ends with 2"),
        ("```bash\nrm -r /\n```", "a command that no test runs"),
        ("```cobol\nSTOP RUN.\n```", "in cobol, which no test runs"),
        ("```\nmcsim run\n```", "in no language"),
        ("words\n\n    mcsim run\n", "in no language"),
        ("```python\nprint(1)\n```\n```text\n2\n```", "the block above prints"),
    ],
)
def test_a_block_that_does_not_do_what_it_shows_is_found(standing, text, said):
    page = standing / "page.md"
    page.write_text(text)
    session = Session(page)
    with pytest.raises(AssertionError, match=said):
        session.follow_all()

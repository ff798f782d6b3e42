"""The site: it builds without a warning, documents every public name, and fetches nothing."""

import re
import subprocess
import sys
import zlib

import pytest
from pages import ROOT

import mcsim
import mcsim.mechanisms
import mcsim.methods
import mcsim.testing
from mcsim.measures import MEASURES
from mcsim.methods import LinearMixedModel
from mcsim.parameters import Parameters


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site as `make site` builds it."""
    folder = tmp_path_factory.mktemp("site")
    options = ["--fail-on-warning", "--keep-going", "--nitpicky", "--quiet", "--doctree-dir", folder / "doctrees"]
    command = [sys.executable, "-m", "sphinx", *options, "docs", folder / "html"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "html"


def test_every_public_name_is_in_the_reference(site):
    inventory = (site / "objects.inv").read_bytes()
    listed = zlib.decompress(inventory.split(b"zlib.\n", 1)[1]).decode()
    documented = {line.split()[0] for line in listed.splitlines()}
    wanted = {
        *(f"mcsim.{name}" for name in mcsim.__all__),
        *(f"mcsim.mechanisms.{name}" for name in dir(mcsim.mechanisms)),
        *(f"mcsim.methods.{name}" for name in mcsim.methods.__all__),
        *(f"mcsim.testing.{name}" for name in mcsim.testing.__all__),
        *(f"mcsim.measures.{name}" for name in MEASURES),
    }
    assert wanted - documented == set()


def test_the_options_of_a_method_stand_in_a_table_with_what_they_allow(site):
    page = (site / "api" / "generated" / "mcsim.methods.LinearMixedModel.html").read_text()
    for field, allowed in (("level", "a finite number, above 0, below 1"), ("n_boot", "a whole number from 2 to")):
        row = re.search(rf"<td>[^/]*<code[^>]*><span[^>]*>{field}</span>.*?</tr>", page, flags=re.DOTALL)
        assert row
        assert allowed in row[0]
    assert issubclass(LinearMixedModel, Parameters)
    assert "given" not in re.search(r'<dt class="sig.*?</dt>', page, flags=re.DOTALL)[0]


def test_a_page_fetches_nothing(site):
    fetched = {
        link
        for page in site.rglob("*.html")
        for link in re.findall(r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="(\w+:[^"]+)"', page.read_text())
    }
    assert {link for link in fetched if not link.startswith("data:")} == set()


def test_every_link_within_the_site_leads_to_a_page_and_a_heading_of_it(site):
    pages = {page.resolve(): page.read_text() for page in site.rglob("*.html") if "_static" not in page.parts}
    broken = []
    for page, text in pages.items():
        for link in re.findall(r'<a\b[^>]*\bhref="([^":]*)"', text):
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            if not target.exists() or (anchor and target in pages and f'id="{anchor}"' not in pages[target]):
                broken.append(f"{page.name}: {link}")
    assert broken == []

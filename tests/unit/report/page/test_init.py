"""The page: one file that needs nothing else, in which every word stands as it is."""

import base64
import gzip
import json
import re
from html.parser import HTMLParser

import jinja2
import pytest
from page_content import wordless

from mcsim.report.page import rendered
from mcsim.report.page.writing import write_report

VOID = {"meta", "link", "input", "br", "hr", "img"}


class Page(HTMLParser):
    """Checks that elements are closed in turn, and collects what tests ask of."""

    def __init__(self, text):
        super().__init__()
        self.opened, self.found, self.references, self.texts, self.inside = [], [], [], {}, []
        self.feed(text)
        self.close()
        assert self.opened == []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.found.append((tag, given))
        self.references += [given[name] for name in ("src", "href", "srcset", "data", "action") if name in given]
        if tag not in VOID:
            self.opened.append(tag)

    def handle_endtag(self, tag):
        assert self.opened.pop() == tag

    def handle_data(self, data):
        if self.opened:
            self.texts.setdefault(self.opened[-1], []).append(data)


@pytest.fixture(scope="module")
def text(ran, tmp_path_factory):
    study, store = ran
    return write_report(study, store, out=tmp_path_factory.mktemp("out") / "page.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def content(text):
    zipped = re.search(r'<script type="text/plain" id="content">([^<]*)</script>', text)[1]
    return json.loads(gzip.decompress(base64.b64decode(zipped)))


def test_it_is_html_with_one_heading_and_every_link_of_its_navigation_has_its_target(page) -> None:
    assert [tag for tag, _ in page.found].count("h1") == 1
    names = [given["id"] for _, given in page.found if "id" in given]
    assert len(names) == len(set(names))
    links = [given["href"] for tag, given in page.found if tag == "a"]
    assert len(links) > 5
    assert {link.removeprefix("#") for link in links} <= set(names)
    labelled = [given["aria-labelledby"] for tag, given in page.found if tag == "section"]
    assert set(labelled) <= set(names)


def test_nothing_is_fetched_from_elsewhere(page) -> None:
    assert [link for link in page.references if not link.startswith(("#", "data:"))] == []
    (style,) = page.texts["style"]
    assert re.findall(r"@import|url\(\s*[\"']?(?!data:|#)", style) == []
    assert {"iframe", "object", "embed", "base", "img"} & {tag for tag, _ in page.found} == set()


def test_the_library_is_in_it_once(page, text) -> None:
    assert text.count("window.vegaEmbed") == 1
    assert [given.get("type") for tag, given in page.found if tag == "script"] == ["text/plain", None, None]


def test_words_of_the_study_stand_as_they_are(ran, page) -> None:
    assert ran[0].aims in page.texts["p"]
    cells = page.texts["td"]
    assert '</script><b>&, a_b 50% $x$ "q"' in cells
    assert "fails at times" in cells
    assert "b" not in {tag for tag, _ in page.found}


def test_the_scripts_content_is_what_it_was_made_of(text) -> None:
    of = content(text)
    assert of["factors"]["shape"] == ["</script><b>&", 'a_b 50% $x$ "q"']
    assert of["methods"] == ["plain", "fails at times"]
    assert of["figures"]["length"] > 0


def test_the_same_content_makes_the_same_page() -> None:
    facts = wordless()
    assert rendered(facts, {"a": 1}) == rendered(facts, {"a": 1})
    with pytest.raises(jinja2.UndefinedError, match="means"):
        rendered({name: value for name, value in facts.items() if name != "means"}, {})


def test_a_number_that_json_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        rendered({}, {"a": float("nan")})

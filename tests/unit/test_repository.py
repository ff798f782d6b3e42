"""The rules of the house that no off-the-shelf tool keeps."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import mcsim
import mcsim.methods
from mcsim.cli.main import VERBS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PACKAGE = sorted((ROOT / "mcsim").rglob("*.py"))
PYTHON = sorted(
    path
    for room in ("mcsim", "studies", "tests", "benchmarks", "proof", "docs")
    for path in (ROOT / room).rglob("*.py")
)
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, Function))


def _lines_of_code(function: Function) -> int:
    """Its lines without its docstring."""
    assert function.end_lineno is not None
    doc = ast.get_docstring(function, clean=False)
    return function.end_lineno - function.lineno + 1 - (doc.count("\n") + 1 if doc else 0)


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ +(.+)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def _wanted(lock: str) -> list[str]:
    """What mcsim requires with the extra of a lock, the extras that this one names among it."""
    extras = PROJECT["project"]["optional-dependencies"]
    asked = extras.get(lock, [])
    within = [name for line in asked for names in re.findall(r"^mcsim\[(.*)\]$", line) for name in names.split(",")]
    own = [line for line in asked if not line.startswith("mcsim[")]
    return [*PROJECT["project"]["dependencies"], *own, *(line for name in within for line in extras[name])]


MADE_WITH_THE_SITE = ROOT / "docs" / "api" / "parts.md"  # by docs/_extensions/parts.py


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_of_a_page_leads_to_a_file_or_heading_of_the_repository(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text())
    broken = []
    for link in links:
        if re.match(r"https?:|mailto:", link):
            continue
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        if path == MADE_WITH_THE_SITE:
            continue
        if not path.exists() or not path.is_relative_to(ROOT) or (anchor and anchor not in _anchors(path)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_make_target_and_verb_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    code = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", page.read_text(), flags=re.DOTALL))
    assert set(re.findall(r"\bmake ([a-z][a-z-]+)", code)) <= targets
    assert set(re.findall(r"(?<![./\w])mcsim (?!import\b)([a-z]+)\b", code)) <= set(VERBS)


def test_the_rooms_of_the_architecture_page_stand_in_the_order_that_imports_keep() -> None:
    rows = re.findall(r"^\| (`[^|]+) \|", (ROOT / "docs" / "architecture.md").read_text(), flags=re.MULTILINE)
    shown = [name.strip("/").removesuffix(".py") for row in rows for name in re.findall(r"`([^`]+)`", row)]
    kept = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    assert shown == [name for layer in kept for name in layer.split(" | ")]


def test_a_module_stays_under_300_lines() -> None:
    assert {
        _name(path): len(path.read_text().splitlines()) for path in PYTHON if len(path.read_text().splitlines()) > 300
    } == {}


def test_a_function_stays_under_40_lines() -> None:
    lengths = {f"{_name(path)}: {f.name}": _lines_of_code(f) for path in PACKAGE for f in _functions(path)}
    assert {name: length for name, length in lengths.items() if length >= 40} == {}


@pytest.mark.parametrize("path", PACKAGE, ids=_name)
def test_a_docstring_describes_no_parameter_that_is_not_there(path: Path) -> None:
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    unknown = {}
    for name, value in vars(module).items():
        if not (inspect.isfunction(value) or inspect.isclass(value)) or value.__module__ != module.__name__:
            continue
        section = re.search(r"Parameters\n-+\n(.*?)(?:\n\n\w+\n-+\n|\Z)", inspect.getdoc(value) or "", flags=re.DOTALL)
        if section:
            described = re.findall(r"^([\w*, ]+) : ", section[1], flags=re.MULTILINE)
            names = {word.strip("* ") for words in described for word in words.split(",")}
            unknown[name] = names - set(inspect.signature(value).parameters)
    assert {name: left for name, left in unknown.items() if left} == {}


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    pattern = re.compile(r"(?<![\w.~])/(?:home|root|Users|work)/\w")
    texts = [*PYTHON, *PAGES, *LOCKS, ROOT / "Makefile", ROOT / "pyproject.toml", ROOT / ".ci" / "run"]
    assert [_name(path) for path in texts if pattern.search(path.read_text())] == []


@pytest.mark.parametrize("lock", LOCKS, ids=_name)
def test_a_lock_pins_every_dependency_by_hash_and_names_no_index(lock: Path) -> None:
    text = lock.read_text()
    pinned = set(re.findall(r"^([a-z0-9-]+)==", text, flags=re.MULTILINE))
    assert {re.match(r"[A-Za-z0-9-]+", wanted)[0].lower() for wanted in _wanted(lock.stem)} <= pinned  # type: ignore[index]
    entries = re.split(r"\n(?=[a-z])", text.strip())
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text


def test_an_extra_brings_each_package_that_a_method_calls() -> None:
    packages = {m.package for m in map(mcsim.methods.__getattr__, mcsim.methods.__all__) if hasattr(m, "package")}
    assert packages == {"mixedlm", "statsmodels"}
    assert packages <= set(PROJECT["project"]["optional-dependencies"])


def test_locks_agree_on_every_version_they_share() -> None:
    versions: dict[str, set[str]] = {}
    for lock in LOCKS:
        for name, version in re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text(), flags=re.MULTILINE):
            versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_the_version_is_one_and_the_changelog_tells_of_it() -> None:
    version = PROJECT["project"]["version"]
    assert mcsim.__version__ == version
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text()


def test_make_help_names_every_documented_target() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = {line.split()[0] for line in shown.splitlines()}
    assert {"setup", "study", "maas-hox", "cluster", "test", "check", "bench", "proof", "clean", "help"} <= listed


def test_the_study_of_the_readme_has_at_most_twenty_lines() -> None:
    (study,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    assert len(study.strip().splitlines()) <= 20


def test_help_loads_none_of_the_heavy_libraries() -> None:
    heavy = {"joblib", "mixedlm", "numba", "numpy", "pandas", "pyarrow", "scipy", "statsmodels"}
    script = f"import sys, mcsim.cli.main as cli; cli.main(['--version']); print(*{heavy!r} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.split("\n")[1:] == ["", ""]


def test_every_fault_of_the_list_has_a_test_with_its_number():
    listed = re.findall(r"^\| ([\d, ]+) \|", (ROOT / "docs/faults.md").read_text(), flags=re.MULTILINE)
    numbers = {int(number) for numbers in listed for number in numbers.split(",")}
    tests = "".join(path.read_text() for path in (ROOT / "tests/faults").glob("test_*.py"))
    named = {int(n) for name in re.findall(r"def test_((?:\d+_)+)", tests) for n in name.split("_") if n}
    given = {int(n) for n in re.findall(r"^ +\(?(\d+), *(?:\"|$)", tests, flags=re.MULTILINE)}
    spans = {
        n for first, last in re.findall(r"def test_(\d+)_to_(\d+)", tests) for n in range(int(first), int(last) + 1)
    }
    assert numbers - named - given - spans == {48}  # of the streams themselves, in tests/statistics

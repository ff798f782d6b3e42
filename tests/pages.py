"""The code blocks of README and docs: found, and run as they are written.

What a block says of itself:

- a Python block whose first line is a comment with the name of a file is that file, and is run too unless it is a test;
  the Python blocks of a page share one namespace;
- `bash` is run command by command; `# ends with N` behind a command says which exit code it has, if it is not 0;
- `r` is run where R and the packages it calls are installed, and parsed where R alone is;
- `yaml` is read, and written to the file that its first line names;
- `text` directly below another block is what that one prints, ... standing for what is left out.
"""

import contextlib
import doctest
import importlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import types
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
DIRECTIVES = {"{eval-rst}", "{toctree}"}
"""What is for Sphinx alone, and no code."""

ELSEWHERE = ("--scheduler", "--cluster", "s3://")
"""What needs a scheduler or a server: such commands are only parsed, and so is a submission that is not a dry run.

tests/faults runs the same words where there is a Slurm, a Dask scheduler and a server.
"""

SHIPPED = {f"studies/{path.name}" for path in (ROOT / "studies").glob("*.py")}
"""The studies of the repository, which have no results here; their charts are drawn by tests/docs/test_pictures.py."""

FEW = ["--replications", "20", "--jobs", "1"]


class Block(NamedTuple):
    """A block of code: its language, its text, and the line it begins on; `follows` another without a word between."""

    language: str
    text: str
    line: int
    follows: bool


def blocks(page: Path) -> list[Block]:
    """The code blocks of a page in order, indented ones among them, which have no language."""
    found, before = [], None
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text()):
        if token.type in {"fence", "code_block"}:
            language = (token.info.split() or [""])[0]
            found.append(Block(language, token.content, token.map[0] + 1, before == "code"))
        before = "code" if token.type in {"fence", "code_block"} else token.type
    return found


def named_file(block: Block) -> Path | None:
    """The file that a block is, by the comment in its first line."""
    found = re.match(r"# ([\w./-]+\.(?:py|yaml))\n", block.text)
    return Path(found[1]) if found else None


class Session:
    """A page being followed by somebody who does all that it says, in the current folder."""

    def __init__(self, page: Path, *, whole: bool = False) -> None:
        self.page, self.whole = page, whole
        self.module = types.ModuleType("page")
        self.printed: str | None = ""
        """What the last block printed; None if it could not be run here."""

    def follow_all(self) -> None:
        """Do what every block says, in order."""
        for block in blocks(self.page):
            self.follow(block)

    def follow(self, block: Block) -> None:
        """Do what a block says; AssertionError if it does not do what the page promises."""
        place = f"{self.page.name}, line {block.line}"
        if block.language in DIRECTIVES:
            return
        if block.language == "text":
            if block.follows and self.printed is not None:
                self._compare(block.text, place)
            return
        act = {"python": self._python, "bash": self._bash, "r": self._r, "yaml": self._yaml}.get(block.language)
        assert act, f"{place}: a code block in {block.language or 'no language'}, which no test runs"
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            was_run = act(block, place)
        self.printed = None if was_run is False else out.getvalue()

    def _compare(self, expected: str, place: str) -> None:
        options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        same = doctest.OutputChecker().check_output(expected, self.printed, options)
        assert same, f"{place}: the block above prints\n{self.printed}"

    def _python(self, block: Block, place: str) -> None:
        file = named_file(block)
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text)
        if not file or not file.name.startswith("test_"):
            exec(compile(block.text, str(file or place), "exec"), vars(self.module))  # noqa: S102 (the page's own code)

    def _bash(self, block: Block, place: str) -> None:
        for line in block.text.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words:
                expected = re.search(r"# ends with (\d+)", line)
                code = self._command(words, f"{place}: {line}")
                assert code == int(expected[1] if expected else 0), f"{place}: {line} ends with {code}"

    def _command(self, words: list[str], place: str) -> int:
        program, *rest = words if words[0] != "exec" else words[1:]
        if program == "mcsim":
            return self._mcsim(rest)
        if program == "make":
            return subprocess.run(["make", "-n", *rest], cwd=ROOT, capture_output=True, check=False).returncode
        if program == "pip":
            extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
            asked = re.fullmatch(r"mcsim(?:\[([\w,]+)\])?", rest[1])
            assert asked, place
            return 0 if set((asked[1] or "dev").split(",")) <= set(extras) else 1
        assert program == "pytest", f"{place}: a command that no test runs"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *rest]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        sys.stdout.write(done.stdout)
        return done.returncode

    def _mcsim(self, words: list[str]) -> int:
        from mcsim.cli.main import main

        parsed_only = any(part in word for word in words for part in ELSEWHERE) or bool(SHIPPED & {*words})
        if parsed_only or (words[0] == "submit" and "--dry-run" not in words):
            return parses(words)
        if words[0] == "run":
            words = [*words, *(["--jobs", "1"] if self.whole else FEW)]
        return main(words)

    def _r(self, block: Block, place: str) -> bool:
        """Whether it could be run."""
        rscript = shutil.which("Rscript")
        if not rscript:
            return False
        Path("block.R").write_text(re.sub(r"\b1000\b", "5", block.text))  # fewer replications, where it can run
        packages = re.findall(r"^library\((\w+)\)", block.text, flags=re.MULTILINE)
        there = "".join(f'stopifnot(requireNamespace("{name}", quietly = TRUE)); ' for name in packages)
        can_run = subprocess.run([rscript, "-e", there + "1"], capture_output=True, check=False).returncode == 0
        does = "source('block.R', echo = FALSE, print.eval = TRUE)" if can_run else "invisible(parse('block.R'))"
        done = subprocess.run([rscript, "-e", does], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{place}: {done.stderr}"
        sys.stdout.write(done.stdout)
        return can_run

    def _yaml(self, block: Block, place: str) -> None:
        assert isinstance(yaml.safe_load(block.text), dict), place
        if file := named_file(block):
            file.write_text(block.text)


def parses(words: list[str]) -> int:
    """Whether the command line takes these words: 0, or the exit code of the refusal."""
    from mcsim.cli.main import Parser

    subparsers = Parser().add_subparsers()
    importlib.import_module(f"mcsim.cli.{words[0]}").register(subparsers)
    try:
        subparsers.choices[words[0]].parse_args(words[1:])
    except SystemExit as refused:
        return int(refused.code or 0)
    return 0


@contextlib.contextmanager
def within_an_array() -> Iterator[None]:
    """The environment of a task of an SGE array, for `--shard auto`."""
    names = {"SGE_TASK_ID": "1", "SGE_TASK_FIRST": "1", "SGE_TASK_LAST": "2", "SGE_TASK_STEPSIZE": "1"}
    os.environ.update(names)
    try:
        yield
    finally:
        for name in names:
            del os.environ[name]

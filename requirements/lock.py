"""Write the locks that make installs from: every version and hash, for every Python and system mcsim supports.

Run by `make lock`. `run.lock` holds what a study needs and the build backend. `dev.lock` adds the checks
and `bench.lock` the comparisons; both have the packages that some methods call. They agree on every version they share.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
COMMAND = [
    *("uv", "pip", "compile", "pyproject.toml", "requirements/build.in", "--universal", "--python-version", "3.11"),
    *("--fork-strategy", "fewest", "--generate-hashes", "--no-annotate", "--no-header", "--quiet", "--upgrade"),
    # The lock names no machine: neither this one's package index nor its folders.
    *("--no-config", "--no-emit-index-url", "--no-emit-find-links"),
]
EXTRAS = {"run": [], "dev": ["run"], "bench": ["run", "dev"]}


def main() -> None:
    """Compile the locks in turn, each held to the versions of those before it."""
    for name, agreeing in EXTRAS.items():
        options = [] if name == "run" else ["--extra", name]
        for other in agreeing:
            options += ["--constraints", f"requirements/{other}.lock"]
        lock = f"requirements/{name}.lock"
        uv = Path(sys.executable).parent / COMMAND[0]
        subprocess.run([str(uv), *COMMAND[1:], *options, "--output-file", lock], cwd=HERE.parent, check=True)


if __name__ == "__main__":
    main()

"""What a person waits for at the prompt."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_STUDY = '''"""One condition, for the clock."""
from benchmarks.designs import random_slope

study = random_slope(1000)
'''


def _seconds(arguments: list[str], folder: Path, repeats: int) -> float:
    command = [str(Path(sys.executable).parent / "mcsim"), *arguments]
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, cwd=folder)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def measure(*, repeats: int = 7) -> dict[str, float]:
    """Median seconds of `mcsim --help`, and of `mcsim status` on a study that has run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "study.py").write_text(_STUDY)
        _seconds(["run", "study.py"], folder, 1)
        return {
            "`mcsim --help`": _seconds(["--help"], folder, repeats),
            "`mcsim status`": _seconds(["status", "study.py"], folder, repeats),
        }

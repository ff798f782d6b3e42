"""Run every check under two seeds and say which agree; exit 1 if one does not."""

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from proof import article, closed_forms, maas_hox, trial_power
from proof.judgement import Judgement

SEEDS = (20050101, 77)


def _print(title: str, judgements: Iterable[Judgement]) -> int:
    """Print a check's lines; return how many differ."""
    print(f"\n== {title}\n{'':8} {'':58} {'ours':>12} {'known':>12}   rule", flush=True)
    differing = 0
    for judgement in judgements:
        print(judgement, flush=True)
        differing += not judgement.agrees
    return differing


def main() -> int:
    """Run all checks; return the exit code."""
    differing = _print("The tutorial's printed figures", article.judgements())
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            differing += _print(f"Closed forms, seed {seed}", closed_forms.judgements(Path(folder), seed))
            differing += _print(f"Power of a cluster trial, seed {seed}", trial_power.judgements(Path(folder), seed))
            differing += _print(f"Maas & Hox (2005), seed {seed}", maas_hox.judgements(Path(folder), seed))
    print(f"\n{'all figures agree' if not differing else f'{differing} figures DIFFER'}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())

"""Maas & Hox (2005), Methodology 1(3), 86-92: their table of non-coverage beside ours.

What decides: non-coverage pooled over group size and icc within the number of groups, for the intercept, x, x:z and
the residual variance, and for the variances of intercept and slope over group sizes 30 and 50. Not judged: z (the
paper drew x and z once and repeated them), and the intercept and slope variances at group size 5, which hinge on what
the software did at the boundary. Single cells are printed with their 3-standard-error band and decide nothing.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import mcsim
from proof.judgement import Judgement, shares

HERE = Path(__file__).parent
STUDY = HERE.parent / "studies" / "maas_hox_2005.py"
REPLICATIONS = 10_000
PUBLISHED_REPLICATIONS = 1_000
ESTIMANDS = {
    "U0": "var_(Intercept)|cluster",
    "U1": "var_x|cluster",
    "E": "var_residual",
    "INT": "(Intercept)",
    "X": "x",
    "Z": "z",
    "XZ": "x:z",
}
JUDGED = ("INT", "X", "XZ", "E", "U0", "U1")
DESIGN = ["n_groups", "group_size", "icc"]


def _ours(results: Path, seed: int) -> pd.DataFrame:
    """Non-coverage of the study under a seed: one row a condition, one column a parameter."""
    study = mcsim.load_study(STUDY).with_replications(REPLICATIONS).with_seed(seed)
    table = mcsim.run(study, results=results, progress=False).performance
    coverage = table[table.measure == "coverage"].pivot_table(index="condition", columns="estimand", values="value")
    rows = []
    for key, condition in study.conditions.items():
        icc = condition.tau2 / (condition.tau2 + condition.sigma2)
        cells = {name: 1 - coverage.loc[key, estimand] for name, estimand in ESTIMANDS.items()}
        rows.append(
            {"n_groups": condition.n_clusters, "group_size": condition.cluster_size, "icc": round(icc, 3), **cells}
        )
    return pd.DataFrame(rows).set_index(DESIGN).sort_index()


def _cells(ours: pd.DataFrame, published: pd.DataFrame) -> str:
    """Both tables side by side; a star marks a cell more than 3 standard errors from the published one."""
    cells = pd.DataFrame(index=published.index)
    for name in ESTIMANDS:
        p, q = ours[name], published[name]
        pooled = (p * REPLICATIONS + q * PUBLISHED_REPLICATIONS) / (REPLICATIONS + PUBLISHED_REPLICATIONS)
        band = 3 * np.sqrt(pooled * (1 - pooled) * (1 / REPLICATIONS + 1 / PUBLISHED_REPLICATIONS))
        cells[name] = [f"{a:.3f}/{b:.3f}{'*' if abs(a - b) > c else ' '}" for a, b, c in zip(p, q, band, strict=True)]
    return cells.to_string()


def judgements(results: Path, seed: int) -> Iterator[Judgement]:
    """The pooled figures, after the table of single cells."""
    ours = _ours(results, seed)
    published = pd.read_csv(HERE / "maas_hox_2005_noncoverage.csv").set_index(DESIGN).sort_index()
    if not ours.index.equals(published.index):
        raise ValueError("the study's 27 conditions are not those of the paper")
    print(f"Non-coverage, ours ({REPLICATIONS} replications) / published ({PUBLISHED_REPLICATIONS}); * outside 3 SE")
    print(_cells(ours, published))
    for n_groups in (30, 50, 100):
        for name in JUDGED:
            sizes = [30, 50] if name in ("U0", "U1") else [5, 30, 50]
            cells = [(n_groups, size, icc) for size in sizes for icc in (0.1, 0.2, 0.3)]
            p, q = float(ours.loc[cells, name].mean()), float(published.loc[cells, name].mean())
            trials = (len(cells) * REPLICATIONS, len(cells) * PUBLISHED_REPLICATIONS)
            yield shares(f"{n_groups} groups: non-coverage of {name}", (p, trials[0]), (q, trials[1]))

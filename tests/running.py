"""Running a study into a folder and looking at what is there, for tests of runs."""

import pandas as pd

import mcsim


def rows(root):
    """Every stored row, in one order."""
    frame = pd.read_parquet(root / "study" / "estimates").astype({"condition": str})
    return frame.sort_values(["condition", "method", "rep", "estimand"], ignore_index=True)


def run(study, root, **options):
    return mcsim.run(study, results=root, progress=False, **options)


def files(root):
    return {path: path.stat().st_mtime_ns for path in (root / "study" / "estimates").rglob("*.parquet")}

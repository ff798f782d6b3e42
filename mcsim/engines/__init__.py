"""Blocks in, receipts out: an engine does the work it is made with and knows nothing of studies.

`mcsim.engines.loky` and `mcsim.engines.dask` load heavy packages, so whoever opens an engine imports it then.
"""

import os

from mcsim.engines.here import HereEngine
from mcsim.engines.protocol import Cause, Done, Engine, Lost, Outcome

ENGINES = ("loky", "dask")
"""What `run` may be told to use; a study without a file stays in the calling process."""


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


__all__ = ["ENGINES", "Cause", "Done", "Engine", "HereEngine", "Lost", "Outcome", "cores"]

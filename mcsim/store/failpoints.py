"""Steps of a write at which a test can have the process killed, to see that whatever is left behind does no harm.

``MCSIM_FAILPOINT=<step>`` in the environment kills the process when it first passes that step, ``<step>:3`` when it
does so for the third time.
"""

import os
import signal
from collections import Counter

STEPS = (
    "before-temporary",
    "half-written",
    "before-fsync",
    "before-publish",
    "after-publish",
    "before-move",
    "half-moved",
    "after-move",
    "performance-outdated",
    "performance-written",
)
"""Every step. A file on an object store is put whole, and only there a move is two requests and can be half done."""

_STEP, _, _PASSING = os.environ.get("MCSIM_FAILPOINT", "").partition(":")
_passed = Counter[str]()


def passing(step: str) -> None:
    """Say that a step is reached; costs nothing unless the environment asks for it."""
    if step == _STEP:
        _passed[step] += 1
        if _passed[step] == int(_PASSING or 1):
            os.kill(os.getpid(), signal.SIGKILL)

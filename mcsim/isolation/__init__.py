"""What a study's own code is given and what is made of its answer, so that a fault costs one replication, no more."""

from mcsim.isolation.acceptance import accept, join, noted
from mcsim.isolation.calls import Failure, Interrupted, attempt, isolated, one_line, timeout
from mcsim.isolation.containment import Remarks
from mcsim.isolation.handing_out import hand_out, hand_out_block, own_copy, stack

__all__ = [
    "Failure",
    "Interrupted",
    "Remarks",
    "accept",
    "attempt",
    "hand_out",
    "hand_out_block",
    "isolated",
    "join",
    "noted",
    "one_line",
    "own_copy",
    "stack",
    "timeout",
]

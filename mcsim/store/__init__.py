"""The results of a study on disk or on an object store; the only place that knows Parquet."""

from mcsim.store.layout import Arrangement, BlockName, Facts, Inventory, Span, blocks_of
from mcsim.store.places import absolute
from mcsim.store.record import LostRecordError, Record
from mcsim.store.store import Store

__all__ = [
    "Arrangement",
    "BlockName",
    "Facts",
    "Inventory",
    "LostRecordError",
    "Record",
    "Span",
    "Store",
    "absolute",
    "blocks_of",
]

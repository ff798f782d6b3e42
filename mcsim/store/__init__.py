"""The results of a study on disk; the only place that knows Parquet."""

from mcsim.store.layout import Arrangement, BlockName, Inventory, Span, names_in
from mcsim.store.record import Record
from mcsim.store.store import Store

__all__ = ["Arrangement", "BlockName", "Inventory", "Record", "Span", "Store", "names_in"]

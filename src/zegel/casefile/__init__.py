"""The case on disk: its identity, lock, exhibits and tables. Used by `service` only."""

from zegel.casefile.case import FORMAT_VERSION, Case, find_case
from zegel.casefile.exhibits import ExhibitRecord, ExhibitShelf
from zegel.casefile.manifest import ENTRY_SCHEMA, entry_row

__all__ = [
    "ENTRY_SCHEMA",
    "FORMAT_VERSION",
    "Case",
    "ExhibitRecord",
    "ExhibitShelf",
    "entry_row",
    "find_case",
]

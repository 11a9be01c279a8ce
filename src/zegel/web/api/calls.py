"""The table of all calls: what is served is what is described."""

from zegel.web.api import casework, entry, inside, of_case, pictures, reading, searching, trays
from zegel.web.api.call import Call

CALLS: tuple[Call, ...] = (
    *entry.CALLS,
    *of_case.CALLS,
    *searching.CALLS,
    *reading.CALLS,
    *pictures.CALLS,
    *casework.CALLS,
    *trays.CALLS,
    *inside.CALLS,
)

__all__ = ["CALLS", "Call"]

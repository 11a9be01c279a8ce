"""The log of an investigation, for acts that end it and have passed the door of its case."""

from __future__ import annotations

from zegel.custody.log import Log
from zegel.investigation import Investigation
from zegel.service.place import place_of


def investigation_log(inv: Investigation) -> Log:
    """Open the investigation's log for writing; on another machine, as its new holder."""
    return place_of(inv).log

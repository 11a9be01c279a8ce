"""Use cases: tags, notes and relevance of a message inside one investigation."""

from __future__ import annotations

from typing import Any

from zegel.custody.log import account
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.investigation.casework import said_of, say, tags_of
from zegel.service.reading import find_message, investigation_log, iso


def add_casework(
    inv: Investigation, wanted: str, kind: str, value: str, *, who: str | None = None
) -> dict[str, Any]:
    """Add a tag, note or relevance to a message, or take a tag off; the log says that it was done.

    In an investigation that is no training, `who` is the operating-system account, whatever is
    given.
    """
    if who is not None and not inv.training:
        raise UsageError("another name can be given in a training investigation only")
    log = investigation_log(inv)
    row = find_message(inv, wanted)
    log.append(f"{kind} added", {"message": row["message"].hex()}, who=who)
    say(inv.folder, row["message"], kind, value, who or account())
    return list_casework(inv, wanted)


def list_casework(inv: Investigation, wanted: str) -> dict[str, Any]:
    """Return what was said of a message."""
    row = find_message(inv, wanted)
    said = [{**line, "at": iso(line.pop("at_ns"))} for line in said_of(inv.folder, row["message"])]
    return {"message": row["number"], "tags": tags_of(inv.folder, row["message"]), "said": said}

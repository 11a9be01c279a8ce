"""What the log says of results that were shown: how many."""

from __future__ import annotations

from collections.abc import Collection

from zegel.canonical import JSON


def results(shown: Collection[bytes] | None) -> dict[str, JSON]:
    """Return the facts about `shown`, the identities of what is about to be shown."""
    return {} if shown is None else {"results": len(shown)}

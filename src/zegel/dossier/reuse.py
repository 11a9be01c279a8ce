"""A session key opens one message: before one is shown, it is compared with all that are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from zegel.dossier.certificates import is_encrypted
from zegel.errors import DisclosureError
from zegel.investigation import Investigation
from zegel.tables import read_rows

_COLUMNS = ["message", "content_id", "kind", "session_key"]


def check_reuse(inv: Investigation, shown: frozenset[bytes]) -> dict[str, int]:
    """Raise where a session key of the messages `shown` opens another ciphertext as well.

    Return how many keys are shown, with how many opened ciphertexts of the investigation they were
    compared, and how many were never opened and cannot be tested.
    """
    opens = {
        row["session_key"]: row["content_id"]
        for row in _rows(inv)
        if row["message"] in shown and row["session_key"] is not None
    }
    compared: set[bytes] = set()
    closed: set[bytes] = set()
    for row in _rows(inv):
        if row["session_key"] is None:
            closed.add(row["content_id"])
            continue
        compared.add(row["content_id"])
        first = opens.get(row["session_key"], row["content_id"])
        if first != row["content_id"]:
            raise DisclosureError(
                f"the session key of ciphertext {first.hex()[:16]} opens ciphertext"
                f" {row['content_id'].hex()[:16]} too",
                where=str(inv.folder),
                next_step="Shown for one message it would open both: withhold a part of the"
                " message, or leave it out.",
            )
    return {
        "disclosed": len(set(opens.values())),
        "compared": len(compared),
        "not testable": len(closed - compared),
    }


def _rows(inv: Investigation) -> Iterator[Mapping[str, Any]]:
    rows = read_rows([inv.table("ciphertexts")], _COLUMNS)
    return (row for row in rows if is_encrypted(row))

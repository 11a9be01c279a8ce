"""What is withheld, and everything that must be hidden with it.

A withheld part is a field under its salt: its commitment stays, so the rest still verifies. Of a
message of which anything is withheld, neither ciphertext nor session key may be shown, nor what is
known of the text inside: with them the part would be readable. The list is TOML (`[[withhold]]`) or
JSON Lines; each entry has `ids` (numbers or beginnings of identities), `parts` and `reason`.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zegel.errors import UsageError

SIMPLE_PARTS = ("all", "text", "subject", "people")
_PART = re.compile(r"all|text|subject|people|attachment/\d{1,6}")
_LONGEST_REASON = 200
_HIDES = {
    "text": ("text", "language"),
    "subject": ("subject",),
    "people": (
        "sender", "recipients", "accounts", "holders", "chat_group", "message_id", "references",
    ),
}  # fmt: skip
_WITH_ANY_PART = ("session-key/", "ciphertext/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """Which messages a list names, by what it calls them, and what of them is withheld."""

    ids: tuple[str, ...]
    parts: tuple[str, ...]
    reason: str


def read_withholding(text: bytes) -> list[Withheld]:
    """Return the entries of a withholding list; `UsageError` names the first that is none."""
    try:
        entries = list(_entries(text.decode("utf-8")))
    except (ValueError, RecursionError) as error:
        raise UsageError(
            "the list of what is withheld cannot be read",
            next_step="TOML with [[withhold]] tables, or JSON Lines: docs/reference/dossier.md.",
        ) from error
    return [_read(number, entry) for number, entry in enumerate(entries, 1)]


def _entries(text: str) -> Iterator[Any]:
    if text.lstrip().startswith("{"):
        yield from (json.loads(line) for line in text.splitlines() if line.strip())
        return
    found = tomllib.loads(text)
    if found.keys() - {"withhold"}:
        raise ValueError("other tables")
    yield from found.get("withhold", [])


def _read(number: int, entry: Any) -> Withheld:
    match entry:
        case {"ids": list(ids), "parts": list(parts), "reason": str(reason), **rest} if not rest:
            good = (
                ids
                and parts
                and all(isinstance(one, (int, str)) and not isinstance(one, bool) for one in ids)
                and all(isinstance(part, str) and _PART.fullmatch(part) for part in parts)
                and 0 < len(reason.strip()) <= _LONGEST_REASON
            )
            if good:
                return Withheld(
                    ids=tuple(map(str, ids)), parts=tuple(sorted(set(parts))), reason=reason.strip()
                )
    raise UsageError(
        f"entry {number} of the list of what is withheld does not fit",
        next_step="It has `ids`, `parts` (all, text, subject, people, attachment/0 …) and "
        f"`reason` (1 to {_LONGEST_REASON} characters), and nothing else.",
    )


def hidden_names(parts: Iterable[str], fields: Mapping[str, Any]) -> set[str]:
    """Return the names of the fields that must not be shown where `parts` are withheld.

    Raise `UsageError` for an attachment that the message has not got.
    """
    parts = set(parts)
    if not parts:
        return set()
    if "all" in parts:
        return set(fields) - {"number"}
    hidden = {name for name in fields if name.startswith(_WITH_ANY_PART)}
    for part in parts:
        hidden.update(_HIDES.get(part, ()))
        if part.startswith("attachment/"):
            if part not in fields:
                raise UsageError(f"message {fields['number']} has no {part}")
            hidden.add(part)
    if "people" in parts:
        hidden |= {name for name in fields if name.startswith("place/")}
    return hidden

"""The annex of keys: what opened or signed a message, and every place it was found at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from zegel.dossier.material import Key
from zegel.dossier.reading.inline import (
    Inline,
    Part,
    digest,
    joined,
    paragraph,
    place,
    rows,
    section,
    written,
)
from zegel.dossier.reading.wording import Words
from zegel.openpgp.names import public_key_name

MOST_KEYS = 500
_MOST_PLACES = 8
_MOST_NAMES = 6


def keys(found: Sequence[Key], words: Words) -> dict[str, Any]:
    """Return the section."""
    return section(words("sections.keys"), list(_parts(found, words)), new_page=True)


def _parts(found: Sequence[Key], words: Words) -> Iterator[Part]:
    if not found:
        yield paragraph(words("keys.none"))
        return
    yield paragraph(words("keys.lead"))
    for key in found[:MOST_KEYS]:
        yield {"head": [digest(key.fingerprint.upper())]}
        yield rows(_facts(key, words))
    if len(found) > MOST_KEYS:
        yield paragraph(words("keys.printed", printed=MOST_KEYS, count=words.number(len(found))))


def _facts(key: Key, words: Words) -> Iterator[tuple[str, Inline]]:
    size = key.curve or (f"{key.bits} bit" if key.bits else "")
    algorithm: Inline = [public_key_name(key.algorithm)]
    if size:
        algorithm += [", ", written(size, 40)]
    if key.revoked:
        algorithm.append(f", {words('keys.revoked')}")
    yield words("keys.algorithm"), algorithm
    if key.user_ids:
        named = joined(([written(one, 120)] for one in key.user_ids[:_MOST_NAMES]), ", ")
        more = len(key.user_ids) - _MOST_NAMES
        yield (
            words("keys.names"),
            [*named, ", ", words("and_more", count=more)] if more > 0 else named,
        )
    if key.created is not None:
        yield words("keys.created"), [_second(key.created)]
    if key.locked is not None:
        locked = key.protection not in (None, "", "none")
        protection = [" (", written(key.protection or "", 60), ")"] if locked else []
        yield words("keys.locked"), [words("yes" if key.locked else "no"), *protection]
    if key.unlocked_by:
        yield words("keys.unlocked_by"), [written(key.unlocked_by)]
    lines = [
        place(words, one.exhibit, one.path, one.offset, one.length)
        for one in key.found[:_MOST_PLACES]
    ]
    if len(key.found) > _MOST_PLACES:
        lines.append([words("keys.found_more", count=len(key.found) - _MOST_PLACES)])
    yield words("keys.found"), joined(lines, "\n") or [words("none")]


def _second(created: int) -> str:
    if not 0 <= created < 1 << 32:
        return str(created)
    return datetime.fromtimestamp(created, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

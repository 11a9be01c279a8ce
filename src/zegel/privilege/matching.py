"""Says which hashes of a register a message matches: by addresses, names, numbers and domains.

Works on what a message says in every field, and knows the register by hashes only. Words are
hashed once and remembered; n-grams are hashed only around a word that some entry has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from zegel.privilege.forms import LONGEST, addresses_in, phones_in, reduced
from zegel.privilege.register import Register, hashed

_MOST_REMEMBERED = 1 << 19


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Everything of one message in which somebody may be named."""

    addresses: tuple[str, ...] = field(repr=False)
    """Of fields, envelopes and mailboxes; also what stands behind the @ of message ids."""
    texts: tuple[str, ...] = field(repr=False)
    """Display names, subjects, texts, what attachments say and are called."""


class Matcher:
    """Matches messages against one register under its key."""

    def __init__(self, register: Register, key: bytes) -> None:
        self._hashes = register.hashes
        self._key = key
        self._known: dict[str, bytes | None] = {}
        self._named: dict[str, frozenset[bytes]] = {}

    def matches(self, message: Sighting) -> frozenset[bytes]:
        """Return the hashes of the register that anything of the message matches."""
        found: set[bytes] = set()
        for address in message.addresses:
            found |= self._remembered(address, _of_address)
        for text in message.texts:
            found.update(self._hits(_of_text(text)))
            found.update(self._grams(reduced(text)))
        return frozenset(found)

    def _remembered(self, text: str, forms: Callable[[str], Iterator[str]]) -> frozenset[bytes]:
        known = self._named.get(text)
        if known is None:
            if len(self._named) >= _MOST_REMEMBERED:
                self._named.clear()
            known = frozenset((*self._hits(forms(text)), *self._grams(reduced(text))))
            self._named[text] = known
        return known

    def _hits(self, forms: Iterable[str]) -> Iterator[bytes]:
        for form in forms:
            known = self._hash_of(form)
            if known is not None:
                yield known

    def _grams(self, words: list[str]) -> Iterator[bytes]:
        """Yield what n-grams around words match that some entry has."""
        for place, word in enumerate(words):
            if self._hash_of(f"s:{word}") is None:
                continue
            for start in range(max(0, place - LONGEST + 1), place + 1):
                for end in range(place + 1, min(start + LONGEST, len(words)) + 1):
                    yield from self._hits(("n:" + " ".join(words[start:end]),))

    def _hash_of(self, form: str) -> bytes | None:
        """Return the hash of a form that the register holds, else None; each is made once."""
        try:
            return self._known[form]
        except KeyError:
            pass
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        digest = hashed(self._key, form)
        found = self._known[form] = digest if digest in self._hashes else None
        return found


def _of_address(text: str) -> Iterator[str]:
    yield from addresses_in(text)


def _of_text(text: str) -> Iterator[str]:
    yield from addresses_in(text)
    yield from phones_in(text)

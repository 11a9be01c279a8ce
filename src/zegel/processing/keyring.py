"""The keys of a case as workers use them: by key id, by fingerprint, by account.

Holds unlocked private keys in memory only while a worker runs. `repr` shows counts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from zegel.openpgp.model import PublicKey, UnlockedKey
from zegel.tables import read_rows

_COLUMNS = [
    "number", "fingerprint", "key_id", "version", "algorithm", "bits", "curve", "created",
    "expires", "revoked", "primary", "user_ids", "public", "has_secret", "locked", "numbers",
    "transferable", "unlocked_by", "refusal",
]  # fmt: skip
_RSA = (1, 2, 3)
_ADDRESS = re.compile(r"[^\s<>\"(),;:@]+@[^\s<>\"(),;:@]+")


def public_key(row: dict[str, Any]) -> PublicKey:
    """Return the public key that a row of the key table describes."""
    return PublicKey(
        fingerprint=row["fingerprint"],
        key_id=row["key_id"],
        version=row["version"],
        algorithm=row["algorithm"],
        created=row["created"],
        primary=row["primary"],
        user_ids=tuple(row["user_ids"] or ()),
        public=row["public"],
        bits=row["bits"] or 0,
        curve=row["curve"] or "",
        revoked=bool(row["revoked"]),
        expires=row["expires"],
    )


def addresses(user_ids: Sequence[str]) -> set[str]:
    """Return the mail addresses that user ids name, in lower case."""
    return {found.lower() for text in user_ids for found in _ADDRESS.findall(text)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One key whose secret part was found."""

    number: int
    key: UnlockedKey | None = field(repr=False)
    """None while it is locked, or where no code of ours can use it."""
    public: PublicKey
    locked: bool
    refusal: str
    unlocked_by: str
    transferable: bytes = field(repr=False, default=b"")
    """The whole secret key, where only another implementation can use it."""

    @property
    def usable(self) -> bool:
        """Say whether something here can try this key."""
        return self.key is not None or bool(self.transferable)


def _is_primary(held: Held) -> bool:
    return held.public.fingerprint == held.public.primary


class Keyring:
    """Keys by every name an encrypted message or a signature may use for them."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        self._public: dict[bytes, list[PublicKey]] = defaultdict(list)
        self._held: dict[bytes, list[Held]] = defaultdict(list)
        self._by_account: dict[str, list[Held]] = defaultdict(list)
        self.held: list[Held] = []
        for row in rows:
            self._take(row)
        self._first: dict[object, int] = {}
        self._same = {held.number: self._first_like(held) for held in self.held}
        self._alike: dict[frozenset[int], list[Held]] = {}

    def __repr__(self) -> str:
        return f"Keyring({len(self._public)} names, {len(self.held)} secret keys)"

    @classmethod
    def load(cls, path: Path | None) -> Keyring:
        """Read the key table at `path`; None gives an empty keyring."""
        return cls(() if path is None else read_rows([path], _COLUMNS))

    def _take(self, row: dict[str, Any]) -> None:
        public = public_key(row)
        for name in {public.fingerprint, public.key_id}:
            self._public[name].append(public)
        if not row["has_secret"]:
            return
        numbers = row["numbers"]
        held = Held(
            number=row["number"],
            key=UnlockedKey(public=public, numbers=tuple(numbers)) if numbers else None,
            public=public,
            locked=bool(row["locked"]) and not numbers,
            refusal=row["refusal"] or "",
            unlocked_by=row["unlocked_by"] or "",
            transferable=row["transferable"] or b"",
        )
        self.held.append(held)
        for name in {public.fingerprint, public.key_id}:
            self._held[name].append(held)
        for address in addresses(public.user_ids):
            self._by_account[address].append(held)

    def find_public(self, name: bytes) -> Sequence[PublicKey]:
        """Return the keys called `name`: an 8-byte key id or a whole fingerprint."""
        return self._public.get(name, ())

    def secrets(self, name: bytes) -> Sequence[Held]:
        """Return the secret keys called `name`."""
        return self._held.get(name, ())

    def _first_like(self, held: Held) -> int:
        """Return the number of the first key that opens just what this one opens.

        RSA keys of the same numbers do, under whatever name and time of creation; what ECDH gives
        depends on the fingerprint too.
        """
        if held.key is None or held.public.algorithm not in _RSA:
            return held.number
        return self._first.setdefault(held.key.numbers, held.number)

    def same(self, number: int) -> int:
        """Return what stands for all keys that are tried when key `number` is."""
        return self._same.get(number, number)

    def fitting(self, algorithms: frozenset[int]) -> list[Held]:
        """Return the keys that hidden recipients of these algorithms can be, one of those alike.

        Subkeys come before primary keys, which mostly only sign.
        """
        known = self._alike.get(algorithms)
        if known is None:
            chosen: dict[int, Held] = {}
            for held in sorted(self.held, key=_is_primary):
                if held.key is not None and held.public.algorithm in algorithms:
                    chosen.setdefault(self._same[held.number], held)
            known = self._alike[algorithms] = list(chosen.values())
        return known

    def candidates(self, accounts: Sequence[str], algorithms: frozenset[int]) -> Iterator[Held]:
        """Yield the keys to try for hidden recipients, those of `accounts` first.

        Lazily: there may be a hundred thousand, and mostly the first fits.
        """
        own = {held.number: held for name in accounts for held in self._by_account.get(name, ())}
        seen: set[int] = set()
        for held in chain(sorted(own.values(), key=_is_primary), self.fitting(algorithms)):
            fits = held.key is not None and held.public.algorithm in algorithms
            if fits and self._same[held.number] not in seen:
                seen.add(self._same[held.number])
                yield held


@cache
def worker_keyring(path: Path | None) -> Keyring:
    """Return this process's keyring, read once."""
    return Keyring.load(path)

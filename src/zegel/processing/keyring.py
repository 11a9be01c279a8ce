"""The keys of a case as workers use them: by key id, by fingerprint, by account.

Holds unlocked private keys in memory only while a worker runs. `repr` shows counts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from zegel.openpgp.model import PublicKey, UnlockedKey

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

    def __init__(self, rows: Sequence[dict[str, Any]]) -> None:
        self._public: dict[bytes, list[PublicKey]] = defaultdict(list)
        self._held: dict[bytes, list[Held]] = defaultdict(list)
        self._by_account: dict[str, list[Held]] = defaultdict(list)
        self.held: list[Held] = []
        for row in rows:
            self._take(row)
        self._in_order = sorted(self.held, key=_is_primary)

    def __repr__(self) -> str:
        return f"Keyring({len(self._public)} names, {len(self.held)} secret keys)"

    @classmethod
    def load(cls, path: Path | None) -> Keyring:
        """Read the key table at `path`; None gives an empty keyring."""
        return cls(pq.read_table(path).to_pylist()) if path is not None else cls([])

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

    def candidates(self, accounts: Sequence[str]) -> list[Held]:
        """Return every secret key, those of `accounts` first: the order of hidden recipients.

        Within each, subkeys come before primary keys, which mostly only sign.
        """
        first = {held.number: held for name in accounts for held in self._by_account.get(name, ())}
        rest = (held for held in self._in_order if held.number not in first)
        return [*sorted(first.values(), key=_is_primary), *rest]


@cache
def worker_keyring(path: Path | None) -> Keyring:
    """Return this process's keyring, read once."""
    return Keyring.load(path)

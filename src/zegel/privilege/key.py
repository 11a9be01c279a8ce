"""The privilege officer's key: 32 random octets, sealed under a passphrase, outside every case.

The register's hashes are HMAC-SHA256 under it. With 256 random bits nobody who lacks the key can
try names one by one, so each hash may be a fast one: a slow one would be paid for every word of
every message. What a thief of the file could try is the passphrase: that is what is made slow
(Argon2id, RFC 9106 section 4, its second recommended set).
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from zegel.canonical import JSON, canonical_json
from zegel.errors import UsageError
from zegel.tables import StorageGuard

FORMAT = "zegel privilege key"
VERSION = 1
SHORTEST = 8
"""Characters of a passphrase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one try of a passphrase costs (RFC 9106)."""

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 4


_MOST = Cost(memory_kib=4 * 2**20, passes=64, lanes=64)


def make_key(place: Path, passphrase: bytes, cost: Cost | None = None) -> None:
    """Write a new key to `place`, which must not exist; it can be read by its owner alone."""
    if len(passphrase) < SHORTEST:
        raise UsageError(f"the passphrase of a privilege key has at least {SHORTEST} characters")
    cost, salt, nonce = cost or Cost(), secrets.token_bytes(16), secrets.token_bytes(12)
    sealed = ChaCha20Poly1305(_locked_by(passphrase, salt, cost)).encrypt(
        nonce, secrets.token_bytes(32), FORMAT.encode()
    )
    written: dict[str, JSON] = {
        "format": FORMAT,
        "version": VERSION,
        "memory_kib": cost.memory_kib,
        "passes": cost.passes,
        "lanes": cost.lanes,
        "salt": salt.hex(),
        "nonce": nonce.hex(),
        "sealed": sealed.hex(),
    }
    with StorageGuard(place):
        try:
            descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise UsageError(
                "there is a file here already", where=str(place), next_step="Name a new one."
            ) from None
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(canonical_json(written) + b"\n")
            stream.flush()
            os.fsync(stream.fileno())


def open_key(place: Path, passphrase: bytes) -> bytes:
    """Return the key in `place`."""
    try:
        found = json.loads(place.read_bytes())
        if found["format"] != FORMAT or found["version"] != VERSION:
            raise ValueError(FORMAT)
        cost = Cost(memory_kib=found["memory_kib"], passes=found["passes"], lanes=found["lanes"])
        if not _bearable(cost):
            raise ValueError("cost")
        salt, nonce, sealed = (bytes.fromhex(found[name]) for name in ("salt", "nonce", "sealed"))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(
            "this is not a privilege key of this version",
            where=str(place),
            next_step="`zegel privilege key FILE` makes one.",
        ) from None
    try:
        return ChaCha20Poly1305(_locked_by(passphrase, salt, cost)).decrypt(
            nonce, sealed, FORMAT.encode()
        )
    except InvalidTag:
        raise UsageError(
            "the passphrase does not open this privilege key", where=str(place)
        ) from None


def _bearable(cost: Cost) -> bool:
    pairs = (
        (cost.memory_kib, _MOST.memory_kib), (cost.passes, _MOST.passes), (cost.lanes, _MOST.lanes)
    )  # fmt: skip
    return all(isinstance(one, int) and 1 <= one <= most for one, most in pairs)


def _locked_by(passphrase: bytes, salt: bytes, cost: Cost) -> bytes:
    kdf = Argon2id(
        salt=salt,
        length=32,
        iterations=cost.passes,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    )
    return kdf.derive(passphrase)


def key_of_case(key: bytes, identity: str) -> bytes:
    """Return the key under which one case's register is hashed: no two cases share a hash."""
    info = f"zegel privilege register 1 {identity}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(key)

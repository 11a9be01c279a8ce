"""A log's own Ed25519 key lies in one file that only its owner can read.

Ed25519 as in RFC 8032, the file as PKCS #8 in PEM (RFC 8410), mode 0600. The key must never lie in
the folder of its log, which may be handed on, and never appear in a message or `repr`.
"""

from __future__ import annotations

import os
import stat
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from zegel.errors import CaseError, StorageError
from zegel.tables import make_folder, sync

LARGEST_KEY_FILE = 64 * 1024


def create_key(path: Path) -> Ed25519PrivateKey:
    """Make a key and write it to `path`; a key already there is used, never overwritten."""
    if path.exists():
        return load_key(path)
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    beside = path.with_name(path.name + ".new")
    try:
        make_folder(path.parent)
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(descriptor)
        beside.rename(path)
        sync(path.parent)
    except OSError as error:
        reason = error.strerror or "the disk refuses"
        raise StorageError(
            f"the log's key cannot be written ({reason})",
            where=str(path),
            next_step="Make room there and give the same command again.",
        ) from error
    return key


def load_key(path: Path) -> Ed25519PrivateKey:
    """Return the key in `path`, which nobody but its owner may be able to read."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            pem = file.read(LARGEST_KEY_FILE)
    except OSError as error:
        raise CaseError("the log's key cannot be read", where=str(path)) from error
    if stat.S_IMODE(mode) & 0o077:
        raise CaseError(
            "others than its owner can read the log's key",
            where=str(path),
            next_step="Find out who could, then `chmod 600` the file.",
        )
    key = _parsed(pem)
    if key is None:
        raise CaseError("this file does not hold an Ed25519 key", where=str(path))
    return key


@lru_cache(maxsize=8)
def _parsed(pem: bytes) -> Ed25519PrivateKey | None:
    """Return the key in `pem`, None where it is none; a server signs with few, at every act."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None  # the parser's words could quote the file: they are not passed on
    return key if isinstance(key, Ed25519PrivateKey) else None

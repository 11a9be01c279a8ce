"""Opens bodies sealed in AEAD chunks, whole or not at all.

RFC 9580 section 5.13.2 (tag 18 version 2) and LibrePGP's packet 20. Every chunk's tag and the
final tag, which covers the total length, must fit before a single octet is given out.
"""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from zegel.openpgp.ciphers import KEY_SIZES, NONCE_SIZES, TAG_SIZE, aead_open
from zegel.openpgp.model import BodyKind, Failure, OpenFailure
from zegel.openpgp.names import aead_name, cipher_name, reason

MAX_CHUNK_OCTET = 56
_SALT = 32
_SHORT = Failure(failure=OpenFailure.DAMAGED, code="truncated-body")
_FIRST = Failure(failure=OpenFailure.WRONG_KEY, code="aead-first-tag-mismatch")
_LATER = Failure(failure=OpenFailure.DAMAGED, code="aead-tag-mismatch")


def open_chunks(kind: BodyKind, body: bytes, key: bytes) -> bytes | Failure:
    """Return the packets inside an AEAD body; `key` is its session key."""
    if len(body) < 4:
        return _SHORT
    cipher, mode, chunk_octet = body[1], body[2], body[3]
    if cipher not in KEY_SIZES or cipher not in (7, 8, 9):
        return _unsupported("cipher", cipher, cipher_name(cipher))
    if mode not in NONCE_SIZES or chunk_octet > MAX_CHUNK_OCTET:
        return _unsupported("aead", mode, aead_name(mode))
    if len(key) != KEY_SIZES[cipher]:
        return Failure(failure=OpenFailure.WRONG_KEY, code="session-key-length")
    if kind is BodyKind.SEIPD2:
        return _open_seipd2(body, key)
    nonce, sealed = body[4 : 4 + NONCE_SIZES[mode]], body[4 + NONCE_SIZES[mode] :]
    return _Chunks(b"\xd4" + body[:4], key, nonce, counted=True).open(sealed)


def _unsupported(kind: str, number: int, name: str) -> Failure:
    return Failure(failure=OpenFailure.UNSUPPORTED, code=reason(kind, number, name))


def _open_seipd2(body: bytes, session_key: bytes) -> bytes | Failure:
    """Draw message key and nonce from the salt (section 5.13.2)."""
    associated = b"\xd2" + body[:4]
    size = len(session_key)
    derived = HKDF(
        algorithm=hashes.SHA256(),
        length=size + NONCE_SIZES[body[2]] - 8,
        salt=body[4 : 4 + _SALT],
        info=associated,
    ).derive(session_key)
    nonce = derived[size:] + bytes(8)
    return _Chunks(associated, derived[:size], nonce, counted=False).open(body[4 + _SALT :])


class _Chunks:
    """The chunks of one body; `counted` where the index is in the associated data as well."""

    def __init__(self, associated: bytes, key: bytes, nonce: bytes, *, counted: bool) -> None:
        self.associated = associated
        self.key = key
        self.nonce = nonce
        self.counted = counted

    def open(self, sealed: bytes) -> bytes | Failure:
        """Open all chunks, then check the tag over their total length."""
        if len(sealed) < TAG_SIZE or len(self.nonce) < 12:
            return _SHORT
        step = (1 << (self.associated[4] + 6)) + TAG_SIZE
        chunks = sealed[:-TAG_SIZE]
        plain: list[bytes] = []
        for index, at in enumerate(range(0, len(chunks), step)):
            chunk = chunks[at : at + step]
            opened = self._one(index, chunk, b"") if len(chunk) >= TAG_SIZE else None
            if opened is None:
                return _LATER if index else _FIRST
            plain.append(opened)
        joined = b"".join(plain)
        total = len(joined).to_bytes(8, "big")
        if self._one(len(plain), sealed[-TAG_SIZE:], total) is None:
            return _LATER if plain else _FIRST
        return joined

    def _one(self, index: int, chunk: bytes, total: bytes) -> bytes | None:
        number = index.to_bytes(8, "big")
        low = int.from_bytes(self.nonce[-8:], "big") ^ index
        nonce = self.nonce[:-8] + low.to_bytes(8, "big")
        associated = self.associated + (number if self.counted else b"") + total
        return aead_open(self.associated[2], self.associated[3], self.key, nonce, chunk, associated)

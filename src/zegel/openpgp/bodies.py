"""Opens an encrypted body with its session key; what comes out is vouched for, or says it is not.

RFC 9580 sections 5.7 (no integrity), 5.13.1 (MDC), 5.13.2 (AEAD), and LibrePGP's packet 20. Order
of openers: our own readers over `cryptography`, then rpgp, then GnuPG. A body with MDC or tag is
never given out unless that fits. A body without one is given out only if its inner packets parse
to the end, and says `unauthenticated`. Never raises on evidence.
"""

from __future__ import annotations

import hashlib

from zegel.openpgp import gnupg, rpgp
from zegel.openpgp.chunks import open_chunks
from zegel.openpgp.ciphers import BLOCK_SIZES, KEY_SIZES, block_cipher, cfb_decrypt
from zegel.openpgp.content import read_content
from zegel.openpgp.model import (
    BodyKind,
    ClearMessage,
    EncryptedMessage,
    Failure,
    Opened,
    OpenFailure,
    SessionKey,
)
from zegel.openpgp.names import cipher_name, reason
from zegel.records import Integrity

OURS = "zegel"
_MDC = b"\xd3\x14"
_MDC_SIZE = 22
_WRONG = Failure(failure=OpenFailure.WRONG_KEY, code="prefix-mismatch")
_WRONG_LENGTH = Failure(failure=OpenFailure.WRONG_KEY, code="session-key-length")
_MISMATCH = Failure(failure=OpenFailure.DAMAGED, code="mdc-mismatch")
_SHORT = Failure(failure=OpenFailure.DAMAGED, code="truncated-body")
_MALFORMED = frozenset(("inner-packets-unreadable", "compressed-data-damaged"))


def open_message(message: EncryptedMessage, session: SessionKey) -> Opened | Failure:
    """Open `message` with `session`, by the first opener that can."""
    kind, body = message.kind, message.body
    if kind is BodyKind.SEIPD1:
        result = _open_mdc(body, session)
    elif kind is BodyKind.SED:
        result = _open_unprotected(body, session)
    else:
        result = _open_aead(kind, body, session)
    if isinstance(result, Opened):
        return result
    if message.problems and result.failure is not OpenFailure.UNSUPPORTED:
        # Cut short where it was stored: no key and no other reader can help that.
        return _SHORT if result.failure is OpenFailure.DAMAGED else result
    return _ask_others(message, session, result)


def open_clear(message: ClearMessage) -> Opened | Failure:
    """Read a message that is not encrypted."""
    return _read(message.packets, None, 0)


def _ask_others(message: EncryptedMessage, session: SessionKey, ours: Failure) -> Opened | Failure:
    """Ask rpgp and GnuPG where we lack a cipher or the packets inside are malformed."""
    lacking = ours.failure is OpenFailure.UNSUPPORTED and ours.code.startswith(("cipher", "aead"))
    malformed = ours.code in _MALFORMED and message.kind is not BodyKind.SED
    if not lacking and not malformed:
        return ours
    for opener in (rpgp.open_with_rpgp, gnupg.unwrap_with_gnupg, gnupg.open_with_gnupg):
        if message.kind is BodyKind.SED and opener is gnupg.open_with_gnupg:
            continue  # nothing vouches for the body: only our strict reading may
        result = opener(message, session)
        if isinstance(result, Opened):
            return result
        if lacking and result.failure is not OpenFailure.UNSUPPORTED:
            # GnuPG does not say whether the repeated octets fit: a guess is likelier wrong.
            guess = session.guessed and result.failure is OpenFailure.DAMAGED
            return _WRONG if guess else result
    return ours


def _open_mdc(body: bytes, session: SessionKey) -> Opened | Failure:
    """RFC 9580 section 5.13.1: CFB from an IV of zeros, SHA-1 over all before its own digest."""
    cipher = block_cipher(session.algorithm, session.key)
    if cipher is None:
        return _no_cipher(session)
    prefix = cipher.block_size // 8 + 2
    if len(body) < 1 + prefix + _MDC_SIZE:
        return _SHORT
    plain = cfb_decrypt(cipher, body[1:])
    digest = hashlib.sha1(plain[:-20], usedforsecurity=False).digest()
    if digest != plain[-20:] or plain[-_MDC_SIZE:-20] != _MDC:
        # The repeated octets only tell which complaint is likelier; they never accept.
        return _MISMATCH if plain[prefix - 4 : prefix - 2] == plain[prefix - 2 : prefix] else _WRONG
    return _read(plain[prefix:-_MDC_SIZE], Integrity.MDC, session.algorithm)


def _open_unprotected(body: bytes, session: SessionKey) -> Opened | Failure:
    """RFC 9580 sections 5.7 and 13.9: the CFB register is set anew after the prefix."""
    cipher = block_cipher(session.algorithm, session.key)
    if cipher is None:
        return _no_cipher(session)
    block = BLOCK_SIZES[session.algorithm]
    if len(body) < block + 2:
        return _SHORT
    prefix = cfb_decrypt(cipher, body[: block + 2])
    if prefix[block - 2 : block] != prefix[block:]:
        return _WRONG
    plain = cfb_decrypt(cipher, body[block + 2 :], body[2 : block + 2])
    return _read(plain, Integrity.UNAUTHENTICATED, session.algorithm)


def _open_aead(kind: BodyKind, body: bytes, session: SessionKey) -> Opened | Failure:
    plain = open_chunks(kind, body, session.key)
    if isinstance(plain, Failure):
        return plain
    return _read(plain, Integrity.AEAD, body[1])


def _no_cipher(session: SessionKey) -> Failure:
    if KEY_SIZES.get(session.algorithm, 0) not in (0, len(session.key)):
        return _WRONG_LENGTH
    name = cipher_name(session.algorithm)
    return Failure(failure=OpenFailure.UNSUPPORTED, code=reason("cipher", session.algorithm, name))


def _read(packets: bytes, integrity: Integrity | None, cipher: int) -> Opened | Failure:
    inside = read_content(packets, strict=integrity is Integrity.UNAUTHENTICATED)
    if isinstance(inside, Failure):
        return inside
    return Opened(
        content=inside.content,
        integrity=integrity,
        cipher=cipher,
        opener=OURS,
        literal_format=inside.literal_format,
        filename=inside.filename,
        literal_date=inside.literal_date,
        compression=inside.compression,
        signature_packets=tuple(inside.signature_packets),
        nested=inside.nested,
        problems=tuple(inside.problems),
    )

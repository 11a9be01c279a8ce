"""Lets rpgp open what our own readers cannot, from the session key alone.

SEIPD versions 1 and 2 (RFC 9580 section 5.13) with ciphers `cryptography` lacks. rpgp checks MDC
or tag itself. Never given a private key or passphrase here (`secondopinion` does that), and its
error texts go nowhere.
"""

from __future__ import annotations

import openpgp.composed
import openpgp.errors
from openpgp.crypto.sym import SymmetricKeyAlgorithm

from zegel.openpgp.framing import frame
from zegel.openpgp.model import (
    BodyKind,
    EncryptedMessage,
    Failure,
    Opened,
    OpenFailure,
    SessionKey,
)
from zegel.records import Integrity

_CIPHERS = frozenset((1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 13))
_REFUSED = Failure(failure=OpenFailure.UNSUPPORTED, code="rpgp-refused")
_FORMATS = {"binary": "b", "utf8": "u", "text": "t"}
_KINDS = (BodyKind.SEIPD1, BodyKind.SEIPD2)


def open_with_rpgp(message: EncryptedMessage, session: SessionKey) -> Opened | Failure:
    """Open `message` with rpgp, or say that it refused."""
    if message.kind not in _KINDS or message.problems:
        return _REFUSED
    two = message.kind is BodyKind.SEIPD2
    if not two and session.algorithm not in _CIPHERS:
        return _REFUSED
    cipher = None if two else SymmetricKeyAlgorithm(session.algorithm)
    try:
        packet = openpgp.composed.Message.from_bytes(frame(18, message.body))
        found = packet.decrypt_with_session_key(session.key, cipher)
        return read_decrypted(found, message, session.algorithm) or _REFUSED
    except openpgp.errors.Error:
        return _REFUSED


def read_decrypted(
    found: openpgp.composed.DecryptedMessage, message: EncryptedMessage, cipher: int = 0
) -> Opened | None:
    """Return what rpgp decrypted, None for a message within the message.

    Raises rpgp's own error where what is inside cannot be read.
    """
    if found.is_nested:
        return None
    two = message.kind is BodyKind.SEIPD2
    return Opened(
        content=bytes(found.as_data_vec()),
        integrity=Integrity.AEAD if two else Integrity.MDC,
        cipher=message.body[1] if two else cipher,
        opener="rpgp",
        literal_format=_FORMATS.get(found.literal_mode() or "", ""),
        filename=bytes(found.literal_filename() or b""),
        signature_packets=tuple(bytes(one.to_bytes()) for one in found.signatures()),
    )

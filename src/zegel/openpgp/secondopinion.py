"""Lets a second implementation open what was opened already, and says whether both read the same.

rpgp gets the unlocked private key (or the passphrase), the one session-key packet that led to the
content, and the body: it does the private-key operation, the key derivation and the AEAD of
RFC 9580 sections 5.1, 5.3 and 5.13.2 itself, in code that shares nothing with OpenSSL. Where it
lacks the key's algorithm it opens the body alone, from the session key, and the answer says so.
It must never decide whether a message is readable, and never be asked about a body that nothing
has vouched for yet. Secrets stay in this process and enter no message.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import openpgp.composed
import openpgp.errors

from zegel.openpgp.framing import frame
from zegel.openpgp.model import (
    BodyKind,
    EncryptedMessage,
    Esk,
    Failure,
    Opened,
    SessionKey,
    UnlockedKey,
)
from zegel.openpgp.mpis import write_mpi
from zegel.openpgp.rpgp import open_with_rpgp, read_decrypted
from zegel.openpgp.sessionkeys import session_keys, session_keys_from_passphrase

SECOND = "rpgp"
"""The implementation asked; it is no second one for what it opened itself."""

LARGEST_BODY = 64 << 20
"""Octets of a body that is opened a second time; larger ones would hold a worker's memory."""

PACKETS_TRIED = 16
"""Session-key packets looked at for the one that led to the content."""

_SECRET_KEY = 5
_NATIVE = frozenset((25, 26))
_TEXT_FORMATS = frozenset("tul1")


class Agreement(StrEnum):
    """What two implementations make of one block."""

    AGREES = "agrees"
    DIFFERS = "differs"
    FAILED = "failed"
    """The second could not open it: it lacks something, or the block is not as the first says."""
    SINGLE = "single implementation"
    """No second implementation was asked."""
    ON_DEMAND = "on demand"
    """Not asked now: from the session key GnuPG opens it whenever it is wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What the second implementation said, and from what it started."""

    agreement: Agreement
    from_session_key: bool = False

    def __str__(self) -> str:
        if self.agreement in (Agreement.SINGLE, Agreement.ON_DEMAND):
            return str(self.agreement)
        start = ", from the session key" if self.from_session_key else ""
        return f"{self.agreement}: {SECOND}{start}"


def can_ask(message: EncryptedMessage, opened: Opened) -> bool:
    """Say whether a second implementation exists for what `opened` the block."""
    return (
        message.kind is BodyKind.SEIPD2
        and opened.opener not in (SECOND, "pysequoia")
        and opened.nested is None
        and len(message.body) <= LARGEST_BODY
    )


def second_opinion(
    message: EncryptedMessage,
    opened: Opened,
    session: SessionKey,
    secret: UnlockedKey | bytes | None,
) -> Opinion:
    """Open `message` again and compare; `secret` is the private key or passphrase that fitted."""
    again: Opened | Failure | None = None
    esk = _leading(message, session, secret)
    if secret is not None and esk is not None:
        again = open_with_secret(message, esk, secret)
    from_session_key = not isinstance(again, Opened)
    if not isinstance(again, Opened):
        again = open_with_rpgp(replace(message, problems=()), session)
    if not isinstance(again, Opened):
        return Opinion(agreement=Agreement.FAILED)
    same = _comparable(again, opened) == _comparable(opened, opened)
    return Opinion(
        agreement=Agreement.AGREES if same else Agreement.DIFFERS,
        from_session_key=from_session_key,
    )


def open_with_secret(
    message: EncryptedMessage, esk: Esk, secret: UnlockedKey | bytes
) -> Opened | Failure | None:
    """Open `message` with rpgp from private key or passphrase; None where it will not."""
    packets = frame(esk.tag, esk.body) + frame(18, message.body)
    try:
        sealed = openpgp.composed.Message.from_bytes(packets)
        if isinstance(secret, UnlockedKey):
            key = openpgp.composed.SignedSecretKey.from_bytes(unlocked_packet(secret))
            return read_decrypted(sealed.decrypt(None, key), message)
        return read_decrypted(sealed.decrypt_with_password(secret.decode()), message)
    except (openpgp.errors.Error, UnicodeDecodeError):
        return None


def unlocked_packet(key: UnlockedKey) -> bytes:
    """Return `key` as a secret-key packet without a lock (RFC 9580 section 5.5.3).

    A subkey becomes a primary key: its fingerprint is the same, and rpgp asks for no binding.
    """
    if key.public.algorithm in _NATIVE:
        numbers = b"".join(key.numbers)
    else:
        numbers = b"".join(write_mpi(number) for number in key.numbers)
    # Only version 6 keys go without a checksum (section 5.5.3).
    checksum = b"" if key.public.version >= 6 else (sum(numbers) & 0xFFFF).to_bytes(2, "big")
    return frame(_SECRET_KEY, key.public.public + b"\0" + numbers + checksum)


def _leading(
    message: EncryptedMessage, session: SessionKey, secret: UnlockedKey | bytes | None
) -> Esk | None:
    """Return the packet that gives `session`, so that no other is tried on rpgp.

    A stranger's passphrase packet may ask for any amount of memory (section 3.7.1.4); only what
    kept our own bounds is handed on.
    """
    wanted = 1 if isinstance(secret, UnlockedKey) else 3
    for esk in [esk for esk in message.esks if esk.tag == wanted][:PACKETS_TRIED]:
        if isinstance(secret, UnlockedKey):
            found = session_keys(esk, secret, message.kind)
        elif secret is not None:
            found = session_keys_from_passphrase(esk, secret, message.kind)
        else:
            return None
        if not isinstance(found, Failure) and session in found:
            return esk
    return None


def _comparable(one: Opened, first: Opened) -> bytes:
    """Return the content; of a text, whose line ends a reader may choose, with line feeds."""
    if first.literal_format in _TEXT_FORMATS:
        return one.content.replace(b"\r\n", b"\n")
    return one.content

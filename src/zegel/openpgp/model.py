"""What the OpenPGP code hands to the rest of Zegel: plain frozen records, no library types.

Sources: RFC 4880, RFC 9580, and the LibrePGP draft for GnuPG's packet 20.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from zegel.records import Integrity, Problem, Verdict, record

POST_QUANTUM = frozenset({35, 36})
"""ML-KEM-768+X25519 and ML-KEM-1024+X448 (draft-ietf-openpgp-pqc): whole keys go to pysequoia."""


class BodyKind(StrEnum):
    """The container an encrypted message's content lies in."""

    SED = "sed"
    """Tag 9, no integrity protection (RFC 9580 section 5.7)."""
    SEIPD1 = "seipd1"
    """Tag 18 version 1, MDC (section 5.13.1)."""
    SEIPD2 = "seipd2"
    """Tag 18 version 2, AEAD (section 5.13.2)."""
    AEAD20 = "aead20"
    """Tag 20, GnuPG's AEAD packet."""


@record
class Esk:
    """One encrypted-session-key packet: public-key (tag 1) or passphrase (tag 3)."""

    tag: int
    version: int
    algorithm: int
    """Public-key algorithm for tag 1, symmetric algorithm for tag 3."""
    key_id: bytes
    """8 bytes (v2/v3), the fingerprint (v6, 20 or 32 bytes), or empty: hidden or passphrase."""
    body: bytes = field(repr=False)
    """The packet's body after removing packet framing."""


@record
class EncryptedMessage:
    """One encrypted message by its packets: session-key packets, then one encrypted body."""

    esks: tuple[Esk, ...]
    kind: BodyKind
    body: bytes = field(repr=False)
    """Body of the encrypted-data packet, armour, framing and partial lengths removed."""
    ciphertext_id: bytes
    """SHA-256 of `body`."""
    start: int
    end: int
    """The message's packets are `data[start:end]` of what was read."""
    problems: tuple[Problem, ...] = ()


@record
class ClearMessage:
    """A message that is OpenPGP but not encrypted: signed, compressed or literal packets."""

    start: int
    end: int
    packets: bytes = field(repr=False)


@record
class SessionKey:
    """The key of exactly one encrypted body."""

    algorithm: int
    """Symmetric algorithm; 0 where the body itself names it (SEIPD v2)."""
    key: bytes = field(repr=False)
    guessed: bool = field(default=False, compare=False)
    """True where neither checksum nor tag says that this is the key: a passphrase may be wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """One primary key or subkey."""

    fingerprint: bytes
    key_id: bytes
    """8 bytes."""
    version: int
    algorithm: int
    created: int
    """Seconds since 1970, as the key claims."""
    primary: bytes
    """Fingerprint of the certificate's primary key (its own for a primary)."""
    user_ids: tuple[str, ...] = ()
    public: bytes = field(repr=False, default=b"")
    """Body of the public-key packet."""
    bits: int = 0
    curve: str = ""
    revoked: bool = False
    expires: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKey:
    """One secret primary key or subkey as found: its public part and the secret, maybe locked."""

    public: PublicKey
    locked: bool
    """True where a passphrase is needed."""
    form: str
    """`openpgp` (a secret-key packet body) or `gnupg-agent` (an s-expression)."""
    material: bytes = field(repr=False)
    """What `unlock` reads; empty for a stub (gnu-dummy, smart card)."""
    protection: str = ""
    """E.g. `AES256 CFB, iterated SHA256`, for the list of keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockedKey:
    """A private key ready for use; cheap to pickle, the library's object is made in the worker."""

    public: PublicKey
    numbers: tuple[bytes, ...] = field(repr=False)
    """The algorithm's secret values, big-endian, in the order of the key's packet."""


class OpenFailure(StrEnum):
    """Why a body did not open, or a session-key packet gave no session key."""

    WRONG_KEY = "wrong key"
    DAMAGED = "damaged"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A refusal as a value: the reason class, a stable reason code, and a public detail."""

    failure: OpenFailure
    code: str
    """E.g. `mdc-mismatch`, `truncated-body`, `cipher-10-twofish`, `algorithm-35-ml-kem`."""


@record
class Signature:
    """One signature over the content, checked."""

    verdict: Verdict
    key_id: bytes
    fingerprint: bytes = b""
    created: int | None = None
    algorithm: int = 0
    hash_algorithm: int = 0
    note: str = ""
    """E.g. `signer revoked`, `signer expired`, `weak hash SHA1`; empty where nothing to say."""


@record
class Opened:
    """What was inside an encrypted body or clear message."""

    content: bytes = field(repr=False)
    """The literal packet's bytes as they stand (text mode is not normalised)."""
    integrity: Integrity | None
    """None for a message that was not encrypted."""
    cipher: int
    opener: str
    """Which implementation opened the body: `zegel`, `rpgp`, `gnupg`, `pysequoia`."""
    literal_format: str = ""
    filename: bytes = field(repr=False, default=b"")
    literal_date: int = 0
    compression: int = 0
    signature_packets: tuple[bytes, ...] = field(repr=False, default=())
    """Bodies of the signature packets over `content`, outermost last-in order kept."""
    nested: EncryptedMessage | None = None
    """Set where the body held another encrypted message instead of a literal; content is empty."""
    problems: tuple[Problem, ...] = ()

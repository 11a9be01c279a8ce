"""What a dossier shows, as frozen records: all that a rendering receives, and nothing besides.

Built from the certificates of the dossier itself, so whoever holds the dossier can build the same.
A withheld part is absent here (`None` or empty) and named in `Message.withheld`. Instants are
nanoseconds since 1970-01-01 UTC beside the text they were read from; digests are hexadecimal.
Text is evidence: hostile, in any script, with any control character.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytes:
    """Bytes that lie in the dossier as a member of their own; read when asked."""

    member: str
    """The member's name, e.g. `stored/0000012-1.eml`."""
    size: int
    sha256: str
    read: Callable[[], bytes] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place the message is stored at: a witness."""

    stored_id: str
    exhibit: str
    path: str
    """Percent-encoded, as it is sealed."""
    offset: int
    length: int
    sha256: str
    """Of the stored bytes."""
    format: str
    """`maildir`, `mbox`, `eml`, …"""
    account: str
    folder: str
    flags: str
    clock: str
    """Which of the place's clocks is the trusted one."""
    clock_ns: int | None
    zone_assumed: bool
    received_ns: int | None
    received_text: str | None
    stored_ns: int | None
    stored_text: str | None
    date_ns: int | None
    """The outer Date field."""
    date_text: str | None
    sender: tuple[str, ...]
    recipients: tuple[str, ...]
    envelope: tuple[str, ...]
    raw: Bytes | None
    """The message's own bytes, unaltered but for the store's quoting, which is undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The result of one signature."""

    verdict: str
    key_id: str
    fingerprint: str
    created: int | None
    """Seconds since 1970, as the signature claims."""
    algorithm: int
    hash: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of a message: an encrypted block with its session key, or what lay in clear."""

    content_id: str
    """For an encrypted block its ciphertext id: SHA-256 of the encrypted-data packet's body."""
    root_id: str
    parent_id: str | None
    path: str
    """In the MIME tree."""
    kind: str
    """`openpgp`, `openpgp-clear`, `smime`, `plain`, …"""
    state: str
    reason: str
    detail: str | None
    key_ids: tuple[str, ...]
    key_fingerprint: str | None
    passphrase: str | None
    """The source of the passphrase that unlocked, never itself."""
    session_algorithm: int | None
    session_key: str | None = field(repr=False)
    """Hexadecimal; absent where the message is partly withheld, or nothing opened it."""
    opener: str | None
    second_opinion: str | None
    """What a second implementation said while processing."""
    opinion: str | None
    """What GnuPG said when this dossier was made, None where it was not asked."""
    integrity: str | None
    """`mdc`, `aead`, `unauthenticated`."""
    cipher: int | None
    compression: int | None
    literal_format: str | None
    date_ns: int | None
    """Date inside the block (protected header)."""
    date_text: str | None
    signatures: tuple[Signature, ...]
    plaintext_sha256: str | None
    plaintext_length: int | None
    ciphertext: Bytes | None
    """The block's own OpenPGP packets."""
    plaintext: Bytes | None
    repeat: str | None
    """The command by which anyone repeats the decryption."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """What was attached; the name is the sender's word, never a path."""

    number: int
    """From 0."""
    content_id: str
    filename: str | None
    content_type: str | None
    size: int
    sha256: str
    content: Bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who held an account of this message then, by the registries."""

    account: str
    device: str
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """A part that is not shown, and why."""

    part: str
    """`all`, `text`, `subject`, `people`, `attachment/<n>`."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of the dossier. `number` is what people cite: it counts the investigation's
    messages by trusted clock, from 1, and is the same in every dossier of the investigation."""

    number: int
    message: str
    """Its identity, hexadecimal."""
    withheld: tuple[Withheld, ...] = ()
    state: str | None = None
    reason: str | None = None
    clock: str | None = None
    """The clock used (docs/reference/glossary.md)."""
    clock_ns: int | None = None
    thread: str | None = None
    """Identity of the first message of its thread in the investigation."""
    message_id: str | None = None
    references: tuple[str, ...] = ()
    chat_group: str | None = None
    admitted: tuple[tuple[str, str], ...] = ()
    """Clause and why: `hit`, `account and period`, `context of <number>`."""
    subject: str | None = field(default=None, repr=False)
    sender: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    holders: tuple[Holder, ...] = ()
    text: str | None = field(default=None, repr=False)
    language: str | None = None
    signature: str | None = None
    places: tuple[Place, ...] = ()
    blocks: tuple[Block, ...] = ()
    attachments: tuple[Attachment, ...] = ()

    @property
    def entirely_withheld(self) -> bool:
        """True where nothing but the identity is shown."""
        return any(one.part == "all" for one in self.withheld)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """An exhibit the investigation draws on."""

    identity: str
    seal: str
    entries: int
    acquisition: Mapping[str, Any]
    conditions: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAt:
    """A place a key was found at."""

    exhibit: str
    path: str
    """Percent-encoded."""
    offset: int
    length: int
    file_sha256: str
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key that opened or signed something shown here; never a secret number."""

    fingerprint: str
    key_id: str
    algorithm: int
    bits: int | None
    curve: str | None
    created: int | None
    revoked: bool
    user_ids: tuple[str, ...]
    public: str
    """Body of the public-key packet, hexadecimal."""
    locked: bool | None
    protection: str | None
    unlocked_by: str | None
    """Source of the passphrase, never itself."""
    found: tuple[FoundAt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSignature:
    """By whom the order is signed, as it was checked when it was granted."""

    magistrate: str
    fingerprint: str
    """Of the certificate's primary key."""
    key: str
    """Fingerprint of the key that signed."""
    created: int
    """When, as the signature says: seconds since 1970."""
    hash: str
    sha256: str
    """Of the signature's file."""
    certificate_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The order, as the investigation's header names it."""

    number: str
    magistrate: str
    investigation: str
    sha256: str
    signature: OrderSignature | None
    """None where nobody signed it."""
    text: bytes = field(repr=False)
    """TOML, byte for byte as received."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """How the messages were chosen. Found = selected + left out."""

    query: str | None
    """None: the whole investigation."""
    tag: str | None
    listed: int | None
    """How many messages a list of ids named, None without one."""
    investigation: int
    """Messages of the investigation."""
    found: int
    """Messages of the query's whole result."""
    selected: int
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """The log's head as of which the dossier is made."""

    origin: str
    size: int
    root: str
    time_ns: int
    public_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """What the reader asked for; changes what is to read, never the evidence."""

    language: str = "en"
    """`en` or `nl`."""
    zone: str = "UTC"
    """IANA name of the zone that times are shown in, beside UTC."""
    printed: int | None = None
    """How many messages, by number, are printed at most; None for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything one dossier shows."""

    training: bool
    root: str
    """Merkle root of the investigation: the anchor."""
    order: Order
    exhibits: tuple[Exhibit, ...]
    ledger: Mapping[str, int]
    """States of the messages in the order's accounts and periods, read or not."""
    privilege: Mapping[str, Any]
    """Whether a register of lawyers was enrolled, and how much its filter missed, as measured."""
    matching: int | str
    """Version of the rules of matching."""
    tools: Mapping[str, str]
    """Name and version of what made the dossier: `zegel`, `python`, `gnupg`, …"""
    selection: Selection
    states: Mapping[str, int]
    """States of the messages selected."""
    session_keys: Mapping[str, int]
    """`disclosed`, `compared`, `not testable`."""
    second_opinion: Mapping[str, Any]
    """`mode`, `asked`, `agrees`, `differs`, `cannot`, `not asked`."""
    withheld: Mapping[str, int]
    """Number of withheld parts by reason."""
    custody: Custody
    keys: tuple[Key, ...]
    presentation: Presentation
    messages: Callable[[], Iterator[Message]] = field(repr=False, compare=False)
    """Every message shown, by rising number; may be called again and again. Memory is bounded only
    if a rendering does not keep them."""

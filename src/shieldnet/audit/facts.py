"""What a copy of a server can give away, kind by kind, and what an operator can do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that somebody with the copy learns, and where it stands."""

    kind: str
    value: str
    """Metadata only: what people wrote is never repeated."""
    path: str
    place: str = ""
    """Line, row, header field or nothing: the whole file."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fact."""

    tells: str
    remedy: str
    breaks_promise: bool = False


_NEEDED = "needed while the account exists; a wipe removes it"
_LOGS = "no wipe reaches it: rotate and destroy logs by age"

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "readable message": Kind(
            "what people wrote, in the clear", "find how it passed the filter; wipe it", True
        ),
        "secret key": Kind(
            "opens every message to its owner", "only custody `device` keeps none", True
        ),
        "server key": Kind(
            "lets somebody pose as this server; opens no message", "replace it after a seizure"
        ),
        "login digest": Kind("proof of a password, not the password", _NEEDED),
        "enrolment": Kind("which device waits for a phone, for whom", "expires; a wipe ends it"),
        "device": Kind("serial number, IMEI, address, state", "the registry keeps it"),
        "holder": Kind("who held a device from when to when", "the registry keeps it"),
        "event": Kind("what was done to a device, when", "never rewritten, on purpose"),
        "hold": Kind("that a legal hold stands or stood", "never rewritten, on purpose"),
        "sale": Kind("who paid how much for which device", "kept as the books of a business are"),
        "residue in a database": Kind(
            "an address in pages no row uses", "vacuum the database with the site down"
        ),
        "certificate": Kind("an address and its public key", _NEEDED),
        "sender": Kind("who sent a stored message", "expires with the message"),
        "recipient": Kind("for whom a stored message is", "expires with the message"),
        "hop": Kind("which servers took a message, when", "expires with the message"),
        "date": Kind("when a phone says it wrote", "expires with the message"),
        "thread": Kind("which messages belong together", "expires with the message"),
        "subject": Kind("a subject in the clear", "find how it passed the filter"),
        "other header": Kind("whatever the field says", "find how it passed the filter"),
        "recipient key": Kind(
            "to which keys a message is encrypted", "apps that hide recipients' key ids"
        ),
        "arrival": Kind("when a message came, how long it is, whether it was read", "expires"),
        "handshake": Kind("that two phones exchanged keys", "expires with the message"),
        "bounce": Kind("that a message could not be delivered, to whom", "expires"),
        "queued message": Kind("sender, recipients, time of mail under way", "empties by itself"),
        "index cache": Kind("an address in an index of the mail server", "expiry purges it"),
        "log: login": Kind("who was online when, from which address", _LOGS),
        "log: client": Kind("from which address a message was handed in", _LOGS),
        "log: delivery": Kind("who wrote to whom, when, how much", _LOGS),
        "log: message": Kind("the number of a message", _LOGS),
        "log: other": Kind("that a server did something, when", _LOGS),
        "address elsewhere": Kind("an address in a file of another kind", "look what the file is"),
        "unread": Kind("nothing known: the audit could not read it", "look at it yourself"),
    }
)

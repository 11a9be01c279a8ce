"""The certificate of one message: its fields with their salts, and what lies in the dossier of it.

A certificate holds every field of the message's leaf: shown with its salt, or hidden as its
commitment. Nothing in it may come from anywhere but the sealed rows, save `opinions` and `repeat`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from zegel.canonical import canonical_json
from zegel.investigation.leaves import field_salt, leaf_of
from zegel.openpgp.model import BodyKind

ENCRYPTED = frozenset(BodyKind)
_GNUPG = frozenset({BodyKind.SED, BodyKind.SEIPD1, BodyKind.AEAD20})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of one message, as the investigation's tables hold them."""

    message: Mapping[str, Any]
    places: Sequence[Mapping[str, Any]]
    blocks: Sequence[Mapping[str, Any]]
    attachments: Sequence[Mapping[str, Any]]

    @property
    def number(self) -> int:
        """The number people cite."""
        return int(self.message["number"])


@dataclass(frozen=True, slots=True)
class Opened:
    """The fields of one message, each with salt and commitment."""

    message: bytes = field(repr=False)
    _fields: Mapping[str, tuple[bytes, bytes, bytes]] = field(repr=False)
    """By name: salt, canonical JSON of the value, commitment."""

    @classmethod
    def of(cls, secret: bytes, message: bytes, fields: Mapping[str, Any]) -> Opened:
        """Salt and commit every field."""
        made = {}
        for name, value in fields.items():
            salt, text = field_salt(secret, message, name), canonical_json([name, value])
            # The value alone stands between `["name",` and `]`: no name needs escapes.
            made[name] = (salt, text[len(name) + 4 : -1], sha256(salt + text).digest())
        return cls(message, made)

    def leaf(self) -> bytes:
        """Return the message's leaf hash."""
        return leaf_of(self.message, (commitment for _, _, commitment in self._fields.values()))

    def shown(self, hidden: Collection[str]) -> bytes:
        """Return what a certificate says of the fields; of those in `hidden` commitments only.

        That is canonical JSON of the names `fields` and `hidden`, without braces around.
        """
        fields = b",".join(
            b'"%b":["%b",%b]' % (name.encode("ascii"), salt.hex().encode("ascii"), text)
            for name, (salt, text, _) in sorted(self._fields.items())
            if name not in hidden
        )
        commitments = sorted(self._fields[name][2].hex() for name in hidden)
        return b'"fields":{%b},"hidden":%b' % (fields, canonical_json(commitments))


def is_encrypted(block: Mapping[str, Any]) -> bool:
    """Say whether a block is an encrypted OpenPGP message, opened or not."""
    return block["kind"] in ENCRYPTED


def repeat(block: Mapping[str, Any], member: str | None) -> str | None:
    """Return the command by which anyone opens a block again, None where none is known."""
    if member is None or block["session_key"] is None:
        return None
    if block["kind"] not in _GNUPG:
        return "zegel dossier verify FILE.zip --open all"
    algorithm = block["session_algorithm"] or block["cipher"]
    key = f"{algorithm}:{block['session_key'].hex().upper()}"
    old = " --ignore-mdc-error" if block["kind"] == BodyKind.SED else ""
    return (
        f"unzip -p FILE.zip {member} | gpg --batch{old} --override-session-key-fd 3"
        f" --decrypt 3<<<'{key}' | sha256sum"
    )

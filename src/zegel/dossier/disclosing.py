"""Decides, message by message, what a dossier shows, and puts it into the draft.

Every message of the investigation passes, in the order of its identity, so that its leaf can be
made; of those selected the certificate is kept but for its proof, which needs all leaves. What is
hidden of a message is left out here, before anything of it is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zegel import mailstores
from zegel.canonical import canonical_json
from zegel.custody.merkle import HASH_SIZE
from zegel.dossier import verify
from zegel.dossier.certificates import Opened, Rows, is_encrypted, repeat
from zegel.dossier.container import Draft
from zegel.dossier.leaks import Needles
from zegel.dossier.opinions import drawn
from zegel.dossier.withholding import Withheld, hidden_names
from zegel.errors import DisclosureError, UsageError
from zegel.investigation import Investigation
from zegel.investigation.leaves import fields_of
from zegel.investigation.pack import PackReader
from zegel.openpgp.model import SessionKey
from zegel.openpgp.packets import write_message
from zegel.openpgp.sealing import Recipient
from zegel.processing.reopening import ciphertexts

_PROOF = 16384
"""Bytes that proof and opinions may add to a certificate."""
PADDING = 4096
"""A sealed certificate is filled up to a multiple of this, so that its length tells little."""


@dataclass(frozen=True, slots=True)
class Partial:
    """A certificate without its proof, as two pieces of canonical JSON."""

    number: int
    index: int
    at: int
    length: int
    blocks: tuple[bytes, ...] = field(repr=False)


@dataclass(slots=True)
class Disclosing:
    """What has been decided so far."""

    inv: Investigation
    draft: Draft
    pack: PackReader
    secret: bytes = field(repr=False)
    selected: frozenset[int]
    withheld: Mapping[int, Mapping[str, str]]
    """By number: part and reason."""
    needles: Needles
    recipient: Recipient | None
    states: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    leaves: bytearray = field(default_factory=bytearray, repr=False)
    partials: list[Partial] = field(default_factory=list)
    fingerprints: set[bytes] = field(default_factory=set, repr=False)
    lots: list[tuple[bytes, bytes]] = field(default_factory=list, repr=False)
    """Of every opened block shown: its lot in the sample, and its identity."""
    packets: dict[bytes, str] = field(default_factory=dict, repr=False)
    """The member that holds the packets of a block."""

    def take(self, rows: Rows) -> None:
        """Take in the next message of the investigation."""
        message = rows.message["message"]
        fields = fields_of(rows.message, rows.places, rows.blocks, rows.attachments)
        opened = Opened.of(self.secret, message, fields)
        self.leaves += opened.leaf()
        if rows.number not in self.selected:
            return
        parts = self.withheld.get(rows.number, {})
        hidden = hidden_names(parts, fields)
        members = self._members(rows, hidden, bool(parts))
        self.states["withheld" if "state" in hidden else rows.message["state"]] += 1
        self.reasons.update(parts.values())
        rest: dict[str, Any] = {
            "index": len(self.leaves) // HASH_SIZE,
            "members": members,
            "message": message.hex(),
            "number": rows.number,
        }
        last: dict[str, Any] = {"repeat": self._repeats(rows, hidden, members)}
        if parts:
            last["withheld"] = [{"part": p, "reason": r} for p, r in sorted(parts.items())]
            last["sealed"] = self._seal(rows, opened)
        shown = [
            block
            for block in rows.blocks
            if f"ciphertext/{block['content_id'].hex()}" not in hidden
        ]
        self._note(shown)
        # Names sort around `opinions` and `proof`, which are known later.
        first = b"{%b,%b" % (opened.shown(hidden), canonical_json(rest)[1:-1])
        text = first + b"\n" + canonical_json(last)[1:]
        self._is_verifiable(rows.number, len(text) + _PROOF, verify.LARGEST_JSON)
        at = self.draft.keep(text)
        keys = tuple(b["content_id"] for b in shown if b["session_key"] is not None)
        self.partials.append(Partial(rows.number, rest["index"], at, len(text), keys))

    def _is_verifiable(self, number: int, size: int, most: int) -> None:
        """Raise where a verifier would refuse what is to be shown, for its size."""
        if size > most:
            raise UsageError(
                f"message {number} is too large for a dossier: {size:,} bytes, {most:,} at most",
                next_step="Leave it out, or withhold its text and attachments.",
            )

    def _members(self, rows: Rows, hidden: set[str], is_partly: bool) -> dict[str, str]:
        """Put the bytes that may be shown into the draft; return the member of each."""
        members: dict[str, str] = {}
        contents: list[bytes] = []
        count: Counter[str] = Counter()
        if not is_partly:
            for name, folder, ending, content, digest in self._bytes_of(rows):
                self._is_verifiable(rows.number, len(content), verify.LARGEST)
                count[folder] += 1
                place = f"{rows.number:07}-{count[folder]}.{ending}"
                members[name] = self.draft.add_once(folder, place, content, digest)
                if folder == "ciphertext":
                    self.packets[bytes.fromhex(name.partition("/")[2])] = members[name]
                contents.append(content)
        for at, item in enumerate(rows.attachments):
            name = f"attachment/{at}"
            if name not in hidden and item["at"] is not None:
                content = self.pack.read(item["at"], item["size"], item["sha256"])
                member = f"{rows.number:07}-{at}.bin"
                members[name] = self.draft.add_once("attached", member, content, item["sha256"])
        shown = self.needles.shown_by(rows, hidden, contents)
        if shown is not None:
            raise DisclosureError(
                shown,
                where=str(self.inv.folder),
                next_step="Withhold it there too, or leave that message out.",
            )
        return members

    def _bytes_of(self, rows: Rows) -> Iterator[tuple[str, str, str, bytes, bytes]]:
        """Yield raw bytes, packets and plaintexts of a message that is shown whole."""
        raws = []
        read: dict[bytes, bytes] = {}
        for place in rows.places:
            if place["raw_at"] is not None:
                digest = place["raw_sha256"]
                if digest not in read:  # most places of a message hold the same bytes
                    read[digest] = self.pack.read(place["raw_at"], place["raw_length"], digest)
                raw = read[digest]
                is_mail = mailstores.by_name(place["format"]).mail
                raws.append((raw, is_mail, place["sha256"]))
                ending = "eml" if is_mail else "pgp"
                yield f"stored/{place['stored_id'].hex()}", "stored", ending, raw, digest
        for identity, packets in _packets(rows.blocks, raws).items():
            yield f"ciphertext/{identity.hex()}", "ciphertext", "pgp", packets, b""
        for block in rows.blocks:
            if block["plaintext_at"] is not None:
                length, digest = block["plaintext_length"], block["plaintext_sha256"]
                content = self.pack.read(block["plaintext_at"], length, digest)
                yield f"plaintext/{block['content_id'].hex()}", "opened", "bin", content, digest

    def _repeats(self, rows: Rows, hidden: set[str], members: Mapping[str, str]) -> dict[str, str]:
        found = {}
        for block in rows.blocks:
            name = f"ciphertext/{block['content_id'].hex()}"
            command = repeat(block, members.get(name)) if name not in hidden else None
            if command is not None:
                found[block["content_id"].hex()] = command
        return found

    def _seal(self, rows: Rows, opened: Opened) -> str:
        """Seal the whole certificate for the magistrate; return the member's name."""
        if self.recipient is None:
            raise UsageError(
                "parts are withheld, and nobody is named who may see them",
                next_step="Name the magistrate's OpenPGP certificate: --magistrate-cert FILE.",
            )
        named = canonical_json({"message": opened.message.hex(), "number": rows.number})
        whole = b"{%b,%b" % (opened.shown(()), named[1:])
        filled = whole + b" " * (-len(whole) % PADDING)
        name = f"sealed/{rows.number:07}.pgp"
        self.draft.add(name, self.recipient.seal(filled))
        return name

    def _note(self, shown: Sequence[Mapping[str, Any]]) -> None:
        for block in shown:
            if block["key_fingerprint"]:
                self.fingerprints.add(block["key_fingerprint"])
            signatures = block["signatures"] or ()
            self.fingerprints |= {one["fingerprint"] for one in signatures if one["fingerprint"]}
            if block["session_key"] is not None:
                self.lots.append((drawn(block["content_id"], self.inv.root), block["content_id"]))


def resolve(inv: Investigation, entries: Sequence[Withheld]) -> dict[int, dict[str, str]]:
    """Return what is withheld, by number; `UsageError` for a message that is not there."""
    if not entries:
        return {}
    wanted: dict[int, dict[str, str]] = {}
    known = [(row["number"], row["message"].hex()) for row in inv.rows("messages")]
    numbers = {number for number, _ in known}
    for entry in entries:
        for name in entry.ids:
            if name.isdigit() and len(name) < 10:
                found = [int(name)] if int(name) in numbers else []
            else:
                found = [n for n, identity in known if len(name) >= 8 and identity.startswith(name)]
            if len(found) != 1:
                raise UsageError(
                    f"the list of what is withheld names {name!r}: no such message here"
                )
            wanted.setdefault(found[0], {}).update(dict.fromkeys(entry.parts, entry.reason))
    return wanted


def _packets(
    blocks: Sequence[Mapping[str, Any]], raws: Sequence[tuple[bytes, bool, bytes]]
) -> dict[bytes, bytes]:
    """Return the packets of every encrypted block that lies in the stored bytes."""
    wanted = {block["content_id"] for block in blocks if is_encrypted(block)}
    sessions = {
        block["content_id"]: SessionKey(
            algorithm=block["session_algorithm"] or 0, key=block["session_key"]
        )
        for block in blocks
        if block["session_key"] is not None
    }
    found: dict[bytes, bytes] = {}
    for raw, is_mail, digest in raws:
        if not wanted:
            break
        for message in ciphertexts(raw, mail=is_mail, sha256=digest, sessions=sessions):
            if message.ciphertext_id in wanted:
                wanted.remove(message.ciphertext_id)
                found[message.ciphertext_id] = write_message(message)
            if not wanted:
                break
    return found

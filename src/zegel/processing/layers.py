"""Finds every layer of a mail: OpenPGP blocks, S/MIME parts, and what is plain beside them.

Finds blocks wherever they lie (PGP/MIME as it should be and as gateways mangle it, inline in
text and HTML, attached armoured or binary, cleartext-signed) and uses no key. A block that
cannot be read is a layer without a message and with a problem, never silence. RFC 3156, RFC 4880
section 7, RFC 9580, RFC 8551; Autocrypt 1.1 for keys in header fields.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator
from typing import Literal

from zegel.openpgp.armor import ArmorBlock, dearmor, find_armor
from zegel.openpgp.framing import read_packets
from zegel.openpgp.keys import split_certificates
from zegel.openpgp.model import ClearMessage, EncryptedMessage
from zegel.openpgp.packets import looks_like_keyring, looks_like_message, read_messages
from zegel.processing.cleartext import cleartext_message
from zegel.processing.markup import unescape
from zegel.processing.mime import Mail, Part
from zegel.processing.slices import Headers
from zegel.records import Problem, record

LayerKind = Literal["openpgp", "openpgp-clear", "smime", "plain", "too large", "foreign"]

MAX_LAYERS = 10_000
_PACKET_BIT = 0x80
"""Set in the first octet of every packet (RFC 9580 section 4.2)."""
_HEAD = 65536
_BEGIN = b"-----BEGIN PGP "
_FILE = b"-----BEGIN PGP ARMORED FILE"
_CONTROL = "application/pgp-encrypted"
_NOT_PLAIN = frozenset({_CONTROL, "application/pgp-keys", "application/pgp-signature"})
_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
# Content types of RFC 5652 that hide content: enveloped, encrypted, authenticated-enveloped.
_ENVELOPES = tuple(
    b"\x06" + bytes((len(oid),)) + oid
    for oid in (
        bytes.fromhex("2a864886f70d010703"),
        bytes.fromhex("2a864886f70d010706"),
        bytes.fromhex("2a864886f70d0109100117"),
    )
)
_TAG = re.compile(rb"<[^<>]{0,2000}>")
_LINE_TAG = re.compile(rb"(?i)<(?:br|/?p|/?div|/?tr|/?li)\b[^<>]{0,2000}>")
_BLANK = re.compile(rb"[\s>|\xa0\xc2-]*")
_NO_MESSAGE_TAGS = frozenset({2, 5, 6, 7, 10, 12, 13, 14, 17, 21})
"""Keys, signatures, user ids, marker, padding: armoured as a MESSAGE now and then."""


@record
class FoundLayer:
    """One layer of a mail, at its path in the MIME tree."""

    path: str
    """Of the part; with `#n` for the nth block in it. A plain layer has the part's bare path."""
    kind: LayerKind
    message: EncryptedMessage | ClearMessage | None
    problems: tuple[Problem, ...] = ()


def find_layers(mail: Mail) -> Iterator[FoundLayer]:
    """Yield the layers of a mail in order, at most one plain; a mail without any is plain."""
    plain = ""
    count = 0
    encrypted_parts: dict[str, bool] = {}
    for part in mail.parts:
        found, covers = _layers_of(part)
        if part.parent_type == "multipart/encrypted":
            parent = part.path.rpartition(".")[0]
            encrypted_parts[parent] = encrypted_parts.get(parent, False) or bool(found)
        elif not (covers or plain):
            plain = part.path
        count += len(found)
        yield from found
        if count > MAX_LAYERS:
            return
    for parent in (path for path, found_any in encrypted_parts.items() if not found_any):
        count += 1
        where = f"{parent}.2" if parent else "2"
        lost = Problem(kind="no OpenPGP data in encrypted part")
        yield FoundLayer(path=f"{where}#1", kind="openpgp", message=None, problems=(lost,))
    if plain or not count:
        yield FoundLayer(path=plain or "1", kind="plain", message=None)


def _layers_of(part: Part) -> tuple[list[FoundLayer], bool]:
    """Return a part's layers, and whether nothing plain is left beside them."""
    if part.content_type in _SMIME and _is_envelope(part):
        return [FoundLayer(path=f"{part.path}#1", kind="smime", message=None)], True
    content = part.content
    if _BEGIN not in content:
        if content[:1] >= b"\x80" and looks_like_message(content[:_HEAD]):
            return _from_packets(content, part.path, 0, ()), True
        content = _narrow(part)
        if _BEGIN not in content:
            covered = part.content_type in _NOT_PLAIN or not content.strip()
            return [], covered
    markup = part.content_type == "text/html"
    layers, rest = _from_text(content, part.path, markup)
    if any(layer.kind == "foreign" for layer in layers):
        wrapped = _FILE in content
        return _without_foreign(layers, wrapped=wrapped), not wrapped and _is_blank(rest, markup)
    if not layers:
        return [], part.content_type in _NOT_PLAIN or _is_blank(rest, markup)
    return layers, _is_blank(rest, markup)


def _without_foreign(layers: list[FoundLayer], *, wrapped: bool) -> list[FoundLayer]:
    """Call foreign armour in a mail damaged: a sender armours a MESSAGE because it is one.

    Only `gpg --enarmor` says that it wraps anything: what it wrapped is plain.
    """
    reason = Problem(kind="bytes that are no packet")
    return [
        FoundLayer(path=layer.path, kind="openpgp", message=None, problems=(reason,))
        if layer.kind == "foreign"
        else layer
        for layer in layers
        if not (wrapped and layer.kind == "foreign")
    ]


def _narrow(part: Part) -> bytes:
    """Return text in a wide character set as UTF-8: armour in UTF-16 has no ASCII bytes to find."""
    content = part.content
    if b"\0" not in content[:200] or not part.content_type.startswith("text/"):
        return content
    charset = part.charset.lower()
    if not charset.startswith(("utf-16", "utf-32", "ucs-2")):
        charset = "utf-16"
    try:
        return content.decode(charset, "replace").encode("utf-8", "replace")
    except LookupError:
        return content


def _is_envelope(part: Part) -> bool:
    """Say whether S/MIME content is encrypted: by its ASN.1 type, else by its parameter."""
    head = part.content[:64]
    if head[:1] == b"\x30":
        return any(oid in head for oid in _ENVELOPES)
    declared = part.parameters.lower()
    return "signed-data" not in declared and "certs-only" not in declared


def find_layers_in_bytes(content: bytes, path: str) -> Iterator[FoundLayer]:
    """Yield the layers of bytes that are no mail: a loose OpenPGP file, an opened attachment."""
    if _BEGIN in content:
        layers, rest = _from_text(content, path, markup=False)
        yield from layers
        if layers and _is_blank(rest, markup=False):
            return
    elif content[:1] >= b"\x80" and looks_like_message(content[:_HEAD]):
        yield from _from_packets(content, path, 0, ())
        return
    yield FoundLayer(path=path, kind="plain", message=None)


def _from_text(content: bytes, path: str, markup: bool) -> tuple[list[FoundLayer], bytes]:
    """Return the layers of the armoured blocks in a text, and the text around them."""
    layers: list[FoundLayer] = []
    around: list[bytes] = []
    end = 0
    for block in find_armor(content):
        if block.start >= end:
            around.append(content[end : block.start])
            end = block.end
        if block.kind in ("MESSAGE", "SIGNED MESSAGE"):
            layers += _from_block(content, block, path, len(layers), markup)
        if len(layers) > MAX_LAYERS:
            break
    around.append(content[end:])
    return layers, b"".join(around)


def _from_block(
    content: bytes, block: ArmorBlock, path: str, before: int, markup: bool
) -> list[FoundLayer]:
    text = content[block.start : block.end]
    if block.kind == "SIGNED MESSAGE":
        message, problems = cleartext_message(text)
        where = f"{path}#{before + 1}"
        return [FoundLayer(path=where, kind="openpgp-clear", message=message, problems=problems)]
    packets, problems = dearmor(text)
    if problems or not packets or packets[0] < 0x80:
        packets, problems = _second_try(text, markup, packets, problems)
    return _from_packets(packets, path, before, problems)


def _second_try(
    text: bytes, markup: bool, packets: bytes, problems: tuple[Problem, ...]
) -> tuple[bytes, tuple[Problem, ...]]:
    """Undo HTML, or a quoted-printable encoding nobody declared, where that mends the armour."""
    tries: list[bytes] = []
    if markup or b"<" in text or b"&" in text:
        lines = _TAG.sub(b"", _LINE_TAG.sub(b"\n", text))
        tries.append(unescape(lines.decode("latin-1")).encode("latin-1", "replace"))
    if b"=\n" in text or b"=\r\n" in text or b"=3D" in text:
        tries.append(binascii.a2b_qp(text))
    for attempt in tries:
        mended, left = dearmor(attempt.replace(b"\xa0", b" "))
        if mended and mended[0] >= 0x80 and (len(left) < len(problems) or not packets):
            return mended, left
    return packets, problems


def _from_packets(
    packets: bytes, path: str, before: int, problems: tuple[Problem, ...]
) -> list[FoundLayer]:
    """Return one layer for each message in a run of packets; damaged where there should be one."""
    where = f"{path}#{before + 1}"
    if packets and packets[0] < _PACKET_BIT and not problems:
        # Whole armour around something else (`gpg --enarmor`): nothing of OpenPGP was damaged.
        return [FoundLayer(path=where, kind="foreign", message=None)]
    messages, defects = read_messages(packets)
    reasons = _in_row((*problems, *defects))
    if not messages:
        if not reasons and _holds_no_message(packets):
            return []
        reasons = reasons or (Problem(kind="no packets in armour"),)
        return [FoundLayer(path=where, kind="openpgp", message=None, problems=reasons)]
    found = [_of_message(message, where, reasons) for message in messages[:1]]
    for number, message in enumerate(messages[1:], before + 2):
        found.append(_of_message(message, f"{path}#{number}", ()))
    return found


def _of_message(
    message: EncryptedMessage | ClearMessage, path: str, problems: tuple[Problem, ...]
) -> FoundLayer:
    kind: LayerKind = "openpgp" if isinstance(message, EncryptedMessage) else "openpgp-clear"
    return FoundLayer(path=path, kind=kind, message=message, problems=problems)


def _in_row(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Take `unread` off: the layer is the row these problems belong to."""
    return tuple(Problem(kind=p.kind, offset=p.offset, note=p.note) for p in problems)


def _holds_no_message(packets: bytes) -> bool:
    tags = {packet.tag for packet in read_packets(packets)}
    return bool(tags) and tags <= _NO_MESSAGE_TAGS


def _is_blank(rest: bytes, markup: bool) -> bool:
    if markup:
        rest = _TAG.sub(b"", rest).replace(b"&nbsp;", b"")
    return _BLANK.fullmatch(rest) is not None


def find_keys_in(mail: Mail, layers: Iterable[FoundLayer] = ()) -> Iterator[bytes]:
    """Yield each transferable key in a mail's parts, as binary packets.

    `layers` are those found in the mail: a part whose one block is known needs no second look.
    """
    known = {layer.path.partition("#")[0] for layer in layers if layer.message is not None}
    for part in mail.parts:
        content = part.content
        if part.path in known and content.count(_BEGIN) == 1:
            continue
        if _BEGIN in content:
            yield from _armoured_keys(content)
        elif content[:1] >= b"\x80" and looks_like_keyring(content[:_HEAD]):
            yield from _single(content)


def find_keys_in_fields(headers: Headers) -> Iterator[bytes]:
    """Yield each transferable key in a mail's Autocrypt fields, as binary packets."""
    for name in ("autocrypt", "autocrypt-gossip"):
        for value in headers.get(name, ())[:100]:
            yield from _single(_key_in_field(value))


def _armoured_keys(content: bytes) -> Iterator[bytes]:
    for block in find_armor(content):
        if block.kind in ("PUBLIC KEY BLOCK", "PRIVATE KEY BLOCK", "MESSAGE"):
            packets, _ = dearmor(content[block.start : block.end])
            if looks_like_keyring(packets[:_HEAD]):
                yield from _single(packets)


def _single(packets: bytes) -> Iterator[bytes]:
    for start, end in split_certificates(packets):
        yield packets[start:end]


def _key_in_field(value: str) -> bytes:
    """Return the key of an Autocrypt field, its base64 perhaps folded (Autocrypt 1.1)."""
    _, found, encoded = value.partition("keydata=")
    if not found:
        return b""
    letters = re.sub(r"[^A-Za-z0-9+/]", "", encoded.partition(";")[0])
    letters = letters[:-1] if len(letters) % 4 == 1 else letters
    return binascii.a2b_base64(letters + "=" * (-len(letters) % 4))

"""Opens a message again with the session keys that processing found; no private key is used.

An investigation is filled this way: with what the tables say was opened, and nothing else. What is
found again is checked against the digest in the tables, so a changed rule cannot change evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from zegel.openpgp.bodies import open_clear, open_message
from zegel.openpgp.model import ClearMessage, EncryptedMessage, Opened, SessionKey
from zegel.processing.contents import looks_like_mime
from zegel.processing.layers import FoundLayer, find_layers, find_layers_in_bytes
from zegel.processing.mime import Mail, read_mail
from zegel.processing.onepart import read_one_part
from zegel.processing.opening import DEEPEST
from zegel.processing.pgpmime import read_pgp_mime
from zegel.processing.stored import content_identity
from zegel.processing.textbody import Attachment, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    """One content of a stored message, whole."""

    content_id: bytes
    plaintext: bytes = field(repr=False)
    attachments: tuple[Attachment, ...] = field(repr=False)


def reopen(
    raw: bytes, *, mail: bool, sha256: bytes, sessions: Mapping[bytes, SessionKey]
) -> Iterator[Reopened]:
    """Yield each content of a stored message that `sessions` open, and what is in clear.

    `raw` are the message's own bytes, `sha256` the digest of those stored; `mail` says whether they
    are a mail or loose OpenPGP. What is plain has no plaintext of its own: it is in `raw`.
    """
    tree: Mail | None = None
    layers: Iterable[FoundLayer]
    usual = read_pgp_mime(raw) if mail else None
    if usual is not None:
        layers = usual[1:]
    elif mail:
        tree = read_mail(raw)
        layers = find_layers(tree)
    else:
        layers = find_layers_in_bytes(raw, "")
    todo = [(layer, sha256, 0) for layer in layers]
    while todo:
        layer, around, depth = todo.pop(0)
        if layer.kind == "plain" and depth == 0 and tree is not None:
            attached = tuple(text_of(tree)[1])
            identity = content_identity(layer, around)
            yield Reopened(content_id=identity, plaintext=b"", attachments=attached)
            continue
        identity, opened = _open(layer, around, sessions)
        if opened is None or depth > DEEPEST:
            continue
        content, inside = _read(opened)
        yield Reopened(content_id=identity, plaintext=opened.content, attachments=content)
        todo += [(found, identity, depth + 1) for found in inside]


def _open(
    layer: FoundLayer, around: bytes, sessions: Mapping[bytes, SessionKey]
) -> tuple[bytes, Opened | None]:
    message = layer.message
    identity = content_identity(layer, around)
    opened = None
    if isinstance(message, EncryptedMessage) and identity in sessions:
        opened = open_message(message, sessions[identity])
    elif isinstance(message, ClearMessage):
        opened = open_clear(message)
    return identity, opened if isinstance(opened, Opened) else None


def _read(opened: Opened) -> tuple[tuple[Attachment, ...], list[FoundLayer]]:
    """Return what is attached in an opened content, and the layers inside it."""
    content = opened.content
    inside: list[FoundLayer] = []
    if opened.nested is not None:
        inside.append(FoundLayer(path="", kind="openpgp", message=opened.nested))
    if looks_like_mime(content):
        if read_one_part(content) is not None:
            return (), inside  # a text, and nothing beside it
        mail = read_mail(content)
        return tuple(text_of(mail)[1]), [*inside, *find_layers(mail)]
    return (), [*inside, *find_layers_in_bytes(content, "")]


def ciphertexts(
    raw: bytes, *, mail: bool, sha256: bytes, sessions: Mapping[bytes, SessionKey]
) -> Iterator[EncryptedMessage]:
    """Yield every encrypted message in a stored message, those inside what `sessions` open last.

    Nothing is decrypted before it is asked for: whoever has found what it wanted stops.
    """
    layers = find_layers(read_mail(raw)) if mail else find_layers_in_bytes(raw, "")
    todo = [(layer, sha256, 0) for layer in layers]
    found = [layer.message for layer, _, _ in todo]
    yield from (message for message in found if isinstance(message, EncryptedMessage))
    while todo:
        layer, around, depth = todo.pop(0)
        identity, opened = _open(layer, around, sessions)
        if opened is None or depth > DEEPEST:
            continue
        for inner in _read(opened)[1]:
            if isinstance(inner.message, EncryptedMessage):
                yield inner.message
            todo.append((inner, identity, depth + 1))

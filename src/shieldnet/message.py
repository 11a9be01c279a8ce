"""Write a message as PGP/MIME and open one again, on the phone's side alone.

RFC 3156 for the form, draft-autocrypt-lamps-protected-headers for what stands inside: subject and
file names are encrypted, outside stands `[...]`. What arrives is hostile: it is opened, never run,
and whatever is wrong with it is a sentence in `Opened.trouble`.
"""

from __future__ import annotations

import email
import email.policy
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage, Message
from email.utils import format_datetime, localtime, parseaddr
from typing import Any

import pysequoia

_INNER = email.policy.SMTP.clone(cte_type="8bit")
HIDDEN_SUBJECT = "[...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file inside the encrypted part."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a person wants to say, before it is encrypted."""

    sender: str
    to: tuple[str, ...]
    text: str = field(repr=False)
    subject: str = field(default="", repr=False)
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """One mail ready to be sent."""

    message_id: str
    literal: bytes = field(repr=False)
    """The octets that were encrypted."""
    mail: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One mail that arrived, as far as it could be opened."""

    sender: str
    message_id: str
    encrypted: bool
    signed_by: str = ""
    """Address whose certificate signed it; empty without a valid signature of the sender."""
    trouble: str = ""
    """Why it could not be opened; empty where it was."""
    subject: str = field(repr=False, default="")
    text: str = field(repr=False, default="")
    attachments: tuple[Attachment, ...] = field(repr=False, default=())
    literal: bytes = field(repr=False, default=b"")


def seal(draft: Draft, recipients: Sequence[bytes], key: Any) -> Sealed:
    """Encrypt to `recipients` and to `key` itself, signed by `key`."""
    message_id = f"<{secrets.token_hex(10)}@localhost>"
    literal = _literal(draft, message_id)
    certificates = [pysequoia.Cert.from_bytes(one) for one in recipients]
    own = key.extract_certificate()
    armoured = pysequoia.encrypt(literal, recipients=[*certificates, own], signer=key.signer())
    boundary = f"=-{secrets.token_hex(12)}"
    head = [
        f"From: <{draft.sender}>",
        "To: " + ",\r\n ".join(f"<{address}>" for address in draft.to),
        f"Date: {format_datetime(localtime())}",
        f"Message-ID: {message_id}",
        f"Subject: {HIDDEN_SUBJECT}",
        "MIME-Version: 1.0",
        'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted";',
        f' boundary="{boundary}"',
        "",
        f"--{boundary}",
        "Content-Type: application/pgp-encrypted",
        "",
        "Version: 1",
        "",
        f"--{boundary}",
        'Content-Type: application/octet-stream; name="encrypted.asc"',
        "",
        *bytes(armoured).decode("ascii").splitlines(),
        "",
        f"--{boundary}--",
        "",
    ]
    return Sealed(message_id=message_id, literal=literal, mail="\r\n".join(head).encode())


def _literal(draft: Draft, message_id: str) -> bytes:
    inner = EmailMessage(policy=_INNER)
    inner["Subject"] = draft.subject.replace("\n", " ").replace("\r", " ")
    inner["Message-ID"] = message_id
    inner.set_content(draft.text, cte="8bit" if _short(draft.text) else "quoted-printable")
    for one in draft.attachments:
        inner.add_attachment(
            one.content, maintype="application", subtype="octet-stream", filename=one.name
        )
    inner.set_param("protected-headers", "v1")
    return inner.as_bytes()


def _short(text: str) -> bool:
    """Return whether every line fits into the 998 octets of RFC 5322 section 2.1.1."""
    return all(len(line.encode()) < 900 for line in text.splitlines())


def open_mail(
    mail: bytes, key: Any, certificate_of: Callable[[str], bytes | None], own: str
) -> Opened:
    """Open one mail with the phone's key; verify it against the sender's certificate."""
    outer = email.message_from_bytes(mail)
    sender = parseaddr(str(outer.get("From", "")))[1].lower()
    named = str(outer.get("Message-ID", "")).strip()
    armoured = _encrypted_part(outer)
    if armoured is None:
        return Opened(
            sender=sender,
            message_id=named,
            encrypted=False,
            subject=str(outer.get("Subject", "")),
            text=_text(outer),
            attachments=_attachments(outer),
        )
    certificate = certificate_of(sender) if sender else None
    signer = pysequoia.Cert.from_bytes(certificate) if certificate else None
    try:
        found = _decrypted(armoured, key, [signer] if signer else [])
    except BaseException as error:  # pysequoia's panics are no `Exception`
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        trouble = f"not opened: {_first_line(error)} (key of {own})"
        return Opened(sender=sender, message_id=named, encrypted=True, trouble=trouble)
    literal = bytes(found.bytes or b"")
    inner = email.message_from_bytes(literal)
    verified = {one.certificate for one in found.valid_sigs}
    return Opened(
        sender=sender,
        message_id=named,
        encrypted=True,
        signed_by=sender if signer and signer.fingerprint in verified else "",
        subject=_decoded(inner.get("Subject", "")),
        text=_text(inner),
        attachments=_attachments(inner),
        literal=literal,
    )


def _decrypted(armoured: bytes, key: Any, signers: list[Any]) -> Any:
    """Return what pysequoia opens; it refuses a whole message whose signature is not theirs."""
    try:
        return pysequoia.decrypt(armoured, decryptor=key.decryptor(), store=lambda _ids: signers)
    except RuntimeError:
        return pysequoia.decrypt(armoured, decryptor=key.decryptor())


def _encrypted_part(outer: Message) -> bytes | None:
    if outer.get_content_type() != "multipart/encrypted":
        return None
    for part in outer.walk():
        if part.get_content_type() == "application/octet-stream":
            held = part.get_payload(decode=True)
            return held if isinstance(held, bytes) else None
    return None


def _leaves(message: Message) -> Iterable[Message]:
    return (part for part in message.walk() if not part.is_multipart())


def _text(message: Message) -> str:
    for part in _leaves(message):
        if part.get_content_type() == "text/plain" and part.get_filename() is None:
            held = part.get_payload(decode=True)
            octets = held if isinstance(held, bytes) else b""
            try:
                text = octets.decode(part.get_content_charset("utf-8"), "replace")
            except LookupError:  # a character set nobody knows
                text = octets.decode("utf-8", "replace")
            return text.replace("\r\n", "\n").removesuffix("\n")
    return ""


def _attachments(message: Message) -> tuple[Attachment, ...]:
    found = []
    for part in _leaves(message):
        name = part.get_filename()
        held = part.get_payload(decode=True)
        if name is not None and isinstance(held, bytes):
            found.append(Attachment(name=name, content=held))
    return tuple(found)


def _decoded(value: object) -> str:
    return str(email.header.make_header(email.header.decode_header(str(value))))


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or ["no reason given"])[0]

"""Write one mail as a phone sends it: PGP/MIME, inline PGP, a PGP attachment, or plain.

RFC 3156 for PGP/MIME, RFC 2047 for headers, the protected-headers draft for what is inside.
Lines end in LF, as Dovecot keeps them; inside the encrypted part they end in CRLF.
"""

from __future__ import annotations

import base64
import random

from shieldnet.sites import SECOND
from shieldnet.traffic.delivery import header_time
from shieldnet.traffic.devices import Device
from shieldnet.traffic.plan import Planned

FOOTER = "\n-- \nFrom a phone without a camera\n"


def literal(message: Planned, sender: Device) -> bytes:
    """Return the bytes that are encrypted: a MIME part, or the bare text."""
    if message.form != "pgp-mime":
        return message.text.encode()
    head = []
    if message.protected:
        head = [
            f"Subject: {encoded(message.subject)}",
            f"Date: {date(message.when, sender)}",
            f"Message-ID: {message.message_id}",
            *_thread(message),
        ]
    body = message.text.replace("\n", "\r\n")
    if not message.enclosure:
        kind = 'text/plain; charset="utf-8"; protected-headers="v1"'
        lines = [f"Content-Type: {kind}", *head, "Content-Transfer-Encoding: 8bit", "", body, ""]
    else:
        lines = _with_enclosure(message, head, body)
    return "\r\n".join(lines).encode()


def _with_enclosure(message: Planned, head: list[str], body: str) -> list[str]:
    boundary = f"part-{message.number}"
    rows = [f"{place};{place * 37 % 90 + 10}" for place in range(1, 6)]
    return [
        f'Content-Type: multipart/mixed; boundary="{boundary}"; protected-headers="v1"',
        *head,
        "",
        f"--{boundary}",
        'Content-Type: text/plain; charset="utf-8"',
        "Content-Transfer-Encoding: 8bit",
        "",
        body,
        f"--{boundary}",
        "Content-Type: text/csv",
        'Content-Disposition: attachment; filename="list.csv"',
        "",
        *rows,
        f"--{boundary}--",
        "",
    ]


def compose(message: Planned, sender: Device, shown: list[Device], sealed: bytes) -> bytes:
    """Return the mail without what servers add; `shown` are the recipients headers name."""
    head = [
        f"From: <{sender.address}>",
        _to(message, shown),
        f"Date: {date(message.when + message.date_shift * SECOND, sender)}",
        f"Message-ID: {message.message_id}",
        f"Subject: {'...' if message.protected else encoded(message.subject)}",
        "MIME-Version: 1.0",
    ]
    if message.protected:
        head.append("Chat-Version: 1.0")
    else:
        head += _thread(message)
    return ("\n".join(head) + "\n").encode() + _body(message, sealed)


def _to(message: Planned, shown: list[Device]) -> str:
    if message.hidden:
        return 'To: "hidden-recipients": ;'
    return "To: " + ",\n ".join(f"<{person.address}>" for person in shown)


def _thread(message: Planned) -> list[str]:
    lines = []
    if message.references:
        lines.append(f"In-Reply-To: {message.references[-1]}")
        lines.append("References: " + "\n ".join(message.references))
    if message.group is not None:
        lines.append(f"Chat-Group-ID: {message.group}")
    return lines


def _body(message: Planned, sealed: bytes) -> bytes:
    boundary = f"=-{message.number:08d}-{message.message_id[1:9]}"
    mark = boundary.encode()
    if message.form == "pgp-mime":
        return b"".join(
            (
                b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted";\n',
                b' boundary="',
                mark,
                b'"\n\n--',
                mark,
                b"\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n--",
                mark,
                b'\nContent-Type: application/octet-stream; name="encrypted.asc"\n\n',
                sealed,
                b"\n--",
                mark,
                b"--\n",
            )
        )
    if message.form == "attachment":
        return b"".join(
            (
                b'Content-Type: multipart/mixed; boundary="',
                mark,
                b'"\n\n--',
                mark,
                b'\nContent-Type: application/octet-stream; name="note.txt.asc"\n',
                b'Content-Disposition: attachment; filename="note.txt.asc"\n\n',
                sealed,
                b"\n--",
                mark,
                b"--\n",
            )
        )
    kind = b'Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: 8bit\n\n'
    return kind + (sealed if message.form == "inline" else (message.text + FOOTER).encode())


def encoded(value: str) -> str:
    """Return a header value, as an encoded word where it is not ASCII (RFC 2047)."""
    if value.isascii():
        return value
    return f"=?utf-8?b?{base64.b64encode(value.encode()).decode()}?="


def date(instant: int, sender: Device) -> str:
    """Return an instant as a Date header in the zone of the sender's site."""
    return header_time(instant, sender.site)


def flags(chance: random.Random) -> str:
    """Return the Maildir flags of a message somebody has looked at, or not."""
    return chance.choice(("S", "S", "S", "RS", "RS", "FS", ""))

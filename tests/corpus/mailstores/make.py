"""Writes the samples of the mail-store formats and what each holds, without reading them.

Run `python -m tests.corpus.mailstores.make` from the project's folder; a test compares. What is
expected follows from how a sample is put together here, never from the code that is judged.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
DATED = b"From a@b.example Tue Apr 19 09:00:00 2016\n"
DATED_NS = 1461056400 * 10**9
PACKED = bytes.fromhex("cb0d6200000000007061636b65640a")
"""A literal data packet (RFC 9580 section 5.9) holding `packed` and a line end."""


@dataclass
class Sample:
    """One file being put together, with the messages put into it."""

    path: str
    content: bytes = b""
    messages: list[dict[str, Any]] = field(default_factory=list)

    def framing(self, text: bytes) -> Sample:
        """Add bytes that belong to the store."""
        self.content += text
        return self

    def message(self, text: bytes, meaning: bytes | None = None, **said: Any) -> Sample:
        """Add a message; `meaning` is what it is once unquoted."""
        digest = hashlib.sha256(text if meaning is None else meaning).hexdigest()
        place = {"offset": len(self.content), "length": len(text), "sha256": digest}
        self.messages.append({**place, **said})
        self.content += text
        return self


def mail(number: int, body: bytes = b"text\n") -> bytes:
    """Return a small mail."""
    return b"From: a@b.example\nTo: c@d.example\nSubject: %d\n\n" % number + body


def crlf(text: bytes) -> bytes:
    """Return `text` with the line ends of the net."""
    return text.replace(b"\n", b"\r\n")


def armoured(kind: bytes, packets: bytes) -> bytes:
    """Return an armoured block, without the optional checksum (RFC 9580 section 6.1)."""
    lines = base64.encodebytes(packets)
    return b"-----BEGIN PGP %s-----\n\n" % kind + lines + b"-----END PGP %s-----\n" % kind


def maildir() -> list[Sample]:
    """Messages in Maildirs: plain, in a sub-folder, renamed, oddly named, empty, unread."""
    account: dict[str, Any] = {"account": "d00017@ams.example"}
    return [
        Sample("mail/d00017@ams.example/Maildir/cur/1461056400.M250P1.host:2,RS").message(
            mail(1),
            flags="RS",
            folder="INBOX",
            delivered_ns=DATED_NS + 250_000,
            store="mail/d00017@ams.example/Maildir",
            **account,
        ),
        Sample("mail/d00017@ams.example/Maildir/.Sent.2016/new/1461056400.1.host").message(
            crlf(mail(2)), flags="", folder="Sent.2016", delivered_ns=DATED_NS, **account
        ),
        Sample("vmail/ams.example/d00017/Maildir.old-2016/cur/odd name").message(
            mail(3), folder="INBOX", delivered_ns=None, **account
        ),
        Sample("home/alice/Maildir/tmp/1461056400.M1P2.host").message(
            b"\0 garbage, but evidently delivered", account="alice"
        ),
        Sample("home/alice/Maildir/new/1461056400.M1P3.host"),
    ]


def mbox() -> list[Sample]:
    """Mailboxes in every dialect."""
    return [*quoting(), counting(), mixing(), mozilla(), internal(), *framed()]


def quoting() -> list[Sample]:
    """Mailboxes that write `>` before a line that would end a message: once, and each time."""
    quoted = mail(1, b"\n>From here on\n")
    doubly = mail(2, b"\n>>From a quotation\n>From here on\n")
    return [
        Sample("backups/export-d00017@ams.example.mbox")
        .framing(DATED)
        .message(
            quoted,
            quoted.replace(b">F", b"F"),
            quoting="mboxo",
            folder="export-d00017@ams.example",
            account="d00017@ams.example",
            delivered_ns=DATED_NS,
        )
        .framing(b"\n" + DATED)
        .message(mail(9), delivered_ns=DATED_NS)
        .framing(b"\n"),
        Sample("mboxrd")
        .framing(DATED)
        .message(
            doubly,
            doubly.replace(b">>F", b">\0").replace(b">F", b"F").replace(b"\0", b"F"),
            quoting="mboxrd",
        )
        .framing(b"\n"),
    ]


def counting() -> Sample:
    """A mailbox whose messages say how long they are, so that nothing in them is quoted."""
    inner = mail(3, b"\nFrom a@b.example Tue Apr 19 09:00:00 2016\nSubject: inner\n\nx\n")
    stated = inner.replace(b"\n\n", b"\nContent-Length: %d\n\n", 1)
    stated = stated % len(inner.split(b"\n\n", 1)[1])
    return (
        Sample("var/mail/alice")
        .framing(DATED)
        .message(stated, folder="INBOX", account="alice", quoting="")
        .framing(b"\n" + DATED)
        .message(mail(5))
    )


def mixing() -> Sample:
    """A mailbox with the line ends of the net, of the machine, and of both."""
    first = Sample("crlf").framing(crlf(DATED)).message(crlf(mail(1)))
    return first.framing(b"\r\n" + crlf(DATED)).message(mail(2) + b"mixed\r\n").framing(b"\r\n")


def mozilla() -> Sample:
    """A mailbox of a program that dates nothing and quotes nothing, cut short."""
    russia = mail(4, b"\nFrom Russia with love\nYear: 1963\n\nFrom then on\n")
    return (
        Sample("mozilla")
        .framing(b"\xef\xbb\xbfFrom -\n")
        .message(russia, delivered_ns=None)
        .framing(b"\nFrom - \n")
        .message(mail(6, b"no blank line after this\n"))
        .framing(DATED)
        .message(mail(7, b"cut sho"))
    )


def internal() -> Sample:
    """A mailbox that begins with what a server noted about it."""
    noted = (
        b"From: Mail System Internal Data <MAILER-DAEMON@b.example>\n"
        b"Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nX-IMAP: 1 2\n\nx\n"
    )
    return (
        Sample("internal")
        .framing(DATED.replace(b"a@b.example", b"MAILER-DAEMON"))
        .message(noted, message=False)
        .framing(b"\n" + DATED)
        .message(mail(8), message=True)
    )


def framed() -> list[Sample]:
    """Mailboxes whose messages begin at once after another, in a zone, or by a quoted name."""
    return [
        Sample("empty-message").framing(DATED).message(b"").framing(DATED).message(mail(1)),
        Sample("zone")
        .framing(b"From a@b.example Tue Apr 19 11:00:00 2016 +0200\n")
        .message(mail(1), delivered_ns=DATED_NS)
        .framing(b'\nFrom "a b"@b.example Tue Apr 19 09:00:00 GMT 2016\n')
        .message(mail(2), delivered_ns=DATED_NS),
    ]


def eml() -> list[Sample]:
    """Single mails, and what programs leave before and after them."""
    return [
        Sample("home/alice/Sent Items/1.eml").message(
            mail(1), folder="Sent Items", account="alice", store="home/alice/Sent Items"
        ),
        Sample("crlf").message(crlf(mail(2)), folder="INBOX", account=""),
        Sample("cr.txt").message(mail(3).replace(b"\n", b"\r")),
        Sample("bom").framing(b"\xef\xbb\xbf\r\n").message(mail(4)),
        Sample("quoted").framing(b">From a@b.example Tue Apr 19 09:00:00 2016\n").message(mail(5)),
        Sample("1.emlx").framing(b"%d  \n" % len(mail(6))).message(mail(6))
        .framing(b"<?xml version=\"1.0\"?>\n<plist/>\n"),
        Sample("headers-only").message(b"Received: from x\n\tby y\nX-Odd: 1\n"),
    ]  # fmt: skip


def openpgp() -> list[Sample]:
    """OpenPGP messages in files of their own and in the midst of text."""
    block = armoured(b"MESSAGE", PACKED).rstrip(b"\n")
    key = armoured(b"PUBLIC KEY BLOCK", b"\x99\x00\x01\x04")
    return [
        Sample("dead.letter/packed.bin").message(PACKED, folder="dead.letter"),
        Sample("one.asc").message(block).framing(b"\n"),
        Sample("notes.txt")
        .framing(b"A note.\n\n")
        .message(block)
        .framing(b"\n\n" + key + b"between\n")
        .message(block)
        .framing(b"\nthe end\n"),
    ]


SAMPLES = {"maildir": maildir, "mbox": mbox, "eml": eml, "openpgp": openpgp}


def write(place: Path) -> None:
    """Write every sample and `expected.json` below `place`."""
    for name, samples in SAMPLES.items():
        expected = {}
        for sample in samples():
            target = place / name / "samples" / sample.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(sample.content)
            expected[sample.path] = sample.messages
        text = json.dumps(expected, indent=1, sort_keys=True)
        (place / name / "expected.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(HERE)

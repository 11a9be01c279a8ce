"""Reads OpenPGP messages that lie in files by themselves: binary, or armoured in any text.

It decides by packet structure and armour lines, never by name, and opens nothing. Keys and
detached signatures are not messages. Formats: RFC 9580 sections 4 and 6, RFC 4880.
"""

from __future__ import annotations

from collections.abc import Iterator

from zegel.mailstores.accounts import account_of
from zegel.openpgp.armor import find_armor
from zegel.openpgp.recognise import looks_like_message
from zegel.records import File, Problem, Span, find_in

_KINDS = ("MESSAGE", "SIGNED MESSAGE")
_BEGINS = (b"-----BEGIN PGP MESSAGE", b"-----BEGIN PGP SIGNED MESSAGE", b"-----BEGIN PGP ARMORED")


class OpenPGPMessage:
    """A loose OpenPGP message."""

    name = "openpgp"
    specification = "https://www.rfc-editor.org/rfc/rfc9580"
    surest = 10
    mail = False

    def detect(self, file: File) -> int:
        """Return 10 for packets of a message, or for text that holds an armoured one."""
        if looks_like_message(file.head):
            return 10
        return 10 if any(find_in(file.data, begin) >= 0 for begin in _BEGINS) else 0

    def spans(self, file: File) -> Iterator[Span | Problem]:
        """Yield the binary message, or each armoured one that does not lie inside another."""
        if looks_like_message(file.head):
            yield _span(file, 0, len(file.data), ())
            return
        end = 0
        for block in find_armor(file.data):
            if block.kind in _KINDS and block.start >= end:
                end = block.end
                problems: tuple[Problem, ...] = ()
                if not block.complete:
                    problems = (Problem(kind="truncated armour", offset=block.start),)
                yield _span(file, block.start, block.end - block.start, problems)

    def message(self, file: File, span: Span) -> bytes:
        """Return the message's bytes, armour included."""
        return file.data[span.offset : span.offset + span.length]


def _span(file: File, offset: int, length: int, problems: tuple[Problem, ...]) -> Span:
    folder = file.path.rpartition(b"/")[0]
    return Span(
        offset=offset,
        length=length,
        store=folder,
        account=account_of(file.path),
        folder=folder.rpartition(b"/")[2].decode("utf-8", "backslashreplace") or "INBOX",
        problems=problems,
    )


FORMAT = OpenPGPMessage()

"""Reads a file that is one mail, wherever it lies and whatever it is called.

It tolerates what programs leave before the first header field (byte order mark, blank lines,
`>From `, the byte count of an .emlx) and never takes a file for mail by its name. Format: RFC 5322.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from zegel.mailstores.accounts import account_of
from zegel.mailstores.headers import begins_with_headers, preamble
from zegel.records import File, Problem, Span

_COUNT = re.compile(rb"(\d{1,10})[ \t]*\r?\n")
"""First line of Apple's .emlx: the bytes of the message, behind which a property list stands."""


class Eml:
    """One mail in one file."""

    name = "eml"
    specification = "https://www.rfc-editor.org/rfc/rfc5322"
    surest = 20
    mail = True

    def detect(self, file: File) -> int:
        """Return 20 where the file begins with header fields of mail."""
        head = file.head
        return 20 if begins_with_headers(head, _start(head)) else 0

    def spans(self, file: File) -> Iterator[Span | Problem]:
        """Yield the one message."""
        start = _start(file.head)
        length = len(file.data) - start
        problems: tuple[Problem, ...] = ()
        count = _COUNT.match(file.head)
        if count is not None:
            stated = int(count[1])
            if stated > length:
                note = f"{stated - length} bytes missing"
                problems = (Problem(kind="message cut short", offset=start, note=note),)
            length = min(length, stated)
        folder = file.path.rpartition(b"/")[0]
        yield Span(
            offset=start,
            length=length,
            store=folder,
            account=account_of(file.path),
            folder=_folder(folder),
            problems=problems,
        )

    def message(self, file: File, span: Span) -> bytes:
        """Return the message's bytes."""
        return file.data[span.offset : span.offset + span.length]


def _start(head: bytes) -> int:
    count = _COUNT.match(head)
    return count.end() if count else preamble(head)


def _folder(folder: bytes) -> str:
    name = folder.rpartition(b"/")[2]
    return name.decode("utf-8", "backslashreplace") or "INBOX"


FORMAT = Eml()

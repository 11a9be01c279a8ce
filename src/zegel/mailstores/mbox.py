"""Reads an mbox file: many mails in one file, each behind a `From ` line.

There is no one format: this reads mboxo, mboxrd, mboxcl and mboxcl2, any line ends, separators
without date or blank line before them, and never takes a sentence that begins with `From ` for a
separator. Formats: RFC 4155; https://www.jwz.org/doc/content-length.html;
https://www.loc.gov/preservation/digital/formats/fdd/fdd000383.shtml. What decides, in order:

1. A line `From …` with a date in it is a separator if it follows a blank line or a field follows.
2. One without a date (`From -`, `From 1234@xxx`) is one only if mail's header fields follow.
3. A Content-Length is believed only if it leads to a separator or the end of the file, and what
   lies before that is content, whatever its lines look like.
4. `>From ` is unquoted, in the manner of mboxrd if any line of the file begins with `>>From `.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from zegel.mailstores.accounts import account_of, in_spool
from zegel.mailstores.headers import begins_with_headers
from zegel.mailstores.postmarks import is_dated, postmark_time
from zegel.records import Buffer, File, Problem, Span

_CHUNK = 2**23
_LONGEST_LINE = 1000
_LINES = (256, 64 * _LONGEST_LINE)
"""Bytes in which the end of a line is sought, first few, then more: they are copied."""
_DEEPEST = 64
"""Quotation marks before a `From `: more are somebody's drawing."""
_LOOKED_AHEAD = 4096
_HEADERS = (4096, 65536)
"""Bytes in which the end of a header is sought, first few, then more."""
_CONTENT_LENGTH = re.compile(rb"(?:\A|[\r\n])Content-Length:[ \t]*(\d{1,12})[ \t]*[\r\n]", re.I)
_FIELD = re.compile(rb"[!-9;-~]{1,76}[ \t]*:|>?From |\Z")
"""What may follow a separator directly: a field, a quoted separator, the next one, the end."""
_INTERNAL = re.compile(
    rb"(?:\A|[\r\n])Subject:[ \t]*DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA", re.I
)
_QUOTED = {
    "mboxo": re.compile(rb"(?m)^>(?=From )"),
    "mboxrd": re.compile(rb"(?m)^>(?=>*From )"),
}
_BOM = b"\xef\xbb\xbf"


class Mbox:
    """Many mails in one file."""

    name = "mbox"
    specification = "https://www.rfc-editor.org/rfc/rfc4155"
    surest = 30
    mail = True

    def detect(self, file: File) -> int:
        """Return 30 where the file begins with a separator line."""
        head = file.head
        start = _first(head)
        return 30 if start is not None and _is_separator(head, start, blank=True) else 0

    def spans(self, file: File) -> Iterator[Span | Problem]:
        """Yield one span for each message, in order."""
        start = _first(file.head)
        if start is None:
            return
        line_end = _line_end_byte(file.head)
        store = _Store(
            file=file,
            quoting=_dialect(file, line_end),
            account=account_of(file.path),
            folder=_folder(file.path),
        )
        first = start
        separators = _separators(file, line_end)
        following = next(separators, None)
        while start is not None:
            begin = _after_line(file.data, start)
            stated = _stated_end(file.data, begin)
            if stated is None:
                while following is not None and following <= start:
                    following = next(separators, None)
                end, after = following, following
            else:
                end, after = stated
            yield store.span(start, begin, end, first=start == first)
            start = after
            while following is not None and start is not None and following < start:
                following = next(separators, None)

    def message(self, file: File, span: Span) -> bytes:
        """Return the message, quoted `From ` lines unquoted."""
        message = file.data[span.offset : span.offset + span.length]
        quoted = _QUOTED.get(span.quoting)
        # Few are quoted even where some are, and a search from the end costs half.
        if quoted is None or message.rfind(b">From ") < 0:
            return message
        return quoted.sub(b"", message)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Store:
    """What all messages of one file share."""

    file: File
    quoting: str
    account: str
    folder: str

    def span(self, start: int, begin: int, end: int | None, *, first: bool) -> Span:
        """Return the message behind the separator at `start`; None is the end of the file."""
        data = self.file.data
        postmark = data[start : min(begin, start + _LONGEST_LINE)].strip()
        last = len(data) if end is None else end
        length = _without_blank(data, begin, last) - begin
        return Span(
            offset=begin,
            length=length,
            quoting=self.quoting,
            store=self.file.path,
            account=self.account,
            folder=self.folder,
            delivered_ns=postmark_time(postmark),
            delivered_text=postmark.decode("utf-8", "backslashreplace"),
            message=not (first and _is_internal(data, start, begin)),
        )


def _first(head: bytes) -> int | None:
    """Return where the first separator must stand: at the start, blank lines and a BOM aside."""
    start = len(_BOM) if head.startswith(_BOM) else 0
    while head[start : start + 1] in (b"\r", b"\n") and start < 64:
        start += 1
    return start if head.startswith(b"From ", start) else None


def _line_end_byte(head: bytes) -> bytes:
    return b"\r" if b"\n" not in head and b"\r" in head else b"\n"


def _after_line(data: Buffer, start: int) -> int:
    """Return where the line after the one at `start` begins; the file may end before."""
    line = b""
    for size in _LINES:
        line = data[start : start + size]
        newline = line.find(b"\n")
        carriage = line.find(b"\r", 0, size if newline < 0 else newline)
        if carriage >= 0:
            after = start + carriage + 1
            return after + (data[after : after + 1] == b"\n")
        if newline >= 0:
            return start + newline + 1
    return start + len(line)


def _separators(file: File, line_end: bytes) -> Iterator[int]:
    """Yield where separators stand, the first line's aside."""
    sought, data = line_end + b"From ", file.data
    position, size = 0, len(data)
    while position < size:
        chunk = data[position : position + _CHUNK + len(sought)]
        found = chunk.find(sought)
        while 0 <= found < _CHUNK:
            start = position + found + 1
            if _is_separator_at(data, start):
                yield start
            found = chunk.find(sought, found + 1)
        position += _CHUNK
        file.passed(position)


def _is_separator_at(data: Buffer, start: int) -> bool:
    before = data[max(0, start - 4) : start]
    blank = before.endswith((b"\n\n", b"\r\n\r\n", b"\r\r", b"\n\r\n")) or start <= 2
    return _is_separator(data[start : start + _LOOKED_AHEAD], 0, blank=blank)


def _is_separator(text: bytes, start: int, *, blank: bool) -> bool:
    """Say whether the `From ` line at `start` of `text` separates messages."""
    line_end = _after_line(text, start)
    line = text[start : min(line_end, start + _LONGEST_LINE)].rstrip(b"\r\n")
    if is_dated(line):
        return blank or _FIELD.match(text, line_end, line_end + _LOOKED_AHEAD) is not None
    # Without a date: one word at most, and unmistakably the header of a mail behind it.
    rest = text[line_end : line_end + _LOOKED_AHEAD]
    return len(line.split()) <= 2 and begins_with_headers(rest)


def _stated_end(data: Buffer, begin: int) -> tuple[int, int | None] | None:
    """Return where the message ends by its Content-Length, and the next separator, if true."""
    for size in _HEADERS:
        headers = data[begin : begin + size]
        end = _headers_end(headers)
        if end is not None:
            break
    else:
        return None
    named = headers[:end].lower().find(b"content-length:")
    stated = _CONTENT_LENGTH.search(headers, max(0, named - 1), end) if named >= 0 else None
    if stated is None:
        return None
    stop = begin + end + int(stated[1])
    if stop > len(data):
        return None
    gap = data[stop : stop + 8]
    blank = len(gap) - len(gap.lstrip(b"\r\n"))
    if stop + blank == len(data):
        return stop, None
    start = stop + blank
    at_line = blank or data[stop - 1 : stop] in (b"\n", b"\r")
    return (stop, start) if at_line and _is_separator_at(data, start) else None


def _headers_end(text: bytes) -> int | None:
    """Return where the body begins: behind the first blank line."""
    end = None
    if (at := text.find(b"\n\n")) >= 0:
        end = at + 2
    if text.find(b"\r", 0, end) >= 0:  # one byte is found ten times as quickly as two
        for blank in (b"\n\r\n", b"\r\r"):
            if (at := text.find(blank, 0, end)) >= 0:
                end = at + len(blank)
    return end


def _without_blank(data: Buffer, begin: int, end: int) -> int:
    """Return `end` without the blank line that the store put behind the message."""
    tail = data[max(begin, end - 4) : end]
    for blank, kept in ((b"\r\n\r\n", 2), (b"\n\n", 1), (b"\r\r", 1), (b"\n\r\n", 2)):
        if tail.endswith(blank):
            return end - (len(blank) - kept if blank != b"\n\r\n" else 2)
    return end


def _dialect(file: File, line_end: bytes) -> str:
    """Return the quoting of the file: the dialect is one for all of its messages."""
    quoted, data = "", file.data
    position = 0
    while position < len(data):
        chunk = data[position : position + _CHUNK + _DEEPEST]
        found = chunk.rfind(b">From ")  # from the end, which costs half
        while found >= 0:
            marks = chunk[max(0, found - _DEEPEST) : found + 1]
            before = marks.rstrip(b">")
            if before.endswith(line_end):
                if len(marks) - len(before) > 1:
                    return "mboxrd"
                quoted = "mboxo"
            found = chunk.rfind(b">From ", 0, found + 1)
        position += _CHUNK
        file.passed(position)
    return quoted


def _is_internal(data: Buffer, start: int, begin: int) -> bool:
    """Say whether this is the record that UW-IMAP and Pine keep as a folder's first message."""
    if not data[start : start + 19].startswith(b"From MAILER-DAEMON "):
        return False
    head = data[begin : begin + _LOOKED_AHEAD]
    return _INTERNAL.search(head, 0, _headers_end(head) or len(head)) is not None


def _folder(path: bytes) -> str:
    """Return the mail folder: the file's name, INBOX for a spool file or an `inbox`."""
    name = path.rpartition(b"/")[2]
    if in_spool(path):
        return "INBOX"
    stem = name.removesuffix(b".mbox").removesuffix(b".mbx")
    if stem.lower() in (b"inbox", b"mbox", b""):
        return "INBOX"
    return stem.decode("utf-8", "backslashreplace")


FORMAT = Mbox()

"""Says whether bytes begin like a mail: a block of header fields (RFC 5322 section 2.2).

It looks at a bounded number of bytes and lines, and never decodes anything.
"""

from __future__ import annotations

import re

LOOKED_AT = 16384
_LINES = 200
_FIELD = re.compile(rb"([A-Za-z][!-9;-~]{0,76})[ \t]*:")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_PREAMBLE = re.compile(
    rb"(?:\xef\xbb\xbf)?[\r\n]{0,16}(?:>?From (?![ \t]*:)[^\r\n]{0,998}(?:\r\n|\n|\r))?"
)
"""What some programs leave before the first field: a byte order mark, blank lines, `>From `."""

_OF_MAIL = frozenset(
    b"from to cc bcc sender reply-to subject received message-id in-reply-to return-path"
    b" delivered-to mime-version content-type autocrypt x-mozilla-status x-mozilla-keys".split()
)
"""Not `Date`: the indices of software archives have that, and nothing else of these."""

_ENTITY = re.compile(
    rb"Content-Type[ \t]*:\s*(?:multipart/|message/rfc822|application/(?:x-)?pkcs7)", re.IGNORECASE
)
"""A field that is enough by itself: what follows it is MIME (RFC 2045 section 5)."""


def preamble(head: bytes) -> int:
    """Return how many bytes stand before the first header field."""
    match = _PREAMBLE.match(head)
    return match.end() if match else 0


def begins_with_headers(head: bytes, start: int = 0) -> bool:
    """Say whether two header fields stand at `start`, one of them a field of mail."""
    if _ENTITY.match(head, start):
        return True
    known = plausible = 0
    stop = min(len(head), start + LOOKED_AT)
    for _ in range(_LINES):
        field = _FIELD.match(head, start, stop)
        if field is not None:
            plausible += 1
            known += field[1].lower() in _OF_MAIL
            if known and plausible >= 2:
                return True
        elif not plausible or head[start : start + 1] not in (b" ", b"\t"):
            return False
        end = _LINE_END.search(head, start, stop)
        if end is None:
            return False
        start = end.end()
    return False

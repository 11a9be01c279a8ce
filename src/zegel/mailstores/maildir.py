"""Reads one file of a Maildir: the message is the whole file, its name says when and how.

It never trusts the name alone: a file elsewhere in `cur` counts only if it begins like mail.
Format: https://cr.yp.to/proto/maildir.html; sub-folders as in Maildir++
(https://www.courier-mta.org/maildir.html). Seconds and microseconds (`M`) are the writer's clock.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from zegel.mailstores.accounts import account_of, is_maildir_name
from zegel.mailstores.headers import begins_with_headers, preamble
from zegel.records import File, Problem, Span

_PLACES = (b"cur", b"new", b"tmp")
_UNIQUE = re.compile(rb"(\d{8,11})\.[^/]{1,200}\Z")
_MICROSECONDS = re.compile(rb"[.\dA-Za-z_]*?M(\d{1,6})(?!\d)")
_FLAGS = re.compile(rb"[:;!,_-]2,([A-Za-z]*)")


class Maildir:
    """One message per file, in `cur`, `new` or `tmp`."""

    name = "maildir"
    specification = "https://cr.yp.to/proto/maildir.html"
    surest = 40
    mail = True

    def detect(self, file: File) -> int:
        """Return 40 for a file in a Maildir that is named as one, or begins like mail."""
        folder, name = _split(file.path)
        place = folder.rpartition(b"/")[2]
        if place not in _PLACES:
            return 0
        if _UNIQUE.match(name):
            return 40
        if place == b"tmp":
            return 0
        head = file.head
        start = preamble(head)
        # `From ` at the start is an mbox that somebody put there.
        return 40 if not head.startswith(b"From ") and begins_with_headers(head, start) else 0

    def spans(self, file: File) -> Iterator[Span | Problem]:
        """Yield the one message, or a problem where the file is empty."""
        folder, name = _split(file.path)
        if not len(file.data):
            yield Problem(kind="empty message file", unread=True)
            return
        store, account, box = _whereabouts(folder)
        seconds = _UNIQUE.match(name)
        flags = _FLAGS.search(name)
        yield Span(
            offset=0,
            length=len(file.data),
            store=store,
            account=account,
            folder=box,
            flags=flags[1].decode("ascii") if flags else "",
            delivered_ns=_delivered(name, seconds),
            delivered_text=name.decode("utf-8", "backslashreplace") if seconds else "",
        )

    def message(self, file: File, span: Span) -> bytes:
        """Return the file's bytes."""
        return file.data[span.offset : span.offset + span.length]


def _split(path: bytes) -> tuple[bytes, bytes]:
    """Return folder and name; of a file compressed by itself, those of the packed file."""
    folder, _, name = path.rpartition(b"/")
    return _split(folder[:-1]) if folder.endswith(b"!") else (folder, name)


@functools.lru_cache(maxsize=4096)
def _whereabouts(folder: bytes) -> tuple[bytes, str, str]:
    """Return store, account and mail folder of what lies in `folder`; never by a file's name."""
    store = folder.rpartition(b"/")[0]
    return store, account_of(folder + b"/message"), _folder(store)


def _folder(store: bytes) -> str:
    """Return the mail folder: `.Sent` (Maildir++) or a plain folder below the Maildir."""
    name = store.rpartition(b"/")[2]
    if name.startswith(b".") and not is_maildir_name(name):
        return name[1:].decode("utf-8", "backslashreplace")
    names = store.split(b"/")
    for index in range(len(names) - 1, -1, -1):
        if is_maildir_name(names[index]):
            below = b"/".join(names[index + 1 :])
            return below.decode("utf-8", "backslashreplace") or "INBOX"
    return "INBOX"


def _delivered(name: bytes, seconds: re.Match[bytes] | None) -> int | None:
    if seconds is None:
        return None
    microseconds = _MICROSECONDS.match(name, seconds.end(1) + 1)
    return int(seconds[1]) * 10**9 + (int(microseconds[1]) * 1000 if microseconds else 0)


FORMAT = Maildir()

"""Append messages to files in mbox form: mailbox exports, and mail stores kept that way.

The form is mboxrd: RFC 4155 and the `>From ` rule of qmail. One process appends, so that offsets
are known and order is that of the plan.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from pathlib import Path

from shieldnet.sites import SECOND

_FROM = re.compile(rb"^(>*From )", re.MULTILINE)


def quoted(mail: bytes) -> bytes:
    """Return the mail as mboxrd holds it: lines that look like a separator carry one more `>`."""
    return _FROM.sub(rb">\1", mail) if b"From " in mail else mail


@dataclass(slots=True, kw_only=True)
class Stored:
    """One mail as `quoted` returned it, who sent it, and what the store's clock showed (ns)."""

    sender: str
    shown: int
    stored: bytes = field(repr=False)


class Boxes:
    """All files in mbox form below the copies."""

    def __init__(self, copy: Path) -> None:
        self._copy = str(copy)
        self._sizes: dict[str, int] = {}

    def append(self, site: str, path: str, mails: list[Stored], *, whole: bool = True) -> list[int]:
        """Append mails to one file; return where each begins.

        If the last is not whole, it breaks off there: no line end and no empty line follow.
        """
        place = f"{self._copy}/{site}/{path}"
        begin, starts, parts = self._sizes.get(place, 0), [], []
        for mail in mails:
            line = _separator(mail)
            end = b"\n" if mail.stored.endswith(b"\n") else b"\n\n"
            starts.append(begin + len(line))
            parts += [line, mail.stored, end]
            begin = starts[-1] + len(mail.stored) + len(end)
        with open(place, "ab") as target:  # noqa: PTH123 - millions of times, and Path costs more
            target.write(b"".join(parts if whole else parts[:-1]))
        self._sizes[place] = begin
        return starts


def _separator(mail: Stored) -> bytes:
    moment = dt.datetime.fromtimestamp(mail.shown // SECOND, dt.UTC)
    text = f"From {mail.sender} {moment:%a %b} {moment.day:2d} {moment:%H:%M:%S %Y}\n"
    return text.encode()

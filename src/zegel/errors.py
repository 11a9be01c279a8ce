"""Every error that stops a command: what happened, where, and what to do next.

    ZegelError
    ├── UsageError            the command's words do not fit
    ├── CaseError             the case folder is missing, damaged, of another version or in use
    ├── ExhibitError          the copy cannot be opened, or is no longer what was sealed
    ├── StorageError          the disk is full or refuses to write
    ├── VerificationError     a proof, digest or signature does not hold
    ├── ConditionError        an order asks for more than may be granted
    ├── DisclosureError       an export would show more than may be shown
    └── RefusedError          this person may not do this, or nobody may any more
        ├── NamedError        another name than one's own, outside training
        ├── LoginError        name, password or key is wrong
        ├── LockedOutError    too many tries failed, or the name is blocked
        └── SessionError      nobody is logged in, or the session has ended

A defect in the evidence is never one of these: it becomes a `zegel.records.Problem`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar


class ZegelError(Exception):
    """Stops the job; `str(error)` is what a person can act on, without content.

    Where no next step is given, it is the `remedy` of the kind.
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500
    meaning: ClassVar[str] = "the job stopped"
    remedy: ClassVar[str] = "Give the same command again; if it stays, keep the case and report it."

    def __init__(self, what: str, *, where: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.next_step = next_step or self.remedy

    def __str__(self) -> str:
        sentence = f"{self.where}: {self.what}" if self.where else self.what
        return f"{sentence}. {self.next_step}"


class UsageError(ZegelError):
    """The command's words do not fit together, or name something that does not exist."""

    exit_code = 2
    http_status = 400
    meaning = "the command's words do not fit, or name something that is not there"
    remedy = "`zegel COMMAND --help` says what fits."


class CaseError(ZegelError):
    """The case folder is missing, damaged, of another version, or in use by another process."""

    exit_code = 3
    http_status = 409
    meaning = "the case folder is missing, damaged, of another version or in use"
    remedy = "Name the right folder with --case, or restore this one from its backup."


class ExhibitError(ZegelError):
    """The copy cannot be opened, or it is no longer the one that was sealed."""

    exit_code = 4
    http_status = 422
    meaning = "the copy cannot be opened, or is no longer what was sealed"
    remedy = "Compare it with the original that was copied."


class StorageError(ZegelError):
    """The disk is full or refuses to write; the same command continues once there is room."""

    exit_code = 5
    http_status = 507
    meaning = "the disk is full or refuses to write"
    remedy = "Make room or mend its rights, and give the same command again: it continues."


class VerificationError(ZegelError):
    """A proof, digest or signature does not hold; the first wrong place is named."""

    exit_code = 6
    http_status = 422
    meaning = "a proof, digest or signature does not hold"
    remedy = "Keep everything as it is, and compare with a head or a copy held elsewhere."


class ConditionError(ZegelError):
    """An order asks for more than a condition of an exhibit, or the case, allows."""

    exit_code = 7
    http_status = 403
    meaning = "an order asks for more than may be granted"
    remedy = "Ask whoever set the condition, or write an order within it."


class DisclosureError(ZegelError):
    """An export would show what is withheld, or open what was not disclosed."""

    exit_code = 8
    http_status = 403
    meaning = "an export would show more than may be shown"
    remedy = "Withhold that too, or leave the message out."


class RefusedError(ZegelError):
    """Whoever acts has no right to this act, or nobody has any more; the refusal is in the log."""

    exit_code = 10
    http_status = 403
    meaning = "whoever acts has no right to this, or nobody has any more"
    remedy = "`zegel whoami` says who acts here; ask somebody whose role allows it."


class NamedError(RefusedError):
    """Another name than that of whoever acts was given, outside a training case."""

    exit_code = 11
    http_status = 403
    meaning = "another name than one's own can be given in training only"
    remedy = "Leave --who out; `zegel login` says who acts."


class LoginError(RefusedError):
    """The name, the password or the key is wrong; which of them is not said."""

    exit_code = 12
    http_status = 401
    meaning = "name, password or key is wrong"
    remedy = "Try again; each failed try makes the next wait longer."


class LockedOutError(RefusedError):
    """Too many tries failed, or somebody blocked the name."""

    exit_code = 13
    http_status = 429
    meaning = "too many tries failed, or the name is blocked"
    remedy = "Ask an administrator: `zegel people unblock NAME`."


class SessionError(RefusedError):
    """Nobody is logged in, or the session has ended."""

    exit_code = 14
    http_status = 401
    meaning = "nobody is logged in, or the session has ended"
    remedy = "`zegel login` begins one, and asks for its purpose."


ERRORS: tuple[type[ZegelError], ...] = (
    ZegelError,
    UsageError,
    CaseError,
    ExhibitError,
    StorageError,
    VerificationError,
    ConditionError,
    DisclosureError,
    RefusedError,
    NamedError,
    LoginError,
    LockedOutError,
    SessionError,
)


@contextmanager
def at(where: Path | str) -> Iterator[None]:
    """Name `where` as the place of an error that says none."""
    try:
        yield
    except ZegelError as error:
        error.where = error.where or str(where)
        raise

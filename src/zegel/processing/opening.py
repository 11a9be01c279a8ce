"""Open: each distinct content once; its session key, its outcome, its content row.

The message's bytes are read again from the exhibit and checked against the seal. A block found
inside an opened one is opened there and then, to a bounded depth, and keeps the identity of the
block it lay in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from zegel.openpgp.bodies import open_clear, open_message
from zegel.openpgp.model import (
    BodyKind,
    ClearMessage,
    EncryptedMessage,
    Esk,
    Opened,
    OpenFailure,
    SessionKey,
)
from zegel.openpgp.secondopinion import Opinion
from zegel.processing.batches import in_batches
from zegel.processing.contents import Content, read_content, read_plain
from zegel.processing.fetching import Fetcher, LostPlaceError
from zegel.processing.keypackets import named
from zegel.processing.layers import FoundLayer
from zegel.processing.planned import Planned
from zegel.processing.rows import Sink
from zegel.processing.secondopinions import SecondOpinions, difference
from zegel.processing.stored import LARGEST_MESSAGE, content_identity, layer_kind
from zegel.processing.unlock import Outcome, Unlocker
from zegel.records import Problem, State

DEEPEST = 8
"""Encrypted blocks inside encrypted blocks; deeper ones are `unsupported: nested-too-deep`."""

ENCRYPTED_KINDS = frozenset(str(kind) for kind in BodyKind)

_UNOPENED = {
    "damaged": (State.DAMAGED, "unparsable-packets"),
    "damaged clear": (State.DAMAGED, "unparsable-signed-text"),
    "smime": (State.UNSUPPORTED, "s-mime"),
    "too large": (State.UNSUPPORTED, f"larger-than-{LARGEST_MESSAGE}-bytes"),
}


class _Waiting:
    """One row of the plan on its way to its outcome."""

    __slots__ = (
        "_place",
        "accounts",
        "content",
        "earlier",
        "keys_lost",
        "known",
        "message",
        "outcome",
        "path",
        "row",
    )

    def __init__(self, row: Planned) -> None:
        self.row = row
        self._place: dict[str, Any] | None = None
        self.path = ""
        self.accounts = tuple(row.accounts)
        self.message: EncryptedMessage | None = None
        self.keys_lost = False
        self.earlier: Outcome | None = None
        self.known: Outcome | None = None
        self.outcome: Outcome | None = None
        self.content: Content | None = None

    @property
    def place(self) -> dict[str, Any]:
        """The stored place that was read; the first where none had to be."""
        if self._place is None:
            self._place = self.row.places()[0]
        return self._place

    @place.setter
    def place(self, place: dict[str, Any]) -> None:
        self._place = place


class Opening:
    """Opens planned rows into `sink` with one unlocker."""

    def __init__(
        self,
        round_number: int,
        unlocker: Unlocker,
        fetcher: Fetcher,
        sink: Sink,
    ) -> None:
        self.round = round_number
        self.unlocker = unlocker
        self.fetcher = fetcher
        self.sink = sink
        self.item: _Waiting
        """The content whose outcome is being written; problems are said of its place."""
        self.opinions = SecondOpinions(
            unlocker.keyring, unlocker.passphrases, unlocker.budget.second_opinions
        )

    def open_rows(self, rows: Iterable[Planned]) -> None:
        """Open the contents that `rows` of the round's plan describe."""
        for batch in in_batches(rows, lambda row: row.length):
            waiting = [self._read(row) for row in batch]
            self._unlock(waiting)
            for item in waiting:
                if item.outcome is not None and item.outcome.opened is not None:
                    item.content = self._content_of(item.outcome.opened, item.path)
            for item in waiting:
                self._finish(item)

    def _unlock(self, waiting: Iterable[_Waiting]) -> None:
        for item in waiting:
            if item.message is not None:
                item.outcome = self._outcome(item.message, item.accounts, item)

    def _read(self, row: Planned) -> _Waiting:
        """Read an encrypted block again, if there is anything to try on it."""
        item = _Waiting(row)
        if row.kind not in ENCRYPTED_KINDS:
            return item
        item.earlier, item.known = _earlier(row), _known(row)
        esks = named(row.esks)
        if item.known is None and not self.unlocker.worth_trying(esks, item.accounts, item.earlier):
            # Nothing to try: known without reading the body again. It may still be news, as when
            # a key that was missing has been found, but locked.
            item.message = _message(row.content_id, BodyKind(row.kind), esks)
            return item
        with suppress(LostPlaceError):
            found = self.fetcher.message(row)
            item.message, item.path, item.keys_lost = found.message, found.path, found.keys_lost
            if found.place is not None:
                item.place = found.place
        return item

    def _outcome(
        self, message: EncryptedMessage, accounts: Sequence[str], before: _Waiting | None = None
    ) -> Outcome:
        known = before.known if before else None
        # Opened before, and read again for what lay locked inside: its key is kept.
        outcome = _reopened(message, known) if known else None
        earlier = before.earlier if before else None
        return outcome or self.unlocker.unlock(message, accounts, earlier)

    def _content_of(self, opened: Opened, path: str) -> Content:
        return read_content(opened, self.unlocker.keyring.find_public, path=path)

    def _finish(self, item: _Waiting) -> None:
        """Write how `item` ended, and open what lies inside it."""
        self.item, row = item, item.row
        identity, kind = row.content_id, row.kind
        if item.keys_lost:
            self._problem(Problem(kind="sealed bytes lost"))
        if item.message is not None and item.outcome is not None:
            self._record(item.message, item.outcome, item.accounts, item.path, item.content)
        elif kind in ENCRYPTED_KINDS:
            lost = (State.DAMAGED, "sealed-bytes-lost")
            self._session(identity, Outcome(), kind, state=lost)
        elif kind in _UNOPENED:
            self._session(identity, Outcome(), kind, state=_UNOPENED[kind])
        else:
            self._clear(item)

    def _record(
        self,
        message: EncryptedMessage,
        outcome: Outcome,
        accounts: Sequence[str],
        path: str,
        content: Content | None = None,
        ancestors: tuple[bytes, ...] = (),
    ) -> None:
        """Write an outcome and the content it gave; go on with what is encrypted in that."""
        identity = message.ciphertext_id
        opinion = self.opinions.on(message, outcome)
        kind = str(message.kind)
        self._session(identity, outcome, kind, ancestors=ancestors, path=path, opinion=opinion)
        if (problem := difference(opinion)) is not None:
            self._problem(problem)
        if outcome.opened is None:
            return
        inside = (*ancestors, identity)
        if outcome.opened.nested is not None:
            self._nested(outcome.opened.nested, accounts, f"{path}>", inside)
        content = content or self._content_of(outcome.opened, path)
        self._content(identity, content)
        for layer in content.nested:
            inner = f"{path}>{layer.path}"
            if isinstance(layer.message, EncryptedMessage):
                self._nested(layer.message, accounts, inner, inside)
            elif isinstance(layer.message, ClearMessage):
                self._clear_inside(layer, inner, inside)
            else:
                kind = layer_kind(layer)
                unopened = content_identity(layer, identity)
                state = _UNOPENED.get(kind, (State.UNSUPPORTED, kind))
                self._session(unopened, Outcome(), kind, ancestors=inside, path=inner, state=state)

    def _nested(
        self,
        message: EncryptedMessage,
        accounts: Sequence[str],
        path: str,
        ancestors: tuple[bytes, ...],
    ) -> None:
        if message.ciphertext_id in ancestors or len(ancestors) >= DEEPEST:
            deep = (State.UNSUPPORTED, "nested-too-deep")
            outcome = Outcome()
            kind = str(message.kind)
            identity = message.ciphertext_id
            if identity not in ancestors:
                self._session(identity, outcome, kind, ancestors=ancestors, path=path, state=deep)
            return
        outcome = self._outcome(message, accounts)
        self._record(message, outcome, accounts, path, ancestors=ancestors)

    def _clear_inside(self, layer: FoundLayer, path: str, ancestors: tuple[bytes, ...]) -> None:
        assert isinstance(layer.message, ClearMessage)
        opened = open_clear(layer.message)
        if isinstance(opened, Opened):
            self._content(content_identity(layer, ancestors[-1]), self._content_of(opened, path))

    def _clear(self, item: _Waiting) -> None:
        find_key = self.unlocker.keyring.find_public
        identity, kind = item.row.content_id, item.row.kind
        try:
            item.place, layer, raw = self.fetcher.clear(item.row)
        except LostPlaceError:
            self._problem(Problem(kind="sealed bytes lost"))
            return
        if kind == "plain":
            self._content(identity, read_plain(raw, find_key))
            return
        assert isinstance(layer.message, ClearMessage)
        opened = open_clear(layer.message)
        if isinstance(opened, Opened):
            self._content(identity, read_content(opened, find_key, path=layer.path))
            if opened.nested is not None:
                outcome = self._outcome(opened.nested, item.accounts)
                where, inside = f"{layer.path}>", (identity,)
                self._record(opened.nested, outcome, item.accounts, where, ancestors=inside)
        else:
            unsupported = opened.failure is OpenFailure.UNSUPPORTED
            state = State.UNSUPPORTED if unsupported else State.DAMAGED
            self._session(identity, Outcome(), kind, state=(state, opened.code))

    def _content(self, identity: bytes, content: Content) -> None:
        row = {"round": self.round, "content_id": identity, **content.row}
        self.sink.add("contents", row)
        for problem in content.problems:
            self._problem(problem)

    def _problem(self, problem: Problem) -> None:
        place = self.item.place
        self.sink.add(
            "problems",
            {
                "kind": problem.kind,
                "exhibit": place["exhibit"],
                "entry": place["number"],
                "path": place["path"],
                "offset": place["offset"],
                "note": problem.note,
                "unread": False,
            },
        )

    def _session(
        self,
        identity: bytes,
        outcome: Outcome,
        kind: str,
        *,
        ancestors: tuple[bytes, ...] = (),
        path: str = "",
        state: tuple[State, str] | None = None,
        opinion: Opinion | None = None,
    ) -> None:
        ended, reason = state or (outcome.state, outcome.reason)
        session = outcome.session
        self.sink.add(
            "sessions",
            {
                "round": self.round,
                "content_id": identity,
                "root_id": ancestors[0] if ancestors else None,
                "parent_id": ancestors[-1] if ancestors else None,
                "layer_path": path,
                "state": str(ended),
                "reason": reason,
                "detail": outcome.detail,
                "kind": kind,
                "session_algorithm": session.algorithm if session else None,
                "session_key": session.key if session else None,
                "key_fingerprint": outcome.fingerprint or None,
                "passphrase": outcome.passphrase or None,
                "key_ids": outcome.key_ids,
                "tried": outcome.tried,
                "candidates": outcome.candidates,
                "tried_keys": outcome.tried_keys,
                "tried_passphrases": outcome.tried_passphrases,
                "esks": outcome.esks,
                "opener": outcome.opened.opener if outcome.opened else None,
                "second_opinion": str(opinion) if opinion else None,
            },
        )


def _earlier(planned: Planned) -> Outcome | None:
    row = planned.earlier
    if row["tried_passphrases"] is None or row["tried_esks"] != len(planned.esks):
        # Never tried, or another copy has since brought key packets that were not there.
        return None
    return Outcome(
        tried_keys=list(row["tried_keys"] or ()), tried_passphrases=row["tried_passphrases"]
    )


def _known(planned: Planned) -> Outcome | None:
    """Return how the row's block was opened in an earlier round, with its session key."""
    row = planned.earlier
    if row["session_key"] is None:
        return None
    session = SessionKey(algorithm=row["session_algorithm"], key=row["session_key"])
    return Outcome(
        state=State.READABLE,
        reason="opened",
        earlier=True,
        session=session,
        fingerprint=row["key_fingerprint"] or b"",
        passphrase=row["passphrase"] or "",
        tried_keys=list(row["tried_keys"] or ()),
        tried_passphrases=row["tried_passphrases"],
        esks=row["tried_esks"],
    )


def _reopened(message: EncryptedMessage, known: Outcome) -> Outcome | None:
    assert known.session is not None
    opened = open_message(message, known.session)
    return replace(known, opened=opened) if isinstance(opened, Opened) else None


def _message(identity: bytes, kind: BodyKind, esks: tuple[Esk, ...]) -> EncryptedMessage:
    """Return a message of which nothing is read: who could open it is known, and nobody can."""
    return EncryptedMessage(esks=esks, kind=kind, body=b"", ciphertext_id=identity, start=0, end=0)

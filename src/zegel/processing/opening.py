"""Open: each distinct content once; its session key, its outcome, its content row.

The message's bytes are read again from the exhibit and checked against the seal. A block found
inside an opened one is opened there and then, to a bounded depth, and keeps the identity of the
block it lay in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from zegel import mailstores
from zegel.exhibits import Copy, SealBroken
from zegel.exhibits.model import Entry
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
from zegel.openpgp.packets import parse_esk
from zegel.openpgp.secondopinion import Opinion
from zegel.processing.batches import in_batches
from zegel.processing.contents import Content, read_content, read_plain
from zegel.processing.layers import FoundLayer, find_layers, find_layers_in_bytes
from zegel.processing.mime import read_mail
from zegel.processing.planned import Planned
from zegel.processing.rows import Sink
from zegel.processing.secondopinions import SecondOpinions, difference
from zegel.processing.spool import SpoolReader
from zegel.processing.stored import LARGEST_MESSAGE, content_identity, layer_kind
from zegel.processing.unlock import Outcome, Unlocker
from zegel.records import File, Problem, Span, State

DEEPEST = 8
"""Encrypted blocks inside encrypted blocks; deeper ones are `unsupported: nested-too-deep`."""

ENCRYPTED_KINDS = frozenset(str(kind) for kind in BodyKind)

_UNOPENED = {
    "damaged": (State.DAMAGED, "unparsable-packets"),
    "damaged clear": (State.DAMAGED, "unparsable-signed-text"),
    "smime": (State.UNSUPPORTED, "s-mime"),
    "too large": (State.UNSUPPORTED, f"larger-than-{LARGEST_MESSAGE}-bytes"),
}

FindEntry = Callable[[dict[str, Any]], tuple[Copy, Entry]]


class LostPlaceError(Exception):
    """No stored place of a content gives its sealed bytes any more."""


class _Waiting:
    """One row of the plan on its way to its outcome."""

    __slots__ = (
        "_place",
        "accounts",
        "content",
        "earlier",
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
        find_entry: FindEntry,
        spool: SpoolReader,
        sink: Sink,
    ) -> None:
        self.round = round_number
        self.unlocker = unlocker
        self.find_entry = find_entry
        self.spool = spool
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
        esks = tuple([esk for packed in row.esks if (esk := parse_esk(packed[0], packed[1:]))])
        item.earlier, item.known = _earlier(row), _known(row)
        kind = BodyKind(row.kind)
        if item.known is None and not self.unlocker.worth_trying(esks, item.accounts, item.earlier):
            # Nothing to try: known without reading the body again. It may still be news, as when
            # a key that was missing has been found, but locked.
            item.message = _message(row.content_id, kind, esks, b"")
            return item
        # Key packets of every copy count, not only those of the copy that is read.
        item.message, item.path = self._spooled(row, kind, esks), row.layer_path
        if item.message is None:
            try:
                raw = self._read_raw(item)
            except LostPlaceError:
                return item
            layer = _find_layer(item.place, raw)
            assert isinstance(layer.message, EncryptedMessage)
            item.message, item.path = replace(layer.message, esks=esks), layer.path
        return item

    def _spooled(
        self, row: Planned, kind: BodyKind, esks: tuple[Esk, ...]
    ) -> EncryptedMessage | None:
        """Return the message as the scan put it aside, unless it did not or it is gone."""
        if row.spooled is None or row.spooled_size is None:
            return None
        body = self.spool.body(row.part, row.spooled, row.spooled_size, row.content_id)
        return _message(row.content_id, kind, esks, body) if body is not None else None

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
            raw = self._read_raw(item)
            if kind == "plain":
                self._content(identity, read_plain(raw, find_key))
                return
            layer = _find_layer(item.place, raw)
        except LostPlaceError:
            self._problem(Problem(kind="sealed bytes lost"))
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

    def _read_raw(self, item: _Waiting) -> bytes:
        for place in item.row.places():
            copy, entry = self.find_entry(place)
            try:
                data = copy.read_checked(entry)
            except (SealBroken, OSError):
                continue
            item.place = place
            file = File(path=entry.path, data=data, mtime_ns=entry.mtime_ns)
            span = Span(offset=place["offset"], length=place["length"], quoting=place["quoting"])
            return mailstores.by_name(place["format"]).message(file, span)
        raise LostPlaceError

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
                "root_id": ancestors[0] if ancestors else identity,
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


def _find_layer(place: dict[str, Any], raw: bytes) -> FoundLayer:
    if mailstores.by_name(place["format"]).mail:
        layers = find_layers(read_mail(raw))
    else:
        layers = find_layers_in_bytes(raw, "")
    return next(layer for layer in layers if layer.path == place["layer_path"])


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


def _message(
    identity: bytes, kind: BodyKind, esks: tuple[Esk, ...], body: bytes
) -> EncryptedMessage:
    """Return a message whose packets were taken apart before; it stands nowhere."""
    return EncryptedMessage(esks=esks, kind=kind, body=body, ciphertext_id=identity, start=0, end=0)

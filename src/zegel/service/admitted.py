"""What an investigation holds besides messages: holdings, keys, and the ledger of its accounts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from zegel.authorisation import Admitted, Order
from zegel.authorisation.accounts import (
    BEGINNING,
    END,
    Holdings,
    Scope,
    as_interval,
    intersect,
    scope,
)
from zegel.authorisation.admit import Row
from zegel.casefile import Case
from zegel.tables import read_rows


class _Held:
    """The holdings an order covers."""

    def __init__(
        self, rows: Mapping[int, dict[str, Any]], scopes: Sequence[Scope], every: Holdings
    ) -> None:
        self.rows = rows
        """By their places in the tables, which count from 0."""
        self._scopes = scopes
        self._every = every

    def of(self, message: Row) -> list[dict[str, str]]:
        """Return who held the order's accounts when a message was sent, as registries say.

        Of an account that is not the order's, or was not at that time, nobody is named.
        """
        found: set[tuple[str, str, str]] = set()
        at = min(message.instants, default=0)
        now = (at, at + 1)
        for account in message.accounts:
            if not any(intersect(spans.get(account, ()), [now]) for spans in self._scopes):
                continue
            devices = self._every.devices(account, now) or [""]
            for holder in self._every.holders(account, now):
                found |= {(account, device, holder) for device in devices}
        names = ("account", "device", "holder")
        return [dict(zip(names, item, strict=True)) for item in sorted(found)]


def rows_of_holdings(case: Case, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield what the registries of a case say, a row after another: a network's fill memory."""
    return read_rows(case.stage("scan").files("holdings"), columns)


def holdings_of(
    admitted: Admitted, order: Order, raw: Iterable[dict[str, Any]], every: Holdings
) -> _Held:
    """Return the registry's rows about the order's accounts and times, and those it asks for.

    A sales ledger names devices, not accounts: its rows come along where the records of a device,
    or of the account it had, are what a clause asks for.
    """
    scopes = [s for clause in order.clauses if (s := scope(clause, every)) is not None]
    whole, devices = [], []
    for clause, accounts in admitted.records:
        if accounts is None:
            whole.append(as_interval(clause.period))
        else:
            devices.append(_devices_of(accounts, every))
    rows = {
        place: row
        for place, row in enumerate(raw)
        if any(_is_of(row, spans, every) for spans in scopes)
        or any(_overlaps(row, spans) for spans in _asked(row, devices, whole))
    }
    return _Held(rows, scopes, every)


def _is_of(row: Mapping[str, Any], accounts: Scope, every: Holdings) -> bool:
    """Say whether a row is about one of these accounts in its time, in turn with its others."""
    account = (row["account"] or "").lower()
    spans = accounts.get(account, ())
    if not _overlaps(row, spans):
        return False
    holders = {holder for span in spans for holder in every.holders(account, span)}
    devices = {device for span in spans for device in every.devices(account, span)}
    if row["holder"]:
        return row["holder"] in holders
    return not row["device"] or row["device"] in devices


def _devices_of(accounts: Scope, every: Holdings) -> Scope:
    """Return the devices that these accounts were on at these times, and when."""
    found: dict[str, list[tuple[int, int]]] = {}
    for account, spans in accounts.items():
        for span in spans:
            for device, used in every.devices(account, span).items():
                found.setdefault(device, []).extend(used)
    return found


def _asked(
    row: Mapping[str, Any], devices: Sequence[Scope], whole: Sequence[tuple[int, int]]
) -> Iterator[Sequence[tuple[int, int]]]:
    """Yield the times for which clauses about records ask for a row."""
    if not row["account"]:
        yield from (spans[row["device"]] for spans in devices if row["device"] in spans)
    yield from ([span] for span in whole)


def _overlaps(row: Mapping[str, Any], spans: Sequence[tuple[int, int]]) -> bool:
    start = BEGINNING if row["start_ns"] is None else row["start_ns"]
    end = END if row["end_ns"] is None else row["end_ns"]
    return any(start < last and first < end for first, last in spans)


def keys_of(case: Case, fingerprints: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Yield what is known of these keys, and where each was found; never a secret number."""
    wanted = set(fingerprints)
    keys = [
        row
        for row in read_rows(case.stage("keys").files("keys")[-1:])
        if row["fingerprint"] in wanted
    ]
    places: dict[bytes, list[dict[str, Any]]] = {}
    materials = {identity for row in keys for identity in row["material_ids"]}
    columns = ["material_id", "exhibit", "path", "offset", "length", "file_sha256", "format"]
    for row in read_rows(case.stage("scan").files("keys"), columns):
        if row["material_id"] in materials:
            places.setdefault(row.pop("material_id"), []).append(row)
    names = (
        "fingerprint", "key_id", "algorithm", "bits", "curve", "created", "revoked", "user_ids",
        "public", "locked", "protection", "unlocked_by",
    )  # fmt: skip
    for row in sorted(keys, key=lambda row: bytes(row["fingerprint"])):
        found = [place for identity in row["material_ids"] for place in places.get(identity, ())]
        yield {**{name: row[name] for name in names}, "found": found}


def ledger_of(admitted: Admitted, rows: Iterable[Row]) -> dict[str, int]:
    """Return the states of the messages within the order's accounts and periods.

    Of clauses that name nobody, only what was admitted is counted.
    """
    states: Counter[str] = Counter()
    for row in rows:
        if row.number in admitted.within or row.number in admitted.messages:
            states[row.state] += 1
    return dict(sorted(states.items()))

"""Whose account it was, and when: an account is a device at a time.

Registries give intervals; a re-issue makes a new holder. Rules:

- Intervals of one holder on one account that touch or overlap are one.
- An interval without an end, or running on, ends where the next holder's begins.
- A row without a start holds from the beginning; one without a holder joins device and account.
- An account goes over to its next device as it goes over to its next holder.
- An order that names an account which several people held in its period must say whom it means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from zegel.authorisation.order import Clause, OrderError, Period

Interval = tuple[int, int]
"""Nanoseconds since 1970 UTC, the end not included."""

BEGINNING, END = -(2**62), 2**62
Scope = Mapping[str, Sequence[Interval]]
"""When each account is within a clause."""


class SeveralHoldersError(OrderError):
    """An account an order names was several people's in its period, and it names none of them."""

    def __init__(self, account: str, who: str, clause: Clause) -> None:
        named = f" ({who})" if who else ""
        super().__init__(
            f"{account} was held by several people in this period{named}: name whom it means"
            " with holders = […], or narrow the period",
            f"order.clause {clause.name}",
        )
        self.account = account
        self.clause = clause

    def unnamed(self) -> SeveralHoldersError:
        """Return the same without their names, which a registry has and the order has not."""
        return SeveralHoldersError(self.account, "", self.clause)


class Holdings:
    """What the registries of the exhibits say, made one."""

    COLUMNS: ClassVar = ["account", "holder", "device", "start_ns", "end_ns"]
    """What is read of a row."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        raw: dict[str, dict[str, list[Interval]]] = {}
        carried: dict[str, dict[str, list[Interval]]] = {}
        for row in rows:
            account = (row["account"] or "").lower()
            if not account:
                continue
            start = BEGINNING if row["start_ns"] is None else row["start_ns"]
            end = END if row["end_ns"] is None else row["end_ns"]
            if start >= end:
                continue
            if row["holder"]:
                holders = raw.setdefault(account, {})
                holders.setdefault(row["holder"], []).append((start, end))
            if row["device"]:
                devices = carried.setdefault(account, {})
                devices.setdefault(row["device"], []).append((start, end))
        self._accounts = {account: _in_turn(holders) for account, holders in raw.items()}
        self._carried = {account: _in_turn(devices) for account, devices in carried.items()}

    def holders(self, account: str, within: Interval) -> dict[str, list[Interval]]:
        """Return who held `account` within an interval, and when."""
        held = {
            holder: intersect(spans, [within])
            for holder, spans in self._accounts.get(account, {}).items()
        }
        return {holder: spans for holder, spans in held.items() if spans}

    def of_holder(self, holder: str) -> dict[str, list[Interval]]:
        """Return the accounts a person held, and when."""
        return {
            account: holders[holder]
            for account, holders in self._accounts.items()
            if holder in holders
        }

    def of_device(self, device: str) -> dict[str, list[Interval]]:
        """Return the accounts a device had, and when."""
        return {a: devices[device] for a, devices in self._carried.items() if device in devices}

    def devices(self, account: str, within: Interval) -> dict[str, list[Interval]]:
        """Return which devices `account` was on within an interval, and when."""
        used = {
            device: intersect(spans, [within])
            for device, spans in self._carried.get(account, {}).items()
        }
        return {device: spans for device, spans in used.items() if spans}


def scope(clause: Clause, holdings: Holdings) -> Scope | None:
    """Return when each account is within `clause`; None where it names nobody."""
    if not clause.named:
        return None
    period = (clause.period.start_ns, clause.period.end_ns)
    if clause.accounts or clause.devices:
        found: dict[str, list[Interval]] = {account: [period] for account in clause.accounts}
        for device in clause.devices:
            used = holdings.of_device(device)
            if not used:
                raise _unknown(clause, "device", device)
            for account, spans in used.items():
                found[account] = united([*found.get(account, ()), *intersect(spans, [period])])
        return _of_holders(clause, found, holdings)
    return _held_by(clause, holdings, period)


def _held_by(clause: Clause, holdings: Holdings, period: Interval) -> Scope:
    found: dict[str, list[Interval]] = {}
    for holder in clause.holders:
        held = holdings.of_holder(holder)
        if not held:
            raise _unknown(clause, "holder", holder)
        for account, spans in held.items():
            found[account] = united([*found.get(account, ()), *intersect(spans, [period])])
    return {account: spans for account, spans in found.items() if spans}


def _of_holders(clause: Clause, found: Scope, holdings: Holdings) -> Scope:
    """Keep the intervals of the holders the clause names; refuse to guess between several."""
    for holder in sorted(clause.holders):
        if not holdings.of_holder(holder):
            raise _unknown(clause, "holder", holder)
    kept: dict[str, list[Interval]] = {}
    for account, spans in found.items():
        here: dict[str, list[Interval]] = {}
        for span in spans:
            for holder, held in holdings.holders(account, span).items():
                here.setdefault(holder, []).extend(held)
        if clause.holders:
            wanted = [s for holder, held in here.items() if holder in clause.holders for s in held]
            kept[account] = united(wanted)
        elif len(here) > 1:
            who = ", ".join(sorted(here))
            raise SeveralHoldersError(account, who, clause)
        else:
            kept[account] = list(spans)
    return {account: spans for account, spans in kept.items() if spans}


def _unknown(clause: Clause, what: str, name: str) -> OrderError:
    return OrderError(f"no registry knows the {what} {name}", f"order.clause {clause.name}")


def _in_turn(holders: Mapping[str, Sequence[Interval]]) -> dict[str, list[Interval]]:
    """End each interval where the next holder's begins."""
    joined = {holder: united(spans) for holder, spans in holders.items()}
    starts = sorted((start, holder) for holder, spans in joined.items() for start, _ in spans)
    turned: dict[str, list[Interval]] = {}
    for holder, spans in joined.items():
        for start, end in spans:
            following = next((at for at, who in starts if at > start and who != holder), END)
            if start < min(end, following):
                turned.setdefault(holder, []).append((start, min(end, following)))
    return turned


def united(spans: Iterable[Interval]) -> list[Interval]:
    """Return the same time as intervals that neither touch nor overlap."""
    out: list[Interval] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def intersect(one: Sequence[Interval], other: Sequence[Interval]) -> list[Interval]:
    """Return the time that lies in both."""
    both = [(max(a, c), min(b, d)) for a, b in one for c, d in other if max(a, c) < min(b, d)]
    return united(both)


def as_interval(period: Period) -> Interval:
    """Return a period as an interval."""
    return (period.start_ns, period.end_ns)

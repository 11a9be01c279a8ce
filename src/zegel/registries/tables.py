"""Turns the rows of a table, whatever file they lay in, into holdings and passphrases.

Every row that says something becomes one record; its whole text is kept as canonical JSON, except
passphrases, which must never stand in a holding. Dates or prices that cannot be read are counted
in one `Problem` a table. The meaning of columns is that of `columns`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from zegel.canonical import JSON, canonical_json
from zegel.records import FoundPassphrase, Holding, Problem
from zegel.registries.columns import (
    currency_of,
    roles,
    says_events,
    says_passphrases,
    says_who,
)
from zegel.registries.events import Event, intervals, matters, named_in
from zegel.registries.values import Cell, cents, currency, instant, text

MOST_ROWS = 1_000_000
MOST_PASSPHRASES = 10_000
LONGEST_PASSPHRASE = 1000
_LONGEST_CELL = 4096
_WITHHELD = "(passphrase)"
# What a password file keeps in place of a password: {SCHEME}, crypt(5), hexadecimal digests.
_HASHED = re.compile(
    rb"\{[A-Za-z0-9.-]+\}|\$(?:\d\w?|[a-z][a-z0-9-]*)\$|(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}"
    rb"|[0-9a-f]{96}|[0-9a-f]{128})\Z",
    re.I,
)
_NOTHING = frozenset({b"", b"*", b"!", b"!!", b"x", b"-", b"none", b"null", b"true", b"false"})

Found = Holding | FoundPassphrase | Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: where it lay and what was in it, one cell a column."""

    offset: int
    source: str
    cells: Sequence[Cell] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Table:
    """A table's columns and what they were recognised as."""

    names: tuple[str, ...]
    parts: Mapping[str, int]

    @classmethod
    def of(cls, names: Sequence[str]) -> Table:
        """Return the table with these column names."""
        return cls(tuple(names), roles(names))

    @property
    def recognised(self) -> bool:
        """Whether rows of this table say anything here."""
        return says_who(self.parts) or says_events(self.parts) or says_passphrases(self.parts)

    def read(self, rows: Iterable[Row]) -> Iterator[Found]:
        """Yield what the rows say."""
        unclear: Counter[str] = Counter()
        events: list[Event] = []
        passphrases = 0
        for number, row in enumerate(rows):
            if number == MOST_ROWS:
                yield Problem(
                    kind="registry too long", offset=row.offset, note=f"{number} rows read"
                )
                break
            passphrase = self._passphrase(row) if passphrases < MOST_PASSPHRASES else None
            if passphrase is not None:
                passphrases += 1
                yield passphrase
            if says_events(self.parts):
                events.extend(self._event(row, unclear))
            elif says_who(self.parts):
                yield from self._holding(row, unclear)
        yield from intervals(events)
        for what, count in sorted(unclear.items()):
            yield Problem(kind=f"unreadable {what} in registry", note=f"{count} rows")

    def _cell(self, row: Row, part: str) -> Cell:
        place = self.parts.get(part)
        return row.cells[place] if place is not None and place < len(row.cells) else None

    def _passphrase(self, row: Row) -> FoundPassphrase | None:
        cell = self._cell(row, "passphrase")
        passphrase = cell if isinstance(cell, bytes) else str("" if cell is None else cell).encode()
        column = f"{row.source}, column {self.parts.get('passphrase', 0) + 1}"
        return found_passphrase(passphrase, row.offset, column)

    def _holding(self, row: Row, unclear: Counter[str]) -> Iterator[Holding]:
        start, end = self._instant(row, "start", unclear), self._instant(row, "end", unclear)
        price, unit = self._price(row, unclear)
        holding = self._who(row)
        if not (holding.device or holding.account):
            return
        yield Holding(
            offset=holding.offset,
            source=holding.source,
            device=holding.device,
            account=holding.account,
            holder=holding.holder,
            start_ns=start,
            end_ns=end,
            buyer=text(self._cell(row, "buyer")),
            price_cents=price,
            currency=unit,
            order=text(self._cell(row, "order")),
            raw=self._raw(row),
        )

    def _who(self, row: Row) -> Holding:
        return Holding(
            offset=row.offset,
            source=row.source,
            device=text(self._cell(row, "device")),
            account=text(self._cell(row, "account")),
            holder=text(self._cell(row, "holder")),
            raw=self._raw(row),
        )

    def _event(self, row: Row, unclear: Counter[str]) -> Iterator[Event]:
        kind = text(self._cell(row, "kind"))
        when = self._instant(row, "when", unclear)
        if when is None or not matters(kind):
            return
        who, more = self._who(row), named_in(text(self._cell(row, "detail")))
        yield Event(
            when_ns=when,
            kind=kind,
            holding=Holding(
                offset=who.offset,
                source=who.source,
                device=who.device or more.get("device", ""),
                account=who.account or more.get("account", ""),
                holder=who.holder or more.get("holder", ""),
                raw=who.raw,
            ),
        )

    def _instant(self, row: Row, part: str, unclear: Counter[str]) -> int | None:
        cell = self._cell(row, part)
        when = instant(cell)
        if when is None and text(cell):
            unclear["date"] += 1
        return when

    def _price(self, row: Row, unclear: Counter[str]) -> tuple[int | None, str]:
        part = "cents" if "cents" in self.parts else "price"
        cell = self._cell(row, part)
        price = cents(cell, in_cents=part == "cents")
        if price is None and text(cell):
            unclear["price"] += 1
        named = text(self._cell(row, "currency"))[:16]
        column = self.names[self.parts[part]] if part in self.parts else ""
        return price, currency(named) or named or currency(cell) or currency_of(column)

    def _raw(self, row: Row) -> str:
        """Return the row as canonical JSON, columns of the same name numbered."""
        fields: dict[str, JSON] = {}
        for place, cell in enumerate(row.cells):
            name = self.names[place] if place < len(self.names) else f"column {place + 1}"
            if name in fields:
                name = f"{name} ({place + 1})"
            fields[name] = _WITHHELD if place == self.parts.get("passphrase") else _written(cell)
        return canonical_json(fields).decode()


def found_passphrase(passphrase: bytes, offset: int, source: str) -> FoundPassphrase | None:
    """Return what stands where a passphrase is due, None where it is none, or only its digest."""
    if passphrase.lower() in _NOTHING or len(passphrase) > LONGEST_PASSPHRASE:
        return None
    if _HASHED.match(passphrase):
        return None
    return FoundPassphrase(offset=offset, passphrase=passphrase, source=source)


def _written(cell: Cell) -> JSON:
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else str(cell)
    return cell[:_LONGEST_CELL] if isinstance(cell, str | bytes) else cell

"""Read a list of devices to register from a CSV file with a header line."""

from __future__ import annotations

import csv
from dataclasses import asdict, fields, replace
from pathlib import Path

from shieldnet.devices.errors import DeviceError
from shieldnet.devices.registering import Request

COLUMNS = tuple(field.name for field in fields(Request))
MOST_ROWS = 1_000_000


def requests_in(path: Path, otherwise: Request) -> list[Request]:
    """Return one request a row; a column that is missing or empty is taken from `otherwise`."""
    with path.open(encoding="utf-8-sig", newline="") as source:
        rows = csv.DictReader(source, strict=True)
        unknown = [name for name in rows.fieldnames or ["nothing"] if name not in COLUMNS]
        if unknown:
            raise DeviceError(
                f"{path}: unknown column {unknown[0]!r}. A header line may name "
                f"{', '.join(COLUMNS)}"
            )
        found = []
        try:
            for row in rows:
                found.append(_request(path, rows.line_num, row, otherwise))
        except csv.Error as error:
            raise DeviceError(f"{path}, line {rows.line_num}: {error}. Correct that line") from None
    if not found:
        raise DeviceError(f"{path} names no device. One row stands for one device")
    return found


def _request(path: Path, line: int, row: dict[str, str | None], otherwise: Request) -> Request:
    if None in row or None in row.values():
        raise DeviceError(f"{path}, line {line}: more or fewer values than the header has")
    given = {name: value.strip() for name, value in row.items() if value and value.strip()}
    price = given.pop("price_cents", str(otherwise.price_cents))
    if not price.isascii() or not price.isdigit():
        raise DeviceError(f"{path}, line {line}: {price!r} is no price in cents")
    return replace(otherwise, **(asdict(otherwise) | given | {"price_cents": int(price)}))

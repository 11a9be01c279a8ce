"""Show enrolment codes and logins: once, as text and QR, or into a file nobody else can read."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.table import Table

from shieldnet.cli.screen import errors, results
from shieldnet.devices import Registered
from shieldnet.devices.codes import qr_text
from shieldnet.devices.errors import DeviceError

OPTION = typer.Option(
    "--codes", help="New file for the codes: CSV, readable by you alone. Needed for more than one."
)


def check_place(path: Path | None, count: int) -> None:
    """Refuse before anything is registered if the codes would have no place to go."""
    if path is None and count > 1:
        raise DeviceError("Codes are shown once and never kept. Give --codes FILE for so many")
    if path is not None and (path.exists() or not path.absolute().parent.is_dir()):
        raise DeviceError(f"{path} exists, or its folder does not. Name a new file")


def hand_out(made: Sequence[Registered], path: Path | None, *, as_json: bool) -> None:
    """Give the codes of devices just registered to whoever asked, once."""
    rows = [
        {name: getattr(one, name) for name in ("serial", "imei", "address", "order", "expires")}
        | {"code": one.code}
        for one in made
    ]
    if path is not None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii", newline="") as target:
            writer = csv.DictWriter(target, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    if as_json:
        shown = rows if path is None else [{**row, "code": None} for row in rows]
        results.print_json(json.dumps(shown))
    elif path is not None:
        results.print(f"{len(rows):,} devices registered; codes in {path}", markup=False)
    else:
        _show(rows[0])


def _show(row: dict[str, str]) -> None:
    table = Table(show_header=False, title="Registered", title_justify="left")
    for name, value in row.items():
        table.add_row(name, value)
    results.print(table)
    results.print(qr_text(row["code"]), markup=False, highlight=False)
    errors.print("The code works once and is shown only now.", style="yellow")


def show_login(address: str, link: str) -> None:
    """Show a login for the Delta Chat app."""
    results.print(f"Login of {address} for the Delta Chat app:", markup=False)
    results.print(qr_text(link), markup=False, highlight=False)
    results.print(link, markup=False, highlight=False, soft_wrap=True)
    errors.print(
        "Whoever scans this is the device. It is shown only now: scan it with the phone, then "
        "clear the screen.",
        style="yellow",
    )

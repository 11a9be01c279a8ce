"""`shieldnet device`: register, enrol, list, show, block, unblock, wipe, re-issue."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from shieldnet import devices, erasure
from shieldnet.cli import codes
from shieldnet.cli.opening import Directory, opened
from shieldnet.cli.screen import errors, results
from shieldnet.devices import Request
from shieldnet.devices.codes import login_link
from shieldnet.devices.intake import requests_in
from shieldnet.devices.listing import Device
from shieldnet.devices.registering import PRICE_CENTS, VALID_DAYS

app = typer.Typer(no_args_is_help=True, help="Devices: registered, enrolled, blocked, wiped, sold.")

Name = Annotated[str, typer.Argument(help="Address, serial number or IMEI.", metavar="DEVICE")]
Site = Annotated[str, typer.Option("--site", help="Site, as in network.toml.")]
Holder = Annotated[str, typer.Option(help="Nickname of the person or organisation.")]
Model = Annotated[str, typer.Option(help="Model of the phone.")]
Profile = Annotated[str, typer.Option(help="Name of the phone profile it carries.")]
Order = Annotated[str, typer.Option(help="Order number; the next one if not given.")]
Buyer = Annotated[str, typer.Option(help="Who paid; the holder if not given.")]
Price = Annotated[int, typer.Option(help="Price in cents.")]
Currency = Annotated[str, typer.Option(help="Currency; the site's if not given.")]
PaidBy = Annotated[str, typer.Option(help="cash, bank transfer, voucher …")]
Valid = Annotated[int, typer.Option(help="Days the enrolment code is valid.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command()
def register(
    directory: Directory,
    site: Site,
    holder: Holder = "",
    model: Model = "",
    imei: Annotated[str, typer.Option(help="IMEI; one of the test range if not given.")] = "",
    address: Annotated[str, typer.Option(help="Address; from the number if not given.")] = "",
    profile: Profile = "",
    order: Order = "",
    buyer: Buyer = "",
    price: Price = PRICE_CENTS,
    currency: Currency = "",
    paid_by: PaidBy = "cash",
    valid_days: Valid = VALID_DAYS,
    count: Annotated[int, typer.Option(min=1, help="How many such devices.")] = 1,
    from_csv: Annotated[
        Path | None,
        typer.Option("--from", help="CSV with a header: holder, model, imei, address, …"),
    ] = None,
    codes_file: Annotated[Path | None, codes.OPTION] = None,
    as_json: Json = False,
) -> None:
    """Register devices: serial number, address, sale, and a code that enrols one phone once."""
    network = opened(directory)
    one = Request(
        holder=holder,
        model=model,
        imei=imei,
        address=address,
        profile=profile,
        order=order,
        buyer=buyer,
        price_cents=price,
        currency=currency,
        paid_by=paid_by,
    )
    wanted = requests_in(from_csv, one) if from_csv else [one] * count
    codes.check_place(codes_file, len(wanted))
    made = devices.register(network, site, wanted, valid_days=valid_days)
    codes.hand_out(made, codes_file, as_json=as_json)


@app.command()
def reissue(
    directory: Directory,
    name: Name,
    holder: Holder = "",
    model: Model = "",
    profile: Profile = "",
    order: Order = "",
    buyer: Buyer = "",
    price: Price = PRICE_CENTS,
    currency: Currency = "",
    paid_by: PaidBy = "cash",
    valid_days: Valid = VALID_DAYS,
    codes_file: Annotated[Path | None, codes.OPTION] = None,
    as_json: Json = False,
) -> None:
    """Sell a wiped device again: new holder, order and code; serial, IMEI and address stay.

    Without --holder: a new code for a device that still waits for its phone, and no sale.
    """
    network = opened(directory)
    known = devices.history(network, name).device
    request = Request(
        holder=holder,
        model=model or known.model,
        profile=profile,
        order=order,
        buyer=buyer,
        price_cents=price,
        currency=currency,
        paid_by=paid_by,
    )
    codes.check_place(codes_file, 1)
    made = devices.reissue(network, name, request, valid_days=valid_days)
    codes.hand_out([made], codes_file, as_json=as_json)


@app.command()
def enrol(
    directory: Directory,
    certificate: Annotated[
        Path | None, typer.Option(help="The phone's certificate (public key).")
    ] = None,
    revocation: Annotated[
        Path | None, typer.Option(help="A revocation of it, to publish when the phone is lost.")
    ] = None,
    server: Annotated[
        str, typer.Option(help="Name or address at which the phone reaches the site.")
    ] = "",
    public: Annotated[
        bool,
        typer.Option(
            "--public-certificate",
            help="The site has a certificate of a public authority: the app verifies it.",
        ),
    ] = False,
) -> None:
    """Use up a code at the desk, and show the login once: for the Delta Chat app as a QR code.

    The code is asked for, or read from standard input: never given on the command line.
    """
    network = opened(directory)
    code = typer.prompt("Enrolment code", err=True)
    login = devices.enrol(
        network,
        code,
        certificate=None if certificate is None else certificate.read_bytes(),
        revocation=None if revocation is None else revocation.read_bytes(),
    )
    site = network.site_of(login.address)
    ports = (site.imap_port, site.submission_port)
    where = server or (site.host if public else site.address)
    link = login_link(login.address, login.password, where, ports, public=public)
    codes.show_login(login.address, link)


@app.command("list")
def list_devices(
    directory: Directory,
    site: Annotated[str, typer.Option(help="Only this site's.")] = "",
    status: Annotated[str, typer.Option(help="stock, active, blocked or wiped.")] = "",
    holder: Annotated[str, typer.Option(help="Only where the holder's name holds this.")] = "",
    as_json: Json = False,
) -> None:
    """List devices as they stand now."""
    found = list(devices.devices(opened(directory), site=site, status=status, holder=holder))
    if as_json:
        results.print_json(json.dumps([asdict(one) for one in found]))
        return
    table = Table(title=f"{len(found):,} devices", title_justify="left")
    for heading in ("serial", "address", "holder", "model", "status", "legal hold"):
        table.add_column(heading, overflow="fold")
    for one in found:
        cells = (one.serial, one.address, one.holder, one.model, one.status)
        table.add_row(*map(escape, cells), escape(", ".join(one.held_by_orders)))
    results.print(table)


@app.command()
def show(directory: Directory, name: Name, as_json: Json = False) -> None:
    """Show one device: who held it when, every event, every sale."""
    found = devices.history(opened(directory), name)
    if as_json:
        results.print_json(json.dumps(asdict(found)))
        return
    results.print(_card(found.device))
    for title, rows in (
        ("Held by", found.holdings),
        ("Events", found.events),
        ("Sales", found.sales),
    ):
        results.print(_rows(title, rows))


def _card(device: Device) -> Table:
    card = Table(show_header=False, title=escape(device.address), title_justify="left")
    for name, value in asdict(device).items():
        shown = ", ".join(value) if isinstance(value, tuple) else value
        card.add_row(name.replace("_", " "), escape(shown or "-"))
    return card


def _rows(title: str, rows: Sequence[Mapping[str, object]]) -> Table | str:
    if not rows:
        return f"{title}: nothing."
    table = Table(title=title, title_justify="left")
    for heading in rows[0]:
        table.add_column(heading.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(escape(_cell(value)) for value in row.values()))
    return table


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {held}" for name, held in value.items() if held)
    return "-" if value in (None, "") else str(value)


@app.command()
def block(directory: Directory, name: Name) -> None:
    """Let a device neither log in nor get mail; a phone that is online is cut off."""
    _done(erasure.block(opened(directory), name))


@app.command()
def unblock(directory: Directory, name: Name) -> None:
    """Let a blocked device in again."""
    _done(erasure.unblock(opened(directory), name))


@app.command()
def wipe(directory: Directory, name: Name) -> None:
    """End a device's login for good and remove its mail and keys from the server."""
    _done(erasure.wipe(opened(directory), name))


def _done(done: erasure.Done) -> None:
    """Say what was done, and what no server can do."""
    results.print(
        f"{done.address} is {done.what} ({done.seconds:.2f} s).", markup=False, soft_wrap=True
    )
    if done.what == "unblocked":
        return
    if not done.online:
        results.print("The site is down: no phone was online.")
    if done.what == "wiped":
        results.print(
            f"{done.messages:,} stored messages removed, with their indexes and the device's keys."
        )
        errors.print(
            "What the phone holds stays on it, unless its profile's manager wipes it. What the "
            "site still says of it: shieldnet audit --of",
            style="yellow",
        )

"""`shieldnet expire` and `shieldnet hold`: what goes with time, and what must stay."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from shieldnet import erasure
from shieldnet.cli.opening import Directory, opened
from shieldnet.cli.screen import errors, results
from shieldnet.devices import holds
from shieldnet.devices.holds import Hold

app = typer.Typer(no_args_is_help=True, help="Legal holds: they stop expiry and wipe, visibly.")

Order = Annotated[str, typer.Option("--order", help="Number of the order behind the hold.")]
Device = Annotated[str, typer.Option("--device", help="Address, serial number or IMEI.")]
Site = Annotated[str, typer.Option("--site", help="Every device of this site.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def expire(
    directory: Directory,
    days: Annotated[
        int | None, typer.Option(help="Days mail is kept; those of network.toml if not given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Remove mail that is older than the network keeps it; what is under legal hold stays."""
    done = erasure.expire(opened(directory), days)
    if as_json:
        results.print_json(json.dumps([asdict(one) for one in done]))
        return
    for one in done:
        if one.site_held:
            errors.print(
                f"{one.site}: nothing removed, a legal hold is on the whole site", style="yellow"
            )
            continue
        results.print(
            f"{one.site}: {one.messages:,} messages removed from {one.mailboxes:,} mailboxes"
        )
        for address in one.held:
            errors.print(f"{address}: left alone, under legal hold", style="yellow", markup=False)


@app.command()
def place(directory: Directory, order: Order, device: Device = "", site: Site = "") -> None:
    """Hold one device, or a whole site."""
    _say(erasure.hold(opened(directory), order, device=device, site=site))


@app.command()
def lift(directory: Directory, order: Order, device: Device = "", site: Site = "") -> None:
    """Lift a hold."""
    _say(holds.lift(opened(directory), order, device=device, site=site))


@app.command("list")
def list_holds(directory: Directory, as_json: Json = False) -> None:
    """List every hold there ever was."""
    found = holds.all_holds(opened(directory))
    if as_json:
        results.print_json(json.dumps([asdict(one) for one in found]))
        return
    table = Table(title=f"{len(found):,} legal holds", title_justify="left")
    for heading in ("order", "on", "placed", "lifted"):
        table.add_column(heading, overflow="fold")
    for one in found:
        table.add_row(escape(one.order_number), _target(one), one.placed, one.lifted or "stands")
    results.print(table)


def _say(hold: Hold) -> None:
    what = "lifted" if hold.lifted else "placed: nothing of it expires or is wiped"
    results.print(
        f"Hold {hold.order_number} on {_target(hold)} {what}.", markup=False, soft_wrap=True
    )


def _target(hold: Hold) -> str:
    return hold.address or f"the whole site {hold.site}"

"""`shieldnet init | up | down | status | doctor`: the network as a whole."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from shieldnet import custody as keeping
from shieldnet import doctor as checks
from shieldnet import namespace, site
from shieldnet.cli.screen import errors, results
from shieldnet.devices.holds import all_holds
from shieldnet.network import SETTINGS, Network, load

Folder = Annotated[Path, typer.Argument(help="The network's folder.")]
Sites = Annotated[list[str] | None, typer.Option("--site", help="Only this site; repeatable.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def init(
    folder: Annotated[Path, typer.Argument(help="An empty folder, or one with a network.toml.")],
    custody: Annotated[
        str | None,
        typer.Option(help="device, or server: a test mode in which the servers keep the keys."),
    ] = None,
) -> None:
    """Make a network of two sites on this machine: settings, certificates, empty registries."""
    namespace.enter(folder)
    network = site.init(folder, custody)
    for one in network.sites.values():
        results.print(
            f"{one.name}: {one.host} at {one.address}, relay {one.relay_port}, "
            f"submission {one.submission_port}, IMAP {one.imap_port}",
            highlight=False,
            soft_wrap=True,
        )
    results.print(f"Settings: {network.folder / SETTINGS}", highlight=False, soft_wrap=True)
    results.print(f"Next: shieldnet up {folder}", highlight=False, soft_wrap=True)


def up(folder: Folder, sites: Sites = None) -> None:
    """Start the sites and return once they take mail."""
    network = load(folder)
    if os.geteuid() != 0:
        _up_without_root(network)
        return
    with errors.status("Starting"):
        site.up(network, sites or [])
    show(network)


def _up_without_root(network: Network) -> None:
    namespace.hold(network.folder)
    code = namespace.within(network.folder)
    if code:
        namespace.release(network.folder, idle=True)
    raise typer.Exit(code)


def down(folder: Folder, sites: Sites = None) -> None:
    """Stop the sites: what is under way is finished, what waits stays in the queue."""
    network = load(folder)
    if os.geteuid() != 0:
        code = namespace.within(network.folder)
        namespace.release(network.folder, idle=bool(sites) or code != 0)
        raise typer.Exit(code)
    with errors.status("Stopping"):
        site.down(network, sites or [])
    show(network)


def status(folder: Folder, as_json: Json = False) -> None:
    """Say which servers run, what waits, and in plain words who could read the mail."""
    namespace.enter(folder)
    network = load(folder)
    if as_json:
        document = {
            "folder": str(network.folder),
            "custody": network.custody,
            "only_encrypted": network.only_encrypted,
            "retention_days": network.retention_days,
            "holds": [asdict(hold) for hold in all_holds(network) if hold.lifted is None],
            "sites": {
                name: {**asdict(health), "up": health.up, "devices": site.devices(one)}
                for name, one in network.sites.items()
                for health in (site.health(network, one),)
            },
        }
        results.print_json(json.dumps(document))
        return
    show(network)


def show(network: Network) -> None:
    """Print the state of every site."""
    table = Table(title=str(network.folder), title_justify="left")
    for heading in ("site", "state", "Postfix", "Dovecot", "filter", "waiting", "active devices"):
        table.add_column(heading, justify="right" if heading in ("waiting",) else "left")
    for one in network.sites.values():
        health = site.health(network, one)
        state = "up" if health.up else "down" if health.down else "partly down"
        table.add_row(
            one.name,
            state,
            *(_running(server) for server in (health.postfix, health.dovecot, health.filter)),
            "unknown" if health.waiting is None else str(health.waiting),
            f"{site.devices(one).get('active', 0):,}",
        )
    results.print(table)
    results.print(keeping.sentence(network), highlight=False, soft_wrap=True)
    for hold in all_holds(network):
        if hold.lifted is None:
            errors.print(
                f"Legal hold {hold.order_number} on {hold.address or 'the whole site ' + hold.site}"
                f" since {hold.placed}: nothing of it expires or is wiped.",
                style="yellow",
                markup=False,
                soft_wrap=True,
            )


def _running(server: bool | None) -> str:
    return "none" if server is None else "runs" if server else "does not run"


def doctor(folder: Folder, as_json: Json = False) -> None:
    """Check what the network needs, and say what to do about each thing that is wrong."""
    if not checks.startable():
        namespace.enter(folder)
    findings = checks.examine(folder)
    if as_json:
        results.print_json(json.dumps([asdict(finding) for finding in findings]))
    else:
        for finding in findings:
            mark = "[green]good[/]" if finding.good else "[red]mend[/]"
            results.print(mark, end="  ")
            results.print(finding.what, markup=False, highlight=False, soft_wrap=True)
            if finding.do:
                results.print(f"      {finding.do}", markup=False, highlight=False, soft_wrap=True)
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)

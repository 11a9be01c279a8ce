"""`shieldnet key`: certificates of devices, published and revoked."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from shieldnet import certificates, devices, wkd
from shieldnet.cli.device import Name
from shieldnet.cli.opening import Directory, opened
from shieldnet.cli.screen import results
from shieldnet.devices.books import find

app = typer.Typer(no_args_is_help=True, help="Certificates: published, looked up, revoked.")


@app.command()
def publish(
    directory: Directory,
    name: Name,
    certificate: Annotated[Path, typer.Argument(help="The phone's new certificate.")],
    revocation: Annotated[
        Path | None, typer.Option(help="A revocation of it, to publish when the phone is lost.")
    ] = None,
) -> None:
    """Publish a device's new certificate, or a later state of the one it has."""
    deposit = None if revocation is None else revocation.read_bytes()
    address = devices.roll(opened(directory), name, certificate.read_bytes(), deposit)
    results.print(f"Published: the certificate of {address}.", markup=False, soft_wrap=True)


@app.command()
def revoke(
    directory: Directory,
    name: Name,
    revocation: Annotated[
        Path | None, typer.Option(help="The revocation; the one deposited if not given.")
    ] = None,
) -> None:
    """Publish the revocation of a device's certificate: nothing more is encrypted to it."""
    given = None if revocation is None else revocation.read_bytes()
    address = devices.revoke(opened(directory), name, given)
    results.print(f"Revoked: the certificate of {address}.", markup=False, soft_wrap=True)


@app.command()
def show(
    directory: Directory,
    name: Name,
    armoured: Annotated[bool, typer.Option("--armour", help="Print the certificate.")] = False,
) -> None:
    """Say which certificate is published for a device, and whether it may be used."""
    site, address = find(opened(directory), name)
    found = wkd.published(site, address)
    if found is None:
        raise wkd.NoKeyError(
            f"No certificate is published for {address}. Publish one: shieldnet key publish"
        )
    if armoured:
        results.print(certificates.armoured(found), markup=False, highlight=False, end="")
        return
    usable = found.usable(dt.datetime.now(dt.UTC))
    state = "may be used" if usable else ("revoked" if found.revoked else "expired")
    results.print(
        f"{address}: {found.fingerprint}, {state}", markup=False, highlight=False, soft_wrap=True
    )
    results.print(f"Published at {wkd.path(site, address)}", markup=False, soft_wrap=True)

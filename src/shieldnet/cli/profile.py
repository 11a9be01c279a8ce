"""`shieldnet profile`: what a phone's manager enforces."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from shieldnet import profiles
from shieldnet.cli.screen import errors, results
from shieldnet.profiles.apple import GAP
from shieldnet.profiles.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Phone profiles: no camera, no microphone, no backup.")

Organisation = Annotated[str, typer.Option(help="Who manages the phones.")]
Unlocks = Annotated[int, typer.Option(help="Wrong passcodes before the phone erases itself.")]
Apps = Annotated[list[str] | None, typer.Option("--app", help="A further app; repeatable.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="New file; else standard output.")]


@app.command()
def android(
    organisation: Organisation, failed_unlocks: Unlocks = 10, apps: Apps = None, out: Out = None
) -> None:
    """Write the policy of fully managed Android phones (Android Management API, JSON)."""
    settings = Settings(
        organisation=organisation, failed_unlocks=failed_unlocks, apps=tuple(apps or ())
    )
    text = json.dumps(profiles.policy(settings), indent=2, ensure_ascii=False) + "\n"
    _write(text.encode(), out)


@app.command()
def apple(
    organisation: Organisation, failed_unlocks: Unlocks = 10, apps: Apps = None, out: Out = None
) -> None:
    """Write the configuration profile of iPhones; the microphone is not among what Apple offers."""
    settings = Settings(
        organisation=organisation, failed_unlocks=failed_unlocks, apps=tuple(apps or ())
    )
    _write(profiles.profile(settings), out)
    errors.print(GAP, style="yellow", soft_wrap=True)


def _write(content: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(content.decode("utf-8"))
        return
    with out.open("xb") as target:
        target.write(content)
    results.print(f"Written: {out}", markup=False, soft_wrap=True)

"""`shieldnet seize`: the forensic copy of a network's sites."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from shieldnet.cli.opening import Directory, opened
from shieldnet.cli.screen import errors, results
from shieldnet.seize import SUMS
from shieldnet.seize import seize as take


def seize(
    directory: Directory,
    out: Annotated[Path, typer.Option("--out", "-o", help="New folder for the copy.")],
    sites: Annotated[list[str] | None, typer.Option("--site", help="Only this site.")] = None,
    leave_running: Annotated[
        bool, typer.Option("--leave-running", help="Copy a site as it runs; stop nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Take sites off the air and copy them: a tar and digests of each, what a disk cannot hold."""
    network = opened(directory)
    done = take(
        network,
        out,
        sites or [],
        leave_running=leave_running,
        say=lambda text: errors.print(text, markup=False),
    )
    if as_json:
        rows = [
            {
                "site": one.site,
                "tar": str(one.tar),
                "sha256": one.sha256,
                "files": one.copied.files,
                "octets": one.copied.octets,
                "not_copied": len(one.copied.not_copied),
                "changed_while_copied": len(one.copied.changed),
                "was_up": one.was_up,
                "left_running": one.left_running,
            }
            for one in done
        ]
        results.print_json(json.dumps(rows))
        return
    for one in done:
        results.print(
            f"{one.site}: {one.copied.files:,} files, {one.copied.octets:,} octets, "
            f"{len(one.copied.not_copied)} entries not copied, "
            f"{len(one.copied.changed)} changed while copied",
            soft_wrap=True,
        )
        results.print(f"  {one.tar}  SHA-256 {one.sha256}", markup=False, soft_wrap=True)
    results.print(f"The take-down: {out / 'takedown.md'}; digests: {out / SUMS}", soft_wrap=True)
    tar = done[0].tar
    results.print(
        f"Next: zegel intake {tar} --describe {tar.with_suffix('.toml')} --case CASE",
        soft_wrap=True,
    )

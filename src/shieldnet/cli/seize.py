"""`shieldnet seize`: the forensic copy of a network's sites."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from shieldnet.cli.opening import Directory, opened
from shieldnet.cli.screen import errors, results
from shieldnet.seize import SUMS, Seized
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
        results.print_json(json.dumps([_row(one) for one in done]))
        return
    _tell(done, out)


def _tell(done: Sequence[Seized], out: Path) -> None:
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


def _row(one: Seized) -> dict[str, Any]:
    return {
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

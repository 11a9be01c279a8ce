"""`shieldnet audit`: what would a copy of these servers give away today?"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from shieldnet import namespace
from shieldnet.audit import KINDS, Fact, Report, facts, report
from shieldnet.cli.screen import errors, results

BROKEN = 4
"""Exit code where something that people wrote can be read."""


def audit(
    path: Annotated[Path, typer.Argument(help="A network, a site's folder, or a copy.")],
    of: Annotated[str, typer.Option(help="Only what is left of this address.")] = "",
    list_to: Annotated[
        Path | None, typer.Option("--list", help="New file: every fact, one JSON line each.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List what a copy of the servers betrays: addresses, times, sizes, hops, indexes, logs."""
    if (path / "network.toml").is_file():
        namespace.enter(path)
    found = facts(path, of=of)
    counted = report(_listed(found, list_to) if list_to else found)
    if as_json:
        kinds = {
            kind: {
                "facts": count,
                "distinct": counted.distinct[kind],
                "files": counted.places[kind],
                "tells": KINDS[kind].tells,
                "remedy": KINDS[kind].remedy,
            }
            for kind, count in counted.counts.items()
        }
        document = {"encrypted": counted.encrypted, "broken": counted.broken, "kinds": kinds}
        results.print_json(json.dumps(document))
    else:
        _show(counted, of)
    if counted.broken:
        raise typer.Exit(BROKEN)


def _listed(found: Iterator[Fact], path: Path) -> Iterator[Fact]:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as target:
        for fact in found:
            target.write(json.dumps(asdict(fact), ensure_ascii=False, sort_keys=True) + "\n")
            yield fact


def _show(counted: Report, of: str) -> None:
    title = f"What is left of {of}" if of else "What a copy gives away today"
    table = Table(title=title, title_justify="left")
    for heading in ("kind", "it tells"):
        table.add_column(heading, overflow="fold")
    for heading in ("facts", "distinct", "files"):
        table.add_column(heading, justify="right")
    table.add_column("what helps", overflow="fold")
    for kind, count in counted.counts.items():
        known = KINDS[kind]
        numbers = (f"{number:,}" for number in (count, counted.distinct[kind]))
        row = (kind, known.tells, *numbers, f"{counted.places[kind]:,}", known.remedy)
        table.add_row(*row, style="red" if known.breaks_promise else None)
    results.print(table)
    if counted.broken:
        errors.print(
            f"The promise is broken: {counted.counts.get('readable message', 0):,} messages lie "
            f"there in the clear, and {counted.counts.get('secret key', 0):,} secret keys, each of "
            f"which opens what was encrypted to it.",
            style="red",
        )
    elif of:
        results.print(f"{sum(counted.counts.values()):,} facts name {of}.", markup=False)
    else:
        results.print(
            f"Nothing that people wrote is readable: {counted.encrypted:,} stored messages are "
            "encrypted, and no secret key lies beside them.",
            soft_wrap=True,
        )

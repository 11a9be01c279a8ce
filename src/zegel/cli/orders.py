"""The commands that lead from a case to an investigation."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from zegel import service
from zegel.cli import previews, show, showing
from zegel.cli.commands import CaseOption, JsonOption, LinesOption, open_case
from zegel.cli.files import read_file
from zegel.errors import UsageError, at


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command()(index)
    app.command()(preview)
    app.command()(grant)


def index(
    case: CaseOption = None, json: JsonOption = False, _in_lines: LinesOption = False
) -> None:
    """Build the index of the whole case, which a grant needs; nothing of it is shown."""
    opened = open_case(case)
    with show.progress() as bar:
        result = service.build_case_index(opened, progress=bar)
    if json:
        show.document(result)
    else:
        count = result["messages"]
        show.line(f"{count if isinstance(count, str) else f'{count:,}'} messages indexed.")
        show.line(f"Privilege: {show.PRIVILEGE[result['privilege']]}.")


def preview(
    order: Annotated[Path, typer.Argument(help="The order or its draft; need not be signed.")],
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """Count what an order would admit: for the magistrate, before signing; no content, no ids."""
    opened = open_case(case)
    with at(order):
        result = service.preview(opened, read_file(order))
    show.document(result) if json else previews.show(result)


OrderArgument = Annotated[
    Path, typer.Argument(help="The order: a TOML file (docs/reference/orders.md).")
]
SignatureOption = Annotated[
    Path | None,
    typer.Option(help="Its detached OpenPGP signature; else ORDER.sig or ORDER.asc beside it."),
]
CaseworkOption = Annotated[
    list[Path] | None,
    typer.Option(
        help="Folder of an earlier version, moved elsewhere, whose tags and notes come along;"
        " may be repeated. Those in the case come along by themselves."
    ),
]


def grant(
    order: OrderArgument,
    signature: SignatureOption = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Where to; else CASE/investigations/NAME.")
    ] = None,
    casework_from: CaseworkOption = None,
    without_casework: Annotated[
        bool, typer.Option("--without-casework", help="No tags and notes of earlier versions.")
    ] = False,
    enrolled: Annotated[
        list[str] | None,
        typer.Option("--for", metavar="NAME", help="Who may search it; may be repeated."),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; default: cores.")] = None,
    case: CaseOption = None,
    json: JsonOption = False,
    _in_lines: LinesOption = False,
) -> None:
    """Apply an order: make the investigation's folder, with what it admits and nothing else."""
    if casework_from and without_casework:
        raise UsageError("--casework-from and --without-casework exclude each other")
    opened = open_case(case)
    earlier = None if without_casework else casework_from or []
    text, signed = read_file(order), signature_of(order, signature)
    with show.progress() as bar, at(order):
        granted = service.grant(
            opened,
            text,
            out,
            signature=signed,
            casework_from=earlier,
            enrolled=enrolled or (),
            workers=workers,
            progress=bar,
        )
    result = {**asdict(granted), "folder": str(granted.folder), "training": opened.training}
    show.document(result) if json else showing.granted(result)


def signature_of(order: Path, given: Path | None) -> bytes | None:
    """Return the signature named, else the one that lies beside the order; None where none does."""
    if given is not None:
        return read_file(given)
    beside = [order.with_name(order.name + ending) for ending in (".sig", ".asc")]
    found = [file for file in beside if file.exists()]
    if len(found) > 1:
        raise UsageError(
            "two signatures lie beside the order, .sig and .asc",
            where=str(order),
            next_step="Name one with --signature.",
        )
    return read_file(found[0]) if found else None

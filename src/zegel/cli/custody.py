"""The commands about custody logs: the case's, and each investigation's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from zegel import service
from zegel.casefile import Case
from zegel.cli import proving, show
from zegel.cli.commands import CaseOption, JsonOption, open_case
from zegel.cli.files import read_file
from zegel.cli.inside import InvestigationOption, open_investigation
from zegel.errors import at
from zegel.tables import replace_file

custody = typer.Typer(no_args_is_help=True, help="Custody logs: their heads, and what they prove.")

OfOption = Annotated[
    str | None,
    typer.Option("-i", "--investigation", help="Of this investigation, not of the case."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.add_typer(custody, name="custody")
    proving.register(custody)


@custody.command()
def head(
    investigation: OfOption = None, case: CaseOption = None, _json: JsonOption = False
) -> None:
    """Export the log's signed head: keep it somewhere else. It is JSON with --json or without."""
    of = open_investigation(investigation) if investigation else open_case(case)
    sys.stdout.buffer.write(service.custody_head(of))


@custody.command()
def verify(
    head: Annotated[
        Path | None, typer.Option(help="A head exported earlier, bare or witnessed.")
    ] = None,
    witness: Annotated[
        list[str] | None,
        typer.Option(help="A witness's key, known from elsewhere; may be repeated."),
    ] = None,
    authority: Annotated[
        Path | None, typer.Option(help="Root certificates (PEM) of a time-stamp authority.")
    ] = None,
    investigation: OfOption = None,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """Verify a custody log and say what that proves; with -i and --case, both together."""
    held = read_file(head) if head else None
    roots = read_file(authority) if authority else None
    of = open_investigation(investigation) if investigation else open_case(case)
    with at(head or ""):
        found = service.custody_verify(of, held, witnesses=witness or (), authority=roots)
    if isinstance(of, Case):
        show.verification(found, json)
    elif case is not None:
        both = service.custody_verify_with_case(of, open_case(case), held)
        said = " ".join([both.sentence, *(f"Witnessed: {w.sentence}." for w in found.witnesses)])
        show.document({"proves": said}) if json else show.line(said)
    else:
        show.verification(found, json)
        if not json and (vouched := service.voucher_sentence(of)):
            show.line(f"The voucher in the folder: {vouched}.")
    files = service.check_files(of)
    if not json:
        show.line(f"{files:,} files are as the log lists them.")


@custody.command()
def anchor(
    head: Annotated[Path, typer.Argument(help="Head of an investigation's log.")],
    holder: Annotated[
        str | None, typer.Option(help="Vouch for the head's key first, as this holder's.")
    ] = None,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """Write the head of a moved investigation's log into the case's log."""
    with at(head):
        shown = service.anchor(open_case(case), read_file(head), holder=holder)
    if json:
        show.document({"entries": shown.size, "origin": shown.origin, "root": shown.root.hex()})
    else:
        show.line(f"Anchored: {shown.size} entries of {shown.origin!r}.")


@custody.command()
def sealed(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write the entries into.")],
    investigation: InvestigationOption,
    person: Annotated[str | None, typer.Option(help="Those of this person only.")] = None,
    json: JsonOption = False,
) -> None:
    """Write the entries whose questions are encrypted to their author: gpg opens them."""
    found = service.sealed_entries(open_investigation(investigation), person=person)
    out.mkdir(parents=True, exist_ok=True)
    places = [out / f"entry-{entry.index:06d}.pgp" for entry in found]
    for entry, place in zip(found, places, strict=True):
        replace_file(place, entry.message)
    rows = [
        {
            "entry": entry.index,
            "at": entry.at,
            "who": entry.who,
            "act": entry.act,
            "file": str(place),
        }
        for entry, place in zip(found, places, strict=True)
    ]
    if json:
        show.document({"sealed": rows})
        return
    show.line(f"{len(rows)} sealed entries written to {out}.")
    if rows:
        show.line(f"Their author opens them: gpg --decrypt {places[0]}")

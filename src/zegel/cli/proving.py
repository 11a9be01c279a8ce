"""The commands that prove something of a log to people without it, and let others witness it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from json import loads
from pathlib import Path
from typing import Annotated, Any

import typer

from zegel import service
from zegel.casefile import Case
from zegel.cli import show
from zegel.cli.commands import CaseOption, JsonOption, open_case
from zegel.cli.files import read_file
from zegel.cli.inside import open_investigation
from zegel.errors import UsageError, at
from zegel.investigation import Investigation
from zegel.tables import replace_file

CONSISTENT_ONLY = 9
"""Exit code of a check that hangs on nothing the reader knew; as `zegel dossier verify`."""

OfOption = Annotated[
    str | None,
    typer.Option("-i", "--investigation", help="Of this investigation, not of the case."),
]
OutOption = Annotated[
    Path | None, typer.Option("-o", "--out", help="The file to write; else standard output.")
]
HeadArgument = Annotated[Path, typer.Argument(help="A head of the log, bare or witnessed.")]


def register(custody: typer.Typer) -> None:
    """Add the commands to `custody`."""
    for command in (prove, consistency, check, countersign, timestamp, witnessed):
        custody.command()(command)


def _log_of(investigation: str | None, case: Path | None) -> Case | Investigation:
    return open_investigation(investigation) if investigation else open_case(case)


def _write(content: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(content)
        return
    replace_file(out, content, mode=0o644)
    show.line(f"Written to {out}.")


def prove(
    entry: Annotated[int, typer.Argument(help="Number of the entry.")],
    field: Annotated[
        list[str] | None,
        typer.Option(
            "--show",
            help="A field to show, as facts/query; may be repeated. Else act, time and who.",
        ),
    ] = None,
    under: Annotated[
        Path | None, typer.Option(help="A head held elsewhere to prove it under; else the newest.")
    ] = None,
    out: OutOption = None,
    investigation: OfOption = None,
    case: CaseOption = None,
) -> None:
    """Prove one entry of a log, some of its fields shown, to somebody who has not the log."""
    of = _log_of(investigation, case)
    head = read_file(under) if under else None
    _write(service.prove_entry(of, entry, field or (), under=head), out)


def consistency(
    old: Annotated[Path, typer.Argument(help="The earlier head, bare or witnessed.")],
    new: Annotated[Path | None, typer.Argument(help="The later head; else the newest.")] = None,
    out: OutOption = None,
    investigation: OfOption = None,
    case: CaseOption = None,
) -> None:
    """Prove that a later head of a log continues an earlier one."""
    of = _log_of(investigation, case)
    later = read_file(new) if new else None
    _write(service.prove_consistency(of, read_file(old), later), out)


def check(
    file: Annotated[Path, typer.Argument(help="A proof, countersignature or time stamp.")],
    head: Annotated[
        Path | None, typer.Option(help="A head of that log, from elsewhere, bare or witnessed.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(help="The key that must have signed: the log's, or the witness's."),
    ] = None,
    authority: Annotated[
        Path | None, typer.Option(help="Root certificates (PEM) of the time-stamp authority.")
    ] = None,
    shown: Annotated[
        Path | None,
        typer.Option(help="Results, a name a line: whether they are what the entry says."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check a proof; exit code 0: against head or key given, 9: in itself only, 6: false."""
    with at(file):
        checked = service.check_proof(
            read_file(file),
            head=read_file(head) if head else None,
            key=key,
            authority=read_file(authority) if authority else None,
            shown=_lines(shown) if shown else None,
        )
    show.document(checked) if json else _told(checked)
    raise typer.Exit(0 if checked["holds"] else CONSISTENT_ONLY)


def _lines(file: Path) -> list[str]:
    try:
        text = read_file(file).decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError("this is no list of names", where=str(file)) from None
    return [line for line in text.splitlines() if line]


def _told(checked: Mapping[str, Any]) -> None:
    heads = checked["heads"]
    show.line(
        "HOLDS, against what you gave."
        if checked["holds"]
        else "CONSISTENT IN ITSELF ONLY: whoever holds the log's key may have made it all up."
    )
    if "entry" in checked:
        for name, value in checked["entry"].items():
            value = f"{value} ({checked['at']})" if name == "time" else value
            show.line(f"  {name}: {show.plain(str(value))}")
        show.line(f"Fields not shown: {checked['hidden']}.")
    elif "holders" in checked:
        show.line(
            f"The first {heads[0]['entries']:,} entries are neither changed nor removed;"
            f" the log changed hands {checked['holders']} times since."
        )
    else:
        key = f", key {checked['key']}" if "key" in checked else ""
        show.line(f"Witnessed by {checked['witness']!r}{key}, at {checked['at']}.")
    for one in heads:
        show.line(
            f"Head of {one['entries']:,} entries of {one['origin']!r}, signed at {one['at']}"
            f" by key {one['key']}. Root {one['root']}."
        )


def countersign(
    head: HeadArgument,
    key: Annotated[Path, typer.Option(help="File with the witness's own Ed25519 key (PEM).")],
    name: Annotated[str, typer.Option(help="The witness's name.")],
    proof: Annotated[
        Path | None,
        typer.Option(help="That it continues the head countersigned last (custody consistency)."),
    ] = None,
    new_key: Annotated[bool, typer.Option("--new-key", help="Make the key first.")] = False,
    out: OutOption = None,
) -> None:
    """Countersign a head as a witness, on a machine of the witness's own; needs no case."""
    with at(head):
        signed = service.countersign(
            read_file(head),
            key,
            name,
            proof=read_file(proof) if proof else None,
            new_key=new_key,
        )
    _write(signed, out)
    if out is not None:
        public = loads(signed)["public_key"]
        show.line(f"Your public key, for whoever verifies: {public}")


def timestamp(
    head: HeadArgument,
    request: Annotated[
        Path | None, typer.Option(help="Write the question to the authority (RFC 3161) here.")
    ] = None,
    answer: Annotated[Path | None, typer.Option(help="The authority's answer.")] = None,
    authority: Annotated[
        Path | None, typer.Option(help="Root certificates (PEM) of the authority, to check it.")
    ] = None,
    out: OutOption = None,
) -> None:
    """Ask a time-stamp authority about a head, or take in its answer; nothing is sent from here."""
    if (request is None) == (answer is None):
        raise UsageError("either --request, or --answer")
    with at(head):
        if request is not None:
            _write(service.stamp_request(read_file(head)), request)
        elif answer is not None:
            roots = read_file(authority) if authority else None
            _write(service.stamp(read_file(head), read_file(answer), roots), out)


def witnessed(
    file: Annotated[Path, typer.Argument(help="A countersignature, or a time stamp.")],
    investigation: OfOption = None,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """Keep what a witness signed beside the log, for `custody verify` to check."""
    of = _log_of(investigation, case)
    with at(file):
        result = service.take_in_witnessed(of, read_file(file))
    if json:
        show.document(dict(result))
        return
    did = "time-stamped" if result["stamped"] else "countersigned"
    show.line(f"Kept: {result['entries']:,} entries {did} by {result['witness']!r}.")

"""The commands about dossiers: make, verify, diff."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from zegel import service
from zegel.cli import show
from zegel.cli.commands import LinesOption
from zegel.cli.files import read_file
from zegel.cli.inside import InvestigationOption, JsonOption, open_investigation
from zegel.errors import UsageError

dossier = typer.Typer(no_args_is_help=True, help="Dossiers: evidence that anyone can check.")


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.add_typer(dossier, name="dossier")


HeadOption = Annotated[
    Path | None, typer.Option(help="A head of the investigation's log: its excerpt ends there.")
]
WithholdOption = Annotated[
    Path | None, typer.Option(help="What is withheld: ids, parts, reasons (TOML, JSON Lines).")
]
MagistrateOption = Annotated[
    Path | None, typer.Option(help="OpenPGP certificate that may see what is withheld.")
]
OpinionOption = Annotated[str, typer.Option(help="Open again by GnuPG: sample, all or none.")]
SampleOption = Annotated[int, typer.Option(min=0, help="How many messages the sample has.")]
IdsOption = Annotated[
    Path | None, typer.Option(help="Of these, those in this file: a number or id a line.")
]
PrintedOption = Annotated[
    int | None, typer.Option(min=0, help="How many messages the report prints; at most 2,000.")
]


@dossier.command()
def make(
    investigation: InvestigationOption,
    out: Annotated[Path, typer.Option("-o", "--out", help="The new file, FILE.zip.")],
    query: Annotated[
        str | None, typer.Option(help="Messages of this query's result; else of all.")
    ] = None,
    tag: Annotated[str | None, typer.Option(help="Of these, those that bear this tag.")] = None,
    ids: IdsOption = None,
    as_of: HeadOption = None,
    withhold: WithholdOption = None,
    magistrate_cert: MagistrateOption = None,
    second_opinion: OpinionOption = "sample",
    sample: SampleOption = 1000,
    language: Annotated[str, typer.Option(help="Of what is to read: en or nl.")] = "en",
    zone: Annotated[str, typer.Option(help="Zone that times are shown in, beside UTC.")] = "UTC",
    printed: PrintedOption = None,
    json: JsonOption = False,
    _in_lines: LinesOption = False,
) -> None:
    """Make a dossier: certificates, proofs and bytes of the messages chosen, in one file."""
    inv = open_investigation(investigation)
    terms = service.dossier_terms(
        withhold=None if withhold is None else read_file(withhold),
        certificate=None if magistrate_cert is None else read_file(magistrate_cert),
        opinions=second_opinion,
        sample=sample,
        language=language,
        zone=zone,
        printed=printed,
    )
    wanted = service.Wanted(query=query, tag=tag, ids=None if ids is None else _lines(ids))
    head = None if as_of is None else read_file(as_of)
    with show.progress() as bar:
        made = service.make_dossier(inv, out, wanted, terms, as_of=head, progress=bar)
    if json:
        show.document({**asdict(made), "root": inv.root.hex(), "training": inv.training})
    else:
        _made(made, out, inv.root.hex())


def _made(made: Any, out: Path, root: str) -> None:
    show.line(f"Made: {out}, {made.messages:,} messages in {made.members:,} members.")
    show.line(f"SHA-256 of the file: {made.sha256}")
    said = made.second_opinion
    show.line(
        f"Session keys: {made.session_keys['disclosed']:,}, each of one ciphertext; never opened"
        f" and not testable: {made.session_keys['not testable']:,}. Second opinion: agrees"
        f" {said['agrees']:,}, differs {said['differs']:,}, cannot {said['cannot']:,}, not asked"
        f" {said['not asked']:,}."
    )
    if made.withheld:
        show.line(f"Withheld: {made.withheld:,} parts.")
    show.line(f"Next: zegel dossier verify {out} --root {root}")


def _lines(file: Path) -> list[str]:
    try:
        text = read_file(file).decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError("this is no list of ids", where=str(file)) from None
    return [line.strip() for line in text.splitlines() if line.strip()]


@dossier.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The dossier.")],
    root: Annotated[
        str | None,
        typer.Option(help="The investigation's Merkle root, from elsewhere: the anchor."),
    ] = None,
    open_: Annotated[
        str,
        typer.Option("--open", help="Open messages again from session keys: all, sample, none."),
    ] = "sample",
    sample: SampleOption = 1000,
    json: JsonOption = False,
) -> None:
    """Verify a dossier; exit code 0: against the root, 9: in itself only, 6: false."""
    checked = service.verify_dossier(file, root, mode=open_, sample=sample)
    if json:
        show.document({**asdict(checked), "file": str(file)})
    else:
        _told(checked)
    raise typer.Exit(checked.answer)


def _told(checked: Any) -> None:
    if checked.wrong:
        show.line(f"FALSE. {checked.wrong}.")
        return
    anchored = checked.answer == 0
    show.line(
        "VERIFIED against the anchor given."
        if anchored
        else "CONSISTENT IN ITSELF ONLY: no anchor."
    )
    show.line(checked.account.replace(" Not checked: whether they open.", ""))
    said = ", ".join(f"{word} {count:,}" for word, count in sorted(checked.opinions.items()))
    show.line(
        f"Opened again from their session keys: {checked.opened:,} blocks, of which"
        f" {checked.found:,} were found in messages as stored; not tried: {checked.not_opened:,}."
        f" A second implementation: {said or 'not asked'}."
    )
    if checked.not_rendered:
        show.line(f"Not compared, made by another version: {', '.join(checked.not_rendered)}.")
    else:
        show.line(f"Rendered again from the evidence, and the same: {checked.rendered:,} members.")


@dossier.command()
def diff(
    first: Annotated[Path, typer.Argument(metavar="A", help="The earlier dossier.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="The later one.")],
    json: JsonOption = False,
) -> None:
    """Say what dossier B shows that A does not, and the other way round."""
    found = service.diff_dossiers(first, second)
    if json:
        show.document(asdict(found))
        return
    show.line(
        f"Messages: {found.same:,} alike, {len(found.added):,} only in B,"
        f" {len(found.removed):,} only in A."
    )
    for words, numbers in (("Only in B", found.added), ("Only in A", found.removed)):
        if numbers:
            show.line(f"{words}: {_shortened(numbers)}")
    for words, fields in (("B discloses", found.disclosed), ("B withholds", found.withheld)):
        for number, names in fields.items():
            show.line(f"{words} of message {number}: {', '.join(names)}")
    for name, how in found.members.items():
        show.line(f"{name}: {how}")


def _shortened(numbers: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, numbers[:MOST_NUMBERS]))
    return shown if len(numbers) <= MOST_NUMBERS else f"{shown} … {numbers[-1]}"


MOST_NUMBERS = 40

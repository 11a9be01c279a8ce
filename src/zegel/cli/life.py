"""The commands about the life of an investigation: its versions, its end, its archive."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zegel import service
from zegel.cli import living, show
from zegel.cli.commands import CaseOption, JsonOption, open_case
from zegel.cli.files import read_file
from zegel.cli.inside import InvestigationOption, open_investigation
from zegel.errors import UsageError, at
from zegel.investigation.archive import Locking, Unlocking
from zegel.tables import replace_file

notice = typer.Typer(
    no_args_is_help=True, help="Notices by which a case ends what it handed out, and their answers."
)

NamedArgument = Annotated[
    str,
    typer.Argument(metavar="INVESTIGATION", help="Its name in the case, or the start of its root."),
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, in a sentence; it is logged.")]
HolderOption = Annotated[
    str | None, typer.Option(help="Vouch for the key of the answer first, as this holder's.")
]
PassphraseOption = Annotated[
    Path | None,
    typer.Option(help="File whose first line is the passphrase; without it you are asked."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (investigations, changes, withdraw, destroy, certificate, close, reopen):
        app.command()(command)
    app.add_typer(notice, name="notice")


def investigations(case: CaseOption = None, json: JsonOption = False) -> None:
    """List every investigation the case granted, and what has become of each."""
    result = service.list_investigations(open_case(case))
    show.document(result) if json else living.investigations(result)


def changes(
    earlier: Annotated[str, typer.Argument(help="The earlier version, by name or root.")],
    later: Annotated[str, typer.Argument(help="The later version.")],
    ids: Annotated[bool, typer.Option("--ids", help="List the messages' ids too.")] = False,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """Say which messages a later version of an investigation adds, no longer holds, or admits by
    another clause."""
    change = service.compare_versions(open_case(case), earlier, later)
    show.document(living.change_document(change)) if json else living.change(change, ids=ids)


def withdraw(
    investigation: NamedArgument,
    reason: ReasonOption,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """Close an investigation for good, and list who saw what of it."""
    result = service.withdraw(open_case(case), investigation, reason)
    show.document(living.withdrawn_document(result)) if json else living.withdrawn(result)


def destroy(
    investigation: NamedArgument,
    reason: ReasonOption,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; without this, say what would be destroyed.")
    ] = False,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """Destroy what an investigation holds, with a certificate; its log stays. Killed, the same
    command continues."""
    opened = open_case(case)
    if not yes:
        living.would_destroy(service.find_investigation(opened, investigation))
        raise UsageError("nothing was destroyed", next_step="Give the command again with --yes.")
    result = service.destroy(opened, investigation, reason)
    show.document(living.notified_document(result)) if json else living.destroyed(result)


def certificate(
    file: Annotated[Path, typer.Argument(help="A certificate of destruction.")],
    json: JsonOption = False,
) -> None:
    """Check a certificate of destruction, and say in words what it certifies."""
    with at(file):
        body, key = service.check_certificate(read_file(file))
    show.document({**body, "signed_by": key}) if json else living.certificate(body, key)


def close(
    investigation: InvestigationOption,
    recipient: Annotated[
        list[str] | None,
        typer.Option(help="An age recipient (age1…) that can open it again; may be repeated."),
    ] = None,
    passphrase_file: PassphraseOption = None,
    json: JsonOption = False,
) -> None:
    """Put what an investigation holds into one encrypted archive."""
    inv = open_investigation(investigation)
    if recipient and passphrase_file:
        raise UsageError("--recipient and --passphrase-file exclude each other")
    locking = Locking(recipients=tuple(recipient or ()))
    if not recipient:
        locking = Locking(passphrase=_passphrase(passphrase_file, twice=True))
    result = service.close_investigation(inv, locking)
    show.document(result) if json else living.closed(result, inv.folder)


def reopen(
    investigation: InvestigationOption,
    identity: Annotated[
        Path | None, typer.Option(help="File with the age key, as age-keygen writes it.")
    ] = None,
    passphrase_file: PassphraseOption = None,
    json: JsonOption = False,
) -> None:
    """Put back what the archive of a closed investigation holds."""
    inv = open_investigation(investigation)
    if identity and passphrase_file:
        raise UsageError("--identity and --passphrase-file exclude each other")
    if identity is not None:
        unlocking = Unlocking(identities=read_file(identity))
    else:
        unlocking = Unlocking(passphrase=_passphrase(passphrase_file, twice=False))
    result = service.reopen_investigation(inv, unlocking)
    show.document(result) if json else show.line(f"Open again: {result['root'][:16]}…")


def _passphrase(file: Path | None, *, twice: bool) -> str:
    """Return the passphrase from a file or the terminal; never from the command's words."""
    if file is not None:
        lines = read_file(file).decode("utf-8", "replace").splitlines()
        words = lines[0] if lines else ""
    else:
        words = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=twice, err=True)
    if not words.strip():
        raise UsageError("the passphrase is empty", where=str(file or ""))
    return str(words)


@notice.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Those that were answered too.")] = False,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """List the notices whose folder has not answered, and the file to carry there."""
    found = service.list_notices(open_case(case), every=every)
    if json:
        show.document([living.notified_document(one) for one in found])
    else:
        living.notices(found)


@notice.command()
def apply(
    file: Annotated[Path, typer.Argument(help="The notice, as the case wrote it.")],
    investigation: InvestigationOption,
    answer: Annotated[
        Path, typer.Option("-o", "--answer", help="Where to write the answer for the case.")
    ],
    yes: Annotated[
        bool, typer.Option("--yes", help="Where the notice orders destruction: do it.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Apply a notice in the folder it is to, and write the answer to carry back to the case."""
    inv = open_investigation(investigation)
    with at(file):
        text = read_file(file)
        said = service.read_notice_to(inv, text)
        if said["act"] == "destruction ordered" and not yes:
            raise UsageError(
                "the notice orders that what this folder holds be destroyed",
                next_step="Give the command again with --yes.",
            )
        replace_file(answer, service.apply_here(inv, text), mode=0o644)
    show.document({**said, "answer": str(answer)}) if json else living.applied(said, answer)


@notice.command()
def acknowledge(
    answer: Annotated[Path, typer.Argument(help="The folder's answer, or its certificate.")],
    holder: HolderOption = None,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """Take back a folder's answer: its notice is outstanding no longer, its log's head anchored."""
    with at(answer):
        taken = service.take_answer(open_case(case), read_file(answer), holder=holder)
    show.document(living.answered_document(taken)) if json else living.answered(taken)

"""The commands about magistrates' certificates: two people enrol each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from zegel import service
from zegel.cli import show
from zegel.cli.commands import CaseOption, JsonOption, open_case
from zegel.cli.files import read_file
from zegel.errors import at

magistrate = typer.Typer(
    no_args_is_help=True, help="Certificates that orders are signed with; two people enrol each."
)

FingerprintArgument = Annotated[
    str, typer.Argument(metavar="FINGERPRINT", help="All of its 40 or 64 digits.")
]
WhoOption = Annotated[
    str | None, typer.Option("--who", help="Who acts, in a training case; else the account.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.add_typer(magistrate, name="magistrate")


@magistrate.command()
def propose(
    certificate: Annotated[Path, typer.Argument(metavar="CERT", help="One OpenPGP certificate.")],
    name: Annotated[
        str | None, typer.Option(help="The magistrate's name in orders; else the first user id's.")
    ] = None,
    who: WhoOption = None,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """Propose a magistrate's certificate; another person confirms it."""
    opened = open_case(case)
    with at(certificate):
        result = service.propose_magistrate(opened, read_file(certificate), name, who=who)
    if json:
        show.document(result)
        return
    show.line(f"Proposed: {show.plain(result['name'])}, {result['fingerprint']}.")
    show.line(
        "Until somebody else has compared the fingerprint with the magistrate and confirmed it, no"
        f" order is granted by it: zegel magistrate confirm {result['fingerprint']}"
    )


@magistrate.command()
def confirm(
    fingerprint: FingerprintArgument,
    who: WhoOption = None,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """Enrol what somebody else proposed, by the fingerprint that the magistrate gave."""
    result = service.confirm_magistrate(open_case(case), fingerprint, who=who)
    if json:
        show.document(result)
    else:
        by = show.plain(result["proposed_by"])
        name = show.plain(result["name"])
        show.line(f"Enrolled: {name}, {result['fingerprint']}; proposed by {by}.")


@magistrate.command()
def withdraw(
    fingerprint: FingerprintArgument,
    who: WhoOption = None,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """End an enrolment or a proposal at once; what was granted by it stays granted."""
    result = service.withdraw_magistrate(open_case(case), fingerprint, who=who)
    if json:
        show.document(result)
    else:
        show.line(f"Withdrawn: {show.plain(result['name'])}, {result['fingerprint']}.")


@magistrate.command("list")
def list_(case: CaseOption = None, json: JsonOption = False) -> None:
    """List the certificates proposed, enrolled and withdrawn."""
    found = service.list_magistrates(open_case(case))
    show.document(found) if json else _show(found)


def _show(found: Sequence[Mapping[str, Any]]) -> None:
    if not found:
        show.line("Nobody is enrolled. zegel magistrate propose CERT begins it.")
        return
    table = Table("magistrate", "fingerprint", "standing", "proposed by", "confirmed by", "at")
    for one in found:
        table.add_row(
            Text(show.plain(one["name"])),
            one["fingerprint"],
            one["standing"],
            Text(show.plain(one["proposed_by"])),
            Text(show.plain(one["confirmed_by"] or "-")),
            one["at"],
        )
    show.printed(table)
    for one in found:
        for key in one["keys"]:
            says = "signs" if key["signs"] else f"signs no order today: {key['why_not']}"
            show.line(f"  {show.plain(one['name'])}: key {key['fingerprint']} {says}")

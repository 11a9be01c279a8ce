"""The commands about a court's random sample of accounts."""

from __future__ import annotations

import json as jsons
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from zegel import service
from zegel.cli import show
from zegel.cli.commands import CaseOption, JsonOption, open_case
from zegel.cli.files import read_file
from zegel.cli.inside import InvestigationOption, WhoOption, open_investigation
from zegel.errors import at
from zegel.tables import replace_file

sample = typer.Typer(
    no_args_is_help=True, help="A court's random sample of accounts, coded blind by two people."
)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What the sample is called.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.add_typer(sample, name="sample")


@sample.command()
def draw(
    name: NameArgument,
    size: Annotated[int, typer.Option(min=1, help="How many accounts.")],
    seed: Annotated[str, typer.Option(help="Any text; the court names it.")],
    code: Annotated[list[str], typer.Option(help="A code to choose from; give it repeatedly.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Where to write the sample.")],
    frame: Annotated[
        str, typer.Option(help="Drawn from: 'accounts with mail' or 'registered accounts'.")
    ] = "accounts with mail",
    case: CaseOption = None,
    who: WhoOption = None,
    json: JsonOption = False,
) -> None:
    """Draw accounts of the case at random; anybody can draw them again. No content is touched."""
    document = service.draw_sample(
        open_case(case), name, size=size, seed=seed, codes=code, frame=frame, who=who
    )
    replace_file(out, document, mode=0o644)
    drawn = jsons.loads(document)
    if json:
        show.document(drawn)
        return
    names, digest = drawn["frame"]["names"], drawn["frame"]["sha256"]
    show.line(f"{len(drawn['accounts'])} of {names:,} {frame} drawn; written to {out}.")
    show.line(f"SHA-256 of the list they were drawn from: {digest}")
    show.line("For the order, in the clause that opens them:")
    show.line("accounts = " + jsons.dumps(drawn["accounts"], ensure_ascii=False))


@sample.command()
def begin(
    investigation: InvestigationOption,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The sample that was drawn.")],
    who: WhoOption = None,
    json: JsonOption = False,
) -> None:
    """Put a sample into the investigation whose order opens it."""
    inv = open_investigation(investigation)
    with at(file):
        result = service.begin_sample(inv, read_file(file), who=who)
    if json:
        show.document(result)
        return
    empty = sum(not count for count in result["messages"].values())
    show.line(
        f"Sample {result['sample']}: {result['accounts']} accounts to be coded by two people."
    )
    if empty:
        show.line(f"Of {empty} the investigation holds no message: is the order about all of them?")


@sample.command("next")
def next_(
    investigation: InvestigationOption,
    name: NameArgument,
    who: WhoOption = None,
    json: JsonOption = False,
) -> None:
    """Say which accounts you have still to code, and how far the other is: not as what."""
    result = service.sample_progress(open_investigation(investigation), name, who=who)
    if json:
        show.document(result)
        return
    for coder, count in result["coded"].items():
        show.line(f"{coder}: {count} of {result['accounts']} coded.")
    if not result["left"]:
        show.line("You have coded all of them.")
        return
    show.line(f"Codes: {', '.join(result['codes'])}.")
    table = Table("to be coded", "messages here")
    for account in result["left"]:
        table.add_row(show.cell(account), f"{result['messages'][account]:,}")
    show.printed(table)


@sample.command()
def code(
    investigation: InvestigationOption,
    name: NameArgument,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="An account of the sample.")],
    as_: Annotated[str, typer.Argument(metavar="CODE", help="One of the sample's codes.")],
    reason: Annotated[str, typer.Option(help="Why; shown in the report where two differ.")] = "",
    who: WhoOption = None,
    json: JsonOption = False,
) -> None:
    """Code one account. What you said before is kept, the last counts until both are done."""
    inv = open_investigation(investigation)
    result = service.code_account(inv, name, account, as_, reason, who=who)
    show.document(result) if json else show.line(f"Coded; {len(result['left'])} left.")


@sample.command()
def report(
    investigation: InvestigationOption,
    name: NameArgument,
    who: WhoOption = None,
    json: JsonOption = False,
) -> None:
    """Report agreement and intervals, once two people have coded every account."""
    result = service.sample_report(open_investigation(investigation), name, who=who)
    show.document(result) if json else _shown(result)


def _shown(result: Mapping[str, Any]) -> None:
    frame, both = result["frame"], result["agreement"]
    show.line(
        f"Sample {result['sample']}: {result['accounts']} of {frame['names']:,} {frame['of']}, "
        f"drawn with the seed {result['seed']!r}."
    )
    kappa = "" if both["kappa"] is None else f", kappa {both['kappa']:.2f}"
    show.line(f"The two agree on {_interval(both)}{kappa}.")
    people = [name for name in next(iter(result["shares"].values())) if name != "both"]
    table = Table("code", *(escape(name) for name in people), "both")
    for code, shares in result["shares"].items():
        table.add_row(Text(code), *(_interval(shares[name]) for name in (*people, "both")))
    show.printed(table)
    show.line("In brackets: the share in all accounts, with 95 % confidence (Clopper and Pearson).")
    if result["differ"]:
        show.line("They differ on:")
        for one in result["differ"]:
            said = "; ".join(
                f"{name}: {one[name]['code']}"
                + (f" ({one[name]['reason']})" if one[name]["reason"] else "")
                for name in people
            )
            show.line(f"  {show.plain(one['account'])}: {show.plain(said)}")


def _interval(found: Mapping[str, Any]) -> str:
    low, high = found["low"] * 100, found["high"] * 100
    return f"{found['found']} of {found['of']} ({low:.1f} to {high:.1f} %)"

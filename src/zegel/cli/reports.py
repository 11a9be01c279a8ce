"""The commands that report what a log says: who did what, and what nobody opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from zegel import service
from zegel.cli import show
from zegel.cli.commands import CaseOption, JsonOption, open_case
from zegel.cli.inside import InvestigationOption, open_investigation
from zegel.cli.proving import OfOption

report = typer.Typer(no_args_is_help=True, help="Reports about an investigation, from its log.")


def register(app: typer.Typer, custody: typer.Typer) -> None:
    """Add `report` to the program, and `custody report` to the commands about logs."""
    app.add_typer(report, name="report")
    custody.command("report")(who_did_what)


def who_did_what(
    day: Annotated[str | None, typer.Option(help="Only this day (UTC), as 2016-05-03.")] = None,
    person: Annotated[str | None, typer.Option(help="Only what this person did.")] = None,
    queries: Annotated[
        bool, typer.Option("--queries", help="And what was searched for, with what it found.")
    ] = False,
    investigation: OfOption = None,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """Say who did what on which day, and what for; never content. The report is logged too."""
    of = open_investigation(investigation) if investigation else open_case(case)
    result = service.custody_report(of, day=day, person=person, queries=queries)
    if json:
        show.document(result)
        return
    for one in result["days"]:
        show.line(show.plain(one["sentence"]))
        for query in one.get("queries", ()):
            _query(query)
    if not result["days"]:
        show.line("Nothing was logged that this asks for.")


def _query(query: Mapping[str, Any]) -> None:
    words = query["query"]
    asked = "(sealed)" if words is None else show.plain(words) if words else "(everything)"
    found = query["results"]
    said = "nothing found" if found == 0 else f"{found or 0:,} shown"
    show.line(f"    {query['at']}  {asked}  [{said}]")


@report.command()
def unopened(
    investigation: InvestigationOption,
    by: Annotated[str, typer.Option(help="account, clause or day.")] = "clause",
    ids: Annotated[bool, typer.Option("--ids", help="List each by number and id.")] = False,
    json: JsonOption = False,
) -> None:
    """Count what is in an investigation and was never opened."""
    result = service.unopened(open_investigation(investigation), by=by, ids=ids)
    if json:
        show.document(result)
        return
    table = Table(by, "messages", "never opened")
    for row in result["rows"]:
        counts = (f"{row['messages']:,}", f"{row['unopened']:,}")
        table.add_row(Text(show.plain(row[by] or "(none known)")), *counts)
    show.printed(table)
    show.line(
        f"{result['unopened']:,} of {result['messages']:,} messages were never opened."
        f" Dossiers exported: {result['exports']:,}."
    )
    for one in result.get("ids", ()):
        show.line(f"{one['number']:>6}  {one['id']}")

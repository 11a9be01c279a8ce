"""The commands inside one investigation; they need no case."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from zegel import service
from zegel.casefile import find_case
from zegel.cli import show, showing
from zegel.errors import UsageError, ZegelError
from zegel.investigation import Investigation
from zegel.search import Page
from zegel.tables import replace_file

InvestigationOption = Annotated[
    str,
    typer.Option(
        "-i",
        "--investigation",
        envvar="ZEGEL_INVESTIGATION",
        help="The investigation's folder, or its name in the case; else $ZEGEL_INVESTIGATION.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
WhoOption = Annotated[
    str | None, typer.Option("--who", help="In a training investigation only: who acts.")
]
MessageArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The message's number, or the beginning of its id.")
]
DrawOption = Annotated[Path | None, typer.Option("--svg", help="Write a picture to this file.")]


LONGEST_QUERY = 100_000
"""Characters read from standard input."""


def open_investigation(named: str) -> Investigation:
    """Open an investigation by its folder, or by its name in the case."""
    folder = Path(named)
    if not (folder / "investigation.json").exists():
        try:
            inside = find_case(None).folder / "investigations" / folder.name
        except ZegelError:
            inside = folder
        folder = inside if (inside / "investigation.json").exists() else folder
    inv = Investigation.open(folder)
    if inv.training:
        show.warn("TRAINING: an unsigned order, for practice only, never evidence.")
    return inv


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (
        search, show_, contacts, timeline, records, tag, note, relevance, casework, investigation
    ):  # fmt: skip
        app.command(command.__name__.rstrip("_"))(command)


def search(
    investigation: InvestigationOption,
    query: Annotated[str, typer.Argument(help="What to look for; without it, everything.")] = "",
    page: Annotated[int, typer.Option(min=1, help="Which page of hits.")] = 1,
    size: Annotated[int, typer.Option(min=1, max=1000, help="Hits a page.")] = 20,
    sort: Annotated[str, typer.Option(help="newest, oldest or relevance.")] = "newest",
    ask: Annotated[
        bool,
        typer.Option(
            "--ask", help="Read the query from standard input: no list of processes shows it."
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Search one investigation: words, "phrases", begin*, near~1, AND OR NOT, brackets.

    Fields: from: to: with: account: device: holder: after: before: hour: weekday: has: lang:
    state: signature: clause: tag: relevance:. A query that begins with a sign goes behind --.
    """
    if sort not in ("newest", "oldest", "relevance"):
        raise UsageError(f"no order {sort}", next_step="newest, oldest or relevance.")
    wanted = Page(
        offset=(page - 1) * size,
        limit=size,
        by_date=sort != "relevance",
        newest_first=sort == "newest",
    )
    if ask:
        query = sys.stdin.read(LONGEST_QUERY).strip()
    result = service.search(open_investigation(investigation), query, wanted)
    show.document(result) if json else showing.hits(result)


def show_(
    investigation: InvestigationOption, message: MessageArgument, json: JsonOption = False
) -> None:
    """Show one message: text, places, ciphertexts, keys, clocks, and the clause that admits it."""
    result = service.show_message(open_investigation(investigation), message)
    show.document(result) if json else showing.message(result)


def contacts(
    investigation: InvestigationOption, svg: DrawOption = None, json: JsonOption = False
) -> None:
    """Show who wrote to whom, as a table or as a picture."""
    inv = open_investigation(investigation)
    if svg is not None:
        _write(svg, service.draw_contacts(inv))
        return
    result = service.list_contacts(inv)
    show.document(result) if json else showing.contacts(result)


def timeline(
    investigation: InvestigationOption,
    by: Annotated[str, typer.Option(help="year, month, week, day, hour or minute.")] = "day",
    svg: DrawOption = None,
    json: JsonOption = False,
) -> None:
    """Show how many messages there were over time, as a table or as a picture."""
    inv = open_investigation(investigation)
    if svg is not None:
        _write(svg, service.draw_timeline(inv, by))
        return
    result = service.list_timeline(inv, by)
    show.document(result) if json else showing.timeline(result)


def records(investigation: InvestigationOption, json: JsonOption = False) -> None:
    """Show the business records an order admits: who held which device when, who bought it."""
    result = service.list_records(open_investigation(investigation))
    show.document(result) if json else showing.records(result)


def _write(place: Path, picture: str) -> None:
    replace_file(place, picture.encode("utf-8"), mode=0o644)
    show.line(f"Written to {place}.")


def tag(
    investigation: InvestigationOption,
    message: MessageArgument,
    words: Annotated[list[str], typer.Argument(help="Tags to add.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take them off instead.")] = False,
    who: WhoOption = None,
    json: JsonOption = False,
) -> None:
    """Tag a message, or take tags off."""
    inv = open_investigation(investigation)
    kind = "untag" if remove else "tag"
    for word in words:
        result = service.add_casework(inv, message, kind, word, who=who)
    show.document(result) if json else showing.casework(result)


def note(
    investigation: InvestigationOption,
    message: MessageArgument,
    text: Annotated[str, typer.Argument(help="The note.")],
    who: WhoOption = None,
    json: JsonOption = False,
) -> None:
    """Write a note about a message."""
    inv = open_investigation(investigation)
    result = service.add_casework(inv, message, "note", text, who=who)
    show.document(result) if json else showing.casework(result)


def relevance(
    investigation: InvestigationOption,
    message: MessageArgument,
    judged: Annotated[str, typer.Argument(help="relevant, not relevant or undecided.")],
    who: WhoOption = None,
    json: JsonOption = False,
) -> None:
    """Say whether a message is relevant."""
    inv = open_investigation(investigation)
    result = service.add_casework(inv, message, "relevance", judged, who=who)
    show.document(result) if json else showing.casework(result)


def casework(
    investigation: InvestigationOption,
    take_from: Annotated[
        Path | None,
        typer.Option(
            "--from", help="Take over what an earlier version in this folder says of messages here."
        ),
    ] = None,
    who: WhoOption = None,
    json: JsonOption = False,
) -> None:
    """List the messages with tags, notes or relevance; or take over those of an earlier version."""
    inv = open_investigation(investigation)
    if take_from is not None:
        taken = service.take_casework(inv, take_from, who=who)
        show.document(taken) if json else showing.taken(taken)
        return
    result = service.all_casework(inv, who=who)
    show.document(result) if json else showing.all_casework(result)


def investigation(
    investigation: InvestigationOption,
    check: Annotated[
        bool, typer.Option("--check", help="Verify every row and byte against the seal.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Say what an investigation is: its order, exhibits, seal, and what could not be read."""
    inv = open_investigation(investigation)
    result = service.check_investigation(inv) if check else service.describe(inv)
    show.document(result) if json else showing.investigation(result)

"""The commands of the privilege officer."""

from __future__ import annotations

from dataclasses import asdict
from json import dumps
from pathlib import Path
from typing import Annotated

import typer

from zegel import service
from zegel.cli import show
from zegel.cli.commands import CaseOption, JsonOption, LinesOption, open_case
from zegel.cli.files import read_file
from zegel.cli.inside import (
    InvestigationOption,
    MessageArgument,
    WhoOption,
    open_investigation,
)
from zegel.errors import UsageError
from zegel.tables import replace_file

privilege = typer.Typer(
    no_args_is_help=True,
    help="Lawyer-client mail: a register of keyed hashes, what it sets apart, and the review.",
)

KeyOption = Annotated[
    Path,
    typer.Option("--key", help="The officer's key file; it lies outside the case."),
]
PassphraseOption = Annotated[
    Path | None,
    typer.Option(help="File whose first line is the key's passphrase; else it is asked for."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.add_typer(privilege, name="privilege")


def passphrase_of(file: Path | None, *, again: bool = False) -> bytes:
    """Return the passphrase in a file's first line, or ask for it."""
    if file is not None:
        lines = read_file(file).splitlines()
        if not lines or not lines[0]:
            raise UsageError("the first line is empty", where=str(file))
        return lines[0]
    asked = typer.prompt(
        "Passphrase of the privilege key", hide_input=True, confirmation_prompt=again, err=True
    )
    return str(asked).encode()


@privilege.command()
def key(
    file: Annotated[Path, typer.Argument(help="The new key file, outside every case.")],
    passphrase_file: PassphraseOption = None,
) -> None:
    """Make the privilege officer's key: whoever has it can test names against the register."""
    service.make_privilege_key(file, passphrase_of(passphrase_file, again=True))
    show.line(f"Key made in {file}. Keep it, and its passphrase, from everybody else of the case.")


@privilege.command()
def enrol(
    entries: Annotated[
        Path,
        typer.Argument(
            help="CSV: columns address, domain, name, firm, phone; or kind and value."
            " Nothing of it goes into the case but keyed hashes."
        ),
    ],
    key: KeyOption,
    passphrase_file: PassphraseOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="These entries alone; earlier ones are dropped.")
    ] = False,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """Put protected addresses, domains, names, firms and numbers to the case's register."""
    opened = open_case(case)
    given = (key, passphrase_of(passphrase_file))
    result = service.enrol_register(
        opened, read_file(entries), given, replace=replace, where=str(entries)
    )
    if json:
        show.document(result)
    else:
        show.line(f"{result['forms']:,} forms enrolled. Next: zegel privilege mark --key {key}")


@privilege.command()
def mark(
    key: KeyOption,
    passphrase_file: PassphraseOption = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; default: cores.")] = None,
    case: CaseOption = None,
    json: JsonOption = False,
    _in_lines: LinesOption = False,
) -> None:
    """Set apart, before the index, what matches the register, and the threads it stands in."""
    opened = open_case(case)
    given = (key, passphrase_of(passphrase_file))
    with show.progress() as bar:
        result = service.mark(opened, given, workers=workers, progress=bar)
    if json:
        show.document(result)
        return
    apart = result.get("suspected", 0) + result.get("confirmed", 0)
    show.line(
        f"{result['looked_at']:,} messages looked at. Set apart: {apart:,}"
        f" ({result['matched']:,} matched themselves, the others stand in a thread with one);"
        f" released: {result.get('rejected', 0):,}."
    )
    if result["unread_attachments"]:
        show.line(
            f"{result['unread_attachments']:,} attachments of"
            f" {result['messages_with_unread_attachments']:,} messages hold no text that is read"
            " here (PDF, pictures, office documents, archives): nothing was looked for in them."
        )
    show.line("Next: zegel index")


@privilege.command()
def index(
    case: CaseOption = None,
    json: JsonOption = False,
    _in_lines: LinesOption = False,
) -> None:
    """Build the index of what is set apart, from which only a review's order draws."""
    opened = open_case(case)
    with show.progress() as bar:
        result = service.build_review_index(opened, progress=bar)
    show.document(result) if json else show.line("Indexed. Next: grant an order with review = true")


@privilege.command()
def decide(
    investigation: InvestigationOption,
    messages: Annotated[list[str], typer.Argument(metavar="ID…", help="Numbers or ids.")],
    decision: Annotated[str, typer.Option(help="release, withhold or withhold part.")],
    reason: Annotated[str, typer.Option(help="Why; it stands in the privilege log.")],
    part: Annotated[
        list[str] | None,
        typer.Option(help="With withhold part: text, subject, people, attachment/0 …; repeat it."),
    ] = None,
    thread: Annotated[
        bool, typer.Option("--thread", help="Also all others of the same threads.")
    ] = False,
    who: WhoOption = None,
    json: JsonOption = False,
) -> None:
    """Decide on messages of a review; `zegel privilege apply` lets it count in the case."""
    result = service.decide(
        open_investigation(investigation),
        messages,
        decision,
        reason=reason,
        parts=part or (),
        thread=thread,
        who=who,
    )
    if json:
        show.document(result)
    else:
        show.line(f"{result['decision']}: {result['messages']:,} messages. Next: privilege apply")


@privilege.command()
def apply(
    investigation: InvestigationOption, case: CaseOption = None, json: JsonOption = False
) -> None:
    """Bring a review's decisions to the case: released messages are found by later grants."""
    result = service.apply_review(open_case(case), open_investigation(investigation))
    if json:
        show.document(result)
    else:
        show.line(
            f"{result['released']:,} released, {result['withheld']:,} withheld. Next: zegel index"
        )


@privilege.command()
def log(
    investigation: InvestigationOption,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="A file: .csv, .json, or text to read.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Export the privilege log for the court: each decision and its reason, no content."""
    result = service.privilege_log(open_investigation(investigation))
    if out is None:
        show.document(result) if json else show.line(service.privilege_log_text(result))
        return
    if out.suffix.lower() == ".json":
        written = dumps(result, indent=2, ensure_ascii=False) + "\n"
    elif out.suffix.lower() == ".csv":
        written = service.privilege_log_csv(result)
    else:
        written = service.privilege_log_text(result)
    replace_file(out, written.encode())
    show.line(f"{len(result['messages']):,} messages in {out}.")


@privilege.command()
def code(
    investigation: InvestigationOption,
    message: MessageArgument,
    value: Annotated[str, typer.Option("--as", help="privileged, not privileged or cannot tell.")],
    who: WhoOption = None,
    json: JsonOption = False,
) -> None:
    """Code one message of a sample, without knowing whether the filter caught it."""
    result = service.code_message(open_investigation(investigation), message, value, who=who)
    show.document(result) if json else show.line(f"{result['coded']:,} of {result['of']:,} coded.")


@privilege.command()
def rate(
    investigation: InvestigationOption, case: CaseOption = None, json: JsonOption = False
) -> None:
    """Say what share the filter missed, with its interval, from a sample that is coded whole."""
    result = service.measure_miss_rate(open_case(case), open_investigation(investigation))
    if json:
        show.document(result)
        return
    show.line(
        f"Of {result['of']:,} messages drawn from those not set apart ({result['frame']}),"
        f" {result['missed']:,} are privileged and {result['cannot_tell']:,} undecided: between"
        f" {float(result['low']):.2%} and {float(result['high']):.2%} of them"
        f" ({float(result['confidence']):.0%}, Clopper-Pearson). Controls recognised:"
        f" {result['controls_found']:,} of {result['controls']:,}."
    )


@privilege.command()
def recall(
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; default: cores.")] = None,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """Close every investigation that holds what is set apart now, and grant its next version.

    Says who saw it, from the logs. Folders that lie elsewhere get a signed notice to be carried
    there; `zegel notice list` names those outstanding.
    """
    opened = open_case(case)
    with show.progress() as bar:
        result = service.recall(opened, workers=workers, progress=bar)
    if json:
        show.document([asdict(one) for one in result])
        return
    for one in result:
        count = "what it held is not known" if one.messages is None else f"{len(one.messages):,}"
        show.line(f"{one.name} (root {one.root[:16]}): messages recalled: {count}.")
        for seen in one.seen or ():
            show.line(
                f"  {seen['who']}: read {len(seen['messages']):,} of them, had"
                f" {len(seen['hit_lists']):,} in hit lists; {seen['perhaps']:,} hit lists and"
                " dossiers may have shown more."
            )
        if one.seen is None:
            show.line("  It lies elsewhere, or was not kept: the notice's answer says who saw it.")
        if one.notice:
            show.line(f"  Notice to be carried there: {one.notice}")
        if one.next_version:
            show.line(f"  Next version: {one.next_version}")
        elif one.why_not:
            show.line(f"  No next version: {one.why_not}.")
    show.line(f"{len(result):,} investigations. Closed ones still hold it: `zegel destroy`.")

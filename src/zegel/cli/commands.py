"""The commands of `zegel`, one short function each."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from zegel import __version__, service
from zegel.casefile import Case, find_case
from zegel.cli import living, show
from zegel.cli.describe import described_by
from zegel.cli.files import read_file
from zegel.errors import UsageError, VerificationError
from zegel.exhibits.acquisition import Acquisition, Conditions, unknown_keys
from zegel.processing.unlock import Budget
from zegel.service.rechecking import Recheck

app = typer.Typer(
    name="zegel",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Open a forensic copy of a messaging network's servers and account for every message.",
)

CaseOption = Annotated[
    Path | None,
    typer.Option("--case", help="The case folder; else $ZEGEL_CASE, else the current folder."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
LinesOption = Annotated[
    bool,
    typer.Option("--json-progress", help="On standard error one JSON object a line, and no bars."),
]


def open_case(folder: Path | None) -> Case:
    """Open the case; say so where it is for training."""
    case = find_case(folder)
    if case.training:
        show.training()
    return case


def _version(wanted: bool) -> None:
    if wanted:
        print(f"zegel {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Open a forensic copy of a messaging network's servers and account for every message."""


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="CASE", help="The new case folder.")],
    training: Annotated[
        bool,
        typer.Option("--training", help="For practice: unsigned orders will be accepted."),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Make a new case."""
    case = service.init_case(folder, training=training)
    if case.training:
        show.training()
    if json:
        show.document({"case": case.identity, "training": case.training})
    else:
        show.line(f"Case made in {folder}. Next: zegel intake PATH --case {folder}")


@app.command()
def status(case: CaseOption = None, json: JsonOption = False) -> None:
    """Show what the case is and which exhibits it holds."""
    result = service.status(open_case(case))
    if json:
        show.document(result)
    else:
        show.status(result)
        living.summary(result["investigations"])


CopyArgument = Annotated[
    Path | None, typer.Argument(help="The copy: a folder, or a tar (plain, gz, xz, zst).")
]
DescribeOption = Annotated[
    Path | None, typer.Option(help="TOML file that describes the acquisition and its conditions.")
]
PermittedOption = Annotated[
    list[str] | None, typer.Option(help="A permitted investigation; may be repeated.")
]
OffenceOption = Annotated[
    list[str] | None, typer.Option(help="A permitted offence; may be repeated.")
]
MovedOption = Annotated[Path | None, typer.Option(help="With --recheck: where the copy lies now.")]


@app.command()
def intake(
    path: CopyArgument = None,
    describe: DescribeOption = None,
    label: Annotated[str, typer.Option(help="What the copy is, in a few words.")] = "",
    exhibit_number: Annotated[str, typer.Option(help="Number on the exhibit's seal.")] = "",
    acquired_by: Annotated[str, typer.Option(help="Who made the copy.")] = "",
    acquired_at: Annotated[str, typer.Option(help="When, e.g. 2016-04-19T09:00:00Z.")] = "",
    authority: Annotated[str, typer.Option(help="Authority that ordered the copy.")] = "",
    order_number: Annotated[str, typer.Option(help="Number of that order.")] = "",
    investigation: PermittedOption = None,
    offence: OffenceOption = None,
    onward_use: Annotated[str, typer.Option(help="Condition on onward use.")] = "",
    home: Annotated[str, typer.Option(help="Home of the data.")] = "",
    recheck: Annotated[bool, typer.Option("--recheck", help="Hash exhibits again.")] = False,
    exhibit: Annotated[str | None, typer.Option(help="With --recheck: one exhibit.")] = None,
    moved_to: MovedOption = None,
    case: CaseOption = None,
    json: JsonOption = False,
    _in_lines: LinesOption = False,
) -> None:
    """Take in a copy, read-only: every file hashed once, the manifest sealed."""
    opened = open_case(case)
    if recheck:
        _recheck(opened, exhibit, moved_to, json)
        return
    if path is None:
        raise UsageError("intake needs a PATH", next_step="Or --recheck to hash all again.")
    made = {"acquired_by": acquired_by, "acquired_at": acquired_at}
    ordered = {"authority": authority, "order_number": order_number}
    acquisition = {"label": label, "exhibit_number": exhibit_number, **made, **ordered}
    permitted = {"investigations": investigation or [], "offences": offence or []}
    conditions = {**permitted, "onward_use": onward_use, "home": home}
    given = described_by(describe, acquisition=acquisition, conditions=conditions)
    for key in unknown_keys(given):
        show.warn(f"{key} is not a key this program knows; it is kept as written.")
    _take_in(opened, path, given, json)


def _take_in(case: Case, path: Path, given: tuple[Acquisition, Conditions], json: bool) -> None:
    with show.progress() as bar:
        result = service.take_in(case, path, given, progress=bar)
    if json:
        alike = {"known": result.known, "same_files": result.same_files}
        show.document({**alike, **asdict(result.exhibit)})
    else:
        show.intake(result)


def _recheck(case: Case, exhibit: str | None, moved_to: Path | None, json: bool) -> None:
    with show.progress() as bar:
        results = service.recheck(case, exhibit, moved_to=moved_to, progress=bar)
    if json:
        show.document([_rechecked(result) for result in results])
    else:
        show.recheck(results)
    if not all(result.holds for result in results):
        raise typer.Exit(VerificationError.exit_code)


def _rechecked(result: Recheck) -> dict[str, Any]:
    return {
        "exhibit": result.exhibit.identity,
        "holds": result.holds,
        "counts": result.comparison.counts,
        "differs": result.comparison.listed,
    }


@app.command()
def process(
    passphrases: Annotated[
        Path | None, typer.Option(help="File with one passphrase a line, tried on locked keys.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; default: cores.")] = None,
    hidden_budget: Annotated[
        int, typer.Option(min=0, help="Private-key operations on one hidden recipient.")
    ] = Budget().hidden,
    passphrase_budget: Annotated[
        int, typer.Option(min=0, help="Passphrases tried on one key or message.")
    ] = Budget().passphrases,
    second_opinions: Annotated[
        int, typer.Option(min=0, help="Open one in so many SEIPD v2 bodies twice; 0 for none.")
    ] = Budget().second_opinions,
    index: Annotated[
        bool, typer.Option("--index", help="Build the case's index too, for `zegel grant`.")
    ] = False,
    case: CaseOption = None,
    json: JsonOption = False,
    _in_lines: LinesOption = False,
) -> None:
    """Scan, unlock and read what can be read; the same command continues after any stop."""
    opened = open_case(case)
    budget = Budget(
        hidden=hidden_budget, passphrases=passphrase_budget, second_opinions=second_opinions
    )
    given = () if passphrases is None else _lines_of(passphrases)
    options = service.ProcessOptions(passphrases=given, workers=workers, budget=budget)
    with show.progress() as bar:
        result = service.process(opened, options, progress=bar)
        if index:
            service.build_case_index(opened, progress=bar)
    totals = service.ledger(opened)
    if json:
        show.document({**result, "ledger": totals})
    else:
        show.ledger(totals)
        show.next_steps(totals, indexed=index)


def _lines_of(file: Path) -> tuple[bytes, ...]:
    return tuple(line for line in read_file(file).splitlines() if line)


@app.command()
def ledger(
    by: Annotated[
        str | None, typer.Option(help="Break down by exhibit, store, account or day.")
    ] = None,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """Show how every stored message ended; the totals balance."""
    result = service.ledger(open_case(case), by=by)
    show.document(result) if json else show.ledger(result)


@app.command()
def keys(
    wanted: Annotated[
        bool, typer.Option("--wanted", help="Those that closed messages ask for instead.")
    ] = False,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """List every key: where it was found, locked or not, what it opened."""
    opened = open_case(case)
    result = service.list_wanted(opened) if wanted else service.list_keys(opened)
    if json:
        show.document(result)
    else:
        (show.wanted if wanted else show.keys)(result)


@app.command()
def problems(
    kind: Annotated[str | None, typer.Option(help="Only problems of this kind.")] = None,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """List every defect met in the evidence: kind, place, offset; no content."""
    found = service.list_problems(open_case(case), kind=kind)
    show.document(list(found)) if json else show.problems(found)

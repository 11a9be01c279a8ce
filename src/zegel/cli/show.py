"""How results look to a person: tables on standard output, progress on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from zegel.custody.verify import Verification
from zegel.service.intake import Intake, Recheck

messages = Console(stderr=True)
_WIDE = 200
# Into a file or a pipe a table may be as wide as it needs; a terminal says how wide it is.
_out = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE)

_COLOURS = {
    "readable": "green",
    "not encrypted": "cyan",
    "partly readable": "yellow",
    "no key": "red",
    "key locked": "magenta",
    "damaged": "bright_red",
    "unsupported": "yellow",
    "not a message": "dim",
}


def training() -> None:
    """Say that this is a training case."""
    messages.print("TRAINING CASE: for practice only, never evidence.", style="black on yellow")


def warn(text: str) -> None:
    """Print one sentence that asks for attention."""
    messages.print(text, style="yellow", markup=False, soft_wrap=True)


def line(text: str) -> None:
    """Print one sentence."""
    _out.print(text, soft_wrap=True, markup=False)


def printed(thing: Any) -> None:
    """Print a table or a text with styles of its own."""
    _out.print(thing, soft_wrap=isinstance(thing, Text))


def document(value: Any) -> None:
    """Print the one JSON document of a command."""
    print(json.dumps(value, ensure_ascii=False))


class _Bar:
    """Shows each phase of a use case as a progress bar."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def phase(self, name: str, total: int | None, unit: str) -> None:
        """Start a bar for the phase."""
        self._finish()
        self._task = self._progress.add_task(f"{name} ({unit})", total=total)

    def advance(self, units: int) -> None:
        """Move the bar."""
        if self._task is not None:
            self._progress.update(self._task, advance=units)

    def note(self, sentence: str) -> None:
        """Print a line above the bars."""
        self._progress.console.print(sentence, markup=False)

    def _finish(self) -> None:
        if self._task is not None:
            task = self._progress.tasks[self._task]
            done = task.total if task.total is not None else task.completed or 1
            self._progress.update(self._task, total=done, completed=done)

    def close(self) -> None:
        """Fill the last bar."""
        self._finish()


@contextmanager
def progress() -> Iterator[_Bar]:
    """Show progress on standard error while the block runs."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=messages) as shown:
        bar = _Bar(shown)
        yield bar
        bar.close()


def _table(title: str, *columns: tuple[str, str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for name, justify in columns:
        table.add_column(name, justify="right" if justify == "right" else "left", overflow="fold")
    return table


def _count(number: int) -> str:
    return f"{number:,}"


def status(result: Mapping[str, Any]) -> None:
    """Show a case and its exhibits."""
    table = _table(
        f"Case {result['case']}",
        ("exhibit", "left"),
        ("label", "left"),
        ("format", "left"),
        ("files", "right"),
        ("bytes", "right"),
        ("problems", "right"),
        ("seal", "left"),
    )
    for exhibit in result["exhibits"]:
        table.add_row(
            exhibit["identity"],
            Text(exhibit["acquisition"]["label"]),
            exhibit["format"],
            _count(exhibit["files"]),
            _count(exhibit["bytes"]),
            _count(exhibit["problems"]),
            exhibit["seal"][:16] + "…",
        )
    _out.print(table)


def intake(result: Intake) -> None:
    """Show what was taken in."""
    exhibit = result.exhibit
    if result.known:
        line(f"This copy is exhibit {exhibit.identity} already (same seal). Nothing was added.")
        return
    line(
        f"Exhibit {exhibit.identity} ({exhibit.format}): {_count(exhibit.files)} files, "
        f"{_count(exhibit.bytes)} bytes, {_count(exhibit.problems)} problems."
    )
    line(f"Seal {exhibit.seal}")
    line("Next: zegel process")


def recheck(results: Sequence[Recheck]) -> None:
    """Show which seals hold."""
    for result in results:
        if not result.differences:
            line(f"{result.exhibit.identity}: the seal holds.")
        for difference in result.differences:
            line(f"{result.exhibit.identity}: {difference}")


def ledger(result: Mapping[str, Any]) -> None:
    """Show the ledger; the sum is written out so that anyone can check it."""
    table = _table("Ledger", ("state", "left"), ("reason", "left"), ("stored messages", "right"))
    for state, count in result["states"].items():
        table.add_row(Text(state, style=_COLOURS.get(state, "")), "", _count(count))
        reasons = result["reasons"].get(state, {})
        for reason, number in sorted(reasons.items(), key=lambda item: -item[1]):
            table.add_row("", Text(reason, style="dim"), Text(_count(number), style="dim"))
    table.add_section()
    table.add_row("unread", "no row could be made: see zegel problems", _count(result["unread"]))
    table.add_row("found", "sum of the states and unread", _count(result["found"]), style="bold")
    _out.print(table)
    blocks = ", ".join(f"{state} {_count(count)}" for state, count in result["layers"].items())
    line(f"Distinct messages: {_count(result['messages'])}.")
    line(f"Distinct encrypted blocks: {blocks or 'none'}.")
    for name, count in result["unsupported"].items():
        line(f"  unsupported: {name}: {_count(count)}")
    second = {name: count for name, count in result["second_opinions"].items() if count}
    if second:
        said = ", ".join(f"{name} {_count(count)}" for name, count in second.items())
        line(f"Second implementation: {said}.")
    line(f"Problems: {_count(result['problems'])} (zegel problems).")
    for by, rows in result.get("by", {}).items():
        _breakdown(by, rows)


def _breakdown(by: str, rows: Mapping[str, Mapping[str, int]]) -> None:
    states = [state for state in _COLOURS if any(state in counts for counts in rows.values())]
    columns = [(by, "left"), *((state, "right") for state in states), ("total", "right")]
    table = _table(f"Stored messages by {by}", *columns)
    for place, counts in rows.items():
        cells = [_count(counts[state]) if state in counts else "" for state in states]
        table.add_row(Text(place), *cells, _count(sum(counts.values())))
    _out.print(table)


def keys(found: Sequence[Mapping[str, Any]]) -> None:
    """Show the keys, one row each."""
    table = _table(
        "Keys",
        ("key id", "left"),
        ("algorithm", "left"),
        ("user", "left"),
        ("secret", "left"),
        ("opened", "right"),
        ("first found at", "left"),
    )
    for key in found:
        place = key["places"][0] if key["places"] else None
        where = f"{place['exhibit']}:{place['path']} @{place['offset']}" if place else ""
        more = f" (+{len(key['places']) - 1})" if len(key["places"]) > 1 else ""
        secret = f"{key['secret']}{', revoked' if key['revoked'] else ''}"
        table.add_row(
            key["key_id"],
            f"{key['algorithm']} {key['curve'] or key['bits'] or ''}".strip(),
            Text(key["user_ids"][0] if key["user_ids"] else ""),
            secret,
            _count(key["opened"]),
            Text(where + more),
        )
    _out.print(table)
    secrets = [key for key in found if key["secret"] != "no"]
    locked = sum(key["secret"] == "locked" for key in secrets)
    line(
        f"{_count(len(found))} keys, {_count(len(secrets))} with a secret, {locked} of them locked."
    )


def problems(found: Iterable[Mapping[str, Any]]) -> None:
    """Show problems as they come, one line each."""
    total = 0
    for problem in found:
        total += 1
        note = f" ({problem['note']})" if problem["note"] else ""
        unread = " [unread]" if problem["unread"] else ""
        where = f"{problem['exhibit']}:{problem['path']} @{problem['offset']}"
        line(f"{problem['kind']}{unread}: {where}{note}")
    line(f"{_count(total)} problems.")


def verification(result: Verification, as_json: bool) -> None:
    """Show what the custody log proves."""
    if as_json:
        head = result.head
        document(
            {
                "proves": result.sentence,
                "entries": head.size,
                "root": head.root.hex(),
                "continues": result.held.size if result.held else None,
                "segments": [
                    {
                        "first": one.first,
                        "entries": one.end - one.first,
                        "key": one.public_key.hex(),
                        "holder": one.holder,
                        "account": one.account,
                        "vouched_by": one.vouched_by,
                    }
                    for one in result.segments
                ],
            }
        )
    else:
        line(result.sentence)

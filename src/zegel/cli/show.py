"""How results look to a person: tables on standard output, progress on standard error."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from zegel.cli.lines import Lines, tell
from zegel.cli.progress import Bar, lines
from zegel.cli.progress import progress as bars
from zegel.custody.witnesses import WitnessedVerification
from zegel.service.intake import Intake
from zegel.service.rechecking import Recheck

_messages = Console(stderr=True)
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


class Voice:
    """Which form standard error has: words for a person, or lines of JSON for a program."""

    in_lines = False


def training() -> None:
    """Say that this is a training case."""
    _say("TRAINING CASE: for practice only, never evidence.", "black on yellow")


def warn(text: str) -> None:
    """Print one sentence that asks for attention."""
    _say(plain(text), "yellow")


def stopped() -> None:
    """Say that the command was interrupted."""
    _say("Stopped. The same command continues where this one left off.", "", event="stopped")


def failed(sentence: str, **facts: str | int) -> None:
    """Say that the command ends in an error."""
    _say(sentence, "bold red", event="error", **facts)


def _say(sentence: str, style: str, *, event: str = "message", **facts: str | int) -> None:
    if Voice.in_lines:
        tell(event, text=sentence, **facts)
    else:
        _messages.print(sentence, style=style, highlight=False, soft_wrap=True, markup=False)


def plain(text: str) -> str:
    """Return evidence as text that cannot command a terminal: control characters made visible."""
    return "".join(
        letter if letter.isprintable() or letter == "\n" else f"\\x{ord(letter):02x}"
        for letter in text.replace("\r\n", "\n")
    )


def cell(text: str) -> Text:
    """Return evidence as one line in a table."""
    return Text(plain(text).replace("\n", "\\n"))


def line(text: str) -> None:
    """Print one sentence; names from the evidence in it are made harmless."""
    _out.print(plain(text), soft_wrap=True, markup=False)


def printed(thing: Any) -> None:
    """Print a table or a text with styles of its own."""
    _out.print(thing, soft_wrap=isinstance(thing, Text))


def document(value: Any) -> None:
    """Print the one JSON document of a command."""
    print(json.dumps(value, ensure_ascii=False))


def progress() -> AbstractContextManager[Bar | Lines]:
    """Show progress on standard error while the block runs."""
    return lines() if Voice.in_lines else bars(_messages)


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
            cell(exhibit["acquisition"]["label"]),
            exhibit["format"],
            _count(exhibit["files"]),
            _count(exhibit["bytes"]),
            _count(exhibit["problems"]),
            exhibit["seal"][:16] + "…",
        )
    _out.print(table)
    for exhibit in result["exhibits"]:
        line(f"{exhibit['identity']}: {described(exhibit)}")
    line(f"Privilege: {PRIVILEGE[result['privilege']]}.")


PRIVILEGE = {
    "no register": "no register is enrolled, nothing is set apart",
    "marked": "a register is enrolled, and every message is marked",
    "unmarked": "a register is enrolled, and messages are unmarked: `zegel privilege mark`",
}


_SAID = {
    "label": "{}",
    "exhibit_number": "exhibit number {}",
    "acquired_by": "made by {}",
    "acquired_at": "on {}",
    "authority": "for {}",
    "order_number": "order {}",
    "investigations": "for investigations {} only",
    "offences": "for offences {} only",
    "onward_use": "onward use: {}",
    "home": "home of the data {}",
}


def described(exhibit: Mapping[str, Any]) -> str:
    """Say in a sentence how an exhibit was acquired, and under which conditions."""
    acquired, limits = (
        ", ".join(
            words.format(", ".join(value) if isinstance(value, list | tuple) else value)
            for name, words in _SAID.items()
            if (value := part.get(name))
        )
        for part in (exhibit["acquisition"], exhibit["conditions"])
    )
    said = acquired or "nothing is said of how it was acquired"
    return f"{said}. Conditions: {limits or 'none, so any order may use it'}."


def intake(result: Intake) -> None:
    """Show what was taken in."""
    exhibit = result.exhibit
    if result.known:
        line(f"This copy is exhibit {exhibit.identity} already (same seal). Nothing was added.")
        if result.ignored:
            warn("What was said of it now is not kept: its first description stands.")
        return
    line(
        f"Exhibit {exhibit.identity} ({exhibit.format}): {_count(exhibit.files)} files, "
        f"{_count(exhibit.bytes)} bytes, {_count(exhibit.problems)} problems."
    )
    line(f"Seal {exhibit.seal}")
    line(f"Described: {described(asdict(exhibit))}")
    for other in result.same_files:
        warn(
            f"{exhibit.identity} holds the same files with the same bytes as {other}; only times, "
            "modes or form differ. If it is the same copy, every message will be found twice."
        )
    line("Next: zegel process")


def recheck(results: Sequence[Recheck]) -> None:
    """Show which seals hold."""
    for result in results:
        name, found = result.exhibit.identity, result.comparison
        shown = 3 if found.same_content else _SHOWN
        for difference in found.listed[:shown]:
            line(f"{name}: {difference}")
        if (more := sum(found.counts.values()) - shown) > 0:
            line(f"{name}: … and {_count(more)} more (--json lists them)")
        line(f"{name}: {_seal_in_words(result)}")


_SHOWN = 20
"""Differences shown to a person."""


def _seal_in_words(result: Recheck) -> str:
    if result.holds:
        return "the seal holds."
    found, entries = result.comparison, _count(result.exhibit.entries)
    counts = ", ".join(f"{kind} {_count(count)}" for kind, count in found.counts.items())
    said = f"the seal does not hold. Of {entries} entries: {counts}."
    if found.same_content:
        said += (
            " Every file has the bytes that were sealed: only times, modes or order differ, as in "
            "a copy made without keeping them. Copy again with `cp -a`, `rsync -a` or tar."
        )
    return said


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
    if said := _second_opinions(result["second_opinions"]):
        line(f"Second implementation: {said}.")
    line(f"Problems: {_count(result['problems'])}{_see(result['problems'], 'problems')}.")
    for by, rows in result.get("by", {}).items():
        _breakdown(by, rows)


def _second_opinions(counts: Mapping[str, int]) -> str:
    return ", ".join(
        f"{name} {_count(count)}" + (" (GnuPG, from the session key)" * (name == "on demand"))
        for name, count in counts.items()
        if count
    )


def _see(count: int, command: str) -> str:
    return f" (zegel {command})" if count else ""


def _breakdown(by: str, rows: Mapping[str, Mapping[str, int]]) -> None:
    states = [state for state in _COLOURS if any(state in counts for counts in rows.values())]
    columns = [(by, "left"), *((state, "right") for state in states), ("total", "right")]
    table = _table(f"Stored messages by {by}", *columns)
    for place, counts in rows.items():
        cells = [_count(counts[state]) if state in counts else "" for state in states]
        table.add_row(cell(place), *cells, _count(sum(counts.values())))
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
            cell(key["user_ids"][0] if key["user_ids"] else ""),
            secret,
            _count(key["opened"]),
            cell(where + more),
        )
    _out.print(table)
    secrets = [key for key in found if key["secret"] != "no"]
    locked = sum(key["secret"] == "locked" for key in secrets)
    line(
        f"{_count(len(found))} keys, {_count(len(secrets))} with a secret, {locked} of them locked."
    )


def wanted(found: Sequence[Mapping[str, Any]]) -> None:
    """Show what closed messages ask for, one row each."""
    table = _table(
        "Keys and passphrases wanted",
        *(("key id", "left"), ("user", "left"), ("why closed", "left"), ("blocks", "right")),
    )
    for one in found:
        why = f"{one['state']}: {one['reason']}"
        table.add_row(
            one["key_id"] or "(none named)",
            cell(one["user_ids"][0] if one["user_ids"] else ""),
            cell(f"{why} ({one['detail']})" if one["detail"] else why),
            _count(one["blocks"]),
        )
    _out.print(table)


def next_steps(result: Mapping[str, Any], *, indexed: bool) -> None:
    """Say what there is to do after processing."""
    closed = result["layers"].keys() & {"no key", "key locked"}
    asked = "zegel keys --wanted; " if closed else ""
    line(f"Next: {asked}zegel {'grant ORDER' if indexed else 'index'}")


def problems(found: Iterable[Mapping[str, Any]]) -> None:
    """Show problems as they come, one line each; then how many there are of each kind."""
    kinds: Counter[str] = Counter()
    for problem in found:
        kinds[problem["kind"]] += 1
        note = f" ({problem['note']})" if problem["note"] else ""
        unread = " [unread]" if problem["unread"] else ""
        where = f"{problem['exhibit']}:{problem['path']} @{problem['offset']}"
        line(f"{problem['kind']}{unread}: {where}{note}")
    for kind, count in kinds.most_common() if len(kinds) > 1 else ():
        line(f"{_count(count):>9}  {kind}")
    line(f"{_count(kinds.total())} problem{'s' if kinds.total() != 1 else ''}.")


def verification(found: WitnessedVerification, as_json: bool) -> None:
    """Show what the custody log proves."""
    result = found.log
    if as_json:
        head = result.head
        document(
            {
                "proves": found.sentence,
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
                "witnesses": [
                    {
                        "entries": one.head.size,
                        "witness": one.who,
                        "key": one.key.hex() or None,
                        "at": one.when,
                        "known": one.known,
                    }
                    for one in found.witnesses
                ],
            }
        )
    else:
        line(found.sentence)

"""How the life of an investigation looks to a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from zegel.cli.show import line, plain, printed
from zegel.cli.showing import changed, counted
from zegel.service.changes import Change
from zegel.service.ending import Answered, Withdrawn
from zegel.service.granted import Held
from zegel.service.life import day
from zegel.service.notices import Notified
from zegel.service.seen import Seen


def investigations(result: Sequence[Mapping[str, Any]]) -> None:
    """Show all investigations of a case."""
    table = Table("name", "order", "messages", "granted", "state", "said", "root")
    for one in result:
        state = one["state"] + ("" if one["here"] else ", elsewhere")
        if one["outstanding"]:
            state += f", {counted(one['outstanding'], 'notice')} outstanding"
        cells = (one["name"], f"{one['investigation']} {one['order']}", one["messages"])
        row = (*cells, one["granted"], state, one["said"], one["root"][:16])
        table.add_row(*(Text(plain(cell), overflow="fold") for cell in row))
    printed(table)
    line(f"{counted(len(result), 'investigation')}.")


def summary(result: Sequence[Mapping[str, Any]]) -> None:
    """Say how many investigations of a case are in which state."""
    if not result:
        return
    states = Counter(one["state"] for one in result)
    said = ", ".join(f"{number:,} {state}" for state, number in sorted(states.items()))
    waiting = sum(one["outstanding"] for one in result)
    more = f"; {counted(waiting, 'notice')} outstanding" if waiting else ""
    line(f"{counted(len(result), 'investigation')}: {said}{more}. More: zegel investigations.")


def change(result: Change, *, ids: bool) -> None:
    """Show how a version differs from an earlier one."""
    line(changed(result.counts()))
    if not ids:
        return
    for word, listed in (
        ("added", result.added),
        ("no longer admitted", result.gone),
        ("by another clause", result.other_clause),
    ):
        for identity in listed or ():
            line(f"  {word}: {identity}")


def change_document(result: Change) -> dict[str, Any]:
    """Return the same as one document, with the ids."""
    return asdict(result)


def notified_document(one: Notified) -> dict[str, Any]:
    """Return a notice as one document."""
    return {
        "name": one.held.name,
        "investigation": one.held.investigation,
        "root": one.held.root,
        "act": one.act,
        "reason": one.reason,
        "at": day(one.at_ns),
        "entry": one.entry,
        "notice": None if one.notice is None else str(one.notice),
        "outstanding": one.notice is not None,
    }


def withdrawn_document(result: Withdrawn) -> dict[str, Any]:
    """Return a withdrawal as one document."""
    seen = None if result.seen is None else [asdict(one) for one in result.seen]
    return {**notified_document(result.notified), "seen": seen}


def withdrawn(result: Withdrawn) -> None:
    """Show a withdrawal and who had seen what."""
    line(
        f"Withdrawn: {result.notified.held.name}. Nothing in it can be searched or shown any more."
    )
    _carry(result.notified)
    if result.seen is None:
        return
    if not result.seen:
        line("Nobody had seen anything of it.")
    for one in result.seen:
        _seen(one)


def _seen(one: Seen) -> None:
    line(f"{plain(one.who)}, {day(one.first_ns)} to {day(one.last_ns)}:")
    numbers = list(dict.fromkeys(one.messages))
    if numbers:
        line(f"  read {counted(len(numbers), 'message')}: {plain(', '.join(numbers))}")
    for asked in one.hit_lists:
        shown = f", {asked['results']} shown" if "results" in asked else ""
        line(f"  searched {plain(str(asked.get('query') or '(everything)'))}{shown}")
    for act, times in one.overviews.items():
        line(f"  {act}: {times}")
    for made in one.dossiers:
        line(f"  made a dossier of {made['messages']} messages, SHA-256 {made['sha256']}")


def _carry(one: Notified) -> None:
    if one.notice is not None:
        line(f"Its folder lies elsewhere. Carry the notice there: {one.notice}")
        line(f"There: zegel notice apply {one.notice.name} -i FOLDER -o answer.json")
        line("Back here: zegel notice acknowledge answer.json")


def would_destroy(held: Held) -> None:
    """Say what a destruction would do."""
    where = "here" if held.folder is not None else "elsewhere, by notice"
    line(
        f"Would destroy {held.name} ({where}): {held.messages} messages of"
        f" {held.investigation}, order {held.number}, root {held.root[:16]}…. Its log stays."
    )


def destroyed(one: Notified) -> None:
    """Say what a destruction did."""
    if one.notice is not None:
        line(f"Ordered: {one.held.name} is to be destroyed.")
        _carry(one)
        return
    line(f"Destroyed: {one.held.name}. Its log stays.")
    line(f"Certificate: {one.held.folder}/certificate.json, and a copy in the case's certificates.")
    line("Read what it cannot promise: zegel certificate FILE.")


def certificate(body: Mapping[str, Any], key: str) -> None:
    """Say in words what a certificate certifies."""
    inv, removed, remains = body["investigation"], body["removed"], body["remains"]
    line(f"Consistent, signed by key {key[:16]}: compare it with the case's log.")
    line(
        f"{plain(inv['name'])}: {counted(inv['messages'], 'message')}, root {inv['root']},"
        f" order {plain(inv['order']['number'])}."
    )
    line(f"Ordered by entry {body['ordered']['entry']}: {plain(body['ordered']['reason'])}")
    files = counted(len(removed["files"]), "file")
    how = "closed in an encrypted archive" if removed["closed"] else "in the clear"
    line(f"Removed: {files}, {removed['bytes']:,} bytes, {how}.")
    rows = ", ".join(f"{name} {count:,}" for name, count in removed["rows"].items())
    if rows:
        line(f"Rows: {rows}.")
    for one in remains["exhibits"]:
        places = "?" if one["places"] is None else f"{one['places']:,}"
        line(f"Remains in exhibit {one['exhibit']} (seal {one['seal'][:16]}…): {places} places.")
    line(f"Remains: {remains['case']}")
    line(f"Remains in the folder: {', '.join(remains['folder'])}.")
    for made in remains["dossiers"]:
        line(f"Remains: a dossier of {made['messages']} messages, SHA-256 {made['sha256']}.")
    for sentence in body["not_promised"]:
        line(f"Not promised: {plain(sentence)}")


def closed(result: Mapping[str, Any], folder: Path) -> None:
    """Say that an investigation is closed."""
    files = counted(result["files"], "file")
    line(f"Closed: {files} in {folder}/closed.age, {result['bytes']:,} bytes.")
    line("Its log, order and header stay readable. `zegel reopen` needs the key or passphrase.")


def notices(found: Sequence[Notified]) -> None:
    """Show notices."""
    table = Table("investigation", "notice", "since", "reason", "file to carry")
    for one in found:
        file = "answered" if one.notice is None else str(one.notice)
        cells = (one.held.name, one.act, day(one.at_ns), one.reason or "-", file)
        table.add_row(*(Text(plain(cell), overflow="fold") for cell in cells))
    printed(table)
    line(f"{counted(sum(one.notice is not None for one in found), 'notice')} outstanding.")


def answered_document(taken: Answered) -> dict[str, Any]:
    """Return what an answer came to as one document."""
    held = taken.held
    waiting = len(held.outstanding)
    return {"name": held.name, "root": held.root, "outstanding": waiting, "seen": taken.seen}


def answered(taken: Answered) -> None:
    """Say what an answer came to, and who had seen how much there."""
    line(f"Answered: {taken.held.name}, root {taken.held.root[:16]}….")
    for one in taken.seen:
        line(
            f"  {plain(str(one['who']))} had read {counted(one['messages'], 'message')}, seen"
            f" {counted(one['hit_lists'], 'hit list')} and {counted(one['overviews'], 'overview')},"
            f" made {counted(one['dossiers'], 'dossier')}."
        )


def applied(said: Mapping[str, str], answer: Path) -> None:
    """Say that a notice was applied."""
    line(f"Applied: {said['act']}{': ' + plain(said['reason']) if said['reason'] else ''}.")
    line(f"Carry the answer back to the case: {answer}")

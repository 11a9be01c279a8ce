"""How results inside an investigation look to a person. Text of the evidence is never markup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from zegel.cli.show import line, printed


def _plain(text: str) -> str:
    """Return evidence as text that cannot command a terminal: control characters made visible."""
    return "".join(
        letter if letter.isprintable() or letter == "\n" else f"\\x{ord(letter):02x}"
        for letter in text.replace("\r\n", "\n")
    )


def granted(result: Mapping[str, Any]) -> None:
    """Show what a grant gave, as counts."""
    line(f"Granted: {result['messages']:,} messages in {result['folder']}")
    table = Table("clause", "admitted", "left out")
    for clause, count in result["clauses"].items():
        reasons = result["left_out"].get(clause, {})
        out = "; ".join(f"{number:,} {reason}" for reason, number in sorted(reasons.items()))
        table.add_row(clause, f"{count:,}", out or "none")
    printed(table)
    states = ", ".join(f"{state} {count:,}" for state, count in result["ledger"].items())
    line(f"Of the order's accounts and periods: {states or 'no messages'}.")
    line(f"Business records: {result['records']:,}. Merkle root: {result['root']}")
    line(f'Next: zegel search -i {result["folder"]} "…"')


def hits(result: Mapping[str, Any]) -> None:
    """Show one page of hits."""
    first = result["offset"] + 1 if result["hits"] else 0
    last = result["offset"] + len(result["hits"])
    line(f"{result['count']:,} messages; {first} to {last}.")
    for hit in result["hits"]:
        who = f"{', '.join(hit['from']) or '?'} → {', '.join(hit['to']) or '?'}"
        head = Text(f"{hit['number']:>6}  {hit['date'] or '(no date)'} ({hit['clock']})  ")
        head.append(_plain(who), style="bold")
        head.append(f"  [{', '.join(hit['clauses'])}]", style="dim")
        printed(head)
        if hit["subject"]:
            printed(Text(f"        {_plain(hit['subject'])}", style="italic"))
        printed(_marked(hit["snippet"]))


def _marked(piece: Mapping[str, Any]) -> Text:
    text, at = Text("        "), 0
    if piece["cut"][0]:
        text.append("…")
    for start, end in piece["marks"]:
        text.append(_plain(piece["text"][at:start]).replace("\n", " "))
        text.append(_plain(piece["text"][start:end]).replace("\n", " "), style="black on yellow")
        at = end
    text.append(_plain(piece["text"][at:]).replace("\n", " "))
    if piece["cut"][1]:
        text.append("…")
    return text


def message(result: Mapping[str, Any]) -> None:
    """Show one message whole."""
    table = Table(show_header=False, box=None)
    for name in ("number", "message", "state", "signature", "language", "subject"):
        table.add_row(name, Text(_plain(str(result[name] if result[name] is not None else "-"))))
    table.add_row("from", Text(_plain(", ".join(result["sender"]) or "-")))
    table.add_row("to", Text(_plain(", ".join(result["recipients"]) or "-")))
    admitted = "; ".join(f"{part['clause']} ({part['why']})" for part in result["admitted"])
    table.add_row("admitted by", Text(admitted))
    for held in result["holders"] or ():
        table.add_row("held by", Text(f"{held['account']}: {held['holder']} ({held['device']})"))
    printed(table)
    printed(Text(_plain(result["text"] or "(no readable text)")))
    places = Table("exhibit", "path", "clock used", "received", "stored", "Date field")
    for place in result["places"]:
        cells = (place["clock"], place["received_text"], place["stored_text"], place["date_text"])
        path = Text(_plain(place["path"]), overflow="fold")
        places.add_row(place["exhibit"], path, *(Text(_plain(cell or "-")) for cell in cells))
    printed(places)
    blocks = Table("ciphertext", "state", "key", "integrity", "opened by", "second opinion")
    for block in result["ciphertexts"]:
        blocks.add_row(
            block["content_id"][:16],
            f"{block['state']} ({block['reason']})",
            (block["key_fingerprint"] or "-")[:40].upper(),
            block["integrity"] or "-",
            block["opener"] or "-",
            block["second_opinion"] or "-",
        )
    printed(blocks)
    for item in result["attachments"]:
        printed(
            Text(
                _plain(
                    f"attached: {item['filename']} ({item['content_type']}, {item['size']} bytes)"
                )
            )
        )


def contacts(result: Mapping[str, Any]) -> None:
    """Show contacts as a table."""
    table = Table("from", "to", "messages", "first", "last")
    for pair in result["contacts"]:
        table.add_row(
            Text(_plain(pair["sender"])),
            Text(_plain(pair["recipient"])),
            f"{pair['messages']:,}",
            pair["first"] or "-",
            pair["last"] or "-",
        )
    printed(table)


def timeline(result: Mapping[str, Any]) -> None:
    """Show a timeline as a table with bars."""
    most = max((step["messages"] for step in result["timeline"]), default=1) or 1
    table = Table(result["by"], "messages", "")
    for step in result["timeline"]:
        table.add_row(
            step["step"], f"{step['messages']:,}", "█" * round(40 * step["messages"] / most)
        )
    printed(table)


def casework(result: Mapping[str, Any]) -> None:
    """Show what was said of a message."""
    line(f"Message {result['message']}: {', '.join(result['tags']) or 'no tags'}.")
    for said in result["said"]:
        line(f"  {said['at']}  {said['who']}  {said['kind']}: {_plain(said['value'])}")


def investigation(result: Mapping[str, Any]) -> None:
    """Show what an investigation is."""
    if "whole" in result:
        line(f"Whole: {result['messages']:,} messages as sealed. Merkle root {result['root']}.")
        return
    order = result["order"]
    line(f"{order['investigation']}: order {order['number']} by {order['magistrate']}")
    line(f"{result['messages']:,} messages. Merkle root {result['root']}.")
    if not result["signed"]:
        line("The order is not signed.")
    for exhibit in result["exhibits"]:
        line(
            f"Exhibit {exhibit['exhibit']}: seal {exhibit['seal']}, {exhibit['entries']:,} entries."
        )
    states = ", ".join(f"{state} {count:,}" for state, count in result["ledger"].items())
    line(f"Of the order's accounts and periods: {states or 'no messages'}.")

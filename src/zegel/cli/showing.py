"""How results inside an investigation look to a person. Text of the evidence is never markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from zegel.cli.show import line, plain, printed


def counted(number: int, one: str, more: str = "") -> str:
    """Return a number with its word."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def granted(result: Mapping[str, Any]) -> None:
    """Show what a grant gave, as counts."""
    if result["messages"] is None:
        line(f"Granted for the privilege officer in {result['folder']}.")
        return
    line(f"Granted: {counted(result['messages'], 'message')} in {result['folder']}")
    line(signed_by(result["signed_by"]))
    table = Table("clause", "admitted", "left out")
    for clause, count in result["clauses"].items():
        reasons = result["left_out"].get(clause, {})
        out = "; ".join(f"{number:,} {reason}" for reason, number in sorted(reasons.items()))
        table.add_row(Text(clause), f"{count:,}", out or "none")
    printed(table)
    line("What was left out is said here and in the case's log only, not in the folder.")
    states = ", ".join(f"{state} {count:,}" for state, count in result["ledger"].items())
    line(f"Of the order's accounts and periods: {states or 'no messages'}.")
    line(f"Set apart for privilege within them: {result['privileged']}.")
    line(f"Business records: {result['records']:,}. Merkle root: {result['root']}")
    taken(result["casework"])
    for change in result["changes"]:
        line(changed(change))
    wanted = 'search -i {} "…"' if result["messages"] or not result["records"] else "records -i {}"
    line(f"Next: zegel {wanted.format(result['folder'])}")


def signed_by(signature: Mapping[str, Any] | None) -> str:
    """Say who signed the order, by which certificate and when."""
    if signature is None:
        return "The order is not signed."
    when = datetime.fromtimestamp(signature["created"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    name = plain(signature["magistrate"])
    return f"Signed by {name} on {when}: certificate {signature['fingerprint']}."


def changed(change: Mapping[str, Any]) -> str:
    """Say in one line how a version differs from an earlier one."""
    if change["added"] is None:
        why = "it does not lie here in the clear, or is a review of what is set apart"
        return f"Difference from {change['earlier']}: not told; {why}."
    return (
        f"Difference from {change['earlier']}: {counted(change['added'], 'message')} added,"
        f" {change['gone']:,} no longer admitted, {change['other_clause']:,} admitted by another"
        " clause."
    )


def taken(result: Mapping[str, Any]) -> None:
    """Show how much casework of earlier versions was taken over."""
    if result["lines"]:
        lines = counted(result["lines"], "line")
        about = counted(result["messages"], "message")
        new = f", {result['new_lines']:,} of them new" if "new_lines" in result else ""
        line(f"Casework of earlier versions: {lines} about {about} taken over{new}.")
    elif "new_lines" in result:
        line("Casework of earlier versions: nothing about messages that are here.")
    if result["kept_lines"]:
        lines = counted(result["kept_lines"], "line")
        about = counted(result["kept_messages"], "message")
        where = "stay there" if "new_lines" in result else "the case keeps them, unseen"
        line(f"Not taken over: {lines} about {about} that this version does not hold; {where}.")
    for name in result.get("unread", ()):
        line(f"Not taken over: the casework of {name}, which cannot be read.")


def hits(result: Mapping[str, Any]) -> None:
    """Show one page of hits."""
    count, limit = result["count"], result["limit"]
    pages = max(1, -(-count // limit))
    page = result["offset"] // limit + 1
    if not result["hits"]:
        past = f" Page {page} is past the last, {pages}." if count else ""
        line(f"{counted(count, 'message')}.{past}")
        return
    first, last = result["offset"] + 1, result["offset"] + len(result["hits"])
    line(f"{counted(count, 'message')}; {first:,} to {last:,} (page {page:,} of {pages:,}).")
    for hit in result["hits"]:
        _hit(hit)
    if page < pages:
        line(f"More: --page {page + 1}")


def _hit(hit: Mapping[str, Any]) -> None:
    who = f"{', '.join(hit['from']) or '?'} → {', '.join(hit['to']) or '?'}"
    head = Text(f"{hit['number']:>6}  {hit['date'] or '(no date)'} ({hit['clock']})  ")
    head.append(plain(who), style="bold")
    head.append(f"  [{', '.join(hit['clauses'])}]", style="dim")
    printed(head)
    said = [f"#{tag}" for tag in hit["tags"]] + ([hit["relevance"]] if hit["relevance"] else [])
    if hit["subject"] or said:
        line_of = Text("        ")
        line_of.append(plain(hit["subject"] or "").replace("\n", " "), style="italic")
        line_of.append(plain(f"  {' '.join(said)}") if said else "", style="green")
        printed(line_of)
    if hit["snippet"]["text"]:
        printed(_marked(hit["snippet"]))
    else:
        printed(Text(f"        (no readable text: {hit['state']})", style="dim"))


def _marked(piece: Mapping[str, Any]) -> Text:
    text, at = Text("        "), 0
    if piece["cut"][0]:
        text.append("…")
    for start, end in piece["marks"]:
        text.append(plain(piece["text"][at:start]).replace("\n", " "))
        text.append(plain(piece["text"][start:end]).replace("\n", " "), style="black on yellow")
        at = end
    text.append(plain(piece["text"][at:]).replace("\n", " "))
    if piece["cut"][1]:
        text.append("…")
    return text


def message(result: Mapping[str, Any]) -> None:
    """Show one message whole."""
    table = Table(show_header=False, box=None)
    for name in ("number", "message", "state", "signature", "language", "subject"):
        table.add_row(name, Text(plain(str(result[name] if result[name] is not None else "-"))))
    table.add_row("date", Text(f"{result['date'] or '-'} ({result['clock']})"))
    table.add_row("from", Text(plain(", ".join(result["sender"]) or "-")))
    table.add_row("to", Text(plain(", ".join(result["recipients"]) or "-")))
    admitted = "; ".join(f"{part['clause']} ({part['why']})" for part in result["admitted"])
    table.add_row("admitted by", Text(plain(admitted)))
    for held in result["holders"] or ():
        device = f" ({held['device']})" if held["device"] else ""
        table.add_row("held by", Text(plain(f"{held['account']}: {held['holder']}{device}")))
    printed(table)
    printed(Text(plain(result["text"] or "(no readable text)")))
    for item in result["attachments"]:
        name = item["filename"] or "(no name)"
        printed(Text(plain(f"attached: {name} ({item['content_type']}, {item['size']:,} bytes)")))
    _places(result["places"])
    _blocks(result["ciphertexts"])
    for key in result["keys"]:
        found = ", ".join(f"{at['exhibit']}:{at['path']} @{at['offset']}" for at in key["found"])
        line(f"key {key['fingerprint'].upper()}: found at {plain(found) or 'no place'}")
    _said(result["casework"])


def _places(found: Sequence[Mapping[str, Any]]) -> None:
    table = Table("exhibit", "path", "clock used", "received", "stored", "Date field")
    for place in found:
        cells = (place["clock"], place["received_text"], place["stored_text"], place["date_text"])
        path = Text(plain(place["path"]), overflow="fold")
        table.add_row(place["exhibit"], path, *(Text(plain(cell or "-")) for cell in cells))
    printed(table)


def _blocks(blocks: Sequence[Mapping[str, Any]]) -> None:
    table = Table(
        "ciphertext", "state", "key", "passphrase", "integrity", "opened by", "second opinion"
    )
    for block in blocks:
        table.add_row(
            block["content_id"][:16],
            f"{block['state']} ({block['reason']})",
            (block["key_fingerprint"] or "-")[:40].upper(),
            Text(plain(block["passphrase"] or "-")),
            block["integrity"] or "-",
            block["opener"] or "-",
            block["second_opinion"] or "-",
        )
    printed(table)


def contacts(result: Mapping[str, Any]) -> None:
    """Show contacts as a table."""
    table = Table("from", "to", "messages", "first", "last")
    for pair in result["contacts"]:
        table.add_row(
            Text(plain(pair["sender"])),
            Text(plain(pair["recipient"])),
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


def records(result: Mapping[str, Any]) -> None:
    """Show business records as a table, and what was paid."""
    table = Table(
        "from", "to", "device", "account", "holder", "buyer", "price", "order", "found at"
    )
    for row in result["records"]:
        price = "" if row["price_cents"] is None else _money(row["price_cents"], row["currency"])
        who = (row["device"], row["account"], row["holder"], row["buyer"], price, row["order"])
        where = f"{row['exhibit']}:{row['path']} {row['source']}"
        cells = (row["start"], row["end"], *who, where)
        table.add_row(*(Text(plain(cell or "-"), overflow="fold") for cell in cells))
    printed(table)
    paid = ", ".join(_money(cents, currency) for currency, cents in result["paid_cents"].items())
    line(f"{counted(result['count'], 'business record')}; prices add up to {paid or 'nothing'}.")


def _money(cents: int, currency: str) -> str:
    return f"{cents / 100:,.2f} {currency or '?'}"


def casework(result: Mapping[str, Any]) -> None:
    """Show what was said of a message."""
    line(f"Message {result['message']}: {plain(', '.join(result['tags'])) or 'no tags'}.")
    _said(result)


def _said(result: Mapping[str, Any]) -> None:
    for said in result["said"]:
        where = f" (in {said['said_in']})" if said["said_in"] else ""
        line(
            f"  {said['at']}  {plain(said['who'])}{plain(where)}  {said['kind']}:"
            f" {plain(said['value'])}"
        )


def all_casework(result: Mapping[str, Any]) -> None:
    """Show which messages people said something of."""
    table = Table("message", "tags", "relevance", "notes")
    for one in result["messages"]:
        borne = Text(plain(", ".join(one["tags"]) or "-"))
        table.add_row(str(one["message"]), borne, one["relevance"] or "-", str(one["notes"]))
    printed(table)
    tags = ", ".join(f"{tag} {count:,}" for tag, count in result["tags"].items())
    line(
        f"{counted(len(result['messages']), 'message')} with casework. Tags: {plain(tags) or '-'}."
    )


def investigation(result: Mapping[str, Any]) -> None:
    """Show what an investigation is."""
    count = counted(result["messages"], "message")
    if "whole" in result:
        line(f"Whole: {count} as sealed. Merkle root {result['root']}.")
        return
    order = result["order"]
    line(f"{order['investigation']}: order {order['number']} by {order['magistrate']}")
    line(f"Order's SHA-256: {order['sha256']}")
    line(signed_by(result.get("signature")))
    life, records = result["life"], ""
    line(f"{life['state'].capitalize()}: {plain(life['said'])}.")
    if life["clock"]:
        line(f"Clock: {life['clock']}.")
    if result["records"] is not None:
        records = f", {counted(result['records'], 'business record')}"
    line(f"{count}{records}. Merkle root {result['root']}.")
    for exhibit in result["exhibits"]:
        label = exhibit["acquisition"].get("label") or ""
        named = f" ({plain(label)})" if label else ""
        line(
            f"Exhibit {exhibit['exhibit']}{named}: seal {exhibit['seal']},"
            f" {exhibit['entries']:,} entries."
        )
    states = ", ".join(f"{state} {count:,}" for state, count in result["ledger"].items())
    line(f"Of the order's accounts and periods: {states or 'no messages'}.")
    for clause in result["clauses"]:
        line(f"  {plain(clause['name'])}: {counted(clause['messages'], 'message')}")

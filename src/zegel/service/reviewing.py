"""Use cases of a review: decide on what is set apart, let decisions count, export the log of them.

Decisions and their reasons are said in the review's folder. `apply_review` brings to the case which
messages were released and which withheld, and nothing else of them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zegel.canonical import canonical_json
from zegel.casefile import Case
from zegel.dossier.withholding import Withheld, read_withholding
from zegel.errors import UsageError, VerificationError
from zegel.investigation import Investigation
from zegel.investigation.review import (
    DECISION,
    LONGEST_REASON,
    RELEASE,
    WITHHOLD_PART,
    Said,
    latest,
    say,
)
from zegel.privilege.marks import (
    CONFIRMED,
    REJECTED,
    Decision,
    read_decisions,
    write_decided,
    write_decisions,
)
from zegel.service.door import Who, enter, enter_case
from zegel.service.making import making
from zegel.service.marking import put_marks
from zegel.service.reading import find_message, iso
from zegel.service.setapart import current_marks, enrolled, shelf_of
from zegel.tables import read_rows, rows_with

UNDECIDED = "undecided"
LOG_FIELDS = (
    "number", "message", "date", "attachments", "decision", "parts", "reason", "decided_by",
    "decided_at",
)  # fmt: skip


def is_review(inv: Investigation) -> bool:
    """Say whether the investigation is a review of what is set apart."""
    return bool(inv.header.get("privilege", {}).get("review"))


def require_review(inv: Investigation) -> None:
    """Raise where the investigation is no review."""
    if not is_review(inv):
        raise UsageError(
            "this investigation is no review of what is set apart",
            where=str(inv.folder),
            next_step="A review's order says `review = true`.",
        )


def decide(
    inv: Investigation,
    wanted: Sequence[str],
    decision: str,
    *,
    reason: str,
    parts: Sequence[str] = (),
    thread: bool = False,
    who: Who = None,
) -> dict[str, Any]:
    """Release messages of a review, or withhold them wholly or in part; each with its reason.

    With `thread`, also every other message of the review in the same threads. `parts` are those of
    a dossier's list (text, subject, people, attachment/0 …). The log gets no reason.
    """
    with enter(inv, "privilege decided", who, {"decision": decision}) as visit:
        require_review(inv)
        _check(decision, reason, parts)
        found = [find_message(inv, one) for one in wanted]
        messages = [row["message"] for row in found]
        if thread:
            messages += _of_threads(inv, [row["thread"] for row in found])
        messages = list(dict.fromkeys(messages))
        # The entry comes first, as everywhere: what was said without one would count.
        visit.write({"messages": len(messages)}, shown=messages)
        say(
            inv.folder,
            messages,
            DECISION,
            decision,
            visit.person.name,
            parts=sorted(set(parts)),
            reason=reason,
        )
    return {"training": inv.training, "decision": decision, "messages": len(messages)}


def _check(decision: str, reason: str, parts: Sequence[str]) -> None:
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise UsageError(f"a decision has a reason of 1 to {LONGEST_REASON} characters")
    if (decision == WITHHOLD_PART) != bool(parts):
        raise UsageError(
            "parts are named where a part is withheld, and only there",
            next_step="--part text, subject, people, attachment/0 …",
        )
    if parts:
        entry = {"ids": ["1"], "parts": list(parts), "reason": "x"}
        if "all" in parts or not read_withholding(canonical_json(entry) + b"\n"):
            raise UsageError("all is no part: withhold the message")


def _of_threads(inv: Investigation, threads: Iterable[bytes | None]) -> list[bytes]:
    wanted = {thread for thread in threads if thread is not None}
    rows = read_rows([inv.table("messages")], ["message", "thread"])
    return [row["message"] for row in rows if row["thread"] in wanted]


def apply_review(case: Case, inv: Investigation, *, who: Who = None) -> dict[str, int]:
    """Let the decisions of a review count in its case; return how many messages are set apart."""
    door = enter_case(case, "privilege decided", who)
    with door as visit, case.lock(), making(visit, "privilege", anew=("privilege/",)):
        require_review(inv)
        register = enrolled(case)
        if register is None:
            raise UsageError("no privilege register is enrolled", where=str(case.folder))
        current_marks(case)
        _require_ours(case, inv)
        said = latest(inv.folder, DECISION)
        made = [*read_decisions(shelf_of(case).decisions), *_decisions(case, inv, said)]
        before = shelf_of(case).marks
        marks = before.folder / before.parts()[-1] / "marks.parquet"
        write_decisions(shelf_of(case).decisions, made)
        spill = case.folder / "spill"
        put_marks(case, register, lambda out: write_decided(marks, made, out, spill), visit)
    counts = [one.value for one in said.values()]
    return {"released": counts.count(RELEASE), "withheld": len(counts) - counts.count(RELEASE)}


def _require_ours(case: Case, inv: Investigation) -> None:
    roots = {entry.facts.get("root") for entry in case.log().acts(("granted",))}
    if inv.root.hex() not in roots:
        raise VerificationError("this review was not granted from this case", where=str(inv.folder))


def _decisions(case: Case, inv: Investigation, said: Mapping[bytes, Said]) -> list[Decision]:
    """Return the decisions, each about the message as it was when the review was granted."""
    marks = shelf_of(case).marks.folder / inv.header["privilege"]["marks"] / "marks.parquet"
    seen = {row["message"]: row["seen"] for row in rows_with(marks, "message", said.keys())}
    return [
        Decision(
            message=message,
            seen=seen[message],
            state=REJECTED if one.value == RELEASE else CONFIRMED,
        )
        for message, one in said.items()
    ]


def withheld_of_review(inv: Investigation) -> list[Withheld]:
    """Return what no dossier of a review may show: all that was not released, and parts."""
    if not is_review(inv):
        return []
    said = latest(inv.folder, DECISION)
    entries = []
    for row in read_rows([inv.table("messages")], ["message"]):
        one = said.get(row["message"])
        if one is None or one.value != RELEASE:
            parts = one.parts if one is not None and one.parts else ("all",)
            entries.append(
                Withheld(ids=(row["message"].hex(),), parts=parts, reason="lawyer and client")
            )
    return entries


def privilege_log(inv: Investigation, *, who: Who = None) -> dict[str, Any]:
    """Return what was decided of each message of a review, without content and without people."""
    with enter(inv, "privilege log exported", who) as visit:
        require_review(inv)
        said = latest(inv.folder, DECISION)
        attached: dict[bytes, int] = {}
        for row in read_rows([inv.table("attachments")], ["message"]):
            attached[row["message"]] = attached.get(row["message"], 0) + 1
        columns = ["number", "message", "clock_ns"]
        rows = [
            _logged(row, said.get(row["message"]), attached.get(row["message"], 0))
            for row in read_rows([inv.table("messages")], columns)
        ]
        visit.write(shown=[row["message"] for row in rows])
    counts: dict[str, int] = {}
    for one in rows:
        counts[one["decision"]] = counts.get(one["decision"], 0) + 1
    return {
        "training": inv.training,
        "order": dict(inv.header["order"]),
        "root": inv.root.hex(),
        "counts": dict(sorted(counts.items())),
        "messages": sorted(rows, key=lambda one: int(one["number"])),
    }


def _logged(row: Mapping[str, Any], said: Said | None, attachments: int) -> dict[str, Any]:
    return {
        "number": row["number"],
        "message": row["message"].hex(),
        "date": iso(row["clock_ns"]),
        "attachments": attachments,
        "decision": said.value if said else UNDECIDED,
        "parts": list(said.parts) if said else [],
        "reason": said.reason if said else "",
        "decided_by": said.who if said else "",
        "decided_at": iso(said.at_ns) if said else None,
    }


def privilege_log_csv(log: Mapping[str, Any]) -> str:
    """Return the log as CSV; a cell never begins with what a spreadsheet takes for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(LOG_FIELDS)
    for row in log["messages"]:
        cells = [" ".join(v) if isinstance(v := row[n], list) else v for n in LOG_FIELDS]
        writer.writerow(["" if cell is None else _plain(str(cell)) for cell in cells])
    return out.getvalue()


def _plain(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def privilege_log_text(log: Mapping[str, Any]) -> str:
    """Return the log to be read by people."""
    order = log["order"]
    counts = "; ".join(f"{name}: {count}" for name, count in log["counts"].items())
    lines = [
        "TRAINING\n" if log["training"] else "",
        f"Privilege log of the review {order['investigation']}",
        f"Order {order['number']} by {order['magistrate']} (SHA-256 {order['sha256']})",
        f"Merkle root of the review: {log['root']}",
        f"{len(log['messages'])} messages. {counts or 'None.'}",
        "Nothing of what was written, and nobody who wrote it, stands in this log.",
        "",
    ]
    for row in log["messages"]:
        parts = f" ({', '.join(row['parts'])})" if row["parts"] else ""
        lines.append(f"{row['number']:>6}  {row['date'] or 'no date':<20}  {row['message'][:16]}")
        lines.append(f"        {row['decision']}{parts}; attachments: {row['attachments']}")
        if row["decided_by"]:
            lines.append(f"        {row['reason']} ({row['decided_by']}, {row['decided_at']})")
    return "\n".join(filter(None, lines[:1])) + "\n".join(lines[1:]) + "\n"

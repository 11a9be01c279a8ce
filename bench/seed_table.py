"""The tables that `seed` prints: shares of phases, and several sizes held against the bounds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

WANTED, WORST = 1.2, 1.35
"""`process` and `index` together, in units of private-key operations times RSA by processors."""
GROWTH = 0.10
MEMORY_MB = 1024
DISK_BYTES = 1300
Record = dict[str, Any]
_HEADINGS = ("messages", "devices", "places", "copy, GB", "RSA, µs", "operations", "generate",
    "intake", "process", "index", "grant", "search", "process + index", "times RSA (processor)",
    "times RSA (wall)", "memory, MB", "tables, B", "index, B")  # fmt: skip


def shares(record: Record) -> str:
    """Return what each phase of one size took, and its share of all."""
    messages, phases = record["messages"], record["phases"]
    whole = sum(phase["cpu"] for phase in phases.values())
    lines = [
        f"{messages:,} messages",
        f"{'phase':10}{'wall, s':>10}{'cpu, s':>10}{'share':>8}{'µs a message':>15}"
        f"{'memory, MB':>14}{'of others':>11}{'disk, GB':>10}",
    ]
    for name, phase in phases.items():
        lines.append(
            f"{name:10}{phase['wall']:10.1f}{phase['cpu']:10.1f}{phase['cpu'] / whole:8.1%}"
            f"{phase['cpu'] / messages * 1e6:15.0f}{phase['first_mb']:14,}"
            f"{phase['others_mb']:11,}{phase.get('disk', 0) / 1e9:10.2f}"
            + (f"   went on {phase['resumed']} times" if phase.get("resumed") else "")
        )
    rsa = phases["process"]["rsa_us"]
    floor = phases["process"]["operations"] * rsa / 1e6
    lines += [
        f"{phases['process']['operations']:,} private-key operations of {rsa:.0f} µs: "
        f"{floor:.0f} s of processor time, {floor / cores():.0f} s on {cores()} processors",
        f"{phases['grant']['granted']:,} messages granted; search inside, ms at the median and the "
        "95th percentile: "
        + "; ".join(
            f"{name} {half:.1f} and {most:.1f}"
            for name, (half, most) in phases["search"]["search"]["ms"].items()
        ),
        "the index of the whole case asked, the same (and hits, median): "
        + "; ".join(
            f"{name} {half:.2f} and {most:.2f} ({hits:,.0f})"
            for name, (half, most, hits) in phases["search"]["search"].get("case", {}).items()
        ),
    ]
    return "\n".join(lines)


def cores() -> int:
    """Return the processors there are."""
    return len(os.sched_getaffinity(0))


def ratios(record: Record) -> tuple[float, float]:
    """Return processor time and wall time of `process` with index in units of the RSA floor."""
    phases = record["phases"]
    floor = phases["process"]["operations"] * phases["process"]["rsa_us"] / 1e6
    both = (phases["process"], phases["index"])
    cpu, wall = (sum(phase[name] for phase in both) for name in ("cpu", "wall"))
    return cpu / floor, wall / (floor / cores())


def largest(record: Record) -> int:
    """Return the most memory any process took in any phase, in MB."""
    names = ("first_mb", "others_mb")
    return max(int(phase[name]) for phase in record["phases"].values() for name in names)


def _row(record: Record) -> list[str]:
    phases, messages = record["phases"], record["messages"]

    def each(*names: str) -> str:
        return f"{sum(phases[name]['cpu'] for name in names) / messages * 1e6:.0f}"

    cpu, wall = ratios(record)
    return [
        f"{messages:,}",
        f"{phases['generate']['devices']:,}",
        f"{phases['generate']['places']:,}",
        f"{phases['generate']['octets'] / 1e9:.2f}",
        f"{phases['process']['rsa_us']:.0f}",
        f"{phases['process']['operations']:,}",
        *(each(name) for name in phases),
        each("process", "index"),
        f"{cpu:.2f}",
        f"{wall:.2f}",
        f"{largest(record):,}",
        f"{phases['process']['tables'] / messages:.0f}",
        f"{phases['index']['index'] / messages:.0f}",
    ]


def plain_table(records: Sequence[Record]) -> str:
    """Return every size as a column of text; processor time in µs a message."""
    rows = [_HEADINGS, *map(_row, records)]
    return "\n".join(
        f"{cells[0]:24}" + "".join(f"{cell:>14}" for cell in cells[1:])
        for cells in zip(*rows, strict=True)
    )


def steps_table(records: Sequence[Record]) -> str:
    """Return every size as a column of Markdown; processor time in µs a message."""
    rows = [_HEADINGS, *map(_row, records)]
    lines = ["| " + " | ".join(cells) + " |" for cells in zip(*rows, strict=True)]
    lines.insert(1, "|" + "---|" * len(rows))
    return "\n".join(lines) + "\n"


def bounds(records: Sequence[Record]) -> str:
    """Say of each bound whether it holds."""
    first, last = records[0], records[-1]
    names = [name for name in first["phases"] if name != "search"]
    said = []
    for group in (*((name,) for name in names), ("process", "index")) if len(records) > 1 else ():
        before, after = (
            sum(one["phases"][name]["cpu"] for name in group) / one["messages"]
            for one in (first, last)
        )
        held = "holds" if after <= before * (1 + GROWTH) else "DOES NOT HOLD"
        said.append(f"{' + '.join(group)}, from first to last: {after / before - 1:+.1%}: {held}")
    for record in records:
        phases, messages = record["phases"], record["messages"]
        disk = (phases["process"]["tables"] + phases["index"]["index"]) / messages
        cpu, wall = ratios(record)
        said += [
            f"{messages:,}: largest process {largest(record)} MB of {MEMORY_MB}: "
            + _held(largest(record) <= MEMORY_MB),
            f"{messages:,}: tables and index {disk:.0f} bytes a message of {DISK_BYTES}: "
            + _held(disk <= DISK_BYTES),
            f"{messages:,}: process and index {wall:.2f} times RSA by wall clock, {cpu:.2f} by "
            f"processor time, of {WANTED} wanted and {WORST} at most: {_held(wall <= WORST)}",
        ]
    return "\n".join(said)


def _held(holds: bool) -> str:
    return "holds" if holds else "DOES NOT HOLD"

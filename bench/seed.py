"""The whole way at the size of the story: generate, intake, process, index, grant, search.

    make bench-seed                                  40,000 devices, 3,600,000 distinct messages
    make bench-seed MESSAGES=50000                   fewer, and as many devices as fit
    make bench-seed STEPS=50000,200000,500000        several sizes in one table

Disk and time are said beforehand, by a small run made at that moment, and a disk too small is
refused. SCRATCH names the folder (default: seed-bench here), STORE is mbox or maildir. A bench that
was killed goes on where it was when the same command is given; each size is removed when it is
measured (KEEP=1 keeps it). RSA-2048 keys come from a pool of forty pairs of primes; messages are
unsigned, PGP/MIME for the most part, stored in 2.6 places each. AVX-512 IFMA is hidden from OpenSSL
where there is any, in all that is measured. Results: SCRATCH/results.json and results.md.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.process import WITHOUT_IFMA, has_ifma, machine
from bench.seed_phases import PHASES, Size, measure_phase
from bench.seed_table import bounds, plain_table, shares, steps_table

HEADLINE = 3_600_000
CALIBRATION = (1_000, 5_000)
SPARE = 1.25
"""Disk asked for, as a multiple of what a small run leaves: bodies are spooled meanwhile."""
GRANTED, MORE_GRANTED = ("grant", "search"), 4
"""Phases that cost what forty accounts wrote, nearly all of a small run and as much again three
times of a great one."""


def sizes() -> list[int]:
    """Return the numbers of messages asked for."""
    named = os.environ.get("STEPS") or os.environ.get("MESSAGES") or str(HEADLINE)
    return [int(part.replace("_", "")) for part in named.split(",")]


class Records:
    """What was measured until now, kept after every phase and while one runs."""

    def __init__(self, folder: Path) -> None:
        self._place = folder / "results.json"
        known = json.loads(self._place.read_text("utf-8")) if self._place.exists() else {}
        self.sizes: dict[str, dict[str, Any]] = known.get("sizes", {})

    def of(self, size: Size) -> dict[str, Any]:
        """Return the record of one size, to be changed and saved."""
        return self.sizes.setdefault(size.name, {"messages": size.messages, "phases": {}})

    def save(self) -> None:
        """Write everything beside its place and rename it in."""
        fresh = self._place.with_suffix(".new")
        document = {"machine": machine(), "sizes": self.sizes}
        fresh.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
        fresh.replace(self._place)


def measure(size: Size, records: Records) -> dict[str, Any]:
    """Run every phase of one size that is not measured yet; return its record."""
    record = records.of(size)
    for name in PHASES:
        phase = record["phases"].setdefault(name, {})
        if phase.get("done"):
            continue
        if phase:
            phase["resumed"] = phase.get("resumed", 0) + 1
        say(f"{size.messages:,} messages: {name}")
        measure_phase(name, size, record, records.save)
        records.save()
    record["whole"] = True
    records.save()
    if not os.environ.get("KEEP"):
        shutil.rmtree(size.folder, ignore_errors=True)
    return record


def calibrate(scratch: Path, records: Records) -> dict[str, float]:
    """Return bytes and processor time of one more message and device, and of a start.

    Two small sizes tell what grows from what does not.
    """
    small, great = (
        measure(Size(scratch, number), records)
        if not records.sizes.get(Size(scratch, number).name, {}).get("whole")
        else records.of(Size(scratch, number))
        for number in CALIBRATION
    )
    more = CALIBRATION[1] - CALIBRATION[0]

    def total(record: dict[str, Any], field: str) -> float:
        phases = record["phases"]
        return float(sum(phases[name].get(field, 0) for name in phases if name not in GRANTED))

    slopes: dict[str, float] = {}
    for field in ("cpu", "disk"):
        slope = (total(great, field) - total(small, field)) / more
        start = max(0.0, total(small, field) - slope * CALIBRATION[0])
        granted = sum(great["phases"][name].get(field, 0) for name in GRANTED)
        slopes |= {field: slope, f"{field} of a start": start + MORE_GRANTED * granted}
    return slopes


def foretell(costs: dict[str, float], messages: int) -> tuple[float, float]:
    """Return bytes of disk and hours of wall time that so many messages take."""
    disk = costs["disk of a start"] + costs["disk"] * messages
    cpu = costs["cpu of a start"] + costs["cpu"] * messages
    return disk * SPARE, cpu / (os.cpu_count() or 1) / 3600


def require_disk(scratch: Path, costs: dict[str, float], wanted: Iterable[Size]) -> None:
    """Say what each size needs; end where the disk has too little for one of them."""
    for size in wanted:
        disk, hours = foretell(costs, size.messages)
        held = sum(path.lstat().st_blocks * 512 for path in size.folder.rglob("*"))
        free = shutil.disk_usage(scratch).free + held
        said = (
            f"{size.messages:,} messages, {size.devices:,} devices: about {disk / 1e9:,.1f} GB of "
            f"disk and {hours * 60:,.0f} minutes on {os.cpu_count()} free processors"
        )
        say(f"{said}; {free / 1e9:,.1f} GB are free")
        if disk > free:
            sys.exit(
                f"{said}, but {scratch} has {free / 1e9:,.1f} GB. Name a larger place with "
                "SCRATCH=, or fewer messages with MESSAGES="
            )


def say(sentence: str) -> None:
    """Tell a person."""
    print(sentence, file=sys.stderr, flush=True)


def main() -> None:
    """Foretell, measure every size, print and keep the tables."""
    if has_ifma() and not WITHOUT_IFMA.items() <= os.environ.items():
        # OpenSSL reads it when it is loaded, so all begins again.
        os.environ.update(WITHOUT_IFMA)
        os.execv(sys.executable, [sys.executable, "-m", "bench.seed"])  # noqa: S606
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # and end what it runs
    scratch = Path(os.environ.get("SCRATCH") or "seed-bench").resolve()
    scratch.mkdir(parents=True, exist_ok=True)
    records = Records(scratch)
    wanted = [Size(scratch, number) for number in sizes()]
    require_disk(scratch, calibrate(scratch, records), wanted)
    measured = [measure(size, records) for size in wanted]
    text = "\n\n".join([machine(), *map(shares, measured), plain_table(measured)])
    print(f"\n{text}\n")
    print(bounds(measured))
    (scratch / "results.md").write_text(steps_table(measured), "utf-8")
    say(f"Markdown: {scratch / 'results.md'}")


if __name__ == "__main__":
    main()

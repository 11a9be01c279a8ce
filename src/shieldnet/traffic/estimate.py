"""Foretell disk and time of a large network from a small sample made at that moment.

Nothing is remembered from other machines: unit costs are measured here, then multiplied. Costs
that do not grow with counts (starting processes) are left out.
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from shieldnet.traffic.generate import generate
from shieldnet.traffic.settings import SLICE, Settings

SAMPLE_DEVICES, SAMPLE_MESSAGES = 400, 3 * SLICE
GREAT_DEVICES, GREAT_MESSAGES = 40_000, 3_600_000
BLOCK = 512  # st_blocks counts these, whatever the file system's own block is (stat(2))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCosts:
    """What one device and one distinct message cost here, with all its copies and its truth."""

    device_seconds: float
    device_bytes: float
    message_seconds: float
    message_bytes: float
    places_per_message: float
    processes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What one pair of counts would take."""

    devices: int
    messages: int
    places: int
    seconds: float
    disk_bytes: int


def measure(settings: Settings, workers: int | None = None) -> UnitCosts:
    """Generate a small sample in a scratch folder and return what a unit of it cost.

    The sample has more devices than messages want, so that a message pays for reading keys as it
    does in a large network. With several processes each makes every key once for itself.
    """
    sample = replace(settings, devices=SAMPLE_DEVICES, messages=SAMPLE_MESSAGES)
    processes = workers or os.cpu_count() or 1
    marks = [time.perf_counter()]
    with tempfile.TemporaryDirectory(prefix="shieldnet-plan-") as scratch:
        out = Path(scratch) / "sample"
        summary = generate(
            sample, out, workers=1, on_device=lambda _: marks.append(time.perf_counter())
        )
        end = time.perf_counter()
        devices, messages = occupied(out)
    estate = marks[-1] - marks[0]
    return UnitCosts(
        device_seconds=estate * (1 if processes == 1 else 2) / SAMPLE_DEVICES,
        device_bytes=devices / SAMPLE_DEVICES,
        message_seconds=(end - marks[-1]) / SAMPLE_MESSAGES / processes,
        message_bytes=messages / SAMPLE_MESSAGES,
        places_per_message=summary.places / summary.messages,
        processes=processes,
    )


def occupied(out: Path) -> tuple[int, int]:
    """Return what devices and messages take on disk, in bytes: blocks, not lengths."""
    devices = messages = 0
    for path in out.rglob("*"):
        size = path.lstat().st_blocks * BLOCK
        parts = path.relative_to(out).parts
        grows = path.name == "messages.jsonl" or {"mail", "log", "backups"} & set(parts[:3])
        if grows and path.is_file():
            messages += size
        else:
            devices += size
    return devices, messages


def forecast(costs: UnitCosts, devices: int, messages: int) -> Forecast:
    """Multiply unit costs by counts."""
    return Forecast(
        devices=devices,
        messages=messages,
        places=round(costs.places_per_message * messages),
        seconds=costs.device_seconds * devices + costs.message_seconds * messages,
        disk_bytes=round(costs.device_bytes * devices + costs.message_bytes * messages),
    )

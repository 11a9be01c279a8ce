"""Write two copied sites and the truth about them, slice by slice, in bounded memory.

Worker processes plan, encrypt and store; this process alone appends to what is shared: logs,
backups, ground truth. Nothing true is ever written below `copy/`.
"""

from __future__ import annotations

import json
import multiprocessing
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import partial
from multiprocessing.pool import AsyncResult, Pool
from pathlib import Path
from typing import IO

from shieldnet.errors import NotEmptyError, SettingsError
from shieldnet.sites import SECOND, SITES
from shieldnet.traffic.backups import Backups
from shieldnet.traffic.boxes import Boxes
from shieldnet.traffic.counsel import register
from shieldnet.traffic.estate import write_estate
from shieldnet.traffic.orders import write_orders
from shieldnet.traffic.settings import END, Settings
from shieldnet.traffic.storylines.cast import storylines
from shieldnet.traffic.truth import Message, json_line, second_text, write_storyline
from shieldnet.traffic.writing import Written, write_slice

Advance = Callable[[int], None]
MOST_STORYLINES = 0.3
"""Above this a slice in which all storylines are told would have no room for anything else."""
LOGS = ("postfix", "dovecot")
AHEAD = 4
"""Slices given out for each process: two megabytes each wait until this process has taken them."""


@dataclass(slots=True, kw_only=True)
class Summary:
    """What was written, in numbers."""

    messages: int = 0
    places: int = 0
    by_copy: Counter[str] = field(default_factory=Counter)
    by_state: Counter[str] = field(default_factory=Counter)
    by_form: Counter[str] = field(default_factory=Counter)
    by_signature: Counter[str] = field(default_factory=Counter)
    devices: int = 0
    keys: dict[str, int] = field(default_factory=dict)
    empty_files: int = 0
    by_storyline: Counter[str] = field(default_factory=Counter)
    decoys: int = 0

    def add(self, message: Message) -> None:
        """Count one message and its places."""
        self.messages += 1
        self.places += len(message.places)
        self.by_copy.update(place.copy for place in message.places)
        self.by_state.update(place.state for place in message.places)
        self.by_form[message.form] += 1
        self.by_signature[message.signature] += 1
        self.by_storyline.update(filter(None, (message.storyline,)))
        self.decoys += bool(message.decoy)

    def fields(self) -> dict[str, object]:
        """Return everything as JSON holds it, counts in order of name."""
        return {
            "messages": self.messages,
            "places": self.places,
            "copies": dict(sorted(self.by_copy.items())),
            "states": dict(sorted(self.by_state.items())),
            "forms": dict(sorted(self.by_form.items())),
            "signatures": dict(sorted(self.by_signature.items())),
            "devices": self.devices,
            "keys": dict(sorted(self.keys.items())),
            "empty_files": self.empty_files,
            "storylines": dict(sorted(self.by_storyline.items())),
            "decoys": self.decoys,
        }


def generate(
    settings: Settings,
    out: Path,
    *,
    workers: int | None = None,
    on_device: Advance = lambda _: None,
    on_message: Advance = lambda _: None,
) -> Summary:
    """Write `copy/<site>/`, `truth/` and `orders/`; refuse a folder that holds one already."""
    check(settings)
    copy, truth, orders = out / "copy", out / "truth", out / "orders"
    if any(folder.exists() for folder in (copy, truth, orders)):
        raise NotEmptyError(f"{out} holds a copy already. Name another folder, or remove it first")
    copy.mkdir(parents=True)
    truth.mkdir()
    orders.mkdir()
    write_orders(settings, orders)
    with (truth / "storylines.jsonl").open("w", encoding="utf-8") as target:
        for storyline in storylines(settings):
            write_storyline(target, settings, storyline)
    (truth / "lawyers.csv").write_text(register(settings), "utf-8")
    (truth / "plan.json").write_text(json.dumps(plan(settings), indent=2) + "\n", "utf-8")
    keys = write_estate(settings, copy, truth, on_device)
    summary = Summary(devices=settings.devices, keys=keys)
    with ExitStack() as stack:
        collector = _Collector(stack, settings, copy, truth, summary)
        for written in _slices(stack, settings, copy, workers):
            collector.take(written)
            on_message(len(written.messages))
        collector.finish()
    (truth / "summary.json").write_text(json.dumps(summary.fields(), indent=2) + "\n", "utf-8")
    return summary


def check(settings: Settings) -> None:
    """Refuse numbers that make no network."""
    if settings.devices < 2:
        raise SettingsError("A network has at least 2 devices. Raise --devices")
    if settings.messages < 1:
        raise SettingsError("There is nothing to write. Raise --messages")
    if not 1 <= settings.months <= 11:
        raise SettingsError("Logs name no year, so --months lies between 1 and 11")
    if settings.algorithm not in ("mix", "rsa2048", "cv25519"):
        raise SettingsError("--algorithm is mix, rsa2048 or cv25519")
    if settings.store not in ("maildir", "mbox"):
        raise SettingsError("--store is maildir or mbox")
    if not 0 <= settings.storylines <= MOST_STORYLINES:
        raise SettingsError(f"--storylines lies between 0 and {MOST_STORYLINES}")


def plan(settings: Settings) -> dict[str, object]:
    """Return everything that fixed the copies, clocks included."""
    return {
        "layout": 1,
        "settings": asdict(settings),
        "period": {"from": second_text(settings.start), "to": second_text(END)},
        "sites": {
            name: {
                "domain": site.domain,
                "country": site.country,
                "utc_offset": site.utc_offset,
                "clocks": {"mail server": asdict(site.mta), "store": asdict(site.store)},
            }
            for name, site in SITES.items()
        },
    }


def _slices(
    stack: ExitStack, settings: Settings, copy: Path, workers: int | None
) -> Iterator[Written]:
    work = partial(write_slice, settings, copy)
    count = min(workers or os.cpu_count() or 1, settings.slices)
    if count == 1:
        return map(work, range(settings.slices))
    pool = stack.enter_context(multiprocessing.get_context("spawn").Pool(count))
    return _in_order(pool, work, settings.slices, AHEAD * count)


def _in_order(
    pool: Pool, work: Callable[[int], Written], slices: int, ahead: int
) -> Iterator[Written]:
    """Yield every slice in order; what is written and not yet taken stays bounded."""
    waiting: deque[AsyncResult[Written]] = deque()
    for number in range(slices):
        waiting.append(pool.apply_async(work, (number,)))
        if len(waiting) == ahead:
            yield waiting.popleft().get()
    while waiting:
        yield waiting.popleft().get()


class _Collector:
    """Appends what slices return, in order of slices."""

    def __init__(
        self, stack: ExitStack, settings: Settings, copy: Path, truth: Path, summary: Summary
    ) -> None:
        self._settings, self._summary = settings, summary
        self._boxes = Boxes(copy)
        self._backups = stack.enter_context(Backups(settings, copy, self._boxes))
        self._messages = stack.enter_context((truth / "messages.jsonl").open("w", encoding="utf-8"))
        self._others = stack.enter_context((truth / "others.jsonl").open("w", encoding="utf-8"))
        self._logs: dict[tuple[str, str], IO[str]] = {
            (site, log): stack.enter_context(
                (copy / site / "log" / f"{log}.log").open("w", encoding="utf-8")
            )
            for site in SITES
            for log in LOGS
        }
        self._waiting: dict[tuple[str, str], list[tuple[int, str]]] = {
            place: [] for place in self._logs
        }

    def take(self, written: Written) -> None:
        """Append one slice."""
        for (site, path), mails in written.boxed.items():
            mails.sort(key=lambda one: one[1].shown)
            starts = self._boxes.append(site, path, [stored for _, stored in mails])
            for (place, _), start in zip(mails, starts, strict=True):
                place.offset = start
        for kept in written.kept:
            packed = self._backups.add(kept, written.number)
            if packed is not None:
                written.messages[kept.message].places.append(packed)
        for message in written.messages:
            self._messages.write(message.line())
            self._summary.add(message)
        for site, path in written.empty:
            self._summary.empty_files += 1
            self._others.write(json_line({"site": site, "path": path, "what": "empty file"}))
        for place_, lines in written.journal.lines.items():
            self._waiting[place_] += lines
        self._log_until(self._settings.window(written.number)[1] * SECOND)

    def finish(self) -> None:
        """Write the lines still waiting."""
        self._log_until(None)

    def _log_until(self, instant: int | None) -> None:
        """Write lines before an instant, in order; the next slice may still add later ones."""
        for place, lines in self._waiting.items():
            lines.sort()
            due = [line for line in lines if instant is None or line[0] < instant]
            self._waiting[place] = lines[len(due) :]
            self._logs[place].writelines(f"{line}\n" for _, line in due)

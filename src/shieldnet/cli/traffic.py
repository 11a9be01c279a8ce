"""`shieldnet generate`: two copied sites with traffic of known content."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from shieldnet.cli.screen import errors, results
from shieldnet.traffic.estimate import (
    GREAT_DEVICES,
    GREAT_MESSAGES,
    Forecast,
    UnitCosts,
    forecast,
    measure,
)
from shieldnet.traffic.generate import Summary, check
from shieldnet.traffic.generate import generate as write_network
from shieldnet.traffic.live import write as send_through
from shieldnet.traffic.settings import Settings

StorylinesOption = Annotated[
    float, typer.Option(min=0, max=0.3, help="Share of messages that belong to a storyline.")
]
StoreOption = Annotated[
    str, typer.Option(help="maildir, or mbox: two files an account, for millions of messages.")
]
QuickOption = Annotated[
    bool,
    typer.Option("--quick", help="Seal unsigned messages without pysequoia, five times as fast."),
]
WorkersOption = Annotated[
    int | None, typer.Option(min=1, help="Processes; as many as processors if not given.")
]
LiveOption = Annotated[
    bool,
    typer.Option(
        "--live",
        help="Send them through two live sites (Postfix, Dovecot) instead of writing them; "
        "for hundreds, not for millions.",
    ),
]


def generate(
    out: Annotated[Path, typer.Argument(help="Folder to write copy/, truth/ and orders/ into.")],
    devices: Annotated[int, typer.Option(help="Phones at both sites together.")] = 300,
    messages: Annotated[int, typer.Option(help="Distinct messages; copies come on top.")] = 6000,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal networks.")] = 1,
    months: Annotated[int, typer.Option(help="Length of the period, 1 to 11.")] = 6,
    algorithm: Annotated[str, typer.Option(help="mix, rsa2048 or cv25519.")] = "mix",
    signed: Annotated[
        float, typer.Option(min=0, max=1, help="Share of encrypted messages that are signed.")
    ] = 0.8,
    storylines: StorylinesOption = 0.05,
    store: StoreOption = "maildir",
    quick: QuickOption = False,
    workers: WorkersOption = None,
    live: LiveOption = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only say what disk and time it would take.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Write two copied sites with traffic of known content; truth and sample orders beside them."""
    settings = Settings(
        devices=devices,
        messages=messages,
        seed=seed,
        months=months,
        algorithm=algorithm,
        signed=signed,
        storylines=storylines,
        store=store,
        quick=quick,
    )
    check(settings)
    if plan:
        with errors.status("Measuring a small sample"):
            costs = measure(settings, workers)
        show_plan(costs, _forecasts(costs, settings), as_json=as_json)
        return
    summary = _generate(settings, out, workers, live=live)
    show_summary(summary, out, as_json=as_json)


def _forecasts(costs: UnitCosts, settings: Settings) -> list[Forecast]:
    counts = [(settings.devices, settings.messages), (GREAT_DEVICES, GREAT_MESSAGES)]
    return [forecast(costs, *pair) for pair in dict.fromkeys(counts)]


def _generate(settings: Settings, out: Path, workers: int | None, *, live: bool) -> Summary:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors) as progress:
        phones = progress.add_task("Devices, keys, registry", total=settings.devices)
        mails = progress.add_task("Messages", total=settings.messages)
        if live:
            return send_through(
                settings,
                out,
                on_device=lambda count: progress.advance(phones, count),
                on_message=lambda count: progress.advance(mails, count),
            )
        return write_network(
            settings,
            out,
            workers=workers,
            on_device=lambda count: progress.advance(phones, count),
            on_message=lambda count: progress.advance(mails, count),
        )


def show_summary(summary: Summary, out: Path, *, as_json: bool) -> None:
    """Print what was written."""
    fields = summary.fields()
    if as_json:
        results.print_json(json.dumps(fields))
        return
    table = Table(title="Written", show_header=False, title_justify="left")
    table.add_row("distinct messages", f"{summary.messages:,}")
    table.add_row("stored copies", f"{summary.places:,}")
    for heading in ("copies", "states", "keys", "storylines"):
        counts = fields[heading]
        if isinstance(counts, dict) and counts:
            parts = "\n".join(f"{count:>7,}  {name}" for name, count in counts.items())
            table.add_row(f"{heading}, by kind" if heading == "copies" else heading, parts)
    table.add_row("innocent messages in their words", f"{summary.decoys:,}")
    table.add_row("copied sites", str(out / "copy"))
    table.add_row("ground truth", str(out / "truth"))
    if (out / "orders").exists():
        table.add_row("sample orders", str(out / "orders"))
    results.print(table)


def show_plan(costs: UnitCosts, forecasts: list[Forecast], *, as_json: bool) -> None:
    """Print what networks of several sizes would take."""
    if as_json:
        document = {"unit_costs": asdict(costs), "forecasts": [asdict(one) for one in forecasts]}
        results.print_json(json.dumps(document))
        return
    table = Table(title="What it would take on this machine", title_justify="left")
    for heading in ("devices", "messages", "stored copies", "time", "disk"):
        table.add_column(heading, justify="right")
    for one in forecasts:
        table.add_row(
            f"{one.devices:,}",
            f"{one.messages:,}",
            f"{one.places:,}",
            duration(one.seconds),
            f"{one.disk_bytes / 1e9:,.2f} GB",
        )
    results.print(table)
    results.print(
        f"Measured just now: {costs.device_seconds * 1e3:.2f} ms and "
        f"{costs.device_bytes / 1e3:.1f} kB a device, {costs.message_seconds * 1e3:.2f} ms and "
        f"{costs.message_bytes / 1e3:.1f} kB a message with {costs.processes} processes."
    )


def duration(seconds: float) -> str:
    """Return a length of time as people say it."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"

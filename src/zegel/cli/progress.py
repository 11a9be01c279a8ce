"""Progress on standard error: phase, how much of how much, rate, time left, problems so far."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
)
from rich.table import Column
from rich.text import Text

from zegel.cli.lines import Lines
from zegel.service.pace import Pace


class _Amount(ProgressColumn):
    """How much is done of how much."""

    def render(self, task: Task) -> Text:
        if not task.fields["unit"]:
            return Text()
        done = _amount(task.completed, task)
        whole = "" if task.total is None else f" / {_amount(task.total, task)}"
        return Text(f"{done}{whole}", style="progress.download")


class _Rate(ProgressColumn):
    """How much is done in a second."""

    def render(self, task: Task) -> Text:
        pace: Pace = task.fields["pace"]
        rate = pace.done / task.elapsed if task.finished and task.elapsed else _rate_now(task)
        told = rate and task.fields["unit"]
        return Text(f"{_amount(rate or 0, task)}/s" if told else "", style="progress.data.speed")


class _Time(ProgressColumn):
    """How long it takes yet; once it is done, how long it took."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        pace: Pace = task.fields["pace"]
        if task.finished:
            return Text(_clock(task.finished_time or 0), style="progress.elapsed")
        left = None if task.total is None else pace.left(task.total, task.get_time())
        return Text("-:--:--" if left is None else _clock(left), style="progress.remaining")


def _rate_now(task: Task) -> float | None:
    pace: Pace = task.fields["pace"]
    return pace.rate(task.get_time())


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


class _Problems(ProgressColumn):
    """How many problems the phase has met so far; they are evidence, not a failure."""

    def render(self, task: Task) -> Text:
        count = task.fields["problems"]
        said = f"{count:,} problem{'s' if count != 1 else ''}" if count else ""
        return Text(said, style="yellow")


def _amount(number: float, task: Task) -> str:
    if task.fields["unit"] == "bytes":
        return decimal(int(number))
    return f"{number:,.0f}"


class Bar:
    """Shows each phase of a use case as a progress bar."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def phase(self, name: str, total: int | None, unit: str) -> None:
        """Start a bar for the phase."""
        self._finish()
        pace = Pace(self._progress.get_time())
        words = f"{name} ({unit})"
        self._task = self._progress.add_task(words, total=total, unit=unit, problems=0, pace=pace)

    def advance(self, units: int, problems: int = 0) -> None:
        """Move the bar, and count the problems met on the way."""
        if self._task is not None:
            fields = self._progress.tasks[self._task].fields
            fields["pace"].advance(units, self._progress.get_time())
            met = fields["problems"] + problems
            self._progress.update(self._task, advance=units, problems=met)

    def note(self, sentence: str) -> None:
        """Print a line above the bars."""
        self._progress.console.print(sentence, markup=False)

    def _finish(self) -> None:
        if self._task is not None:
            task = self._progress.tasks[self._task]
            self._progress.stop_task(self._task)
            # What was counted while it ran is the whole, where nobody knew it before.
            whole = task.completed if task.total is None else task.total
            unit = task.fields["unit"] if whole else ""  # nothing was counted, only done
            self._progress.update(self._task, total=whole or 1, completed=whole or 1, unit=unit)

    def close(self) -> None:
        """Fill the last bar."""
        self._finish()


def _one_line() -> Column:
    return Column(no_wrap=True)


@contextmanager
def progress(console: Console) -> Iterator[Bar]:
    """Show progress on `console` while the block runs."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", table_column=_one_line()),
        BarColumn(bar_width=10),
        _Amount(_one_line()),
        _Rate(_one_line()),
        _Time(_one_line()),
        _Problems(_one_line()),
    )
    with Progress(*columns, console=console) as shown:
        bar = Bar(shown)
        yield bar
        bar.close()


@contextmanager
def lines() -> Iterator[Lines]:
    """Tell progress in lines of JSON while the block runs."""
    told = Lines()
    yield told
    told.close()

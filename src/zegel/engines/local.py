"""Runs tasks in this machine's processes; the parent alone commits what they wrote.

A task is a picklable callable that writes its part beside its place and returns what to
commit. Workers are spawned, not forked: a fork of a process with library threads can hang.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context, parent_process
from pathlib import Path
from types import TracebackType
from typing import Protocol, TypeVar

from zegel.errors import ZegelError

Result = TypeVar("Result", covariant=True)


_COLLECT_AFTER = (200_000, 20, 50)
"""Allocations between two searches for cyclic garbage, by generation.

A task holds thousands of rows until they are written. Python's 700 made the search walk over all
of them again and again, a tenth of all work; what is no cycle is freed at once either way.
"""


class Task(Protocol[Result]):
    """One unit of work: called without arguments in a worker."""

    def __call__(self) -> Result:
        """Do the work and return what the parent commits."""
        ...


def _begin_worker(scratch: Path | None) -> None:
    # Ctrl-C reaches the whole process group; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if scratch is not None:
        tempfile.tempdir = str(scratch)
    gc.freeze()
    # What is frozen when the process ends, libraries report on standard error as their leak.
    atexit.register(gc.unfreeze)
    gc.set_threshold(*_COLLECT_AFTER)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Die when the parent is killed: nobody would commit what a lone worker writes."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _scratch(folder: Path | None) -> Iterator[None]:
    """Let whatever asks for a temporary file in this process get one in `folder`."""
    before = tempfile.tempdir
    if folder is not None:
        tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


@contextmanager
def _collected_seldom() -> Iterator[None]:
    """Let tasks that run in this process be interrupted by the garbage collector as in a worker."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def _memory_short_said() -> Iterator[None]:
    """Say what to do where a worker was killed, or no memory was left for it."""
    try:
        yield
    except BrokenProcessPool as error:
        raise _stopped("a worker process died (killed, or out of memory)") from error
    except MemoryError as error:
        raise _stopped("there was not enough memory") from error


def _stopped(what: str) -> ZegelError:
    return ZegelError(
        f"{what}; finished parts are kept",
        next_step="Give the same command again: it continues. With --workers 1 it takes the least"
        " memory.",
    )


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back from this thread, and from processes it starts until they ignore it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _call(task: Task[Result]) -> Result:
    return task()


class LocalEngine:
    """At most `workers` processes, at most twice as many tasks in flight.

    In a `with` block the processes serve every `run`; otherwise they end with it.
    """

    def __init__(self, workers: int | None = None, scratch: Path | None = None) -> None:
        self.workers = workers or max(1, len(os.sched_getaffinity(0)))
        self._scratch = scratch
        """Where temporary files go, GnuPG's empty homes for one; None leaves it to the system."""
        self._pool: ProcessPoolExecutor | None = None
        self._stays = False

    def __enter__(self) -> LocalEngine:
        # A worker takes a second to load what it needs: as long as a small case takes in all.
        self._stays = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stays = False
        self._end()

    def _end(self) -> None:
        if self._pool is not None:
            pool, self._pool = self._pool, None
            pool.shutdown(wait=True, cancel_futures=True)

    def run(self, tasks: Iterable[Task[Result]], done: Callable[[Result], None]) -> None:
        """Run every task and call `done` with each result as it comes, in this process.

        One worker runs inside this process, so that a debugger or a profiler sees it.
        """
        with _memory_short_said():
            self._run(tasks, done)

    def _run(self, tasks: Iterable[Task[Result]], done: Callable[[Result], None]) -> None:
        if self.workers == 1:
            with _scratch(self._scratch), _collected_seldom():
                for task in tasks:
                    done(task())
            return
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.workers,
                mp_context=get_context("spawn"),
                initializer=_begin_worker,
                initargs=(self._scratch,),
            )
        ended = False
        try:
            self._feed(self._pool, iter(tasks), done)
            ended = True
        finally:
            if not (ended and self._stays):
                self._end()

    def _feed(
        self,
        pool: ProcessPoolExecutor,
        waiting: Iterator[Task[Result]],
        done: Callable[[Result], None],
    ) -> None:
        running: set[Future[Result]] = set()
        while True:
            for task in islice(waiting, 2 * self.workers - len(running)):
                with _interrupts_held():
                    running.add(pool.submit(_call, task))
            if not running:
                return
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                done(future.result())

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass

import pytest

from zegel.engines import LocalEngine
from zegel.errors import ZegelError


@dataclass(frozen=True)
class Square:
    number: int

    def __call__(self) -> int:
        return self.number**2


@dataclass(frozen=True)
class Die:
    def __call__(self) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        return 0


@pytest.mark.parametrize("workers", [1, 2])
def test_every_task_is_done_once(workers: int) -> None:
    results: list[int] = []
    LocalEngine(workers).run([Square(n) for n in range(20)], results.append)

    assert sorted(results) == [n**2 for n in range(20)]


@dataclass(frozen=True)
class WhoAmI:
    def __call__(self) -> int:
        return os.getpid()


def test_workers_serve_every_run_of_a_block_and_none_after_it() -> None:
    first: list[int] = []
    second: list[int] = []
    with LocalEngine(1 + 1) as engine:
        engine.run([WhoAmI()], first.append)
        engine.run([WhoAmI()], second.append)

    assert first == second != [os.getpid()]
    with pytest.raises(ProcessLookupError):
        os.kill(first[0], 0)


def test_a_block_goes_on_with_new_workers_after_one_died() -> None:
    results: list[int] = []
    with LocalEngine(2) as engine:
        with pytest.raises(ZegelError, match="same command again"):
            engine.run([Die()], lambda _: None)
        engine.run([Square(3)], results.append)

    assert results == [9]


def test_a_killed_worker_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ZegelError, match="same command again"):
        LocalEngine(2).run([Die()], lambda _: None)


@dataclass(frozen=True)
class Hoard:
    def __call__(self) -> int:
        raise MemoryError


@pytest.mark.parametrize("workers", [1, 2])
def test_memory_that_was_refused_is_an_error_that_says_what_to_do(workers: int) -> None:
    with pytest.raises(ZegelError, match=r"not enough memory.*same command again"):
        LocalEngine(workers).run([Hoard()], lambda _: None)


# Interrupts its whole process group, as Ctrl-C does, while two workers are on their way.
INTERRUPTED = """
import os, signal, sys, time
from functools import partial
from zegel.engines import LocalEngine

def tasks():
    yield partial(time.sleep, 0.01)
    yield partial(time.sleep, 0.01)
    time.sleep(float(sys.argv[1]))
    os.killpg(os.getpgrp(), signal.SIGINT)

try:
    LocalEngine(2).run(tasks(), print)
except KeyboardInterrupt:
    print("stopped")
"""


@pytest.mark.parametrize("after", [0.0, 0.02, 0.06, 0.15])
def test_workers_interrupted_while_they_start_say_nothing(after: float) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(after)],
        capture_output=True,
        text=True,
        check=True,
        start_new_session=True,
    )

    assert (ran.stdout.splitlines()[-1], ran.stderr) == ("stopped", "")
